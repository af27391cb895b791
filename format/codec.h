/* format/codec.h -- zstd frames; codec.c is the only file that knows the library. */
#pragma once

#include "base/buf.h"
#include "base/compiler.h"

struct codec;	/* contexts for one thread, reused from frame to frame */

struct codec *codec_new(int level);	/* NULL without memory */
void codec_free(struct codec *c);

/*
 * Append one frame of @sz bytes to @out if that is smaller than the bytes themselves: 1.  Else
 * 0 and @out as it was (also without memory).
 */
int codec_pack(struct codec *c, const void *p, size_t sz, struct buf *out);
/*
 * The same of @planes times @sz bytes, a frame for each.  @has_noise: nothing makes the first
 * plane smaller, so it is kept as it is.
 */
int codec_pack_planes(struct codec *c, const void *p, size_t sz, u32 planes, bool has_noise,
		      struct buf *out);
/* The same with more effort the smaller it is, for payloads of whole blocks. */
int codec_pack_block(struct codec *c, const void *p, size_t sz, struct buf *out);

/* Frames with a window beyond 2^log are refused (TAPE_ZSTD_WINDOW_LOG unless said). */
void codec_set_window(struct codec *c, u64 log);
/*
 * Undo one frame, or several one behind the other, into exactly @raw_sz bytes at @out.  -EBADMSG
 * for anything else, -ENOMEM.
 */
int codec_unpack(struct codec *c, const void *p, size_t sz, void *out, size_t raw_sz);
/* Of the last -EBADMSG: a limit that was met, else @otherwise; static text. */
const char *codec_fault(const struct codec *c, const char *otherwise);
