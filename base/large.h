/* base/large.h -- memory of megabytes, in large pages where the kernel has them. */
#pragma once

#include "base/compiler.h"

/*
 * As realloc() of @p, of which the first @used bytes are kept; free() frees it.  A megabyte and
 * more is got anew, so that its pages can be large: the first touch of a small one costs up to 25
 * us in a virtual machine without nested page tables, and so does each after mremap().
 */
void *large_realloc(void *p, size_t used, size_t sz) MUST_CHECK;

/*
 * In the environment of a program that this process is about to become: its malloc() takes large
 * pages, too, and keeps what is freed.  Nothing where the user has said what malloc() does, or
 * where it is not glibc's.
 */
void large_for_exec(void);
