/*
 * record/files.h -- the tape's FILE table: whatever frames and mappings lie in, each once.
 *
 * A file is the kernel, a module, a BPF program, an ELF file, the vdso or memory without a name.
 * Ids are dense from 1 and belong to the tape.  One thread at a time: the encoder's.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

enum file_kind { /* numbers of the tape */
	FILE_KERNEL = 0, /* path "kernel" */
	FILE_MODULE = 1, /* path: its name */
	FILE_BPF = 2, /* path: the program's name */
	FILE_ELF = 3,
	FILE_VDSO = 4,
	FILE_ANON = 5, /* memory without a file: compiled at run time */
	FILE_OTHER = 6,
};

struct file_desc {
	u8 kind; /* enum file_kind */
	struct str path, build_id; /* as bytes; build_id empty: unknown */
	u64 dev, inode, size, mtime_ns; /* 0: unknown or none */
};

struct files;

struct files *files_new(void); /* NULL: no memory */
void files_free(struct files *f);

/*
 * The id of a file; the same (kind, path, build_id, dev, inode) has the same one, later values of
 * the other fields are not looked at.  Texts are copied.  TAPE_NONE: no room for more.
 */
u32 files_add(struct files *f, const struct file_desc *d);
/* What was added under @id; NULL if nothing.  Valid until files_free(). */
const struct file_desc *files_get(const struct files *f, u32 id);
u32 files_cnt(const struct files *f); /* ids are 1 .. this */
