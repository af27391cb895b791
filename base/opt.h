/*
 * base/opt.h -- command lines from a table; help, checks and "did you mean" come from the same row.
 *
 * Long options "--name VALUE" and "--name=VALUE", short "-n VALUE" and "-nVALUE", flags also "-vq";
 * "--" ends options.  Parsing stops at the first operand only where stop_at_operand is set (so that
 * a script keeps its own arguments); otherwise options and operands may be mixed.
 */
#pragma once

#include "base/err.h"

enum opt_kind {
	OPT_FLAG,		/* bool */
	OPT_STR,		/* const char * */
	OPT_U64,		/* u64, decimal or 0x */
	OPT_NS,			/* u64, units_parse_ns */
	OPT_BYTES,		/* u64, units_parse_bytes */
	OPT_STR_LIST,		/* struct opt_list, may be given again */
};

#define OPT_LIST_MAX 64
struct opt_list {
	const char *items[OPT_LIST_MAX];
	int n;
};

struct opt {
	const char *name;	/* without "--"; NULL: short only */
	char short_name;	/* 0: long only */
	enum opt_kind kind;
	size_t off;		/* offset of the value in the caller's options struct */
	const char *arg;	/* placeholder in the help, NULL for a flag */
	const char *help;	/* one line; NULL hides the option */
};

struct opt_spec {
	const char *usage;	/* "bpftape info TAPE [--json]" */
	const char *about;	/* a paragraph, may be NULL */
	const struct opt *opts;	/* ended by a row with name NULL and short_name 0 */
	int min_operands, max_operands;	/* max -1: any number */
	bool stop_at_operand;
	const char *epilogue;	/* examples, may be NULL */
};

/*
 * Parse argv[1..] into @out; operands are moved to the front of argv[1..] and counted in *ret_n.
 * -EINVAL with a one-line message and a hint (nearest option, or "see ... --help").
 * 1 when --help was given: print opt_help() to stdout and leave with 0.
 */
int opt_parse(const struct opt_spec *spec, int argc, char **argv, void *out, int *ret_n,
	      struct err *err);

struct buf;
void opt_help(const struct opt_spec *spec, struct buf *out);

/* A program of many verbs. */
struct verb {
	const char *name;
	int (*run)(int argc, char **argv);	/* argv[0] is the verb; returns the exit code */
	const char *help;			/* one line */
};
/* Find a verb; NULL and a message with the nearest one. */
const struct verb *verb_find(const struct verb *verbs, const char *name, struct err *err);
