/*
 * tests/record/test_row_decode.c -- row records, made by hand as the kernel lays them out, onto a
 * tape and back.
 */
#include "record/row_decode.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "format/reader.h"
#include "format/writer.h"
#include "tests/support/planned.h"

#define CATALOG "tracepoint a:open s32 dfd; ustr filename; u64 flags; argv argv\n"

struct rig {
	struct planned p;
	struct schema_out out;
	struct row_layout *layouts;
	struct decoder *decoder;
	struct row_batch *batch;
	struct err err;
	u64 rec[4096];
	u32 sz; /* bytes of rec */
};

static void rig_init(struct rig *r, const char *script)
{
	memset(r, 0, sizeof(*r));
	planned_init(&r->p, CATALOG, script);
	assert_int_equal(schema_out_build(r->p.plan, 1, &r->p.arena, &r->out, &r->err), 0);
	r->layouts = arena_new_n(&r->p.arena, struct row_layout, r->p.plan->table_cnt);
	for (u32 i = 0; i < r->p.plan->table_cnt; i++)
		assert_int_equal(row_layout_init(&r->p.plan->tables[i], &r->p.arena, &r->layouts[i],
						 &r->err),
				 0);
	assert_int_equal(decoder_new(r->p.plan, &r->out, r->layouts, &r->decoder, &r->err), 0);
	assert_int_equal(row_batch_new(&r->out.schemas[0], NULL, &r->batch, &r->err), 0);
}

static void rig_fini(struct rig *r)
{
	row_batch_free(r->batch);
	decoder_free(r->decoder);
	planned_fini(&r->p);
}

/* A record of table 0 with its fixed part zero. */
static void start(struct rig *r, u64 ts)
{
	struct cap_row *row = (struct cap_row *)r->rec;

	memset(r->rec, 0, sizeof(r->rec));
	r->sz = r->layouts[0].word_cnt * 8u;
	*row = (struct cap_row){
		.table = 0, .size = r->sz, .seq = ts - 100, .ts = ts, .pid = 7, .tid = 8
	};
}

static u32 col(struct rig *r, const char *name)
{
	const struct plan_table *t = &r->p.plan->tables[0];

	for (u32 i = 0; i < t->col_cnt; i++)
		if (!strcmp(t->cols[i].name, name))
			return i;
	fail_msg("no column %s", name);
	return 0;
}

static void set_bit(struct rig *r, u32 c)
{
	u32 bit = c - COL_FIXED_CNT;

	r->rec[r->layouts[0].set_word + bit / 64] |= 1ull << bit % 64;
}

static u64 *slot(struct rig *r, u32 c)
{
	return &r->rec[r->layouts[0].slots[c].word];
}

static void put_word(struct rig *r, const char *name, u64 v)
{
	u32 c = col(r, name);

	*slot(r, c) = v;
	set_bit(r, c);
}

/* An item; the offset of its bytes. */
static u32 put_item(struct rig *r, u32 c, s16 err, const void *p, u32 len)
{
	struct cap_item item = { .col = (u16)c, .err = err, .len = len };
	u32 off = r->sz + sizeof(item);

	memcpy((u8 *)r->rec + r->sz, &item, sizeof(item));
	memcpy((u8 *)r->rec + off, p, len);
	r->sz = off + ((len + 7) & ~7u);
	memcpy((u8 *)r->rec + offsetof(struct cap_row, size), &r->sz, sizeof(r->sz));
	return off;
}

static void put_string(struct rig *r, const char *name, const char *text)
{
	u32 c = col(r, name), len = (u32)strlen(text);
	u64 *s = slot(r, c);

	set_bit(r, c);
	if (r->layouts[0].slots[c].kind == CAP_INLINE) {
		s[0] = len;
		memcpy(s + 1, text, len);
		return;
	}
	s[0] = (u64)put_item(r, c, 0, text, len) << 32 | len;
}

static int take(struct rig *r, u32 cpu)
{
	struct decoded h;
	int rc = decode_head(r->decoder, (const u8 *)r->rec, r->sz, &h);

	return rc ? rc : decode_row(r->decoder, (const u8 *)r->rec, cpu, &h, r->batch);
}

/* ---- what a reader of the tape sees ---- */

static void print_value(const struct tape_column *c, const struct tape_col *v, u32 i,
			struct buf *out)
{
	if (v->is_null && v->is_null[i])
		buf_puts(out, "NULL");
	else if (c->phys == TAPE_PHYS_BYTES)
		buf_printf(out, "'%.*s'", (int)(v->off[i + 1] - v->off[i]), v->bytes + v->off[i]);
	else
		buf_printf(out, "%lld", (long long)v->v[i]);
}

static void print_cell(const struct tape_column *c, const struct tape_col *v, u32 row,
		       struct buf *out)
{
	buf_printf(out, " " STR_FMT "=", STR_ARG(c->name));
	if (!(c->flags & TAPE_COL_LIST)) {
		print_value(c, v, row, out);
		return;
	}
	buf_putc(out, '[');
	for (u32 i = v->list_off[row]; i < v->list_off[row + 1]; i++) {
		if (i > v->list_off[row])
			buf_putc(out, ',');
		print_value(c, v, i, out);
	}
	buf_putc(out, ']');
}

static void print_rows(struct tape_reader *t, struct buf *out)
{
	struct tape_batch *b = tape_batch_new();
	struct tape_item item;
	struct err err;

	while (tape_reader_next(t, &item, &err) > 0) {
		if (item.kind != TAPE_ITEM_ROWS)
			continue;
		assert_int_equal(tape_reader_decode(t, b, &err), 1);
		for (u32 row = 0; row < tape_batch_cnt(b); row++) {
			for (u32 c = 0; c < item.schema->col_cnt; c++)
				print_cell(&item.schema->cols[c], &tape_batch_cols(b)[c], row, out);
			buf_putc(out, '\n');
		}
	}
	tape_batch_free(b);
}

static void expect(struct rig *r, const char *want)
{
	const struct tape_writer_opts o = { .uuid = { 1 } };
	int fd = memfd_create("tape", 0);
	struct tape_writer *w;
	struct tape_reader *t;
	struct buf got;

	assert_int_equal(tape_writer_open(fd, &o, &w, &r->err), 0);
	assert_int_equal(tape_writer_put_schemas(w, 0, r->out.schemas, r->out.schema_cnt, &r->err),
			 0);
	assert_int_equal(tape_writer_put_rows(w, r->batch, &r->err), 0);
	assert_int_equal(tape_writer_finish(w, 0, NULL, 0, &r->err), 0);
	tape_writer_close(w);
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(tape_reader_open(fd, &(struct tape_reader_opts){ 0 }, &t, &r->err), 0);
	buf_init(&got, 1 << 20);
	print_rows(t, &got);
	assert_string_equal(buf_cstr(&got), want);
	buf_fini(&got);
	tape_reader_close(t);
}

/* ---- tests ---- */

static void words_come_through(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, "tracepoint:a:open { printf(\"%d %d\", args.dfd, args.flags); }");
	start(&r, 100);
	put_word(&r, "dfd", (u64)-100);
	put_word(&r, "flags", ~0ull);
	assert_int_equal(take(&r, 3), 0);
	start(&r, 105);
	put_word(&r, "dfd", 4);
	assert_int_equal(take(&r, 1), 0); /* flags were not reached */
	expect(&r, " ts=100 cpu=3 pid=7 tid=8 _seq=0 dfd=-100 flags=-1\n"
		   " ts=105 cpu=1 pid=7 tid=8 _seq=5 dfd=4 flags=NULL\n");
	rig_fini(&r);
}

static void strings_faults_and_paths_come_through(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, "tracepoint:a:open { if (args.dfd > 3) { printf(\"%s %s\", comm, "
		     "str(args.filename)); } }");
	start(&r, 100);
	r.rec[r.layouts[0].path_word] = 1;
	put_string(&r, "comm", "sh");
	put_string(&r, "filename_str", "/etc/passwd");
	assert_int_equal(take(&r, 0), 0);
	start(&r, 101);
	r.rec[r.layouts[0].path_word] = 1;
	put_string(&r, "comm", "0123456789abcde");
	*slot(&r, col(&r, "filename_str")) = (u64)-EFAULT;
	assert_int_equal(take(&r, 0), 0);
	expect(&r, " ts=100 cpu=0 pid=7 tid=8 _seq=0 _path=1 comm='sh' filename_str='/etc/passwd' "
		   "_errno_filename_str=0\n"
		   " ts=101 cpu=0 pid=7 tid=8 _seq=1 _path=1 comm='0123456789abcde' "
		   "filename_str=NULL _errno_filename_str=14\n");
	rig_fini(&r);
}

/* The one list column of the table. */
static u32 list_col(struct rig *r)
{
	const struct plan_table *t = &r->p.plan->tables[0];

	for (u32 i = COL_FIXED_CNT; i < t->col_cnt; i++)
		if (t->cols[i].is_list)
			return i;
	fail_msg("no list");
	return 0;
}

static void elements_of_lists_come_in_order(void **state)
{
	struct decoded h;
	struct rig r;
	u32 c;

	(void)state;
	rig_init(&r, "tracepoint:a:open { join(args.argv); }");
	c = list_col(&r);
	start(&r, 100);
	*slot(&r, c) = 4; /* one more than came */
	put_item(&r, c, 0, "make", 4);
	put_item(&r, c, -EFAULT, "", 0);
	put_item(&r, c, 0, "-j4", 3);
	assert_int_equal(decode_head(r.decoder, (const u8 *)r.rec, r.sz, &h), 0);
	assert_int_equal(decode_row(r.decoder, (const u8 *)r.rec, 0, &h, r.batch), 0);
	assert_int_equal(h.cut_cnt, 1);
	start(&r, 101);
	assert_int_equal(take(&r, 0), 0);
	rig_fini(&r);
}

static void records_that_make_no_sense_are_refused(void **state)
{
	struct cap_row *row;
	struct rig r;
	u32 c;

	(void)state;
	rig_init(&r, "tracepoint:a:open { printf(\"%s %s\", comm, str(args.filename)); }");
	row = (struct cap_row *)r.rec;
	c = col(&r, "filename_str");

	start(&r, 100);
	r.sz = sizeof(*row) - 8;
	assert_int_equal(take(&r, 0), -EBADMSG);
	start(&r, 100);
	row->table = 1;
	assert_int_equal(take(&r, 0), -EBADMSG);
	start(&r, 100);
	row->size = r.sz + 8;
	assert_int_equal(take(&r, 0), -EBADMSG);
	start(&r, 100);
	row->size = r.sz - 8;
	assert_int_equal(take(&r, 0), -EBADMSG);
	start(&r, 100);
	set_bit(&r, c);
	*slot(&r, c) = (u64)(r.sz - 4) << 32 | 8; /* beyond the end */
	assert_int_equal(take(&r, 0), -EBADMSG);
	*slot(&r, c) = 0xffffffffull << 32 | 8;
	assert_int_equal(take(&r, 0), -EBADMSG);
	start(&r, 100);
	put_string(&r, "comm", "sh");
	*slot(&r, col(&r, "comm")) = 17;
	assert_int_equal(take(&r, 0), -EBADMSG);
	assert_int_equal(row_batch_cnt(r.batch), 0);
	rig_fini(&r);
}

static void items_that_make_no_sense_are_refused(void **state)
{
	struct rig r;
	u32 c;

	(void)state;
	rig_init(&r, "tracepoint:a:open { join(args.argv); }");
	c = list_col(&r);
	start(&r, 100);
	put_item(&r, 999, 0, "x", 1);
	assert_int_equal(take(&r, 0), -EBADMSG);
	start(&r, 100);
	put_item(&r, c, 0, "x", 1);
	((struct cap_item *)((u8 *)r.rec + r.layouts[0].word_cnt * 8u))->len = 1000;
	assert_int_equal(take(&r, 0), -EBADMSG);
	start(&r, 100);
	for (int i = 0; i <= CAP_LIST_MAX; i++)
		put_item(&r, c, 0, "x", 1);
	assert_int_equal(take(&r, 0), -EBADMSG);
	rig_fini(&r);
}

static void random_bytes_never_crash(void **state)
{
	struct rig r;
	u64 seed = 1;

	(void)state;
	rig_init(&r, "tracepoint:a:open { printf(\"%s %s\", comm, str(args.filename)); "
		     "join(args.argv); }");
	for (int n = 0; n < 20000; n++) {
		start(&r, 100 + (u64)n);
		put_string(&r, "comm", "sh");
		put_string(&r, "filename_str", "/etc/passwd");
		put_item(&r, list_col(&r), 0, "arg", 3);
		for (int i = 0; i < 3; i++) {
			seed = seed * 6364136223846793005ull + 1442695040888963407ull;
			((u8 *)r.rec)[(seed >> 33) % r.sz] ^= (u8)(seed >> 24);
		}
		if (take(&r, 0) == 1)
			row_batch_reset(r.batch);
	}
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_come_through),
		cmocka_unit_test(strings_faults_and_paths_come_through),
		cmocka_unit_test(elements_of_lists_come_in_order),
		cmocka_unit_test(records_that_make_no_sense_are_refused),
		cmocka_unit_test(items_that_make_no_sense_are_refused),
		cmocka_unit_test(random_bytes_never_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
