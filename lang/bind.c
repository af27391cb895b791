/*
 * lang/bind.c -- notes for the script that made the tape, from the tape's own plan.
 *
 * Nothing is split again: a leaf is looked up by its place and text, a branch by its place.  What
 * the plan has no column for was the kernel's business (writes to K maps, addresses, guards) and is
 * not run.  So a tape made by another splitter is evaluated as that one decided.
 */
#include <errno.h>
#include <string.h>

#include "lang/ast_dump.h"
#include "lang/bind_priv.h"

const char *bind_text(struct bind *b, const struct node *n)
{
	struct buf out;

	if (b->texts[n->id])
		return b->texts[n->id];
	buf_init(&out, 1 << 16);
	expr_print(n, &out);
	b->texts[n->id] = arena_dup(b->prog->arena, out.len ? (const char *)out.data : "", out.len);
	buf_fini(&out);
	if (!b->texts[n->id]) {
		b->failed = true;
		return "";
	}
	return b->texts[n->id];
}

int bind_notes(struct bind *b)
{
	struct arena *a = b->prog->arena;
	u32 n = b->inst->node_cnt;

	b->t->notes = arena_new_n(a, struct node_note, n + 1);
	b->texts = arena_new_n(a, const char *, n + 1);
	if (!b->t->notes || !b->texts)
		return -ENOMEM;
	for (u32 i = 0; i < n; i++)
		b->t->notes[i] = (struct node_note){ .col = -1, .bit = -1, .trips_col = -1 };
	return 0;
}

static bool is_probe(const struct node *n)
{
	return n->kind == NODE_BUILTIN && n->builtin.b->id == BI_PROBE;
}

/* -2: a constant, of the script or of the table that answers. */
static int probe_col(const struct bind *b)
{
	u32 here = b->inst->probe_cnt, there = b->src ? b->src->probe_cnt : here;

	return here == 1 || there == 1 ? -2 : -1;
}

static bool same_span(struct span a, struct span b)
{
	return a.off == b.off && a.len == b.len;
}

/*
 * By place if the plan has the place; else the last column before it with the same text, which is
 * the one the leaf was merged into.
 */
int bind_find_col(struct bind *b, const struct node *n)
{
	const char *text = bind_text(b, n);
	int best = -1;

	for (u32 i = COL_FIXED_CNT; b->t->cols && i < b->t->col_cnt; i++) {
		const struct plan_col *c = &b->t->cols[i];

		if ((c->role != COL_LEAF && c->role != COL_TASK) || strcmp(c->leaf, text))
			continue;
		if (b->by_span && same_span(c->span, n->span))
			return i;
		if (c->is_list && !(n->kind == NODE_CALL && n->call.b->id == BI_JOIN))
			continue; /* its elements belong to one node */
		if (!b->by_span || c->span.off <= n->span.off || best < 0)
			best = best < 0 || b->by_span ? (int)i : best;
	}
	return best;
}

static bool bind_leaf(struct bind *b, struct node *n)
{
	struct node_note *note = &b->t->notes[n->id];
	int fixed = is_probe(n) ? probe_col(b) : leaf_fixed_col(n);

	note->in_analysis = true;
	if (fixed == -2)
		return true;
	note->col = fixed >= 0 ? fixed : bind_find_col(b, n);
	note->in_analysis = note->col >= 0;
	if (note->col < 0 && b->missing)
		b->missing[n->id] = 1;
	return note->in_analysis;
}

static int find_role(const struct bind *b, const struct node *n, enum col_role role)
{
	for (u32 i = COL_FIXED_CNT; b->by_span && i < b->t->col_cnt; i++) {
		if (b->t->cols[i].role == role && same_span(b->t->cols[i].span, n->span))
			return i;
	}
	return -1;
}

/* Give a branch its bit; false: the analyzer decides it. */
static bool bind_branch(struct bind *b, struct node *n)
{
	struct node_note *note = &b->t->notes[n->id];

	if (!b->by_span)
		return false;
	note->trips_col = node_is_loop(n) ? find_role(b, n, COL_TRIPS) : -1;
	if (note->trips_col >= 0)
		return true;
	note->bit = find_role(b, n, COL_PATH_LIST);
	if (note->bit >= 0) {
		note->bit_is_col = true;
		return true;
	}
	for (u32 i = 0; i < b->t->bit_cnt; i++) {
		if (same_span(b->t->bits[i].span, n->span)) {
			note->bit = b->t->bits[i].idx;
			return true;
		}
	}
	return false;
}

struct below {
	struct bind *b;
	bool complete;
};

static void bind_child(void *ctx, struct node *n)
{
	struct below *w = ctx;

	w->complete &= bind_node(w->b, n);
}

static bool bind_children(struct bind *b, struct node *n)
{
	struct below w = { b, true };

	node_each_child(n, bind_child, &w);
	return w.complete;
}

/*
 * A condition that the kernel decided is evaluated again only for what it does to the analyzer's
 * state.
 */
static void bind_decided_cond(struct bind *b, struct node *cond)
{
	if (cond && (!node_has_effect(cond) || !bind_node(b, cond)))
		b->t->notes[cond->id].in_analysis = false;
}

static bool bind_expr_branch(struct bind *b, struct node *n)
{
	bool decided = bind_branch(b, n), complete = true;
	struct node *cond = branch_cond(n);

	if (decided && (n->kind == NODE_LOGIC || n->branch.then))
		bind_decided_cond(b, cond);
	else /* of a ?: b the condition is the value too */
		complete = bind_node(b, cond);
	if (n->kind == NODE_LOGIC)
		return bind_node(b, n->binary.r) && complete;
	if (n->branch.then)
		complete &= bind_node(b, n->branch.then);
	return bind_node(b, n->branch.els) && complete;
}

static bool is_k(const struct bind *b, const struct node *map)
{
	return !b->is_end && b->sp.maps[map->map.info->idx].cls == MAP_K;
}

/* A call whose first argument is a map as such. */
static bool bind_map_call(struct bind *b, struct node *n)
{
	struct node *map = n->call.args;
	bool complete = true;

	if (map->map.key)
		complete = bind_node(b, map->map.key);
	for (struct node *a = map->next; a; a = a->next)
		complete &= bind_node(b, a);
	return complete;
}

static bool bind_expr(struct bind *b, struct node *n)
{
	struct node *map = node_written_map(n);
	enum leaf_kind kind = leaf_kind_of(&b->sp, n);

	if (kind != LEAF_NONE && !(b->is_end && kind == LEAF_KMAP))
		return bind_leaf(b, n);
	if (map && n->kind == NODE_INCDEC && is_k(b, map))
		return false;
	if (n->kind == NODE_TERNARY || n->kind == NODE_LOGIC)
		return bind_expr_branch(b, n);
	if (node_names_map(b->prog, n))
		return bind_map_call(b, n);
	return bind_children(b, n);
}

static bool bind_assign(struct bind *b, struct node *n)
{
	struct node *lhs = n->assign.lhs;
	bool complete = bind_node(b, n->assign.rhs);

	if (lhs->kind == NODE_MAP && lhs->map.key) /* written, not read */
		complete &= bind_node(b, lhs->map.key);
	if (lhs->kind == NODE_VAR && n->assign.op != OP_NONE)
		bind_node(b, lhs);
	if (lhs->kind != NODE_MAP || !is_k(b, lhs))
		return complete;
	/* the kernel wrote it; run for what it does to variables on the way */
	return complete && (node_has_effect(n->assign.rhs) || node_has_effect(lhs->map.key));
}

static bool bind_control(struct bind *b, struct node *n)
{
	bool decided = bind_branch(b, n), complete = true;
	struct node *bounds[] = { n->kind == NODE_IF ? NULL : n->loop.lo,
				  n->kind == NODE_IF ? NULL : n->loop.hi };

	if (decided)
		bind_decided_cond(b, branch_cond(n));
	else if (branch_cond(n))
		complete = bind_node(b, branch_cond(n));
	for (size_t i = 0; i < countof(bounds); i++) {
		if (bounds[i])
			complete &= bind_node(b, bounds[i]);
	}
	bind_stmts(b, n->kind == NODE_IF ? n->branch.then : n->loop.body);
	if (n->kind == NODE_IF)
		bind_stmts(b, n->branch.els);
	b->t->notes[n->id].is_deferred = !decided;
	return complete; /* else: the kernel decided it and nothing of the analysis is inside */
}

bool bind_node(struct bind *b, struct node *n)
{
	bool complete;

	if (n->kind == NODE_IF || node_is_loop(n)) {
		complete = bind_control(b, n);
	} else if (n->kind == NODE_BLOCK) {
		bind_stmts(b, n->list.items);
		complete = true;
	} else if (n->kind == NODE_ASSIGN) {
		complete = bind_assign(b, n);
	} else {
		complete = bind_expr(b, n);
	}
	b->t->notes[n->id].in_analysis = complete;
	return complete;
}

void bind_stmts(struct bind *b, struct node *list)
{
	for (; list; list = list->next)
		bind_node(b, list);
}

struct plan *bind_plan_new(struct program *prog, struct diag_list *d, u32 max_tables)
{
	struct plan *p = arena_new(prog->arena, struct plan);

	if (!p)
		return NULL;
	p->prog = prog;
	p->diags = d;
	p->maps = arena_new_n(prog->arena, struct plan_map, prog->map_cnt + 1);
	p->tables = arena_new_n(prog->arena, struct plan_table, max_tables + 1);
	return p->maps && p->tables ? p : NULL;
}

static void bind_predicate(struct bind *b)
{
	struct node *pred = b->inst->pred;

	if (!pred)
		return;
	if (b->src->filter) { /* it held for every row */
		b->t->filter = b->src->filter;
		return;
	}
	bind_node(b, pred);
	b->t->notes[pred->id].is_deferred = true;
	b->t->notes[pred->id].in_analysis = true;
}

/*
 * With record --defer the predicate had become an IF; its bit has the place of the predicate and
 * no length.
 */
static int unwrap_defer(struct bind *b)
{
	struct inst *inst = b->inst;

	for (u32 i = 0; inst->pred && i < b->src->bit_cnt; i++) {
		struct span s = b->src->bits[i].span;

		if (s.off == inst->pred->span.off && s.len == 0)
			return split_wrap_predicate(b->prog->arena, inst);
	}
	return 0;
}

static int bind_one(struct bind *b, const struct tape_table *src)
{
	int rc;

	b->src = src;
	b->is_end = b->inst->probe_cnt && b->inst->probes[0]->kind == PROBE_END;
	*b->t = (struct plan_table){ .inst = b->inst,
				     .idx = b->inst->idx,
				     .name = src->name,
				     .cols = (struct plan_col *)src->cols,
				     .col_cnt = src->col_cnt,
				     .bits = (struct plan_bit *)src->bits,
				     .bit_cnt = src->bit_cnt,
				     .emits = src->emits,
				     .probes = b->inst->probes,
				     .probe_cnt = b->inst->probe_cnt,
				     .all_probes = true };
	rc = unwrap_defer(b);
	rc = rc ? rc : bind_notes(b);
	if (rc)
		return rc;
	bind_predicate(b);
	bind_stmts(b, b->inst->body);
	return b->failed ? -ENOMEM : 0;
}

static bool fits(const struct program *prog, const struct tape_table *tables, u32 table_cnt)
{
	if (table_cnt != prog->inst_cnt)
		return false;
	for (u32 i = 0; i < table_cnt; i++) {
		if (tables[i].clause_idx != prog->insts[i]->clause->idx)
			return false;
	}
	return true;
}

int plan_bind_recorded(struct program *prog, const struct tape_table *tables, u32 table_cnt,
		       const struct plan_map *maps, struct diag_list *d, struct plan **ret)
{
	struct plan *p = bind_plan_new(prog, d, prog->inst_cnt);
	struct bind b = { .prog = prog, .diags = d, .by_span = true };
	int rc = 0;

	if (!p)
		return -ENOMEM;
	if (!fits(prog, tables, table_cnt)) {
		diag_error(d, (struct span){ 0, 0 },
			   "the plan on the tape does not fit its script: %u tables for %u clauses",
			   table_cnt, prog->inst_cnt);
		return -EINVAL;
	}
	b.sp = (struct split){ .prog = prog, .arena = prog->arena };
	b.sp.maps = arena_new_n(prog->arena, struct split_map, prog->map_cnt + 1);
	if (!b.sp.maps)
		return -ENOMEM;
	for (u32 i = 0; i < prog->map_cnt; i++) {
		p->maps[i] = maps[i];
		b.sp.maps[i].cls = maps[i].cls;
	}
	p->table_cnt = prog->inst_cnt;
	for (u32 i = 0; i < prog->inst_cnt && !rc; i++) {
		b.inst = prog->insts[i];
		b.t = &p->tables[i];
		rc = bind_one(&b, &tables[i]);
		b.t->source = i;
	}
	if (!rc)
		*ret = p;
	return rc;
}
