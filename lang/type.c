/* lang/type.c -- types: the shared constants, constructors, comparison.  Text: type_print.c. */
#include "lang/type.h"

#include <assert.h>
#include <string.h>

const struct type type_none = { .kind = TYPE_NONE };
const struct type type_double = { .kind = TYPE_FLOAT, .size = 8 };
const struct type type_bool = { .kind = TYPE_BOOL, .size = 1 };
const struct type type_s8 = { .kind = TYPE_INT, .size = 1, .is_signed = true };
const struct type type_s16 = { .kind = TYPE_INT, .size = 2, .is_signed = true };
const struct type type_s32 = { .kind = TYPE_INT, .size = 4, .is_signed = true };
const struct type type_s64 = { .kind = TYPE_INT, .size = 8, .is_signed = true };
const struct type type_u8 = { .kind = TYPE_INT, .size = 1 };
const struct type type_u16 = { .kind = TYPE_INT, .size = 2 };
const struct type type_u32 = { .kind = TYPE_INT, .size = 4 };
const struct type type_u64 = { .kind = TYPE_INT, .size = 8 };

const struct type *type_int(u32 size, bool is_signed)
{
	static const struct type *const ints[2][9] = {
		{ [1] = &type_u8, [2] = &type_u16, [4] = &type_u32, [8] = &type_u64 },
		{ [1] = &type_s8, [2] = &type_s16, [4] = &type_s32, [8] = &type_s64 },
	};

	assert(size <= 8 && ints[is_signed][size]);
	return ints[is_signed][size];
}

const struct type *type_str(struct arena *a, u32 size)
{
	struct type *t = arena_new(a, struct type);

	if (!t)
		return NULL;
	t->kind = TYPE_STR;
	t->size = size;
	return t;
}

const struct type *type_ptr(struct arena *a, const struct type *to, enum addr_space as)
{
	struct type *t = arena_new(a, struct type);

	if (!t)
		return NULL;
	t->kind = TYPE_PTR;
	t->size = 8;
	t->elem = to;
	t->aspace = as;
	return t;
}

const struct type *type_tuple(struct arena *a, const struct type *const *members, u32 n)
{
	struct type *t = arena_new(a, struct type);
	const struct type **copy = arena_new_n(a, const struct type *, n + 1);

	if (!t || !copy)
		return NULL;
	for (u32 i = 0; i < n; i++)
		copy[i] = members[i];
	t->kind = TYPE_TUPLE;
	t->members = copy;
	t->elem_cnt = n;
	return t;
}

struct tuple_size {
	u32 values, now, nest;
};

static void add_size(struct tuple_size *s, const struct type *t)
{
	s->now++;
	s->nest = s->now > s->nest ? s->now : s->nest;
	if (t->kind == TYPE_PTR && t->elem)
		add_size(s, t->elem);
	else if (t->kind != TYPE_TUPLE)
		s->values++;
	for (u32 i = 0; t->kind == TYPE_TUPLE && i < t->elem_cnt; i++)
		add_size(s, t->members[i]);
	s->now--;
}

bool type_tuple_fits(const struct type *const *members, u32 n)
{
	struct tuple_size s = { .now = 1 };

	for (u32 i = 0; i < n && n <= TYPE_MEMBERS_MAX; i++)
		add_size(&s, members[i]);
	return n <= TYPE_MEMBERS_MAX && s.nest <= TYPE_NEST_MAX && s.values <= TUPLE_VALUES_MAX;
}

const struct type *type_array(struct arena *a, const struct type *elem, u32 n)
{
	struct type *t;
	u32 size;

	if (!elem || __builtin_mul_overflow(elem->size, n, &size) || size > TYPE_BYTES_MAX)
		return NULL;
	t = arena_new(a, struct type);
	if (t)
		*t = (struct type){
			.kind = TYPE_ARRAY, .elem = elem, .elem_cnt = n, .size = size
		};
	return t;
}

const struct type *type_tuple_like(struct arena *a, const struct type *like,
				   const struct type *const *members)
{
	struct type *t = (struct type *)type_tuple(a, members, like->elem_cnt);

	if (t)
		t->names = like->names;
	return t;
}

int type_member(const struct type *t, const char *name)
{
	if (t->kind != TYPE_TUPLE || !t->names)
		return -1;
	for (u32 i = 0; i < t->elem_cnt; i++) {
		if (!strcmp(t->names[i], name))
			return (int)i;
	}
	return -1;
}

static bool text_eq(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool elem_eq(const struct type *a, const struct type *b)
{
	return a == b || (a && b && type_eq(a, b));
}

static bool tuple_eq(const struct type *a, const struct type *b)
{
	if (a->elem_cnt != b->elem_cnt || !a->names != !b->names)
		return false;
	for (u32 i = 0; i < a->elem_cnt; i++) {
		if (a->names && strcmp(a->names[i], b->names[i]))
			return false;
		if (!type_eq(a->members[i], b->members[i]))
			return false;
	}
	return true;
}

static bool agg_eq(const struct type *a, const struct type *b)
{
	if (type_is_float_agg(a) != type_is_float_agg(b))
		return false;
	if (a->agg != b->agg || a->is_signed != b->is_signed || a->hist_k != b->hist_k)
		return false;
	return type_same_agg(a, b);
}

bool type_same_agg(const struct type *a, const struct type *b)
{
	if (a->agg != b->agg || a->hist_k != b->hist_k || a->lhist_min != b->lhist_min ||
	    a->lhist_max != b->lhist_max || a->lhist_step != b->lhist_step)
		return false;
	return a->ts_interval == b->ts_interval && a->ts_num == b->ts_num &&
	       a->ts_func == b->ts_func && a->q_cnt == b->q_cnt &&
	       !memcmp(a->q, b->q, a->q_cnt * sizeof(a->q[0]));
}

bool type_eq(const struct type *a, const struct type *b)
{
	if (a == b)
		return true;
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case TYPE_INT:
		return a->size == b->size && a->is_signed == b->is_signed &&
		       text_eq(a->name, b->name);
	case TYPE_PTR:
		return elem_eq(a->elem, b->elem);
	case TYPE_ARRAY:
		return a->elem_cnt == b->elem_cnt && elem_eq(a->elem, b->elem);
	case TYPE_STRUCT:	/* an anonymous one is only itself */
		return a->name && b->name && !strcmp(a->name, b->name);
	case TYPE_TUPLE:
		return tuple_eq(a, b);
	case TYPE_TIME:
		return text_eq(a->time_fmt, b->time_fmt);
	case TYPE_AGG:
		return agg_eq(a, b);
	case TYPE_STACK:
		return a->aspace == b->aspace && a->elem_cnt == b->elem_cnt &&
		       text_eq(a->time_fmt, b->time_fmt);
	case TYPE_SYM:
		return a->aspace == b->aspace;
	default:
		return true;
	}
}

bool type_is_float_agg(const struct type *t)
{
	return t->kind == TYPE_AGG && t->elem && t->elem->kind == TYPE_FLOAT;
}

bool type_is_stack(const struct type *t)
{
	return t && (t->kind == TYPE_STACK || t->kind == TYPE_SYM);
}

bool type_is_num(const struct type *t)
{
	return t->kind == TYPE_INT || t->kind == TYPE_BOOL || t->kind == TYPE_PTR;
}

const char *type_enum_name(const struct type *t, s64 v)
{
	for (u32 i = 0; i < t->enum_cnt; i++) {
		if (t->enums[i].val == v)
			return t->enums[i].name;
	}
	return NULL;
}

const struct field *type_field(const struct type *t, const char *name)
{
	if (t->kind != TYPE_STRUCT || !t->fields)
		return NULL;
	for (u32 i = 0; i < t->field_cnt; i++) {
		if (!strcmp(t->fields[i].name, name))
			return &t->fields[i];
	}
	return NULL;
}
