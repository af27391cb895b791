/*
 * lang/type_parse.c -- types from the text that type_print() makes.
 *
 *	type    = ( word-type | "(" [ type { "," type } [","] ] ")" ) { " *" { "*" } | "[" number
 *	"]" }
 *
 * The text may come from a tape: depth and numbers are bounded, and what does not read back exactly
 * is refused.
 */
#include "lang/type.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SZ (TYPE_NAME_MAX + 1)

struct reader {
	const char *p;
	struct arena *a;
	u32 depth;
};

typedef const struct type *(*word_fn)(struct reader *r, const char *word);

static const struct type *read_type(struct reader *r);

static bool eat(struct reader *r, char c)
{
	if (*r->p != c)
		return false;
	r->p++;
	return true;
}

static bool read_s64(struct reader *r, s64 *ret)
{
	char *end;

	if (!isdigit((u8)*r->p) && (*r->p != '-' || !isdigit((u8)r->p[1])))
		return false;
	errno = 0;
	*ret = strtoll(r->p, &end, 10);
	r->p = end;
	return !errno;
}

static bool read_u32(struct reader *r, u32 *ret)
{
	s64 v;

	if (!read_s64(r, &v) || v < 0 || v > UINT32_MAX)
		return false;
	*ret = (u32)v;
	return true;
}

static bool is_word(char c)
{
	return isalnum((u8)c) || c == '_';
}

static bool read_word(struct reader *r, bool (*fits)(char), char *ret)
{
	size_t n = 0;

	while (fits(r->p[n]) && n < NAME_SZ - 1)
		n++;
	if (!n || fits(r->p[n]))
		return false;
	memcpy(ret, r->p, n);
	ret[n] = '\0';
	r->p += n;
	return true;
}

static struct type *new_type(struct reader *r, enum type_kind kind, u32 size)
{
	struct type *t = arena_new(r->a, struct type);

	if (t) {
		t->kind = kind;
		t->size = size;
	}
	return t;
}

static const struct type *int_named(const char *word)
{
	static const struct { const char *name; const struct type *t; } ints[] = {
		{ "int8", &type_s8 },	{ "int16", &type_s16 },	  { "int32", &type_s32 },
		{ "int64", &type_s64 }, { "uint8", &type_u8 },	  { "uint16", &type_u16 },
		{ "uint32", &type_u32 }, { "uint64", &type_u64 },
	};

	for (size_t i = 0; i < countof(ints); i++) {
		if (!strcmp(word, ints[i].name))
			return ints[i].t;
	}
	return NULL;
}

static const struct type *read_int(struct reader *r)
{
	char word[NAME_SZ];

	return read_word(r, is_word, word) ? int_named(word) : NULL;
}

static const struct type *read_number(struct reader *r)
{
	char word[NAME_SZ];

	if (!read_word(r, is_word, word))
		return NULL;
	return strcmp(word, "double") ? int_named(word) : &type_double;
}

/* "struct NAME" "union NAME" */
static bool is_c_name(char c)
{
	return is_word(c) || (c && strchr(".:$?", c));
}

static const struct type *read_struct(struct reader *r, const char *word)
{
	struct type *t = new_type(r, TYPE_STRUCT, 0);
	bool is_typedef = !strcmp(word, "typedef");
	char name[NAME_SZ];

	if (!t || !eat(r, ' ') || !read_word(r, is_c_name, name))
		return NULL;
	t->name = is_typedef ? arena_printf(r->a, "%s", name) :
			       arena_printf(r->a, "%s %s", word, name);
	return t->name ? t : NULL;
}

static const struct type *read_enum(struct reader *r, const char *word)
{
	const struct type *width = &type_u32;
	char name[NAME_SZ];
	struct type *t;

	if (!eat(r, ' ') || !read_word(r, is_word, name))
		return NULL;
	if (eat(r, ':'))
		width = read_int(r);
	t = width ? new_type(r, TYPE_INT, width->size) : NULL;
	if (!t)
		return NULL;
	t->is_signed = width->is_signed;
	t->name = arena_printf(r->a, "%s %s", word, name);
	return t->name ? t : NULL;
}

/* "string[N]" and its like: the size is the type's own */
static const struct type *read_sized(struct reader *r, const char *word)
{
	enum type_kind kind = *word == 's' ? TYPE_STR : *word == 'b' ? TYPE_BUF : TYPE_INET;
	u32 size;

	if (!eat(r, '[') || !read_u32(r, &size) || size > TYPE_BYTES_MAX || !eat(r, ']'))
		return NULL;
	return new_type(r, kind, size);
}

static const struct type *read_plain(struct reader *r, const char *word)
{
	static const struct { const char *name; enum type_kind kind; u32 size; enum addr_space as; }
	plain[] = {
		{ "macaddr", TYPE_MAC, 6, ASPACE_ANY },
		{ "ksym", TYPE_SYM, 8, ASPACE_KERNEL },
		{ "usym", TYPE_SYM, 8, ASPACE_USER },
		{ "cgroup_path", TYPE_CGROUP, 8, ASPACE_ANY },
		{ "username", TYPE_USER, 8, ASPACE_ANY },
	};

	for (size_t i = 0; i < countof(plain); i++) {
		struct type *t;

		if (strcmp(word, plain[i].name))
			continue;
		t = new_type(r, plain[i].kind, plain[i].size);
		if (t)
			t->aspace = plain[i].as;
		return t;
	}
	return NULL;
}

static const struct type *read_void(struct reader *r UNUSED, const char *word)
{
	return !strcmp(word, "bool") ? &type_bool : *word == 'd' ? &type_double : &type_none;
}

static const struct type *read_stack(struct reader *r, const char *word)
{
	struct type *t = new_type(r, TYPE_STACK, 8);
	char mode[NAME_SZ];

	if (!t || !eat(r, '(') || !read_u32(r, &t->elem_cnt))
		return NULL;
	t->aspace = *word == 'u' ? ASPACE_USER : ASPACE_KERNEL;
	if (eat(r, ',')) {
		if (!read_word(r, is_word, mode))
			return NULL;
		t->time_fmt = arena_printf(r->a, "%s", mode);
		if (!t->time_fmt)
			return NULL;
	}
	return eat(r, ')') ? t : NULL;
}

static int hex_value(char c)
{
	return isdigit((u8)c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static char *read_quoted(struct reader *r)
{
	const char *end = r->p;
	char *text, *w;

	if (!eat(r, '"'))
		return NULL;
	end = strchr(r->p, '"');
	if (!end)
		return NULL;
	w = text = arena_dup(r->a, r->p, (size_t)(end - r->p));
	while (text && r->p < end) {
		if (*r->p == '\\') {
			if (end - r->p < 4 || r->p[1] != 'x' || hex_value(r->p[2]) < 0 ||
			    hex_value(r->p[3]) < 0)
				return NULL;
			*w++ = (char)(hex_value(r->p[2]) << 4 | hex_value(r->p[3]));
			r->p += 4;
		} else {
			*w++ = *r->p++;
		}
	}
	r->p = end + 1;
	if (text)
		*w = '\0';
	return text;
}

static const struct type *read_time(struct reader *r, const char *word UNUSED)
{
	struct type *t = new_type(r, TYPE_TIME, 8);

	if (!t || !eat(r, '('))
		return NULL;
	t->time_fmt = read_quoted(r);
	return t->time_fmt && eat(r, ')') ? t : NULL;
}

static const struct type *read_count(struct reader *r, const char *word)
{
	struct type *t = new_type(r, TYPE_AGG, 0);

	if (t)
		t->agg = *word == 'c' ? AGG_COUNT : AGG_DISTINCT;
	return t;
}

static const struct type *read_agg(struct reader *r, const char *word)
{
	static const struct { const char *name; enum agg_kind agg; } aggs[] = {
		{ "sum", AGG_SUM }, { "min", AGG_MIN },	   { "max", AGG_MAX },
		{ "avg", AGG_AVG }, { "stats", AGG_STATS },
	};
	struct type *t = new_type(r, TYPE_AGG, 0);
	size_t i = 0;

	while (strcmp(word, aggs[i].name))
		i++;
	if (!t || !eat(r, '('))
		return NULL;
	t->agg = aggs[i].agg;
	t->elem = read_number(r);
	if (!t->elem)
		return NULL;
	t->is_signed = t->elem->is_signed;
	return eat(r, ')') ? t : NULL;
}

static const struct type *read_hist(struct reader *r, const char *word)
{
	struct type *t = new_type(r, TYPE_AGG, 0);
	bool ok;

	if (!t || !eat(r, '('))
		return NULL;
	t->agg = *word == 'h' ? AGG_HIST : AGG_LHIST;
	if (t->agg == AGG_HIST)
		ok = read_u32(r, &t->hist_k) && t->hist_k <= 5;
	else
		ok = read_s64(r, &t->lhist_min) && eat(r, ',') && read_s64(r, &t->lhist_max) &&
		     eat(r, ',') && read_s64(r, &t->lhist_step) && t->lhist_step > 0;
	t->elem = ok && eat(r, ',') ? read_int(r) : &type_s64;
	return ok && t->elem && eat(r, ')') ? t : NULL;
}

static bool read_func(struct reader *r, enum tseries_func *ret)
{
	static const char *const funcs[TSERIES_FUNC_CNT] = { "last", "avg", "max", "min", "sum" };
	char word[NAME_SZ];

	if (!read_word(r, is_word, word))
		return false;
	for (u32 i = 0; i < TSERIES_FUNC_CNT; i++) {
		if (!strcmp(word, funcs[i])) {
			*ret = (enum tseries_func)i;
			return true;
		}
	}
	return false;
}

static bool read_quantiles(struct reader *r, struct type *t)
{
	while (eat(r, ',')) {
		if (t->q_cnt == AGG_QUANTILES_MAX || !read_u32(r, &t->q[t->q_cnt]) ||
		    t->q[t->q_cnt] > 1000000)
			return false;
		t->q_cnt++;
	}
	return t->q_cnt > 0;
}

static const struct type *read_sketch(struct reader *r, const char *word)
{
	struct type *t = new_type(r, TYPE_AGG, 0);
	bool ok;

	if (!t || !eat(r, '('))
		return NULL;
	t->agg = *word == 't' ? AGG_TSERIES : AGG_QUANTILE;
	t->elem = read_int(r);
	if (!t->elem)
		return NULL;
	t->is_signed = t->elem->is_signed;
	if (t->agg == AGG_TSERIES)
		ok = eat(r, ',') && read_s64(r, &t->ts_interval) && t->ts_interval > 0 &&
		     eat(r, ',') && read_u32(r, &t->ts_num) && t->ts_num > 0 &&
		     t->ts_num <= TSERIES_NUM_MAX && eat(r, ',') && read_func(r, &t->ts_func);
	else
		ok = read_quantiles(r, t);
	return ok && eat(r, ')') ? t : NULL;
}

static const struct type *read_word_type(struct reader *r)
{
	static const struct { const char *word; word_fn read; } words[] = {
		{ "void", read_void },	      { "bool", read_void },	 { "struct", read_struct },
		{ "union", read_struct },     { "typedef", read_struct }, { "enum", read_enum },
		{ "string", read_sized },     { "buffer", read_sized },	 { "inet", read_sized },
		{ "macaddr", read_plain },    { "ksym", read_plain },	 { "usym", read_plain },
		{ "cgroup_path", read_plain }, { "username", read_plain }, { "kstack", read_stack },
		{ "ustack", read_stack },     { "strftime", read_time }, { "count", read_count },
		{ "sum", read_agg },	      { "min", read_agg },	 { "max", read_agg },
		{ "avg", read_agg },	      { "stats", read_agg },	 { "hist", read_hist },
		{ "lhist", read_hist },	      { "tseries", read_sketch },
		{ "quantile", read_sketch },  { "distinct", read_count },
		{ "double", read_void },
	};
	char word[NAME_SZ];

	if (!read_word(r, is_word, word))
		return NULL;
	for (size_t i = 0; i < countof(words); i++) {
		if (!strcmp(word, words[i].word))
			return words[i].read(r, words[i].word);
	}
	return int_named(word);
}

/* "x=" of a record's member; NULL: there is none. */
static const char *read_member_name(struct reader *r)
{
	const char *start = r->p;
	char name[NAME_SZ];

	if (!isdigit((u8)*start) && read_word(r, is_word, name) && eat(r, '='))
		return arena_dup(r->a, name, strlen(name));
	r->p = start;
	return NULL;
}

/* Each member has a name, or none has, and no two have the same. */
static bool names_fit(const char *const *names, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		if (!names[i] != !names[0])
			return false;
		for (u32 k = 0; names[i] && k < i; k++) {
			if (!strcmp(names[i], names[k]))
				return false;
		}
	}
	return true;
}

/* What a tuple holds is a value: no larger than the checker lets one be. */
static bool is_member(const struct type *t)
{
	switch (t->kind) {
	case TYPE_NONE:
	case TYPE_AGG:
		return false;
	case TYPE_STR:
	case TYPE_BUF:
	case TYPE_INET:
		return t->size <= STR_BYTES_MAX;
	default:
		return t->size <= VALUE_BYTES_MAX;
	}
}

static const struct type *read_tuple(struct reader *r)
{
	const struct type *members[TYPE_MEMBERS_MAX] = { NULL }, *m;
	const char *names[TYPE_MEMBERS_MAX] = { NULL };
	struct type *t;
	u32 n = 0;

	while (!eat(r, ')')) {
		if (n == countof(members))
			return NULL;
		names[n] = read_member_name(r);
		m = read_type(r);
		if (!m || !is_member(m))
			return NULL;
		members[n++] = m;
		if (!eat(r, ',') && *r->p != ')')
			return NULL;
	}
	if (!names_fit(names, n) || !type_tuple_fits(members, n))
		return NULL;
	t = (struct type *)type_tuple(r->a, members, n);
	if (t && n && names[0]) {
		t->names = arena_dup(r->a, names, n * sizeof(*names));
		if (!t->names)
			return NULL;
	}
	return t;
}

static const struct type *read_ptr(struct reader *r, const struct type *to)
{
	return type_ptr(r->a, to == &type_none ? NULL : to, ASPACE_ANY);
}

static const struct type *read_array(struct reader *r, const struct type *elem)
{
	u32 n;

	return read_u32(r, &n) && eat(r, ']') ? type_array(r->a, elem, n) : NULL;
}

/* "T *", "T **" */
static bool eat_star(struct reader *r, const struct type *t)
{
	if (t->kind == TYPE_PTR)
		return eat(r, '*');
	if (r->p[0] != ' ' || r->p[1] != '*')
		return false;
	r->p += 2;
	return true;
}

static const struct type *read_postfix(struct reader *r, const struct type *t)
{
	u32 levels = 0;

	while (t && r->depth + ++levels <= TYPE_NEST_MAX + 1) {
		if (eat_star(r, t))
			t = read_ptr(r, t);
		else if (eat(r, '['))
			t = read_array(r, t);
		else
			return t;
	}
	return NULL;
}

static const struct type *read_type(struct reader *r)
{
	const struct type *t = NULL;

	if (++r->depth <= TYPE_NEST_MAX)
		t = read_postfix(r, eat(r, '(') ? read_tuple(r) : read_word_type(r));
	r->depth--;
	return t;
}

const struct type *type_parse(struct arena *a, const char *text)
{
	struct reader r = { .p = text, .a = a };
	const struct type *t = read_type(&r);

	return t && !*r.p ? t : NULL;
}
