/*
 * tests/format/test_limits.c -- every limit of a reader: a tape at it is read, one above is refused
 * by its name, and the option moves it down and up.
 *
 * Each case makes a tape that needs exactly as much of one limit as its maker returns.
 */
#include "tests/format/make.h"

#include <errno.h>

#include "format/block.h"
#include "format/limits.h"
#include "format/verify.h"

struct forge {
	struct buf tape;
	struct tape_file_header file;
	u64 seq;
};

static void forge_begin(struct forge *f)
{
	*f = (struct forge){ .file = { .uuid = { 3 } } };
	buf_init(&f->tape, (size_t)256 << 20);
	block_seal_file(&f->file);
	buf_put(&f->tape, &f->file, sizeof(f->file));
}

/* Fills in what all headers have in common. */
static void put_block(struct forge *f, struct tape_block_header h, const struct buf *payload)
{
	h.seq = f->seq++;
	h.stored_len = (u32)payload->len;
	h.raw_len = h.raw_len ? h.raw_len : h.stored_len;
	block_seal(&h, f->file.session_tag, payload->data);
	buf_put(&f->tape, &h, sizeof(h));
	buf_put(&f->tape, payload->data, payload->len);
	buf_align(&f->tape, 8);
	assert_false(f->tape.is_full);
}

static void put_list(struct forge *f, struct tape_block_header h, const struct fields_desc *d,
		     const void *items, u32 n)
{
	struct buf b;

	buf_init(&b, (size_t)256 << 20);
	fields_put_list(d, items, n, &b);
	assert_false(b.is_full);
	h.n_rows = n;
	put_block(f, h, &b);
	buf_fini(&b);
}

/* ---- blocks of records ---- */

#define LOG_FIXED 41 /* bytes of a list of one LOG record without its text */

/* A LOG block of @n bytes; a byte in @step of its text is not 0. */
static void make_log(u64 n, u64 step, struct buf *b)
{
	struct tape_log log = { .ts = 1, .text = { NULL, n - LOG_FIXED } };
	char *text = calloc(1, n);

	for (u64 i = 0; step && i < n; i += step)
		text[i] = (char)mix(i);
	log.text.s = text;
	buf_init(b, (size_t)256 << 20);
	fields_put_list(&tape_log_desc, &log, 1, b);
	assert_int_equal(b->len, n);
	free(text);
}

static u64 put_stored(struct forge *f, u64 n)
{
	struct buf b;

	make_log(n, 1, &b);
	put_block(f, (struct tape_block_header){ .type = TAPE_LOG, .n_rows = 1 }, &b);
	buf_fini(&b);
	return n;
}

/* Packed; returns raw_len / stored_len, rounded up. */
static u64 put_packed(struct forge *f, u64 n, u64 step)
{
	struct codec *c = codec_new(1);
	struct buf b, packed;
	u64 ratio;

	make_log(n, step, &b);
	buf_init(&packed, (size_t)256 << 20);
	assert_int_equal(codec_pack(c, b.data, b.len, &packed), 1);
	put_block(f,
		  (struct tape_block_header){ .type = TAPE_LOG,
					      .codec = TAPE_CODEC_ZSTD,
					      .n_rows = 1,
					      .raw_len = (u32)n },
		  &packed);
	ratio = (n + packed.len - 1) / packed.len;
	buf_fini(&packed);
	buf_fini(&b);
	codec_free(c);
	return ratio;
}

static u64 put_raw(struct forge *f, u64 n)
{
	put_packed(f, n, 64);
	return n;
}

/* Zeros shrink as well as is wanted: @n says nothing but whether much or little. */
static u64 put_ratio(struct forge *f, u64 n)
{
	u64 ratio = put_packed(f, n > 1024 ? 1 << 20 : 4096, 0);

	assert_true(ratio > 16 && ratio > (n > 1024 ? n : 0));
	return ratio;
}

/* A frame that says its window is 2^n, its only block as it is. */
static u64 put_window(struct forge *f, u64 n)
{
	u8 head[9] = { 0x28, 0xb5, 0x2f, 0xfd, 0, (u8)((n - 10) << 3) };
	struct buf b, frame;

	head[6] = (100 << 3 | 1) & 0xff; /* the last, raw */
	head[7] = 100 >> 5;
	make_log(100, 1, &b);
	buf_init(&frame, 1 << 16);
	buf_put(&frame, head, sizeof(head));
	buf_put(&frame, b.data, b.len);
	put_block(f,
		  (struct tape_block_header){
			  .type = TAPE_LOG, .codec = TAPE_CODEC_ZSTD, .n_rows = 1, .raw_len = 100 },
		  &frame);
	buf_fini(&frame);
	buf_fini(&b);
	return n;
}

static u64 put_keys(struct forge *f, u64 n)
{
	struct tape_meta_item *items = calloc(n, sizeof(*items));
	char(*keys)[24] = calloc(n, sizeof(*keys));

	for (u64 i = 0; i < n; i++) {
		snprintf(keys[i], sizeof(keys[i]), "key%llu", (unsigned long long)i);
		items[i].key = str_of(keys[i]);
	}
	put_list(f, (struct tape_block_header){ .type = TAPE_META }, &tape_meta_desc, items,
		 (u32)n);
	free(keys);
	free(items);
	return n;
}

static u64 put_parts(struct forge *f, u64 n)
{
	struct tape_meta_item item = { .key = STR("k") };

	put_list(f, (struct tape_block_header){ .type = TAPE_META, .stream = (u32)n - 1 },
		 &tape_meta_desc, &item, 1);
	return n;
}

static u64 put_file(struct forge *f, u64 n)
{
	struct tape_file file = { .id = (u32)n };

	put_list(f, (struct tape_block_header){ .type = TAPE_FILE }, &tape_file_desc, &file, 1);
	return n;
}

static u64 put_frame(struct forge *f, u64 n)
{
	struct tape_frame frame = { .id = (u32)n, .file = TAPE_NONE };

	put_list(f, (struct tape_block_header){ .type = TAPE_FRAME }, &tape_frame_desc, &frame, 1);
	return n;
}

static void put_tree(struct forge *f, const struct tape_stacks *s)
{
	struct buf b;

	buf_init(&b, 1 << 16);
	fields_put(&tape_stacks_desc, s, &b);
	put_block(f, (struct tape_block_header){ .type = TAPE_STACK, .n_rows = 1 }, &b);
	buf_fini(&b);
}

static u64 put_node(struct forge *f, u64 n)
{
	struct tape_node node = { 0, 1 };

	put_tree(f, &(struct tape_stacks){ (u32)n, &node, 1, NULL, 0 });
	return n;
}

static u64 put_stack(struct forge *f, u64 n)
{
	struct tape_stack_id id = { .id = (u32)n };

	put_tree(f, &(struct tape_stacks){ 1, NULL, 0, &id, 1 });
	return n;
}

static u64 put_syms(struct forge *f, u64 n)
{
	struct tape_sym *syms = calloc(n, sizeof(*syms));

	put_list(f, (struct tape_block_header){ .type = TAPE_SYM }, &tape_sym_desc, syms, (u32)n);
	free(syms);
	return n;
}

/* ---- dictionaries ---- */

static void put_dict(struct forge *f, struct tape_dict_section h, u32 len)
{
	struct tape_dicts head = { 1, 0 };
	struct buf b;

	buf_init(&b, 64 << 20);
	h.n_bytes = h.n_entries * len;
	buf_put(&b, &head, sizeof(head));
	buf_put(&b, &h, sizeof(h));
	for (u32 i = 0; i < h.n_entries; i++)
		buf_put_u32(&b, len);
	for (u32 i = 0; i < h.n_bytes; i++)
		buf_put_u8(&b, 'x');
	buf_align(&b, 4);
	put_block(f, (struct tape_block_header){ .type = TAPE_DICT }, &b);
	buf_fini(&b);
}

static u64 put_dict_id(struct forge *f, u64 n)
{
	put_dict(f, (struct tape_dict_section){ .dict_id = (u32)n - 1, .n_entries = 1 }, 1);
	return n;
}

static u64 put_dict_entries(struct forge *f, u64 n)
{
	put_dict(f, (struct tape_dict_section){ .dict_id = 1, .n_entries = (u32)n - 2 }, 1);
	put_dict(f, (struct tape_dict_section){ .dict_id = 2, .n_entries = 2 }, 1);
	return n;
}

static u64 put_dict_bytes(struct forge *f, u64 n)
{
	put_dict(f, (struct tape_dict_section){ .dict_id = 1, .n_entries = (u32)n }, 1);
	return n;
}

/* ---- tables and rows ---- */

#define COLS_MAX 1024
static struct tape_column cols[COLS_MAX];

/* A time and @n - 1 columns like @like. */
static void put_schema(struct forge *f, u32 id, u32 n, struct tape_column like)
{
	struct tape_schema s = { .id = id, .cols = cols, .col_cnt = n };

	assert_true(n <= COLS_MAX);
	for (u32 i = 0; i < n; i++) {
		cols[i] = like;
		cols[i].id = (u16)i;
		cols[i].ref = TAPE_NONE;
	}
	cols[0] = (struct tape_column){ .role = TAPE_ROLE_TS, .ref = TAPE_NONE };
	put_list(f, (struct tape_block_header){ .type = TAPE_SCHEMA }, &tape_schema_desc, &s, 1);
}

/* An EVENTS payload of @n parts; the bytes of the last are @sz of 'x'. */
static u32 make_rows(struct buf *b, const struct tape_part *parts, u32 n, u32 sz)
{
	struct tape_columns head = { n, 0 };
	u32 dir = sizeof(head) + n * (u32)sizeof(*parts);

	buf_init(b, 64 << 20);
	buf_put(b, &head, sizeof(head));
	for (u32 i = 0; i < n; i++) {
		struct tape_part p = parts[i];

		p.off = dir;
		p.stored = p.raw = i == n - 1 ? sz : 0;
		buf_put(b, &p, sizeof(p));
	}
	for (u32 i = 0; i < sz; i++)
		buf_put_u8(b, 'x');
	return dir + ((sz + 7) & ~7u);
}

static void put_rows(struct forge *f, const struct tape_part *parts, u32 n, u32 sz, u32 n_rows)
{
	struct buf b;
	u32 raw = make_rows(&b, parts, n, sz);

	put_block(f,
		  (struct tape_block_header){ .type = TAPE_EVENTS,
					      .codec = TAPE_CODEC_COLUMNS,
					      .n_rows = n_rows,
					      .raw_len = raw },
		  &b);
	buf_fini(&b);
}

static u64 put_row_cnt(struct forge *f, u64 n)
{
	struct tape_part ts = { .enc = TAPE_ENC_CONST };

	put_schema(f, 0, 1, cols[0]);
	put_rows(f, &ts, 1, 0, (u32)n);
	return n;
}

static u64 put_elems(struct forge *f, u64 n)
{
	struct tape_part parts[] = {
		{ .enc = TAPE_ENC_CONST },
		{ .col_id = 1, .enc = TAPE_ENC_LIST, .aux = n },
		{ .col_id = 1, .enc = TAPE_ENC_CONST },
	};

	put_schema(f, 0, 2, (struct tape_column){ .flags = TAPE_COL_LIST });
	put_rows(f, parts, 3, 0, 1);
	return n;
}

static u64 put_cols(struct forge *f, u64 n)
{
	put_schema(f, 0, (u32)n, (struct tape_column){ 0 });
	return n;
}

static u64 put_table(struct forge *f, u64 n)
{
	put_schema(f, (u32)n - 1, 1, cols[0]);
	return n;
}

static u64 put_runs(struct forge *f, u64 n)
{
	struct tape_mixed head = { (u32)n, 0 };
	struct tape_mixed_run run = { .off = (u32)(sizeof(head) + n * sizeof(run)) };
	struct tape_part ts = { .enc = TAPE_ENC_CONST };
	struct buf b, rows;

	put_schema(f, 0, 1, cols[0]);
	make_rows(&rows, &ts, 1, 0);
	run.len = (u32)rows.len;
	buf_init(&b, 64 << 20);
	buf_put(&b, &head, sizeof(head));
	for (u64 i = 0; i < n; i++)
		buf_put(&b, &run, sizeof(run));
	buf_put(&b, rows.data, rows.len);
	put_block(f, (struct tape_block_header){ .type = TAPE_MIXED }, &b);
	buf_fini(&rows);
	buf_fini(&b);
	return n;
}

static u64 put_string(struct forge *f, u64 n)
{
	struct tape_part parts[] = {
		{ .enc = TAPE_ENC_CONST },
		{ .col_id = 1, .enc = TAPE_ENC_VAR, .aux = n },
		{ .col_id = 1, .enc = TAPE_ENC_RAW, .width = 1 },
	};

	put_schema(f, 0, 2, (struct tape_column){ .phys = TAPE_PHYS_BYTES });
	put_rows(f, parts, 3, (u32)n, 1);
	return n;
}

/* Rows that all name a string of 64 KiB. */
static u64 put_col_bytes(struct forge *f, u64 n)
{
	u32 rows = (u32)((n + TAPE_MAX_STR - 1) / TAPE_MAX_STR);
	struct tape_part parts[] = {
		{ .enc = TAPE_ENC_CONST },
		{ .col_id = 1, .enc = TAPE_ENC_DICT },
	};

	put_schema(f, 0, 2, (struct tape_column){ .phys = TAPE_PHYS_BYTES, .dict = 1 });
	put_dict(f, (struct tape_dict_section){ .dict_id = 1, .n_entries = 1 }, TAPE_MAX_STR);
	put_rows(f, parts, 2, 0, rows);
	return (u64)rows * TAPE_MAX_STR;
}

/* 8 bytes for each row of each column. */
static u64 put_batch(struct forge *f, u64 n)
{
	static struct tape_part parts[33];
	u32 rows = (u32)(n / (countof(parts) * 8) + 1);

	for (u16 i = 0; i < countof(parts); i++)
		parts[i] = (struct tape_part){ .col_id = i, .enc = TAPE_ENC_CONST };
	put_schema(f, 0, countof(parts), (struct tape_column){ 0 });
	put_rows(f, parts, countof(parts), 0, rows);
	return (u64)rows * countof(parts) * 8;
}

/* ---- the cases ---- */

#define L(field) offsetof(struct tape_limits, field)

static const struct {
	size_t off;
	u64 (*put)(struct forge *f, u64 n);
	u64 few; /* a small need */
	bool is_huge; /* beyond the default it takes more memory than a test should */
	bool has_gap; /* something is missing before it: verify tells that instead */
} cases[] = {
	{ L(stored_len), put_stored, 4096, false, false },
	{ L(raw_len), put_raw, 65536, false, false },
	{ L(ratio), put_ratio, 1, false, false },
	{ L(rows), put_row_cnt, 100, false, false },
	{ L(elems), put_elems, 100, false, false },
	{ L(cols), put_cols, 5, false, false },
	{ L(tables), put_table, 8, false, false },
	{ L(runs), put_runs, 7, true /* no field can say more */, false },
	{ L(str), put_string, 100, false, false },
	{ L(col_bytes), put_col_bytes, 3 * TAPE_MAX_STR, false, false },
	{ L(batch), put_batch, 1 << 16, false, false },
	{ L(dicts), put_dict_id, 9, false, false },
	{ L(dict_entries), put_dict_entries, 50, true, false },
	{ L(dict_bytes), put_dict_bytes, 1000, true, false },
	{ L(keys), put_keys, 20, false, false },
	{ L(parts), put_parts, 6, false, false },
	{ L(files), put_file, 30, false, true },
	{ L(frames), put_frame, 30, true, true },
	{ L(nodes), put_node, 30, true, true },
	{ L(stacks), put_stack, 30, true, false },
	{ L(syms), put_syms, 30, true, true },
	{ L(window_log), put_window, 17, false, false },
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
	struct tape_reader_opts o = { .limits = *limits };
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
	struct tape_verify_opts o = { .reader.limits = *limits, .report = keep_breach, .ctx = ret };
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

		if (cases[i].is_huge)
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
