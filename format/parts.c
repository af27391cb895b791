/*
 * format/parts.c -- how the rows at hand are stored: their directory as it is, to be shown.
 */
#include <string.h>

#include "format/reader_priv.h"

u32 tape_reader_parts(const struct tape_reader *r, struct tape_part *ret, u32 max)
{
	struct tape_columns head;
	size_t left;

	if (!r->job.schema || r->job.len < sizeof(head))
		return 0;
	memcpy(&head, r->job.payload, sizeof(head));
	left = (r->job.len - sizeof(head)) / sizeof(*ret);
	if (head.n_parts > left)
		return 0;
	if (head.n_parts < max)
		max = head.n_parts;
	memcpy(ret, r->job.payload + sizeof(head), max * sizeof(*ret));
	return max;
}

const char *tape_enc_name(u8 enc)
{
	static const char *const names[] = {
		[TAPE_ENC_CONST] = "CONST",	[TAPE_ENC_SAMEAS] = "SAMEAS",
		[TAPE_ENC_RAW] = "RAW",		[TAPE_ENC_FOR] = "FOR",
		[TAPE_ENC_DELTA] = "DELTA",	[TAPE_ENC_DICT] = "DICT",
		[TAPE_ENC_VAR] = "VAR",		[TAPE_ENC_LIST] = "LIST",
		[TAPE_ENC_NULLS] = "NULLS",	[TAPE_ENC_SCALE] = "SCALE",
		[TAPE_ENC_PALETTE] = "PALETTE", [TAPE_ENC_GROUP] = "GROUP",
	};

	return enc < countof(names) ? names[enc] : "unknown";
}
