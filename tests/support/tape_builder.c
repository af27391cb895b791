/* tests/support/tape_builder.c -- see the header. */
#include "tests/support/tape_builder.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "record/catalog_log.h"
#include "record/schema_out.h"
#include "tests/support/fake_catalog.h"

#define REAL_START 1795694400000000000ull
#define ITEMS_MAX 32
#define CELLS_MAX 64

struct tape_builder {
	struct arena arena;
	struct source src;
	struct diag_list diags;
	struct fake_catalog *fake;
	struct catalog catalog;
	struct catalog_log *log;
	struct program *prog;
	struct plan *plan;
	struct schema_out out;
	struct tape_types types;
	struct tape_fact facts[ITEMS_MAX];
	struct tape_meta_item meta[ITEMS_MAX];
	u32 meta_cnt;
	enum compat compat;
	char path[64];
	int fd;
	struct tape_writer *w;
	struct row_batch **batches;	/* by schema */
	u64 *seq;			/* by schema */
};

static void show(const struct tape_builder *b, const char *what)
{
	struct buf text;

	buf_init(&text, 1 << 16);
	diag_render(&b->diags, &b->src, &text);
	fprintf(stderr, "%s: %s\n", what, buf_cstr(&text));
	buf_fini(&text);
}

static void compile(struct tape_builder *b, const char *script, enum compat compat)
{
	struct check_opts check = { .compat = compat };
	struct split_opts split = { 0 };
	struct err err = { 0 };

	assert(!source_init(&b->src, &b->arena, "t.bt", str_of(script)));
	if (program_compile(&b->src, catalog_log_catalog(b->log), &check, &b->arena, &b->diags,
			    &b->prog, &err) ||
	    plan_split(b->prog, &split, &b->diags, &b->plan)) {
		show(b, err.msg);
		abort();
	}
	assert(!schema_out_build(b->plan, 1, &b->arena, &b->out, &err));
	assert(!catalog_log_types(b->log, &b->arena, &b->types, &err));
}

struct tape_builder *tape_builder_new(const char *script, enum compat compat)
{
	struct tape_builder *b = calloc(1, sizeof(*b));

	assert(b);
	arena_init(&b->arena, 64u << 20);
	diag_init(&b->diags, &b->arena);
	b->fake = fake_catalog_new(NULL);
	b->catalog = fake_catalog_get(b->fake);
	b->log = catalog_log_new(&b->catalog, &b->arena);
	b->compat = compat;
	assert(b->fake && b->log);
	compile(b, script, compat);
	b->types.facts = b->facts;
	tape_builder_meta(b, TAPE_KEY_SCRIPT, script, 0);
	tape_builder_meta(b, TAPE_KEY_SCRIPT_NAME, "t.bt", 0);
	tape_builder_meta(b, TAPE_KEY_COMPAT, compat == COMPAT_17 ? "0.17" : "0.27", 0);
	tape_builder_meta(b, TAPE_KEY_START, NULL, TAPE_BUILDER_START);
	snprintf(b->path, sizeof(b->path), "/tmp/tape_builder_XXXXXX");
	b->fd = mkstemp(b->path);
	assert(b->fd >= 0);
	return b;
}

void tape_builder_meta(struct tape_builder *b, const char *key, const char *text, u64 num)
{
	assert(b->meta_cnt < ITEMS_MAX && !b->w);
	b->meta[b->meta_cnt++] = (struct tape_meta_item){
		.key = str_of(key), .kind = text ? TAPE_META_TEXT : TAPE_META_NUM, .num = num,
		.text = text ? str_of(text) : (struct str){ 0 },
	};
}

void tape_builder_fact(struct tape_builder *b, const char *space, const char *key, const char *val)
{
	assert(b->types.fact_cnt < ITEMS_MAX && !b->w);
	b->facts[b->types.fact_cnt++] =
		(struct tape_fact){ str_of(space), str_of(key), str_of(val) };
}

static void start(struct tape_builder *b)
{
	struct tape_writer_opts o = { .real_ns = REAL_START, .uuid = "builder" };
	struct tape_clock clock = { .boot = TAPE_BUILDER_START, .real = REAL_START };
	u64 ts = TAPE_BUILDER_START;
	struct err err;
	u32 n = b->out.schema_cnt;

	if (b->w)
		return;
	assert(!tape_writer_open(b->fd, &o, &b->w, &err));
	assert(!tape_writer_put_meta(b->w, ts, b->meta, b->meta_cnt, &err));
	assert(!n || !tape_writer_put_schemas(b->w, ts, b->out.schemas, n, &err));
	assert(!tape_writer_put_plan(b->w, ts, &b->out.plan, &err));
	assert(!tape_writer_put_types(b->w, ts, &b->types, &err));
	assert(!tape_writer_put_clocks(b->w, ts, &clock, 1, &err));
	b->batches = calloc(n + 1, sizeof(*b->batches));
	b->seq = calloc(n + 1, sizeof(*b->seq));
	assert(b->batches && b->seq);
	for (u32 i = 0; i < n; i++)
		assert(!row_batch_new(&b->out.schemas[i], NULL, &b->batches[i], &err));
}

static u32 find_schema(const struct tape_builder *b, const char *table)
{
	for (u32 i = 0; i < b->out.schema_cnt; i++)
		if (str_is(b->out.schemas[i].name, table))
			return i;
	fprintf(stderr, "the builder has no table %s\n", table);
	abort();
}

u32 tape_builder_table(const struct tape_builder *b, const char *table)
{
	return b->out.schemas[find_schema(b, table)].id;
}

static u32 find_col(const struct tape_schema *s, const char *name)
{
	for (u32 i = 0; i < s->col_cnt; i++)
		if (str_is(s->cols[i].name, name))
			return i;
	fprintf(stderr, "table %.*s has no column %s\n", STR_ARG(s->name), name);
	abort();
}

void tape_builder_row(struct tape_builder *b, const char *table, u64 ts, u32 cpu, u32 tid,
		      const struct tape_cell *cells, u32 n)
{
	u32 idx = find_schema(b, table);
	const struct tape_schema *s = &b->out.schemas[idx];
	struct row_cell row[CELLS_MAX] = { 0 };

	start(b);
	assert(s->col_cnt <= CELLS_MAX);
	for (u32 i = 0; i < s->col_cnt; i++)
		if (s->cols[i].phys == TAPE_PHYS_BYTES)
			row[i].p = "";
	row[OUT_TS].word = TAPE_BUILDER_START + ts;
	row[OUT_CPU].word = cpu;
	row[OUT_PID].word = tid;
	row[OUT_TID].word = tid;
	row[OUT_SEQ].word = ++b->seq[idx];
	for (u32 i = 0; i < n; i++) {
		struct row_cell *c = &row[find_col(s, cells[i].col)];

		c->is_null = cells[i].is_null;
		if (cells[i].str) {
			c->p = cells[i].str;
			c->len = (u32)strlen(cells[i].str);
		} else if (!c->is_null) {
			c->word = (u64)cells[i].num;
		}
	}
	assert(row_batch_add(b->batches[idx], row) >= 0);
}

void tape_builder_task(struct tape_builder *b, u32 tid, const char *comm, u32 uid)
{
	struct tape_task t = {
		.tid = tid, .pid = tid, .uid = uid, .gid = uid, .comm = str_of(comm)
	};
	struct err err;

	start(b);
	assert(!tape_writer_put_tasks(b->w, TAPE_BUILDER_START, &t, 1, &err));
}

void tape_builder_loss(struct tape_builder *b, enum tape_loss_cause cause, const char *table,
		       u64 cnt, u64 first_ts, u64 last_ts)
{
	struct tape_loss l = { .cause = cause,
			       .table = table ? tape_builder_table(b, table) : TAPE_NONE,
			       .cpu = TAPE_NONE,
			       .count = cnt,
			       .first_ts = TAPE_BUILDER_START + first_ts,
			       .last_ts = TAPE_BUILDER_START + last_ts };
	struct err err;

	start(b);
	assert(!tape_writer_put_losses(b->w, l.last_ts, &l, 1, &err));
}

void tape_builder_snap(struct tape_builder *b, const struct tape_mapsnap *m)
{
	struct err err;

	start(b);
	assert(!tape_writer_put_mapsnap(b->w, TAPE_BUILDER_START, m, &err));
}

struct tape_writer *tape_builder_writer(struct tape_builder *b)
{
	start(b);
	return b->w;
}

void tape_builder_flush(struct tape_builder *b)
{
	struct err err;

	start(b);
	assert(!tape_writer_flush(b->w, b->batches, b->out.schema_cnt, &err));
}

void tape_builder_checkpoint(struct tape_builder *b, u64 ts)
{
	struct err err;

	tape_builder_flush(b);
	assert(!tape_writer_checkpoint(b->w, TAPE_BUILDER_START + ts, TAPE_BUILDER_START + ts,
				       &err));
}

const char *tape_builder_finish(struct tape_builder *b, u64 end_ts)
{
	struct tape_meta_item end = { .key = STR(TAPE_KEY_END), .kind = TAPE_META_NUM,
				      .num = TAPE_BUILDER_START + end_ts };
	struct err err;

	tape_builder_checkpoint(b, end_ts);
	assert(!tape_writer_finish(b->w, TAPE_BUILDER_START + end_ts, &end, 1, &err));
	return b->path;
}

int tape_builder_save(struct tape_builder *b, u64 end_ts, const char *path)
{
	struct err err = { 0 };
	struct buf bytes;
	FILE *f;
	int rc;

	buf_init(&bytes, 16 << 20);
	rc = io_read_file(tape_builder_finish(b, end_ts), &bytes, &err);
	f = rc ? NULL : fopen(path, "wb");
	if (f && fwrite(bytes.data, 1, bytes.len, f) != bytes.len)
		rc = -EIO;
	if (!f || fclose(f))
		rc = -EIO;
	buf_fini(&bytes);
	return rc;
}

const char *tape_builder_abandon(struct tape_builder *b)
{
	tape_builder_flush(b);
	return b->path;
}

void tape_builder_free(struct tape_builder *b)
{
	for (u32 i = 0; b->batches && i < b->out.schema_cnt; i++)
		row_batch_free(b->batches[i]);
	free(b->batches);
	free(b->seq);
	if (b->w)
		tape_writer_close(b->w);
	close(b->fd);
	unlink(b->path);
	catalog_log_free(b->log);
	fake_catalog_free(b->fake);
	arena_fini(&b->arena);
	free(b);
}
