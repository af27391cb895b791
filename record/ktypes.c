/*
 * record/ktypes.c -- BTF -> types of the language.
 *
 * A record is converted one level deep.  Unnamed members are flattened into their parent, as C lets
 * them be named; the unnamed type of a named member is called by its typedef or by the way to it
 * (ktypes_name.c), so that it can be asked for again.
 *
 * Pointers have no address space: BTF made by gcc does not say which of them are the user's, so the
 * address itself decides (ASPACE_ANY).
 */
#include "record/ktypes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>

#include "record/ktypes_priv.h"

#define FIELDS_MAX 4096
#define NEST_MAX   16

struct conv {
	struct ktypes *k;
	struct arena *a;
	struct field *fields;
	u32 n, cap;
	bool is_full;
	/* the member being converted, for the names of unnamed types; NULL: none */
	const char *record, *member;
};

int ktypes_open(const char *path, struct ktypes **ret, struct err *err)
{
	struct ktypes *k = calloc(1, sizeof(*k));

	if (!path)
		path = "/sys/kernel/btf/vmlinux";
	if (!k)
		return err_oom(err);
	k->btf = btf__parse(path, NULL);
	if (!k->btf) {
		int rc = errno ? -errno : -EINVAL;

		free(k);
		return err_set_errno(err, rc, "reading the kernel's types from %s", path);
	}
	*ret = k;
	return 0;
}

int ktypes_open_raw(const void *data, u32 sz, struct ktypes **ret, struct err *err)
{
	struct ktypes *k = calloc(1, sizeof(*k));

	if (!k)
		return err_oom(err);
	k->btf = btf__new(data, sz);
	if (!k->btf) {
		int rc = errno ? -errno : -EINVAL;

		free(k);
		return err_set_errno(err, rc, "reading BTF");
	}
	*ret = k;
	return 0;
}

void ktypes_close(struct ktypes *k)
{
	if (!k)
		return;
	btf__free(k->btf);
	free(k);
}

static const char *name_of(const struct ktypes *k, const struct btf_type *t)
{
	const char *s = btf__name_by_offset(k->btf, t->name_off);

	return s ? s : "";
}

/*
 * Through modifiers and typedefs; NULL if the chain is broken or too long.  *ret_alias: name of the
 * last typedef, "" if there was none.
 */
static const struct btf_type *strip(const struct ktypes *k, u32 id, const char **ret_alias)
{
	const struct btf_type *t = btf__type_by_id(k->btf, id);
	const char *alias = "";

	for (int i = 0; t && i < NEST_MAX; i++) {
		if (!btf_is_mod(t) && !btf_is_typedef(t)) {
			if (ret_alias)
				*ret_alias = alias;
			return t;
		}
		if (btf_is_typedef(t))
			alias = name_of(k, t);
		t = btf__type_by_id(k->btf, t->type);
	}
	return NULL;
}

static const struct type *opaque(const struct conv *c, const struct btf_type *t, const char *alias)
{
	struct type *r = arena_new(c->a, struct type);
	const char *kind = btf_is_union(t) ? "union" : "struct";
	const char *name = name_of(c->k, t);

	if (!r)
		return NULL;
	*r = (struct type){ .kind = TYPE_STRUCT, .size = t->size };
	if (*name)
		r->name = arena_printf(c->a, "%s %s", kind, name);
	else if (*alias)
		r->name = arena_printf(c->a, "%s", alias);
	else
		r->name = ktypes_anon_name(c->a, kind, c->record, c->member);
	return r->name ? r : NULL;
}

static bool is_int_size(u32 size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

static bool int_is_signed(const struct ktypes *k, const struct btf_type *t)
{
	/* plain char is signed in C on the machines where the language's char is */
	return (btf_int_encoding(t) & BTF_INT_SIGNED) || !strcmp(name_of(k, t), "char");
}

static const struct type *named_int(const struct conv *c, const struct btf_type *t, bool is_signed)
{
	const char *name = name_of(c->k, t);
	const struct type *base = type_int(t->size, is_signed);
	struct type *r;

	if (!*name)
		return base;
	r = arena_new(c->a, struct type);
	if (!r)
		return NULL;
	*r = *base;
	r->name = arena_printf(c->a, "enum %s", name);
	return r;
}

static const struct type *bytes(const struct conv *c, u32 size)
{
	return type_array(c->a, &type_u8, size);
}

/* What is not an array or a pointer. */
static const struct type *convert_plain(const struct conv *c, const struct btf_type *t,
					const char *alias)
{
	if (btf_is_composite(t))
		return opaque(c, t, alias);
	if (btf_is_int(t) && is_int_size(t->size))
		return type_int(t->size, int_is_signed(c->k, t));
	if (btf_is_any_enum(t) && is_int_size(t->size))
		return named_int(c, t, btf_kflag(t));
	if (btf_is_int(t) || btf_is_any_enum(t) || btf_is_float(t))
		return bytes(c, t->size);
	return NULL;
}

static const struct type *convert_ptr(const struct conv *c, const struct btf_type *t)
{
	const struct type *to = NULL;
	int stars = 1;

	for (; stars < NEST_MAX; stars++) {
		const char *alias = "";
		const struct btf_type *next = strip(c->k, t->type, &alias);

		if (!next || !btf_is_ptr(next)) {
			to = next ? convert_plain(c, next, alias) : NULL;
			break;
		}
		t = next;
	}
	while (stars-- > 0)
		to = type_ptr(c->a, to, ASPACE_ANY);
	return to;
}

static const struct type *convert_array(const struct conv *c, const struct btf_type *t)
{
	const struct btf_array *arr = btf_array(t);
	s64 total = btf__resolve_size(c->k->btf, arr->type);
	const char *alias = "";
	const struct btf_type *e = strip(c->k, arr->type, &alias);
	const struct type *elem;
	struct type *r;

	if (!e || total < 0 || (arr->nelems && total > UINT32_MAX / arr->nelems))
		return NULL;
	if (btf_is_int(e) && e->size == 1 && !strcmp(name_of(c->k, e), "char"))
		return type_str(c->a, arr->nelems);
	if (btf_is_ptr(e))
		elem = convert_ptr(c, e);
	else if (btf_is_array(e))
		elem = bytes(c, total);
	else
		elem = convert_plain(c, e, alias);
	r = elem ? arena_new(c->a, struct type) : NULL;
	if (r)
		*r = (struct type){ .kind = TYPE_ARRAY,
				    .size = arr->nelems * total,
				    .elem = elem,
				    .elem_cnt = arr->nelems };
	return r;
}

/* NULL: no memory, or nothing the language has a type for. */
static const struct type *convert(const struct conv *c, u32 id)
{
	const char *alias = "";
	const struct btf_type *t = strip(c->k, id, &alias);

	if (!t)
		return NULL;
	if (btf_is_ptr(t))
		return convert_ptr(c, t);
	if (btf_is_array(t))
		return convert_array(c, t);
	return convert_plain(c, t, alias);
}

const struct type *ktypes_convert(struct ktypes *k, struct arena *a, u32 id)
{
	struct conv c = { .k = k, .a = a };

	return convert(&c, id);
}

const struct btf_type *ktypes_strip(const struct ktypes *k, u32 id)
{
	return strip(k, id, NULL);
}

static void add_field(struct conv *c, const char *name, const struct type *t, u32 bits, u32 bit_sz)
{
	struct field *f;

	if (!t)
		return;
	if (c->n == c->cap) {
		c->is_full = true;
		return;
	}
	f = &c->fields[c->n++];
	*f = (struct field){ .type = t, .off = bits / 8 };
	f->name = arena_printf(c->a, "%s", name);
	if (bit_sz && t->size) {
		f->off = bits / 8 / t->size * t->size;
		f->bit_off = bits - f->off * 8;
		f->bit_sz = bit_sz;
	}
}

static void add_members(struct conv *c, const struct btf_type *t, u32 base_bits, int depth)
{
	const struct btf_member *m = btf_members(t);

	for (u16 i = 0; i < btf_vlen(t) && !c->is_full; i++, m++) {
		const char *name = btf__name_by_offset(c->k->btf, m->name_off);
		u32 bits = base_bits + btf_member_bit_offset(t, i);

		if (name && *name) {
			c->member = name;
			add_field(c, name, convert(c, m->type), bits,
				  btf_member_bitfield_size(t, i));
		} else if (depth < NEST_MAX) {
			const struct btf_type *inner = strip(c->k, m->type, NULL);

			if (inner && btf_is_composite(inner))
				add_members(c, inner, bits, depth + 1);
		}
	}
}

static const struct type *build_record(struct ktypes *k, struct arena *a, const struct btf_type *t,
				       const char *name)
{
	struct conv c = { .k = k, .a = a, .cap = FIELDS_MAX, .record = name };
	struct type *r = arena_new(a, struct type);
	struct field *fields;

	c.fields = calloc(c.cap, sizeof(*c.fields));
	if (!r || !c.fields) {
		free(c.fields);
		return NULL;
	}
	add_members(&c, t, 0, 0);
	fields = arena_new_n(a, struct field, c.n + 1);
	if (fields)
		memcpy(fields, c.fields, c.n * sizeof(*fields));
	free(c.fields);
	if (!fields)
		return NULL;
	*r = (struct type){ .kind = TYPE_STRUCT,
			    .size = t->size,
			    .name = arena_printf(a, "%s", name),
			    .fields = fields,
			    .field_cnt = c.n };
	return r->name ? r : NULL;
}

const struct type *ktypes_find_record(struct ktypes *k, struct arena *a, const char *name)
{
	const struct btf_type *t = ktypes_find_composite(k, name);

	return t && btf_is_composite(t) ? build_record(k, a, t, name) : NULL;
}

bool ktypes_find_word(struct ktypes *k, const char *name, struct tracefs_ctype *ret)
{
	const struct btf_type *t;
	s32 id;

	if (!strncmp(name, "enum ", 5))
		id = btf__find_by_name_kind(k->btf, name + 5, BTF_KIND_ENUM);
	else
		id = btf__find_by_name_kind(k->btf, name, BTF_KIND_TYPEDEF);
	if (id < 0)
		id = btf__find_by_name_kind(k->btf, name, BTF_KIND_INT);
	t = id > 0 ? strip(k, id, NULL) : NULL;
	if (!t)
		return false;
	if (btf_is_ptr(t)) {
		*ret = (struct tracefs_ctype){ 8, false, true };
		return true;
	}
	if (!(btf_is_int(t) || btf_is_any_enum(t)) || !is_int_size(t->size))
		return false;
	*ret = (struct tracefs_ctype){ t->size, btf_is_int(t) ? int_is_signed(k, t) : btf_kflag(t),
				       false };
	return true;
}

/* Value of @name in the enum @t. */
static bool find_in_enum(const struct ktypes *k, const struct btf_type *t, const char *name,
			 s64 *ret)
{
	for (u16 i = 0; i < btf_vlen(t); i++) {
		bool is64 = btf_is_enum64(t);
		u32 off = is64 ? btf_enum64(t)[i].name_off : btf_enum(t)[i].name_off;
		const char *s = btf__name_by_offset(k->btf, off);

		if (!s || strcmp(s, name))
			continue;
		if (is64)
			*ret = btf_enum64_value(&btf_enum64(t)[i]);
		else if (btf_kflag(t))
			*ret = btf_enum(t)[i].val;
		else
			*ret = (u32)btf_enum(t)[i].val;
		return true;
	}
	return false;
}

bool ktypes_find_const(struct ktypes *k, struct arena *a, const char *name, s64 *ret,
		       const struct type **ret_type)
{
	struct conv c = { .k = k, .a = a };
	u32 n = btf__type_cnt(k->btf);

	for (u32 id = 1; id < n; id++) {
		const struct btf_type *t = btf__type_by_id(k->btf, id);

		if (!t || !btf_is_any_enum(t) || !find_in_enum(k, t, name, ret))
			continue;
		*ret_type = is_int_size(t->size) ? named_int(&c, t, btf_kflag(t)) : &type_s64;
		return *ret_type != NULL;
	}
	return false;
}

bool ktypes_print_enum(struct ktypes *k, const char *name, struct buf *out)
{
	s32 id = btf__find_by_name_kind(k->btf, name, BTF_KIND_ENUM);
	const struct btf_type *t;

	if (id < 0)
		id = btf__find_by_name_kind(k->btf, name, BTF_KIND_ENUM64);
	t = id > 0 ? btf__type_by_id(k->btf, id) : NULL;
	if (!t)
		return false;
	buf_printf(out, "enum %s {\n", name);
	for (u16 i = 0; i < btf_vlen(t); i++) {
		bool is64 = btf_is_enum64(t);
		u32 off = is64 ? btf_enum64(t)[i].name_off : btf_enum(t)[i].name_off;
		const char *s = btf__name_by_offset(k->btf, off);
		s64 val = is64 ? (s64)btf_enum64_value(&btf_enum64(t)[i]) : btf_enum(t)[i].val;

		buf_printf(out, "    %s = %lld,\n", s ? s : "", (long long)val);
	}
	buf_puts(out, "};\n");
	return true;
}
