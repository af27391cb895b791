/*
 * lang/program.h -- a checked script: every node typed, probes expanded, names resolved.
 */
#pragma once

#include "lang/builtin.h"
#include "lang/diag.h"
#include "lang/parser.h"

enum compat { COMPAT_17, COMPAT_27 };	/* whose defaults: bpftrace 0.17 or 0.27 (the default) */

struct map_info {
	const char *name;		/* "@", "@start" */
	u32 idx;			/* dense, by first mention */
	/* NULL: scalar map; one expression: its type; several: TUPLE */
	const struct type *key;
	const struct type *val;		/* AGG for aggregations */
	struct span first;		/* first mention */
	/* from let @m = hash(N) or config; 0: max_map_keys in the kernel, none in the analyzer */
	u32 max_keys;
	/* somewhere; a map only read is 0 or "" (and was warned about) */
	bool is_written;
	bool is_lru;			/* a full one lets the least recently used entry go */
	bool is_hidden;			/* made by plan_bind_other: never printed */
};

struct var_info {
	const char *name;		/* "$x"; block scopes make two infos of one name possible */
	u32 idx;			/* dense within the clause instance */
	const struct type *type;
	bool is_declared;		/* let with a type: keeps it */
};

/* One piece of a parsed printf format. */
enum fmt_conv { FMT_TEXT, FMT_INT, FMT_STR, FMT_PTR, FMT_CHAR, FMT_BUF, FMT_GFP,
		FMT_FLOAT };
struct fmt_piece {
	enum fmt_conv conv;
	struct str text;		/* TEXT: the bytes ("%%" resolved) */
	char letter;			/* d i u o x X c s p r */
	bool minus, plus, space, alt, zero;
	bool star_width, star_prec;	/* given as '*' */
	int width, prec;		/* -1: none */
	u8 int_sz;			/* 1 2 4 8 after length modifiers (no modifier: 4) */
	int arg;			/* index of the argument it prints */
	u32 width_arg, prec_arg;	/* of those that say how wide, from 1; 0: none does */
};

/* Of the entries of a map; of equal values by key. */
enum print_order { ORDER_VALUE, ORDER_VALUE_DESC, ORDER_KEY, ORDER_KEY_DESC, ORDER_CNT };

/*
 * Everything static about one action call; the analyzer's runtime gets the index and the argument
 * values.
 */
struct action {
	u32 idx;
	const struct builtin *b;
	struct node *call;
	struct span span;
	const struct map_info *map;	/* print/clear/zero of a map; else NULL */
	struct str fmt;			/* printf, time, join separator: literal text */
	struct fmt_piece *pieces;	/* printf */
	u32 piece_cnt;
	/* of the values passed at run time (literals taken out), in order */
	const struct type **arg_types;
	struct node **args;		/* the nodes of those values, within call's instance */
	u32 arg_cnt;
	s64 top, div;			/* print(@m, top, div); 0: not given */
	enum print_order order;		/* print(@m, top, div, order) */
	/* print(@m[k]) of a map whose entries have no single value; args: the key, if it has one */
	const struct map_info *entry_of;
};

/*
 * A clause for the probes of one argument signature.  A clause whose probes have different
 * arguments is copied, one instance a signature; one that reads no args has one instance for all
 * its probes.
 */
struct inst {
	u32 idx;			/* dense over the program */
	const struct clause *clause;
	struct probe **probes;
	u32 probe_cnt;
	const struct type *args;	/* NULL: none used */
	struct node *pred, *body;	/* own copies */
	u32 node_cnt;			/* ids are < node_cnt */
	struct node **nodes;		/* by id */
	struct var_info **vars;
	u32 var_cnt;
};

/*
 * A name that the script took from the catalog: recorded with the tape, so that no machine is
 * asked again.
 */
struct const_use {
	const char *name;
	s64 val;
	const struct type *type;
	struct const_use *next;		/* by first use */
};

struct program {
	struct arena *arena;
	const struct source *src;	/* its macros replaced */
	const struct source *written;	/* as given; spans of actions are in it */
	enum compat compat;
	struct ast ast;
	struct inst **insts;
	u32 inst_cnt;
	struct probe **probes;
	u32 probe_cnt;
	struct map_info **maps;
	u32 map_cnt;
	struct action **actions;
	u32 action_cnt;
	/* config max_strlen / BPFTRACE_MAX_STRLEN (STRLEN) : 64 for 0.17, 1024 for 0.27 */
	u32 max_strlen;
	u32 max_map_keys;		/* default 4096 */
	u32 max_cat_bytes;		/* of a file that cat() shows */
	bool print_maps_on_exit;
	const char *const *env;		/* that of check_opts, for who writes a tape */
	int env_cnt;
	struct const_use *consts;	/* enum constants and macros used */
	const char *stack_mode;		/* "bpftrace" "perf" "raw" */
};

#define SETTING_ENV "BPFTRACE_" /* what such names begin with */

struct check_opts {
	enum compat compat;
	const char *const *params;
	int param_cnt;
	/* "BPFTRACE_MAX_STRLEN=64": settings of the environment; the config block decides */
	const char *const *env;
	int env_cnt;
	/* tests of the splitter: type what is known but not evaluated yet instead of refusing it */
	bool allow_unevaluated;
	/*
	 * system() and signal() are allowed: record --unsafe, and whoever only reads what was
	 * recorded
	 */
	bool is_unsafe;
};

/*
 * Parse and check.  All errors of the script land in @d.  0, -EINVAL (see @d) or another errno
 * with @err (no permission to read probes, out of memory).  *ret lives in @a.
 */
int program_compile(const struct source *src, const struct catalog *cat,
		    const struct check_opts *o, struct arena *a, struct diag_list *d,
		    struct program **ret, struct err *err);
