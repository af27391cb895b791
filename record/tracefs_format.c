/*
 * record/tracefs_format.c -- the text of a tracepoint's format file -> its args.
 *
 *	name: sys_enter_openat
 *	ID: 656
 *	format:
 *		field:unsigned short common_type;	offset:0;	size:2;	signed:0;
 *		...
 *		field:int dfd;	offset:16;	size:8;	signed:0;
 *		field:const char * filename;	offset:24;	size:8;	signed:0;
 *
 * A declaration is a C type, a name and perhaps [N].  Offset, size and sign of a field are believed
 * as the text gives them, except those of a system call's arguments: the kernel stores each as an
 * unsigned long whatever it was declared as, so there the declared type decides and the value is
 * read from the first bytes of the slot (on a little-endian machine).
 */
#include "record/tracefs.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS_MAX    512
#define RECORD_MAX    65536
#define DECL_MAX      256
#define IS_BIG_ENDIAN (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)

static const struct {
	const char *name;
	struct tracefs_ctype t;
} ctypes[] = {
	{ "char", { 1, true, false } },
	{ "signed char", { 1, true, false } },
	{ "unsigned char", { 1, false, false } },
	{ "bool", { 1, false, false } },
	{ "short", { 2, true, false } },
	{ "unsigned short", { 2, false, false } },
	{ "umode_t", { 2, false, false } },
	{ "int", { 4, true, false } },
	{ "unsigned", { 4, false, false } },
	{ "unsigned int", { 4, false, false } },
	{ "uint", { 4, false, false } },
	{ "pid_t", { 4, true, false } },
	{ "uid_t", { 4, false, false } },
	{ "gid_t", { 4, false, false } },
	{ "clockid_t", { 4, true, false } },
	{ "timer_t", { 4, true, false } },
	{ "mqd_t", { 4, true, false } },
	{ "key_t", { 4, true, false } },
	{ "key_serial_t", { 4, true, false } },
	{ "qid_t", { 4, false, false } },
	{ "rwf_t", { 4, true, false } },
	{ "long", { 8, true, false } },
	{ "unsigned long", { 8, false, false } },
	{ "long long", { 8, true, false } },
	{ "unsigned long long", { 8, false, false } },
	{ "size_t", { 8, false, false } },
	{ "ssize_t", { 8, true, false } },
	{ "loff_t", { 8, true, false } },
	{ "off_t", { 8, true, false } },
	{ "aio_context_t", { 8, false, false } },
	{ "s8", { 1, true, false } },
	{ "s16", { 2, true, false } },
	{ "s32", { 4, true, false } },
	{ "s64", { 8, true, false } },
	{ "u8", { 1, false, false } },
	{ "u16", { 2, false, false } },
	{ "u32", { 4, false, false } },
	{ "u64", { 8, false, false } },
};

struct format_parse {
	const struct tracefs_types *types;
	struct arena *a;
	struct err *err;
	bool is_syscall;
	struct field fields[FIELDS_MAX];
	u32 n, end;
};

/* One "field:" line taken apart; texts are in decl. */
struct field_line {
	char decl[DECL_MAX];
	char *type; /* base type without const, pointers and brackets */
	char *name;
	int stars;
	bool is_array;
	u32 dim; /* [dim]; 0 if it is no number */
	bool is_data_loc, is_rel_loc;
	u32 off, size;
	bool is_signed;
};

static bool find_ctype(const struct format_parse *p, const char *name, struct tracefs_ctype *ret)
{
	if (!strncmp(name, "__", 2) && (name[2] == 'u' || name[2] == 's') &&
	    isdigit((unsigned char)name[3]))
		name += 2;
	for (size_t i = 0; i < countof(ctypes); i++) {
		if (!strcmp(ctypes[i].name, name)) {
			*ret = ctypes[i].t;
			return true;
		}
	}
	return p->types && p->types->find(p->types->ctx, name, ret);
}

/* "key:NUMBER;" somewhere in @line. */
static bool find_number(struct str line, const char *key, u32 *ret)
{
	char text[512], *at, *end;
	unsigned long v;

	if (line.len >= sizeof(text))
		return false;
	memcpy(text, line.s, line.len);
	text[line.len] = '\0';
	at = strstr(text, key);
	if (!at)
		return false;
	at += strlen(key);
	v = strtoul(at, &end, 10);
	if (end == at || *end != ';' || v > RECORD_MAX)
		return false;
	*ret = v;
	return true;
}

/* Drop each occurrence of the word @w. */
static void drop_word(char *s, const char *w)
{
	size_t len = strlen(w);

	for (char *p = s; (p = strstr(p, w));) {
		bool is_word = (p == s || !(isalnum((unsigned char)p[-1]) || p[-1] == '_')) &&
			       !(isalnum((unsigned char)p[len]) || p[len] == '_');

		if (is_word)
			memmove(p, p + len, strlen(p + len) + 1);
		else
			p += len;
	}
}

/* Runs of blanks become one; none at the ends. */
static void squeeze(char *s)
{
	char *to = s;

	for (const char *p = s; *p; p++) {
		if (isspace((unsigned char)*p) && (to == s || to[-1] == ' '))
			continue;
		*to++ = isspace((unsigned char)*p) ? ' ' : *p;
	}
	while (to > s && to[-1] == ' ')
		to--;
	*to = '\0';
}

static void count_stars(struct field_line *l)
{
	for (char *p = l->type; *p; p++) {
		if (*p == '*') {
			l->stars++;
			*p = ' ';
		}
	}
}

/* decl -> type, name, stars, array. */
static bool split_decl(struct field_line *l)
{
	char *bracket, *end, *s = l->decl;

	l->is_data_loc = strstr(s, "__data_loc ") == s;
	l->is_rel_loc = strstr(s, "__rel_loc ") == s;
	if (l->is_data_loc || l->is_rel_loc)
		s = strchr(s, ' ') + 1;
	bracket = strchr(s, '[');
	if (bracket) {
		char *close = strchr(bracket, ']');

		if (!close)
			return false;
		l->is_array = true;
		l->dim = strtoul(bracket + 1, &end, 10);
		if (*end != ']')
			l->dim = 0;
		memset(bracket, ' ', close - bracket + 1);
	}
	squeeze(s);
	l->name = s + strlen(s);
	while (l->name > s && (isalnum((unsigned char)l->name[-1]) || l->name[-1] == '_'))
		l->name--;
	if (l->name == s || !*l->name)
		return false;
	/* the blank or star before the name ends the type */
	l->type = s;
	if (l->name[-1] == '*')
		l->stars++;
	l->name[-1] = '\0';
	count_stars(l);
	drop_word(l->type, "const");
	drop_word(l->type, "volatile");
	drop_word(l->type, "__user");
	drop_word(l->type, "__seg_gs");
	squeeze(l->type);
	return true;
}

/* false: not the line of a field. */
static bool parse_line(struct str line, struct field_line *l)
{
	struct str decl, rest;
	u32 is_signed = 0;

	memset(l, 0, sizeof(*l));
	line = str_trim(line);
	if (!str_has_prefix(line, "field:"))
		return false;
	line.s += 6;
	line.len -= 6;
	if (!str_split(line, ';', &decl, &rest) || decl.len >= DECL_MAX)
		return false;
	memcpy(l->decl, decl.s, decl.len);
	if (!find_number(rest, "offset:", &l->off) || !find_number(rest, "size:", &l->size))
		return false;
	find_number(rest, "signed:", &is_signed);
	l->is_signed = is_signed;
	return split_decl(l);
}

static const struct type *opaque_struct(struct format_parse *p, const char *name, u32 size)
{
	struct type *t = arena_new(p->a, struct type);

	if (t)
		*t = (struct type){ .kind = TYPE_STRUCT,
				    .size = size,
				    .name = arena_printf(p->a, "%s", name) };
	return t;
}

static bool is_aggregate(const char *type)
{
	return !strncmp(type, "struct ", 7) || !strncmp(type, "union ", 6);
}

/* What a pointer's last star points to; NULL: void or unknown. */
static const struct type *pointee(struct format_parse *p, const struct field_line *l)
{
	struct tracefs_ctype c;

	if (is_aggregate(l->type))
		return opaque_struct(p, l->type, 0);
	if (!strcmp(l->type, "char"))
		return &type_s8;
	if (strcmp(l->type, "void") && find_ctype(p, l->type, &c) && !c.is_ptr)
		return type_int(c.size, c.is_signed);
	return NULL;
}

static const struct type *pointer(struct format_parse *p, const struct field_line *l, int stars)
{
	const struct type *t = stars ? pointee(p, l) : NULL;
	enum addr_space as = p->is_syscall ? ASPACE_USER : ASPACE_ANY;

	do {
		t = type_ptr(p->a, t, as);
	} while (t && --stars > 0);
	return t;
}

static bool is_int_size(u32 size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

static const struct type *int_or_enum(struct format_parse *p, const char *name, u32 size,
				      bool is_signed)
{
	const struct type *base = type_int(size, is_signed);
	struct type *t;

	if (strncmp(name, "enum ", 5))
		return base;
	t = arena_new(p->a, struct type);
	if (t) {
		*t = *base;
		t->name = arena_printf(p->a, "%s", name);
	}
	return t;
}

static const struct type *array_type(struct format_parse *p, const struct field_line *l)
{
	struct tracefs_ctype c = { 1, false, false };
	u32 elem_sz;

	if (!strcmp(l->type, "char"))
		return type_str(p->a, l->size);
	find_ctype(p, l->type, &c);
	elem_sz = l->dim ? l->size / l->dim : c.size;
	if (is_aggregate(l->type))
		return type_array(p->a, opaque_struct(p, l->type, elem_sz), l->dim);
	if (l->stars || !is_int_size(elem_sz))
		return type_array(p->a, &type_u64, l->size / 8);
	return type_array(p->a, type_int(elem_sz, l->is_signed), l->size / elem_sz);
}

/*
 * __data_loc of chars is a string.  Of other things it stays the word that says where they lie:
 * there is no type for it yet.
 */
static const struct type *located_type(struct format_parse *p, const struct field_line *l,
				       struct field *f)
{
	if (l->is_data_loc && !strcmp(l->type, "char")) {
		f->is_data_loc = true;
		return type_str(p->a, 0);
	}
	return &type_u32;
}

/* An argument of a system call: the declared type, in an 8-byte slot. */
static const struct type *slot_type(struct format_parse *p, const struct field_line *l,
				    struct field *f)
{
	struct tracefs_ctype c = { 8, false, false };

	if (!strncmp(l->type, "enum ", 5))
		c.size = 4;
	else
		find_ctype(p, l->type, &c);
	if (c.is_ptr)
		return type_ptr(p->a, NULL, ASPACE_USER);
	if (!is_int_size(c.size))
		c.size = 8;
	if (IS_BIG_ENDIAN)
		f->off += 8 - c.size;
	return int_or_enum(p, l->type, c.size, c.is_signed);
}

static const struct type *field_type(struct format_parse *p, const struct field_line *l,
				     struct field *f)
{
	if (l->is_data_loc || l->is_rel_loc)
		return located_type(p, l, f);
	if (l->is_array)
		return array_type(p, l);
	if (l->stars)
		return pointer(p, l, l->stars);
	if (p->is_syscall && l->size == 8 && strcmp(l->type, "long"))
		return slot_type(p, l, f);
	if (is_aggregate(l->type))
		return opaque_struct(p, l->type, l->size);
	if (is_int_size(l->size))
		return int_or_enum(p, l->type, l->size,
				   l->is_signed || (p->is_syscall && !strcmp(l->type, "long")));
	return type_array(p->a, &type_u8, l->size);
}

static int add_field(struct format_parse *p, const struct field_line *l)
{
	struct field *f = &p->fields[p->n];

	if (!strncmp(l->name, "common_", 7))
		return 0;
	if (p->n == FIELDS_MAX)
		return err_set(p->err, -EBADMSG, "more than %d fields", FIELDS_MAX);
	*f = (struct field){ .off = l->off };
	f->name = arena_printf(p->a, "%s", l->name);
	f->type = field_type(p, l, f);
	if (!f->name || !f->type || p->a->is_full)
		return err_oom(p->err);
	if (l->off + l->size > p->end)
		p->end = l->off + l->size;
	p->n++;
	return 0;
}

static int finish(struct format_parse *p, const char *name, const struct type **ret)
{
	struct type *t = arena_new(p->a, struct type);
	struct field *fields = arena_new_n(p->a, struct field, p->n + 1);

	if (!t || !fields)
		return err_oom(p->err);
	memcpy(fields, p->fields, p->n * sizeof(*fields));
	*t = (struct type){ .kind = TYPE_STRUCT,
			    .size = p->end,
			    .name = name,
			    .fields = fields,
			    .field_cnt = p->n };
	*ret = t;
	return 0;
}

int tracefs_parse_format(struct str text, const char *name, const struct tracefs_types *types,
			 struct arena *a, const struct type **ret, struct err *err)
{
	struct format_parse *p = calloc(1, sizeof(*p));
	struct field_line l;
	bool has_format = false;
	struct str line;
	int rc = 0;

	if (!p)
		return err_oom(err);
	p->types = types;
	p->a = a;
	p->err = err;
	while (text.len && !rc) {
		str_split(text, '\n', &line, &text);
		if (str_has_prefix(line, "name: sys_enter_") ||
		    str_has_prefix(line, "name: sys_exit_"))
			p->is_syscall = true;
		has_format |= str_has_prefix(line, "format:");
		if (has_format && parse_line(line, &l))
			rc = add_field(p, &l);
	}
	if (!rc && !has_format)
		rc = err_set(err, -EBADMSG, "it has no fields");
	if (!rc)
		rc = finish(p, name, ret);
	free(p);
	return rc;
}
