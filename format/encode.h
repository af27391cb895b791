/*
 * format/encode.h -- a row batch as an EVENTS payload: an encoding a column, chosen from its
 * values.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "format/rows.h"

struct encoder;

/* @level of zstd.  NULL without memory. */
struct encoder *encoder_new(int level);
void encoder_free(struct encoder *e);
/* Times are multiples of @ns; columns of nothing but such words are stored divided by it. */
void encoder_set_quantum(struct encoder *e, u64 ns);

/*
 * Append the payload of @b to @out, which must be at a multiple of 8.  @pack: columns become
 * zstd frames where that is smaller.  *ret_raw: bytes with all frames undone.  Strings new to a
 * dictionary are added to it and must reach the tape (encoder_put_dicts) before the payload
 * does.  -ENOMEM, -E2BIG.
 */
int encoder_put_rows(struct encoder *e, struct row_batch *b, bool pack, struct buf *out,
		     u64 *ret_raw);

/*
 * Append a DICT payload with all entries that are not on the tape yet; 0: there are none; 1: some.
 */
int encoder_put_dicts(struct encoder *e, struct buf *out);
/* What encoder_put_dicts() gave is on the tape. */
void encoder_dicts_written(struct encoder *e);

struct codec *encoder_codec(struct encoder *e);
