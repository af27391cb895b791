/*
 * record/schema_out.c -- from a plan's tables to a tape's.
 *
 * A table's columns on the tape:
 *
 *     ts cpu pid tid _seq [_order] [_path] { value [_errno_NAME] } of every plan column behind the
 *     four fixed ones, in their order
 *
 * Names with a leading underscore are ours; where a script's column has such a name already, ours
 * gets another underscore. Columns with the same leaf text share a dictionary: the same file names
 * come from sys_enter_openat and sys_enter_stat.
 */
#include "record/schema_out.h"

#include <errno.h>
#include <string.h>

#include "base/strmap.h"
#include "record/bpf/capture_abi.h"
#include "record/catalog_log.h"

struct builder {
	struct arena *a;
	struct strmap dicts; /* leaf text -> dictionary number */
	u32 dict_cnt;
	bool has_order;
	struct err *err;
};

enum tape_phys schema_out_phys(const struct type *t)
{
	if (!t)
		return TAPE_PHYS_U64; /* bits of a branch, trips of a loop */
	switch (t->kind) {
	case TYPE_STR:
	case TYPE_BUF:
	case TYPE_TUPLE:
	case TYPE_ARRAY:
	case TYPE_STRUCT:
	case TYPE_INET:
	case TYPE_MAC:
		return TAPE_PHYS_BYTES;
	default:
		return t->kind == TYPE_INT && t->is_signed ? TAPE_PHYS_S64 : TAPE_PHYS_U64;
	}
}

static bool has_name(const struct plan_table *t, const char *name)
{
	for (u32 i = 0; i < t->col_cnt; i++)
		if (!strcmp(t->cols[i].name, name))
			return true;
	return false;
}

static struct str own_name(struct builder *b, const struct plan_table *t, const char *stem,
			   const char *rest)
{
	char *name = arena_printf(b->a, "_%s%s", stem, rest);

	while (name && has_name(t, name))
		name = arena_printf(b->a, "_%s", name);
	return str_of(name);
}

/* Number of the dictionary for strings of that leaf; 0: none. */
static u32 dict_of(struct builder *b, const struct plan_col *c)
{
	struct str leaf = str_of(c->leaf ? c->leaf : c->name);
	void *found;

	if (!c->type || c->type->kind != TYPE_STR)
		return 0;
	found = strmap_find(&b->dicts, leaf);
	if (found)
		return (u32)(uintptr_t)found;
	if (b->dict_cnt + 1 >= TAPE_MAX_DICTS ||
	    strmap_put(&b->dicts, leaf, (void *)(uintptr_t)(b->dict_cnt + 1), NULL))
		return 0;
	return ++b->dict_cnt;
}

static struct tape_column *add_column(struct tape_schema *s, struct str name, enum tape_role role,
				      enum tape_phys phys)
{
	struct tape_column *c = &s->cols[s->col_cnt];

	*c = (struct tape_column){
		.id = (u16)s->col_cnt, .phys = phys, .role = role, .ref = TAPE_NONE, .name = name
	};
	s->col_cnt++;
	return c;
}

static void add_fixed(struct builder *b, const struct plan_table *t, struct out_table *out)
{
	struct tape_schema *s = out->schema;

	add_column(s, str_of(t->cols[COL_TS].name), TAPE_ROLE_TS, TAPE_PHYS_U64)->unit = STR("ns");
	add_column(s, str_of(t->cols[COL_CPU].name), TAPE_ROLE_CPU, TAPE_PHYS_U64);
	add_column(s, str_of(t->cols[COL_PID].name), TAPE_ROLE_PID, TAPE_PHYS_U64);
	add_column(s, str_of(t->cols[COL_TID].name), TAPE_ROLE_TID, TAPE_PHYS_U64);
	add_column(s, own_name(b, t, "seq", ""), TAPE_ROLE_SEQ, TAPE_PHYS_U64);
	out->val_col[COL_TS] = OUT_TS;
	out->val_col[COL_CPU] = OUT_CPU;
	out->val_col[COL_PID] = OUT_PID;
	out->val_col[COL_TID] = OUT_TID;
	out->order_col = out->path_col = OUT_NO_COL;
	if (b->has_order)
		out->order_col = add_column(s, own_name(b, t, "order", ""), TAPE_ROLE_ORDER,
					    TAPE_PHYS_U64)
					 ->id;
	if (t->bit_cnt)
		out->path_col =
			add_column(s, own_name(b, t, "path", ""), TAPE_ROLE_PATH, TAPE_PHYS_U64)
				->id;
}

static enum tape_role role_of(const struct plan_col *c)
{
	if (c->role == COL_PATH_LIST)
		return TAPE_ROLE_PATH_LIST;
	if (c->role == COL_TRIPS)
		return TAPE_ROLE_TRIPS;
	return c->node == PLAN_NO_NODE ? TAPE_ROLE_PROBE : TAPE_ROLE_LEAF;
}

static void add_leaf(struct builder *b, const struct plan_table *t, const struct plan_col *c,
		     struct out_table *out)
{
	struct tape_column *col = add_column(out->schema, str_of(c->name), role_of(c),
					     schema_out_phys(c->type));

	col->dict = dict_of(b, c);
	col->flags = c->is_list ? TAPE_COL_LIST : 0;
	if (c->type && c->type->kind == TYPE_PTR)
		col->fmt = STR("0x%x");
	out->val_col[c->idx] = col->id;
	if (!c->can_fault || c->is_list)
		return;
	col = add_column(out->schema, own_name(b, t, "errno_", c->name), TAPE_ROLE_ERRNO,
			 TAPE_PHYS_U64);
	col->ref = out->val_col[c->idx];
	out->err_col[c->idx] = col->id;
}

static int add_probes(struct builder *b, const struct inst *inst, struct tape_schema *s)
{
	s->probes = arena_new_n(b->a, struct tape_probe, inst->probe_cnt + 1);
	if (!s->probes)
		return err_oom(b->err);
	for (u32 i = 0; i < inst->probe_cnt; i++)
		s->probes[s->probe_cnt++] =
			(struct tape_probe){ inst->probes[i]->id, str_of(inst->probes[i]->name) };
	return 0;
}

static int build_schema(struct builder *b, const struct plan_table *t, struct tape_schema *s,
			struct out_table *out)
{
	u32 max_cols = OUT_FIXED_CNT + 2 + 2 * t->col_cnt;

	out->val_col = arena_new_n(b->a, u16, 2 * t->col_cnt);
	s->cols = arena_new_n(b->a, struct tape_column, max_cols);
	if (!out->val_col || !s->cols)
		return err_oom(b->err);
	out->err_col = out->val_col + t->col_cnt;
	memset(out->val_col, 0xff, 2 * t->col_cnt * sizeof(u16));
	out->schema = s;
	s->id = t->idx;
	s->clause = t->inst->clause->idx;
	s->name = str_of(t->name);
	add_fixed(b, t, out);
	for (u32 i = COL_FIXED_CNT; i < t->col_cnt; i++)
		add_leaf(b, t, &t->cols[i], out);
	if (s->col_cnt > TAPE_MAX_COLS)
		return err_set(b->err, -E2BIG, "clause %u has %u columns; a tape can have %u",
			       s->clause + 1, s->col_cnt, TAPE_MAX_COLS);
	return add_probes(b, t->inst, s);
}

static struct str type_text(struct builder *b, const struct type *t)
{
	struct str s = { NULL, 0 };
	struct buf text;

	if (!t)
		return s;
	buf_init(&text, 4096);
	type_print(t, &text);
	s.s = arena_dup(b->a, buf_cstr(&text), text.len);
	s.len = text.len;
	buf_fini(&text);
	return s;
}

static struct str maybe(const char *s)
{
	return s ? str_of(s) : (struct str){ NULL, 0 };
}

static void plan_column(struct builder *b, const struct plan_col *c, const struct out_table *out,
			struct tape_plan_col *ret)
{
	*ret = (struct tape_plan_col){
		.col = out->schema && out->val_col[c->idx] != OUT_NO_COL ? out->val_col[c->idx] :
									   TAPE_NONE,
		.idx = c->idx,
		.role = (u8)c->role,
		.flags = (u8)((c->is_list ? TAPE_PLAN_LIST : 0) |
			      (c->can_fault ? TAPE_PLAN_CAN_FAULT : 0)),
		.span_off = c->span.off,
		.span_len = c->span.len,
		.node = c->node,
		.name = str_of(c->name),
		.leaf = maybe(c->leaf),
		.type = type_text(b, c->type),
		.cond = maybe(c->cond),
	};
}

static int plan_table(struct builder *b, const struct plan *p, const struct plan_table *t,
		      const struct out_table *out, struct tape_plan_table *ret)
{
	const struct clause *c = t->inst->clause;

	*ret = (struct tape_plan_table){
		.table = t->emits ? t->idx : TAPE_NONE,
		.clause = c->idx,
		.span_off = c->span.off,
		.span_len = c->span.len,
		.flags = (t->emits ? TAPE_PLAN_EMITS : 0) |
			 (t->runs_in_kernel ? TAPE_PLAN_IN_KERNEL : 0),
		.name = str_of(t->name),
		.text = source_text(p->prog->src, c->span),
		.filter = maybe(t->filter),
		.cols = arena_new_n(b->a, struct tape_plan_col, t->col_cnt + 1),
		.col_cnt = t->col_cnt,
		.bits = arena_new_n(b->a, struct tape_plan_bit, t->bit_cnt + 1),
		.bit_cnt = t->bit_cnt,
	};
	if (!ret->cols || !ret->bits)
		return err_oom(b->err);
	if (t->inst->args && t->inst->probe_cnt)
		ret->args = catalog_args_name(t->inst->probes[0], b->a);
	for (u32 i = 0; i < t->col_cnt; i++)
		plan_column(b, &t->cols[i], out, &ret->cols[i]);
	for (u32 i = 0; i < t->bit_cnt; i++)
		ret->bits[i] = (struct tape_plan_bit){ t->bits[i].idx, t->bits[i].span.off,
						       t->bits[i].span.len, t->bits[i].node,
						       maybe(t->bits[i].text) };
	return 0;
}

static int build_maps(struct builder *b, const struct plan *p, struct tape_plan *ret)
{
	ret->map_cnt = p->prog->map_cnt;
	ret->maps = arena_new_n(b->a, struct tape_plan_map, ret->map_cnt + 1);
	if (!ret->maps)
		return err_oom(b->err);
	for (u32 i = 0; i < ret->map_cnt; i++) {
		const struct plan_map *m = &p->maps[i];

		ret->maps[i] = (struct tape_plan_map){
			.idx = i,
			.cls = m->cls == MAP_K ? TAPE_MAP_K : TAPE_MAP_T,
			.is_percpu = m->is_percpu,
			.max_keys = m->info->max_keys ? m->info->max_keys : p->prog->max_map_keys,
			.name = str_of(m->info->name),
			.key_type = type_text(b, m->info->key),
			.val_type = type_text(b, m->info->val),
			.why = maybe(m->why),
		};
	}
	return 0;
}

static int build_all(struct builder *b, const struct plan *p, struct schema_out *ret)
{
	int rc = 0;

	for (u32 i = 0; i < p->table_cnt && !rc; i++) {
		if (p->tables[i].emits)
			rc = build_schema(b, &p->tables[i], &ret->schemas[ret->schema_cnt++],
					  &ret->tables[i]);
		if (!rc)
			rc = plan_table(b, p, &p->tables[i], &ret->tables[i], &ret->plan.tables[i]);
	}
	return rc ? rc : build_maps(b, p, &ret->plan);
}

static bool has_several_tables(const struct plan *p)
{
	u32 n = 0;

	for (u32 i = 0; i < p->table_cnt; i++)
		n += p->tables[i].emits;
	return n > 1;
}

int schema_out_build(const struct plan *p, u64 quantum, struct arena *a, struct schema_out *ret,
		     struct err *err)
{
	struct builder b = { .a = a, .err = err };
	int rc;

	memset(ret, 0, sizeof(*ret));
	if (p->table_cnt > CAP_TABLE_MAX)
		return err_set(err, -E2BIG, "the script has %u tables; at most %u can be recorded",
			       p->table_cnt, CAP_TABLE_MAX);
	ret->table_cnt = ret->plan.table_cnt = p->table_cnt;
	ret->tables = arena_new_n(a, struct out_table, p->table_cnt + 1);
	ret->schemas = arena_new_n(a, struct tape_schema, p->table_cnt + 1);
	ret->plan.tables = arena_new_n(a, struct tape_plan_table, p->table_cnt + 1);
	if (!ret->tables || !ret->schemas || !ret->plan.tables)
		return err_oom(err);
	b.has_order = quantum > 1 && has_several_tables(p);
	strmap_init(&b.dicts, TAPE_MAX_DICTS);
	rc = build_all(&b, p, ret);
	strmap_fini(&b.dicts);
	return rc;
}
