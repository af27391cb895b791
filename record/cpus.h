/*
 * record/cpus.h -- lists of CPUs as the kernel writes them: "0-3,8,10-11".
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

#define CPUS_MAX 8192

/* Append the numbers of @text (u32) to @out, which stays as it is on failure: -EBADMSG, -ENOMEM. */
int cpus_parse(struct str text, struct vec *out, struct err *err);
/* Those that are online; never none. */
int cpus_online(struct vec *out, struct err *err);
