/*
 * record/spool.c -- the encoder thread.
 *
 * Batches: a table has one for all CPUs until it fills a block within one flush; from then on it
 * has one a CPU, whose rows come in order of time and compress better.
 *
 * Invariants
 * (1) The writer and the batches are touched by the thread only (before start and after stop: by
 *     the caller).
 * (2) What other threads handed over is written before the rows of the same flush.
 * (3) A checkpoint promises at most the last MARK and the control time; a row that comes with ts at
 *     or below the last promise is on the tape and counted LATE.
 * (4) After the first failed write no row is written any more; they are counted as lost (WRITE),
 *     and the counts are written at the end, when room has been made for them.
 */
#include "record/spool.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/mono.h"
#include "record/clock.h"
#include "record/row_decode.h"
#include "record/row_times.h"
#include "record/ring.h"

#define ENCODER_NICE (-20)
#define FIRST_ROW_SZ 16 /* bytes of a row on the tape while nothing is known */
#define END_SZ	     (32u << 10)
#define RATE_MS	     20 /* no rate is told from less */
#define PATIENT_NS   500000000ull /* flushes this rare may wait for names */

struct table_spool {
	struct row_batch *shared;
	struct row_batch **by_cpu; /* NULL until the table is hot */
	u64 late_cnt, cut_cnt; /* since the last flush */
	u64 unwritten_cnt;
};

struct spool {
	struct spool_opts o;
	struct decoder *decoder;
	struct table_spool *tables;
	struct row_batch **batches; /* all there are, for flushing */
	u32 batch_cnt, batch_cap;
	struct row_times times;
	u64 mark_ts, promised_ts;
	u64 bad_cnt; /* records that made no sense, since the last flush */
	u64 flushed_ts, flushed_rows, rows_a_s;
	int rc; /* (4) */
	struct err err;

	pthread_t thread;
	bool is_running;
	u64 rows, written, bytes; /* atomic: for progress */
	bool should_give_up, is_almost_full; /* atomic */
};

/* ---- batches ---- */

static int add_batch(struct spool *s, u32 table, struct row_batch **ret, struct err *err)
{
	int rc;

	if (s->batch_cnt == s->batch_cap) {
		u32 cap = s->batch_cap ? 2 * s->batch_cap : 16;
		struct row_batch **more = realloc(s->batches, cap * sizeof(*more));

		if (!more)
			return err_oom(err);
		s->batches = more;
		s->batch_cap = cap;
	}
	rc = row_batch_new(s->o.out->tables[table].schema, NULL, ret, err);
	if (!rc)
		s->batches[s->batch_cnt++] = *ret;
	return rc;
}

/* The batch for a row; falls back to the shared one without memory. */
static struct row_batch *batch_of(struct spool *s, u32 table, u32 cpu)
{
	struct table_spool *t = &s->tables[table];

	if (!t->by_cpu || cpu >= s->o.cpu_cnt)
		return t->shared;
	if (!t->by_cpu[cpu] && add_batch(s, table, &t->by_cpu[cpu], NULL))
		return t->shared;
	return t->by_cpu[cpu];
}

static void tell(struct spool *s)
{
	u64 one = 1;

	if (s->o.fail_fd >= 0 && write(s->o.fail_fd, &one, sizeof(one)) < 0)
		s->o.fail_fd = -1;
}

static void note_failure(struct spool *s, int rc, const struct err *err)
{
	if (s->rc)
		return;
	s->rc = rc;
	s->err = *err;
	tell(s);
}

static void drop_batch(struct spool *s, u32 table, struct row_batch *b)
{
	s->tables[table].unwritten_cnt += row_batch_cnt(b);
	row_batch_reset(b);
}

/* Before anything is written: is it still to be?  (4) */
static int may_write(struct spool *s)
{
	struct err err;

	if (!s->rc && __atomic_load_n(&s->should_give_up, __ATOMIC_RELAXED)) {
		err_set(&err, -ECANCELED, "told to end at once: the last rows are not written");
		note_failure(s, -ECANCELED, &err);
	}
	return s->rc;
}

static void note_size(struct spool *s)
{
	struct tape_writer_stats st = tape_writer_stats(s->o.writer);

	__atomic_store_n(&s->written, st.rows, __ATOMIC_RELAXED);
	__atomic_store_n(&s->bytes, st.bytes, __ATOMIC_RELAXED);
}

static void write_batch(struct spool *s, u32 table, struct row_batch *b)
{
	struct table_spool *t = &s->tables[table];
	struct err err;
	int rc = may_write(s);

	if (!rc)
		rc = tape_writer_put_rows(s->o.writer, b, &err);
	note_size(s);
	if (rc) {
		if (!s->rc)
			note_failure(s, rc, &err);
		drop_batch(s, table, b);
	}
	if (!t->by_cpu && b == t->shared && s->o.cpu_cnt > 1)
		t->by_cpu = calloc(s->o.cpu_cnt, sizeof(struct row_batch *));
}

/* ---- rows ---- */

static bool is_stack(const u8 *rec, u32 sz)
{
	return sz >= sizeof(struct cap_stack) &&
	       ((const struct cap_stack *)rec)->table == CAP_TABLE_STACK;
}

/* Is it a row now? */
static bool take_record(struct spool *s, u32 cpu, const u8 *rec, u32 sz)
{
	struct table_spool *t;
	struct row_batch *b;
	struct decoded h;
	int rc;

	if (is_stack(rec, sz)) {
		s->bad_cnt += !s->o.stacks || stacks_define(s->o.stacks, rec, sz);
		return false;
	}
	if (decode_head(s->decoder, rec, sz, &h)) {
		s->bad_cnt++;
		return false;
	}
	h.ts = row_times_take(&s->times, cpu, h.ts, &h.place);
	t = &s->tables[h.table];
	b = batch_of(s, h.table, cpu);
	rc = decode_row(s->decoder, rec, cpu, &h, b);
	if (rc == -ENOSPC) { /* left full by an earlier failure */
		write_batch(s, h.table, b);
		rc = decode_row(s->decoder, rec, cpu, &h, b);
	}
	if (rc < 0) {
		s->bad_cnt++;
		return false;
	}
	t->cut_cnt += h.cut_cnt;
	t->late_cnt += h.ts <= s->promised_ts; /* (3) */
	if (rc == 1)
		write_batch(s, h.table, b);
	return true;
}

static void take_run(struct spool *s, const struct piece *p)
{
	const u8 *rec;
	size_t off = 0;
	u64 cnt = 0;
	u32 sz;
	int rc;

	while ((rc = ring_run_next(p->data, p->sz, &off, &rec, &sz)) > 0)
		cnt += take_record(s, p->cpu, rec, sz);
	s->bad_cnt += rc < 0;
	__atomic_fetch_add(&s->rows, cnt, __ATOMIC_RELAXED);
}

/* ---- flush ---- */

static void put_counted(struct spool *s, u32 cause, u32 table, u64 *cnt, u64 now)
{
	const struct tape_loss l = { .cause = cause,
				     .table = table,
				     .cpu = TAPE_NONE,
				     .count = *cnt,
				     .first_ts = s->flushed_ts,
				     .last_ts = now };

	if (*cnt)
		handover_put_loss(s->o.handover, &l);
	*cnt = 0;
}

static void put_own_losses(struct spool *s, u64 now)
{
	for (u32 i = 0; i < s->o.plan->table_cnt; i++) {
		struct table_spool *t = &s->tables[i];

		put_counted(s, TAPE_LOSS_LATE, i, &t->late_cnt, now);
		put_counted(s, TAPE_LOSS_LIST, i, &t->cut_cnt, now);
		put_counted(s, TAPE_LOSS_WRITE, i, &t->unwritten_cnt, now);
	}
	put_counted(s, TAPE_LOSS_PARSE, TAPE_NONE, &s->bad_cnt, now);
}

static void drop_all(struct spool *s)
{
	for (u32 i = 0; i < s->batch_cnt; i++)
		drop_batch(s, row_batch_schema(s->batches[i])->id, s->batches[i]);
}

static u64 safe_watermark(struct spool *s)
{
	u64 ctl = handover_control_ts(s->o.handover), q = s->times.quantum;
	u64 safe = ctl < s->mark_ts ? ctl : s->mark_ts;

	if (q == 1)
		return safe;
	/* What comes later may still be rounded down to the quantum that is under way. */
	return safe < q ? 0 : safe - safe % q - 1;
}

/* What rows name; at the end also what nobody can tell any more. */
static int write_stacks(struct spool *s, u64 now, bool is_end, struct err *err)
{
	bool is_hurry = s->o.flush_ns < PATIENT_NS ||
			(s->o.queue && queue_is_half_full(s->o.queue));
	enum names_patience p = is_end ? NAMES_END : is_hurry ? NAMES_HURRY : NAMES_PATIENT;
	int rc = s->o.stacks ? stacks_write(s->o.stacks, s->o.writer, now, p, err) : 0;
	u64 lost = s->o.stacks && is_end ? stacks_take_lost(s->o.stacks) : 0;

	put_counted(s, TAPE_LOSS_STACK, TAPE_NONE, &lost, now);
	return rc;
}

static int write_all(struct spool *s, u64 now, u64 watermark, bool is_end, struct err *err)
{
	int rc = write_stacks(s, now, is_end, err);

	if (!rc)
		rc = handover_write(s->o.handover, s->o.writer, now, err);

	if (!rc)
		rc = tape_writer_flush(s->o.writer, s->batches, s->batch_cnt, err);
	/*
	 * A checkpoint that promises nothing new is noise; one a second is what a killed recording
	 * is read by.
	 */
	if (!rc && watermark > s->promised_ts) {
		rc = tape_writer_checkpoint(s->o.writer, now, watermark, err);
		s->promised_ts = watermark;
	}
	return rc;
}

static void note_rate(struct spool *s, u64 now)
{
	u64 ms = now > s->flushed_ts ? (now - s->flushed_ts) / 1000000 : 0;

	if (ms >= RATE_MS)
		s->rows_a_s = (s->rows - s->flushed_rows) * 1000 / ms;
	s->flushed_rows = s->rows;
}

static void flush(struct spool *s, u64 watermark, bool is_end)
{
	u64 now = clock_now_ns();
	struct err err;
	int rc;

	note_rate(s, now);
	put_own_losses(s, now);
	rc = may_write(s);
	if (!rc)
		rc = write_all(s, now, watermark, is_end, &err);
	if (rc && !s->rc)
		note_failure(s, rc, &err);
	if (rc)
		drop_all(s);
	else
		s->flushed_ts = now;
	note_size(s);
}

/* Will there be room for what is not written yet and for what comes until the end is there? */
static bool has_room(struct spool *s)
{
	struct spool_stats st = spool_stats(s);
	u64 a_row = st.written ? st.bytes / st.written + 1 : FIRST_ROW_SZ;
	u64 rows = st.rows > st.written ? st.rows - st.written : 0;
	u64 some = s->o.max_bytes / 8 < END_SZ ? s->o.max_bytes / 8 : END_SZ;

	rows += rows / 4 + s->rows_a_s / 10;
	return !s->o.max_bytes || st.bytes + rows * a_row + some < s->o.max_bytes;
}

/* The recording should end before a row finds no room. */
static void check_limit(struct spool *s)
{
	if (s->is_almost_full || s->rc || has_room(s))
		return;
	flush(s, safe_watermark(s), false); /* what rows take is known better then */
	if (has_room(s))
		return;
	__atomic_store_n(&s->is_almost_full, true, __ATOMIC_RELAXED);
	tell(s);
}

/* One that takes longer than the time between two must not be followed by another at once. */
static u64 next_flush(const struct spool *s, u64 start_ns, u64 end_ns)
{
	u64 next_ns = start_ns + s->o.flush_ns, pause_ns = s->o.flush_ns / 2;

	return next_ns < end_ns + pause_ns ? end_ns + pause_ns : next_ns;
}

static void *encoder_main(void *arg)
{
	struct spool *s = arg;
	u64 next_ns = mono_now_ns() + s->o.flush_ns, start_ns;
	bool is_over = false;

	setpriority(PRIO_PROCESS, 0, ENCODER_NICE);
	while (!is_over) {
		struct piece *p = queue_take_full(s->o.queue, next_ns, &is_over);

		if (p && p->kind == PIECE_MARK)
			s->mark_ts = p->ts;
		else if (p)
			take_run(s, p);
		if (p)
			queue_put_free(s->o.queue, p);
		check_limit(s);
		if (mono_now_ns() < next_ns)
			continue;
		start_ns = mono_now_ns();
		flush(s, safe_watermark(s), false);
		next_ns = next_flush(s, start_ns, mono_now_ns());
	}
	return NULL;
}

/* ---- life ---- */

static int init_tables(struct spool *s, struct err *err)
{
	int rc = 0;

	s->tables = calloc(s->o.plan->table_cnt + 1, sizeof(*s->tables));
	if (!s->tables)
		return err_oom(err);
	for (u32 i = 0; i < s->o.plan->table_cnt && !rc; i++)
		if (s->o.out->tables[i].schema)
			rc = add_batch(s, i, &s->tables[i].shared, err);
	return rc;
}

int spool_new(const struct spool_opts *o, struct spool **ret, struct err *err)
{
	struct spool *s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return err_oom(err);
	s->o = *o;
	s->flushed_ts = clock_now_ns();
	rc = decoder_new(o->plan, o->out, o->layouts, &s->decoder, err);
	if (!rc)
		decoder_set_stacks(s->decoder, o->stacks);
	if (!rc)
		rc = init_tables(s, err);
	if (!rc)
		rc = row_times_init(&s->times, o->quantum, o->cpu_cnt, err);
	if (rc) {
		spool_free(s);
		return rc;
	}
	*ret = s;
	return 0;
}

void spool_free(struct spool *s)
{
	if (!s)
		return;
	for (u32 i = 0; i < s->batch_cnt; i++)
		row_batch_free(s->batches[i]);
	for (u32 i = 0; s->tables && i < s->o.plan->table_cnt; i++)
		free(s->tables[i].by_cpu);
	free(s->batches);
	free(s->tables);
	row_times_fini(&s->times);
	decoder_free(s->decoder);
	free(s);
}

int spool_start(struct spool *s, struct err *err)
{
	int rc = s->o.queue ? pthread_create(&s->thread, NULL, encoder_main, s) : 0;

	if (rc)
		return err_set_errno(err, -rc, "starting the encoder");
	s->is_running = s->o.queue != NULL;
	return 0;
}

void spool_join(struct spool *s)
{
	if (s->is_running)
		pthread_join(s->thread, NULL);
	s->is_running = false;
}

void spool_give_up(struct spool *s)
{
	__atomic_store_n(&s->should_give_up, true, __ATOMIC_RELAXED);
}

int spool_stop(struct spool *s, u64 end_ts, struct err *err)
{
	flush(s, end_ts, true);
	if (s->rc && err)
		*err = s->err;
	return s->rc;
}

int spool_write_rest(struct spool *s, struct err *err)
{
	u64 now = clock_now_ns();
	u64 stacks = 0;

	/* Rows that are on the tape may name stacks that are not yet. */
	if (s->o.stacks && stacks_write(s->o.stacks, s->o.writer, now, NAMES_HURRY, NULL))
		stacks = stacks_unwritten(s->o.stacks);
	put_counted(s, TAPE_LOSS_STACK, TAPE_NONE, &stacks, now);
	put_own_losses(s, now);
	return handover_write_rest(s->o.handover, s->o.writer, now, err);
}

int spool_put_row(struct spool *s, u32 table, struct row_cell *cells, struct err *err)
{
	u16 order = s->o.out->tables[table].order_col;
	struct row_batch *b = s->tables[table].shared;
	u32 place;
	int rc;

	assert(!s->is_running);
	cells[OUT_TS].word = row_times_take(&s->times, (u32)cells[OUT_CPU].word, cells[OUT_TS].word,
					    &place);
	if (order != OUT_NO_COL)
		cells[order].word = place;
	rc = row_batch_add(b, cells);
	if (rc < 0)
		return err_set_errno(err, rc, "a row of %s", s->o.plan->tables[table].name);
	__atomic_fetch_add(&s->rows, 1, __ATOMIC_RELAXED);
	if (rc == 1)
		write_batch(s, table, b);
	return 0;
}

struct spool_stats spool_stats(struct spool *s)
{
	return (struct spool_stats){
		.rows = __atomic_load_n(&s->rows, __ATOMIC_RELAXED),
		.is_almost_full = __atomic_load_n(&s->is_almost_full, __ATOMIC_RELAXED),
		.written = __atomic_load_n(&s->written, __ATOMIC_RELAXED),
		.bytes = __atomic_load_n(&s->bytes, __ATOMIC_RELAXED),
	};
}
