/*
 * record/catalog_machine.h -- lang/catalog.h for this machine: tracefs and the kernel's BTF.
 *
 * tracefs is looked for when a probe is first asked for, BTF (/sys/kernel/btf/vmlinux) is read when
 * a type or constant is.  record/catalog_log.h remembers what was answered.
 */
#pragma once

#include "lang/catalog.h"

struct catalog_machine;

struct catalog_machine_opts {
	const char *tracefs;	/* NULL: where it is mounted */
	const char *btf;	/* NULL: /sys/kernel/btf/vmlinux */
};

/* @o may be NULL.  Opening reads nothing. */
int catalog_machine_open(const struct catalog_machine_opts *o, struct catalog_machine **ret,
			 struct err *err);
void catalog_machine_close(struct catalog_machine *m);
/* Borrowed; valid until close. */
struct rawtp;
/* The kernel's raw tracepoints, read once; NULL: it has no BTF. */
const struct rawtp *catalog_machine_rawtp(struct catalog_machine *m);
const struct catalog *catalog_machine_catalog(struct catalog_machine *m);
