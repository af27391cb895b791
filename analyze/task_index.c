/*
 * Rows of the task table, sorted once for look-ups.
 */
#include "analyze/task_index.h"

#include <stdlib.h>
#include <string.h>

void task_index_init(struct task_index *x)
{
	memset(x, 0, sizeof(*x));
}

void task_index_fini(struct task_index *x)
{
	free(x->tasks);
	memset(x, 0, sizeof(*x));
}

static int cmp_tasks(const void *a, const void *b)
{
	const struct tape_task *x = a, *y = b;

	if (x->tid != y->tid)
		return x->tid < y->tid ? -1 : 1;
	return (x->from_ts > y->from_ts) - (x->from_ts < y->from_ts);
}

int task_index_update(struct task_index *x, const struct tape_state *s, struct err *err)
{
	struct tape_task *tasks;

	if (x->cnt == s->task_cnt)
		return 0;
	tasks = realloc(x->tasks, s->task_cnt * sizeof(*tasks));
	if (!tasks)
		return err_oom(err);
	memcpy(tasks, s->tasks, s->task_cnt * sizeof(*tasks));
	qsort(tasks, s->task_cnt, sizeof(*tasks), cmp_tasks);
	x->tasks = tasks;
	x->cnt = s->task_cnt;
	return 0;
}

const struct tape_task *task_index_find(const struct task_index *x, u32 tid, u64 ts)
{
	u32 lo = 0, hi = x->cnt;

	/* the first row behind (tid, ts) */
	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;
		const struct tape_task *t = &x->tasks[mid];

		if (t->tid < tid || (t->tid == tid && t->from_ts <= ts))
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo && x->tasks[lo - 1].tid == tid)
		return &x->tasks[lo - 1];
	return lo < x->cnt && x->tasks[lo].tid == tid ? &x->tasks[lo] : NULL;
}
