/*
 * lang/split_mark.c -- one pass of marking: who evaluates which node.
 *
 * Three things survive from pass to pass and only grow: maps that are K, maps that cannot be
 * (forced_by), and branches that the kernel decides.  A pass starts from the effects of every
 * clause and marks what they need:
 *
 *   effects of the analysis (printf, writes to T maps)  need their operands computed by the
 *   analyzer; a leaf there is
 *       captured, and the leaf's operands are needed by the kernel;
 *   effects of the slice (writes to K maps, exit)       need their operands evaluated by the
 *   kernel.
 *
 * Rules by which a branch becomes the kernel's, with the letters of the split's definition:
 *   (a) the predicate;  (d) it guards a memory read, a kernel action or a K write;
 *   (e) it guards an effect of the analysis and reads no map that is not K already.
 * Where the kernel cannot evaluate a condition, the analyzer does (deferred) and K writes under it
 * are impossible: the map is forced to T and the passes start over.
 */
#include <errno.h>

#include "lang/split_priv.h"

static void mark_slice(struct split *sp, struct split_inst *si, struct node *n);
static void mark_analysis(struct split *sp, struct split_inst *si, struct node *n);
static void slice_effect(struct split *sp, struct split_inst *si, struct node *n);
static void analysis_effect(struct split *sp, struct split_inst *si, struct node *n, bool emits);

struct mark {
	struct split *sp;
	struct split_inst *si;
};

static void slice_child(void *ctx, struct node *n)
{
	struct mark *m = ctx;

	mark_slice(m->sp, m->si, n);
}

static void analysis_child(void *ctx, struct node *n)
{
	struct mark *m = ctx;

	mark_analysis(m->sp, m->si, n);
}

/* ---- maps ---- */

static void make_k(struct split *sp, struct node *map)
{
	struct split_map *m = &sp->maps[map->map.info->idx];
	u32 line, col;

	if (m->cls == MAP_K)
		return;
	if (m->forced_by) {
		if (sp->is_last_pass) {
			struct diag *d = diag_error(sp->diags, map->span,
						    "the kernel needs %s here and cannot have it",
						    map->map.info->name);

			diag_note(sp->diags, m->forced_by->span, "%s", m->forced_why);
			diag_hint(sp->diags, d,
				  "compute the address or the condition of the action from "
				  "values that the kernel can evaluate");
		}
		return;
	}
	source_place(sp->prog->src, map->span.off, &line, &col);
	m->cls = MAP_K;
	m->need = map->span;
	m->why = arena_printf(sp->arena, "the slice reads it at %u:%u", line, col);
	sp->changed = true;
}

static void force_t(struct split *sp, struct node *map, const struct node *by, const char *why)
{
	struct split_map *m = &sp->maps[map->map.info->idx];

	if (m->forced_by)
		return;
	m->forced_by = by;
	m->forced_why = why;
	m->cls = MAP_T;
	sp->changed = true;
}

/* ---- guards ---- */

static bool is_decided(const struct split_inst *si, const struct guard *g)
{
	return g->branch ? si->flags[g->branch->id] & NF_DECIDED : si->pred_decided;
}

/* What a loop over a range evaluates once, before its first round. */
static void each_bound(const struct node *loop, void (*fn)(void *ctx, struct node *n), void *ctx)
{
	struct node *parts[] = { loop->loop.lo, loop->loop.hi };

	for (size_t i = 0; i < countof(parts); i++) {
		if (parts[i])
			fn(ctx, parts[i]);
	}
}

static void set_decided(struct split *sp, struct split_inst *si, const struct guard *g)
{
	if (!is_decided(si, g))
		sp->changed = true;
	if (!g->branch) {
		si->pred_decided = true;
		return;
	}
	si->flags[g->branch->id] |= NF_DECIDED | NF_SLICE;
	if (node_is_loop(g->branch))
		each_bound(g->branch, slice_child, &(struct mark){ sp, si });
}

/* The kernel has to decide this branch: (a) and (d).  false: it cannot. */
static bool need_guard(struct split *sp, struct split_inst *si, const struct guard *g)
{
	struct node *cond = split_guard_cond(si, g);

	if (cond && !split_can_eval(sp, si, cond, NULL))
		return false;
	if (g->branch && g->branch->kind == NODE_FOR_MAP)
		return false;
	set_decided(sp, si, g);
	if (cond)
		mark_slice(sp, si, cond);
	return true;
}

static bool need_guards_of(struct split *sp, struct split_inst *si, const struct node *n)
{
	bool ok = true;

	for (struct guard *g = si->guards[n->id]; g; g = g->next)
		ok &= need_guard(sp, si, g);
	return ok;
}

static bool is_in_open_loop(const struct split_inst *si, const struct guard *g)
{
	for (; g; g = g->next) {
		if (g->branch && node_is_loop(g->branch) && !is_decided(si, g))
			return true;
	}
	return false;
}

/* (e): a branch that decides whether the analysis reaches an effect. */
static bool may_decide(struct split *sp, struct split_inst *si, const struct guard *g)
{
	struct node *cond = split_guard_cond(si, g);

	if (si->is_begin || sp->is_offline)
		return false;
	if (!g->branch) /* (a) */
		return split_can_eval(sp, si, cond, NULL);
	if (g->branch == si->deferred_pred || node_is_loop(g->branch) ||
	    is_in_open_loop(si, g->next))
		return false;
	return split_can_eval(sp, si, cond, NULL) && !split_reads_t_map(sp, si, cond);
}

/* The analyzer goes over the map; of a K map the recorder takes a snapshot, as for print(). */
static void for_map_effect(struct split *sp, struct split_inst *si, const struct node *loop)
{
	const struct node *map = loop->loop.map;

	si->flags[map->id] |= NF_ANALYSIS;
	if (si->is_end || sp->maps[map->map.info->idx].cls != MAP_K)
		return;
	si->flags[loop->id] |= NF_SLICE;
	si->touches_kernel = true;
}

static void defer_guard(struct split *sp, struct split_inst *si, const struct guard *g)
{
	struct node *cond = split_guard_cond(si, g);

	if (g->branch)
		si->flags[g->branch->id] |= NF_DEFERRED;
	else
		si->pred_deferred = true;
	if (cond)
		mark_analysis(sp, si, cond);
	if (g->branch && node_is_loop(g->branch))
		each_bound(g->branch, analysis_child, &(struct mark){ sp, si });
	if (g->branch && g->branch->kind == NODE_FOR_MAP)
		for_map_effect(sp, si, g->branch);
}

static void analysis_guards(struct split *sp, struct split_inst *si, const struct node *n)
{
	for (struct guard *g = si->guards[n->id]; g; g = g->next) {
		if (g->branch && !node_is_stmt(g->branch))
			continue; /* expressions decide in mark_analysis */
		if (g->branch)
			si->flags[g->branch->id] |= NF_ANALYSIS;
		if (is_decided(si, g) || may_decide(sp, si, g))
			need_guard(sp, si, g);
		else
			defer_guard(sp, si, g);
	}
}

/* ---- values ---- */

static void slice_var(struct split *sp, struct split_inst *si, const struct var_info *v)
{
	struct vec *defs = &si->defs[v->idx];

	for (size_t i = 0; i < defs->n; i++)
		slice_effect(sp, si, *vec_get(defs, struct node *, i));
}

/* The kernel evaluates this node. */
static void mark_slice(struct split *sp, struct split_inst *si, struct node *n)
{
	struct mark m = { sp, si };

	/* deciding a ternary or a logic marks it too, but not what it chooses from */
	if (si->flags[n->id] & (node_is_stmt(n) || !node_is_branch(n) ? NF_SLICE : NF_VALUE))
		return;
	si->flags[n->id] |= NF_SLICE | NF_VALUE;
	if (n->kind == NODE_MAP)
		make_k(sp, n);
	if (n->kind == NODE_VAR && n->var.info)
		slice_var(sp, si, n->var.info);
	if (leaf_kind_of(sp, n) == LEAF_READ || leaf_needs_kernel(n))
		si->touches_kernel = true;
	node_each_child(n, slice_child, &m);
}

/* A statement or node with an effect that the kernel must have. */
static void slice_effect(struct split *sp, struct split_inst *si, struct node *n)
{
	struct mark m = { sp, si };
	struct node *map = node_written_map(n);
	const struct node *blame = NULL;

	if (si->flags[n->id] & NF_SLICE)
		return;
	if (node_is_loop(n)) {
		need_guard(sp, si, &(struct guard){ n, 1, NULL });
		need_guards_of(sp, si, n);
		return;
	}
	if (map && !split_can_eval(sp, si, n, &blame)) {
		if (blame && blame != map)
			force_t(sp, map, blame,
				"the kernel cannot evaluate this, which is written to the map");
		return;
	}
	if (!need_guards_of(sp, si, n) && map) {
		force_t(sp, map, n,
			"it is written here, under a condition that only the analyzer can decide");
		return;
	}
	si->flags[n->id] |= NF_SLICE;
	if (map)
		si->touches_kernel = true;
	if (n->kind == NODE_ASSIGN && map) { /* the target is written, not read */
		mark_slice(sp, si, n->assign.rhs);
		if (n->assign.op != OP_NONE)
			make_k(sp, map);
		if (map->map.key)
			mark_slice(sp, si, map->map.key);
		si->flags[map->id] |= NF_SLICE;
		return;
	}
	node_each_child(n, slice_child, &m);
}

static void analysis_var(struct split *sp, struct split_inst *si, const struct var_info *v)
{
	struct vec *defs = &si->defs[v->idx];

	for (size_t i = 0; i < defs->n; i++)
		analysis_effect(sp, si, *vec_get(defs, struct node *, i), false);
}

/* The kernel runs no loop over a map: what a leaf there is found by cannot come out of one. */
static bool needs_for_map(struct split *sp, struct split_inst *si, struct node *n,
			  enum leaf_kind kind, struct node *op)
{
	const struct node *blame = NULL;
	struct diag *d;

	if (split_can_eval(sp, si, op, &blame) || !blame || blame->kind != NODE_FOR_MAP)
		return false;
	if (kind == LEAF_KMAP) {
		struct node *map = n->kind == NODE_MAP ? n : node_written_map(n);

		force_t(sp, map ? map : n->call.args, blame,
			"its key comes from a loop over a map, which only the analyzer runs");
		return true;
	}
	if (sp->is_last_pass) {
		d = diag_error(sp->diags, n->span, "the kernel has to read this, and cannot know "
			       "the address: a loop over a map is run by the analyzer");
		diag_note(sp->diags, blame->span, "this loop");
		diag_hint(sp->diags, d, "keep in the map what is read, not where it is");
	}
	return true;
}

static void mark_leaf(struct split *sp, struct split_inst *si, struct node *n, enum leaf_kind kind)
{
	struct node *op;

	for (int i = 0; (op = leaf_operand(n, i)); i++)
		if (needs_for_map(sp, si, n, kind, op))
			return;
	if (si->is_end && kind == LEAF_READ) {
		if (sp->is_last_pass)
			diag_error(sp->diags, n->span,
				   "%s in END: everything is detached by then",
				   type_is_stack(n->type) ? "no stack or symbol can be had" :
							    "memory cannot be read");
		return;
	}
	si->flags[n->id] |= NF_COL;
	if (kind == LEAF_READ || kind == LEAF_KMAP) {
		si->touches_kernel = true;
		need_guards_of(sp, si, n);
	}
	if (kind == LEAF_KMAP && n->kind != NODE_MAP)
		slice_effect(sp, si, n);
	if (leaf_needs_kernel(n))
		si->touches_kernel = true;
	for (int i = 0; (op = leaf_operand(n, i)); i++)
		mark_slice(sp, si, op);
}

/*
 * A branch inside an expression: the kernel's if something below needs that, else the analyzer's.
 */
static void mark_expr_branch(struct split *sp, struct split_inst *si, struct node *n)
{
	struct guard g = { n, 1, NULL };

	if (n->kind == NODE_LOGIC) {
		mark_analysis(sp, si, n->binary.r);
	} else {
		/* without a middle (a ?: b) the condition is the value too */
		mark_analysis(sp, si, n->branch.then ? n->branch.then : n->branch.cond);
		mark_analysis(sp, si, n->branch.els);
	}
	if (is_decided(si, &g))
		need_guard(sp, si, &g);
	else
		defer_guard(sp, si, &g);
}

/* The analyzer evaluates this node. */
static void mark_analysis(struct split *sp, struct split_inst *si, struct node *n)
{
	struct mark m = { sp, si };
	enum leaf_kind kind = leaf_kind_of(sp, n);

	if (si->is_end && kind == LEAF_KMAP)
		kind = LEAF_NONE; /* END finds the K maps loaded as the runtime's own */
	if (si->flags[n->id] & NF_ANALYSIS)
		return;
	si->flags[n->id] |= NF_ANALYSIS;
	if (kind != LEAF_NONE) {
		mark_leaf(sp, si, n, kind);
		return;
	}
	if (n->kind == NODE_VAR && n->var.info)
		analysis_var(sp, si, n->var.info);
	if (n->kind == NODE_TERNARY || n->kind == NODE_LOGIC)
		mark_expr_branch(sp, si, n);
	else if (!node_names_map(sp->prog, n))
		node_each_child(n, analysis_child, &m);
	else if (n->call.args->map.key) /* print(@m[k]): the map is not read here, the key is */
		mark_analysis(sp, si, n->call.args->map.key);
}

/* Everything up to the statement around a node is the analyzer's too. */
static struct node *enclosing_stmt(struct split_inst *si, struct node *n)
{
	struct node *p = n;

	while (p && !node_is_stmt(p))
		p = si->parent[p->id];
	return p;
}

/* What a statement computes; the target of an assignment is written, so only its key is. */
static void mark_parts(struct split *sp, struct split_inst *si, struct node *stmt)
{
	struct mark m = { sp, si };
	struct node *lhs = stmt->kind == NODE_ASSIGN ? stmt->assign.lhs : NULL;

	if (!lhs) {
		node_each_child(stmt, analysis_child, &m);
		return;
	}
	mark_analysis(sp, si, stmt->assign.rhs);
	if (lhs->kind == NODE_MAP && lhs->map.key)
		mark_analysis(sp, si, lhs->map.key);
	else if (lhs->kind == NODE_VAR && stmt->assign.op != OP_NONE)
		mark_analysis(sp, si, lhs);
}

static void mark_stmt(struct split *sp, struct split_inst *si, struct node *stmt, struct node *from)
{
	struct node *top = from;

	if (!stmt || node_is_branch(stmt)) { /* inside a condition or the predicate: all of that */
		while (si->parent[top->id] && si->parent[top->id] != stmt)
			top = si->parent[top->id];
		mark_analysis(sp, si, top);
	} else if (!(si->flags[stmt->id] & NF_ANALYSIS)) {
		si->flags[stmt->id] |= NF_ANALYSIS;
		mark_parts(sp, si, stmt);
	}
	for (struct node *p = stmt; p; p = si->parent[p->id])
		si->flags[p->id] |= NF_ANALYSIS;
}

/* A node with an effect that the analyzer has (or an assignment whose variable it reads). */
static void analysis_effect(struct split *sp, struct split_inst *si, struct node *n, bool emits)
{
	u8 *f = &si->flags[n->id];
	bool seen = (*f & NF_ANALYSIS) && (!emits || (*f & NF_EMITS));

	if (seen)
		return;
	if (emits)
		*f |= NF_EMITS;
	if (node_is_loop(n)) { /* the definition of its own variable */
		*f |= NF_ANALYSIS;
		analysis_guards(sp, si, n);
		if (is_decided(si, &(struct guard){ n, 1, NULL }))
			need_guard(sp, si, &(struct guard){ n, 1, NULL });
		else
			defer_guard(sp, si, &(struct guard){ n, 1, NULL });
		return;
	}
	mark_stmt(sp, si, enclosing_stmt(si, n), n);
	*f |= NF_ANALYSIS;
	analysis_guards(sp, si, n);
}

/* ---- effects of a clause ---- */

bool split_is_own_value(const struct node *n)
{
	if (n->kind == NODE_INT || n->kind == NODE_STR)
		return true;
	if (n->kind != NODE_BUILTIN)
		return false;
	switch (n->builtin.b->id) {
	case BI_PID:
	case BI_TID:
	case BI_UID:
	case BI_GID:
	case BI_COMM:
	case BI_CPID:
	case BI_NSECS:
	case BI_ELAPSED:
		return true;
	default:
		return false;
	}
}

/* exit() in BEGIN and END: with a constant.  In END the analyzer finds the code. */
bool split_is_own_action(const struct split_inst *si, const struct node *n)
{
	if (n->call.b->id == BI_DEBUGF)
		return false; /* the kernel prints it */
	if (n->call.b->id == BI_EXIT)
		return si->is_end || (!si->guards[n->id] &&
				      (!n->call.args || n->call.args->kind == NODE_INT));
	for (const struct node *arg = n->call.args; arg; arg = arg->next) {
		if (!split_is_own_value(arg))
			return false;
	}
	return !si->guards[n->id] && !si->parent[si->parent[n->id]->id];
}

static void kernel_action(struct split *sp, struct split_inst *si, struct node *n)
{
	if (si->is_end && !split_is_own_action(si, n)) {
		if (sp->is_last_pass)
			diag_error(sp->diags, n->span,
				   "%s() in END takes only constants and what the recorder knows "
				   "of itself, under no condition",
				   n->call.name);
		return;
	}
	if (!sp->is_offline && !si->is_end) {
		if (!split_can_eval(sp, si, n, NULL) || !need_guards_of(sp, si, n)) {
			if (sp->is_last_pass)
				diag_error(sp->diags, n->span,
					   "%s() is done at record time, but the kernel cannot "
					   "evaluate a condition or argument of it",
					   n->call.name);
			return;
		}
		slice_effect(sp, si, n);
		si->touches_kernel |= !split_is_own_action(si, n);
	}
	analysis_effect(sp, si, n, true);
}

static void map_effect(struct split *sp, struct split_inst *si, struct node *n, struct node *map)
{
	bool is_k = sp->maps[map->map.info->idx].cls == MAP_K && !si->is_end;
	bool is_action = n->kind == NODE_CALL && n->call.b->cls == BC_ACTION;

	if (is_k)
		slice_effect(sp, si, n);
	if (!is_k || is_action)
		analysis_effect(sp, si, n, true);
}

/* print() of a K map is done twice: the recorder takes a snapshot, the analyzer prints it. */
static void action_effect(struct split *sp, struct split_inst *si, struct node *n)
{
	const struct map_info *map = n->call.action >= 0 ? sp->prog->actions[n->call.action]->map :
							   NULL;

	if (map && sp->maps[map->idx].cls == MAP_K && !si->is_end)
		slice_effect(sp, si, n);
	analysis_effect(sp, si, n, true);
}

static void mark_control(struct split *sp, struct split_inst *si, struct node *n)
{
	bool all_decided = !sp->is_offline && !si->is_end;

	for (struct guard *g = si->guards[n->id]; g; g = g->next)
		all_decided &= is_decided(si, g);
	if (all_decided)
		si->flags[n->id] |= NF_SLICE;
	for (struct node *p = n; p; p = si->parent[p->id])
		si->flags[p->id] |= NF_ANALYSIS; /* it follows, by bit or by itself */
	for (struct guard *g = si->guards[n->id]; g; g = g->next) {
		if (is_decided(si, g))
			need_guard(sp, si, g);
		else if (g->branch && node_is_stmt(g->branch))
			defer_guard(sp, si, g);
	}
}

static void mark_node(struct split *sp, struct split_inst *si, struct node *n)
{
	struct node *map = node_written_map(n);
	const struct builtin *b = n->kind == NODE_CALL ? n->call.b : NULL;

	if (map)
		map_effect(sp, si, n, map);
	else if (b && b->cls == BC_KERNEL_ACTION)
		kernel_action(sp, si, n);
	else if (b && b->cls == BC_ACTION)
		action_effect(sp, si, n);
	else if (n->kind == NODE_RETURN || n->kind == NODE_BREAK || n->kind == NODE_CONTINUE)
		mark_control(sp, si, n);
}

static void mark_predicate(struct split *sp, struct split_inst *si)
{
	struct guard g = { NULL, 1, NULL };

	if (!si->inst->pred)
		return;
	if (si->pred_decided || (!sp->is_offline && !si->is_end && may_decide(sp, si, &g)))
		need_guard(sp, si, &g);
	else
		defer_guard(sp, si, &g);
}

void split_pass(struct split *sp)
{
	sp->changed = false;
	for (u32 i = 0; i < sp->prog->inst_cnt; i++) {
		struct split_inst *si = &sp->insts[i];

		si->touches_kernel = sp->is_tried && si->is_begin; /* all: they keep their order */
		for (u32 k = 0; k < si->inst->node_cnt; k++)
			si->flags[k] &= NF_DECIDED;
		mark_predicate(sp, si);
		for (u32 k = 0; k < si->inst->node_cnt; k++)
			mark_node(sp, si, si->inst->nodes[k]);
	}
}
