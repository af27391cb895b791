/*
 * lang/trouble.h -- what can go wrong while a script runs, without ending it.
 *
 * Each has a value all the same (docs/language.md); it is counted, and told at the end with its
 * place.
 */
#pragma once

#include "base/buf.h"
#include "lang/source.h"

enum trouble_kind {
	TROUBLE_READ,		/* a read of memory failed: 0 or "" */
	TROUBLE_DIVIDE,		/* by zero: 1 (0.27), 0 or the dividend (0.17) */
	TROUBLE_INDEX,		/* outside an array: what lies there, or 0 */
	TROUBLE_MAP_FULL,	/* a new key was dropped */
	TROUBLE_KIND_CNT
};

struct trouble {
	enum trouble_kind kind;
	struct span at;
	int code;		/* READ: errno of the last one, 0: not known */
	u64 cnt;
};

/* In plain words, without the count: "division by zero; the result is 1". */
void trouble_text(const struct trouble *t, bool is_17, struct buf *out);
