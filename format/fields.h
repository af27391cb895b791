/*
 * format/fields.h -- records of table blocks, written and read from a description of their fields.
 *
 * On the tape a record is u32 size and that many bytes of fields in the described order;
 * numbers as wide as they say, a text u32 length and bytes, a list u32 count and records.  A
 * reader ignores bytes behind the fields it knows, and fields that are not there are 0: so
 * fields are only ever added at the end.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "base/err.h"
#include "base/str.h"

enum fields_kind { FIELDS_U8, FIELDS_U16, FIELDS_U32, FIELDS_U64, FIELDS_TEXT, FIELDS_LIST };

struct fields_desc;

struct fields_one {
	const char *name;
	enum fields_kind kind;
	u16 off;			/* in the C structure; LIST: of the pointer */
	u16 cnt_off;			/* LIST: of its u32 count */
	const struct fields_desc *elem;	/* LIST */
};

struct fields_desc {
	const char *name;
	size_t size;	/* of the C structure */
	const struct fields_one *fields;
	u32 n;
};

/* Append the record at @p.  b->is_full says that it did not fit. */
void fields_put(const struct fields_desc *d, const void *p, struct buf *b);
/* Append u32 count and @n records. */
void fields_put_list(const struct fields_desc *d, const void *p, u32 n, struct buf *b);

/*
 * Fill @out; texts and lists are copied into @a.  -EBADMSG (malformed), -ENOMEM (beyond @a's
 * maximum).
 */
int fields_get(const struct fields_desc *d, struct cursor *c, struct arena *a, void *out);
int fields_get_list(const struct fields_desc *d, struct cursor *c, struct arena *a, void **ret,
		    u32 *ret_n);
