/*
 * record/handover.c -- copies under a lock, swapped out as a whole when they are written.
 */
#include "record/handover.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "record/clock.h"
#include "record/handover_priv.h"

void handover_side_init(struct side *d)
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

void handover_side_fini(struct side *d)
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
	handover_side_init(&h->side);
	h->held_ts = UINT64_MAX;
	return h;
}

void handover_free(struct handover *h)
{
	if (!h)
		return;
	handover_side_fini(&h->side);
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
