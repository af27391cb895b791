/*
 * lang/decls.c -- C definitions of a script.
 *
 *	definition = specs [ declarator { "," declarator } ] ";"
 *	specs      = { "typedef" | qualifier | attribute | type-word | record | enum }
 *	record     = ( "struct" | "union" ) attributes [ word ] [ "{" { member } "}" attributes ]
 *	enum       = "enum" [ word ] [ "{" word [ "=" constant ] { "," ... } "}" ]
 *	member     = specs [ declarator [ ":" constant ] { "," ... } ] ";"
 *	declarator = { "*" } ( word | "(" declarator ")" ) { "[" [ constant ] "]" | "(" any ")" }
 *
 * Macros are replaced by now.  Functions have no value here: a pointer to one is a void *.  A type
 * without a name is called after its typedef, else "struct anon:N" in the order of the text.
 */
#include "lang/decls.h"

#include <string.h>

#include "lang/check_priv.h"
#include "lang/decls_priv.h"

struct specs {
	const struct type *type;
	struct type *unnamed; /* the record that was defined here without a name */
	struct decl_attrs attrs;
	bool is_typedef;
	u8 longs, shorts, ints, chars, signeds, unsigneds;
};

static bool read_specs(struct decl_reader *r, struct specs *sp);

void decls_init(struct decls *ds, const struct catalog *cat, struct arena *a)
{
	*ds = (struct decls){ .cat = cat, .a = a };
	strmap_init(&ds->types, DECLS_MAX);
	strmap_init(&ds->consts, DECLS_MAX);
	vec_init(&ds->names, sizeof(const char *), DECLS_MAX);
}

void decls_fini(struct decls *ds)
{
	strmap_fini(&ds->types);
	strmap_fini(&ds->consts);
	vec_fini(&ds->names);
}

const struct type *decls_find_type(const struct decls *ds, const char *name)
{
	const struct type *t = strmap_find(&ds->types, str_of(name));

	if (t || !ds->cat->ops->find_type)
		return t;
	return ds->cat->ops->find_type(ds->cat, ds->a, name);
}

void decls_offer_types(const struct decls *ds, struct str_nearest *near)
{
	for (size_t i = 0; i < ds->names.n; i++)
		str_nearest_offer(near, *vec_get(&ds->names, const char *, i));
}

bool decls_find_const(const struct decls *ds, const char *name, s64 *ret,
		      const struct type **ret_type)
{
	const struct decl_const *k = strmap_find(&ds->consts, str_of(name));

	if (k) {
		*ret = k->val;
		*ret_type = k->type;
		return true;
	}
	return ds->cat->ops->find_const &&
	       ds->cat->ops->find_const(ds->cat, ds->a, name, ret, ret_type);
}

const struct type *decls_complete(const struct decls *ds, const struct type *t)
{
	if (t->kind != TYPE_STRUCT || t->fields || !t->name)
		return t->kind != TYPE_STRUCT || t->fields ? t : NULL;
	t = decls_find_type(ds, t->name);
	return t && (t->kind != TYPE_STRUCT || t->fields) ? t : NULL;
}

static bool put_type(struct decl_reader *r, const char *name, const struct type *t, struct span sp)
{
	const char **slot;

	if (strmap_find(&r->ds->types, str_of(name))) {
		diag_error(r->p.d, sp, "%s is defined twice", name);
		return false;
	}
	slot = name ? vec_push(&r->ds->names) : NULL;
	if (!slot)
		return false;
	*slot = name;
	return !strmap_put(&r->ds->types, str_of(name), (void *)t, NULL);
}

/* ---- records and enums ---- */

static bool push_member(struct decl_reader *r, const struct decl_member *m, struct vec *members)
{
	struct decl_member *slot = vec_push(members);

	if (!slot) {
		parser_error(&r->p, m->span, "a struct has at most %d members", DECL_FIELDS_MAX);
		return false;
	}
	*slot = *m;
	return true;
}

static bool read_one_member(struct decl_reader *r, const struct specs *sp, struct vec *members)
{
	struct decl_member m = { .attrs = sp->attrs, .bits = -1, .span = r->p.tok.span };

	m.type = decl_declarator(r, sp->type, &m.name, 0);
	if (!m.type)
		return false;
	if (parser_take(&r->p, TOK_COLON)) {
		if (!decl_const_expr(r, &m.bits))
			return false;
		if (m.bits < 0 || (m.name && !m.bits)) {
			parser_error(&r->p, m.span, "a bit field has at least one bit");
			return false;
		}
	} else if (!m.name) {
		parser_unexpected(&r->p, "the name of a member");
		return false;
	}
	return decl_attrs_read(r, &m.attrs) && push_member(r, &m, members);
}

static bool read_members(struct decl_reader *r, struct vec *members)
{
	while (!parser_take(&r->p, TOK_RBRACE)) {
		struct specs sp = { 0 };
		struct span from = r->p.tok.span;

		if (parser_take(&r->p, TOK_SEMI))
			continue;
		if (!read_specs(r, &sp))
			return false;
		if (r->p.tok.kind == TOK_SEMI && sp.unnamed) {
			struct decl_member m = {
				.type = sp.type, .attrs = sp.attrs, .bits = -1, .span = from
			};

			if (!push_member(r, &m, members))
				return false;
		}
		if (r->p.tok.kind != TOK_SEMI) {
			do {
				if (!read_one_member(r, &sp, members))
					return false;
			} while (parser_take(&r->p, TOK_COMMA));
		}
		if (!parser_expect(&r->p, TOK_SEMI, "after the member"))
			return false;
	}
	return true;
}

static bool read_body(struct decl_reader *r, struct type *t, struct decl_attrs *attrs)
{
	struct vec members;
	bool ok;

	if (++r->depth > DECL_NEST_MAX) {
		parser_error(&r->p, r->p.tok.span, "this definition is nested too deeply");
		return false;
	}
	vec_init(&members, sizeof(struct decl_member), DECL_FIELDS_MAX);
	ok = read_members(r, &members) && decl_attrs_read(r, attrs) &&
	     decls_lay_out(r, t, &members, *attrs);
	vec_fini(&members);
	r->depth--;
	return ok;
}

static bool read_record(struct decl_reader *r, struct specs *sp)
{
	const char *kind = r->p.tok.kind == TOK_UNION ? "union" : "struct", *name = NULL;
	struct type *t = arena_new(r->p.a, struct type);
	struct span from = r->p.tok.span;
	struct decl_attrs attrs = { 0 };

	parser_advance(&r->p);
	if (!t || !decl_attrs_read(r, &attrs))
		return false;
	if (r->p.tok.kind == TOK_IDENT) {
		name = arena_printf(r->p.a, "%s " STR_FMT, kind,
				    STR_ARG(parser_text(&r->p, r->p.tok)));
		parser_advance(&r->p);
	}
	*t = (struct type){ .kind = TYPE_STRUCT, .name = name };
	sp->type = t;
	if (!parser_take(&r->p, TOK_LBRACE))
		return name || parser_unexpected(&r->p, "a name or '{'");
	if (!name) {
		t->name = arena_printf(r->p.a, "%s anon:%u", kind, ++r->ds->unnamed_cnt);
		sp->unnamed = t;
	}
	return t->name && read_body(r, t, &attrs) && (!name || put_type(r, name, t, from));
}

/* So that its values print by name; the room doubles. */
static bool add_enumerator(struct decl_reader *r, struct type *t, struct str name, s64 val)
{
	u32 n = t->enum_cnt;
	struct enumerator *all = (struct enumerator *)t->enums;

	if (!t->name)
		return true;
	if (!(n & (n - 1))) {
		all = arena_new_n(r->p.a, struct enumerator, n ? (size_t)2 * n : 1);
		if (!all)
			return false;
		if (n)
			memcpy(all, t->enums, n * sizeof(*all));
	}
	all[n] = (struct enumerator){ arena_dup(r->p.a, name.s, name.len), val };
	t->enums = all;
	t->enum_cnt = n + 1;
	return all[n].name;
}

static bool read_enumerator(struct decl_reader *r, struct type *t, s64 *next)
{
	struct decl_const *k = arena_new(r->p.a, struct decl_const);
	struct token name = r->p.tok;

	if (!k || !parser_expect_name(&r->p, "the name of a constant"))
		return false;
	if (parser_take(&r->p, TOK_ASSIGN) && !decl_const_expr(r, next))
		return false;
	*k = (struct decl_const){ .val = *next, .type = t };
	if (*next < 0)
		t->is_signed = true;
	if (*next > UINT32_MAX || *next < INT32_MIN)
		t->size = 8;
	*next = (s64)((u64)*next + 1);
	if (strmap_find(&r->ds->consts, parser_text(&r->p, name))) {
		parser_error(&r->p, name.span, "there is such a constant already");
		return false;
	}
	return add_enumerator(r, t, parser_text(&r->p, name), k->val) &&
	       !strmap_put(&r->ds->consts, parser_text(&r->p, name), k, NULL);
}

static bool read_enum(struct decl_reader *r, struct specs *sp)
{
	struct type *t = arena_new(r->p.a, struct type);
	struct span from = r->p.tok.span;
	const char *name = NULL;
	s64 next = 0;

	parser_advance(&r->p);
	if (!t)
		return false;
	if (r->p.tok.kind == TOK_IDENT) {
		name = arena_printf(r->p.a, "enum " STR_FMT, STR_ARG(parser_text(&r->p, r->p.tok)));
		parser_advance(&r->p);
	}
	*t = (struct type){ .kind = TYPE_INT, .size = 4, .name = name };
	sp->type = t;
	if (!parser_take(&r->p, TOK_LBRACE)) {
		const struct type *known = name ? decls_find_type(r->ds, name) : NULL;

		if (known && known->kind == TYPE_INT)
			sp->type = known;
		return name || parser_unexpected(&r->p, "a name or '{'");
	}
	while (!parser_take(&r->p, TOK_RBRACE)) {
		if (!read_enumerator(r, t, &next))
			return false;
		if (!parser_take(&r->p, TOK_COMMA) && r->p.tok.kind != TOK_RBRACE) {
			parser_unexpected(&r->p, "',' or '}' after the constant");
			return false;
		}
	}
	return !name || put_type(r, name, t, from);
}

/* ---- specifiers ---- */

static u8 *count_of(struct specs *sp, struct str word)
{
	return str_is(word, "unsigned") ? &sp->unsigneds :
	       str_is(word, "signed")	? &sp->signeds :
	       str_is(word, "long")	? &sp->longs :
	       str_is(word, "short")	? &sp->shorts :
	       str_is(word, "int")	? &sp->ints :
	       str_is(word, "char")	? &sp->chars :
					  NULL;
}

static const struct type *int_of(const struct specs *sp)
{
	bool any = sp->longs || sp->shorts || sp->ints || sp->chars || sp->signeds || sp->unsigneds;

	if (!any)
		return NULL;
	if (sp->chars && !sp->signeds && !sp->unsigneds)
		return &decl_char;
	return type_int(sp->chars ? 1 : sp->shorts ? 2 : sp->longs ? 8 : 4, !sp->unsigneds);
}

static const struct type *named_type(struct decl_reader *r, const char *name)
{
	const struct type *t = strmap_find(&r->ds->types, str_of(name));

	if (!t && (!strcmp(name, "float") || !strcmp(name, "double")))
		t = type_int(*name == 'f' ? 4 : 8, false); /* its bits */
	if (!t)
		t = type_int_word(name);
	return t ? t : decls_find_type(r->ds, name);
}

static bool read_name(struct decl_reader *r, struct specs *sp)
{
	struct str_nearest near;
	const char *name = parser_dup(&r->p, r->p.tok);
	struct diag *g;

	sp->type = name ? named_type(r, name) : NULL;
	if (sp->type) {
		parser_advance(&r->p);
		return true;
	}
	if (!name)
		return false;
	g = parser_error(&r->p, r->p.tok.span, "unknown type %s", name);
	str_nearest_init(&near, name);
	type_offer_words(&near);
	if (near.n && g)
		diag_hint(r->p.d, g, "did you mean %s?", near.best[0].text);
	return false;
}

/* One word of the specifiers; *ret_end: there are no more. */
static bool read_spec(struct decl_reader *r, struct specs *sp, bool *ret_end)
{
	struct str word = parser_text(&r->p, r->p.tok);
	u8 *cnt = count_of(sp, word);

	if (str_is(word, "typedef")) {
		sp->is_typedef = true;
		parser_advance(&r->p);
	} else if (decl_at_qualifier(r)) {
		parser_advance(&r->p);
	} else if (str_has_prefix(word, "__attribute__") || str_is(word, "__packed")) {
		return decl_attrs_read(r, &sp->attrs);
	} else if (cnt && !sp->type) {
		*cnt += *cnt < 4;
		parser_advance(&r->p);
	} else if (sp->type || int_of(sp)) {
		*ret_end = true;
	} else if (r->p.tok.kind == TOK_STRUCT || r->p.tok.kind == TOK_UNION) {
		return read_record(r, sp);
	} else if (r->p.tok.kind == TOK_ENUM) {
		return read_enum(r, sp);
	} else {
		return read_name(r, sp);
	}
	return true;
}

static bool read_specs(struct decl_reader *r, struct specs *sp)
{
	bool at_end = false;

	while (!at_end && token_is_word(r->p.tok.kind)) {
		if (!read_spec(r, sp, &at_end))
			return false;
	}
	if (!sp->type)
		sp->type = int_of(sp);
	if (!sp->type)
		parser_unexpected(&r->p, "a type");
	return sp->type;
}

static void read_definition(struct decl_reader *r)
{
	struct specs sp = { 0 };

	if (!read_specs(r, &sp))
		return;
	while (r->p.tok.kind != TOK_SEMI && r->p.tok.kind != TOK_END) {
		struct span from = r->p.tok.span;
		const char *name = NULL;
		const struct type *t = decl_declarator(r, sp.type, &name, 0);

		if (!t || !decl_attrs_read(r, &sp.attrs))
			return;
		if (name && sp.is_typedef && sp.unnamed && t == sp.unnamed) {
			sp.unnamed->name = name;
			sp.unnamed = NULL;
		}
		if (name && sp.is_typedef && !put_type(r, name, t, from))
			return;
		if (!parser_take(&r->p, TOK_COMMA))
			return;
	}
}

void decls_read(struct decls *ds, const struct source *src, const struct c_def *defs,
		struct diag_list *d)
{
	struct parse_opts none = { 0 };

	for (const struct c_def *c = defs; c; c = c->next) {
		struct source part = *src;
		struct decl_reader r = { .ds = ds };

		part.len = c->span.off + c->span.len;
		r.p = (struct parser){ .src = &part, .opts = &none, .a = ds->a, .d = d };
		parser_seek(&r.p, c->span.off);
		read_definition(&r);
	}
}
