/*
 * lang/split.c -- decide which part of a script the kernel runs.
 *
 * The answer is a least fixpoint: a map that an address, a guard or an action reads must be kept by
 * the kernel (K), so its writes and what guards them must run there too, which may make further
 * maps K.  Passes of marking (split_mark.c) repeat until nothing new is learned.  A map that cannot
 * be K (its value needs the analyzer) is forced to T and everything starts over without it, so the
 * number of passes is bounded by maps and branches.
 */
#include <errno.h>
#include <string.h>

#include "lang/ast_dump.h"
#include "lang/split_priv.h"

#define PASSES_MAX 10000

/* ---- the companion rule ---- */

static bool same_text(const struct node *a, const struct node *b)
{
	struct buf x, y;
	bool same;

	if (!a || !b)
		return a == b;
	buf_init(&x, 1 << 16);
	buf_init(&y, 1 << 16);
	expr_print(a, &x);
	expr_print(b, &y);
	same = x.len == y.len && !memcmp(x.data, y.data, x.len);
	buf_fini(&x);
	buf_fini(&y);
	return same;
}

/* A plain assignment to the map in this instance, or NULL. */
static struct node *set_of(const struct inst *inst, const struct map_info *m)
{
	for (u32 i = 0; i < inst->node_cnt; i++) {
		struct node *n = inst->nodes[i];

		if (n->kind == NODE_ASSIGN && n->assign.lhs->kind == NODE_MAP &&
		    n->assign.lhs->map.info == m)
			return n->assign.lhs;
	}
	return NULL;
}

static bool is_zero(const struct node *n)
{
	return n->kind == NODE_INT && n->integer.val == 0;
}

/*
 * Does the predicate hold only if @m at this key does?  It is @m[key] itself, or != 0 or > 0, or
 * such a part of an && chain.
 */
static bool predicate_has(const struct node *pred, const struct map_info *m, const struct node *key)
{
	if (!pred)
		return false;
	if (pred->kind == NODE_LOGIC && pred->binary.op == OP_LAND)
		return predicate_has(pred->binary.l, m, key) ||
		       predicate_has(pred->binary.r, m, key);
	if (pred->kind == NODE_BINARY && (pred->binary.op == OP_NE || pred->binary.op == OP_GT) &&
	    is_zero(pred->binary.r))
		return predicate_has(pred->binary.l, m, key);
	return pred->kind == NODE_MAP && pred->map.info == m && same_text(pred->map.key, key);
}

static bool is_delete_arg(const struct split_inst *si, const struct node *map)
{
	const struct node *p = si->parent[map->id];

	return p && node_written_map(p) == map && p->kind == NODE_CALL;
}

/* Written without being read: `+=` and `++` are reads. */
static bool is_plain_target(const struct split_inst *si, const struct node *map)
{
	const struct node *p = si->parent[map->id];

	return p && p->kind == NODE_ASSIGN && p->assign.lhs == map && p->assign.op == OP_NONE;
}

static bool inst_fits(const struct split_inst *si, const struct map_info *n_map,
		      const struct map_info *m)
{
	const struct inst *inst = si->inst;
	struct node *n_set = set_of(inst, n_map), *m_set = set_of(inst, m);
	const struct node *pred = si->deferred_pred ? si->deferred_pred->branch.cond : inst->pred;

	if (n_set && (!m_set || !same_text(n_set->map.key, m_set->map.key)))
		return false;
	for (u32 i = 0; i < inst->node_cnt; i++) {
		const struct node *n = inst->nodes[i];

		if (n->kind != NODE_MAP || n->map.info != n_map || is_delete_arg(si, n))
			continue;
		if (is_plain_target(si, n))
			continue;
		if (!predicate_has(pred, m, n->map.key))
			return false;
	}
	return true;
}

static bool is_companion(struct split *sp, u32 n, u32 m)
{
	const struct map_info *nm = sp->prog->maps[n], *mm = sp->prog->maps[m];
	bool is_set = false;

	if (!nm->key || !mm->key || (nm->val && nm->val->kind == TYPE_AGG))
		return false;
	for (u32 i = 0; i < sp->prog->inst_cnt; i++) {
		if (!inst_fits(&sp->insts[i], nm, mm))
			return false;
		is_set |= set_of(sp->insts[i].inst, nm) != NULL;
	}
	return is_set;
}

static bool add_companions(struct split *sp)
{
	bool added = false;

	for (u32 n = 0; n < sp->prog->map_cnt; n++) {
		if (sp->maps[n].cls == MAP_K || sp->maps[n].forced_by)
			continue;
		for (u32 m = 0; m < sp->prog->map_cnt; m++) {
			if (m == n || sp->maps[m].cls != MAP_K || !is_companion(sp, n, m))
				continue;
			sp->maps[n].cls = MAP_K;
			sp->maps[n].why = arena_printf(
				sp->arena, "goes with %s: same key, read only where that is set",
				sp->prog->maps[m]->name);
			added = true;
			break;
		}
	}
	return added;
}

/* ---- record --defer: the predicate becomes an IF around the body ---- */

int split_wrap_predicate(struct arena *a, struct inst *inst)
{
	/* no length: told from the predicate's own branches by its span */
	struct node *n = node_new(a, NODE_IF, (struct span){ inst->pred->span.off, 0 });
	struct node **nodes = arena_new_n(a, struct node *, inst->node_cnt + 1);

	if (!n || !nodes)
		return -ENOMEM;
	memcpy(nodes, inst->nodes, inst->node_cnt * sizeof(*nodes));
	n->id = inst->node_cnt;
	n->branch.cond = inst->pred;
	n->branch.then = inst->body;
	nodes[inst->node_cnt++] = n;
	inst->nodes = nodes;
	inst->pred = NULL;
	inst->body = n;
	return 0;
}

/* ---- driver ---- */

static void find_read(void *ctx, struct node *n)
{
	struct split *sp = ctx;

	if (leaf_kind_of(sp, n) == LEAF_READ || leaf_needs_kernel(n))
		sp->is_offline = false;
}

/* system() and cat() of BEGIN are the recorder's where they take constants, under no condition. */
static bool is_deed(const struct node *n)
{
	return n->kind == NODE_CALL && n->call.b &&
	       (n->call.b->id == BI_SYSTEM || n->call.b->id == BI_CAT);
}

static bool has_deed_for_kernel(const struct inst *inst)
{
	bool has_branch = inst->pred, has_deed = false, is_simple = true;

	for (u32 i = 0; i < inst->node_cnt; i++) {
		const struct node *n = inst->nodes[i];

		has_branch |= node_is_branch(n) || n->kind == NODE_BLOCK;
		has_deed |= is_deed(n);
		for (const struct node *a = is_deed(n) ? n->call.args : NULL; a; a = a->next)
			is_simple &= split_is_own_value(a);
	}
	return has_deed && (has_branch || !is_simple);
}

static void decide_offline(struct split *sp)
{
	sp->is_offline = true;
	for (u32 i = 0; i < sp->prog->inst_cnt; i++) {
		const struct inst *inst = sp->prog->insts[i];
		enum probe_kind k = inst->probe_cnt ? inst->probes[0]->kind : PROBE_TRACEPOINT;

		if (k != PROBE_BEGIN && k != PROBE_END)
			sp->is_offline = false;
		for (u32 j = 0; j < inst->node_cnt && k == PROBE_BEGIN; j++)
			find_read(sp, inst->nodes[j]);
		if (k == PROBE_BEGIN && has_deed_for_kernel(inst))
			sp->is_offline = false;
	}
}

/*
 * Does the code with which a BEGIN ends depend on what it computes?  Then the kernel is to run it:
 * nobody else can tell the recorder.  Not with loops, which not every kernel takes.
 */
static bool has_code_to_compute(const struct split *sp)
{
	bool has_loop = false, has_code = false;

	for (u32 i = 0; i < sp->prog->inst_cnt; i++) {
		const struct split_inst *si = &sp->insts[i];

		for (u32 k = 0; si->is_begin && k < si->inst->node_cnt; k++) {
			const struct node *n = si->inst->nodes[k];
			const struct node *code = node_is_exit(n) ? n->call.args : NULL;

			has_loop |= node_is_loop(n);
			if (code && !is_zero(code))
				has_code |= code->kind != NODE_INT || si->guards[k];
		}
	}
	return has_code && !has_loop;
}

static u32 forced_cnt(const struct split *sp)
{
	u32 n = 0;

	for (u32 i = 0; i < sp->prog->map_cnt; i++)
		n += sp->maps[i].forced_by != NULL;
	return n;
}

static void forget(struct split *sp)
{
	for (u32 i = 0; i < sp->prog->map_cnt; i++)
		sp->maps[i].cls = MAP_T;
	for (u32 i = 0; i < sp->prog->inst_cnt; i++) {
		struct split_inst *si = &sp->insts[i];

		memset(si->flags, 0, si->inst->node_cnt);
		si->pred_decided = si->pred_deferred = false;
	}
}

static int run_passes(struct split *sp)
{
	u32 forced = 0;

	for (int pass = 0; pass < PASSES_MAX; pass++) {
		split_pass(sp);
		if (sp->failed)
			return -ENOMEM;
		if (forced_cnt(sp) != forced) {
			forced = forced_cnt(sp);
			forget(sp);
			continue;
		}
		if (sp->changed || add_companions(sp))
			continue;
		sp->is_last_pass = true;
		split_pass(sp);
		return 0;
	}
	return -ELOOP;
}

/* With the kernel where it can do it all, else without it, as if nothing had been tried. */
static int try_passes(struct split *sp)
{
	struct diag_list tried, *diags = sp->diags;
	int rc;

	diag_init(&tried, sp->arena);
	sp->diags = &tried;
	sp->is_tried = true;
	sp->is_offline = false;
	rc = run_passes(sp);
	sp->diags = diags;
	if (rc || !tried.error_cnt)
		return rc;
	sp->is_tried = sp->is_last_pass = false;
	sp->is_offline = true;
	forget(sp);
	memset(sp->maps, 0, sp->prog->map_cnt * sizeof(*sp->maps));
	return run_passes(sp);
}

/* Say where every firing is recorded because the kernel cannot decide. */
static void warn_deferred(struct split *sp)
{
	for (u32 i = 0; i < sp->prog->inst_cnt; i++) {
		struct split_inst *si = &sp->insts[i];
		const struct node *blame = NULL;
		struct diag *d;

		if (!si->pred_deferred || si->is_begin || si->is_end || sp->is_offline)
			continue;
		d = diag_warn(
			sp->diags, si->inst->pred->span,
			"the kernel cannot evaluate this predicate; every firing is recorded "
			      "and the analyzer decides");
		if (!split_can_eval(sp, si, si->inst->pred, &blame) && blame)
			diag_hint(sp->diags, d, "because of `" STR_FMT "`",
				  STR_ARG(source_text(sp->prog->src, blame->span)));
	}
}

static int fill_maps(struct split *sp, struct plan *plan)
{
	for (u32 i = 0; i < sp->prog->map_cnt; i++) {
		const struct map_info *info = sp->prog->maps[i];
		struct split_map *m = &sp->maps[i];

		plan->maps[i] = (struct plan_map){ info, m->cls, m->why, false };
		plan->maps[i].is_percpu = m->cls == MAP_K && info->val &&
					  info->val->kind == TYPE_AGG;
		if (m->cls == MAP_T)
			plan->maps[i].why = m->forced_by ? m->forced_why :
							   "no address, guard or action reads it";
	}
	return 0;
}

static int split_run(struct split *sp, struct plan *plan)
{
	int rc = 0;

	decide_offline(sp);
	for (u32 i = 0; sp->opts->defer_all && !sp->is_offline && i < sp->prog->inst_cnt && !rc;
	     i++) {
		if (!sp->prog->insts[i]->pred)
			continue;
		rc = split_wrap_predicate(sp->arena, sp->prog->insts[i]);
		sp->insts[i].deferred_pred = rc ? NULL : sp->prog->insts[i]->body;
	}
	rc = rc ? rc : split_scan(sp);
	if (rc)
		return rc;
	rc = sp->is_offline && !sp->opts->no_kernel && has_code_to_compute(sp) ? try_passes(sp) :
										 run_passes(sp);
	if (rc)
		return rc;
	warn_deferred(sp);
	fill_maps(sp, plan);
	return split_tables(sp, plan);
}

static void split_fini(struct split *sp)
{
	for (u32 i = 0; i < sp->prog->inst_cnt; i++) {
		for (u32 v = 0; sp->insts[i].defs && v < sp->prog->insts[i]->var_cnt; v++)
			vec_fini(&sp->insts[i].defs[v]);
	}
}

int plan_split(struct program *prog, const struct split_opts *o, struct diag_list *d,
	       struct plan **ret)
{
	static const struct split_opts defaults;
	struct arena *a = prog->arena;
	struct split sp = { .prog = prog, .opts = o ? o : &defaults, .diags = d, .arena = a };
	struct plan *plan = arena_new(a, struct plan);
	int errors = d->error_cnt, rc;

	sp.insts = arena_new_n(a, struct split_inst, prog->inst_cnt + 1);
	sp.maps = arena_new_n(a, struct split_map, prog->map_cnt + 1);
	if (!plan || !sp.insts || !sp.maps)
		return -ENOMEM;
	plan->prog = prog;
	plan->table_cnt = prog->inst_cnt;
	plan->diags = d;
	plan->maps = arena_new_n(a, struct plan_map, prog->map_cnt + 1);
	plan->tables = arena_new_n(a, struct plan_table, prog->inst_cnt + 1);
	if (!plan->maps || !plan->tables)
		return -ENOMEM;
	rc = split_run(&sp, plan);
	split_fini(&sp);
	if (rc)
		return rc;
	if (d->error_cnt > errors)
		return -EINVAL;
	*ret = plan;
	return 0;
}
