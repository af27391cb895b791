/*
 * lang/catalog.h -- which probes, fields, types and constants exist.  Implemented by record/ (this machine's
 * BTF and tracefs), analyze/ (a tape's TYPES) and tests/support (a fake).
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"
#include "lang/ast.h"

enum probe_kind { PROBE_BEGIN, PROBE_END, PROBE_INTERVAL, PROBE_TRACEPOINT, PROBE_KIND_CNT };

/* One probe after expansion of wildcards. */
struct probe {
	enum probe_kind kind;
	const char *name;		/* canonical: "tracepoint:syscalls:sys_enter_read" "interval:s:1" "BEGIN" "END" */
	const char *category, *event;	/* tracepoint */
	u64 period_ns;			/* interval */
	const struct type *args;	/* STRUCT with the args.* fields; NULL: the kind has none */
	u32 id;				/* dense over the program, by first mention */
};

struct catalog {
	const struct catalog_ops *ops;
	void *ctx;
};

struct catalog_ops {
	/*
	 * Append every probe that @spec names to @out (struct probe; id unset), sorted by name, texts in @a.
	 * -ENOENT: none; @near (may be NULL) has then been offered the candidates of that provider.
	 * Other errors (no permission, tracefs missing) with a full story in @err.
	 */
	int (*expand)(const struct catalog *c, const struct probe_spec *spec, struct arena *a, struct vec *out,
		      struct str_nearest *near, struct err *err);
	/* "struct task_struct" -> its type with fields, one level deep (members of struct type come opaque and are asked again); NULL */
	const struct type *(*find_type)(const struct catalog *c, struct arena *a, const char *name);
	/* Enum constant or macro.  false: unknown. */
	bool (*find_const)(const struct catalog *c, struct arena *a, const char *name, s64 *ret, const struct type **ret_type);
};
