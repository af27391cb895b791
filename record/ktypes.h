/*
 * record/ktypes.h -- types and enum constants of the running kernel, from its BTF.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "lang/type.h"
#include "record/tracefs.h"

struct ktypes;

/* @path NULL: /sys/kernel/btf/vmlinux. */
int ktypes_open(const char *path, struct ktypes **ret, struct err *err);
/* Over BTF in memory; for tests. */
int ktypes_open_raw(const void *data, u32 sz, struct ktypes **ret, struct err *err);
void ktypes_close(struct ktypes *k);

/*
 * "struct task_struct", "union x", or a typedef of one: a STRUCT with its fields, those of unnamed
 * members among them.  Embedded structs and pointees are opaque.  NULL: there is none.
 */
const struct type *ktypes_find_record(struct ktypes *k, struct arena *a, const char *name);

/* "pid_t" "enum pid_type" "unsigned int" ...: a one-word type.  false: unknown, or not one word. */
bool ktypes_find_word(struct ktypes *k, const char *name, struct tracefs_ctype *ret);

/* An enum's constant; *ret_type is an INT that bears the enum's name. */
bool ktypes_find_const(struct ktypes *k, struct arena *a, const char *name, s64 *ret,
		       const struct type **ret_type);

/* "enum NAME": an INT of that name with all its constants; NULL: there is none (ktypes_enum.c). */
const struct type *ktypes_find_enum(struct ktypes *k, struct arena *a, const char *name);
/* "enum NAME {" and its constants, a line each.  false: there is none. */
bool ktypes_print_enum(struct ktypes *k, const char *name, struct buf *out);
