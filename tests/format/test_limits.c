/*
 * tests/format/test_limits.c -- every limit of a reader: a tape at it is read, one above is refused
 * by its name, and the option moves it down and up.
 *
 * Each case makes a tape that needs exactly as much of one limit as its maker returns.  BPFTAPE_ALL
 * raises those as well that take up to 3 GB of memory and minutes.
 */
#include "tests/format/make_limits.h"

#include <errno.h>

#include "format/verify.h"

/* ---- the cases ---- */

#define MEM_MAX ((u64)4 << 30)
#define L(field) offsetof(struct tape_limits, field)

static const struct {
	size_t off;
	u64 (*put)(struct forge *f, u64 n);
	u64 few; /* a small need */
	enum { SMALL, HUGE, NEVER } beyond; /* HUGE: much memory; NEVER: no field says more */
	bool has_gap; /* something is missing before it: verify tells that instead */
} cases[] = {
	{ L(stored_len), put_stored, 4096, SMALL, false },
	{ L(raw_len), put_raw, 65536, SMALL, false },
	{ L(ratio), put_ratio, 1, SMALL, false },
	{ L(rows), put_row_cnt, 100, SMALL, false },
	{ L(elems), put_elems, 100, SMALL, false },
	{ L(cols), put_cols, 5, SMALL, false },
	{ L(tables), put_table, 8, SMALL, false },
	{ L(runs), put_runs, 7, NEVER, false },
	{ L(str), put_string, 100, SMALL, false },
	{ L(col_bytes), put_col_bytes, 3 * TAPE_MAX_STR, SMALL, false },
	{ L(batch), put_batch, 1 << 16, SMALL, false },
	{ L(dicts), put_dict_id, 9, SMALL, false },
	{ L(dict_entries), put_dict_entries, 50, HUGE, true },
	{ L(dict_bytes), put_dict_bytes, 1000, HUGE, false },
	{ L(keys), put_keys, 20, SMALL, false },
	{ L(parts), put_parts, 6, SMALL, false },
	{ L(files), put_file, 30, SMALL, true },
	{ L(frames), put_frame, 30, HUGE, true },
	{ L(nodes), put_node, 30, SMALL, true },
	{ L(stacks), put_stack, 30, HUGE, false },
	{ L(syms), put_syms, 30, HUGE, true },
	{ L(window_log), put_window, 17, SMALL, false },
};

struct outcome {
	u32 hit;
	bool is_whole; /* nothing is damaged */
	u32 clocks;
	char breach[256]; /* the first that names a limit */
};

static void keep_breach(void *ctx, u64 off, const char *text)
{
	struct outcome *o = ctx;

	(void)off;
	if (!o->breach[0] && strstr(text, "--limit"))
		snprintf(o->breach, sizeof(o->breach), "%s", text);
}

static void read_rows(struct tape_reader *r, struct tape_batch *b)
{
	struct tape_item it;
	int rc;

	while ((rc = tape_reader_next(r, &it, NULL)) > 0) {
		if (it.kind == TAPE_ITEM_ROWS && tape_reader_decode(r, b, NULL) > 0)
			assert_int_equal(tape_batch_cnt(b), it.n_rows);
	}
	assert_int_equal(rc, 0);
}

static void load_rows(struct tape_reader *r, struct tape_batch *b)
{
	const struct tape_index_entry *e;
	struct tape_access *a;
	u32 n;

	assert_int_equal(tape_reader_load(r, NULL), 0);
	a = tape_access_new(r);
	e = tape_reader_entries(r, &n);
	for (u32 i = 0; i < n; i++)
		tape_access_read(a, &e[i], b, NULL);
	tape_access_free(a);
}

static struct outcome read_tape(const struct forge *f, const struct tape_limits *limits, bool load)
{
	struct tape_reader_opts o = { .limits = *limits, .mem_max = MEM_MAX };
	struct tape_batch *b = tape_batch_new();
	struct tape_reader *r;
	struct outcome out = { 0 };

	assert_int_equal(tape_reader_open(make_fd_of(f->tape.data, f->tape.len), &o, &r, NULL), 0);
	if (load)
		load_rows(r, b);
	else
		read_rows(r, b);
	out.hit = tape_reader_notes(r).limits_hit;
	out.is_whole = !tape_reader_notes(r).has_lost_columns &&
		       !tape_reader_state(r)->damaged_blocks && !tape_reader_state(r)->loss_cnt;
	out.clocks = tape_reader_state(r)->clock_cnt;
	tape_batch_free(b);
	tape_reader_close(r);
	return out;
}

static void verify_tape(const struct forge *f, const struct tape_limits *limits,
			struct outcome *ret)
{
	struct tape_verify_opts o = { .reader = { .limits = *limits, .mem_max = MEM_MAX },
				      .report = keep_breach,
				      .ctx = ret };
	struct tape_verify_result result;
	int fd = make_fd_of(f->tape.data, f->tape.len);

	assert_int_equal(tape_verify(fd, &o, &result, NULL), 0);
	close(fd);
}

/* The tape is refused because of that limit, by whatever reads it, and read on behind it. */
static void check_refused(const struct forge *f, const struct tape_limits *limits, u32 i)
{
	const struct tape_limit *row = &tape_limit_rows[cases[i].off / sizeof(u64)];
	struct outcome out = { 0 };
	char wanted[64];

	for (int load = 0; load < 2; load++) {
		out = read_tape(f, limits, load);
		if (out.hit != 1u << (row - tape_limit_rows) || out.clocks != 1)
			print_error("%s, load %d\n", row->name, load);
		assert_int_equal(out.hit, 1u << (row - tape_limit_rows));
		assert_int_equal(out.clocks, 1);
	}
	verify_tape(f, limits, &out);
	snprintf(wanted, sizeof(wanted), "--limit %s=N", row->name);
	if (cases[i].has_gap)
		return;
	if (!strstr(out.breach, wanted))
		print_error("%s: '%s'\n", row->name, out.breach);
	assert_non_null(strstr(out.breach, wanted));
}

static void check_read(const struct forge *f, const struct tape_limits *limits, u32 i)
{
	const struct tape_limit *row = &tape_limit_rows[cases[i].off / sizeof(u64)];
	struct outcome out = { 0 };

	for (int load = 0; load < 2; load++) {
		out = read_tape(f, limits, load);
		if (out.hit || !out.is_whole)
			print_error("%s, load %d: hit %x\n", row->name, load, out.hit);
		assert_int_equal(out.hit, 0);
		assert_true(out.is_whole);
		assert_int_equal(out.clocks, 1);
	}
	verify_tape(f, limits, &out);
	assert_string_equal(out.breach, "");
}

static struct tape_limits limits_with(u32 i, u64 n)
{
	struct tape_limits l = { 0 };

	memcpy((u8 *)&l + cases[i].off, &n, sizeof(n));
	return l;
}

static u64 make_case(struct forge *f, u32 i, u64 n)
{
	struct tape_clock clock = { .boot = 1 };
	u64 need;

	forge_begin(f);
	need = cases[i].put(f, n);
	put_list(f, (struct tape_block_header){ .type = TAPE_CLOCK }, &tape_clock_desc, &clock, 1);
	return need;
}

static void a_lowered_limit_refuses_what_is_above_and_nothing_else(void **state)
{
	(void)state;
	for (u32 i = 0; i < countof(cases); i++) {
		struct tape_limits limits = { 0 };
		struct forge f;
		u64 need = make_case(&f, i, cases[i].few);

		check_read(&f, &limits, i);
		limits = limits_with(i, need);
		check_read(&f, &limits, i);
		limits = limits_with(i, need - 1);
		check_refused(&f, &limits, i);
		buf_fini(&f.tape);
	}
}

static void a_raised_limit_admits_what_the_default_refuses(void **state)
{
	(void)state;
	for (u32 i = 0; i < countof(cases); i++) {
		u64 dflt = tape_limit_rows[cases[i].off / sizeof(u64)].dflt, need;
		struct tape_limits limits = { 0 };
		struct forge f;

		if (cases[i].beyond == NEVER ||
		    (cases[i].beyond == HUGE && !getenv("BPFTAPE_ALL")))
			continue;
		need = make_case(&f, i, dflt + 1);
		assert_true(need > dflt);
		check_refused(&f, &limits, i);
		limits = limits_with(i, need);
		check_read(&f, &limits, i);
		buf_fini(&f.tape);
	}
}

static void every_limit_is_in_a_case(void **state)
{
	u32 n = 0;

	(void)state;
	for (; tape_limit_rows[n].name; n++) {
		u64 dflt;

		assert_int_equal(tape_limit_rows[n].off, n * sizeof(u64));
		memcpy(&dflt, (const u8 *)&tape_limits_default + n * sizeof(u64), sizeof(dflt));
		assert_int_equal(dflt, tape_limit_rows[n].dflt);
		assert_true(dflt <= tape_limit_rows[n].max);
	}
	assert_int_equal(n * sizeof(u64), sizeof(struct tape_limits));
	assert_int_equal(n, countof(cases) + 1); /* depth is of those that show stacks */
}

static void the_option_names_and_bounds_limits(void **state)
{
	struct tape_limits l = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(tape_limits_parse(&l, "rows=2M,str=1", &err), 0);
	assert_int_equal(tape_limits_parse(&l, "stored_len=4294967295", &err), 0);
	assert_true(l.rows == 2 << 20 && l.str == 1 && l.stored_len == UINT32_MAX);
	tape_limits_fill(&l);
	assert_true(l.rows == 2 << 20 && l.raw_len == TAPE_MAX_RAW);
	assert_int_equal(tape_limits_parse(&l, "row=2", &err), -EINVAL);
	assert_string_equal(err.msg, "--limit row=2: there is no such limit");
	assert_non_null(strstr(err.hint, "rows (1M)"));
	assert_non_null(strstr(err.hint, "window_log (23)"));
	assert_int_equal(tape_limits_parse(&l, "rows", &err), -EINVAL);
	assert_string_equal(err.msg, "--limit rows: not rows=N");
	assert_int_equal(tape_limits_parse(&l, "rows=0", &err), -EINVAL);
	assert_int_equal(tape_limits_parse(&l, "window_log=32", &err), -EINVAL);
	assert_string_equal(err.msg, "--limit window_log=32: from 1 to 31");
}

static void tables_beyond_their_memory_end_the_reading_with_one_error(void **state)
{
	struct tape_reader_opts o = { .mem_max = 1 << 20 };
	struct tape_reader *r;
	struct tape_item it;
	struct forge f;
	struct err err;
	int rc;

	(void)state;
	forge_begin(&f);
	put_syms(&f, 40000);
	assert_int_equal(tape_reader_open(make_fd_of(f.tape.data, f.tape.len), &o, &r, NULL), 0);
	while ((rc = tape_reader_next(r, &it, &err)) > 0)
		;
	assert_int_equal(rc, -ENOMEM);
	assert_string_equal(err.msg, "the tables of the tape need more memory than allowed");
	assert_string_equal(err.hint, "--mem SIZE allows more");
	assert_int_equal(tape_reader_load(r, &err), -ENOMEM);
	assert_string_equal(err.hint, "--mem SIZE allows more");
	tape_reader_close(r);
	buf_fini(&f.tape);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_limit_is_in_a_case),
		cmocka_unit_test(the_option_names_and_bounds_limits),
		cmocka_unit_test(a_lowered_limit_refuses_what_is_above_and_nothing_else),
		cmocka_unit_test(a_raised_limit_admits_what_the_default_refuses),
		cmocka_unit_test(tables_beyond_their_memory_end_the_reading_with_one_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
