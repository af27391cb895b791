/*
 * lang/split_cols.c -- from marks to a plan: notes by node, columns with their names, path bits.
 *
 * Columns come in source order behind the four fixed ones.  Leaves with the same canonical text
 * share a column where their value cannot differ within a firing: built of builtins and arguments
 * only, and for K maps with no write to the map between the two.
 */
#include <errno.h>
#include <string.h>

#include "lang/ast_dump.h"
#include "lang/split_priv.h"

struct tabler {
	struct split *sp;
	struct split_inst *si;
	struct plan_table *t;
	struct vec cols, bits;
	struct diag_list *diags;
	u16 probe_col;			/* 0: none */
	bool failed;
};

static const char *text_of(struct tabler *tb, const struct node *n)
{
	struct buf b;
	char *s;

	buf_init(&b, 1 << 16);
	expr_print(n, &b);
	s = arena_dup(tb->sp->arena, b.data ? (const char *)b.data : "", b.len);
	buf_fini(&b);
	if (!s)
		tb->failed = true;
	return s ? s : "";
}

static bool is_decided(const struct split_inst *si, const struct node *branch)
{
	u8 f = si->flags[branch->id];

	return (f & NF_DECIDED) && (f & NF_SLICE);
}

static bool in_kernel_loop(const struct split_inst *si, const struct node *n)
{
	for (struct guard *g = si->guards[n->id]; g; g = g->next) {
		if (g->branch && node_is_loop(g->branch) && is_decided(si, g->branch))
			return true;
	}
	return false;
}

/* ---- path conditions as text ---- */

static void put_guard(struct tabler *tb, const struct guard *g, struct buf *out)
{
	const char *cond = text_of(tb, branch_cond(g->branch));
	bool is_negated = g->side == 0 ||
			  (g->branch->kind == NODE_LOGIC && g->branch->binary.op == OP_LOR);

	if (out->len)
		buf_puts(out, " && ");
	buf_printf(out, is_negated ? "!(%s)" : "%s", cond);
}

static void put_guards(struct tabler *tb, const struct guard *g, struct buf *out)
{
	if (!g)
		return;
	put_guards(tb, g->next, out); /* outermost first */
	if (g->branch && g->side >= 0 && branch_cond(g->branch) && is_decided(tb->si, g->branch) &&
	    !node_is_loop(g->branch))
		put_guard(tb, g, out);
}

static const char *path_condition(struct tabler *tb, const struct node *n)
{
	const char *text = NULL;
	struct buf b;

	buf_init(&b, 1 << 14);
	put_guards(tb, tb->si->guards[n->id], &b);
	if (b.len)
		text = arena_dup(tb->sp->arena, b.data, b.len);
	buf_fini(&b);
	return text;
}

/* ---- columns ---- */

static bool node_writes(const struct node *n, const struct map_info *map)
{
	const struct node *m = node_written_map(n);

	return m && m->map.info == map;
}

/* May the leaf share a column with another of the same text, captured at node id @first? */
static bool is_shareable(struct tabler *tb, const struct node *n, u32 first)
{
	struct node *op;

	if (in_kernel_loop(tb->si, n) && leaf_kind_of(tb->sp, n) != LEAF_FIRING)
		return false;
	switch (leaf_kind_of(tb->sp, n)) {
	case LEAF_FIRING:
		return true;
	case LEAF_READ:
	case LEAF_KMAP:
		break;
	default:
		return false;
	}
	if (n->kind == NODE_INCDEC || n->kind == NODE_CALL)
		if (n->kind == NODE_INCDEC || n->call.b->cls == BC_MAP)
			return false;
	for (int i = 0; (op = leaf_operand(n, i)); i++) {
		if (!leaf_is_constant(op))
			return false;
	}
	for (u32 i = first; n->kind == NODE_MAP && i <= n->id; i++) {
		if (node_writes(tb->si->inst->nodes[i], n->map.info))
			return false;
	}
	return true;
}

static bool is_negation(const char *a, const char *b)
{
	size_t n = strlen(b);

	return a[0] == '!' && a[1] == '(' && strlen(a) == n + 3 && !strncmp(a + 2, b, n);
}

/*
 * Captured where either holds; NULL: always.  One of them again, or the other side of an if, adds
 * nothing.
 */
static const char *join_conditions(struct tabler *tb, const char *a, const char *b)
{
	const char *s;

	if (!a || !b || is_negation(a, b) || is_negation(b, a))
		return NULL;
	if (!strcmp(a, b))
		return a;
	s = arena_printf(tb->sp->arena, "(%s) || (%s)", a, b);
	return s ? s : a;
}

static struct plan_col *find_col(struct tabler *tb, const struct node *n, const char *leaf)
{
	for (size_t i = COL_FIXED_CNT; i < tb->cols.n; i++) {
		struct plan_col *c = vec_get(&tb->cols, struct plan_col, i);

		if (c->role == COL_LEAF && !c->is_list && !strcmp(c->leaf, leaf) &&
		    is_shareable(tb, n, c->node))
			return c;
	}
	return NULL;
}

static struct plan_col *new_col(struct tabler *tb, enum col_role role, const struct node *n)
{
	struct plan_col *c = vec_push(&tb->cols);

	if (!c) {
		tb->failed = true;
		return NULL;
	}
	c->idx = tb->cols.n - 1;
	c->role = role;
	c->span = n->span;
	c->node = n->id;
	return c;
}

static const struct type *col_type(struct tabler *tb, const struct node *n)
{
	if (n->kind == NODE_CALL && n->call.b->id == BI_JOIN)
		return type_str(tb->sp->arena, tb->sp->prog->max_strlen);
	if (n->kind == NODE_BUILTIN && n->builtin.b->id == BI_PROBE)
		return &type_u32;
	if (n->type && n->type->kind == TYPE_AGG)
		return n->type->is_signed ? &type_s64 : &type_u64;
	return n->type ? n->type : &type_s64;
}

/* -2: a constant, without a column. */
static int fixed_col(const struct tabler *tb, const struct node *n)
{
	if (n->kind != NODE_BUILTIN || n->builtin.b->id != BI_PROBE)
		return leaf_fixed_col(n);
	if (tb->si->inst->probe_cnt == 1)
		return -2;
	return tb->probe_col ? tb->probe_col : -1;
}

static void add_leaf(struct tabler *tb, struct node *n)
{
	int fixed = fixed_col(tb, n);
	const char *leaf, *cond;
	struct plan_col *c;

	if (fixed != -1) {
		tb->t->notes[n->id].col = fixed < 0 ? -1 : fixed;
		return;
	}
	leaf = text_of(tb, n);
	cond = path_condition(tb, n);
	c = find_col(tb, n, leaf);
	if (c) {
		c->cond = join_conditions(tb, c->cond, cond);
	} else {
		c = new_col(tb, COL_LEAF, n);
		if (!c)
			return;
		c->leaf = leaf;
		c->cond = cond;
		c->type = col_type(tb, n);
		c->can_fault = leaf_kind_of(tb->sp, n) == LEAF_READ && !type_is_stack(c->type);
		c->is_list = (n->kind == NODE_CALL && n->call.b->id == BI_JOIN) ||
			     (leaf_kind_of(tb->sp, n) != LEAF_FIRING && in_kernel_loop(tb->si, n));
	}
	tb->t->notes[n->id].col = c->idx;
}

static void add_branch_col(struct tabler *tb, struct node *n, enum col_role role)
{
	struct plan_col *c = new_col(tb, role, n);

	if (!c)
		return;
	c->leaf = role == COL_TRIPS ? "trips" : "path";
	c->type = role == COL_TRIPS ? &type_u32 : &type_bool;
	c->is_list = in_kernel_loop(tb->si, n);
	c->cond = path_condition(tb, n);
	if (role == COL_TRIPS) {
		tb->t->notes[n->id].trips_col = c->idx;
	} else {
		tb->t->notes[n->id].bit = c->idx;
		tb->t->notes[n->id].bit_is_col = true;
	}
}

static void add_bit(struct tabler *tb, struct node *n)
{
	struct plan_bit *b;

	if (tb->bits.n == PLAN_BITS_MAX) {
		diag_error(tb->diags, n->span,
			   "more than %d conditions of one clause are decided in the kernel",
			   PLAN_BITS_MAX);
		return;
	}
	b = vec_push(&tb->bits);
	if (!b) {
		tb->failed = true;
		return;
	}
	b->idx = tb->bits.n - 1;
	b->span = n->span;
	b->node = n->id;
	b->text = text_of(tb, branch_cond(n));
	tb->t->notes[n->id].bit = b->idx;
}

static void add_branch(struct tabler *tb, struct node *n)
{
	if (!is_decided(tb->si, n) || !(tb->si->flags[n->id] & NF_ANALYSIS))
		return;
	if (node_is_loop(n))
		add_branch_col(tb, n, COL_TRIPS);
	else if (in_kernel_loop(tb->si, n))
		add_branch_col(tb, n, COL_PATH_LIST);
	else
		add_bit(tb, n);
}

static void add_fixed(struct tabler *tb)
{
	static const struct {
		const char *name, *leaf;
		const struct type *type;
	} fixed[COL_FIXED_CNT] = {
		[COL_TS] = { "ts", "nsecs", &type_u64 },
		[COL_CPU] = { "cpu", "cpu", &type_u32 },
		[COL_PID] = { "pid", "pid", &type_u32 },
		[COL_TID] = { "tid", "tid", &type_u32 },
	};

	for (int i = 0; i < COL_FIXED_CNT; i++) {
		struct plan_col *c = vec_push(&tb->cols);

		if (!c) {
			tb->failed = true;
			return;
		}
		*c = (struct plan_col){ .idx = i,
					.name = fixed[i].name,
					.leaf = fixed[i].leaf,
					.type = fixed[i].type };
	}
}

static bool sends_rows(const struct split_inst *si)
{
	bool sends = si->deferred_pred;

	for (u32 i = 0; i < si->inst->node_cnt; i++)
		sends |= si->flags[i] & NF_EMITS;
	return sends;
}

/*
 * A row of a clause with several probes says of which one it is, whether the script asks or not:
 * another script may name only one of them.  It is no node's column: plan.h (7).
 */
static void add_probe(struct tabler *tb)
{
	struct plan_col *c;

	if (tb->si->inst->probe_cnt < 2 || !sends_rows(tb->si))
		return;
	c = vec_push(&tb->cols);
	if (!c) {
		tb->failed = true;
		return;
	}
	*c = (struct plan_col){ .idx = tb->cols.n - 1,
				.role = COL_LEAF,
				.leaf = "probe",
				.type = &type_u32,
				.node = PLAN_NO_NODE };
	tb->probe_col = c->idx;
}

static void fill_note(struct tabler *tb, struct node *n)
{
	struct node_note *note = &tb->t->notes[n->id];
	u8 f = tb->si->flags[n->id];

	*note = (struct node_note){ .col = -1, .bit = -1, .trips_col = -1 };
	note->in_slice = f & NF_SLICE;
	note->in_analysis = f & NF_ANALYSIS;
	note->emits = f & NF_EMITS;
	note->is_deferred = (f & NF_DEFERRED) && !is_decided(tb->si, n);
	if (f & NF_COL)
		add_leaf(tb, n);
	if (node_is_branch(n))
		add_branch(tb, n);
}

static const char *table_filter(struct tabler *tb)
{
	struct node *pred = tb->si->inst->pred;

	if (!pred)
		return NULL;
	tb->t->notes[pred->id].is_deferred = tb->si->pred_deferred;
	if (tb->si->pred_deferred)
		tb->t->notes[pred->id].in_analysis = true;
	return tb->si->pred_deferred ? NULL : text_of(tb, pred);
}

static void table_exit(struct plan_table *t, const struct node *n)
{
	const struct node *code = n->call.args;

	t->exits = true;
	t->exit_code = code && code->kind == NODE_INT ? code->integer.val : 0;
}

static void table_summary(struct tabler *tb)
{
	const struct split_inst *si = tb->si;

	for (u32 i = 0; i < si->inst->node_cnt; i++) {
		const struct node *n = si->inst->nodes[i];

		tb->t->emits |= tb->t->notes[i].emits;
		if (node_is_exit(n) && !si->guards[i] && !tb->t->exits)
			table_exit(tb->t, n);
	}
	if (si->deferred_pred) /* every firing is a row */
		tb->t->emits = tb->t->notes[si->deferred_pred->id].emits = true;
	tb->t->runs_in_kernel = !si->is_end && !tb->sp->is_offline &&
				(!si->is_begin || si->touches_kernel);
	tb->t->exits &= si->is_end || (si->is_begin && !tb->t->runs_in_kernel);
}

static void *vec_to_arena(struct tabler *tb, struct vec *v)
{
	void *p = v->n ? arena_dup(tb->sp->arena, v->items, v->n * v->item_sz) : NULL;

	if (v->n && !p)
		tb->failed = true;
	return p;
}

static void table_build(struct tabler *tb)
{
	struct inst *inst = tb->si->inst;

	tb->t->inst = inst;
	tb->t->idx = inst->idx;
	tb->t->source = UINT32_MAX;
	tb->t->probes = inst->probes;
	tb->t->probe_cnt = inst->probe_cnt;
	tb->t->all_probes = true;
	tb->t->notes = arena_new_n(tb->sp->arena, struct node_note, inst->node_cnt + 1);
	if (!tb->t->notes) {
		tb->failed = true;
		return;
	}
	add_fixed(tb);
	add_probe(tb);
	for (u32 i = 0; i < inst->node_cnt && !tb->failed; i++)
		fill_note(tb, inst->nodes[i]);
	tb->t->filter = table_filter(tb);
	table_summary(tb);
	tb->t->cols = vec_to_arena(tb, &tb->cols);
	tb->t->col_cnt = tb->cols.n;
	tb->t->bits = vec_to_arena(tb, &tb->bits);
	tb->t->bit_cnt = tb->bits.n;
}

int split_tables(struct split *sp, struct plan *plan)
{
	for (u32 i = 0; i < sp->prog->inst_cnt; i++) {
		struct tabler tb = { sp, &sp->insts[i], &plan->tables[i], .diags = sp->diags };

		vec_init(&tb.cols, sizeof(struct plan_col), 4096);
		vec_init(&tb.bits, sizeof(struct plan_bit), PLAN_BITS_MAX);
		table_build(&tb);
		vec_fini(&tb.cols);
		vec_fini(&tb.bits);
		if (tb.failed || plan_name_columns(sp, tb.t))
			return -ENOMEM;
	}
	return plan_name_tables(sp, plan);
}
