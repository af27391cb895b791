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
	u64 exact;
	u64 ts; /* as the script sees it */
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
	case BI_USERNAME:
		return getuid();
	case BI_USERMODE:
		return 1;
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

/* ---- system() and cat(), which the split has made sure are simple ---- */

static void pack_value(const struct own_rows *o, const struct firing *f, const struct node *n,
		       struct buf *out)
{
	struct str s = n->kind == NODE_STR ? n->text.s : str_of(f->comm);

	if (n->kind == NODE_INT) {
		buf_put_u64(out, (u64)n->integer.val);
	} else if (n->kind == NODE_BUILTIN && n->builtin.b->id != BI_COMM) {
		buf_put_u64(out, leaf_word(o, f, n));
	} else {
		buf_put_u32(out, (u32)s.len);
		buf_put(out, s.s, s.len);
	}
}

static void do_deed(const struct own_rows *o, const struct firing *f, const struct plan_table *t,
		    const struct action *a)
{
	struct deed what = { .ts = f->ts, .table = t->idx, .cpu = f->cpu, .action = a->idx };
	struct buf args;

	buf_init(&args, 1 << 20);
	for (u32 i = 0; i < a->arg_cnt; i++)
		pack_value(o, f, a->args[i], &args);
	what.args = (struct str){ (const char *)args.data, args.len };
	deeds_put(o->deeds, &what);
	buf_fini(&args);
}

/* Those at the top of the clause, in order, up to an exit(). */
static void do_deeds(const struct own_rows *o, const struct firing *f, const struct plan_table *t)
{
	const struct program *prog = o->plan->prog;

	for (const struct node *st = t->inst->body; o->deeds && st; st = st->next) {
		const struct node *n = st->kind == NODE_EXPR_STMT ? st->unary.arg : NULL;

		if (st->kind == NODE_RETURN)
			break;
		if (!n || n->kind != NODE_CALL || !n->call.b || n->call.action < 0)
			continue;
		if (n->call.b->id == BI_EXIT)
			break;
		if (n->call.b->id == BI_SYSTEM || n->call.b->id == BI_CAT)
			do_deed(o, f, t, prog->actions[n->call.action]);
	}
}

static int put_row(struct own_rows *o, const struct plan_table *t, struct err *err)
{
	const struct out_table *out = &o->out->tables[t->idx];
	struct row_cell *cells = calloc(out->schema->col_cnt, sizeof(*cells));
	struct firing f = { .exact = clock_now_ns(), .cpu = (u32)sched_getcpu() };
	int rc;

	if (!cells)
		return err_oom(err);
	if (f.exact <= o->last_ts)
		f.exact = o->last_ts + 1;
	f.ts = f.exact - f.exact % o->quantum;
	if (o->last_ts && f.ts <= o->last_ts)
		f.cpu = o->last_cpu; /* which says their order */
	o->last_ts = f.exact;
	o->last_cpu = f.cpu;
	prctl(PR_GET_NAME, f.comm);
	cells[OUT_TS].word = f.exact;
	cells[OUT_CPU].word = f.cpu;
	cells[OUT_PID].word = (u64)getpid();
	cells[OUT_TID].word = (u64)syscall(SYS_gettid);
	for (u32 i = COL_FIXED_CNT; i < t->col_cnt; i++)
		set_leaf(o, &f, t, &t->cols[i], &cells[out->val_col[i]]);
	rc = spool_put_row(o->spool, t->idx, cells, err);
	free(cells);
	if (!rc)
		do_deeds(o, &f, t);
	return rc;
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
		*ret_code = t->exit_code;
		if (kind == PROBE_BEGIN)
			break;
	}
	return 0;
}
