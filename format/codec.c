/*
 * format/codec.c -- one zstd frame in, one out.
 *
 * Frames carry their size (so a reader can check it), no checksum (blocks have a crc of the
 * stored bytes) and a window of at most 8 MB, which every reader accepts.  A foreign frame is
 * undone into a buffer of the exact size that the tape states; the size the frame itself claims
 * is never trusted.
 */
#include "format/codec.h"

#include <errno.h>
#include <stdlib.h>

#include <zstd.h>

#include "format/tape.h"

struct codec {
	ZSTD_CCtx *pack;
	ZSTD_DCtx *unpack;
	int level;
};

struct codec *codec_new(int level)
{
	struct codec *c = calloc(1, sizeof(*c));

	if (c)
		c->level = level ? level : 1;
	return c;
}

void codec_free(struct codec *c)
{
	if (!c)
		return;
	ZSTD_freeCCtx(c->pack);
	ZSTD_freeDCtx(c->unpack);
	free(c);
}

static bool has_pack(struct codec *c)
{
	if (c->pack)
		return true;
	c->pack = ZSTD_createCCtx();
	if (!c->pack)
		return false;
	ZSTD_CCtx_setParameter(c->pack, ZSTD_c_compressionLevel, c->level);
	ZSTD_CCtx_setParameter(c->pack, ZSTD_c_contentSizeFlag, 1);
	ZSTD_CCtx_setParameter(c->pack, ZSTD_c_checksumFlag, 0);
	if (c->level > 16)
		ZSTD_CCtx_setParameter(c->pack, ZSTD_c_windowLog, TAPE_ZSTD_WINDOW_LOG);
	return true;
}

int codec_pack(struct codec *c, const void *p, size_t sz, struct buf *out)
{
	size_t was = out->len, n;
	void *dst;

	if (sz < 2 || !has_pack(c))
		return 0;
	dst = buf_extend(out, sz - 1);
	if (!dst) {
		out->is_full = false;
		return 0;
	}
	n = ZSTD_compress2(c->pack, dst, sz - 1, p, sz);
	if (ZSTD_isError(n)) {
		out->len = was;
		return 0;
	}
	out->len = was + n;
	return 1;
}

static bool has_unpack(struct codec *c)
{
	if (c->unpack)
		return true;
	c->unpack = ZSTD_createDCtx();
	if (c->unpack)
		ZSTD_DCtx_setParameter(c->unpack, ZSTD_d_windowLogMax, TAPE_ZSTD_WINDOW_LOG);
	return c->unpack;
}

int codec_unpack(struct codec *c, const void *p, size_t sz, void *out, size_t raw_sz)
{
	size_t n;

	if (!has_unpack(c))
		return -ENOMEM;
	n = ZSTD_decompressDCtx(c->unpack, out, raw_sz, p, sz);
	if (ZSTD_isError(n) || n != raw_sz)
		return -EBADMSG;
	return 0;
}
