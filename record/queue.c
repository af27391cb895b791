/*
 * record/queue.c -- two lists under one lock.
 *
 * A piece is in exactly one of: the free list, the full list, the hands of one thread.
 */
#include "record/queue.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/mono.h"

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t has_full;
	struct piece *free;
	struct piece *full, **full_tail;
	bool is_closed;
	u32 piece_cnt, used_cnt; /* used: not free */
	u8 *memory;
	struct piece pieces[];
};

static int init_sync(struct queue *q)
{
	if (pthread_mutex_init(&q->lock, NULL))
		return -1;
	if (!mono_cond_init(&q->has_full))
		return 0;
	pthread_mutex_destroy(&q->lock);
	return -1;
}

struct queue *queue_new(u32 piece_cnt)
{
	struct queue *q = calloc(1, sizeof(*q) + piece_cnt * sizeof(q->pieces[0]));
	size_t sz = (size_t)piece_cnt * QUEUE_PIECE_SZ;

	if (!q)
		return NULL;
	/*
	 * Pages are touched, and so really taken, only when a backlog needs them; the list is last
	 * in, first out.
	 */
	q->memory = mmap(NULL, sz, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (q->memory == MAP_FAILED || init_sync(q)) {
		if (q->memory != MAP_FAILED)
			munmap(q->memory, sz);
		free(q);
		return NULL;
	}
	q->piece_cnt = piece_cnt;
	q->full_tail = &q->full;
	for (u32 i = piece_cnt; i-- > 0;) {
		q->pieces[i].data = q->memory + (size_t)i * QUEUE_PIECE_SZ;
		q->pieces[i].next = q->free;
		q->free = &q->pieces[i];
	}
	return q;
}

void queue_free(struct queue *q)
{
	if (!q)
		return;
	munmap(q->memory, (size_t)q->piece_cnt * QUEUE_PIECE_SZ);
	pthread_cond_destroy(&q->has_full);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

struct piece *queue_take_free(struct queue *q)
{
	struct piece *p;

	pthread_mutex_lock(&q->lock);
	p = q->free;
	if (p) {
		q->free = p->next;
		q->used_cnt++;
	}
	pthread_mutex_unlock(&q->lock);
	return p;
}

bool queue_is_half_full(struct queue *q)
{
	bool ret;

	pthread_mutex_lock(&q->lock);
	ret = q->used_cnt > q->piece_cnt / 2;
	pthread_mutex_unlock(&q->lock);
	return ret;
}

void queue_put_full(struct queue *q, struct piece *p)
{
	p->next = NULL;
	pthread_mutex_lock(&q->lock);
	*q->full_tail = p;
	q->full_tail = &p->next;
	pthread_cond_signal(&q->has_full);
	pthread_mutex_unlock(&q->lock);
}

void queue_close(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->is_closed = true;
	pthread_cond_signal(&q->has_full);
	pthread_mutex_unlock(&q->lock);
}

struct piece *queue_take_full(struct queue *q, u64 deadline_ns, bool *ret_is_over)
{
	struct piece *p;
	int rc = 0;

	pthread_mutex_lock(&q->lock);
	while (!q->full && !q->is_closed && !rc)
		rc = mono_cond_wait(&q->has_full, &q->lock, deadline_ns);
	p = q->full;
	if (p) {
		q->full = p->next;
		if (!q->full)
			q->full_tail = &q->full;
	}
	*ret_is_over = !p && q->is_closed;
	pthread_mutex_unlock(&q->lock);
	return p;
}

void queue_put_free(struct queue *q, struct piece *p)
{
	pthread_mutex_lock(&q->lock);
	p->next = q->free;
	q->free = p;
	q->used_cnt--;
	pthread_mutex_unlock(&q->lock);
}
