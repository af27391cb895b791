/*
 * tests/support/target_kernel.c -- see the header.
 *
 * The entry of the compiler is called in this process: no child, no module.
 */
#include "tests/support/target_kernel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "lang/packed.h"
#include "record/bpf/capture_abi.h"
#include "record/bpf_module.h"
#include "record/features.h"
#include "record/row_layout.h"

#define RING_SZ (1u << 20)
#define CTL_SZ	(1u << 16)

static int open_rings(struct kernel_slice *k, struct err *err)
{
	int rc = ring_open(&k->control, bpf_loaded_map(&k->loaded, IMG_CTL, 0), CTL_SZ, err);

	k->rings = arena_new_n(&k->arena, struct ring, k->loaded.cpu_cnt);
	if (!k->rings)
		return err_oom(err);
	for (u32 i = 0; !rc && i < k->loaded.cpu_cnt; i++)
		rc = ring_open(&k->rings[i], k->loaded.ring_fds[i], RING_SZ, err);
	return rc;
}

int kernel_slice_open(struct kernel_slice *k, const struct plan *plan, struct err *err)
{
	struct bpf_compile_opts co = { .script_name = plan->prog->src->name,
				       .script = { plan->prog->src->text, plan->prog->src->len },
				       .facts = &k->facts,
				       .for_test_run = true };
	struct bpf_load_opts lo = {
		.facts = &k->facts, .ring_sz = RING_SZ, .ctl_sz = CTL_SZ, .script_name = "test"
	};
	struct bpf_image img;
	int rc;

	memset(k, 0, sizeof(*k));
	k->plan = plan;
	k->loaded.btf_fd = -1;
	arena_init(&k->arena, 64u << 20);
	buf_init(&k->bytes, IMG_MAX_SZ);
	/* the kernel's BTF is not needed for these programs */
	strmap_init(&k->facts.raw_events, 1);
	k->facts.cpu_cnt = features_cpu_cnt();
	rc = bpf_module_compile(plan, &co, &k->bytes, err);
	if (!rc)
		rc = image_parse(k->bytes.data, k->bytes.len, &k->arena, &img, err);
	if (!rc)
		rc = bpf_load(&img, &lo, &k->loaded, err);
	if (!rc)
		rc = open_rings(k, err);
	if (rc)
		kernel_slice_close(k);
	return rc;
}

void kernel_slice_close(struct kernel_slice *k)
{
	for (u32 i = 0; k->rings && i < k->loaded.cpu_cnt; i++)
		ring_close(&k->rings[i]);
	ring_close(&k->control);
	bpf_unload(&k->loaded);
	machine_facts_fini(&k->facts);
	buf_fini(&k->bytes);
	arena_fini(&k->arena);
}

/* ---- memory ---- */

static u64 page(u64 addr)
{
	return addr & ~0xfffull;
}

bool kernel_slice_map(const struct fake_region *r)
{
	u64 from = page(r->addr), sz = page(r->addr + r->size + 0xfff) - from;
	void *p = mmap((void *)from, sz, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	if (p == MAP_FAILED)
		return false;
	memcpy((void *)r->addr, r->bytes, r->size);
	return true;
}

void kernel_slice_unmap(const struct fake_region *r)
{
	u64 from = page(r->addr);

	munmap((void *)from, page(r->addr + r->size + 0xfff) - from);
}

/* ---- rows ---- */

static void put_null(struct buf *out, bool is_word)
{
	buf_put_u32(out, 1);
	buf_put_u8(out, 1);
	if (is_word)
		buf_put_u64(out, 0);
	else
		buf_put_u32(out, 0);
}

static bool is_word(const struct plan_col *c)
{
	return !c->type || (!packed_is_bytes(c->type) && c->type->kind != TYPE_TUPLE);
}

static void put_bytes(const struct plan_col *c, const u8 *p, u32 len, struct buf *out)
{
	struct buf packed;

	if (!c->type || c->type->kind != TYPE_TUPLE) {
		buf_put_u32(out, len);
		buf_put(out, p, len);
		return;
	}
	buf_init(&packed, 1u << 20);
	if (packed_from_kernel(c->type, p, len, &packed))
		abort();
	buf_put_u32(out, packed.len);
	buf_put(out, packed.data, packed.len);
	buf_fini(&packed);
}

/* The list's elements among the items. */
static void put_list(const u8 *rec, const struct row_layout *l, const struct plan_col *c, u64 total,
		     struct buf *out)
{
	const struct cap_row *row = (const void *)rec;
	u32 off = l->word_cnt * 8, cnt = total > CAP_LIST_MAX ? CAP_LIST_MAX : total;

	buf_put_u32(out, cnt);
	while (off + sizeof(struct cap_item) <= row->size) {
		const struct cap_item *it = (const void *)(rec + off);

		off += sizeof(*it) + ((it->len + 7) & ~7u);
		if (it->col != c->idx)
			continue;
		buf_put_u8(out, it->err != 0);
		if (!is_word(c) && it->len)
			put_bytes(c, (const u8 *)(it + 1), it->len, out);
		else if (!is_word(c))
			buf_put_u32(out, 0);
		else
			buf_put_u64(out, it->err ? 0 : *(const u64 *)(it + 1));
	}
}

static void put_col(const u8 *rec, const struct row_layout *l, const struct plan_col *c,
		    struct buf *out)
{
	const struct row_slot *s = &l->slots[c->idx];
	const u64 *w = (const void *)rec;
	u32 bit = c->idx - COL_FIXED_CNT;
	bool is_set = w[l->set_word + bit / 64] >> (bit & 63) & 1;
	u64 v = w[s->word];

	if (s->kind == CAP_LIST) {
		put_list(rec, l, c, v, out);
	} else if (!is_set && !v) {
		buf_put_u32(out, 0);
	} else if (!is_set) {
		put_null(out, is_word(c));
	} else {
		buf_put_u32(out, 1);
		buf_put_u8(out, 0);
		if (s->kind == CAP_WORD)
			buf_put_u64(out, v);
		else if (s->kind == CAP_INLINE)
			put_bytes(c, rec + (s->word + 1) * 8, v, out);
		else
			put_bytes(c, rec + (v >> 32), (u32)v, out);
	}
}

static void put_row(struct kernel_slice *k, u32 table, const u8 *rec, u32 cpu, struct buf *out)
{
	const struct plan_table *t = &k->plan->tables[table];
	const struct cap_row *r = (const void *)rec;
	const u64 *w = (const void *)rec;
	struct row_layout l;
	struct arena a;

	arena_init(&a, 1u << 20);
	if (row_layout_init(t, &a, &l, NULL))
		abort();
	buf_put_u64(out, r->ts);
	buf_put_u64(out, cpu);
	buf_put_u64(out, r->pid);
	buf_put_u64(out, r->tid);
	buf_put_u64(out, l.path_word == ROW_NO_WORD ? 0 : w[l.path_word]);
	for (u32 i = COL_FIXED_CNT; i < t->col_cnt; i++)
		put_col(rec, &l, &t->cols[i], out);
	arena_fini(&a);
}

static bool take_row(struct kernel_slice *k, u32 table, struct buf *row, struct kernel_row *ret)
{
	bool has_row = false;

	for (u32 i = 0; i < k->loaded.cpu_cnt; i++) {
		const u8 *run, *rec;
		size_t n = ring_peek(&k->rings[i], RING_SZ, &run), off = 0;
		u32 sz;

		while (n && ring_run_next(run, n, &off, &rec, &sz) == 1) {
			const struct cap_row *r = (const void *)rec;

			if (has_row || r->size != sz || (r->table & CAP_TABLE_MASK) != table)
				abort();
			has_row = true;
			put_row(k, table, rec, i, row);
			if (ret)
				*ret = (struct kernel_row){ r->seq, r->table & ~CAP_TABLE_MASK };
		}
		ring_release(&k->rings[i], n);
	}
	return has_row;
}

static int prog_of(const struct kernel_slice *k, u32 table)
{
	for (u32 i = 0; i < k->loaded.img.prog_cnt; i++) {
		if (k->loaded.img.progs[i].table == table)
			return k->loaded.prog_fds[i];
	}
	return -1;
}

bool kernel_slice_fire(struct kernel_slice *k, u32 table, const struct fake_event *ev,
		       struct buf *row, struct kernel_row *ret)
{
	u64 ctx[12] = { (u64)ev->args, ev->ts, (u64)ev->pid << 32 | ev->tid, ev->probe->id };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = ctx, .ctx_size_in = sizeof(ctx));
	int fd = prog_of(k, table), rc;
	char comm[16];

	if (fd < 0)
		return false;
	k->loaded.state->cpid = ev->cpid;
	k->loaded.state->start_ns = ev->session_start;
	prctl(PR_GET_NAME, comm);
	prctl(PR_SET_NAME, ev->comm);
	rc = bpf_prog_test_run_opts(fd, &opts);
	prctl(PR_SET_NAME, comm);
	if (rc) {
		fprintf(stderr, "BPF_PROG_TEST_RUN: %s\n", strerror(-rc));
		abort();
	}
	return take_row(k, table, row, ret);
}

u64 kernel_slice_lost(const struct kernel_slice *k, u32 table, u32 cause)
{
	struct cap_counters *c = calloc(k->loaded.cpu_cnt, sizeof(*c));
	u64 sum = 0;

	if (!c || bpf_map_lookup_elem(bpf_loaded_map(&k->loaded, IMG_COUNTERS, 0), &table, c))
		abort();
	for (u32 i = 0; i < k->loaded.cpu_cnt; i++)
		sum += c[i].lost[cause];
	free(c);
	return sum;
}
