/*
 * record/handover_write.c -- what was put, onto the tape.
 *
 * It is taken out as a whole under the lock, and what could not be written is put back in front of
 * what came meanwhile: a write that fails loses nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "record/handover_priv.h"

static int write_tasks(struct side *d, struct tape_writer *w, u64 ts, struct err *err)
{
	struct vec *v = &d->tasks;
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
	if (!rc)
		vec_reset(v);
	return rc;
}

static int write_losses(struct side *d, struct tape_writer *w, u64 ts, struct err *err)
{
	struct vec *v = &d->losses;
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
	if (!rc)
		vec_reset(v);
	return rc;
}

static int write_clocks(struct side *d, struct tape_writer *w, u64 ts, struct err *err)
{
	int rc = d->clocks.n ?
			 tape_writer_put_clocks(w, ts, d->clocks.items, (u32)d->clocks.n, err) :
			 0;

	if (!rc)
		vec_reset(&d->clocks);
	return rc;
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

static u64 left_tasks(const struct side *d)
{
	return d->tasks.n;
}

static u64 left_clocks(const struct side *d)
{
	return d->clocks.n;
}

static u64 left_logs(const struct side *d)
{
	return d->logs.n;
}

static u64 left_maps(const struct side *d)
{
	u64 n = 0;

	for (const struct map_copy *m = d->maps; m; m = m->next)
		n++;
	return n;
}

/* In the order in which they are written. */
static const struct kind {
	const char *name;
	int (*write)(struct side *, struct tape_writer *, u64, struct err *);
	u64 (*left)(const struct side *); /* how many are not written */
} kinds[] = {
	{ "tasks", write_tasks, left_tasks },
	{ "clocks", write_clocks, left_clocks },
	{ "logs", write_logs, left_logs },
	{ "maps", write_maps, left_maps },
};

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
		l.count = kinds[i].left(&taken);
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
