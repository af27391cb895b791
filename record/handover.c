/*
 * record/handover.c -- copies under a lock, swapped out as a whole when they are written.
 */
#include "record/handover.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "record/clock.h"

#define COMM_MAX 16

struct task_copy {
	struct tape_task row;
	char comm[COMM_MAX];
};

struct loss_copy {
	struct tape_loss row;
	char note[64];
};

struct log_copy {
	struct tape_log row;
	char text[512];
	char *output;		/* instead of text, if not NULL */
};

struct side {
	struct vec tasks, clocks, losses, logs;
	struct map_copy *maps; /* newest first */
};

struct handover {
	pthread_mutex_t lock;
	struct side side;
	u64 dropped_cnt;
	u64 control_ts, held_ts, lost, late; /* atomic */
};

static void side_init(struct side *d)
{
	vec_init(&d->tasks, sizeof(struct task_copy), 1u << 22);
	vec_init(&d->clocks, sizeof(struct tape_clock), 1u << 16);
	vec_init(&d->losses, sizeof(struct loss_copy), 1u << 20);
	vec_init(&d->logs, sizeof(struct log_copy), 1u << 16);
	d->maps = NULL;
}

struct map_copy *map_copy_new(size_t max_sz)
{
	struct map_copy *m = calloc(1, sizeof(*m));

	if (m)
		arena_init(&m->arena, max_sz);
	return m;
}

void map_copy_free(struct map_copy *m)
{
	if (!m)
		return;
	arena_fini(&m->arena);
	free(m);
}

static void side_fini(struct side *d)
{
	vec_fini(&d->tasks);
	vec_fini(&d->clocks);
	vec_fini(&d->losses);
	for (size_t i = 0; i < d->logs.n; i++)
		free(vec_get(&d->logs, struct log_copy, i)->output);
	vec_fini(&d->logs);
	while (d->maps) {
		struct map_copy *m = d->maps;

		d->maps = m->next;
		map_copy_free(m);
	}
}

struct handover *handover_new(void)
{
	struct handover *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	pthread_mutex_init(&h->lock, NULL);
	side_init(&h->side);
	h->held_ts = UINT64_MAX;
	return h;
}

void handover_free(struct handover *h)
{
	if (!h)
		return;
	side_fini(&h->side);
	pthread_mutex_destroy(&h->lock);
	free(h);
}

/* Locked until put_end(); NULL: dropped. */
static void *put_begin(struct handover *h, struct vec *v)
{
	void *slot;

	pthread_mutex_lock(&h->lock);
	slot = vec_push(v);
	h->dropped_cnt += !slot;
	return slot;
}

static void put_end(struct handover *h)
{
	pthread_mutex_unlock(&h->lock);
}

/* Pointers to the copied texts are set when they are written: the vectors move. */
static size_t copy_text(char *to, size_t max, struct str s)
{
	size_t len = s.len < max ? s.len : max;

	if (len)
		memcpy(to, s.s, len);
	return len;
}

void handover_put_task(void *handover, const struct tape_task *t)
{
	struct handover *h = handover;
	struct task_copy *c = put_begin(h, &h->side.tasks);

	if (c) {
		c->row = *t;
		c->row.comm.len = copy_text(c->comm, sizeof(c->comm), t->comm);
	}
	put_end(h);
}

void handover_put_clock(struct handover *h, const struct tape_clock *c)
{
	struct tape_clock *slot = put_begin(h, &h->side.clocks);

	if (slot)
		*slot = *c;
	put_end(h);
}

void handover_put_loss(struct handover *h, const struct tape_loss *l)
{
	u64 *sum = l->cause == TAPE_LOSS_LATE ? &h->late : &h->lost;
	struct loss_copy *c = put_begin(h, &h->side.losses);

	__atomic_fetch_add(sum, l->count, __ATOMIC_RELAXED);
	if (c) {
		c->row = *l;
		c->row.note.len = copy_text(c->note, sizeof(c->note), l->note);
	}
	put_end(h);
}

void handover_put_log(struct handover *h, enum tape_log_level level, const char *text)
{
	struct log_copy *c = put_begin(h, &h->side.logs);

	if (c) {
		c->row = (struct tape_log){ .ts = clock_now_ns(),
					    .level = (u8)level,
					    .table = TAPE_NONE,
					    .cpu = TAPE_NONE,
					    .action = TAPE_NONE };
		c->row.text.len = copy_text(c->text, sizeof(c->text), str_of(text));
	}
	put_end(h);
}

void handover_put_output(struct handover *h, const struct tape_log *l)
{
	char *text = malloc(l->text.len + 1);
	struct log_copy *c;

	if (text)
		memcpy(text, l->text.s, l->text.len);
	c = put_begin(h, &h->side.logs);
	if (c) {
		c->row = *l;
		c->output = text;
		c->row.text.len = text ? l->text.len : 0;
	}
	put_end(h);
	if (!c)
		free(text);
}

void handover_take_map(struct handover *h, struct map_copy *m)
{
	pthread_mutex_lock(&h->lock);
	m->next = h->side.maps;
	h->side.maps = m;
	pthread_mutex_unlock(&h->lock);
}

void handover_set_control_ts(struct handover *h, u64 ts)
{
	u64 old = __atomic_load_n(&h->control_ts, __ATOMIC_RELAXED);
	u64 held = __atomic_load_n(&h->held_ts, __ATOMIC_ACQUIRE);

	if (ts >= held)
		ts = held - 1;
	while (old < ts && !__atomic_compare_exchange_n(&h->control_ts, &old, ts, true,
							__ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
}

void handover_hold_control(struct handover *h, u64 ts)
{
	__atomic_store_n(&h->held_ts, ts, __ATOMIC_RELEASE);
}

u64 handover_control_ts(const struct handover *h)
{
	return __atomic_load_n(&h->control_ts, __ATOMIC_ACQUIRE);
}

void handover_losses(struct handover *h, u64 *ret_lost, u64 *ret_late)
{
	*ret_lost = __atomic_load_n(&h->lost, __ATOMIC_RELAXED);
	*ret_late = __atomic_load_n(&h->late, __ATOMIC_RELAXED);
}

/* ---- writing ---- */

static int write_tasks(struct tape_writer *w, struct vec *v, u64 ts, struct err *err)
{
	struct tape_task *rows;
	int rc;

	if (!v->n)
		return 0;
	rows = calloc(v->n, sizeof(*rows));
	if (!rows)
		return err_oom(err);
	for (size_t i = 0; i < v->n; i++) {
		struct task_copy *c = vec_get(v, struct task_copy, i);

		rows[i] = c->row;
		rows[i].comm.s = c->comm;
	}
	rc = tape_writer_put_tasks(w, ts, rows, (u32)v->n, err);
	free(rows);
	return rc;
}

static int write_losses(struct tape_writer *w, struct vec *v, u64 ts, struct err *err)
{
	struct tape_loss *rows;
	int rc;

	if (!v->n)
		return 0;
	rows = calloc(v->n, sizeof(*rows));
	if (!rows)
		return err_oom(err);
	for (size_t i = 0; i < v->n; i++) {
		struct loss_copy *c = vec_get(v, struct loss_copy, i);

		rows[i] = c->row;
		rows[i].note.s = c->row.note.len ? c->note : NULL;
	}
	rc = tape_writer_put_losses(w, ts, rows, (u32)v->n, err);
	free(rows);
	return rc;
}

static int write_logs(struct tape_writer *w, struct vec *v, u64 ts, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < v->n && !rc; i++) {
		struct log_copy *c = vec_get(v, struct log_copy, i);

		c->row.text.s = c->output ? c->output : c->text;
		rc = tape_writer_put_logs(w, ts, &c->row, 1, err);
	}
	return rc;
}

static int write_maps(struct tape_writer *w, struct map_copy **list, u64 ts, struct err *err)
{
	struct map_copy *in_order = NULL;
	int rc = 0;

	while (*list) {
		struct map_copy *m = *list;

		*list = m->next;
		m->next = in_order;
		in_order = m;
	}
	*list = in_order;
	for (struct map_copy *m = in_order; m && !rc; m = m->next)
		rc = tape_writer_put_mapsnap(w, ts, &m->snap, err);
	return rc;
}

static int write_side(struct side *d, struct tape_writer *w, u64 ts, struct err *err)
{
	int rc = write_tasks(w, &d->tasks, ts, err);

	if (!rc && d->clocks.n)
		rc = tape_writer_put_clocks(w, ts, d->clocks.items, (u32)d->clocks.n, err);
	if (!rc)
		rc = write_logs(w, &d->logs, ts, err);
	if (!rc)
		rc = write_maps(w, &d->maps, ts, err);
	return rc ? rc : write_losses(w, &d->losses, ts, err);
}

int handover_write(struct handover *h, struct tape_writer *w, u64 ts, struct err *err)
{
	struct side taken;
	u64 dropped;
	int rc;

	pthread_mutex_lock(&h->lock);
	taken = h->side;
	side_init(&h->side);
	dropped = h->dropped_cnt;
	h->dropped_cnt = 0;
	pthread_mutex_unlock(&h->lock);
	rc = write_side(&taken, w, ts, err);
	side_fini(&taken);
	if (dropped)
		handover_put_loss(h, &(struct tape_loss){ .cause = TAPE_LOSS_SIDEBAND,
							  .table = TAPE_NONE,
							  .cpu = TAPE_NONE,
							  .count = dropped,
							  .first_ts = ts,
							  .last_ts = ts });
	return rc;
}
