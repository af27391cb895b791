/*
 * analyze/catalog_tape.h -- the catalog of a tape: what its recorder's script used from the
 * recorded machine.
 */
#pragma once

#include "format/reader.h"
#include "lang/catalog.h"

struct catalog_tape;

/*
 * From the SCHEMA, PLAN and TYPES blocks read so far.  Texts are copied, so later blocks do not
 * matter to it. -ENOMEM.
 */
int catalog_tape_new(const struct tape_state *s, struct catalog_tape **ret, struct err *err);
void catalog_tape_free(struct catalog_tape *c);
struct catalog catalog_tape_get(struct catalog_tape *c);

/* A fact by space and key ("config", "max_strlen"); absent (s NULL) if the tape has none. */
struct str catalog_tape_fact(const struct tape_types *t, const char *space, const char *key);
