/*
 * tests/format/make.h -- tapes made from a seed, and the comparison of what is read with what
 * was made.
 *
 * A row is a function of (seed, table, number); the number is in its seq column.  So nothing
 * needs to be kept to check a row that was read back, wherever it turns up.
 */
#pragma once

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "format/reader.h"
#include "format/writer.h"

static inline u64 mix(u64 x)
{
	x += 0x9e3779b97f4a7c15ull;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

enum {
	MAKE_TS,
	MAKE_CPU,
	MAKE_PID,
	MAKE_TID,
	MAKE_SEQ,
	MAKE_PATH,
	MAKE_RET,
	MAKE_ADDR,
	MAKE_COMM,
	MAKE_FILE,
	MAKE_BUF,
	MAKE_ARGS,
	MAKE_ARGV,
	MAKE_COLS
};

static const struct tape_column make_cols[MAKE_COLS] = {
	{ MAKE_TS,
	  TAPE_PHYS_U64,
	  TAPE_ROLE_TS,
	  0,
	  TAPE_NONE,
	  0,
	  { "ts", 2 },
	  { "ns", 2 },
	  { NULL, 0 } },
	{ MAKE_CPU,
	  TAPE_PHYS_U64,
	  TAPE_ROLE_CPU,
	  0,
	  TAPE_NONE,
	  0,
	  { "cpu", 3 },
	  { NULL, 0 },
	  { NULL, 0 } },
	{ MAKE_PID,
	  TAPE_PHYS_U64,
	  TAPE_ROLE_PID,
	  0,
	  TAPE_NONE,
	  0,
	  { "pid", 3 },
	  { NULL, 0 },
	  { NULL, 0 } },
	{ MAKE_TID,
	  TAPE_PHYS_U64,
	  TAPE_ROLE_TID,
	  0,
	  TAPE_NONE,
	  0,
	  { "tid", 3 },
	  { NULL, 0 },
	  { NULL, 0 } },
	{ MAKE_SEQ,
	  TAPE_PHYS_U64,
	  TAPE_ROLE_SEQ,
	  0,
	  TAPE_NONE,
	  0,
	  { "seq", 3 },
	  { NULL, 0 },
	  { NULL, 0 } },
	{ MAKE_PATH,
	  TAPE_PHYS_U64,
	  TAPE_ROLE_PATH,
	  0,
	  TAPE_NONE,
	  0,
	  { "path", 4 },
	  { NULL, 0 },
	  { NULL, 0 } },
	{ MAKE_RET, TAPE_PHYS_S64, 0, 0, TAPE_NONE, 0, { "ret", 3 }, { NULL, 0 }, { "%d", 2 } },
	{ MAKE_ADDR, TAPE_PHYS_U64, 0, 0, TAPE_NONE, 0, { "addr", 4 }, { NULL, 0 }, { "0x%x", 4 } },
	{ MAKE_COMM, TAPE_PHYS_BYTES, 0, 0, TAPE_NONE, 1, { "comm", 4 }, { NULL, 0 }, { NULL, 0 } },
	{ MAKE_FILE, TAPE_PHYS_BYTES, 0, 0, TAPE_NONE, 2, { "file", 4 }, { NULL, 0 }, { NULL, 0 } },
	{ MAKE_BUF, TAPE_PHYS_BYTES, 0, 0, TAPE_NONE, 0, { "buf", 3 }, { NULL, 0 }, { NULL, 0 } },
	{ MAKE_ARGS,
	  TAPE_PHYS_S64,
	  0,
	  TAPE_COL_LIST,
	  TAPE_NONE,
	  0,
	  { "args", 4 },
	  { NULL, 0 },
	  { NULL, 0 } },
	{ MAKE_ARGV,
	  TAPE_PHYS_BYTES,
	  0,
	  TAPE_COL_LIST,
	  TAPE_NONE,
	  2,
	  { "argv", 4 },
	  { NULL, 0 },
	  { NULL, 0 } },
};

static const struct tape_probe make_probes[] = { { 0,
						   { "tracepoint:syscalls:sys_exit_read", 33 } } };

static inline struct tape_schema make_schema(u32 id)
{
	return (struct tape_schema){
		.id = id,
		.clause = id,
		.name = { "sys_exit_read", 13 },
		.probes = (struct tape_probe *)make_probes,
		.probe_cnt = 1,
		.cols = (struct tape_column *)make_cols,
		.col_cnt = MAKE_COLS,
	};
}

#define MAKE_LIST_MAX 5
struct make_row {
	struct row_cell cells[MAKE_COLS];
	struct row_cell args[MAKE_LIST_MAX], argv[MAKE_LIST_MAX];
	char text[3 + MAKE_LIST_MAX][48];
};

/* How the values of a seed look; each shape drives the encoder to another choice. */
enum { SHAPE_REAL, SHAPE_RANDOM, SHAPE_CONST, SHAPE_EDGES, SHAPE_NULLS, SHAPE_CNT };

static inline u64 make_word(u64 seed, u32 shape, u32 col, u64 i)
{
	static const u64 edges[] = { 0,	  1,   UINT64_MAX, 1ull << 63, (1ull << 63) - 1,
				     255, 256, UINT32_MAX };
	u64 r = mix(seed ^ mix(i) ^ col * 7919);

	switch (shape) {
	case SHAPE_RANDOM:
		return r >> (mix(seed + col) % 64);
	case SHAPE_CONST:
		return mix(seed + col);
	case SHAPE_EDGES:
		return edges[r % 8];
	default:
		return col == MAKE_RET ? (r % 10 ? r % 4096 : (u64) - (s64)(r % 40)) :
					 0xffff888000000000ull + (r % 1000000) * 64;
	}
}

static inline void make_text(struct make_row *row, u32 slot, struct row_cell *cell, u64 r,
			     u32 distinct)
{
	cell->len = (u32)snprintf(row->text[slot], sizeof(row->text[slot]), "/proc/%llu/stat",
				  (unsigned long long)(distinct ? mix(r % distinct) % 1000003 : r));
	if (r % 17 == 0)
		cell->len = 0;
	cell->p = row->text[slot];
	cell->is_null = false;
}

static inline void make_row(struct make_row *row, u64 seed, u32 table, u64 i)
{
	u64 s = mix(seed + table * 31), r = mix(s ^ mix(i + 1));
	u32 shape = s % SHAPE_CNT;

	memset(row, 0, sizeof(*row));
	row->cells[MAKE_TS].word = 1000000000 + i * 1000 + r % 900;
	row->cells[MAKE_CPU].word = shape == SHAPE_CONST ? 3 : r >> 8 & 3;
	row->cells[MAKE_PID].word = 1000 + (r >> 12 & 7);
	row->cells[MAKE_TID].word = shape == SHAPE_EDGES ? row->cells[MAKE_PID].word :
							   1000 + (r >> 16 & 31);
	row->cells[MAKE_SEQ].word = i;
	row->cells[MAKE_PATH].word = r >> 20 & (shape == SHAPE_REAL ? 0 : 3);
	row->cells[MAKE_RET].word = make_word(s, shape, MAKE_RET, i);
	row->cells[MAKE_ADDR].word = make_word(s, shape, MAKE_ADDR, i);
	make_text(row, 0, &row->cells[MAKE_COMM], r, 5);
	make_text(row, 1, &row->cells[MAKE_FILE], r, shape == SHAPE_RANDOM ? 0 : 50);
	make_text(row, 2, &row->cells[MAKE_BUF], r, 0);
	row->cells[MAKE_ARGS] = (struct row_cell){ .p = row->args, .len = r % (MAKE_LIST_MAX + 1) };
	row->cells[MAKE_ARGV] =
		(struct row_cell){ .p = row->argv, .len = r / 8 % (MAKE_LIST_MAX + 1) };
	for (u32 e = 0; e < MAKE_LIST_MAX; e++) {
		row->args[e].word = make_word(s, shape, MAKE_ARGS, i * 8 + e);
		make_text(row, 3 + e, &row->argv[e], mix(r + e), e & 1 ? 0 : 9);
		row->args[e].is_null = shape == SHAPE_NULLS && (r >> e & 1);
		row->argv[e].is_null = shape == SHAPE_NULLS && (r >> e & 2);
	}
	for (u32 c = MAKE_PATH; c <= MAKE_BUF && shape == SHAPE_NULLS; c++)
		row->cells[c].is_null = c == MAKE_ADDR || (mix(r + c) & 1);
}

/* What stands for an entry of a lost DICT block. */
static inline bool is_lost_text(const struct tape_col *c, u32 at, bool is_bytes)
{
	return is_bytes && c->off[at + 1] - c->off[at] > 10 &&
	       !memcmp(c->bytes + c->off[at], "<lost dict ", 11);
}

static inline void check_value(const struct tape_col *c, u32 at, const struct row_cell *cell,
			       bool is_bytes)
{
	bool is_null = c->is_null && c->is_null[at];

	if (is_lost_text(c, at, is_bytes))
		return;
	assert_int_equal(is_null, cell->is_null);
	if (!is_bytes) {
		assert_true(c->v[at] == (is_null ? 0 : (s64)cell->word));
		return;
	}
	assert_int_equal(c->off[at + 1] - c->off[at], is_null ? 0 : cell->len);
	if (!is_null && cell->len)
		assert_memory_equal(c->bytes + c->off[at], cell->p, cell->len);
}

/* Row @row of the batch is the one its seq says; columns not @want-ed are absent. */
static inline u64 check_row(const struct tape_batch *b, u32 row, u64 seed, const u8 *want)
{
	const struct tape_col *cols = tape_batch_cols(b);
	u64 i = (u64)cols[MAKE_SEQ].v[row];
	struct make_row m;

	make_row(&m, seed, tape_batch_schema(b)->id, i);
	for (u32 c = 0; c < MAKE_COLS; c++) {
		bool is_bytes = make_cols[c].phys == TAPE_PHYS_BYTES;

		if (want && !want[c]) {
			assert_null(cols[c].v);
			assert_null(cols[c].off);
			continue;
		}
		if (!(make_cols[c].flags & TAPE_COL_LIST)) {
			check_value(&cols[c], row, &m.cells[c], is_bytes);
			continue;
		}
		assert_int_equal(cols[c].list_off[row + 1] - cols[c].list_off[row], m.cells[c].len);
		for (u32 e = 0; e < m.cells[c].len; e++)
			check_value(&cols[c], cols[c].list_off[row] + e,
				    (const struct row_cell *)m.cells[c].p + e, is_bytes);
	}
	return i;
}

/* ---- whole tapes ---- */

struct make_opts {
	u64 seed;
	u32 tables; /* ids 0 .. tables - 1 */
	u32 rows; /* of each */
	u32 block_rows; /* rows between two blocks of a table; 0: as the batch says */
	u32 mixed_every; /* instead: flush all tables after so many rows of each */
	u64 repeat_bytes;
	bool no_finish;
	/* Called wherever there are table blocks; may be NULL.  *n is its own, 0 at first. */
	void (*more)(struct tape_writer *w, u64 ts, u32 *n);
};

static inline int make_memfd(void)
{
	int fd = memfd_create("tape", MFD_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static inline void make_head(struct tape_writer *w, const struct make_opts *o,
			     struct tape_schema *s)
{
	struct tape_meta_item meta[] = {
		{ STR(TAPE_KEY_TOOL), TAPE_META_TEXT, 0, STR("bpftape 0.1") },
		{ STR(TAPE_KEY_NCPUS), TAPE_META_NUM, 4, { NULL, 0 } },
		{ STR(TAPE_KEY_SCRIPT), TAPE_META_TEXT, 0, STR("BEGIN { }") },
	};
	struct tape_plan_col pc = {
		.col = 6, .name = STR("ret"), .leaf = STR("args.ret"), .type = STR("int64")
	};
	struct tape_plan_table pt = { .name = STR("sys_exit_read"), .cols = &pc, .col_cnt = 1 };
	struct tape_plan_map pm = { .name = STR("@start"),
				    .cls = TAPE_MAP_K,
				    .why = STR("read by the predicate") };
	struct tape_plan plan = { &pt, 1, &pm, 1 };
	struct tape_fact fact = { STR("uid"), STR("0"), STR("root") };
	struct tape_types types = { .facts = &fact, .fact_cnt = 1 };
	struct tape_clock clock = { 5, 6, 7, 8, 9, 1 };

	assert_int_equal(tape_writer_put_meta(w, 1, meta, 3, NULL), 0);
	for (u32 t = 0; t < o->tables; t++)
		s[t] = make_schema(t);
	assert_int_equal(tape_writer_put_schemas(w, 1, s, o->tables, NULL), 0);
	assert_int_equal(tape_writer_put_plan(w, 1, &plan, NULL), 0);
	assert_int_equal(tape_writer_put_types(w, 1, &types, NULL), 0);
	assert_int_equal(tape_writer_put_clocks(w, 1, &clock, 1, NULL), 0);
}

static inline void make_side(struct tape_writer *w, u64 ts)
{
	struct tape_task task = { .tid = 7, .pid = 7, .start_ts = ts, .comm = STR("cat") };
	struct tape_loss loss = { TAPE_LOSS_RING, 0, 1, 10, ts - 5, ts, { NULL, 0 }, 0, 0 };
	struct tape_log log = { .ts = ts, .level = TAPE_LOG_WARN, .text = STR("slow disk") };
	struct tape_snap_entry e[] = { { STR("k1"), STR("v1") }, { STR("k2"), { "\0\1", 2 } } };
	struct tape_mapsnap snap = { .ts = ts, .map = STR("@start"), .entries = e, .entry_cnt = 2 };

	assert_int_equal(tape_writer_put_tasks(w, ts, &task, 1, NULL), 0);
	assert_int_equal(tape_writer_put_losses(w, ts, &loss, 1, NULL), 0);
	assert_int_equal(tape_writer_put_logs(w, ts, &log, 1, NULL), 0);
	assert_int_equal(tape_writer_put_mapsnap(w, ts, &snap, NULL), 0);
}

static inline void make_row_into(struct tape_writer *w, struct row_batch *b,
				 const struct make_opts *o, u32 table, u32 i)
{
	struct make_row row;
	int rc;

	make_row(&row, o->seed, table, i);
	rc = row_batch_add(b, row.cells);
	assert_true(rc >= 0);
	if (rc == 1 || (o->block_rows && row_batch_cnt(b) >= o->block_rows))
		assert_int_equal(tape_writer_put_rows(w, b, NULL), 0);
}

#define MAKE_TABLES_MAX 64
static inline void make_tape(int fd, const struct make_opts *o)
{
	struct tape_writer_opts wo = { .uuid = { 1, 2, 3, (u8)o->seed },
				       .real_ns = 42,
				       .repeat_bytes = o->repeat_bytes };
	struct row_batch *b[MAKE_TABLES_MAX];
	struct tape_schema s[MAKE_TABLES_MAX];
	struct tape_writer *w;
	u32 more = 0;

	assert_int_equal(tape_writer_open(fd, &wo, &w, NULL), 0);
	make_head(w, o, s);
	for (u32 t = 0; t < o->tables; t++)
		assert_int_equal(row_batch_new(&s[t], NULL, &b[t], NULL), 0);
	for (u32 i = 0; i < o->rows; i++) {
		for (u32 t = 0; t < o->tables; t++)
			make_row_into(w, b[t], o, t, i);
		if (o->mixed_every && i % o->mixed_every == o->mixed_every - 1) {
			u64 ts = 1000000000 + i * 1000ull;

			assert_int_equal(tape_writer_flush(w, b, o->tables, NULL), 0);
			assert_int_equal(tape_writer_checkpoint(w, ts + 999, ts + 999, NULL), 0);
		}
		if (i % 1000 == 500)
			make_side(w, 1000000000 + i * 1000ull);
		if (o->more && i % 100 == 50)
			o->more(w, 1000000000 + i * 1000ull, &more);
	}
	assert_int_equal(tape_writer_flush(w, b, o->tables, NULL), 0);
	assert_int_equal(tape_writer_checkpoint(w, 1, 1000000000 + (o->rows + 1) * 1000ull, NULL),
			 0);
	if (!o->no_finish)
		assert_int_equal(tape_writer_finish(w, 1, NULL, 0, NULL), 0);
	for (u32 t = 0; t < o->tables; t++)
		row_batch_free(b[t]);
	tape_writer_close(w);
	lseek(fd, 0, SEEK_SET); /* ready to be read; a pipe does not mind */
}

/* The bytes of a tape; free() them. */
static inline u8 *make_bytes(const struct make_opts *o, size_t *ret_sz)
{
	int fd = make_memfd();
	off_t sz;
	u8 *p;

	make_tape(fd, o);
	sz = lseek(fd, 0, SEEK_END);
	assert_true(sz > 0);
	p = malloc((size_t)sz);
	assert_non_null(p);
	assert_int_equal(pread(fd, p, (size_t)sz, 0), sz);
	close(fd);
	*ret_sz = (size_t)sz;
	return p;
}

static inline int make_fd_of(const void *p, size_t sz)
{
	int fd = make_memfd();

	assert_int_equal(pwrite(fd, p, sz, 0), (ssize_t)sz);
	return fd;
}

struct make_counts {
	u64 rows, damage_items, damaged_rows, losses, logs, snaps, checkpoints, tables, ends;
	u64 sum;			/* of the numbers of the rows: none came twice */
	int rc; /* of the call that ended it */
};

/* Read front to back, checking every row.  Owns @fd. */
static inline struct make_counts read_all_as(int fd, u64 seed, bool load)
{
	struct tape_batch *b = tape_batch_new();
	struct make_counts n = { 0 };
	struct tape_reader *r;
	struct tape_item it;

	n.rc = tape_reader_open(fd, NULL, &r, NULL);
	if (n.rc) {
		tape_batch_free(b);
		close(fd);
		return n;
	}
	if (load)
		assert_int_equal(tape_reader_load(r, NULL), 0);
	while ((n.rc = tape_reader_next(r, &it, NULL)) > 0) {
		n.damage_items += it.kind == TAPE_ITEM_DAMAGE;
		n.losses += it.kind == TAPE_ITEM_LOSS ? it.cnt : 0;
		n.logs += it.kind == TAPE_ITEM_LOG ? it.cnt : 0;
		n.snaps += it.kind == TAPE_ITEM_MAPSNAP ? it.cnt : 0;
		n.checkpoints += it.kind == TAPE_ITEM_CHECKPOINT;
		n.tables += it.kind == TAPE_ITEM_TABLES;
		n.ends += it.kind == TAPE_ITEM_END;
		if (it.kind != TAPE_ITEM_ROWS)
			continue;
		if (tape_reader_decode(r, b, NULL) < 0)
			continue;
		assert_int_equal(tape_batch_cnt(b), it.n_rows);
		for (u32 i = 0; i < it.n_rows; i++)
			n.sum += check_row(b, i, seed, NULL);
		n.rows += it.n_rows;
	}
	n.damaged_rows = tape_reader_state(r)->damaged_rows;
	tape_batch_free(b);
	tape_reader_close(r);
	return n;
}

static inline struct make_counts read_all(int fd, u64 seed)
{
	return read_all_as(fd, seed, false);
}
