/*
 * tests/fuzz/fuzz_tables.c -- any bytes as the table blocks of a tape, whose headers the target
 * makes: everything that is known of a session without its rows is asked for and shown.
 *
 * Input: tape_tables.h.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "analyze/info.h"
#include "analyze/outputs.h"
#include "analyze/tape_plan.h"
#include "analyze/task_index.h"
#include "base/io.h"
#include "format/block.h"
#include "format/verify.h"
#include "tests/fuzz/tape_small.h"
#include "tests/fuzz/tape_tables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t sz);

#define MEM_MAX (64u << 20)

static volatile u64 sum;

/* ---- the tape ---- */

static void put_block(const struct tables_block *t, u32 seq, u32 part, u32 tag, struct buf *out)
{
	struct tape_block_header h = {
		.type = t->type,
		.n_rows = t->n_rows,
		.stored_len = t->len,
		.raw_len = t->len,
		.seq = seq,
		.stream = part,
	};

	block_seal(&h, tag, t->len ? t->payload : (const u8 *)"");
	buf_put(out, &h, sizeof(h));
	buf_put(out, t->payload, t->len);
	buf_align(out, 8);
}

static void make_tape(const uint8_t *data, size_t sz, struct buf *out)
{
	struct tape_file_header h = { .uuid = "fuzz" };
	struct cursor c = cursor_over(data, sz);
	u32 parts[32] = { 0 }, seq = 0;
	struct tables_block t;

	block_seal_file(&h);
	buf_put(out, &h, sizeof(h));
	while (tables_next(&c, &t)) {
		bool is_part = t.type == TAPE_META || t.type == TAPE_SCHEMA ||
			       t.type == TAPE_PLAN || t.type == TAPE_TYPES;

		put_block(&t, seq++, is_part ? parts[t.type]++ : 0, h.session_tag, out);
	}
}

/* ---- what is asked ---- */

static void show(const char *path, const struct info_format *f)
{
	struct tape_reader_opts o = fuzz_reader_opts();
	struct err err = { 0 };
	struct info i = { 0 };
	struct buf out;
	int rc;

	timefmt_init(&i.time);
	if (recording_open(path, &o, &i.rec, &err)) {
		assert(err.msg[0]);
		return;
	}
	buf_init(&out, 64 << 20);
	buf_init(&i.blocks, 64 << 20);
	rc = tape_stats_read(&i.rec, f->block, &i, &i.stats, &err);
	rc = rc ? rc : recording_times(recording_state(&i.rec), &i.time, &err);
	if (!rc)
		f->put(&i, &out);
	assert(rc || out.len);
	for (size_t k = 0; f == &info_json && k < out.len; k++)
		assert(out.data[k] >= 0x20 || out.data[k] == '\n');
	buf_fini(&out);
	buf_fini(&i.blocks);
	tape_stats_fini(&i.stats);
	timefmt_fini(&i.time);
	recording_close(&i.rec);
}

static void ask_times(const struct tape_state *s)
{
	static const char *const texts[] = { "+2s", "-500ms", "12:30:00", "2026-11-26 12:00:00.5" };
	const u64 moments[] = {
		0, 1, 1000000000, recording_start(s), recording_end(s), UINT64_MAX
	};
	struct timefmt t;
	struct buf out;
	u64 ts;

	timefmt_init(&t);
	buf_init(&out, 1 << 16);
	if (!recording_times(s, &t, NULL)) {
		for (u32 i = 0; i < countof(moments); i++)
			timefmt_strftime(&t, "%Y-%m-%d %H:%M:%S.%k %Z %c", moments[i], COMPAT_27,
					 &out);
		for (u32 i = 0; i < countof(texts); i++)
			sum += !recording_parse_time(s, &t, texts[i], &ts, NULL);
	}
	buf_fini(&out);
	timefmt_fini(&t);
}

static void ask_tasks(const struct tape_state *s)
{
	struct task_index x;

	task_index_init(&x);
	if (!task_index_update(&x, s, NULL)) {
		for (u32 i = 0; i < s->task_cnt && i < 200; i++) {
			const struct tape_task *t = &s->tasks[i], *hit;

			hit = task_index_find(&x, t->tid, t->from_ts);
			assert(hit && hit->tid == t->tid);
			sum += task_index_find(&x, t->tid + 1, t->to_ts) != NULL;
		}
	}
	task_index_fini(&x);
}

static void ask_losses(const struct tape_state *s)
{
	struct loss_sum l;

	loss_sum_init(&l);
	recording_losses(s, 0, UINT64_MAX, NULL, 0, &l);
	recording_losses(s, 1000, 2000000000, NULL, 0, &l);
	loss_sum_fini(&l);
}

static void ask_plan(const struct tape_state *s)
{
	struct tape_plan_view view;
	struct outputs o;
	struct arena a;

	arena_init(&a, MEM_MAX);
	if (!tape_plan_load(s, &a, &view, NULL))
		for (u32 i = 0; i < view.table_cnt; i++)
			sum += view.tables[i].col_cnt + strlen(view.tables[i].name);
	arena_fini(&a);
	outputs_init(&o);
	for (u32 i = 0; i < s->log_cnt && i < 200; i++) {
		const struct tape_log *l = &s->logs[i];
		struct firing_id id = { l->table, l->cpu, l->seq };

		sum += outputs_take(&o, s, &id, l->action) != NULL;
	}
	outputs_fini(&o);
}

static void ask(const char *path)
{
	struct tape_reader_opts o = fuzz_reader_opts();
	struct recording rec;
	const struct tape_state *s;

	if (recording_open(path, &o, &rec, NULL))
		return;
	s = recording_state(&rec);
	ask_times(s);
	ask_tasks(s);
	ask_losses(s);
	ask_plan(s);
	recording_close(&rec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t sz)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct tape_verify_result result;
	struct buf tape;
	char path[64];

	buf_init(&tape, (size_t)4 << 20);
	make_tape(data, sz, &tape);
	if (fd >= 0 && !io_write_full(fd, tape.data, tape.len)) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		show(path, &info_text);
		show(path, &info_json);
		ask(path);
		lseek(fd, 0, SEEK_SET);
		sum += tape_verify(fd, &(struct tape_verify_opts){ .reader = fuzz_reader_opts() },
				   &result, NULL) == 0;
	}
	buf_fini(&tape);
	close(fd);
	return 0;
}
