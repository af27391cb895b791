/*
 * record/bpf/capture_rt.bpf.c -- what capture programs do at run time.
 *
 * Linked as bitcode into the module of a script; every function is inlined into the programs that
 * the lowering makes, so constants that are passed fold.  Only helpers of Linux 6.1 are called.
 *
 * (1) Maps are named by their index in the image (BPF_PSEUDO_MAP_IDX, _VALUE); nothing here is
 *     ever relocated.
 * (2) A program may be interrupted by another one on its CPU at any place.  What they share is
 *     updated atomically; scratch is taken by an exchange on its busy word, so that no two
 *     programs hold the same value, in whatever order they finish.
 * (3) Nothing is dropped without a count (cap_counters).
 * (4) Lengths are checked right where the verifier must see them; OPAQUE() keeps the compiler from
 *     moving the check to another register.
 */
#include <linux/bpf.h>
#include <stddef.h>

#include <bpf/bpf_helpers.h>

#include "record/bpf/capture_rt.h"

#define FN __attribute__((always_inline))
#define OPAQUE(x) asm volatile("" : "+r"(x))

/* A 64-bit load whose source register says what the number means. */
__u64 load_pseudo(__u64 kind, __u64 v) __asm__("llvm.bpf.pseudo");

static FN void *map_of(__u64 idx)
{
	return (void *)load_pseudo(BPF_PSEUDO_MAP_IDX, idx);
}

static FN struct cap_state *state(void)
{
	return (void *)load_pseudo(BPF_PSEUDO_MAP_IDX_VALUE, CAP_MAP_STATE);
}

static FN struct cap_counters *counters(__u32 table)
{
	return bpf_map_lookup_elem(map_of(CAP_MAP_COUNTERS), &table);
}

static FN void lost(__u32 table, __u32 cause)
{
	struct cap_counters *c = counters(table);

	if (c)
		__sync_fetch_and_add(&c->lost[cause], 1);
}

/* ---- the firing ---- */

static FN int is_own(const struct cap_state *st, __u32 pid)
{
	int own = 0;

#pragma unroll
	for (int i = 0; i < CAP_OWN_MAX; i++)
		own |= st->own[i] == pid;
	return own && pid;
}

/*
 * All clauses of one system call have one time: by it their rows are known to be of one firing.
 * They run in one go on one CPU, so a word a CPU is enough; it stands with the first table.
 */
static FN __u64 shared_ts(void)
{
	struct cap_counters *c = counters(0);

	return c ? c->fire_ts : 0;
}

static FN void share_ts(__u64 ts, __u64 task)
{
	struct cap_counters *c = counters(0);

	if (!c)
		return;
	c->fire_ts = ts;
	c->fire_task = task;
}

/* Between two chains of a firing another task may have run: its time is not ours. */
static FN void keep_own_ts(void)
{
	struct cap_counters *c = counters(0);

	if (c && c->fire_task != bpf_get_current_pid_tgid())
		c->fire_ts = 0;
}

FN int cap_enter(struct cap_fire *f, __u32 flags)
{
	const struct cap_state *st = state();
	__u32 pid;

	/* never undefined: what is computed of them may be moved before the decision to use it */
	f->ts = 0;
	f->pid_tgid = 0;
	if (st->exited || (!st->armed && !(flags & CAP_ENTER_UNARMED)))
		return 0;
	f->pid_tgid = bpf_get_current_pid_tgid();
	pid = f->pid_tgid >> 32;
	if (flags & CAP_ENTER_NO_SELF && is_own(st, pid))
		return 0;
	if (flags & CAP_ENTER_TASK && st->only_pid && st->only_pid != pid)
		return 0;
	if (flags & CAP_ENTER_CHAINED)
		f->ts = shared_ts();
	if (!(flags & CAP_ENTER_LATE_TS) && !f->ts)
		f->ts = bpf_ktime_get_boot_ns();
	return 1;
}

/* The firing's time.  Where a predicate comes first it is read when it is first wanted. */
FN __u64 cap_now(struct cap_fire *f)
{
	if (!f->ts)
		f->ts = bpf_ktime_get_boot_ns();
	return f->ts;
}

/* A system call made by 32-bit code: tracepoints of system calls do not see those. */
FN int cap_is_compat(__u32 off, __u32 sz, __u64 mask)
{
	const char *task = (void *)bpf_get_current_task_btf();

	if (!mask)
		return 0;
	if (sz == 4)
		return (*(const volatile __u32 *)(task + off) & mask) != 0;
	return (*(const volatile __u64 *)(task + off) & mask) != 0;
}

/* Is @nr in the set at @off of the numbers map? */
FN int cap_nr_in(__u64 nr, __u32 off)
{
	const char *set = (void *)load_pseudo(BPF_PSEUDO_MAP_IDX_VALUE, CAP_MAP_NUMBERS);

	if (nr >= CAP_NR_MAX)
		return 0;
	return (*(const __u64 *)(set + off + (nr >> 6) * 8) >> (nr & 63)) & 1;
}

FN __u64 cap_nr_probe(__u64 nr, __u32 off)
{
	const char *ids = (void *)load_pseudo(BPF_PSEUDO_MAP_IDX_VALUE, CAP_MAP_NUMBERS);

	if (nr >= CAP_NR_MAX)
		return 0;
	return *(const __u32 *)(ids + off + nr * 4);
}

static FN void tail(void *ctx, __u32 map, __u64 nr, __u32 row)
{
	if (nr < CAP_NR_MAX)
		bpf_tail_call(ctx, map_of(map), row * CAP_NR_MAX + nr);
}

FN void cap_next(struct cap_fire *f, void *ctx, __u32 map, __u64 nr, __u32 row)
{
	if (f->ts)
		share_ts(f->ts, f->pid_tgid);
	tail(ctx, map, nr, row);
}

/* @where: offset of the mark in task_struct << 32 | its size. */
FN void cap_dispatch(void *ctx, __u32 map, __u64 nr, __u32 set_off, __u64 where, __u64 mask,
		     __u32 head)
{
	if (!cap_nr_in(nr, set_off) || cap_is_compat(where >> 32, where, mask))
		return;
	if (head)
		keep_own_ts();
	else
		share_ts(0, 0);
	tail(ctx, map, nr, head);
}

#include "record/bpf/capture_field.bpf.h"

/* ---- scratch ---- */

FN struct cap_scratch *cap_scratch_take(__u32 table)
{
#pragma unroll
	for (__u32 i = 0; i < CAP_SCRATCH_CNT; i++) {
		__u32 key = i;
		struct cap_scratch *s = bpf_map_lookup_elem(map_of(CAP_MAP_SCRATCH), &key);

		if (!s)
			return NULL;
		if (!__sync_lock_test_and_set(&s->busy, 1))
			return s;
	}
	lost(table, CAP_LOST_SCRATCH);
	return NULL;
}

FN void cap_scratch_drop(struct cap_scratch *s)
{
	*(volatile __u64 *)&s->busy = 0;
}

/* ---- rows ---- */

static FN void *ring(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(map_of(CAP_MAP_RINGS), &cpu);
}

FN __u64 cap_row_decide(__u32 table)
{
	struct cap_counters *c = counters(table);

	return c ? __sync_fetch_and_add(&c->seq, 1) : 0;
}

FN void cap_row_fill(void *to, struct cap_fire *f, __u32 table, __u32 size, __u64 seq)
{
	struct cap_row *r = to;

	r->table = table;
	r->size = size;
	r->seq = seq;
	r->ts = cap_now(f);
	r->pid = f->pid_tgid >> 32;
	r->tid = f->pid_tgid;
}

/*
 * The caller looks whether it is NULL, once and nowhere else: Linux 6.1 takes a second look for a
 * way to lose a record that was reserved.
 */
FN void *cap_row_reserve(__u32 size)
{
	void *rb = ring();

	return rb ? bpf_ringbuf_reserve(rb, size, 0) : NULL;
}

FN void cap_row_lost(__u32 table)
{
	lost(table, CAP_LOST_RING);
}

FN void cap_row_submit(void *r)
{
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
}

FN void cap_row_send(struct cap_fire *f, struct cap_scratch *s, __u32 row, __u32 table)
{
	__u64 seq = cap_row_decide(table);
	__u64 size = s->pos - row;
	void *rb = ring();

	OPAQUE(size);
	if (size > CAP_SCRATCH_SZ - row)
		return;
	cap_row_fill((void *)s + row, f, table | s->flags, size, seq);
	if (!rb || bpf_ringbuf_output(rb, (void *)s + row, size, BPF_RB_NO_WAKEUP))
		lost(table, CAP_LOST_RING);
}

/* Room for an item of at most @cap bytes; NULL: none. */
static FN struct cap_item *item(struct cap_scratch *s, __u32 col, __u32 cap, __u64 *ret_pos)
{
	__u64 pos = s->pos;
	struct cap_item *it;

	OPAQUE(pos);
	*ret_pos = pos;
	if (pos > CAP_SCRATCH_SZ - 16 - ((cap + 7) & ~7u)) {
		s->flags |= CAP_ROW_CUT;
		return NULL;
	}
	it = (void *)s + pos;
	*(__u64 *)it = col;
	return it;
}

/* Bytes to the end of the row; their offset << 32 | length, 0 if there was no room. */
FN __u64 cap_put_bytes(struct cap_scratch *s, __u32 row, __u32 col, const void *p, __u64 len,
		       __u32 cap)
{
	__u64 pos;
	struct cap_item *it = item(s, col, cap, &pos);
	char *to = (void *)(it + 1);

	if (!it)
		return 0;
	OPAQUE(len);
	if (len > cap)
		len = cap;
	it->len = len;
	*(__u64 *)(to + (len & ~7ull)) = 0;
	bpf_probe_read_kernel(to, len, p);
	s->pos = pos + sizeof(*it) + ((len + 7) & ~7ull);
	return (pos + sizeof(*it) - row) << 32 | len;
}

FN void cap_put_word(struct cap_scratch *s, __u32 col, __u64 v, __s64 err)
{
	__u64 pos;
	struct cap_item *it = item(s, col, 8, &pos);

	if (!it)
		return;
	it->err = err;
	it->len = err ? 0 : 8;
	*(__u64 *)(it + 1) = v;
	s->pos = pos + sizeof(*it) + (err ? 0 : 8);
}

FN void cap_put_fault(struct cap_scratch *s, __u32 col, __s64 err)
{
	cap_put_word(s, col, 0, err);
}

/* ---- reading memory ---- */

static FN int is_user(__u64 addr, __u32 aspace)
{
	if (aspace == CAP_AS_ANY)
		return (__s64)addr >= 0;
	return aspace == CAP_AS_USER;
}

/* @size bytes at @addr, zeros if they cannot be read: 0 or -errno. */
FN __s64 cap_read(void *to, __u32 size, __u64 addr, __u32 aspace)
{
	if (is_user(addr, aspace))
		return bpf_probe_read_user(to, size, (void *)addr);
	return bpf_probe_read_kernel(to, size, (void *)addr);
}

/* Bytes before the first NUL, at most @max: their number, or -errno.  @to has @cap + 8 bytes. */
FN __s64 cap_read_str(void *to, __u32 cap, __u64 addr, __u64 max, __u32 aspace)
{
	__s64 n;

	OPAQUE(max);
	if (max > cap)
		max = cap;
	if (is_user(addr, aspace))
		n = bpf_probe_read_user_str(to, max + 1, (void *)addr);
	else
		n = bpf_probe_read_kernel_str(to, max + 1, (void *)addr);
	return n > 0 ? n - 1 : n;
}

FN __s64 cap_read_bytes(void *to, __u32 cap, __u64 addr, __u64 n, __u32 aspace)
{
	__s64 rc;

	OPAQUE(n);
	if (n > cap)
		n = cap;
	if (is_user(addr, aspace))
		rc = bpf_probe_read_user(to, n, (void *)addr);
	else
		rc = bpf_probe_read_kernel(to, n, (void *)addr);
	return rc < 0 ? rc : (__s64)n;
}

FN __u64 cap_copy(void *to, __u64 len, __u32 cap, const void *p)
{
	OPAQUE(len);
	if (len > cap)
		len = cap;
	bpf_probe_read_kernel(to, len, p);
	return len;
}

#include "record/bpf/capture_str.bpf.h"

/* Zero bytes before the first NUL of a word; 8 if there is none. */
static FN __u64 word_len(__u64 w)
{
	const __u64 ones = 0x0101010101010101ull;
	__u64 zero = (w - ones) & ~w & ones << 7;

	/* the lowest mark, minus one: ones below it, 7 bits of its own byte */
	return ((((zero & -zero) - 1) >> 7 & ones) * ones) >> 56;
}

FN __u64 cap_comm(__u64 *to)
{
	__u64 n;

	bpf_get_current_comm(to, 16);
	n = word_len(to[0]);
	return n < 8 ? n : 8 + word_len(to[1]);
}

FN __u64 cap_uid_gid(void)
{
	return bpf_get_current_uid_gid();
}

FN __u64 cap_cpu(void)
{
	return bpf_get_smp_processor_id();
}

FN __u64 cap_rand(void)
{
	return bpf_get_prandom_u32();
}

FN __u64 cap_parent(__u32 off)
{
	__u64 parent = 0;

	bpf_probe_read_kernel(&parent, sizeof(parent), (void *)(bpf_get_current_task() + off));
	return parent;
}

FN __u64 cap_task_u32(__u64 task, __u32 off)
{
	__u32 v = 0;

	bpf_probe_read_kernel(&v, sizeof(v), (void *)(task + off));
	return v;
}

FN __u64 cap_cgroup(void)
{
	return bpf_get_current_cgroup_id();
}

FN __u64 cap_numaid(void)
{
	return bpf_get_numa_node_id();
}

FN __u64 cap_jiffies(void)
{
	return bpf_jiffies64();
}

FN __u64 cap_cpid(void)
{
	return state()->cpid;
}

FN __u64 cap_curtask(void)
{
	return bpf_get_current_task();
}

FN __u64 cap_start(void)
{
	return state()->start_ns;
}

#include "record/bpf/capture_path.bpf.h"
#include "record/bpf/capture_stack.bpf.h"

/* ---- maps that the slice reads ---- */

FN __s64 cap_map_get(__u32 map, const void *key)
{
	const __s64 *v = bpf_map_lookup_elem(map_of(map), key);

	return v ? *v : 0;
}

FN void *cap_map_find(__u32 map, const void *key)
{
	return bpf_map_lookup_elem(map_of(map), key);
}

FN void cap_map_put(__u32 map, const void *key, const void *val, __u32 table)
{
	if (bpf_map_update_elem(map_of(map), key, val, BPF_ANY))
		lost(table, CAP_LOST_MAP_FULL);
}

FN void cap_map_set(__u32 map, const void *key, __s64 v, __u32 table)
{
	cap_map_put(map, key, &v, table);
}

FN __u64 cap_map_delete(__u32 map, const void *key)
{
	return bpf_map_delete_elem(map_of(map), key) == 0;
}

/* The value of @key, made zero if it was absent; NULL: the map is full. */
static FN void *find_or_zero(__u32 map, const void *key, const void *zero, __u32 table)
{
	void *v = bpf_map_lookup_elem(map_of(map), key);

	if (v)
		return v;
	/* lost only if another CPU did not make it either */
	bpf_map_update_elem(map_of(map), key, zero, BPF_NOEXIST);
	v = bpf_map_lookup_elem(map_of(map), key);
	if (!v)
		lost(table, CAP_LOST_MAP_FULL);
	return v;
}

FN __s64 cap_map_add(__u32 map, const void *key, __s64 delta, __u32 table)
{
	__u64 zero = 0;
	__s64 *v = find_or_zero(map, key, &zero, table);

	return v ? __sync_fetch_and_add(v, delta) : 0;
}

FN void cap_agg(__u32 map, const void *key, __s64 v, __u32 kind, __u32 table)
{
	struct cap_agg zero = {0, 0};
	struct cap_agg *a = find_or_zero(map, key, &zero, table);

	if (!a)
		return;
	switch (kind) {
	case CAP_AGG_COUNT:
		v = 1; /* fall through */
	case CAP_AGG_SUM:
		__sync_fetch_and_add(&a->val, v);
		break;
	case CAP_AGG_MIN:
		a->val = !a->cnt || v < a->val ? v : a->val;
		break;
	case CAP_AGG_MAX:
		a->val = !a->cnt || v > a->val ? v : a->val;
		break;
	case CAP_AGG_UMIN:
		a->val = !a->cnt || (__u64)v < (__u64)a->val ? v : a->val;
		break;
	case CAP_AGG_UMAX:
		a->val = !a->cnt || (__u64)v > (__u64)a->val ? v : a->val;
		break;
	}
	__sync_fetch_and_add(&a->cnt, 1);
}

static FN void merge(struct cap_agg *sum, const struct cap_agg *a, __u32 kind)
{
	__s64 v = a->val;

	if (kind == CAP_AGG_COUNT || kind == CAP_AGG_SUM)
		sum->val += v;
	else if (!sum->cnt || (kind == CAP_AGG_MIN && v < sum->val) ||
		 (kind == CAP_AGG_MAX && v > sum->val) ||
		 (kind == CAP_AGG_UMIN && (__u64)v < (__u64)sum->val) ||
		 (kind == CAP_AGG_UMAX && (__u64)v > (__u64)sum->val))
		sum->val = v;
	sum->cnt += a->cnt;
}

/* Over all CPUs; @ret_cnt values were seen. */
FN __s64 cap_agg_read(__u32 map, const void *key, __u32 kind, __u32 cpu_cnt, __u64 *ret_cnt)
{
	struct cap_agg sum = {0, 0};

#pragma clang loop unroll(disable)
	for (__u32 cpu = 0; cpu < cpu_cnt; cpu++) {
		struct cap_agg *a = bpf_map_lookup_percpu_elem(map_of(map), key, cpu);

		if (!a)
			break;
		if (a->cnt)
			merge(&sum, a, kind);
	}
	*ret_cnt = sum.cnt;
	return sum.val;
}
