/*
 * lang/number_names.h -- what numbers of the kernel are called: errnos, signals, system calls.
 *
 * The same text on every machine and in every locale; system calls by the machine that was
 * recorded.
 */
#pragma once

#include "base/str.h"

#define NAMES_MAX 64 /* bytes of the longest name */

/* "No such file or directory"; the sign does not matter. */
u32 names_errno(s64 n, char ret[NAMES_MAX]);
/* "Killed", "Real-time signal 3" */
u32 names_signal(s64 n, char ret[NAMES_MAX]);
/* @arch: as uname(2) says it. */
u32 names_syscall(struct str arch, s64 n, char ret[NAMES_MAX]);
/* The number of one; -1: there is none. */
int names_syscall_find(struct str arch, const char *name);
