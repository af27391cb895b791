/*
 * analyze/jit/jit_module.c -- the entries of bpftape-jit.so: a bound plan in, a function a table
 * out.
 *
 * All tables of a script are one LLVM module.  The rt_* functions are the program's own, found when
 * this module is loaded.
 *
 * Little is optimised: a row costs what the runtime's maps cost (30 ns a row measured with O2 and
 * without), while O2 makes the first answer 30 ms later (50 against 19 ms for a small script).
 */
#include "analyze/jit_module.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyze/jit/jit.h"
#include "analyze/jit/target_jit.h"

struct jit {
	struct jit_engine *engine;
	rt_clause_fn *fns;
	u32 fn_cnt;
};

static const struct jit_sym rt_syms[] = {
	{ "rt_map_int", rt_map_int },
	{ "rt_map_get", rt_map_get },
	{ "rt_map_set", rt_map_set },
	{ "rt_map_delete", rt_map_delete },
	{ "rt_map_has", rt_map_has },
	{ "rt_map_len", rt_map_len },
	{ "rt_map_agg", rt_map_agg },
	{ "rt_map_agg_read", rt_map_agg_read },
	{ "rt_map_agg_at", rt_map_agg_at },
	{ "rt_hash", rt_hash },
	{ "rt_for_begin", rt_for_begin },
	{ "rt_for_next", rt_for_next },
	{ "rt_for_end", rt_for_end },
	{ "rt_action", rt_action },
	{ "rt_step", rt_step },
	{ "rt_work", rt_work },
	{ "rt_bytes_diff", rt_bytes_diff },
	{ "rt_name_of", rt_name_of },
	{ "rt_stopped", rt_stopped },
	{ "rt_trouble", rt_trouble },
	{ "rt_session_start", rt_session_start },
	{ NULL, NULL },
};

#define NAME_MAX_SZ 24

static void fn_name(u32 table, char *ret)
{
	snprintf(ret, NAME_MAX_SZ, "clause_%u", table);
}

static bool does_something(const struct plan_table *t)
{
	const struct node *n;

	if (t->inst->pred && t->notes[t->inst->pred->id].in_analysis)
		return true;
	for (n = t->inst->body; n; n = n->next) {
		if (t->notes[n->id].in_analysis)
			return true;
	}
	return false;
}

static int lower(const struct plan *plan, struct cg_module *m, struct err *err)
{
	struct target_jit t = { 0 };
	char name[NAME_MAX_SZ];
	int rc = 0;

	for (u32 i = 0; i < plan->table_cnt && !rc; i++) {
		struct cg_job job = { .fn_name = name,
				      .mode = CG_ANALYSIS,
				      .target = &target_jit,
				      .tctx = &t,
				      .prog = plan->prog,
				      .plan = plan,
				      .inst = plan->tables[i].inst,
				      .table = &plan->tables[i] };

		fn_name(i, name);
		if (does_something(&plan->tables[i]))
			rc = cg_lower(m, &job, err);
	}
	return rc ? rc : cg_module_finish(m, err);
}

static int find_fns(struct jit *j, const struct plan *plan, struct err *err)
{
	char name[NAME_MAX_SZ];
	void *addr;
	int rc;

	for (u32 i = 0; i < plan->table_cnt; i++) {
		if (!does_something(&plan->tables[i]))
			continue;
		fn_name(i, name);
		rc = jit_engine_find(j->engine, name, &addr, err);
		if (rc)
			return rc;
		j->fns[i] = (rt_clause_fn)addr;
	}
	return 0;
}

static int build(struct jit *j, const struct plan *plan, struct err *err)
{
	struct cg_module_opts o = { .name = "analysis",
				    .passes = CG_PASSES_QUICK,
				    .codegen_level = 0 };
	struct cg_module *m;
	int rc = jit_engine_new(rt_syms, &j->engine, err);

	if (rc)
		return rc;
	m = cg_module_new(&o, err);
	if (!m)
		return -ENOMEM;
	rc = lower(plan, m, err);
	if (!rc)
		rc = jit_engine_add(j->engine, m, err);
	cg_module_free(m);
	return rc ? rc : find_fns(j, plan, err);
}

int jit_compile(const struct plan *plan, struct jit **ret, struct err *err)
{
	struct jit *j = calloc(1, sizeof(*j));
	int rc;

	if (!j)
		return err_oom(err);
	j->fn_cnt = plan->table_cnt;
	j->fns = calloc(plan->table_cnt + 1, sizeof(*j->fns));
	rc = j->fns ? build(j, plan, err) : err_oom(err);
	if (rc) {
		jit_free(j);
		return rc;
	}
	*ret = j;
	return 0;
}

rt_clause_fn jit_clause(const struct jit *j, u32 table)
{
	return table < j->fn_cnt ? j->fns[table] : NULL;
}

void jit_free(struct jit *j)
{
	if (!j)
		return;
	jit_engine_free(j->engine);
	free(j->fns);
	free(j);
}
