/* record/ktypes_priv.h -- the BTF behind record/ktypes.h, for files that look further into it. */
#pragma once

#include "record/ktypes.h"

struct btf;
struct btf_type;

struct ktypes {
	struct btf *btf;
};

/* The type of the language for BTF type @id; NULL: no memory, or there is none. */
const struct type *ktypes_convert(struct ktypes *k, struct arena *a, u32 id);
/* Through modifiers and typedefs; NULL if the chain is broken or too long. */
const struct btf_type *ktypes_strip(const struct ktypes *k, u32 id);
/* Name of the unnamed type of a member; "struct ?" if nothing could find it (ktypes_name.c). */
const char *ktypes_anon_name(struct arena *a, const char *kind, const char *record,
			     const char *member);
/* "struct foo" "union in6_addr.in6_u" "kuid_t"; what it is called for or stands for. */
const struct btf_type *ktypes_find_composite(const struct ktypes *k, const char *name);
