/*
 * record/tp_equiv.h -- fields of a tracepoint's record as expressions over the arguments of the
 * call behind it, so that the clause can be attached to the call: it costs less and parts at once.
 *
 * A table has a row a field.  It counts on this kernel only if every argument and member that the
 * row names is there in its BTF; a clause whose fields are not all covered stays with the record.
 */
#pragma once

#include "base/arena.h"

struct rawtp;
struct type;

#define TP_READS_MAX 4
#define TP_PATHS_MAX 3
#define TP_CURRENT   255

enum tp_kind {
	TP_WORD,
	TP_CHARS,		/* bytes up to a NUL, at an address */
};

/*
 * a = the argument, or the running task; @read_cnt times a = the pointer at a + off[i]; then
 * a itself (size 0), or the @size bytes at a + last_off, or the characters there.
 */
struct tp_path {
	u32 off[TP_READS_MAX];
	u32 last_off;
	u16 bit_off, bit_sz;	/* of a bit field; bit_sz 0: none */
	u8 arg;			/* or TP_CURRENT */
	u8 read_cnt;
	u8 size;
	u8 arg_size;		/* of an integer argument; 8 of a pointer */
	bool is_signed;		/* the value, of its size (arg_size) */
	bool is_loadable;	/* the verifier lets a program load the argument */
};

struct tp_value {
	enum tp_kind kind;
	const char *fn;		/* of the runtime, applied to the paths; NULL: path[0] alone */
	u32 path_cnt;
	struct tp_path path[TP_PATHS_MAX];
};

struct tp_field {
	const char *name;
	struct tp_value val;
};

/* What is covered of one tracepoint on this kernel. */
struct tp_event {
	const struct tp_field *fields;
	u32 field_cnt;
};

/* Does the table say anything about it? */
bool tp_equiv_has(const char *category, const char *event);
/*
 * @args: the tracepoint's record.  In @a; NULL: nothing is covered (or no memory, which costs the
 * short cut only).  @version: LINUX_VERSION_CODE of the running kernel.
 */
const struct tp_event *tp_equiv_resolve(const struct rawtp *r, const char *category,
					const char *event, const struct type *args, u32 version,
					struct arena *a);
/* NULL: not covered. */
const struct tp_value *tp_event_find(const struct tp_event *e, const char *field);
bool tp_value_eq(const struct tp_value *a, const struct tp_value *b);

/* The table itself, for tests: rows by number, NULL behind the last. */
struct tp_row {
	const char *category;
	const char *events;	/* separated by blanks */
	const char *field;
	const char *expr;	/* "prev.comm", "*now", "devt(rq.q.disk.major, ...)" */
	u32 since;		/* kernel version; 0: any that has what is named */
};
const struct tp_row *tp_equiv_row(u32 i);
