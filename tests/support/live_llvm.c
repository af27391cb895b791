/* tests/support/live_llvm.c -- see the header. */
#include "tests/support/live_llvm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <cmocka.h>

#include "record/bpf_module.h"
#include "record/catalog_machine.h"

#define CTL_SZ (64u << 10)

static void must(const struct live *l, int rc, const struct err *err)
{
	struct buf b;

	if (!rc)
		return;
	buf_init(&b, 1u << 20);
	if (l->diags.error_cnt)
		diag_render(&l->diags, &l->src, &b);
	fail_msg("%s %s %s", err->msg, err->hint, buf_cstr(&b));
}

static void compile(struct live *l, const char *script, struct err *err)
{
	struct check_opts co = { .compat = COMPAT_27 };
	struct split_opts so = { 0 };
	struct bpf_compile_opts bo = { .script_name = "test", .facts = &l->facts };

	must(l, catalog_machine_open(NULL, &l->catalog, err), err);
	must(l, source_init(&l->src, &l->arena, "test", str_of(script)), err);
	must(l,
	     program_compile(&l->src, catalog_machine_catalog(l->catalog), &co, &l->arena,
			     &l->diags, &l->prog, err),
	     err);
	must(l, plan_split(l->prog, &so, &l->diags, &l->plan), err);
	bo.script = (struct str){ l->src.text, l->src.len };
	must(l, machine_facts_read(&l->facts, err), err);
	path_facts_read(&l->facts.path);
	must(l, bpf_module_compile(l->plan, &bo, &l->bytes, err), err);
	must(l, image_parse(l->bytes.data, l->bytes.len, &l->arena, &l->img, err), err);
}

void live_open(struct live *l, u64 ring_sz, const char *script)
{
	struct err err = { 0 };
	struct bpf_load_opts lo = {
		.facts = &l->facts, .ring_sz = ring_sz, .ctl_sz = CTL_SZ, .script_name = "test"
	};

	memset(l, 0, sizeof(*l));
	arena_init(&l->arena, 256u << 20);
	diag_init(&l->diags, &l->arena);
	buf_init(&l->bytes, IMG_MAX_SZ);
	compile(l, script, &err);
	must(l, bpf_load(&l->img, &lo, &l->loaded, &err), &err);
	l->rings = arena_new_n(&l->arena, struct ring, l->loaded.cpu_cnt);
	assert_non_null(l->rings);
	for (u32 i = 0; i < l->loaded.cpu_cnt; i++)
		must(l, ring_open(&l->rings[i], l->loaded.ring_fds[i], ring_sz, &err), &err);
	must(l, ring_open(&l->control, bpf_loaded_map(&l->loaded, IMG_CTL, 0), CTL_SZ, &err), &err);
	must(l, attach_run_begin(&l->loaded, &err), &err);
	must(l, attach_start(&l->loaded, &l->attached, &err), &err);
}

void live_arm(struct live *l)
{
	struct err err = { 0 };

	must(l, attach_arm(l->attached, &err), &err);
}

static void take_row(struct live *l, u32 cpu, const u8 *rec, u32 sz)
{
	const struct cap_row *r = (const void *)rec;

	assert_int_equal(r->size, sz);
	if (l->row_cnt < LIVE_ROWS_MAX) {
		struct live_row *row = &l->rows[l->row_cnt];

		*row = (struct live_row){ .table = r->table & CAP_TABLE_MASK, .cpu = cpu };
		row->rec = arena_dup(&l->arena, rec, sz);
		assert_non_null(row->rec);
		assert_true(row->table < l->plan->table_cnt);
	}
	l->row_cnt++;
}

void live_drain(struct live *l)
{
	const u8 *run, *rec;
	size_t n, off;
	u32 sz;

	for (u32 i = 0; i < l->loaded.cpu_cnt; i++) {
		while ((n = ring_peek(&l->rings[i], 1u << 20, &run))) {
			for (off = 0; ring_run_next(run, n, &off, &rec, &sz) == 1;)
				take_row(l, i, rec, sz);
			ring_release(&l->rings[i], n);
		}
	}
	while ((n = ring_peek(&l->control, CTL_SZ, &run))) {
		for (off = 0; ring_run_next(run, n, &off, &rec, &sz) == 1;) {
			assert_int_equal(sz, sizeof(struct cap_ctl));
			if (l->ctl_cnt < countof(l->ctl))
				memcpy(&l->ctl[l->ctl_cnt++], rec, sz);
		}
		ring_release(&l->control, n);
	}
}

void live_stop(struct live *l)
{
	attach_stop(l->attached);
	live_drain(l);
}

void live_close(struct live *l)
{
	attach_free(l->attached);
	for (u32 i = 0; i < l->loaded.cpu_cnt; i++)
		ring_close(&l->rings[i]);
	ring_close(&l->control);
	bpf_unload(&l->loaded);
	machine_facts_fini(&l->facts);
	catalog_machine_close(l->catalog);
	buf_fini(&l->bytes);
	arena_fini(&l->arena);
}

static const struct plan_col *find_col(const struct live *l, u32 row, const char *name)
{
	const struct plan_table *t;

	assert_true(row < l->row_cnt && row < LIVE_ROWS_MAX);
	t = &l->plan->tables[l->rows[row].table];
	for (u32 i = 0; i < t->col_cnt; i++) {
		if (!strcmp(t->cols[i].name, name))
			return &t->cols[i];
	}
	fail_msg("table %s has no column %s", t->name, name);
	return NULL;
}

static u64 word(const struct live_row *r, u32 w)
{
	u64 v;

	memcpy(&v, r->rec + w * 8, sizeof(v));
	return v;
}

u64 live_word(const struct live *l, u32 row, const char *name, bool *ret_is_set)
{
	const struct plan_col *c = find_col(l, row, name);
	const struct live_row *r = &l->rows[row];
	u32 bit = c->idx - COL_FIXED_CNT;
	struct row_layout lay;
	struct arena a;
	u64 v;

	arena_init(&a, 1u << 20);
	assert_int_equal(row_layout_init(&l->plan->tables[r->table], &a, &lay, NULL), 0);
	v = word(r, lay.slots[c->idx].word);
	if (ret_is_set)
		*ret_is_set = word(r, lay.set_word + bit / 64) >> (bit & 63) & 1;
	arena_fini(&a);
	return v;
}

const char *live_text(struct live *l, u32 row, const char *name)
{
	const struct plan_col *c = find_col(l, row, name);
	const struct live_row *r = &l->rows[row];
	struct row_layout lay;
	const char *text = NULL;
	bool is_set;
	u64 v = live_word(l, row, name, &is_set);

	assert_int_equal(row_layout_init(&l->plan->tables[r->table], &l->arena, &lay, NULL), 0);
	if (is_set && lay.slots[c->idx].kind == CAP_INLINE)
		text = arena_dup(&l->arena, r->rec + (lay.slots[c->idx].word + 1) * 8, v);
	else if (is_set)
		text = arena_dup(&l->arena, r->rec + (v >> 32), (u32)v);
	return text;
}

static u64 counter(const struct live *l, u32 table, size_t off)
{
	u8 *c = calloc(l->loaded.cpu_cnt, sizeof(struct cap_counters));
	u64 sum = 0, v;

	assert_non_null(c);
	assert_int_equal(
		bpf_map_lookup_elem(bpf_loaded_map(&l->loaded, IMG_COUNTERS, 0), &table, c), 0);
	for (u32 i = 0; i < l->loaded.cpu_cnt; i++) {
		memcpy(&v, c + i * sizeof(struct cap_counters) + off, sizeof(v));
		sum += v;
	}
	free(c);
	return sum;
}

u64 live_lost(const struct live *l, u32 table, u32 cause)
{
	return counter(l, table, offsetof(struct cap_counters, lost) + cause * 8);
}

u64 live_decided(const struct live *l, u32 table)
{
	return counter(l, table, offsetof(struct cap_counters, seq));
}
