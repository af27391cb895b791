/*
 * record/task_table.c -- from task events to rows with a beginning and an end.
 *
 * Invariants
 * (1) A thread is (tid, start_ts); a tid that comes with another start is another thread, the
 *     former one is over.
 * (2) Each thread here has exactly one open row (to_ts 0), already given to the caller.
 * (3) A change closes the open row and opens the next at the same time: rows of a thread do not
 *     overlap.
 */
#include <linux/types.h>
#include <stdlib.h>
#include <string.h>

#include "base/strmap.h"
#include "record/bpf/tasks_abi.h"
#include "record/tasks.h"

struct thread {
	struct tape_task row;
	char comm[TASK_COMM_SZ];
};

struct task_table {
	struct strmap by_tid; /* u32 -> struct thread; NULL once it is over */
	u64 lost_cnt;
};

struct task_table *task_table_new(size_t max_tasks)
{
	struct task_table *t = calloc(1, sizeof(*t));

	if (t)
		strmap_init(&t->by_tid, max_tasks);
	return t;
}

void task_table_free(struct task_table *t)
{
	const struct strmap_slot *slot;
	size_t pos = 0;

	if (!t)
		return;
	while ((slot = strmap_next(&t->by_tid, &pos)))
		free(slot->val);
	strmap_fini(&t->by_tid);
	free(t);
}

u64 task_table_lost(const struct task_table *t)
{
	return t->lost_cnt;
}

static struct str tid_key(const u32 *tid)
{
	return (struct str){ (const char *)tid, sizeof(*tid) };
}

static void set_row(struct thread *th, const struct task_rec *r, u64 from_ts)
{
	memcpy(th->comm, r->comm, sizeof(th->comm));
	th->row = (struct tape_task){
		.tid = r->tid,
		.pid = r->pid,
		.ppid = r->ppid,
		.uid = r->uid,
		.gid = r->gid,
		.start_ts = r->start_ns,
		.from_ts = from_ts,
		.cgroup = r->cgroup_id,
		.comm = { th->comm, strnlen(th->comm, sizeof(th->comm)) },
	};
}

static bool is_same(const struct thread *th, const struct task_rec *r)
{
	size_t len = strnlen(r->comm, sizeof(r->comm));

	return th->row.pid == r->pid && th->row.ppid == r->ppid && th->row.uid == r->uid &&
	       th->row.gid == r->gid && th->row.cgroup == r->cgroup_id &&
	       str_eq(th->row.comm, (struct str){ r->comm, len });
}

static void end_row(struct thread *th, u64 ts, task_row_fn fn, void *ctx)
{
	th->row.to_ts = ts > th->row.from_ts ? ts : th->row.from_ts + 1;
	fn(ctx, &th->row);
}

/* The thread of an event, if it is one we know: (1). */
static struct thread *find_thread(struct task_table *t, const struct task_rec *r, task_row_fn fn,
				  void *ctx)
{
	struct thread *th = strmap_find(&t->by_tid, tid_key(&r->tid));

	if (!th || th->row.start_ts == r->start_ns)
		return th;
	end_row(th, r->start_ns, fn, ctx);
	free(th);
	/* Replacing the value of a key that is there cannot fail. */
	if (strmap_put(&t->by_tid, tid_key(&r->tid), NULL, NULL))
		t->lost_cnt++;
	return NULL;
}

static void open_thread(struct task_table *t, const struct task_rec *r, task_row_fn fn, void *ctx)
{
	struct thread *th = calloc(1, sizeof(*th));
	/* Alive at the scan, or missed before: it held from its start, as far as we can know. */
	u64 from = r->event == TASK_NEW || r->event == TASK_ALIVE || r->event == TASK_EXIT ?
			   r->start_ns :
			   r->ts;

	if (!th || strmap_put(&t->by_tid, tid_key(&r->tid), th, NULL)) {
		t->lost_cnt++;
		free(th);
		return;
	}
	set_row(th, r, from);
	fn(ctx, &th->row);
}

void task_table_event(struct task_table *t, const struct task_rec *r, task_row_fn fn, void *ctx)
{
	struct thread *th = find_thread(t, r, fn, ctx);

	if (!th) {
		if (r->event != TASK_EXIT)
			open_thread(t, r, fn, ctx);
		return;
	}
	if (r->event == TASK_EXIT) {
		end_row(th, r->ts, fn, ctx);
		free(th);
		if (strmap_put(&t->by_tid, tid_key(&r->tid), NULL, NULL))
			t->lost_cnt++;
		return;
	}
	/* ALIVE after NEW or a change: the scan ran behind the programs and knows nothing newer. */
	if (r->event == TASK_ALIVE || is_same(th, r))
		return;
	end_row(th, r->ts, fn, ctx); /* (3) */
	set_row(th, r, r->ts);
	fn(ctx, &th->row); /* (2) */
}
