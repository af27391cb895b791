/*
 * tests/support/target_fake_rt.c -- what compiled code of the fake target calls: builtins, record,
 * memory, captures.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/rt.h"
#include "lang/number_names.h"
#include "lang/packed.h"
#include "tests/support/target_fake_priv.h"

static void must(bool ok)
{
	if (!ok)
		abort();
}

static u64 mix(u64 x)
{
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ull;
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ull;
	return x ^ x >> 32;
}

static s64 draw(struct fake_ctx *ctx, u32 node)
{
	u16 *turn = &ctx->turns[node % FAKE_NODES_MAX];

	return (u32)mix(ctx->ev->rand + ((u64)node << 16) + (*turn)++);
}

static u64 fake_stack(struct fake_ctx *ctx, u32 what, u64 addr)
{
	return mix(ctx->ev->ts ^ what ^ mix(addr)) >> 1 | 1;
}

static s64 fake_builtin(struct fake_ctx *ctx, u32 id, u32 node)
{
	const struct fake_event *ev = ctx->ev;

	switch (id) {
	case BI_PID:
		return ev->pid;
	case BI_TID:
		return ev->tid;
	case BI_UID:
		return ev->uid;
	case BI_GID:
		return ev->gid;
	case BI_CPU:
		return ev->cpu;
	case BI_NSECS:
		return (s64)ev->ts;
	case BI_ELAPSED:
		return (s64)(ev->ts - ev->session_start);
	case BI_CPID:
		return ev->cpid;
	case BI_RAND:
		return draw(ctx, node);
	default:
		abort();
	}
}

static void put(struct fake_ctx *ctx, u8 *dst, u32 cap, const void *src, u32 len)
{
	must(len <= cap);
	memcpy(dst, src, len);
	if (ctx->is_fixed)
		memset(dst + len, 0, cap - len);
}

static u32 fake_comm(struct fake_ctx *ctx, u8 *dst, u32 cap)
{
	u32 len = strnlen(ctx->ev->comm, sizeof(ctx->ev->comm));

	len = len < cap ? len : cap;
	put(ctx, dst, cap, ctx->ev->comm, len);
	return len;
}

static s64 fake_probe_id(struct fake_ctx *ctx)
{
	return ctx->ev->probe->id;
}

/* ---- args ---- */

static u64 fake_args_word(struct fake_ctx *ctx, u32 off, u32 size)
{
	u64 v = 0;

	must(size <= 8 && off <= ctx->ev->args_sz && size <= ctx->ev->args_sz - off);
	memcpy(&v, ctx->ev->args + off, size);
	return v;
}

static void fake_args_bytes(struct fake_ctx *ctx, u32 off, u32 size, u8 *dst)
{
	must(off <= ctx->ev->args_sz && size <= ctx->ev->args_sz - off);
	memcpy(dst, ctx->ev->args + off, size);
}

static u32 fake_args_str(struct fake_ctx *ctx, u32 off, u32 size, u8 *dst, u32 cap)
{
	u32 len;

	must(off <= ctx->ev->args_sz && size <= ctx->ev->args_sz - off);
	len = strnlen((const char *)ctx->ev->args + off, size < cap ? size : cap);
	put(ctx, dst, cap, ctx->ev->args + off, len);
	return len;
}

static u32 fake_args_loc(struct fake_ctx *ctx, u32 off, u8 *dst, u32 cap)
{
	u32 loc = (u32)fake_args_word(ctx, off, 4);

	return fake_args_str(ctx, loc & 0xffff, loc >> 16, dst, cap);
}

/* ---- memory ---- */

static const u8 *find_mem(const struct fake_ctx *ctx, u64 addr, u32 as, u32 *ret_left)
{
	for (u32 i = 0; i < ctx->ev->mem_cnt; i++) {
		const struct fake_region *r = &ctx->ev->mem[i];

		if (addr < r->addr || addr - r->addr >= r->size)
			continue;
		if (as != ASPACE_ANY && r->as != ASPACE_ANY && r->as != as)
			continue;
		*ret_left = r->size - (u32)(addr - r->addr);
		return (const u8 *)r->bytes + (addr - r->addr);
	}
	return NULL;
}

static s64 fake_read_mem(struct fake_ctx *ctx, u8 *dst, u64 addr, u32 size, u32 as)
{
	u32 left = 0;
	const u8 *p = find_mem(ctx, addr, as, &left);

	if (!p || left < size) {
		memset(dst, 0, size);
		return -EFAULT;
	}
	memcpy(dst, p, size);
	return 0;
}

static s64 fake_read_str(struct fake_ctx *ctx, u8 *dst, u32 cap, u64 addr, u32 max, u32 as)
{
	u32 left = 0, len;
	const u8 *p = find_mem(ctx, addr, as, &left);

	must(max <= cap);
	if (ctx->is_fixed)
		memset(dst, 0, cap);
	if (!p)
		return -EFAULT;
	len = strnlen((const char *)p, left < max ? left : max);
	if (len == left && len < max) /* ran off the region */
		return -EFAULT;
	put(ctx, dst, cap, p, len);
	return len;
}

static s64 fake_read_bytes(struct fake_ctx *ctx, u8 *dst, u32 cap, u64 addr, u32 n, u32 as)
{
	u32 left = 0;
	const u8 *p = find_mem(ctx, addr, as, &left);

	must(n <= cap);
	if (ctx->is_fixed)
		memset(dst, 0, cap);
	if (!p || left < n)
		return -EFAULT;
	put(ctx, dst, cap, p, n);
	return n;
}

/* ---- captures ---- */

static struct fake_elem *next_elem(struct fake_ctx *ctx, u32 col)
{
	struct fake_cell *c = &ctx->cells[col];
	u32 max = ctx->table->cols[col].is_list ? PLAN_LIST_MAX : 1;

	must(col >= COL_FIXED_CNT && col < ctx->table->col_cnt);
	if (max == 1)
		c->cnt = 0; /* the same value again */
	if (c->cnt == max)
		return NULL;
	return &c->elems[c->cnt++];
}

static void fake_capture_word(struct fake_ctx *ctx, u32 col, s64 v, s64 err)
{
	struct fake_elem *e = next_elem(ctx, col);

	if (e)
		*e = (struct fake_elem){ .v = v, .is_null = err < 0 };
}

static void fake_capture_bytes(struct fake_ctx *ctx, u32 col, const u8 *p, u32 len, s64 err)
{
	const struct type *t = ctx->table->cols[col].type;
	struct fake_elem *e = next_elem(ctx, col);
	u32 off = ctx->pool.len;

	if (!e)
		return;
	if (ctx->is_fixed && t->kind == TYPE_TUPLE)
		must(!packed_from_kernel(t, p, len, &ctx->pool));
	else
		buf_put(&ctx->pool, p, len);
	*e = (struct fake_elem){ .off = off, .len = ctx->pool.len - off, .is_null = err < 0 };
}

static void fake_path_bit(struct fake_ctx *ctx, u32 bit, u8 taken)
{
	must(bit < PLAN_BITS_MAX);
	ctx->path |= (u64)(taken & 1) << bit;
}

static void fake_send(struct fake_ctx *ctx)
{
	ctx->sent = true;
}

static void fake_exit(struct fake_ctx *ctx, s64 code)
{
	ref_rt_set_exit(ctx->rt, code);
}

/* Long strings cost nothing here. */
static void no_trouble(struct ref_rt *rt UNUSED, u32 kind UNUSED, u32 off UNUSED, u32 len UNUSED)
{
}

static void no_work(struct ref_rt *rt UNUSED, u32 bytes UNUSED)
{
}

/* The machine of the tests is an x86_64. */
static u32 fake_name_of(struct ref_rt *rt UNUSED, u32 id, s64 n, char *dst)
{
	switch (id) {
	case BI_STRERROR:
		return names_errno(n, dst);
	case BI_SIGNAL_NAME:
		return names_signal(n, dst);
	default:
		return names_syscall(STR("x86_64"), n, dst);
	}
}

const struct jit_sym fake_syms[] = {
	{ "fake_builtin", fake_builtin },
	{ "fake_stack", fake_stack },
	{ "fake_comm", fake_comm },
	{ "fake_probe_id", fake_probe_id },
	{ "fake_args_word", fake_args_word },
	{ "fake_args_bytes", fake_args_bytes },
	{ "fake_args_str", fake_args_str },
	{ "fake_args_loc", fake_args_loc },
	{ "fake_read_mem", fake_read_mem },
	{ "fake_read_str", fake_read_str },
	{ "fake_read_bytes", fake_read_bytes },
	{ "fake_capture_word", fake_capture_word },
	{ "fake_capture_bytes", fake_capture_bytes },
	{ "fake_path_bit", fake_path_bit },
	{ "fake_send", fake_send },
	{ "fake_exit", fake_exit },
	{ "rt_map_int", ref_rt_map_int },
	{ "rt_map_get", ref_rt_map_get },
	{ "rt_map_set", ref_rt_map_set },
	{ "rt_map_delete", ref_rt_map_delete },
	{ "rt_map_has", ref_rt_map_has },
	{ "rt_map_len", ref_rt_map_len },
	{ "rt_map_agg", ref_rt_map_agg },
	{ "rt_map_agg_read", ref_rt_map_agg_read },
	{ "rt_map_agg_at", ref_rt_map_agg_at },
	{ "rt_hash", ref_rt_hash },
	{ "rt_for_begin", ref_rt_for_begin },
	{ "rt_for_next", ref_rt_for_next },
	{ "rt_for_end", ref_rt_for_end },
	{ "rt_action", ref_rt_action },
	{ "rt_step", ref_rt_step },
	{ "rt_work", no_work },
	{ "rt_bytes_diff", rt_bytes_diff },
	{ "rt_name_of", fake_name_of },
	{ "rt_stopped", ref_rt_stopped },
	{ "rt_trouble", no_trouble },
	{ "rt_session_start", ref_rt_session_start },
	{ NULL, NULL },
};
