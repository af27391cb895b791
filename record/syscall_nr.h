/*
 * record/syscall_nr.h -- numbers of system calls by the names of their tracepoints.
 */
#pragma once

#include "base/compiler.h"

/* Number of "openat" (tracepoint sys_enter_openat); -1: not known. */
int syscall_nr_find(const char *name);
