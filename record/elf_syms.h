/*
 * record/elf_syms.h -- the functions of one ELF file, by offset in the file.
 *
 * From .symtab; where that was stripped, from .dynsym and the symbol table packed into
 * .gnu_debugdata.  The file is hostile: whatever it says is checked, and a table is never larger
 * than a limit.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

#define ELF_BUILD_ID_MAX 64

struct elf_syms;

struct elf_sym {
	u64 off; /* in the file */
	u64 size; /* 0: not said; up to the next one */
	struct str name; /* as in the file, without a version behind '@'; borrowed */
};

/* Reads through @fd, which must stay open until elf_syms_free(); it stays the caller's. */
int elf_syms_open(int fd, struct elf_syms **ret, struct err *err);
/* The same for a file in memory, which must stay; it is not written to. */
int elf_syms_over(const void *p, size_t sz, struct elf_syms **ret, struct err *err);
void elf_syms_free(struct elf_syms *e);

/* The function that @off lies in; false: none, *ret is untouched. */
bool elf_syms_find(const struct elf_syms *e, u64 off, struct elf_sym *ret);
/* Only its build-id, without the symbols: count of bytes, 0: none. */
size_t elf_read_build_id(int fd, u8 ret[ELF_BUILD_ID_MAX]);
u32 elf_syms_cnt(const struct elf_syms *e);
/* Bytes; empty: it has none.  Lives as long as the table. */
struct str elf_syms_build_id(const struct elf_syms *e);
