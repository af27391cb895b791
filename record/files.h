/*
 * record/files.h -- the tape's FILE table: whatever frames and mappings lie in, each once.
 *
 * A file is the kernel, a module, a BPF program, an ELF file, the vdso or memory without a name.
 * Ids are dense from 1 and belong to the tape.  One thread at a time: the encoder's.
 */
#pragma once

#include "format/writer.h"

struct files;

struct files *files_new(void); /* NULL: no memory */
void files_free(struct files *f);

/*
 * The id of a file; the same in all but d->id has the same one.  Texts are copied.  TAPE_NONE: no
 * room for more.
 */
u32 files_add(struct files *f, const struct tape_file *d);
/* What was added under @id; NULL if nothing.  Valid until files_free(). */
const struct tape_file *files_get(const struct files *f, u32 id);
u32 files_cnt(const struct files *f); /* ids are 1 .. this */

/* What was found out about a file after it was added; lost if it is on the tape already. */
void files_set_build_id(struct files *f, u32 id, struct str build_id);

/* Write those that are not on the tape yet.  A call that failed may be repeated. */
int files_write(struct files *f, struct tape_writer *w, u64 ts, struct err *err);
