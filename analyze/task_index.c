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

/* By thread and time; rows of the same beginning as they came. */
static int cmp_tasks(const void *a, const void *b)
{
	const struct tape_task *x = *(const struct tape_task *const *)a;
	const struct tape_task *y = *(const struct tape_task *const *)b;

	if (x->tid != y->tid)
		return x->tid < y->tid ? -1 : 1;
	if (x->from_ts != y->from_ts)
		return x->from_ts < y->from_ts ? -1 : 1;
	return (x > y) - (x < y);
}

/* A row is written when it begins and again when its end is known: the last one counts. */
static u32 take_last(struct tape_task *to, const struct tape_task *const *rows, u32 n)
{
	u32 cnt = 0;

	for (u32 i = 0; i < n; i++) {
		if (cnt && to[cnt - 1].tid == rows[i]->tid &&
		    to[cnt - 1].from_ts == rows[i]->from_ts)
			cnt--;
		to[cnt++] = *rows[i];
	}
	return cnt;
}

int task_index_update(struct task_index *x, const struct tape_state *s, struct err *err)
{
	const struct tape_task **rows;
	struct tape_task *tasks;

	x->slack = tape_state_num(s, TAPE_KEY_TS_QUANTUM, 1);
	x->slack -= x->slack > 0;
	if (x->seen == s->task_cnt)
		return 0;
	rows = malloc(s->task_cnt * sizeof(*rows));
	tasks = realloc(x->tasks, s->task_cnt * sizeof(*tasks));
	if (tasks)
		x->tasks = tasks;
	if (!rows || !tasks) {
		free(rows);
		return err_oom(err);
	}
	for (u32 i = 0; i < s->task_cnt; i++)
		rows[i] = &s->tasks[i];
	qsort(rows, s->task_cnt, sizeof(*rows), cmp_tasks);
	x->cnt = take_last(tasks, rows, s->task_cnt);
	x->seen = s->task_cnt;
	free(rows);
	return 0;
}

const struct tape_task *task_index_find(const struct task_index *x, u32 tid, u64 ts)
{
	u32 lo = 0, hi = x->cnt;

	ts = ts > UINT64_MAX - x->slack ? UINT64_MAX : ts + x->slack;
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
