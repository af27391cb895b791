/*
 * lang/builtin.h -- the table of builtins and functions: one row each, from which checks, docs and
 * lowering derive.
 */
#pragma once

#include "lang/ast.h"
#include "lang/catalog.h"

enum builtin_id {
	/* variables (leaves) */
	BI_ARGS, BI_PID, BI_TID, BI_UID, BI_GID, BI_COMM, BI_CPU, BI_NSECS, BI_ELAPSED, BI_PROBE,
	BI_RAND, BI_CPID,
	/* value functions */
	BI_STR,			/* leaf: str(ptr[, n]) */
	BI_STRFTIME,
	/* aggregations: only as @m = f(...) */
	BI_COUNT, BI_SUM, BI_MIN, BI_MAX, BI_AVG, BI_STATS, BI_HIST, BI_LHIST,
	BI_TSERIES, BI_QUANTILE, BI_DISTINCT,
	/* actions */
	BI_PRINTF, BI_PRINT, BI_CLEAR, BI_ZERO, BI_TIME, BI_JOIN, BI_EXIT, BI_EMIT,
	BI_DELETE,		/* a map write; value: was it there (0.27) */
	BI_LEN, BI_HAS_KEY,	/* map reads */
	/* ---- known and typed, not evaluated yet (is_evaluated false) ---- */
	BI_ARGN,		/* arg0 .. arg9: node.builtin.arg is N */
	BI_RETVAL, BI_FUNC, BI_KSTACK, BI_USTACK, BI_CURTASK, BI_CGROUP, BI_NUMAID, BI_NCPUS,
	BI_JIFFIES,
	BI_USERNAME, BI_CTX, BI_PROBETYPE, BI_PPID, BI_PCOMM, BI_USERMODE, BI_HAS_CPID,
	BI_BUF, BI_KSYM, BI_USYM, BI_KADDR, BI_UADDR, BI_REG, BI_NTOP, BI_PTON, BI_MACADDR,
	BI_BSWAP,
	BI_STRNCMP, BI_STRCONTAINS, BI_STRLEN, BI_STRERROR, BI_SIGNAL_NAME, BI_SYSCALL_NAME,
	BI_CGROUPID, BI_CGROUP_PATH, BI_PATH, BI_FDPATH, BI_KPTR, BI_UPTR,
	BI_STRSTR, BI_STRCAP, BI_STR_CONCAT, BI_MEMCMP, BI_BUF_TO_STR,
	BI_ERRORF, BI_WARNF, BI_DEBUGF, BI_SYSTEM, BI_CAT, BI_SIGNAL, BI_OVERRIDE,
	/* of the kernel */
	BI_LEADER_COMM, BI_LEADER_TID, BI_PERCPU_KADDR, BI_SIGNAL_THREAD, BI_UNWATCH,
	/* asked of the script while it is compiled */
	BI_IS_STR, BI_IS_PTR, BI_IS_ARRAY, BI_IS_INTEGER, BI_IS_UNSIGNED, BI_IS_LITERAL,
	BI_IS_ERR, BI_FAIL, BI_STATIC_ASSERT, BI_ASSERT,
	BI_CNT
};

enum builtin_class {
	/*
	 * a leaf with no arguments; a NODE_BUILTIN, or a NODE_CALL with literal arguments:
	 * kstack(3)
	 */
	BC_VAR,
	BC_LEAF_CALL,		/* a leaf whose arguments are addresses and lengths: str() */
	BC_PURE,		/* computed from its arguments alone, by the analyzer or folded */
	/*
	 * a number of the machine, from the catalog when the script is compiled: kaddr("schedule")
	 * is the constant of that text
	 */
	BC_CONST,
	BC_AGG,			/* map aggregation */
	BC_ACTION,		/* done by the analyzer when it replays the row */
	/* only the kernel or recorder can do it: exit (and the analyzer follows) */
	BC_KERNEL_ACTION,
	/*
	 * delete, len, has_key: acts on its map argument, which has its key: delete(@m, k) becomes
	 * delete(@m[k])
	 */
	BC_MAP,
};

/*
 * @args has a letter an argument, '|' before the first one that may be left out, '*' behind the
 * last one if it repeats:
 *   i integer   p address (integer or pointer)   s string   e any value that can be printed
 *   n integer literal   l string literal   m map   k map or any value   y type-checked by its own
 *   code
 * @ret is the type of the value as text ("u64" "bool" "string" ...); "" for no value, "*" where
 * the arguments decide it.
 */
struct builtin {
	enum builtin_id id;
	const char *name;
	const char *alias;	/* or NULL */
	enum builtin_class cls;
	bool is_evaluated;	/* false: "not supported yet" unless check_opts.allow_unevaluated */
	bool is_func;		/* needs its parentheses */
	int min_args, max_args;	/* calls; max -1: any */
	const char *args;
	const char *ret;
	const char *signature;	/* "str(ptr[, n])", for diagnostics and docs */
	const char *doc;	/* one line */
};

/*
 * BI_CNT rows in enum order; lang/builtin.c also lists names of bpftrace that are known but not
 * supported yet (for the exact message).
 */
extern const struct builtin builtins[];
const struct builtin *builtin_find(struct str name);	/* by name or alias, NULL */
/* The row of argN and *ret_n = N for "arg0" .. "arg9"; NULL for other names. */
const struct builtin *builtin_find_argn(struct str name, s64 *ret_n);
/* Known and not evaluated, or only a name to us. */
bool builtin_is_known_unsupported(struct str name);
void builtin_offer_names(struct str_nearest *n);
