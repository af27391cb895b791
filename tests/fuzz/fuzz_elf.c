/*
 * tests/fuzz/fuzz_elf.c -- any bytes as an ELF file: reading its symbols ends, stays within bounds,
 * and what is found covers the offset that was asked for.
 */
#include <assert.h>

#include "record/elf_syms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t sz);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t sz)
{
	struct elf_syms *e;
	struct elf_sym s;

	if (elf_syms_over(data, sz, &e, NULL))
		return 0;
	for (u64 off = 0; off < sz + 256; off += 1 + sz / 512) {
		if (!elf_syms_find(e, off, &s))
			continue;
		assert(s.off <= off && (!s.size || off - s.off < s.size));
		assert(s.name.len > 0 && s.name.s[0]);
	}
	elf_syms_free(e);
	return 0;
}
