/*
 * lang/decls_layout.c -- where the members of a struct or union lie: the rules of the System V ABI,
 * which are those of gcc and clang on Linux.
 */
#include <string.h>

#include "lang/decls_priv.h"

struct layout {
	struct decl_reader *r;
	struct field *fields;
	u32 cnt;
	u64 bits, most_bits; /* end of the last member; of the longest one of a union */
	u32 align;
	bool is_union, is_packed;
};

static u32 align_of(const struct decls *ds, const struct type *t, u32 depth)
{
	u32 most = 1;

	switch (t->kind) {
	case TYPE_INT:
	case TYPE_BOOL:
	case TYPE_PTR:
		return t->size > 8 || !t->size ? 8 : t->size;
	case TYPE_ARRAY:
		return depth < DECL_NEST_MAX ? align_of(ds, t->elem, depth + 1) : 1;
	case TYPE_STRUCT:
		break;
	default:
		return 1;
	}
	t = decls_complete(ds, t);
	if (t && t->align)
		return t->align;
	for (u32 i = 0; t && depth < DECL_NEST_MAX && i < t->field_cnt; i++) {
		u32 one = align_of(ds, t->fields[i].type, depth + 1);

		/* a member that does not lie on its own alignment was packed */
		if (one > most && t->fields[i].off % one == 0)
			most = one;
	}
	return most;
}

u32 decls_align(const struct decls *ds, const struct type *t)
{
	return align_of(ds, t, 0);
}

static u64 round_up(u64 n, u64 to)
{
	return (n + to - 1) / to * to;
}

static bool add_field(struct layout *l, const struct decl_member *m, const struct field *f)
{
	for (u32 i = 0; i < l->cnt; i++) {
		if (strcmp(l->fields[i].name, f->name))
			continue;
		diag_error(l->r->p.d, m->span, "there is a member %s already", f->name);
		return false;
	}
	if (l->cnt == DECL_FIELDS_MAX) {
		diag_error(l->r->p.d, m->span, "a struct has at most %d members", DECL_FIELDS_MAX);
		return false;
	}
	l->fields[l->cnt++] = *f;
	return true;
}

/* Members of an unnamed member are named as if they were the whole's. */
static bool add_unnamed(struct layout *l, const struct decl_member *m, const struct type *t,
			u64 off)
{
	for (u32 i = 0; i < t->field_cnt; i++) {
		struct field f = t->fields[i];

		f.off += (u32)off;
		if (!add_field(l, m, &f))
			return false;
	}
	return true;
}

static void take_room(struct layout *l, u64 pos, u64 bits, u32 align)
{
	l->bits = pos + bits;
	if (l->bits > l->most_bits)
		l->most_bits = l->bits;
	if (align > l->align)
		l->align = align;
}

static bool add_bits(struct layout *l, const struct decl_member *m, u32 align)
{
	u64 unit = (u64)m->type->size * 8, pos = l->is_union ? 0 : l->bits;
	struct field f = { .name = m->name, .type = m->type };

	if ((m->type->kind != TYPE_INT && m->type->kind != TYPE_BOOL) || m->bits > (s64)unit) {
		diag_error(l->r->p.d, m->span, "a bit field of %lld bits does not fit its type",
			   (long long)m->bits);
		return false;
	}
	if (!m->bits) { /* "int : 0;" */
		l->bits = round_up(pos, unit);
		return true;
	}
	if (!l->is_packed && pos / unit != (pos + (u64)m->bits - 1) / unit)
		pos = round_up(pos, unit);
	f.off = (u32)(pos / unit * m->type->size);
	f.bit_off = (u16)(pos - (u64)f.off * 8);
	f.bit_sz = (u16)m->bits;
	if (f.bit_off + f.bit_sz > unit) { /* packed, over the border of a unit */
		f.off = (u32)(pos / 8);
		f.bit_off = (u16)(pos % 8);
	}
	if (f.bit_off + f.bit_sz > unit) {
		diag_error(l->r->p.d, m->span,
			   "this packed bit field cannot be read as one number");
		return false;
	}
	take_room(l, pos, (u64)m->bits, m->name ? align : 1);
	return !m->name || add_field(l, m, &f);
}

static bool add_member(struct layout *l, const struct decl_member *m)
{
	const struct type *t = decls_complete(l->r->ds, m->type);
	struct field f = { .name = m->name };
	u64 pos = l->is_union ? 0 : l->bits;
	u32 align;

	if (!t || t->kind == TYPE_NONE) {
		diag_error(l->r->p.d, m->span, "the type of this member is not known%s",
			   t ? ": void has no size" : "");
		return false;
	}
	align = l->is_packed || m->attrs.is_packed ? 1 : decls_align(l->r->ds, t);
	if (m->attrs.align > align)
		align = m->attrs.align;
	if (m->bits >= 0)
		return add_bits(l, m, align);
	pos = round_up(pos, (u64)align * 8);
	if (pos / 8 + t->size > TYPE_BYTES_MAX) {
		diag_error(l->r->p.d, m->span, "this is too large");
		return false;
	}
	take_room(l, pos, (u64)t->size * 8, align);
	if (!m->name)
		return add_unnamed(l, m, t, pos / 8);
	f.type = m->type->kind == TYPE_STRUCT ? m->type : t;
	f.off = (u32)(pos / 8);
	return add_field(l, m, &f);
}

bool decls_lay_out(struct decl_reader *r, struct type *t, const struct vec *members,
		   struct decl_attrs attrs)
{
	struct layout l = { .r = r, .is_packed = attrs.is_packed, .align = 1 };
	struct field *kept;
	bool ok = true;
	size_t max = members->n;

	for (size_t i = 0; i < members->n; i++) {
		const struct decl_member *m = vec_get(members, struct decl_member, i);

		if (!m->name && m->type->kind == TYPE_STRUCT)
			max += m->type->field_cnt;
	}
	l.is_union = !strncmp(t->name, "union ", 6);
	l.fields = arena_new_n(r->p.a, struct field,
			       (max < DECL_FIELDS_MAX ? max : DECL_FIELDS_MAX) + 1);
	if (!l.fields)
		return false;
	for (size_t i = 0; ok && i < members->n; i++)
		ok = add_member(&l, vec_get(members, struct decl_member, i));
	kept = l.fields;
	if (attrs.align > l.align)
		l.align = attrs.align;
	t->fields = kept;
	t->field_cnt = l.cnt;
	t->size = (u32)round_up(round_up(l.most_bits, 8) / 8, l.align);
	t->align = l.align;
	return ok;
}
