/*
 * record/catalog_machine.h -- lang/catalog.h for this machine: tracefs and the kernel's BTF.
 *
 * tracefs is looked for at /sys/kernel/tracing, then /sys/kernel/debug/tracing; BTF at
 * /sys/kernel/btf/vmlinux, opened when first asked.  Everything that was asked and found is kept,
 * so that the session can write it to the tape.
 */
#pragma once

#include "lang/catalog.h"

struct catalog_machine;

struct catalog_machine_opts {
	const char *tracefs;	/* NULL: where it is mounted */
	const char *btf;	/* NULL: /sys/kernel/btf/vmlinux */
};

/* Opening reads nothing; trouble with tracefs is told when a probe is first asked for. */
int catalog_machine_open(const struct catalog_machine_opts *o, struct catalog_machine **ret,
			 struct err *err);
void catalog_machine_close(struct catalog_machine *m);
/* Borrowed; valid until close. */
const struct catalog *catalog_machine_catalog(struct catalog_machine *m);

enum catalog_use_kind { USE_RECORD, USE_CONST };

struct catalog_use {
	enum catalog_use_kind kind;
	const char *name;	/* "struct task_struct", "O_RDONLY" */
	const struct type *type;	/* RECORD: with fields; CONST: its type */
	s64 val;		/* CONST */
};

/* What was found so far, in order of the first question.  Start with *pos = 0; NULL at the end. */
const struct catalog_use *catalog_machine_next_use(const struct catalog_machine *m, size_t *pos);

/*
 * All tracepoints "category:event" that match @pattern ("*", "sched:*", "*:*read*"), sorted;
 * texts in @a. Errors as expand().
 */
int catalog_machine_list(struct catalog_machine *m, const char *category, const char *event,
			 struct arena *a, struct vec *out, struct err *err);

/* Number of the tracepoint for perf_event_open(), or -errno with the story. */
int catalog_machine_event_id(const char *tracefs, const char *category, const char *event,
			     struct err *err);
/* Where tracefs is: a static text; NULL with *err naming the mount command or the missing right. */
const char *tracefs_find(struct err *err);

/*
 * The arguments of a tracepoint from the text of its format file, as a STRUCT; @name is the
 * type's name.
 * -EBADMSG if the text is none.  Split off for tests.
 */
int tracepoint_parse_format(struct str text, const char *name, struct arena *a,
			    const struct type **ret, struct err *err);
