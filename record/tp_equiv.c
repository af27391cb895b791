/*
 * record/tp_equiv.c -- rows of the table brought onto the running kernel's types.
 *
 *	expr = FUNCTION "(" path { "," path } ")" | [ "*" ] path
 *	path = NAME { "." NAME [ "[" NUMBER "]" ] }
 *
 * The first name is an argument or `current`.  A member of a struct that a pointer leads to costs
 * a read of the pointer before it; members of embedded structs add up.  What does not fit the
 * types leaves the field uncovered.
 */
#include "record/tp_equiv.h"

#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>

#include "base/str.h"
#include "lang/type.h"
#include "record/ktypes_priv.h"
#include "record/rawtp.h"

#define NAME_MAX_SZ 64
#define NEST_MAX    8

/* A function of the runtime (record/bpf/capture_rt.h) and how many words it takes. */
static const struct {
	const char *name, *fn;
	u32 arity;
} functions[] = {
	{ "state", "cap_tp_state", 3 },	    { "devt", "cap_tp_devt", 2 },
	{ "sector", "cap_tp_sector", 2 },   { "nr_sector", "cap_tp_nr_sector", 2 },
	{ "sectors", "cap_tp_sectors", 1 }, { "sigcode", "cap_tp_sigcode", 2 },
};

struct walk {
	const struct rawtp *r;
	const struct ktypes *k;
	const char *event;
	const char *pos; /* in the expression */
};

/* ---- the language of the table ---- */

static bool take(struct walk *w, char c)
{
	while (*w->pos == ' ')
		w->pos++;
	if (*w->pos != c)
		return false;
	w->pos++;
	return true;
}

static bool take_name(struct walk *w, char *out)
{
	size_t n = 0;

	while (*w->pos == ' ')
		w->pos++;
	while (w->pos[n] && !strchr(".,()[]* ", w->pos[n]))
		n++;
	if (!n || n >= NAME_MAX_SZ)
		return false;
	memcpy(out, w->pos, n);
	out[n] = '\0';
	w->pos += n;
	return true;
}

static bool take_index(struct walk *w, u32 *ret)
{
	char *end;

	*ret = 0;
	if (!take(w, '['))
		return true;
	*ret = (u32)strtoul(w->pos, &end, 10);
	w->pos = end;
	return take(w, ']');
}

/* ---- members ---- */

struct place {
	u32 type; /* BTF id */
	u32 bits; /* from the start of the record */
	u32 bit_sz; /* of a bit field */
};

static bool find_member(const struct ktypes *k, const struct btf_type *t, const char *name,
			int depth, struct place *ret)
{
	const struct btf_member *m = btf_members(t);

	for (u16 i = 0; i < btf_vlen(t); i++, m++) {
		const char *s = btf__name_by_offset(k->btf, m->name_off);
		u32 bits = btf_member_bit_offset(t, i);
		const struct btf_type *inner;

		if (s && *s) {
			if (strcmp(s, name))
				continue;
			*ret = (struct place){ m->type, bits, btf_member_bitfield_size(t, i) };
			return true;
		}
		inner = depth < NEST_MAX ? ktypes_strip(k, m->type) : NULL;
		if (inner && btf_is_composite(inner) &&
		    find_member(k, inner, name, depth + 1, ret)) {
			ret->bits += bits;
			return true;
		}
	}
	return false;
}

/* Element @i of the array that @ret is, if it is one. */
static bool step_into(const struct ktypes *k, struct place *ret, u32 i)
{
	const struct btf_type *t = ktypes_strip(k, ret->type);
	s64 size;

	if (!t || !btf_is_array(t))
		return i == 0;
	size = btf__resolve_size(k->btf, btf_array(t)->type);
	if (size <= 0 || i >= btf_array(t)->nelems + 1)
		return false;
	ret->type = btf_array(t)->type;
	ret->bits += i * (u32)size * 8;
	return true;
}

/* ---- the end of a path ---- */

static bool is_char(const struct ktypes *k, u32 id)
{
	const struct btf_type *t = ktypes_strip(k, id);

	return t && btf_is_int(t) && t->size == 1;
}

static bool add_read(struct tp_path *p)
{
	if (p->read_cnt == TP_READS_MAX)
		return false;
	p->off[p->read_cnt++] = p->last_off;
	p->last_off = 0;
	return true;
}

/* The value at the end of @p, of BTF type @id, has to be characters. */
static bool end_chars(const struct walk *w, u32 id, bool is_arg, struct tp_path *p)
{
	const struct btf_type *t = ktypes_strip(w->k, id);

	p->size = 0;
	if (t && btf_is_array(t) && !is_arg)
		return is_char(w->k, btf_array(t)->type);
	if (!t || !btf_is_ptr(t) || !is_char(w->k, t->type))
		return false;
	return is_arg || add_read(p);
}

static bool set_word(const struct btf_type *t, u8 *size, bool *is_signed)
{
	if (btf_is_ptr(t)) {
		*size = 8;
		*is_signed = false;
		return true;
	}
	if ((!btf_is_int(t) && !btf_is_any_enum(t)) || t->size > 8 || (t->size & (t->size - 1)))
		return false;
	*size = (u8)t->size;
	*is_signed = btf_is_int(t) ? (btf_int_encoding(t) & BTF_INT_SIGNED) != 0 : btf_kflag(t);
	return true;
}

static bool end_word(const struct walk *w, u32 id, bool is_arg, struct tp_path *p)
{
	const struct btf_type *t = ktypes_strip(w->k, id);

	if (!t)
		return false;
	if (is_arg)
		return set_word(t, &p->arg_size, &p->is_signed);
	return set_word(t, &p->size, &p->is_signed);
}

/* "*p": what the pointer at the end leads to. */
static bool end_deref(const struct walk *w, u32 id, bool is_arg, struct tp_path *p)
{
	const struct btf_type *t = ktypes_strip(w->k, id);

	if (!t || !btf_is_ptr(t) || (!is_arg && !add_read(p)))
		return false;
	return end_word(w, t->type, false, p);
}

/* ---- paths ---- */

static bool take_root(struct walk *w, struct tp_path *p, u32 *ret_type)
{
	char name[NAME_MAX_SZ];
	const struct btf_type *t;
	u32 arg;
	s32 id;

	if (!take_name(w, name))
		return false;
	if (!strcmp(name, "current")) {
		id = btf__find_by_name_kind(w->k->btf, "task_struct", BTF_KIND_STRUCT);
		p->arg = TP_CURRENT;
		*ret_type = id > 0 ? (u32)id : 0;
		return id > 0;
	}
	if (!rawtp_find_arg(w->r, w->event, name, &arg, ret_type))
		return false;
	p->arg = (u8)arg;
	p->arg_size = 8;
	t = ktypes_strip(w->k, *ret_type);
	p->is_loadable = t && !btf_is_ptr(t);
	if (t && btf_is_ptr(t)) {
		t = ktypes_strip(w->k, t->type);
		p->is_loadable = t && btf_is_composite(t);
	}
	return true;
}

/* One ".member"; @type is that of the value so far and becomes the member's. */
static bool take_member(struct walk *w, struct tp_path *p, bool is_first, u32 *type,
			struct place *at)
{
	const struct btf_type *t = ktypes_strip(w->k, *type);
	char name[NAME_MAX_SZ];
	u32 base, index;

	if (t && btf_is_ptr(t)) {
		if (!is_first && !add_read(p))
			return false;
		t = ktypes_strip(w->k, t->type);
	}
	if (!t || !btf_is_composite(t) || !take_name(w, name) || !find_member(w->k, t, name, 0, at))
		return false;
	base = p->last_off * 8;
	at->bits += base;
	if (!take_index(w, &index))
		return false;
	if (index || w->pos[-1] == ']') {
		if (!step_into(w->k, at, index))
			return false;
	}
	*type = at->type;
	if (at->bit_sz) {
		p->last_off = at->bits / 64 * 8;
		p->bit_off = (u16)(at->bits % 64);
		p->bit_sz = (u16)at->bit_sz;
		return p->bit_off + p->bit_sz <= 64;
	}
	p->last_off = at->bits / 8;
	return at->bits % 8 == 0;
}

static bool take_path(struct walk *w, bool want_chars, struct tp_path *p)
{
	bool is_deref = take(w, '*'), is_arg = true;
	struct place at = { 0 };
	u32 type;

	*p = (struct tp_path){ 0 };
	if (!take_root(w, p, &type))
		return false;
	for (; take(w, '.'); is_arg = false) {
		if (p->bit_sz || !take_member(w, p, is_arg, &type, &at))
			return false;
	}
	if (is_arg && p->arg == TP_CURRENT)
		return false;
	if (is_deref)
		return end_deref(w, type, is_arg, p);
	if (want_chars)
		return end_chars(w, type, is_arg, p);
	if (!end_word(w, type, is_arg, p))
		return false;
	if (p->bit_sz)
		p->size = 8;
	return true;
}

static bool take_function(struct walk *w, struct tp_value *v)
{
	size_t i = 0, n = strcspn(w->pos, "(");

	while (i < countof(functions) &&
	       (strlen(functions[i].name) != n || strncmp(functions[i].name, w->pos, n)))
		i++;
	if (i == countof(functions))
		return false;
	w->pos += n + 1;
	v->fn = functions[i].fn;
	for (; v->path_cnt < functions[i].arity; v->path_cnt++) {
		if (v->path_cnt && !take(w, ','))
			return false;
		if (!take_path(w, false, &v->path[v->path_cnt]))
			return false;
	}
	return take(w, ')');
}

static bool take_expr(struct walk *w, bool want_chars, struct tp_value *v)
{
	*v = (struct tp_value){ .kind = want_chars ? TP_CHARS : TP_WORD };
	if (strchr(w->pos, '('))
		return !want_chars && take_function(w, v) && !*w->pos;
	v->path_cnt = 1;
	return take_path(w, want_chars, &v->path[0]) && !*w->pos;
}

/* ---- rows ---- */

static bool names_event(const struct tp_row *row, const char *category, const char *event)
{
	size_t n = strlen(event);

	if (strcmp(row->category, category))
		return false;
	for (const char *p = strstr(row->events, event); p; p = strstr(p + 1, event)) {
		if ((p == row->events || p[-1] == ' ') && (!p[n] || p[n] == ' '))
			return true;
	}
	return false;
}

bool tp_equiv_has(const char *category, const char *event)
{
	const struct tp_row *row;

	for (u32 i = 0; (row = tp_equiv_row(i)); i++) {
		if (names_event(row, category, event))
			return true;
	}
	return false;
}

/* A field that the language takes for one word or for a string. */
static bool resolve_field(const struct rawtp *r, const char *event, const struct tp_row *row,
			  const struct field *f, struct tp_value *ret)
{
	bool want_chars = f->type->kind == TYPE_STR || f->is_data_loc;
	struct walk w = { .r = r, .k = rawtp_types(r), .event = event, .pos = row->expr };

	if (!want_chars && f->type->kind != TYPE_INT && f->type->kind != TYPE_BOOL &&
	    f->type->kind != TYPE_PTR)
		return false;
	return !f->bit_sz && take_expr(&w, want_chars, ret);
}

const struct tp_event *tp_equiv_resolve(const struct rawtp *r, const char *category,
					const char *event, const struct type *args, u32 version,
					struct arena *a)
{
	struct tp_field *fields = arena_new_n(a, struct tp_field, args->field_cnt + 1);
	struct tp_event *e = arena_new(a, struct tp_event);
	const struct tp_row *row;

	if (!fields || !e)
		return NULL;
	e->fields = fields;
	for (u32 i = 0; (row = tp_equiv_row(i)); i++) {
		const struct field *f;

		if (!names_event(row, category, event) || version < row->since)
			continue;
		f = type_field(args, row->field);
		if (!f || e->field_cnt == args->field_cnt)
			continue;
		if (resolve_field(r, event, row, f, &fields[e->field_cnt].val))
			fields[e->field_cnt++].name = row->field;
	}
	return e->field_cnt ? e : NULL;
}
