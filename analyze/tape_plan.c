/*
 * A tape's plan becomes tables that lang/bind*.c can look leaves up in.
 *
 * The bytes are foreign: every index is checked here once, so that the engine may use them.
 * (1) A table's first four columns are ts cpu pid tid, made here if the plan does not list them.
 * (2) col_of[] of a column is an id of the schema whose physical kind and list flag fit the plan's
 *     type, or none.
 * (3) A table whose SCHEMA is lost is one without rows: the others can be asked all the same.
 */
#include "analyze/tape_plan.h"

#include <errno.h>
#include <string.h>

struct loader {
	const struct tape_state *state;
	struct arena *arena;
	struct err *err;
	const struct tape_plan_table *src;
	struct tape_table *table;
	struct tape_plan_cols *cols;
};

static const char *dup_text(const struct loader *l, struct str s)
{
	return s.s ? arena_dup(l->arena, s.s, s.len) : NULL;
}

static int damaged(const struct loader *l, const char *what)
{
	return err_set(l->err, -EBADMSG, "the plan of table %.*s is damaged: %s",
		       STR_ARG(l->src->name), what);
}

static u16 role_col(const struct tape_schema *s, enum tape_role role)
{
	const struct tape_column *c = s ? tape_schema_role(s, role) : NULL;

	return c ? c->id : TAPE_PLAN_NO_COL;
}

static bool is_bytes(const struct type *t)
{
	switch (t->kind) {
	case TYPE_STR:
	case TYPE_BUF:
	case TYPE_TUPLE:
	case TYPE_ARRAY:
	case TYPE_STRUCT:
	case TYPE_INET:
	case TYPE_MAC:
		return true;
	default:
		return false;
	}
}

/* Invariant (2). */
static bool fits(const struct tape_schema *s, u32 id, const struct plan_col *c)
{
	const struct tape_column *tc;

	if (!s || id >= s->col_cnt)
		return false;
	tc = &s->cols[id];
	return (tc->phys == TAPE_PHYS_BYTES) == is_bytes(c->type) &&
	       !!(tc->flags & TAPE_COL_LIST) == c->is_list;
}

static const struct {
	const char *name, *leaf;
	const struct type *type;
	enum tape_role role;
} fixed[COL_FIXED_CNT] = {
	[COL_TS] = { "ts", "nsecs", &type_u64, TAPE_ROLE_TS },
	[COL_CPU] = { "cpu", "cpu", &type_u32, TAPE_ROLE_CPU },
	[COL_PID] = { "pid", "pid", &type_u32, TAPE_ROLE_PID },
	[COL_TID] = { "tid", "tid", &type_u32, TAPE_ROLE_TID },
};

static bool lists_fixed(const struct tape_plan_table *t)
{
	for (u32 i = 0; i < COL_FIXED_CNT; i++)
		if (i >= t->col_cnt || !str_is(t->cols[i].name, fixed[i].name))
			return false;
	return true;
}

static void put_fixed(struct loader *l, struct plan_col *cols)
{
	for (u32 i = 0; i < COL_FIXED_CNT; i++) {
		cols[i] = (struct plan_col){ .idx = (u16)i, .role = COL_LEAF, .name = fixed[i].name,
					     .leaf = fixed[i].leaf, .type = fixed[i].type };
		l->cols->col_of[i] = role_col(l->cols->schema, fixed[i].role);
	}
}

static int put_col(struct loader *l, const struct tape_plan_col *src, u32 idx, struct plan_col *c)
{
	const char *type = dup_text(l, src->type);

	*c = (struct plan_col){
		.idx = (u16)idx,
		.role = (enum col_role)src->role,
		.name = dup_text(l, src->name),
		.leaf = dup_text(l, src->leaf),
		.span = { src->span_off, src->span_len },
		.node = src->node,
		.type = type ? type_parse(l->arena, type) : NULL,
		.is_list = src->flags & TAPE_PLAN_LIST,
		.can_fault = src->flags & TAPE_PLAN_CAN_FAULT,
		.cond = dup_text(l, src->cond),
	};
	if (src->role > COL_TASK)
		return damaged(l, "a column of an unknown role");
	/* words that are no values of the language */
	if (src->role == COL_PATH_LIST || src->role == COL_TRIPS) {
		c->type = &type_u64;
		c->leaf = c->leaf ? c->leaf : "";
	}
	if (!c->name || !c->leaf || !c->type)
		return damaged(l, "a column without name, leaf or type");
	l->cols->col_of[idx] = TAPE_PLAN_NO_COL;
	if (src->col == TAPE_NONE || l->cols->is_lost)
		return 0;
	if (!fits(l->cols->schema, src->col, c))
		return damaged(l, "a column that its schema does not have");
	l->cols->col_of[idx] = (u16)src->col;
	return 0;
}

static int load_cols(struct loader *l)
{
	u32 skip = lists_fixed(l->src) ? COL_FIXED_CNT : 0;
	u32 cnt = COL_FIXED_CNT + l->src->col_cnt - skip;
	struct plan_col *cols = arena_new_n(l->arena, struct plan_col, cnt);

	l->cols->col_of = arena_new_n(l->arena, u16, cnt);
	if (!cols || !l->cols->col_of)
		return err_oom(l->err);
	if (cnt > TAPE_COLS_EVER)
		return damaged(l, "too many columns");
	put_fixed(l, cols);
	for (u32 i = skip; i < l->src->col_cnt; i++) {
		u32 idx = COL_FIXED_CNT + i - skip;
		int rc = put_col(l, &l->src->cols[i], idx, &cols[idx]);

		if (rc)
			return rc;
	}
	l->table->cols = cols;
	l->table->col_cnt = cnt;
	return 0;
}

static int load_bits(struct loader *l)
{
	struct plan_bit *bits = arena_new_n(l->arena, struct plan_bit, (size_t)l->src->bit_cnt + 1);

	if (!bits)
		return err_oom(l->err);
	for (u32 i = 0; i < l->src->bit_cnt; i++) {
		const struct tape_plan_bit *b = &l->src->bits[i];

		if (b->idx >= PLAN_BITS_MAX)
			return damaged(l, "a branch beyond the last bit");
		bits[i] = (struct plan_bit){ .idx = b->idx, .span = { b->span_off, b->span_len },
					     .node = b->node, .text = dup_text(l, b->text) };
	}
	l->table->bits = bits;
	l->table->bit_cnt = l->src->bit_cnt;
	return 0;
}

static int load_probes(struct loader *l)
{
	const struct tape_schema *s = l->cols->schema;
	const char **names = arena_new_n(l->arena, const char *, s ? (size_t)s->probe_cnt + 1 : 1);

	if (!names)
		return err_oom(l->err);
	for (u32 i = 0; s && i < s->probe_cnt; i++) {
		names[i] = dup_text(l, s->probes[i].name);
		if (!names[i])
			return damaged(l, "a probe without a name");
	}
	l->table->probes = names;
	l->table->probe_cnt = s ? s->probe_cnt : 0;
	return 0;
}

static int load_table(struct loader *l)
{
	const struct tape_schema *s = tape_state_schema(l->state, l->src->table);
	int rc;

	l->cols->schema = s;
	l->cols->is_lost = !s && l->src->table != TAPE_NONE;
	l->cols->path = role_col(s, TAPE_ROLE_PATH);
	l->cols->seq = role_col(s, TAPE_ROLE_SEQ);
	l->cols->probe = role_col(s, TAPE_ROLE_PROBE);
	l->cols->cpu = role_col(s, TAPE_ROLE_CPU);
	*l->table = (struct tape_table){
		.name = dup_text(l, l->src->name),
		.id = l->src->table,
		.clause_idx = l->src->clause,
		.filter = dup_text(l, l->src->filter),
		.emits = l->src->flags & TAPE_PLAN_EMITS,
	};
	if (!l->table->name)
		return damaged(l, "it has no name");
	rc = load_cols(l);
	rc = rc ? rc : load_bits(l);
	return rc ? rc : load_probes(l);
}

static int refuse(struct err *err, const char *what)
{
	err_set(err, -ENODATA, "the tape is damaged: %s", what);
	err_hint(err, "'bpftape verify' says where, 'bpftape info' what is left");
	return -ENODATA;
}

static int no_plan(const struct tape_state *s, struct err *err)
{
	bool is_damaged = s->has_end || s->damaged_blocks;

	for (u32 i = 0; i < s->loss_cnt; i++)
		is_damaged |= s->losses[i].cause == TAPE_LOSS_CORRUPT;
	return is_damaged ? refuse(err, "its plan is lost") :
			    err_set(err, -ENODATA, "the tape ends before its plan");
}

/* Of some a reader makes do without; where there is none it cannot answer anything. */
static bool lacks_schemas(const struct tape_state *s)
{
	u32 n = 0;

	for (u32 i = 0; !s->schema_cnt && i < s->plan->table_cnt; i++)
		n += s->plan->tables[i].table != TAPE_NONE;
	return n;
}

int tape_plan_load(const struct tape_state *s, struct arena *a, struct tape_plan_view *ret,
		   struct err *err)
{
	struct loader l = { .state = s, .arena = a, .err = err };
	struct tape_plan_view v = { .plan = s->plan, .state = s };
	int rc = 0;

	if (!s->plan)
		return no_plan(s, err);
	if (lacks_schemas(s))
		return refuse(err, "the SCHEMA of each table is lost");
	v.table_cnt = s->plan->table_cnt;
	v.tables = arena_new_n(a, struct tape_table, (size_t)v.table_cnt + 1);
	v.cols = arena_new_n(a, struct tape_plan_cols, (size_t)v.table_cnt + 1);
	if (!v.tables || !v.cols)
		return err_oom(err);
	for (u32 i = 0; !rc && i < v.table_cnt; i++) {
		l.src = &s->plan->tables[i];
		l.table = &v.tables[i];
		l.cols = &v.cols[i];
		rc = load_table(&l);
	}
	if (rc)
		return rc;
	if (a->is_full)
		return err_oom(err);
	*ret = v;
	return 0;
}

struct plan_map *tape_plan_maps(const struct tape_plan_view *v, const struct program *prog,
				struct arena *a)
{
	struct plan_map *maps = arena_new_n(a, struct plan_map, (size_t)prog->map_cnt + 1);

	for (u32 i = 0; maps && i < prog->map_cnt; i++) {
		maps[i] = (struct plan_map){ .info = prog->maps[i], .cls = MAP_T, .why = "" };
		for (u32 k = 0; k < v->plan->map_cnt; k++) {
			const struct tape_plan_map *m = &v->plan->maps[k];

			if (!str_is(m->name, prog->maps[i]->name))
				continue;
			maps[i].cls = m->cls == TAPE_MAP_K ? MAP_K : MAP_T;
			maps[i].is_percpu = m->is_percpu;
		}
	}
	return maps;
}
