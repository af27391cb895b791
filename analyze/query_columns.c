/*
 * Columns of a table as names of expressions.
 *
 * A name is looked up among the names of columns, then among their leaves ("@start[tid]"), then
 * among the fields of the probe's args: one that was not captured becomes a leaf all the same, so
 * that the binder can say how to have it.
 */
#include <string.h>

#include "analyze/query_priv.h"

bool query_columns_has(const struct plan_col *c)
{
	return c->role == COL_LEAF && !c->is_list;
}

static const struct plan_col *find_by(const struct tape_table *t, const char *text, bool by_name)
{
	for (u32 i = 0; i < t->col_cnt; i++) {
		const struct plan_col *c = &t->cols[i];

		if (query_columns_has(c) && !strcmp(by_name ? c->name : c->leaf, text))
			return c;
	}
	return NULL;
}

static struct query_columns *self(const struct catalog *c)
{
	return c->ctx;
}

/* The record of the first probe that has one; a table's probes look the same to its clause. */
const struct field *query_columns_arg(const struct query_columns *q, struct arena *a,
				      const char *name)
{
	struct vec probes;
	const struct field *f = NULL;

	vec_init(&probes, sizeof(struct probe), 1 << 16);
	for (u32 i = 0; i < q->table->probe_cnt && !probes.n; i++) {
		char *text = arena_dup(a, q->table->probes[i], strlen(q->table->probes[i]));
		struct probe_spec spec = { .text = text };
		struct err err = { 0 };

		while (text && spec.part_cnt < PROBE_PART_MAX) {
			spec.parts[spec.part_cnt++] = text;
			text = strchr(text, ':');
			if (text)
				*text++ = '\0';
		}
		spec.text = q->table->probes[i];
		if (!spec.part_cnt || q->base.ops->expand(&q->base, &spec, a, &probes, NULL, &err))
			vec_reset(&probes);
	}
	if (probes.n && vec_get(&probes, struct probe, 0)->args)
		f = type_field(vec_get(&probes, struct probe, 0)->args, name);
	vec_fini(&probes);
	return f;
}

static bool find_column(const struct catalog *c, struct arena *a, const char *name,
			const char **ret_leaf, const struct type **ret_type)
{
	const struct query_columns *q = self(c);
	const struct plan_col *col = find_by(q->table, name, true);
	const struct field *f;

	col = col ? col : find_by(q->table, name, false);
	if (col) {
		*ret_leaf = col->leaf;
		*ret_type = col->type;
		return true;
	}
	f = name[0] == '@' ? NULL : query_columns_arg(q, a, name);
	if (!f || f->type->kind == TYPE_ARRAY || f->type->kind == TYPE_STRUCT)
		return false;
	*ret_leaf = arena_printf(a, "args.%s", name);
	*ret_type = f->type;
	return *ret_leaf;
}

/* A table that has a name like it is nearer than one that has none. */
static bool put_near(const struct tape_table *t, const char *name, struct buf *hint)
{
	struct str_nearest near;

	str_nearest_init(&near, name);
	for (u32 i = 0; i < t->col_cnt; i++)
		if (query_columns_has(&t->cols[i]))
			str_nearest_offer(&near, t->cols[i].name);
	if (near.n)
		buf_printf(hint, "did you mean %s?  ", near.best[0].text);
	return near.n;
}

static void tell_columns(const struct catalog *c, const char *name, struct buf *msg,
			 struct buf *hint)
{
	const struct tape_table *t = self(c)->table;
	const char *sep = "its columns: ";

	buf_printf(msg, "%s has no column %s", t->name, name);
	self(c)->misses += put_near(t, name, hint) ? QUERY_MISS - 1 : QUERY_MISS;
	for (u32 i = 0; i < t->col_cnt; i++) {
		if (!query_columns_has(&t->cols[i]))
			continue;
		buf_printf(hint, "%s%s", sep, t->cols[i].name);
		sep = ", ";
	}
	buf_printf(hint, "; more are had with `%s { emit(args, ...); }`",
		   t->probe_cnt ? t->probes[0] : t->name);
}

static int expand(const struct catalog *c, const struct probe_spec *spec, struct arena *a,
		  struct vec *out, struct str_nearest *near, struct err *err)
{
	const struct catalog *base = &self(c)->base;

	return base->ops->expand(base, spec, a, out, near, err);
}

static const struct type *find_type(const struct catalog *c, struct arena *a, const char *name)
{
	const struct catalog *base = &self(c)->base;

	return base->ops->find_type(base, a, name);
}

static bool find_const(const struct catalog *c, struct arena *a, const char *name, s64 *ret,
		       const struct type **ret_type)
{
	const struct catalog *base = &self(c)->base;

	return base->ops->find_const(base, a, name, ret, ret_type);
}

static void tell_probes(const struct catalog *c, struct buf *out)
{
	const struct catalog *base = &self(c)->base;

	base->ops->tell_probes(base, out);
}

struct catalog query_columns_init(struct query_columns *c, struct catalog base,
				  const struct tape_table *t)
{
	*c = (struct query_columns){
		.base = base,
		.table = t,
		.ops = { .expand = expand,
			 .find_type = find_type,
			 .find_const = find_const,
			 .tell_probes = base.ops->tell_probes ? tell_probes : NULL,
			 .find_column = find_column,
			 .tell_columns = tell_columns },
	};
	return (struct catalog){ .ops = &c->ops, .ctx = c };
}

struct tape_table *query_columns_dup(struct arena *a, const struct tape_table *t)
{
	struct tape_table *copy = arena_new(a, struct tape_table);
	struct plan_col *cols = arena_dup(a, t->cols, t->col_cnt * sizeof(*cols));

	if (!copy || !cols)
		return NULL;
	for (u32 i = 0; i < t->col_cnt; i++)
		for (u32 k = 0; k < i && query_columns_has(&cols[i]); k++)
			if (query_columns_has(&cols[k]) &&
			    !strcmp(t->cols[k].leaf, t->cols[i].leaf))
				cols[i].leaf = cols[i].name;
	*copy = *t;
	copy->cols = cols;
	return copy;
}
