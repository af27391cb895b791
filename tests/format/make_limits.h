/*
 * tests/format/make_limits.h -- tapes put together block by block; makers of such as need exactly
 * so much of one limit.
 */
#pragma once

#include "tests/format/make.h"

#include "format/block.h"
#include "format/limits.h"

struct forge {
	struct buf tape;
	struct tape_file_header file;
	u64 seq;
};

static inline void forge_begin(struct forge *f)
{
	*f = (struct forge){ .file = { .uuid = { 3 } } };
	buf_init(&f->tape, (size_t)2 << 30);
	block_seal_file(&f->file);
	buf_put(&f->tape, &f->file, sizeof(f->file));
}

/* Fills in what all headers have in common. */
static inline void put_block(struct forge *f, struct tape_block_header h, const struct buf *payload)
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

static inline void put_list(struct forge *f, struct tape_block_header h,
			    const struct fields_desc *d, const void *items, u32 n)
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
static inline void make_log(u64 n, u64 step, struct buf *b)
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

static inline u64 put_stored(struct forge *f, u64 n)
{
	struct buf b;

	make_log(n, 1, &b);
	put_block(f, (struct tape_block_header){ .type = TAPE_LOG, .n_rows = 1 }, &b);
	buf_fini(&b);
	return n;
}

/* Packed; returns raw_len / stored_len, rounded up. */
static inline u64 put_packed(struct forge *f, u64 n, u64 step)
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

static inline u64 put_raw(struct forge *f, u64 n)
{
	put_packed(f, n, 64);
	return n;
}

/* Zeros shrink as well as is wanted: @n says nothing but whether much or little. */
static inline u64 put_ratio(struct forge *f, u64 n)
{
	u64 ratio = put_packed(f, n > 1024 ? 1 << 20 : 4096, 0);

	assert_true(ratio > 16 && ratio > (n > 1024 ? n : 0));
	return ratio;
}

/* A frame that says its window is 2^n, its only block as it is. */
static inline u64 put_window(struct forge *f, u64 n)
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

static inline u64 put_keys(struct forge *f, u64 n)
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

static inline u64 put_parts(struct forge *f, u64 n)
{
	struct tape_meta_item item = { .key = STR("k") };

	put_list(f, (struct tape_block_header){ .type = TAPE_META, .stream = (u32)n - 1 },
		 &tape_meta_desc, &item, 1);
	return n;
}

static inline u64 put_file(struct forge *f, u64 n)
{
	struct tape_file file = { .id = (u32)n };

	put_list(f, (struct tape_block_header){ .type = TAPE_FILE }, &tape_file_desc, &file, 1);
	return n;
}

static inline u64 put_frame(struct forge *f, u64 n)
{
	struct tape_frame frame = { .id = (u32)n, .file = TAPE_NONE };

	put_list(f, (struct tape_block_header){ .type = TAPE_FRAME }, &tape_frame_desc, &frame, 1);
	return n;
}

static inline void put_tree(struct forge *f, const struct tape_stacks *s)
{
	struct buf b;

	buf_init(&b, 1 << 16);
	fields_put(&tape_stacks_desc, s, &b);
	put_block(f, (struct tape_block_header){ .type = TAPE_STACK, .n_rows = 1 }, &b);
	buf_fini(&b);
}

static inline u64 put_node(struct forge *f, u64 n)
{
	struct tape_node node = { 0, 1 };

	put_tree(f, &(struct tape_stacks){ (u32)n, &node, 1, NULL, 0 });
	return n;
}

static inline u64 put_stack(struct forge *f, u64 n)
{
	struct tape_stack_id id = { .id = (u32)n };

	put_tree(f, &(struct tape_stacks){ 1, NULL, 0, &id, 1 });
	return n;
}

/* Records without a field: as many as blocks may have rows take 4 MB each. */
static inline u64 put_syms(struct forge *f, u64 n)
{
	for (u64 left = n; left;) {
		u32 here = left < TAPE_MAX_ROWS ? (u32)left : TAPE_MAX_ROWS;
		struct buf b;

		buf_init(&b, 8 << 20);
		buf_put_u32(&b, here);
		memset(buf_extend(&b, here * sizeof(u32)), 0, here * sizeof(u32));
		put_block(f, (struct tape_block_header){ .type = TAPE_SYM, .n_rows = here }, &b);
		buf_fini(&b);
		left -= here;
	}
	return n;
}

/* ---- dictionaries ---- */

static inline void put_dict(struct forge *f, struct tape_dict_section h, u32 len)
{
	struct tape_dicts head = { 1, 0 };
	struct buf b;

	buf_init(&b, 64 << 20);
	h.n_bytes = h.n_entries * len;
	buf_put(&b, &head, sizeof(head));
	buf_put(&b, &h, sizeof(h));
	for (u32 i = 0; i < h.n_entries; i++)
		buf_put_u32(&b, len);
	if (h.n_bytes)
		memset(buf_extend(&b, h.n_bytes), 'x', h.n_bytes);
	buf_align(&b, 4);
	put_block(f, (struct tape_block_header){ .type = TAPE_DICT }, &b);
	buf_fini(&b);
}

static inline u64 put_dict_id(struct forge *f, u64 n)
{
	put_dict(f, (struct tape_dict_section){ .dict_id = (u32)n - 1, .n_entries = 1 }, 1);
	return n;
}

/* The first of them are lost. */
static inline u64 put_dict_entries(struct forge *f, u64 n)
{
	put_dict(f,
		 (struct tape_dict_section){
			 .dict_id = 1, .first_id = (u32)n - 22, .n_entries = 20 },
		 1);
	put_dict(f, (struct tape_dict_section){ .dict_id = 2, .n_entries = 2 }, 1);
	return n;
}

/* Of the longest strings, 15 MB a block; what is left are strings of a byte. */
static inline u64 put_dict_bytes(struct forge *f, u64 n)
{
	struct tape_dict_section h = { .dict_id = 1 };
	u64 longest = n / TAPE_MAX_STR;

	while (longest) {
		h.n_entries = longest < 240 ? (u32)longest : 240;
		put_dict(f, h, TAPE_MAX_STR);
		h.first_id += h.n_entries;
		longest -= h.n_entries;
	}
	h.n_entries = (u32)(n % TAPE_MAX_STR);
	put_dict(f, h, 1);
	return n;
}

/* ---- tables and rows ---- */

#define COLS_MAX 1024
static struct tape_column cols[COLS_MAX];

/* A time and @n - 1 columns like @like. */
static inline void put_schema(struct forge *f, u32 id, u32 n, struct tape_column like)
{
	struct tape_schema s = { .id = id, .name = STR("t"), .cols = cols, .col_cnt = n };

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
static inline u32 make_rows(struct buf *b, const struct tape_part *parts, u32 n, u32 sz)
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

static inline void put_rows(struct forge *f, const struct tape_part *parts, u32 n, u32 sz,
			    u32 n_rows)
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

static inline u64 put_row_cnt(struct forge *f, u64 n)
{
	struct tape_part ts = { .enc = TAPE_ENC_CONST };

	put_schema(f, 0, 1, cols[0]);
	put_rows(f, &ts, 1, 0, (u32)n);
	return n;
}

static inline u64 put_elems(struct forge *f, u64 n)
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

static inline u64 put_cols(struct forge *f, u64 n)
{
	put_schema(f, 0, (u32)n, (struct tape_column){ 0 });
	return n;
}

static inline u64 put_table(struct forge *f, u64 n)
{
	put_schema(f, (u32)n - 1, 1, cols[0]);
	return n;
}

static inline u64 put_runs(struct forge *f, u64 n)
{
	struct tape_mixed head = { (u32)n, 0 };
	struct tape_mixed_run run = { .off = (u32)(sizeof(head) + n * sizeof(run)) };
	u32 first = run.off;
	struct tape_part ts = { .enc = TAPE_ENC_CONST };
	struct buf b, rows;

	put_schema(f, 0, 1, cols[0]);
	make_rows(&rows, &ts, 1, 0);
	run.len = (u32)rows.len;
	buf_init(&b, 64 << 20);
	buf_put(&b, &head, sizeof(head));
	for (u64 i = 0; i < n; i++) {
		run.off = first + (u32)(i * rows.len);
		buf_put(&b, &run, sizeof(run));
	}
	for (u64 i = 0; i < n; i++)
		buf_put(&b, rows.data, rows.len);
	put_block(f, (struct tape_block_header){ .type = TAPE_MIXED }, &b);
	buf_fini(&rows);
	buf_fini(&b);
	return n;
}

static inline u64 put_string(struct forge *f, u64 n)
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
static inline u64 put_col_bytes(struct forge *f, u64 n)
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
static inline u64 put_batch(struct forge *f, u64 n)
{
	static struct tape_part parts[33];
	u32 rows = (u32)(n / (countof(parts) * 8) + 1);

	for (u16 i = 0; i < countof(parts); i++)
		parts[i] = (struct tape_part){ .col_id = i, .enc = TAPE_ENC_CONST };
	put_schema(f, 0, countof(parts), (struct tape_column){ 0 });
	put_rows(f, parts, countof(parts), 0, rows);
	return (u64)rows * countof(parts) * 8;
}
