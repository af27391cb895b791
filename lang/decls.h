/*
 * lang/decls.h -- the types that a script defines in C: struct, union, enum, typedef.
 *
 * They come before those of the catalog, also where they have the same name: a script for older
 * kernels brings its own struct.  Types that they use and do not define come from the catalog.
 */
#pragma once

#include "base/strmap.h"
#include "base/vec.h"
#include "lang/catalog.h"
#include "lang/diag.h"

struct decls {
	struct vec names; /* of types, const char *, in order */
	struct strmap types; /* "struct foo" "union u" "enum e" "foo_t" -> struct type */
	struct strmap consts; /* of enums -> struct decl_const */
	const struct catalog *cat;
	struct arena *a;
	u32 unnamed_cnt;
};

struct decl_const {
	s64 val;
	const struct type *type;
};

void decls_init(struct decls *ds, const struct catalog *cat, struct arena *a);
void decls_fini(struct decls *ds);
/* Read the definitions of a script; what is wrong with them goes to @d. */
void decls_read(struct decls *ds, const struct source *src, const struct c_def *defs,
		struct diag_list *d);
/* The script's own, or the catalog's; NULL: there is none. */
const struct type *decls_find_type(const struct decls *ds, const char *name);
void decls_offer_types(const struct decls *ds, struct str_nearest *near);
/* The same for constants. */
bool decls_find_const(const struct decls *ds, const char *name, s64 *ret,
		      const struct type **ret_type);
/* Alignment of a type in memory, as C has it. */
u32 decls_align(const struct decls *ds, const struct type *t);
