/*
 * A script over a tape: compile with the tape as the catalog, bind the leaves to columns, make
 * machine code.
 *
 * The tape's own script is bound by its recorded plan, any other by looking its leaves up among
 * the columns.
 */
#include "analyze/script_run.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/catalog_tape.h"
#include "analyze/query.h"
#include "analyze/recording.h"
#include "base/exe.h"
#include "lang/unused.h"

#define SCRIPT_MEM_MAX ((size_t)512 << 20)
#define PARAMS_MAX 256

/* ---- the module that holds LLVM; loaded once, never unloaded ---- */

static struct {
	jit_compile_fn *compile;
	jit_clause_fn *clause;
	jit_free_fn *free;
} module;

void script_run_set_compiler(jit_compile_fn *compile, jit_clause_fn *clause, jit_free_fn *free_fn)
{
	module.compile = compile;
	module.clause = clause;
	module.free = free_fn;
}

int script_run_load_compiler(struct err *err)
{
	char path[EXE_PATH_MAX];
	void *lib;
	int rc;

	if (module.compile)
		return 0;
	rc = exe_find_module(JIT_MODULE_FILE, path, err);
	if (rc)
		return rc;
	lib = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!lib)
		return err_set(err, -ENOENT, "loading the compiler: %s", dlerror());
	module.clause = (jit_clause_fn *)dlsym(lib, JIT_MODULE_CLAUSE);
	module.free = (jit_free_fn *)dlsym(lib, JIT_MODULE_FREE);
	module.compile = (jit_compile_fn *)dlsym(lib, JIT_MODULE_COMPILE);
	if (module.clause && module.free && module.compile)
		return 0;
	module.compile = NULL;
	return err_set(err, -ENOENT, "%s is of another version", path);
}

/* ---- from text to a bound plan ---- */

struct params {
	const char *items[PARAMS_MAX];
	int n;
};

/* The recorded script's parameters are facts "1", "2", ..., and so are settings of @space "env". */
static int recorded_params(const struct tape_state *state, const char *space, struct arena *a,
			   struct params *ret)
{
	for (ret->n = 0; ret->n < PARAMS_MAX; ret->n++) {
		const char *key = arena_printf(a, "%d", ret->n + 1);
		struct str val = key ? catalog_tape_fact(state->types, space, key) :
				       (struct str){ 0 };

		if (!val.s)
			break;
		ret->items[ret->n] = arena_dup(a, val.s, val.len);
		if (!ret->items[ret->n])
			return -ENOMEM;
	}
	return 0;
}

static int load_source(struct script_run *s, const struct tape_state *state,
		       const struct script_opts *o, struct err *err)
{
	struct str text = o->text, name = tape_state_text(state, TAPE_KEY_SCRIPT_NAME);
	const char *shown = o->name;
	int rc;

	s->is_recorded = !text.s;
	if (s->is_recorded) {
		text = tape_state_text(state, TAPE_KEY_SCRIPT);
		shown = name.s ? arena_dup(&s->arena, name.s, name.len) : NULL;
		if (!text.s)
			return err_set(err, -ENODATA, "the tape does not carry its script");
	}
	rc = source_init(&s->src, &s->arena, shown ? shown : "-e", text);
	return rc ? source_refuse(rc, shown ? shown : "-e", err) : 0;
}

static int check_script(struct script_run *s, const struct tape_state *state,
			const struct script_opts *o, struct err *err)
{
	struct params recorded = { .n = 0 }, env = { .n = 0 };
	struct check_opts check = { .compat = s->compat,
				    .params = o->params,
				    .param_cnt = o->param_cnt,
				    .is_unsafe = true /* nothing is done here */ };
	struct catalog_tape *tape_catalog;
	struct catalog catalog;
	int rc;

	if (s->is_recorded) {
		if (recorded_params(state, "env", &s->arena, &env))
			return err_oom(err);
		check.env = env.items;
		check.env_cnt = env.n;
	}
	if (s->is_recorded && !o->param_cnt) {
		if (recorded_params(state, "param", &s->arena, &recorded))
			return err_oom(err);
		check.params = recorded.items;
		check.param_cnt = recorded.n;
	}
	rc = catalog_tape_new(state, &tape_catalog, err);
	if (rc)
		return rc;
	catalog = catalog_tape_get(tape_catalog);
	rc = program_compile(&s->src, &catalog, &check, &s->arena, &s->diags, &s->prog, err);
	catalog_tape_free(tape_catalog);
	if (!rc && !s->is_recorded)
		program_warn_unused(s->prog, &s->diags);
	return rc;
}

static int bind(struct script_run *s, struct err *err)
{
	struct plan_map *maps;
	int rc;

	if (!s->is_recorded) {
		rc = plan_bind_other(s->prog, s->view.tables, s->view.table_cnt, &s->diags,
				     &s->plan);
	} else {
		maps = tape_plan_maps(&s->view, s->prog, &s->arena);
		if (!maps)
			return err_oom(err);
		rc = plan_bind_recorded(s->prog, s->view.tables, s->view.table_cnt, maps, &s->diags,
					&s->plan);
	}
	if (rc && !s->diags.error_cnt)
		return err_set_errno(err, rc, "binding the script to the tape");
	return rc;
}

static bool is_cut_str(const struct node *n, const struct node_note *note)
{
	return n->kind == NODE_CALL && n->call.b && n->call.b->id == BI_STR &&
	       n->call.arg_cnt > 1 && note->in_analysis && note->col >= 0;
}

/*
 * str(p, n) keeps n bytes in 0.17 and n - 1 in 0.27.  That was decided when the tape was made and
 * cannot be changed any more.
 */
static int check_captured_bytes(struct script_run *s, const struct tape_state *state)
{
	enum compat taped = recording_compat(state);
	int errors = s->diags.error_cnt;

	if (s->compat == taped)
		return 0;
	for (u32 i = 0; i < s->plan->table_cnt; i++) {
		const struct plan_table *t = &s->plan->tables[i];

		for (u32 k = 0; t->notes && k < t->inst->node_cnt; k++) {
			const struct node *n = t->inst->nodes[k];
			struct diag *d;

			if (!n || !is_cut_str(n, &t->notes[k]))
				continue;
			d = diag_error(&s->diags, n->span,
				       "when recorded, this string was cut as bpftrace %s does",
				       taped == COMPAT_17 ? "0.17" : "0.27");
			diag_hint(&s->diags, d, "replay without --compat, or record again with it");
		}
	}
	return s->diags.error_cnt > errors ? -EINVAL : 0;
}

int script_run_open(struct script_run *s, const struct tape_state *state,
		    const struct script_opts *o, struct err *err)
{
	int rc;

	memset(s, 0, sizeof(*s));
	arena_init(&s->arena, SCRIPT_MEM_MAX);
	diag_init(&s->diags, &s->arena);
	s->compat = o->has_compat ? o->compat : recording_compat(state);
	s->query = o->query;
	rc = tape_plan_load(state, &s->arena, &s->view, err);
	if (o->query) {
		rc = rc ? rc : query_bind(o->query, s, state, err);
	} else {
		rc = rc ? rc : load_source(s, state, o, err);
		rc = rc ? rc : check_script(s, state, o, err);
		rc = rc ? rc : bind(s, err);
	}
	rc = rc ? rc : check_captured_bytes(s, state);
	rc = rc ? rc : script_run_load_compiler(err);
	return rc ? rc : module.compile(s->plan, &s->jit, err);
}

void script_run_close(struct script_run *s)
{
	if (s->jit)
		module.free(s->jit);
	arena_fini(&s->arena);
	memset(s, 0, sizeof(*s));
}

void script_run_show(const struct script_run *s, struct buf *out)
{
	if (s->query)
		query_show(s->query, s, out);
	else if (s->diags.head)
		diag_render(&s->diags, &s->src, out);
}

rt_clause_fn script_run_clause(const struct script_run *s, u32 table)
{
	return module.clause(s->jit, table);
}

/* ---- order ---- */

/* Sums of doubles depend on the order, if only in their last digits. */
static bool is_float_sum(const struct type *t)
{
	return t && type_is_float_agg(t) && t->agg != AGG_MIN && t->agg != AGG_MAX;
}

static bool is_agg_assign(const struct node *n)
{
	const struct node *rhs = n->assign.rhs;

	if (n->assign.lhs->kind == NODE_MAP && is_float_sum(n->assign.lhs->map.info->val))
		return false;
	return rhs && rhs->kind == NODE_CALL && rhs->call.b && rhs->call.b->cls == BC_AGG &&
	       rhs->call.b->id != BI_TSERIES &&	/* a last value, and the clock of the tape */
	       n->assign.lhs->kind == NODE_MAP && !n->assign.lhs->map.info->max_keys;
}

/* Does it read a map, or change one otherwise than by counting something in? */
static bool is_map_access(const struct node *n)
{
	switch (n->kind) {
	case NODE_CALL:
		return n->call.b && n->call.b->cls == BC_MAP;
	case NODE_MAP:
	case NODE_FOR_MAP:
		return true;	/* read: the target of an assignment has no note of its own */
	case NODE_ASSIGN:
		return n->assign.lhs->kind == NODE_MAP && !is_agg_assign(n);
	case NODE_INCDEC:
		return n->unary.arg->kind == NODE_MAP;
	default:
		return false;
	}
}

/*
 * Is it an action that must be done between those of other rows?  A BEGIN on the tape is replayed
 * when all other rows have been counted: what it prints comes first all the same, only what it
 * prints or clears of a map does not.  @takes: what is printed goes to a sink of a query, to which
 * the order means nothing.
 */
static bool is_ordered_action(const struct program *p, const struct node *n, bool is_begin,
			      bool takes)
{
	const struct builtin *b = n->kind == NODE_CALL ? n->call.b : NULL;

	if (!b || b->id == BI_EMIT || (takes && b->id == BI_PRINT))
		return false;
	if (is_begin)
		return n->call.action >= 0 && p->actions[n->call.action]->map;
	return b->cls == BC_ACTION || b->cls == BC_KERNEL_ACTION;
}

static bool table_needs_order(const struct script_run *s, const struct plan_table *t, bool is_begin)
{
	for (u32 i = 0; t->notes && i < t->inst->node_cnt; i++) {
		const struct node *n = t->inst->nodes[i];
		const struct node_note *note = &t->notes[i];

		if (!n || !note->in_analysis || note->col >= 0)
			continue;
		if (is_map_access(n) || is_ordered_action(s->prog, n, is_begin, s->query))
			return true;
	}
	return false;
}

bool script_run_is_order_free(const struct script_run *s)
{
	for (u32 i = 0; i < s->plan->table_cnt; i++) {
		const struct plan_table *t = &s->plan->tables[i];
		enum probe_kind kind = t->inst->probe_cnt ? t->inst->probes[0]->kind :
							    PROBE_KIND_CNT;

		bool is_begin = kind == PROBE_BEGIN, is_made = t->source == UINT32_MAX;

		/* A BEGIN that is made has run before the first row. */
		if (kind == PROBE_END || (is_begin && is_made))
			continue;
		/* Others that are made are intervals on the tape's clock. */
		if (is_made || table_needs_order(s, t, is_begin))
			return false;
	}
	return true;
}
