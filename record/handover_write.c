/*
 * record/handover_write.c -- what was put, onto the tape.
 *
 * It is taken out as a whole under the lock, and what could not be written is put back in front of
 * what came meanwhile: a write that fails loses nothing.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "record/handover_priv.h"

#define NO_LIST SIZE_MAX

/* An array of rows, each made by @copy of an item; NULL without items, or without memory. */
static void *rows_of(const struct vec *v, size_t sz, void (*copy)(void *row, const void *item),
		     struct err *err)
{
	u8 *rows = v->n ? calloc(v->n, sz) : NULL;

	if (v->n && !rows)
		err_oom(err);
	for (size_t i = 0; rows && i < v->n; i++)
		copy(rows + i * sz, vec_at(v, i));
	return rows;
}

static int done_with(struct vec *v, int rc)
{
	if (!rc)
		vec_reset(v);
	return rc;
}

static void copy_task(void *row, const void *item)
{
	const struct task_copy *c = item;
	struct tape_task *t = row;

	*t = c->row;
	t->comm.s = c->comm;
}

static void copy_loss(void *row, const void *item)
{
	const struct loss_copy *c = item;
	struct tape_loss *l = row;

	*l = c->row;
	l->note.s = l->note.len ? c->note : NULL;
}

static int write_tasks(struct side *d, struct tape_writer *w, u64 ts, struct err *err)
{
	struct tape_task *rows = rows_of(&d->tasks, sizeof(*rows), copy_task, err);
	int rc;

	if (!rows)
		return d->tasks.n ? -ENOMEM : 0;
	rc = tape_writer_put_tasks(w, ts, rows, (u32)d->tasks.n, err);
	free(rows);
	return done_with(&d->tasks, rc);
}

static int write_losses(struct side *d, struct tape_writer *w, u64 ts, struct err *err)
{
	struct tape_loss *rows = rows_of(&d->losses, sizeof(*rows), copy_loss, err);
	int rc;

	if (!rows)
		return d->losses.n ? -ENOMEM : 0;
	rc = tape_writer_put_losses(w, ts, rows, (u32)d->losses.n, err);
	free(rows);
	return done_with(&d->losses, rc);
}

static int write_clocks(struct side *d, struct tape_writer *w, u64 ts, struct err *err)
{
	const struct vec *v = &d->clocks;

	return done_with(&d->clocks,
			 v->n ? tape_writer_put_clocks(w, ts, v->items, (u32)v->n, err) : 0);
}

/* What is written leaves the list. */
static int write_logs(struct side *d, struct tape_writer *w, u64 ts, struct err *err)
{
	struct vec *v = &d->logs;
	struct log_copy *all = v->items;
	size_t done = 0;
	int rc = 0;

	while (done < v->n && !rc) {
		struct log_copy *c = &all[done];

		c->row.text.s = c->output ? c->output : c->text;
		rc = tape_writer_put_logs(w, ts, &c->row, 1, err);
		done += !rc;
	}
	for (size_t i = 0; i < done; i++)
		free(all[i].output);
	v->n -= done;
	if (done && v->n)
		memmove(all, all + done, v->n * sizeof(*all));
	return rc;
}

static struct map_copy *reverse(struct map_copy *list)
{
	struct map_copy *ret = NULL;

	while (list) {
		struct map_copy *m = list;

		list = m->next;
		m->next = ret;
		ret = m;
	}
	return ret;
}

static int write_maps(struct side *d, struct tape_writer *w, u64 ts, struct err *err)
{
	int rc = 0;

	d->maps = reverse(d->maps);
	while (d->maps && !rc) {
		struct map_copy *m = d->maps;

		rc = tape_writer_put_mapsnap(w, ts, &m->snap, err);
		if (!rc) {
			d->maps = m->next;
			map_copy_free(m);
		}
	}
	d->maps = reverse(d->maps);
	return rc;
}

/* In the order in which they are written. */
static const struct kind {
	const char *name;
	int (*write)(struct side *, struct tape_writer *, u64, struct err *);
	size_t list; /* offset of its struct vec in struct side; NO_LIST: the maps */
} kinds[] = {
	{ "tasks", write_tasks, offsetof(struct side, tasks) },
	{ "clocks", write_clocks, offsetof(struct side, clocks) },
	{ "logs", write_logs, offsetof(struct side, logs) },
	{ "maps", write_maps, NO_LIST },
};

/* How many are not written. */
static u64 left_of(const struct kind *k, const struct side *d)
{
	u64 n = 0;

	if (k->list != NO_LIST)
		return ((const struct vec *)((const u8 *)d + k->list))->n;
	for (const struct map_copy *m = d->maps; m; m = m->next)
		n++;
	return n;
}

/* Everything that was put so far. */
static struct side take(struct handover *h)
{
	struct side ret;

	pthread_mutex_lock(&h->lock);
	ret = h->side;
	handover_side_init(&h->side);
	pthread_mutex_unlock(&h->lock);
	return ret;
}

/* @to's items are older. */
static u64 append(struct vec *to, const struct vec *from)
{
	u64 dropped = 0;

	for (size_t i = 0; i < from->n; i++) {
		void *slot = vec_push(to);

		if (slot)
			memcpy(slot, vec_at(from, i), from->item_sz);
		dropped += !slot;
	}
	return dropped;
}

/* What could not be written stays in front of what came meanwhile. */
static void give_back(struct handover *h, struct side *old)
{
	struct side newer;
	struct map_copy **end;

	pthread_mutex_lock(&h->lock);
	newer = h->side;
	h->dropped_cnt += append(&old->tasks, &newer.tasks) + append(&old->clocks, &newer.clocks) +
			  append(&old->losses, &newer.losses) + append(&old->logs, &newer.logs);
	for (end = &newer.maps; *end; end = &(*end)->next)
		;
	*end = old->maps;
	old->maps = newer.maps;
	h->side = *old;
	pthread_mutex_unlock(&h->lock);
	vec_fini(&newer.tasks);
	vec_fini(&newer.clocks);
	vec_fini(&newer.losses);
	vec_fini(&newer.logs); /* not their texts: those have moved */
}

static void put_dropped(struct handover *h, u64 ts)
{
	u64 dropped;

	pthread_mutex_lock(&h->lock);
	dropped = h->dropped_cnt;
	h->dropped_cnt = 0;
	pthread_mutex_unlock(&h->lock);
	if (dropped)
		handover_put_loss(h, &(struct tape_loss){ .cause = TAPE_LOSS_SIDEBAND,
							  .table = TAPE_NONE,
							  .cpu = TAPE_NONE,
							  .count = dropped,
							  .first_ts = ts,
							  .last_ts = ts });
}

int handover_write(struct handover *h, struct tape_writer *w, u64 ts, struct err *err)
{
	struct side taken = take(h);
	int rc = 0;

	for (size_t i = 0; i < countof(kinds) && !rc; i++)
		rc = kinds[i].write(&taken, w, ts, err);
	if (!rc)
		rc = write_losses(&taken, w, ts, err);
	if (rc)
		give_back(h, &taken);
	else
		handover_side_fini(&taken);
	put_dropped(h, ts);
	return rc;
}

/* One record instead of all that there was no room for. */
static int write_sum(struct side *d, struct tape_writer *w, u64 ts, struct err *err)
{
	struct tape_loss sum = { .cause = TAPE_LOSS_WRITE,
				 .table = TAPE_NONE,
				 .cpu = TAPE_NONE,
				 .first_ts = UINT64_MAX,
				 .note = STR("and others: no room to tell them apart") };

	for (size_t i = 0; i < d->losses.n; i++) {
		const struct tape_loss *l = &vec_get(&d->losses, struct loss_copy, i)->row;

		sum.count += l->count;
		sum.first_ts = l->first_ts < sum.first_ts ? l->first_ts : sum.first_ts;
		sum.last_ts = l->last_ts > sum.last_ts ? l->last_ts : sum.last_ts;
	}
	return tape_writer_put_losses(w, ts, &sum, 1, err);
}

int handover_write_rest(struct handover *h, struct tape_writer *w, u64 ts, struct err *err)
{
	struct side taken = take(h), losses;
	int rc;

	for (size_t i = 0; i < countof(kinds); i++) {
		struct tape_loss l = { .cause = TAPE_LOSS_WRITE,
				       .table = TAPE_NONE,
				       .cpu = TAPE_NONE,
				       .first_ts = ts,
				       .last_ts = ts,
				       .note = str_of(kinds[i].name) };

		kinds[i].write(&taken, w, ts, NULL);
		l.count = left_of(&kinds[i], &taken);
		if (l.count)
			handover_put_loss(h, &l);
	}
	put_dropped(h, ts);
	handover_side_init(&losses);
	losses.losses = taken.losses;
	taken.losses = (struct vec){ 0 };
	handover_side_fini(&taken);
	give_back(h, &losses);
	taken = take(h);
	rc = write_losses(&taken, w, ts, err);
	if (rc)
		rc = write_sum(&taken, w, ts, err);
	handover_side_fini(&taken);
	return rc;
}
