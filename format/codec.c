/*
 * format/codec.c -- bytes into zstd frames and back.
 *
 * Frames carry their size (so a reader can check it), no checksum (blocks have a crc of the
 * stored bytes) and a window of at most 8 MB, which every reader accepts.  A foreign frame is
 * undone into a buffer of the exact size that the tape states; the size the frame itself claims
 * is never trusted.
 */
#include "format/codec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "format/limits.h"
#include "format/tape.h"

/*
 * Columns are a few kilobytes long: a table that stays in the fastest cache, and takes no time to
 * clear, makes them a quarter faster and not a thousandth longer.
 */
#define FAST_HASH_LOG 11

/* Whole blocks are few: what makes them an eighth smaller costs 3 ms for 64 KB. */
#define BLOCK_LEVEL   9
#define BLOCK_SMALL   (256u << 10)
#define BLOCK_LARGE   (1u << 20)

#define RAW_BLOCK     (128u << 10) /* the largest that zstd knows */

struct codec {
	ZSTD_CCtx *pack, *pack_block;
	ZSTD_DCtx *unpack;
	int level;
	u64 window_max; /* of frames that come */
	const char *fault;
};

struct codec *codec_new(int level)
{
	struct codec *c = calloc(1, sizeof(*c));

	if (c) {
		c->level = level ? level : 1;
		codec_set_window(c, TAPE_ZSTD_WINDOW_LOG);
	}
	return c;
}

void codec_set_window(struct codec *c, u64 log)
{
	c->window_max = 1ull << log;
}

void codec_free(struct codec *c)
{
	if (!c)
		return;
	ZSTD_freeCCtx(c->pack);
	ZSTD_freeCCtx(c->pack_block);
	ZSTD_freeDCtx(c->unpack);
	free(c);
}

static bool has_context(ZSTD_CCtx **ctx)
{
	if (*ctx)
		return true;
	*ctx = ZSTD_createCCtx();
	if (!*ctx)
		return false;
	ZSTD_CCtx_setParameter(*ctx, ZSTD_c_contentSizeFlag, 1);
	ZSTD_CCtx_setParameter(*ctx, ZSTD_c_checksumFlag, 0);
	return true;
}

static void set_level(ZSTD_CCtx *ctx, int level)
{
	ZSTD_CCtx_setParameter(ctx, ZSTD_c_compressionLevel, level);
	if (level > 16)
		ZSTD_CCtx_setParameter(ctx, ZSTD_c_windowLog, TAPE_ZSTD_WINDOW_LOG);
}

static int pack(ZSTD_CCtx *ctx, const void *p, size_t sz, struct buf *out)
{
	size_t was = out->len, n;
	void *dst = buf_extend(out, sz - 1);

	if (!dst) {
		out->is_full = false;
		return 0;
	}
	n = ZSTD_compress2(ctx, dst, sz - 1, p, sz);
	if (ZSTD_isError(n)) {
		out->len = was;
		return 0;
	}
	out->len = was + n;
	return 1;
}

static bool begin_pack(struct codec *c)
{
	if (!has_context(&c->pack))
		return false;
	set_level(c->pack, c->level);
	if (c->level == 1)
		ZSTD_CCtx_setParameter(c->pack, ZSTD_c_hashLog, FAST_HASH_LOG);
	return true;
}

/* A frame of one segment, its size in four bytes, and blocks of bytes as they are (RFC 8878). */
static size_t keep_plain(u8 *dst, const u8 *p, size_t sz)
{
	static const u8 magic[] = { 0x28, 0xb5, 0x2f, 0xfd, 0xa0 };
	u32 size = (u32)sz;
	u8 *to = dst;

	memcpy(to, magic, sizeof(magic));
	memcpy(to + sizeof(magic), &size, sizeof(size));
	to += sizeof(magic) + sizeof(size);
	for (size_t left = sz; left;) {
		size_t n = left < RAW_BLOCK ? left : RAW_BLOCK;
		u32 head = (u32)n << 3 | (n == left);

		memcpy(to, &head, 3);
		memcpy(to + 3, p, n);
		to += 3 + n;
		p += n;
		left -= n;
	}
	return (size_t)(to - dst);
}

int codec_pack_planes(struct codec *c, const void *p, size_t sz, u32 planes, bool has_noise,
		      struct buf *out)
{
	size_t was = out->len, bound = ZSTD_compressBound(sz) + 64;
	const u8 *from = p;

	if (!begin_pack(c))
		return 0;
	for (u32 i = 0; i < planes; i++) {
		size_t at = out->len, n = 0;
		u8 *dst = buf_extend(out, bound);

		if (dst && has_noise && !i)
			n = keep_plain(dst, from, sz);
		else if (dst)
			n = ZSTD_compress2(c->pack, dst, bound, from + i * sz, sz);
		if (!dst || ZSTD_isError(n) || at + n - was >= sz * planes) {
			out->is_full = false;
			out->len = was;
			return 0;
		}
		out->len = at + n;
	}
	return 1;
}

int codec_pack(struct codec *c, const void *p, size_t sz, struct buf *out)
{
	if (sz < 2 || !begin_pack(c))
		return 0;
	return pack(c->pack, p, sz, out);
}

int codec_pack_block(struct codec *c, const void *p, size_t sz, struct buf *out)
{
	int level = sz <= BLOCK_SMALL ? BLOCK_LEVEL : sz <= BLOCK_LARGE ? 3 : 1;

	if (sz < 2 || !has_context(&c->pack_block))
		return 0;
	set_level(c->pack_block, level > c->level ? level : c->level);
	return pack(c->pack_block, p, sz, out);
}

/* What a frame says that undoing it bit by bit would need; 0: nothing readable. */
static u64 window_of(const u8 *p, size_t sz)
{
	bool is_single = sz > 4 && p[4] & 0x20;
	unsigned long long content;

	if (sz < 6)
		return 0;
	if (!is_single)
		return (8ull + (p[5] & 7)) << (7 + (p[5] >> 3));
	content = ZSTD_getFrameContentSize(p, sz);
	return content >= ZSTD_CONTENTSIZE_ERROR ? 0 : content;
}

static bool has_large_window(const struct codec *c, const u8 *p, size_t sz)
{
	while (sz) {
		size_t n = ZSTD_findFrameCompressedSize(p, sz);

		if (window_of(p, sz) > c->window_max)
			return true;
		if (ZSTD_isError(n))
			return false; /* undoing it fails too */
		p += n;
		sz -= n;
	}
	return false;
}

int codec_unpack(struct codec *c, const void *p, size_t sz, void *out, size_t raw_sz)
{
	size_t n;

	if (!c->unpack)
		c->unpack = ZSTD_createDCtx();
	if (!c->unpack)
		return -ENOMEM;
	c->fault = has_large_window(c, p, sz) ? TAPE_BEYOND(window_log) : NULL;
	if (c->fault)
		return -EBADMSG;
	n = ZSTD_decompressDCtx(c->unpack, out, raw_sz, p, sz);
	return ZSTD_isError(n) || n != raw_sz ? -EBADMSG : 0;
}

const char *codec_fault(const struct codec *c, const char *otherwise)
{
	return c->fault ? c->fault : otherwise;
}
