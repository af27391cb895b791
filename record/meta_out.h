/*
 * record/meta_out.h -- META, and the facts of this machine for TYPES.
 */
#pragma once

#include "base/vec.h"
#include "format/schema.h"
#include "lang/program.h"

/* Items in @v (struct tape_meta_item); texts are borrowed unless copied by the caller. */
void meta_text(struct vec *v, const char *key, struct str text);
void meta_num(struct vec *v, const char *key, u64 num);

/* Host, kernel, architecture, boot, CPUs; texts in @a. */
void meta_machine(struct vec *v, struct arena *a);

/*
 * Fill consts and facts of @ret: constants the program used, parameters, config, names of users,
 * the time zone around @real_s (Unix time).  Texts in @a.  -ENOMEM.
 *
 * Facts: ("param", "1"), ("config", "max_strlen"), ("uid", "1000") -> "name", ("tz", "name"),
 * ("env", "1") -> "BPFTRACE_X=Y", ("gfp", "flags") -> gfp_names_read(), where printf() wants it;
 * ("tz", "tzif") -> the bytes of the zone file, ("tz_span", "FROM") -> "OFFSET IS_DST ABBR": from
 * that Unix time on, local time is UTC + OFFSET seconds; the first one is the earliest known.
 */
int facts_build(const struct program *prog, const char *const *params, int param_cnt, s64 real_s,
		struct arena *a, struct tape_types *ret, struct err *err);
