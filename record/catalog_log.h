/*
 * record/catalog_log.h -- a catalog that answers like another one and remembers every answer.
 *
 * What a script was told of this machine is exactly what its tape must carry (TYPES), so that it
 * compiles again elsewhere.
 */
#pragma once

#include "format/schema.h"
#include "lang/catalog.h"

struct catalog_log;

/* @inner and @a are borrowed; answers are kept in @a. */
struct catalog_log *catalog_log_new(const struct catalog *inner, struct arena *a);
void catalog_log_free(struct catalog_log *l);
const struct catalog *catalog_log_catalog(struct catalog_log *l);

/*
 * Fill records and expansions of @ret from what was asked so far (consts and facts are left alone).
 * Texts live in @a. -ENOMEM.
 */
int catalog_log_types(struct catalog_log *l, struct arena *a, struct tape_types *ret,
		      struct err *err);

/* Name of the record with a probe's args, as TYPES has it; in @a.  Absent if the probe has none. */
struct str catalog_args_name(const struct probe *p, struct arena *a);
/* One type as a record of TYPES; texts and fields in @a. */
int catalog_record(const struct type *t, struct str name, struct arena *a,
		   struct tape_type_record *ret, struct err *err);
