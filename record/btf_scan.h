/*
 * record/btf_scan.h -- one pass over a BTF file without making an index of it.
 *
 * The kernel's BTF has 5 MB; where it can be mapped (Linux 6.16 and newer) a pass takes 3 ms, and
 * reading and indexing it up to 25 times that.  For the few facts that every recording needs.
 */
#pragma once

#include "base/err.h"

struct btf_type;

struct btf_scan {
	const u8 *data;
	size_t sz;
	bool is_mapped;
	const u8 *types, *types_end;
	const char *strings;
	u32 strings_sz;
};

int btf_scan_open(struct btf_scan *s, const char *path, struct err *err);
/* Over bytes that stay the caller's.  -EBADMSG: they are no BTF. */
int btf_scan_over(struct btf_scan *s, const void *p, size_t sz, struct err *err);
void btf_scan_close(struct btf_scan *s);

struct btf_scan_pos {
	size_t off;
	u32 id;			/* of the type that was returned */
};

/*
 * The next type, whole (its members lie behind it); NULL at the end or where the bytes make no
 * sense.
 */
const struct btf_type *btf_scan_next(const struct btf_scan *s, struct btf_scan_pos *pos);
const char *btf_scan_str(const struct btf_scan *s, u32 off);	/* "" if there is none */
/* Byte offset of a direct member of struct @t; -ENOENT. */
int btf_scan_member(const struct btf_scan *s, const struct btf_type *t, const char *name);
