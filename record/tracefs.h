/*
 * record/tracefs.h -- the kernel's tracepoints as tracefs describes them.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"
#include "lang/type.h"

/*
 * Where tracefs is mounted: a static text.  NULL with *err naming the mount command or the right
 * that is missing.
 */
const char *tracefs_find(struct err *err);

/*
 * Append the names "category:event" (const char *) that match both patterns, sorted, texts in @a.
 * @category and @event may hold '*'.
 */
int tracefs_list(const char *root, const char *category, const char *event, struct arena *a,
		 struct vec *out, struct err *err);

/* The number that perf_event_open() wants, or -errno with the story. */
int tracefs_event_id(const char *root, const char *category, const char *event, struct err *err);

/* What a C type name that the format text mentions is. */
struct tracefs_ctype {
	u32 size;
	bool is_signed, is_ptr;
};

struct tracefs_types {
	bool (*find)(void *ctx, const char *name, struct tracefs_ctype *ret);
	void *ctx;
};

/*
 * The arguments of a tracepoint from the text of its format file: a STRUCT called @name.  The
 * common_ fields are left out.  Arguments of system calls have the C type of their declaration,
 * read out of the front of their 8-byte slots; the others are as wide as the text says.
 * @types may be NULL.  -EBADMSG if the text is none.
 */
int tracefs_parse_format(struct str text, const char *name, const struct tracefs_types *types,
			 struct arena *a, const struct type **ret, struct err *err);

/* The same for an event of this machine.  -ENOENT: there is none. */
int tracefs_read_format(const char *root, const char *category, const char *event,
			const struct tracefs_types *types, struct arena *a, const struct type **ret,
			struct err *err);
