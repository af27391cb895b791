/*
 * record/elf_xz.c -- the only place that knows liblzma.
 *
 * The input is hostile: the decoder's memory is limited, the output is limited by the buffer it
 * goes to.
 */
#include "record/elf_xz.h"

#include <errno.h>
#include <lzma.h>

#define XZ_MEM_MAX (96ull << 20)
#define XZ_STEP	   (64u << 10)

static int explain(lzma_ret rc, struct err *err)
{
	if (rc == LZMA_MEM_ERROR || rc == LZMA_MEMLIMIT_ERROR)
		return err_set(err, -ENOMEM, "unpacking needs too much memory");
	return err_set(err, -EBADMSG, "not a whole xz file");
}

static int unpack(lzma_stream *z, struct buf *out, struct err *err)
{
	lzma_ret rc = LZMA_OK;

	while (rc == LZMA_OK) {
		size_t at = out->len;
		void *room = buf_extend(out, XZ_STEP);

		if (!room)
			return err_set(err, -EFBIG, "unpacks to more than %zu bytes", out->max_sz);
		z->next_out = room;
		z->avail_out = XZ_STEP;
		rc = lzma_code(z, LZMA_FINISH);
		out->len = at + XZ_STEP - z->avail_out;
	}
	return rc == LZMA_STREAM_END ? 0 : explain(rc, err);
}

int elf_xz_unpack(const void *p, size_t sz, struct buf *out, struct err *err)
{
	lzma_stream z = LZMA_STREAM_INIT;
	lzma_ret rc = lzma_stream_decoder(&z, XZ_MEM_MAX, 0);
	int ret;

	if (rc != LZMA_OK)
		return explain(rc, err);
	z.next_in = p;
	z.avail_in = sz;
	ret = unpack(&z, out, err);
	lzma_end(&z);
	return ret;
}
