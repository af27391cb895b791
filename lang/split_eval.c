/*
 * lang/split_eval.c -- can the kernel evaluate an expression, and which maps would it read?
 *
 * Both questions look through $variables: at everything that assigns them and at the conditions
 * under which it does.  The memo of the instance breaks cycles (`$i = $i + 1`).
 */
#include "lang/split_priv.h"

static bool is_agg(const struct map_info *m)
{
	return m->val && m->val->kind == TYPE_AGG;
}

struct node *split_guard_cond(const struct split_inst *si, const struct guard *g)
{
	return g->branch ? branch_cond(g->branch) : si->inst->pred;
}

struct eval_search {
	struct split *sp;
	struct split_inst *si;
	const struct node *blame;
};

#define NEEDLE_MAX 64 /* bytes that the kernel can search for: capture_rt.h has it, too */

static bool is_short(const struct node *n)
{
	return n->type && n->type->size <= NEEDLE_MAX;
}

/* Functions that programs of the kernel can compute as well. */
static bool is_kernel_func(const struct node *n)
{
	switch (n->call.b->id) {
	case BI_STRCONTAINS:
	case BI_STRSTR:
		return is_short(n->call.args->next);
	case BI_MEMCMP:
	case BI_STR_CONCAT:
	case BI_BUF_TO_STR:
	case BI_PTON:
	case BI_STRNCMP:
	case BI_STRLEN:
	case BI_BSWAP:
	case BI_NTOP:
	case BI_MACADDR:
	case BI_KPTR:
	case BI_UPTR:
		return true;
	default:
		return false;
	}
}

static bool node_evaluable(struct split *sp, const struct node *n)
{
	const struct node *map = n->kind == NODE_MAP ? n : NULL;

	if (n->type && n->type->kind == TYPE_FLOAT)
		return false; /* the kernel has none */
	if (map && sp->maps[map->map.info->idx].forced_by)
		return false;
	if (map && is_agg(map->map.info) && map->map.info->val->agg > AGG_AVG)
		return false; /* a histogram has no value */
	if (n->kind == NODE_CALL && n->call.b && n->call.b->cls == BC_PURE &&
	    !is_kernel_func(n))
		return false; /* functions of the analyzer */
	if (n->kind == NODE_CALL && n->call.b && n->call.b->id == BI_LEN)
		return false;
	return !sp->opts->can_eval || sp->opts->can_eval(n);
}

static void eval_definition(struct eval_search *e, struct node *def);

static void eval_visit(void *ctx, struct node *n)
{
	struct eval_search *e = ctx;

	if (e->blame || e->si->memo[n->id])
		return;
	e->si->memo[n->id] = 1;
	if (!node_evaluable(e->sp, n)) {
		e->blame = n;
		return;
	}
	node_each_child(n, eval_visit, e);
	if (n->kind == NODE_VAR && n->var.info) {
		struct vec *defs = &e->si->defs[n->var.info->idx];

		for (size_t i = 0; i < defs->n && !e->blame; i++)
			eval_definition(e, *vec_get(defs, struct node *, i));
	}
}

/* What a definition assigns, and whether it does. */
static void eval_definition(struct eval_search *e, struct node *def)
{
	for (struct guard *g = e->si->guards[def->id]; g && !e->blame; g = g->next) {
		struct node *cond = split_guard_cond(e->si, g);

		if (cond)
			eval_visit(e, cond);
	}
	if (def->kind == NODE_FOR_MAP)
		e->blame = def; /* the analyzer runs it */
	else if (!node_is_loop(def))
		eval_visit(e, def);
}

static void memo_clear(struct split_inst *si)
{
	for (u32 i = 0; i < si->inst->node_cnt; i++)
		si->memo[i] = 0;
}

bool split_can_eval(struct split *sp, struct split_inst *si, struct node *n,
		    const struct node **ret_blame)
{
	struct eval_search e = { sp, si, NULL };

	memo_clear(si);
	eval_visit(&e, n);
	if (ret_blame)
		*ret_blame = e.blame;
	return !e.blame;
}

struct map_search {
	struct split *sp;
	struct split_inst *si;
	bool reads_t;
};

static void t_map_definition(struct map_search *m, struct node *def);

static void t_map_visit(void *ctx, struct node *n)
{
	struct map_search *m = ctx;

	if (m->reads_t || m->si->memo[n->id])
		return;
	m->si->memo[n->id] = 1;
	if (n->kind == NODE_MAP && m->sp->maps[n->map.info->idx].cls == MAP_T) {
		m->reads_t = true;
		return;
	}
	node_each_child(n, t_map_visit, m);
	if (n->kind == NODE_VAR && n->var.info) {
		struct vec *defs = &m->si->defs[n->var.info->idx];

		for (size_t i = 0; i < defs->n; i++)
			t_map_definition(m, *vec_get(defs, struct node *, i));
	}
}

static void t_map_definition(struct map_search *m, struct node *def)
{
	for (struct guard *g = m->si->guards[def->id]; g; g = g->next) {
		struct node *cond = split_guard_cond(m->si, g);

		if (cond)
			t_map_visit(m, cond);
	}
	if (!node_is_loop(def))
		t_map_visit(m, def);
}

bool split_reads_t_map(struct split *sp, struct split_inst *si, struct node *n)
{
	struct map_search m = { sp, si, false };

	memo_clear(si);
	t_map_visit(&m, n);
	return m.reads_t;
}
