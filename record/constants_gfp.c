/*
 * record/constants_gfp.c -- flags of allocations.
 *
 * Their bits move from version to version.  Kernels that number them by an enum have it in BTF;
 * before that the numbers were macros, and those of 6.1 are taken.
 */
#include <string.h>

#include "base/arena.h"
#include "record/constants.h"
#include "record/ktypes.h"

static const struct {
	const char *name;
	s64 val;
} old_bits[] = {
	{ "DMA", 0x01 },
	{ "HIGHMEM", 0x02 },
	{ "DMA32", 0x04 },
	{ "MOVABLE", 0x08 },
	{ "RECLAIMABLE", 0x10 },
	{ "HIGH", 0x20 },
	{ "IO", 0x40 },
	{ "FS", 0x80 },
	{ "ZERO", 0x100 },
	{ "ATOMIC", 0x200 },
	{ "DIRECT_RECLAIM", 0x400 },
	{ "KSWAPD_RECLAIM", 0x800 },
	{ "WRITE", 0x1000 },
	{ "NOWARN", 0x2000 },
	{ "RETRY_MAYFAIL", 0x4000 },
	{ "NOFAIL", 0x8000 },
	{ "NORETRY", 0x10000 },
	{ "MEMALLOC", 0x20000 },
	{ "COMP", 0x40000 },
	{ "NOMEMALLOC", 0x80000 },
	{ "HARDWALL", 0x100000 },
	{ "THISNODE", 0x200000 },
	{ "ACCOUNT", 0x400000 },
};

/* "__GFP_X" by their X, separated by blanks */
static const struct {
	const char *name, *of;
} sums[] = {
	{ "__GFP_RECLAIM", "DIRECT_RECLAIM KSWAPD_RECLAIM" },
	{ "GFP_ATOMIC", "HIGH KSWAPD_RECLAIM" },
	{ "GFP_KERNEL", "DIRECT_RECLAIM KSWAPD_RECLAIM IO FS" },
	{ "GFP_KERNEL_ACCOUNT", "DIRECT_RECLAIM KSWAPD_RECLAIM IO FS ACCOUNT" },
	{ "GFP_NOWAIT", "KSWAPD_RECLAIM" },
	{ "GFP_NOIO", "DIRECT_RECLAIM KSWAPD_RECLAIM" },
	{ "GFP_NOFS", "DIRECT_RECLAIM KSWAPD_RECLAIM IO" },
	{ "GFP_USER", "DIRECT_RECLAIM KSWAPD_RECLAIM IO FS HARDWALL" },
	{ "GFP_DMA", "DMA" },
	{ "GFP_DMA32", "DMA32" },
	{ "GFP_HIGHUSER", "DIRECT_RECLAIM KSWAPD_RECLAIM IO FS HARDWALL HIGHMEM" },
};

static bool find_bit(struct ktypes *k, struct arena *a, const char *name, size_t len, s64 *ret)
{
	const char *bit = arena_printf(a, "___GFP_%.*s_BIT", (int)len, name);
	const struct type *t = NULL;
	s64 no;

	if (k && bit && ktypes_find_const(k, a, bit, &no, &t) && no >= 0 && no < 63) {
		*ret = 1ll << no;
		return true;
	}
	/* has the enum and not this one: the kernel was built without it, or it is gone */
	if (k && ktypes_find_const(k, a, "___GFP_IO_BIT", &no, &t))
		return false;
	for (size_t i = 0; i < countof(old_bits); i++) {
		if (strlen(old_bits[i].name) == len && !strncmp(old_bits[i].name, name, len)) {
			*ret = old_bits[i].val;
			return true;
		}
	}
	return false;
}

static bool add_up(struct ktypes *k, struct arena *a, const char *of, s64 *ret)
{
	*ret = 0;
	while (*of) {
		size_t len = strcspn(of, " ");
		s64 bit = 0;

		if (!find_bit(k, a, of, len, &bit))
			return false;
		*ret |= bit;
		of += len + (of[len] == ' ');
	}
	return true;
}

bool constant_find_gfp(struct ktypes *k, const char *name, s64 *ret)
{
	bool found = false;
	struct arena a;

	if (strncmp(name, "GFP_", 4) && strncmp(name, "__GFP_", 6))
		return false;
	arena_init(&a, 1u << 16);
	for (size_t i = 0; i < countof(sums); i++) {
		if (!strcmp(sums[i].name, name)) {
			found = add_up(k, &a, sums[i].of, ret);
			arena_fini(&a);
			return found;
		}
	}
	if (*name == '_')
		found = find_bit(k, &a, name + 6, strlen(name + 6), ret);
	arena_fini(&a);
	return found;
}
