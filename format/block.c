/*
 * format/block.c -- framing of blocks.
 *
 * A header is only believed if its crc is right and it carries the session's tag: payload bytes
 * that happen to look like a header, and remains of another tape in reused space, are passed
 * over.
 */
#include "format/block.h"

#include <errno.h>
#include <string.h>

#include "format/crc32c.h"

#define NONE	(1 << TAPE_CODEC_NONE)
#define ZSTD	(1 << TAPE_CODEC_ZSTD)
#define COLUMNS (1 << TAPE_CODEC_COLUMNS)

static const struct block_kind kinds[] = {
	{ TAPE_META, "META", NONE | ZSTD, false, true },
	{ TAPE_SCHEMA, "SCHEMA", NONE | ZSTD, false, true },
	{ TAPE_PLAN, "PLAN", NONE | ZSTD, false, true },
	{ TAPE_TYPES, "TYPES", NONE | ZSTD, false, true },
	{ TAPE_DICT, "DICT", NONE | ZSTD, false, true },
	{ TAPE_TASK, "TASK", NONE | ZSTD, false, true },
	{ TAPE_FILE, "FILE", NONE | ZSTD, false, true },
	{ TAPE_MMAP, "MMAP", NONE | ZSTD, false, true },
	{ TAPE_FRAME, "FRAME", NONE | ZSTD, false, true },
	{ TAPE_STACK, "STACK", NONE | ZSTD, false, true },
	{ TAPE_SYM, "SYM", NONE | ZSTD, false, true },
	{ TAPE_EVENTS, "EVENTS", COLUMNS, true, false },
	{ TAPE_MIXED, "MIXED", NONE | ZSTD, true, false },
	{ TAPE_LOSS, "LOSS", NONE | ZSTD, false, true },
	{ TAPE_CLOCK, "CLOCK", NONE | ZSTD, false, true },
	{ TAPE_MAPSNAP, "MAPSNAP", NONE | ZSTD, false, false },
	{ TAPE_LOG, "LOG", NONE | ZSTD, false, true },
	{ TAPE_CHECKPOINT, "CHECKPOINT", NONE | ZSTD, false, true },
	{ TAPE_INDEX, "INDEX", NONE | ZSTD, false, false },
	{ TAPE_END, "END", NONE, false, true },
	{ TAPE_TAIL, "TAIL", NONE, false, false },
};

const struct block_kind *block_kind(u16 type)
{
	for (size_t i = 0; i < countof(kinds); i++) {
		if (kinds[i].type == type)
			return &kinds[i];
	}
	return NULL;
}

const char *block_name(u16 type)
{
	const struct block_kind *k = block_kind(type);

	return k ? k->name : "unknown";
}

int block_check_known(u16 type, struct err *err)
{
	if (type & TAPE_ANCILLARY || block_kind(type))
		return 0;
	err_set(err, -ENOTSUP,
		"the tape has blocks of type 0x%04x, which this program does not know", type);
	err_hint(err, "a newer bpftape has written it: read it with that");
	return -ENOTSUP;
}

void block_seal_file(struct tape_file_header *h)
{
	memcpy(h->magic, TAPE_MAGIC, sizeof(h->magic));
	h->major = TAPE_MAJOR;
	h->minor = TAPE_MINOR;
	h->header_len = sizeof(*h);
	h->session_tag = crc32c(0, h->uuid, sizeof(h->uuid));
	h->crc = crc32c(0, h, offsetof(struct tape_file_header, crc));
}

void block_seal(struct tape_block_header *h, u32 session_tag, const void *payload)
{
	memcpy(h->sync, TAPE_SYNC, sizeof(h->sync));
	h->session_tag = session_tag;
	h->payload_crc = crc32c(0, payload, h->stored_len);
	h->header_crc = crc32c(0, h, offsetof(struct tape_block_header, header_crc));
}

static const char *length_fault(const struct tape_block_header *h, const struct tape_limits *l)
{
	const struct block_kind *k = block_kind(h->type);

	if (k && (h->codec > 7 || !(k->codecs >> h->codec & 1)))
		return "block has an unknown codec";
	if (h->codec == TAPE_CODEC_NONE && k && h->raw_len != h->stored_len)
		return "block has two lengths without a codec";
	if (h->stored_len > l->stored_len)
		return TAPE_BEYOND(stored_len);
	if (h->raw_len > l->raw_len)
		return TAPE_BEYOND(raw_len);
	if (h->raw_len > h->stored_len * l->ratio)
		return TAPE_BEYOND(ratio);
	return h->n_rows > l->rows ? TAPE_BEYOND(rows) : NULL;
}

const char *block_fault(const struct tape_block_header *h, u32 session_tag,
			const struct tape_limits *limits, bool ignore_crc)
{
	if (memcmp(h->sync, TAPE_SYNC, sizeof(h->sync)))
		return "no block header";
	if (!ignore_crc &&
	    crc32c(0, h, offsetof(struct tape_block_header, header_crc)) != h->header_crc)
		return "block header checksum is wrong";
	if (session_tag && h->session_tag != session_tag && !ignore_crc)
		return "block is of another session";
	return length_fault(h, limits);
}

const char *block_payload_fault(const struct tape_block_header *h, const void *payload,
				bool ignore_crc)
{
	if (!ignore_crc && crc32c(0, payload, h->stored_len) != h->payload_crc)
		return "block checksum is wrong";
	return NULL;
}

size_t block_find_sync(const u8 *p, size_t sz)
{
	const u8 *hit = memmem(p, sz, TAPE_SYNC, 8);

	return hit ? (size_t)(hit - p) : sz;
}

int block_unpack(const struct tape_block_header *h, const u8 *stored, struct codec *c,
		 struct buf *out, const u8 **ret)
{
	void *dst;
	int rc;

	*ret = stored;
	if (h->codec != TAPE_CODEC_ZSTD)
		return 0;
	buf_reset(out);
	dst = buf_extend(out, h->raw_len);
	if (!dst)
		return h->raw_len ? -ENOMEM : -EBADMSG;
	rc = codec_unpack(c, stored, h->stored_len, dst, h->raw_len);
	*ret = dst;
	return rc;
}

u64 block_hash(u64 hash, const struct tape_block_header *h)
{
	u8 bytes[14];

	memcpy(bytes, &h->type, 2);
	memcpy(bytes + 2, &h->seq, 8);
	memcpy(bytes + 10, &h->payload_crc, 4);
	for (size_t i = 0; i < sizeof(bytes); i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3ull;
	return hash;
}
