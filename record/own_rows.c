/*
 * record/own_rows.c -- the few leaves of a firing that is nobody's but ours.
 */
#include "record/own_rows.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "record/clock.h"

#define COMM_SZ 16

struct firing {
	u64 ts;
	u32 cpu;
	char comm[COMM_SZ];
};

static u64 leaf_word(const struct own_rows *o, const struct firing *f, const struct node *n)
{
	u32 rand = 0;

	switch (n->builtin.b->id) {
	case BI_PID:
		return (u64)getpid();
	case BI_TID:
		return (u64)syscall(SYS_gettid);
	case BI_UID:
		return getuid();
	case BI_GID:
		return getgid();
	case BI_CPU:
		return f->cpu;
	case BI_NSECS:
		return f->ts;
	case BI_ELAPSED:
		return f->ts - o->session_start_ns;
	case BI_CPID:
		return o->cpid;
	case BI_RAND:
		return getrandom(&rand, sizeof(rand), 0) == sizeof(rand) ? rand : 0;
	default:
		return 0;
	}
}

static void set_leaf(const struct own_rows *o, const struct firing *f, const struct plan_table *t,
		     const struct plan_col *c, struct row_cell *cell)
{
	const struct node *n = c->node < t->inst->node_cnt ? t->inst->nodes[c->node] : NULL;

	if (!n || n->kind != NODE_BUILTIN) {
		cell->is_null = true;
	} else if (n->builtin.b->id == BI_COMM) {
		cell->p = f->comm;
		cell->len = (u32)strnlen(f->comm, sizeof(f->comm));
	} else {
		cell->word = leaf_word(o, f, n);
	}
	if (c->is_list)
		*cell = (struct row_cell){ .p = NULL };
}

static int put_row(struct own_rows *o, const struct plan_table *t, struct err *err)
{
	const struct out_table *out = &o->out->tables[t->idx];
	struct row_cell *cells = calloc(out->schema->col_cnt, sizeof(*cells));
	struct firing f = { .ts = clock_now_ns(), .cpu = (u32)sched_getcpu() };
	int rc;

	if (!cells)
		return err_oom(err);
	if (f.ts <= o->last_ts)
		f.ts = o->last_ts + 1;
	o->last_ts = f.ts;
	prctl(PR_GET_NAME, f.comm);
	cells[OUT_TS].word = f.ts;
	cells[OUT_CPU].word = f.cpu;
	cells[OUT_PID].word = (u64)getpid();
	cells[OUT_TID].word = (u64)syscall(SYS_gettid);
	for (u32 i = COL_FIXED_CNT; i < t->col_cnt; i++)
		set_leaf(o, &f, t, &t->cols[i], &cells[out->val_col[i]]);
	rc = spool_put_row(o->spool, t->idx, cells, err);
	free(cells);
	return rc;
}

/* What exit() was given, where that is a number in the text; else 0. */
static s64 exit_code_of(const struct inst *inst)
{
	for (u32 i = 0; i < inst->node_cnt; i++) {
		const struct node *n = inst->nodes[i];

		if (!n || n->kind != NODE_CALL || !n->call.b || n->call.b->id != BI_EXIT)
			continue;
		return n->call.args && n->call.args->kind == NODE_INT ? n->call.args->integer.val :
									0;
	}
	return 0;
}

int own_rows_put(struct own_rows *o, enum probe_kind kind, bool *ret_exited, s64 *ret_code,
		 struct err *err)
{
	*ret_exited = false;
	for (u32 i = 0; i < o->plan->table_cnt; i++) {
		const struct plan_table *t = &o->plan->tables[i];
		int rc;

		if (!t->inst->probe_cnt || t->inst->probes[0]->kind != kind)
			continue;
		if (kind == PROBE_BEGIN && t->runs_in_kernel)
			continue;
		rc = t->emits ? put_row(o, t, err) : 0;
		if (rc)
			return rc;
		if (!t->exits)
			continue;
		*ret_exited = true;
		*ret_code = exit_code_of(t->inst);
		break;
	}
	return 0;
}
