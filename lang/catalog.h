/*
 * lang/catalog.h -- which probes, fields, types and constants exist.  Implemented by record/ (this
 * machine's BTF and tracefs), analyze/ (a tape's TYPES) and tests/support (a fake).
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"
#include "lang/ast.h"

enum probe_kind {
	PROBE_BEGIN, PROBE_END, PROBE_INTERVAL, PROBE_TRACEPOINT,
	/* known to the front end and typed; not attached yet */
	PROBE_KPROBE, PROBE_KRETPROBE, PROBE_FENTRY, PROBE_FEXIT, PROBE_RAWTRACEPOINT,
	PROBE_UPROBE, PROBE_URETPROBE, PROBE_USDT, PROBE_PROFILE, PROBE_SOFTWARE, PROBE_HARDWARE,
	PROBE_WATCHPOINT, PROBE_ITER, PROBE_SELF,
	PROBE_KIND_CNT
};

/* What a firing of a provider has besides the builtins that every firing has. */
enum probe_has {
	HAS_ARGS = 1,		/* args.name, from struct probe.args */
	HAS_ARGN = 2,		/* arg0, arg1 ... */
	HAS_RETVAL = 4,
	HAS_FUNC = 8,
	HAS_CTX = 16,
};

/* One row a provider: names, forms and what its firings offer. */
struct provider {
	const char *name;	/* canonical, as in struct probe.name */
	const char *aliases;	/* separated by blanks; case is ignored everywhere */
	const char *form;	/* "tracepoint:CATEGORY:EVENT" */
	u32 has;		/* enum probe_has */
	u8 min_parts, max_parts;	/* of a probe_spec, the provider counted */
	/* false: known, checked, "not supported yet" unless check_opts.allow_unevaluated */
	bool is_evaluated;
	const char *doc;
};

extern const struct provider providers[PROBE_KIND_CNT];	/* in enum order */
/* Kind by name or alias; PROBE_KIND_CNT if unknown. */
enum probe_kind provider_find(const char *name);
void provider_offer_names(struct str_nearest *n);

/* One probe after expansion of wildcards. */
struct probe {
	enum probe_kind kind;
	/* canonical: "tracepoint:syscalls:sys_enter_read" "interval:s:1" "BEGIN" "END" */
	const char *name;
	const char *category, *event;	/* tracepoint; software: its event */
	u64 period_ns;			/* interval, profile */
	u64 count;			/* software: events a firing */
	const struct type *args;	/* STRUCT with the args.* fields; NULL: the kind has none */
	const struct type *retval;	/* fexit; NULL: int64 or not offered */
	const char *target;		/* uprobe, usdt: the binary as written */
	u32 id;				/* dense over the program, by first mention */
};

struct buf;

struct catalog {
	const struct catalog_ops *ops;
	void *ctx;
};

struct catalog_ops {
	/*
	 * Append every probe that @spec names to @out (struct probe; id unset), sorted by name,
	 * texts in @a.  The front end expands BEGIN, END, interval, profile and software itself
	 * and never asks for them.  @spec comes normalised: parts[0] is the provider's canonical
	 * name, "tracepoint:*x*" comes as tracepoint, *, *x*.  '*' is the only wildcard.
	 * -ENOENT: none; @near (may be NULL), whose word is the whole name, has then been offered
	 * the names of that provider.  Other errors (no permission, tracefs missing) with a full
	 * story in @err.
	 */
	int (*expand)(const struct catalog *c, const struct probe_spec *spec, struct arena *a,
		      struct vec *out, struct str_nearest *near, struct err *err);
	/*
	 * "struct task_struct" -> its type with fields, one level deep (members of struct type
	 * come opaque and are asked again); NULL
	 */
	const struct type *(*find_type)(const struct catalog *c, struct arena *a, const char *name);
	/*
	 * Enum constant or macro; *ret_type is an INT, with the enum's name if it has one, or NULL.
	 * false: unknown.
	 */
	bool (*find_const)(const struct catalog *c, struct arena *a, const char *name, s64 *ret,
			   const struct type **ret_type);
	/*
	 * NULL, or: "enum color" -> an INT with the enum's name and all its constants (enums);
	 * NULL: unknown.
	 */
	const struct type *(*find_enum)(const struct catalog *c, struct arena *a, const char *name);
	/*
	 * NULL, or: the catalog is a small one, of which an error can show all that there is.
	 * Appends "on the tape: tracepoint:a:b, ..." for a script that asks for something else.
	 */
	void (*tell_probes)(const struct catalog *c, struct buf *out);
	/*
	 * NULL, or: columns of a table can be named as such.  The canonical text of the leaf that
	 * @name (a column's name, or such a text) stands for, and its type; false: there is none.
	 */
	bool (*find_column)(const struct catalog *c, struct arena *a, const char *name,
			    const char **ret_leaf, const struct type **ret_type);
	/* With find_column: what is wrong with a name that is none, and what there is. */
	void (*tell_columns)(const struct catalog *c, const char *name, struct buf *msg,
			     struct buf *hint);
};
