/*
 * record/bpf/capture_stack.bpf.h -- the part of capture_rt.bpf.c that takes stacks; it is included
 * there and nowhere else.
 *
 * A stack is walked into a buffer of the CPU, hashed, and sent as a definition if its hash is not
 * known.  It becomes known only when the ring took it, so that a lost one is sent again.
 */
#pragma once

#define HASH_MUL 0x9fb21c651e98df25ull

/* What differs in one bit differs in half of them a step later. */
static FN __u64 mix(__u64 h, __u64 w)
{
	w *= HASH_MUL;
	w ^= w >> 35;
	return (h ^ w) * HASH_MUL;
}

/* 63 bits, never 0. */
static FN __u64 hash_end(__u64 h)
{
	h ^= h >> 29;
	h *= HASH_MUL;
	h ^= h >> 32;
	h >>= 1;
	return h ? h : 1;
}

/* What a user address means depends on the process and on the program that it runs. */
static FN __u64 hash_process(__u64 h, __u32 pid, __u64 who, __u32 exec_off)
{
	const char *task, *leader;

	h = mix(h, pid);
	if (!who)
		return h;
	task = (void *)bpf_get_current_task_btf();
	leader = *(const char *const volatile *)(task + (who >> 32));
	h = mix(h, *(const volatile __u64 *)(leader + (__u32)who));
	return mix(h, *(const volatile __u64 *)(task + exec_off));
}

static FN struct cap_stack_buf *stack_take(__u32 table, __u32 map)
{
#pragma unroll
	for (__u32 i = 0; i < CAP_SCRATCH_CNT; i++) {
		__u32 key = i;
		struct cap_stack_buf *b = bpf_map_lookup_elem(map_of(map), &key);

		if (!b)
			return NULL;
		if (!__sync_lock_test_and_set(&b->busy, 1))
			return b;
	}
	lost(table, CAP_LOST_STACK);
	return NULL;
}

static FN void stack_drop(struct cap_stack_buf *b)
{
	*(volatile __u64 *)&b->busy = 0;
}

/*
 * Eight frames a round; the kernel has filled the rest with zeros.  The count is read from memory
 * each time: the verifier then learns nothing from the comparison and need not follow what comes
 * after the loop once for each number of rounds.
 */
static FN __u64 hash_frames(__u64 h, struct cap_stack_buf *b, __u32 room)
{
#pragma clang loop unroll(disable)
	for (__u64 i = 0; i < room; i += 8) {
		const __u64 *w = b->ips + i;

		OPAQUE(i);
		if (i >= *(const volatile __u16 *)&b->def.cnt)
			break;
#pragma unroll
		for (int k = 0; k < 8; k++)
			h = mix(h, w[k]);
	}
	return h;
}

/* Send what is in @b unless it is known; known it is when the ring took it. */
static FN __u64 stack_define(struct cap_fire *f, struct cap_stack_buf *b, __u32 maps, __u64 hash)
{
	__u64 size = *(const volatile __u16 *)&b->def.cnt;
	__u32 one = 1;
	void *rb;

	b->def.hash = hash;
	if (bpf_map_lookup_elem(map_of(maps), &b->def.hash))
		return hash;
	OPAQUE(size);
	if (size > CAP_STACK_MAX)
		return 0;
	size = size * 8 + sizeof(b->def);
	b->def.table = CAP_TABLE_STACK;
	b->def.size = size;
	b->def.ts = cap_now(f);
	b->def.pid = f->pid_tgid >> 32;
	b->def.tid = f->pid_tgid;
	rb = ring();
	/* No room: it is sent when the stack is seen again; never sent, the recorder counts it. */
	if (rb && !bpf_ringbuf_output(rb, &b->def, size, BPF_RB_NO_WAKEUP))
		bpf_map_update_elem(map_of(maps), &b->def.hash, &one, BPF_ANY);
	return hash;
}

/* EFAULT: a kernel thread has no user stack. */
#define NO_STACK (-14)

FN __u64 cap_stack(struct cap_fire *f, void *ctx, __u32 table, __u32 maps, __u32 flags,
		   __u64 depth_room, __u64 who, __u32 exec_off)
{
	__u32 room = (__u32)depth_room, depth = depth_room >> 32;
	struct cap_stack_buf *b = stack_take(table, maps + 1);
	__u64 hash = 0, seed;
	__s64 n;

	if (!b)
		return 0;
	n = bpf_get_stack(ctx, b->ips, room * 8, flags & CAP_STACK_USER ? BPF_F_USER_STACK : 0);
	if (n < 0 && n != NO_STACK)
		lost(table, CAP_LOST_STACK);
	if (n >= 8) {
		/* hash_frames() reads in eights, the kernel zeroed up to room */
		for (__u32 i = room; i & 7; i++)
			*(volatile __u64 *)&b->ips[i] = 0;
		b->def.cnt = n / 8;
		b->def.depth = depth;
		b->def.room = room;
		b->def.flags = flags;
		seed = mix((__u64)depth << 32 | flags, n);
		if (flags & CAP_STACK_USER)
			seed = hash_process(seed, f->pid_tgid >> 32, who, exec_off);
		hash = hash_end(hash_frames(seed, b, room));
		hash = stack_define(f, b, maps, hash);
	}
	stack_drop(b);
	return hash;
}

FN __u64 cap_sym(struct cap_fire *f, __u32 table, __u32 maps, __u32 flags, __u64 addr, __u64 who,
		 __u32 exec_off)
{
	struct cap_stack_buf *b = stack_take(table, maps + 1);
	__u64 hash = mix(flags, addr);

	if (!b)
		return 0;
	b->def.cnt = b->def.depth = 1;
	b->def.room = CAP_STACK_MAX;
	b->def.flags = flags;
	b->ips[0] = addr;
	if (flags & CAP_STACK_USER)
		hash = hash_process(hash, f->pid_tgid >> 32, who, exec_off);
	hash = stack_define(f, b, maps, hash_end(hash));
	stack_drop(b);
	return hash;
}
