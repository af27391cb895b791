/*
 * The catalog of a tape.
 *
 * A pattern that the recorded script used expands to what it expanded to then; any other pattern
 * is matched against all probes that the tape knows.  Types and constants are those that the
 * recorder looked up.  Nothing of the analyzer's own machine is asked.
 */
#include "analyze/catalog_tape.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/strmap.h"

#define CATALOG_MEM_MAX ((size_t)256 << 20)
#define PROBES_MAX (1u << 20)

struct known_probe {
	const char *name;
	const char *args;		/* record of TYPES, NULL: none */
};

struct expansion {
	const char *pattern;
	struct known_probe **probes;
	u32 cnt;
};

struct catalog_tape {
	struct arena arena;
	struct strmap probes;		/* name -> struct known_probe */
	struct vec sorted;		/* struct known_probe *, by name */
	struct expansion *expansions;
	u32 expansion_cnt;
	struct strmap records;		/* name -> struct tape_type_record */
	struct strmap consts;		/* name -> struct tape_type_const */
	struct vec enums;		/* those of them that have an enum's type */
};

static const char *dup_text(struct catalog_tape *c, struct str s)
{
	return s.s ? arena_dup(&c->arena, s.s, s.len) : NULL;
}

static struct known_probe *add_probe(struct catalog_tape *c, struct str name, struct str args)
{
	struct known_probe *p = strmap_find(&c->probes, name), **slot;

	if (!p) {
		p = arena_new(&c->arena, struct known_probe);
		if (!p)
			return NULL;
		p->name = dup_text(c, name);
		slot = vec_push(&c->sorted);
		if (!slot || !p->name || strmap_put(&c->probes, name, p, NULL))
			return NULL;
		*slot = p;
	}
	if (!p->args)
		p->args = dup_text(c, args);
	return p;
}

static int add_expansion(struct catalog_tape *c, const struct tape_expansion *e)
{
	struct expansion *x = &c->expansions[c->expansion_cnt];

	x->pattern = dup_text(c, e->pattern);
	x->probes = arena_new_n(&c->arena, struct known_probe *, (size_t)e->probe_cnt + 1);
	if (!x->pattern || !x->probes)
		return -ENOMEM;
	for (u32 i = 0; i < e->probe_cnt; i++) {
		x->probes[i] = add_probe(c, e->probes[i].name, e->probes[i].args);
		if (!x->probes[i])
			return -ENOMEM;
	}
	x->cnt = e->probe_cnt;
	c->expansion_cnt++;
	return 0;
}

/* Probes of the tables, for scripts that name them in another way than the recorded one did. */
static int add_tables(struct catalog_tape *c, const struct tape_state *s)
{
	for (u32 i = 0; s->plan && i < s->plan->table_cnt; i++) {
		const struct tape_plan_table *t = &s->plan->tables[i];
		const struct tape_schema *schema = tape_state_schema(s, t->table);

		for (u32 k = 0; schema && k < schema->probe_cnt; k++)
			if (!add_probe(c, schema->probes[k].name, t->args))
				return -ENOMEM;
	}
	return 0;
}

static int add_records(struct catalog_tape *c, const struct tape_types *t)
{
	for (u32 i = 0; i < t->record_cnt; i++) {
		struct tape_type_record *r = arena_new(&c->arena, struct tape_type_record);
		struct tape_type_field *f;

		if (!r)
			return -ENOMEM;
		*r = t->records[i];
		f = arena_new_n(&c->arena, struct tape_type_field, (size_t)r->field_cnt + 1);
		if (!f)
			return -ENOMEM;
		for (u32 k = 0; k < r->field_cnt; k++) {
			f[k] = r->fields[k];
			f[k].name.s = dup_text(c, f[k].name);
			f[k].type.s = dup_text(c, f[k].type);
		}
		r->fields = f;
		if (strmap_put(&c->records, r->name, r, NULL))
			return -ENOMEM;
	}
	return 0;
}

static int add_enum(struct catalog_tape *c, const struct tape_type_const *k)
{
	const struct tape_type_const **slot;

	if (!k->type.s || strncmp(k->type.s, "enum ", 5))
		return 0;
	slot = vec_push(&c->enums);
	if (!slot)
		return -ENOMEM;
	*slot = k;
	return 0;
}

static int add_consts(struct catalog_tape *c, const struct tape_types *t)
{
	for (u32 i = 0; i < t->const_cnt; i++) {
		struct tape_type_const *k = arena_new(&c->arena, struct tape_type_const);

		if (!k)
			return -ENOMEM;
		*k = t->consts[i];
		k->type.s = dup_text(c, k->type);
		if (strmap_put(&c->consts, k->name, k, NULL) || add_enum(c, k))
			return -ENOMEM;
	}
	return 0;
}

static int cmp_known(const void *a, const void *b)
{
	const struct known_probe *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static int fill(struct catalog_tape *c, const struct tape_state *s)
{
	const struct tape_types *t = s->types;
	int rc = 0;

	c->expansions = arena_new_n(&c->arena, struct expansion, (size_t)t->expansion_cnt + 1);
	if (!c->expansions)
		return -ENOMEM;
	for (u32 i = 0; !rc && i < t->expansion_cnt; i++)
		rc = add_expansion(c, &t->expansions[i]);
	rc = rc ? rc : add_tables(c, s);
	rc = rc ? rc : add_records(c, t);
	rc = rc ? rc : add_consts(c, t);
	if (!rc && c->sorted.n)
		qsort(c->sorted.items, c->sorted.n, sizeof(struct known_probe *), cmp_known);
	return c->arena.is_full ? -ENOMEM : rc;
}

int catalog_tape_new(const struct tape_state *s, struct catalog_tape **ret, struct err *err)
{
	struct catalog_tape *c = calloc(1, sizeof(*c));

	if (!c)
		return err_oom(err);
	arena_init(&c->arena, CATALOG_MEM_MAX);
	strmap_init(&c->probes, PROBES_MAX);
	strmap_init(&c->records, PROBES_MAX);
	strmap_init(&c->consts, PROBES_MAX);
	vec_init(&c->sorted, sizeof(struct known_probe *), PROBES_MAX);
	vec_init(&c->enums, sizeof(const struct tape_type_const *), PROBES_MAX);
	if (fill(c, s)) {
		catalog_tape_free(c);
		return err_oom(err);
	}
	*ret = c;
	return 0;
}

void catalog_tape_free(struct catalog_tape *c)
{
	if (!c)
		return;
	strmap_fini(&c->probes);
	strmap_fini(&c->records);
	strmap_fini(&c->consts);
	vec_fini(&c->sorted);
	vec_fini(&c->enums);
	arena_fini(&c->arena);
	free(c);
}

/* ---- the catalog's functions ---- */

static const struct type *field_type(struct arena *a, const struct tape_type_field *f)
{
	char text[512];

	if (!f->type.s || f->type.len >= sizeof(text))
		return NULL;
	memcpy(text, f->type.s, f->type.len);
	text[f->type.len] = '\0';
	return type_parse(a, text);
}

static const struct type *build_record(const struct catalog_tape *c, struct arena *a,
				       const char *name)
{
	const struct tape_type_record *r = strmap_find(&c->records, str_of(name));
	struct field *fields = r ? arena_new_n(a, struct field, (size_t)r->field_cnt + 1) : NULL;
	struct type *t = fields ? arena_new(a, struct type) : NULL;
	u32 n = 0;

	if (!t)
		return NULL;
	for (u32 i = 0; i < r->field_cnt; i++) {
		const struct tape_type_field *f = &r->fields[i];
		const struct type *ft = field_type(a, f);

		if (!ft || !f->name.s)	/* a type of a newer recorder: the field is not offered */
			continue;
		fields[n].name = arena_dup(a, f->name.s, f->name.len);
		if (!fields[n].name)
			return NULL;
		fields[n].type = ft;
		fields[n].off = f->off;
		fields[n].bit_off = f->bit_off;
		fields[n].bit_sz = f->bit_sz;
		fields[n].is_data_loc = f->is_data_loc;
		n++;
	}
	*t = (struct type){
		.kind = TYPE_STRUCT, .size = r->size, .fields = fields, .field_cnt = n
	};
	t->name = arena_dup(a, name, strlen(name));
	return t->name ? t : NULL;
}

static const struct type *find_type(const struct catalog *cat, struct arena *a, const char *name)
{
	return build_record(cat->ctx, a, name);
}

static bool find_const(const struct catalog *cat, struct arena *a, const char *name, s64 *ret,
		       const struct type **ret_type)
{
	const struct catalog_tape *c = cat->ctx;
	const struct tape_type_const *k = strmap_find(&c->consts, str_of(name));
	const char *text;

	if (!k)
		return false;
	text = k->type.s ? arena_dup(a, k->type.s, k->type.len) : NULL;
	*ret = (s64)k->val;
	*ret_type = text ? type_parse(a, text) : NULL;
	return true;
}

/* It will be printed. */
static bool is_c_name(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!isalnum((u8)s.s[i]) && s.s[i] != '_')
			return false;
	return s.len > 0;
}

/* Constants whose type bears the name. */
static const struct type *find_enum(const struct catalog *cat, struct arena *a, const char *name)
{
	const struct catalog_tape *c = cat->ctx;
	struct enumerator *all = arena_new_n(a, struct enumerator, (size_t)c->enums.n + 1);
	size_t len = strlen(name);
	struct type *t = NULL;

	for (size_t i = 0; all && i < c->enums.n; i++) {
		const struct tape_type_const *k =
			*vec_get(&c->enums, const struct tape_type_const *, i);
		const struct type *kt;

		if (strncmp(k->type.s, name, len) || (k->type.s[len] && k->type.s[len] != ':') ||
		    !is_c_name(k->name))
			continue;
		kt = type_parse(a, k->type.s);
		if (!t && kt && kt->kind == TYPE_INT)
			t = arena_dup(a, kt, sizeof(*kt));
		if (!t)
			return NULL;
		all[t->enum_cnt++] = (struct enumerator){
			arena_dup(a, k->name.s, k->name.len), (s64)k->val
		};
		if (!all[t->enum_cnt - 1].name)
			return NULL;
	}
	if (t)
		t->enums = all;
	return t;
}

static bool fill_probe(const struct catalog_tape *c, struct arena *a, enum probe_kind kind,
		       const struct known_probe *k, struct probe *p)
{
	const char *parts = strchr(k->name, ':'), *event = parts ? strchr(parts + 1, ':') : NULL;

	*p = (struct probe){ .kind = kind, .name = arena_dup(a, k->name, strlen(k->name)) };
	if (!p->name)
		return false;
	if (kind == PROBE_TRACEPOINT && event) {
		p->category = arena_dup(a, parts + 1, (size_t)(event - parts - 1));
		p->event = arena_dup(a, event + 1, strlen(event + 1));
		if (!p->category || !p->event)
			return false;
	}
	if (k->args)
		p->args = build_record(c, a, k->args);
	return true;
}

static int push_probe(const struct catalog_tape *c, struct arena *a, enum probe_kind kind,
		      const struct known_probe *k, struct vec *out)
{
	struct probe *p = vec_push(out);

	return p && fill_probe(c, a, kind, k, p) ? 0 : -ENOMEM;
}

/* The parts joined again: the canonical text of a pattern.  false: too long to be one. */
static bool join_parts(const struct probe_spec *spec, char *out, size_t sz)
{
	size_t n = 0;

	for (int i = 0; i < spec->part_cnt; i++) {
		size_t len = strlen(spec->parts[i]);

		if (n + len + 2 > sz)
			return false;
		if (i)
			out[n++] = ':';
		memcpy(out + n, spec->parts[i], len);
		n += len;
	}
	out[n] = '\0';
	return true;
}

static const struct expansion *find_expansion(const struct catalog_tape *c, const char *text,
					      const char *joined)
{
	for (u32 i = 0; i < c->expansion_cnt; i++) {
		const char *pattern = c->expansions[i].pattern;

		if (!strcmp(pattern, joined) || (text && !strcmp(pattern, text)))
			return &c->expansions[i];
	}
	return NULL;
}

static bool is_of_kind(const struct known_probe *k, enum probe_kind kind)
{
	size_t len = strlen(providers[kind].name);

	return !strncmp(k->name, providers[kind].name, len) && k->name[len] == ':';
}

static int expand(const struct catalog *cat, const struct probe_spec *spec, struct arena *a,
		  struct vec *out, struct str_nearest *near, struct err *err UNUSED)
{
	const struct catalog_tape *c = cat->ctx;
	enum probe_kind kind = provider_find(spec->parts[0]);
	const struct expansion *x;
	size_t first = out->n;
	char pattern[1024];
	int rc = 0;

	if (kind == PROBE_KIND_CNT || !join_parts(spec, pattern, sizeof(pattern)))
		return -ENOENT;
	x = find_expansion(c, spec->text, pattern);
	for (u32 i = 0; x && !rc && i < x->cnt; i++)
		rc = push_probe(c, a, kind, x->probes[i], out);
	for (size_t i = 0; !x && !rc && i < c->sorted.n; i++) {
		const struct known_probe *k = *vec_get(&c->sorted, struct known_probe *, i);

		if (!is_of_kind(k, kind))
			continue;
		if (near)
			str_nearest_offer(near, strchr(k->name, ':') + 1);
		if (str_glob(pattern, k->name))
			rc = push_probe(c, a, kind, k, out);
	}
	if (rc)
		return rc;
	return out->n == first ? -ENOENT : 0;
}

static void tell_probes(const struct catalog *cat, struct buf *out)
{
	const struct catalog_tape *c = cat->ctx;

	buf_puts(out, c->sorted.n ? "on the tape:" : "no probe of the kernel is on the tape");
	for (size_t i = 0; i < c->sorted.n; i++)
		buf_printf(out, " %s", (*vec_get(&c->sorted, struct known_probe *, i))->name);
}

static const struct catalog_ops ops = {
	.expand = expand,
	.find_type = find_type,
	.find_const = find_const,
	.find_enum = find_enum,
	.tell_probes = tell_probes,
};

struct catalog catalog_tape_get(struct catalog_tape *c)
{
	return (struct catalog){ .ops = &ops, .ctx = c };
}

struct str catalog_tape_fact(const struct tape_types *t, const char *space, const char *key)
{
	for (u32 i = 0; i < t->fact_cnt; i++)
		if (str_is(t->facts[i].space, space) && str_is(t->facts[i].key, key))
			return t->facts[i].val;
	return (struct str){ NULL, 0 };
}
