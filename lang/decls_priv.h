/* lang/decls_priv.h -- what the files of lang/decls.h share. */
#pragma once

#include "base/vec.h"
#include "lang/decls.h"
#include "lang/parser_priv.h"

#define DECLS_MAX	65536
#define DECL_FIELDS_MAX 4096
#define DECL_NEST_MAX	16

struct decl_attrs {
	bool is_packed;
	u32 align; /* 0: none was given */
};

/* A member as it was read; where it lies is known when the whole is. */
struct decl_member {
	const char *name; /* NULL: its members are those of the whole */
	const struct type *type;
	struct decl_attrs attrs;
	s64 bits; /* -1: not a bit field */
	struct span span;
};

struct decl_reader {
	struct parser p;
	struct decls *ds;
	u32 depth;
};

/*
 * Size, fields and their places of @t from its members (struct decl_member).  false: reported, or
 * no memory.
 */
bool decls_lay_out(struct decl_reader *r, struct type *t, const struct vec *members,
		   struct decl_attrs attrs);
/* @t with its size and members, if it is a struct; NULL: nobody knows them. */
const struct type *decls_complete(const struct decls *ds, const struct type *t);

/* ---- decls_parts.c: false or NULL: reported ---- */
extern const struct type decl_char;	/* plain char: an array of it is a string */
bool decl_const_expr(struct decl_reader *r, s64 *ret);
bool decl_attrs_read(struct decl_reader *r, struct decl_attrs *at);
bool decl_at_qualifier(const struct decl_reader *r);
/* The type that *ret_name, which may be left out, has by a declarator of @t. */
const struct type *decl_declarator(struct decl_reader *r, const struct type *t,
				   const char **ret_name, u32 depth);
