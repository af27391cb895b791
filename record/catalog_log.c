/*
 * record/catalog_log.c -- forward every question, keep every answer.
 *
 * Types are kept once by name; the args of a probe, which have no name of their own, are called
 * after the probe.
 */
#include "record/catalog_log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strmap.h"

#define MAX_KEPT 65536

struct expansion {
	const char *pattern;
	struct probe *probes;
	u32 cnt;
};

struct catalog_log {
	const struct catalog *inner;
	struct arena *arena;
	struct catalog catalog; /* ours, as the front end sees it */
	struct vec expansions; /* struct expansion */
	struct vec types; /* const struct type * */
	struct strmap seen; /* "p:PATTERN" and "t:TYPE" */
};

/*
 * True if it is new; also if it cannot be remembered (then the answer is kept twice, which does no
 * harm).
 */
static bool is_new(struct catalog_log *l, const char *kind, const char *name)
{
	char key[512];
	int n = snprintf(key, sizeof(key), "%s%s", kind, name);
	struct str s = { key, n > 0 && (size_t)n < sizeof(key) ? (size_t)n : sizeof(key) - 1 };

	if (strmap_find(&l->seen, s))
		return false;
	return strmap_put(&l->seen, s, l, NULL) <= 0;
}

static int keep_expansion(struct catalog_log *l, const char *pattern, const struct probe *probes,
			  size_t n)
{
	struct expansion *e;

	if (!is_new(l, "p:", pattern))
		return 0;
	e = vec_push(&l->expansions);
	if (!e)
		return -ENOMEM;
	e->pattern = arena_dup(l->arena, pattern, strlen(pattern));
	e->probes = arena_dup(l->arena, probes, n * sizeof(*probes));
	e->cnt = (u32)n;
	return e->pattern && e->probes ? 0 : -ENOMEM;
}

static int log_expand(const struct catalog *c, const struct probe_spec *spec, struct arena *a,
		      struct vec *out, struct str_nearest *near, struct err *err)
{
	struct catalog_log *l = c->ctx;
	size_t before = out->n;
	int rc = l->inner->ops->expand(l->inner, spec, a, out, near, err);

	if (rc || out->n == before)
		return rc;
	rc = keep_expansion(l, spec->text, vec_get(out, struct probe, before), out->n - before);
	return rc ? err_oom(err) : 0;
}

static const struct type *log_find_type(const struct catalog *c, struct arena *a, const char *name)
{
	struct catalog_log *l = c->ctx;
	const struct type *t = l->inner->ops->find_type(l->inner, a, name);
	const struct type **slot;

	if (!t || t->kind != TYPE_STRUCT || !is_new(l, "t:", name))
		return t;
	slot = vec_push(&l->types);
	if (slot)
		*slot = t;
	return slot ? t : NULL;
}

static bool log_find_const(const struct catalog *c, struct arena *a, const char *name, s64 *ret,
			   const struct type **ret_type)
{
	struct catalog_log *l = c->ctx;

	/* The program keeps the constants it used itself (program.consts). */
	return l->inner->ops->find_const(l->inner, a, name, ret, ret_type);
}

/* What the program needs of them becomes constants of its own, too. */
static const struct type *log_find_enum(const struct catalog *c, struct arena *a, const char *name)
{
	struct catalog_log *l = c->ctx;
	const struct catalog_ops *ops = l->inner->ops;

	return ops->find_enum ? ops->find_enum(l->inner, a, name) : NULL;
}

static const struct catalog_ops log_ops = {
	.expand = log_expand,
	.find_type = log_find_type,
	.find_const = log_find_const,
	.find_enum = log_find_enum,
};

struct catalog_log *catalog_log_new(const struct catalog *inner, struct arena *a)
{
	struct catalog_log *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->inner = inner;
	l->arena = a;
	l->catalog = (struct catalog){ &log_ops, l };
	vec_init(&l->expansions, sizeof(struct expansion), MAX_KEPT);
	vec_init(&l->types, sizeof(const struct type *), MAX_KEPT);
	strmap_init(&l->seen, 2 * MAX_KEPT);
	return l;
}

void catalog_log_free(struct catalog_log *l)
{
	if (!l)
		return;
	vec_fini(&l->expansions);
	vec_fini(&l->types);
	strmap_fini(&l->seen);
	free(l);
}

const struct catalog *catalog_log_catalog(struct catalog_log *l)
{
	return &l->catalog;
}

struct str catalog_args_name(const struct probe *p, struct arena *a)
{
	if (!p->args)
		return (struct str){ NULL, 0 };
	return str_of(arena_printf(a, "args %s", p->name));
}

static struct str type_text(const struct type *t, struct arena *a)
{
	struct str s = { NULL, 0 };
	struct buf b;

	buf_init(&b, 4096);
	type_print(t, &b);
	if (!b.is_full) {
		s.s = arena_dup(a, b.data, b.len);
		s.len = b.len;
	}
	buf_fini(&b);
	return s;
}

int catalog_record(const struct type *t, struct str name, struct arena *a,
		   struct tape_type_record *ret, struct err *err)
{
	*ret = (struct tape_type_record){ .name = name,
					  .size = t->size,
					  .field_cnt = t->field_cnt };
	ret->fields = arena_new_n(a, struct tape_type_field, t->field_cnt ? t->field_cnt : 1);
	if (!ret->fields)
		return err_oom(err);
	for (u32 i = 0; i < t->field_cnt; i++) {
		const struct field *f = &t->fields[i];

		ret->fields[i] = (struct tape_type_field){
			.name = str_of(f->name),
			.type = type_text(f->type, a),
			.off = f->off,
			.bit_off = f->bit_off,
			.bit_sz = f->bit_sz,
			.is_data_loc = f->is_data_loc,
		};
		if (!ret->fields[i].type.s)
			return err_oom(err);
	}
	return 0;
}

static int add_expansion(const struct expansion *e, struct arena *a, struct tape_types *ret,
			 struct strmap *done, struct err *err)
{
	struct tape_expansion *out = &ret->expansions[ret->expansion_cnt++];

	out->pattern = str_of(e->pattern);
	out->probes = arena_new_n(a, struct tape_expansion_probe, e->cnt ? e->cnt : 1);
	out->probe_cnt = e->cnt;
	if (!out->probes)
		return err_oom(err);
	for (u32 i = 0; i < e->cnt; i++) {
		const struct probe *p = &e->probes[i];
		struct str name = catalog_args_name(p, a);
		int rc;

		out->probes[i] = (struct tape_expansion_probe){ i, str_of(p->name), name };
		if (!name.s || strmap_find(done, name))
			continue;
		rc = strmap_put(done, name, (void *)p, NULL);
		if (!rc)
			rc = catalog_record(p->args, name, a, &ret->records[ret->record_cnt++],
					    NULL);
		if (rc)
			return err_oom(err);
	}
	return 0;
}

int catalog_log_types(struct catalog_log *l, struct arena *a, struct tape_types *ret,
		      struct err *err)
{
	size_t max_records = l->types.n;
	struct strmap done;
	int rc = 0;

	for (size_t i = 0; i < l->expansions.n; i++)
		max_records += vec_get(&l->expansions, struct expansion, i)->cnt;
	ret->records = arena_new_n(a, struct tape_type_record, max_records + 1);
	ret->expansions = arena_new_n(a, struct tape_expansion, l->expansions.n + 1);
	ret->record_cnt = ret->expansion_cnt = 0;
	if (!ret->records || !ret->expansions)
		return err_oom(err);
	for (size_t i = 0; i < l->types.n && !rc; i++) {
		const struct type *t = *vec_get(&l->types, const struct type *, i);

		rc = catalog_record(t, str_of(t->name), a, &ret->records[ret->record_cnt++], err);
	}
	strmap_init(&done, MAX_KEPT);
	for (size_t i = 0; i < l->expansions.n && !rc; i++)
		rc = add_expansion(vec_get(&l->expansions, struct expansion, i), a, ret, &done,
				   err);
	strmap_fini(&done);
	return rc;
}
