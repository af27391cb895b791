/*
 * lang/bind_other.c -- notes for another script over a tape: which table answers which probe.
 *
 * For each probe of an instance the tables that recorded it are tried: all leaves there, weakest
 * filter first.  Probes answered by the same table share a plan_table.  BEGIN, END and interval
 * have no table; the engine makes their rows from the tape's clock.
 */
#include <errno.h>
#include <string.h>

#include "lang/bind_priv.h"

struct chooser {
	struct bind b;
	struct plan *plan;
	const struct tape_table *tables;
	u32 table_cnt;
	struct plan_table *tried; /* by table, for the current instance: notes made, or inst NULL */
	bool *complete; /* by table: it has all leaves */
};

bool bind_has_probe(const struct tape_table *t, const char *name)
{
	for (u32 i = 0; i < t->probe_cnt; i++) {
		if (!strcmp(t->probes[i], name))
			return true;
	}
	return false;
}

static const struct {
	const char *leaf;
	const struct type *type;
} task_cols[] = {
	{ "comm", NULL },
	{ "uid", &type_u32 },
	{ "gid", &type_u32 },
};

static bool has_leaf(const struct plan_col *cols, u32 n, const char *leaf)
{
	for (u32 i = 0; i < n; i++) {
		if (!strcmp(cols[i].leaf, leaf))
			return true;
	}
	return false;
}

/* The table's columns and, where it did not capture them, those that the task table can fill. */
static int extend_cols(struct chooser *ch, struct plan_table *t, const struct plan_col *cols, u32 n)
{
	struct arena *a = ch->b.prog->arena;
	struct plan_col *all = arena_new_n(a, struct plan_col, n + countof(task_cols) + 1);

	if (!all)
		return -ENOMEM;
	memcpy(all, cols, n * sizeof(*cols));
	t->cols = all;
	t->col_cnt = n;
	for (size_t i = 0; i < countof(task_cols); i++) {
		if (has_leaf(cols, n, task_cols[i].leaf))
			continue;
		all[t->col_cnt] = (struct plan_col){ .idx = t->col_cnt,
						     .role = COL_TASK,
						     .name = task_cols[i].leaf,
						     .leaf = task_cols[i].leaf,
						     .type = task_cols[i].type ? task_cols[i].type :
										 type_str(a, 16) };
		t->col_cnt++;
	}
	return 0;
}

static int try_table(struct chooser *ch, u32 idx)
{
	const struct tape_table *src = &ch->tables[idx];
	struct plan_table *t = &ch->tried[idx];
	struct bind *b = &ch->b;
	bool complete = true;
	int rc;

	*t = (struct plan_table){ .inst = b->inst,
				  .idx = b->inst->idx,
				  .name = src->name,
				  .emits = true,
				  .source = idx,
				  .filter = src->filter };
	b->t = t;
	b->src = src;
	rc = extend_cols(ch, t, src->cols, src->col_cnt);
	rc = rc ? rc : bind_notes(b);
	if (rc)
		return rc;
	if (b->inst->pred) {
		complete = bind_node(b, b->inst->pred);
		t->notes[b->inst->pred->id].is_deferred = true;
	}
	bind_stmts(b, b->inst->body);
	for (u32 i = 0; i < b->inst->node_cnt; i++)
		complete &= !b->missing[i];
	ch->complete[idx] = complete;
	return b->failed ? -ENOMEM : 0;
}

/*
 * The best table for one probe: UINT32_MAX if none is complete; *ret_near the one that recorded
 * the probe at all.
 */
static int choose(struct chooser *ch, const struct probe *p, u32 *ret, u32 *ret_near)
{
	*ret = *ret_near = UINT32_MAX;
	for (u32 i = 0; i < ch->table_cnt; i++) {
		const struct tape_table *t = &ch->tables[i];
		int rc;

		if (!bind_has_probe(t, p->name) || !t->emits)
			continue;
		memset(ch->b.missing, 0, ch->b.inst->node_cnt);
		rc = ch->tried[i].inst == ch->b.inst ? 0 : try_table(ch, i);
		if (rc)
			return rc;
		*ret_near = *ret_near == UINT32_MAX ? i : *ret_near;
		if (!ch->complete[i])
			continue;
		if (*ret == UINT32_MAX || (ch->tables[*ret].filter && !t->filter))
			*ret = i;
	}
	return 0;
}

/* ---- what to say when a leaf is missing ---- */

static void put_captured(const struct tape_table *t, struct buf *out)
{
	bool first = true;

	for (u32 i = COL_FIXED_CNT; i < t->col_cnt; i++) {
		if (t->cols[i].role != COL_LEAF)
			continue;
		buf_printf(out, "%s%s", first ? "" : ", ", t->cols[i].leaf);
		first = false;
	}
	if (first)
		buf_puts(out, "nothing besides nsecs, cpu, pid and tid");
}

static void find_state(void *ctx, struct node *n)
{
	bool *found = ctx;

	*found = *found || n->kind == NODE_MAP || n->kind == NODE_VAR;
	node_each_child(n, find_state, found);
}

/* What would have to be in emit(); nothing that goes by maps and variables, which it has not. */
static void put_emit(struct chooser *ch, struct buf *out)
{
	const struct inst *inst = ch->b.inst;
	bool first = true;

	for (u32 i = 0; i < inst->node_cnt; i++) {
		const char *text = ch->b.missing[i] ? bind_text(&ch->b, inst->nodes[i]) : NULL;
		bool has_state = false;

		if (text)
			find_state(&has_state, inst->nodes[i]);
		if (has_state)
			continue;
		for (u32 k = 0; text && k < i; k++) {
			if (ch->b.missing[k] && !strcmp(bind_text(&ch->b, inst->nodes[k]), text))
				text = NULL;
		}
		if (!text)
			continue;
		buf_printf(out, "%s%s", first ? "" : ", ", text);
		first = false;
	}
}

static void say_missing(struct chooser *ch, const struct probe *p, u32 near)
{
	struct bind *b = &ch->b;
	struct diag *d = NULL;
	struct buf have, want;

	buf_init(&have, 1 << 14);
	buf_init(&want, 1 << 14);
	put_captured(&ch->tables[near], &have);
	memset(b->missing, 0, b->inst->node_cnt);
	if (try_table(ch, near))
		goto out;
	put_emit(ch, &want);
	for (u32 i = 0; i < b->inst->node_cnt; i++) {
		if (b->missing[i])
			d = diag_error(b->diags, b->inst->nodes[i]->span,
				       "the tape has no `%s` for %s",
				       bind_text(b, b->inst->nodes[i]), p->name);
	}
	if (want.len)
		diag_hint(b->diags, d,
			  "captured there: %s; to have it, record with `%s { emit(%s); }`",
			  buf_cstr(&have), p->name, buf_cstr(&want));
	else
		diag_hint(b->diags, d,
			  "captured there: %s; what a stored pointer points to must be captured "
			  "with the pointer: record with `emit(args)` where it is stored",
			  buf_cstr(&have));
out:
	buf_fini(&have);
	buf_fini(&want);
}

/* ---- one instance ---- */

static struct plan_table *add_table(struct chooser *ch, u32 idx)
{
	struct plan *plan = ch->plan;
	struct arena *a = ch->b.prog->arena;
	struct plan_table *t;

	for (u32 i = 0; i < plan->table_cnt; i++) {
		if (plan->tables[i].inst == ch->b.inst && plan->tables[i].source == idx)
			return &plan->tables[i];
	}
	t = &plan->tables[plan->table_cnt++];
	*t = ch->tried[idx];
	t->probes =
		(struct probe *const *)arena_new_n(a, struct probe *, ch->b.inst->probe_cnt + 1);
	return t->probes ? t : NULL;
}

static int bind_probe(struct chooser *ch, struct probe *p)
{
	u32 best, near;
	struct plan_table *t;
	int rc = choose(ch, p, &best, &near);

	if (rc)
		return rc;
	if (best == UINT32_MAX && near == UINT32_MAX) {
		diag_error(ch->b.diags, ch->b.inst->clause->probes->span,
			   "the tape has no rows of %s: its clause sent none", p->name);
		return 0;
	}
	if (best == UINT32_MAX) {
		say_missing(ch, p, near);
		return 0;
	}
	t = add_table(ch, best);
	if (!t)
		return -ENOMEM;
	((struct probe **)t->probes)[t->probe_cnt++] = p;
	t->all_probes = t->probe_cnt == ch->tables[best].probe_cnt;
	return 0;
}

static int bind_made(struct chooser *ch)
{
	static const struct plan_col fixed[COL_FIXED_CNT] = {
		{ .idx = COL_TS, .name = "ts", .leaf = "nsecs", .type = &type_u64 },
		{ .idx = COL_CPU, .name = "cpu", .leaf = "cpu", .type = &type_u32 },
		{ .idx = COL_PID, .name = "pid", .leaf = "pid", .type = &type_u32 },
		{ .idx = COL_TID, .name = "tid", .leaf = "tid", .type = &type_u32 },
	};
	struct bind *b = &ch->b;
	struct plan_table *t = &ch->plan->tables[ch->plan->table_cnt++];
	int rc;

	*t = (struct plan_table){ .inst = b->inst,
				  .idx = b->inst->idx,
				  .name = b->inst->probes[0]->name,
				  .emits = true,
				  .source = UINT32_MAX,
				  .probes = b->inst->probes,
				  .probe_cnt = b->inst->probe_cnt,
				  .all_probes = true };
	b->t = t;
	b->src = NULL;
	rc = extend_cols(ch, t, fixed, COL_FIXED_CNT);
	rc = rc ? rc : bind_notes(b);
	if (rc)
		return rc;
	memset(b->missing, 0, b->inst->node_cnt);
	if (b->inst->pred) {
		bind_node(b, b->inst->pred);
		t->notes[b->inst->pred->id].is_deferred = true;
	}
	bind_stmts(b, b->inst->body);
	for (u32 i = 0; i < b->inst->node_cnt; i++) {
		if (b->missing[i])
			diag_error(b->diags, b->inst->nodes[i]->span,
				   "`%s` is not on a tape for %s", bind_text(b, b->inst->nodes[i]),
				   b->inst->probes[0]->name);
	}
	return b->failed ? -ENOMEM : 0;
}

static bool is_made(const struct inst *inst)
{
	enum probe_kind k = inst->probe_cnt ? inst->probes[0]->kind : PROBE_KIND_CNT;

	return k == PROBE_BEGIN || k == PROBE_END || k == PROBE_INTERVAL;
}

static int bind_inst(struct chooser *ch, struct inst *inst)
{
	struct arena *a = ch->b.prog->arena;
	int rc = 0;

	ch->b.inst = inst;
	ch->b.missing = arena_new_n(a, u8, inst->node_cnt + 1);
	ch->tried = arena_new_n(a, struct plan_table, ch->table_cnt + 1);
	ch->complete = arena_new_n(a, bool, ch->table_cnt + 1);
	if (!ch->b.missing || !ch->tried || !ch->complete)
		return -ENOMEM;
	if (is_made(inst))
		return bind_made(ch);
	for (u32 i = 0; i < inst->probe_cnt && !rc; i++)
		rc = bind_probe(ch, inst->probes[i]);
	return rc;
}

int plan_bind_other(struct program *prog, const struct tape_table *tables, u32 table_cnt,
		    struct diag_list *d, struct plan **ret)
{
	struct chooser ch = { .tables = tables, .table_cnt = table_cnt };
	int errors = d->error_cnt, rc = bind_carry(prog, tables, table_cnt);

	if (rc)
		return rc;
	ch.plan = bind_plan_new(prog, d, prog->inst_cnt * (table_cnt + 1));
	ch.b = (struct bind){ .prog = prog, .diags = d };
	ch.b.sp = (struct split){ .prog = prog, .arena = prog->arena };
	ch.b.sp.maps = arena_new_n(prog->arena, struct split_map, prog->map_cnt + 1);
	if (!ch.plan || !ch.b.sp.maps)
		return -ENOMEM;
	for (u32 i = 0; i < prog->map_cnt; i++)
		ch.plan->maps[i] = (struct plan_map){ .info = prog->maps[i],
						      .cls = MAP_T,
						      .why = "another script's" };
	for (u32 i = 0; i < prog->inst_cnt && !rc; i++)
		rc = bind_inst(&ch, prog->insts[i]);
	if (rc)
		return rc;
	if (d->error_cnt > errors)
		return -EINVAL;
	*ret = ch.plan;
	return 0;
}
