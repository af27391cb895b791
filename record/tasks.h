/*
 * record/tasks.h -- the task table: which thread had which name, process, user and cgroup when.
 *
 * Programs on creation, exec, rename and exit fill a ring of their own; a scan at the start gives
 * those that already run. A row is [from, to) of one thread's life; a row that is closed later is
 * said again with its end.
 */
#pragma once

#include "base/err.h"
#include "format/schema.h"

struct task_rec;

/* Gets each row; @t and its text are borrowed for the call. */
typedef void (*task_row_fn)(void *ctx, const struct tape_task *t);

/* ---- events to rows; no kernel needed ---- */

struct task_table;

struct task_table *task_table_new(size_t max_tasks); /* NULL: no memory */
void task_table_free(struct task_table *t);
/*
 * Take one event and give the rows that follow from it.  Beyond @max_tasks a thread's rows stay
 * open; see task_table_lost().
 */
void task_table_event(struct task_table *t, const struct task_rec *r, task_row_fn fn, void *ctx);
u64 task_table_lost(const struct task_table *t); /* threads that found no room */

/* ---- the programs ---- */

struct tasks;

/* Load and attach.  The error says which program the kernel refused. */
int tasks_open(struct tasks **ret, struct err *err);
/* Rows of the threads that exist.  Call it once, after tasks_open(). */
int tasks_scan(struct tasks *t, task_row_fn fn, void *ctx, struct err *err);
/* Rows of what has happened since the last call: count of events. */
int tasks_drain(struct tasks *t, task_row_fn fn, void *ctx);
/* Events that found the ring full and threads that found no room, so far. */
u64 tasks_lost(struct tasks *t);
void tasks_close(struct tasks *t);
