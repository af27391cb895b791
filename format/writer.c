/*
 * format/writer.c -- whole blocks, one writev each.
 *
 * (1) off, seq and the hash move only when a block is completely written: a failed block leaves
 *     the tape as if it had not been tried.
 * (2) Bytes depend on the calls only, never on the kind of descriptor.
 * (3) Memory is bounded: INDEX blocks are written along the way, each pointing back at the one
 *     before.
 */
#include "format/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/writer_priv.h"

#define DEFAULT_REPEAT	   (64u << 20)
#define DEFAULT_MIXED_ROWS 512
/*
 * Of the descriptions of 292 tables 9 leaves 46.9 KB after 5 ms, 12 leaves 45.6 after 40, 15 leaves
 * 44.7 after 80 and 19 leaves 43.6 after 260; they are written before anything is armed.
 */
#define DEEP_LEVEL	   12
#define DEEP_MAX	   (256u << 10) /* bytes: beyond it takes too long */
#define INDEX_MAX	   16384 /* entries of an INDEX block: the end needs room for so many */

void writer_note(struct tape_writer *w, const struct tape_index_entry *e)
{
	struct tape_index_entry *slot = vec_push(&w->index);

	if (slot)
		*slot = *e;
	else
		w->is_index_lost = true;
}

int writer_put_block(struct tape_writer *w, struct tape_block_header *h, const void *payload,
		     struct err *err)
{
	static const u8 zeros[8];
	u64 at = w->off;
	struct iovec v[3] = {
		{ h, sizeof(*h) },
		{ (void *)payload, h->stored_len },
		{ (void *)zeros, -h->stored_len & 7 },
	};
	int rc;

	h->seq = w->seq;
	block_seal(h, w->session_tag, payload);
	rc = writer_check_room(w, h, err);
	if (!rc)
		rc = writer_put_bytes(w, v, 3, err);
	if (rc)
		return rc;
	w->seq++;
	w->hash = block_hash(w->hash, h);
	if (h->type == TAPE_MIXED || h->type == TAPE_INDEX || h->type == TAPE_END ||
	    h->type == TAPE_TAIL)
		return 0;
	writer_note(w, &(struct tape_index_entry){
			       .off = at,
			       .ts_min = h->ts_min,
			       .ts_max = h->ts_max,
			       .stored_len = h->stored_len,
			       .n_rows = h->n_rows,
			       .stream = h->stream,
			       .type = h->type,
		       });
	return 0;
}

/* What is written once or twice, and weighs more than the rows of a quiet machine. */
static struct codec *codec_for(struct tape_writer *w, u16 type, size_t sz)
{
	bool is_deep = type == TAPE_SCHEMA || type == TAPE_PLAN || type == TAPE_TYPES;

	if (!is_deep || sz > DEEP_MAX)
		return w->codec;
	if (!w->deep)
		w->deep = codec_new(DEEP_LEVEL);
	return w->deep ? w->deep : w->codec;
}

int writer_put_table(struct tape_writer *w, struct tape_block_header *h, const struct buf *raw,
		     struct err *err)
{
	const struct buf *b = raw;
	struct codec *codec;

	if (raw->is_full)
		return err_set(err, -E2BIG, "a %s block is beyond the limits", block_name(h->type));
	h->raw_len = (u32)raw->len;
	h->codec = TAPE_CODEC_NONE;
	buf_reset(&w->packed);
	codec = codec_for(w, h->type, raw->len);
	if (codec_pack_block(codec, raw->data, raw->len, &w->packed) > 0 &&
	    w->packed.len * TAPE_MAX_RATIO >= raw->len) {
		h->codec = TAPE_CODEC_ZSTD;
		b = &w->packed;
	}
	if (b->len > TAPE_MAX_STORED)
		return err_set(err, -E2BIG, "a %s block is beyond the limits", block_name(h->type));
	h->stored_len = (u32)b->len;
	return writer_put_block(w, h, b->data, err);
}

int writer_put_index(struct tape_writer *w, u64 ts, struct err *err)
{
	struct tape_block_header h = { .type = TAPE_INDEX, .ts_min = ts, .ts_max = ts };
	struct tape_index head = { .prev_off = w->index_off, .n_entries = (u32)w->index.n };
	u64 at = w->off;
	int rc;

	buf_reset(&w->raw);
	buf_put(&w->raw, &head, sizeof(head));
	buf_put(&w->raw, w->index.items, w->index.n * sizeof(struct tape_index_entry));
	h.n_rows = head.n_entries;
	rc = writer_put_table(w, &h, &w->raw, err);
	if (rc)
		return rc;
	w->index_off = at;
	vec_reset(&w->index);
	return 0;
}

int writer_begin(struct tape_writer *w, u64 ts, struct err *err)
{
	if (w->is_finished)
		return err_set(err, -EINVAL, "the tape is finished");
	if (w->index.n >= INDEX_MAX)
		return writer_put_index(w, ts, err);
	return 0;
}

static int put_file_header(struct tape_writer *w, struct err *err)
{
	struct tape_file_header h = { .real_ns = w->o.real_ns };
	struct iovec v = { &h, sizeof(h) };

	memcpy(h.uuid, w->o.uuid, sizeof(h.uuid));
	block_seal_file(&h);
	w->session_tag = h.session_tag;
	return writer_put_bytes(w, &v, 1, err);
}

static void set_defaults(struct tape_writer *w)
{
	w->o.zstd_level = w->o.zstd_level ? w->o.zstd_level : 1;
	w->o.repeat_bytes = w->o.repeat_bytes ? w->o.repeat_bytes : DEFAULT_REPEAT;
	w->o.mixed_rows = w->o.mixed_rows ? w->o.mixed_rows : DEFAULT_MIXED_ROWS;
}

static int init_writer(struct tape_writer *w, struct err *err)
{
	struct stat st;

	w->hash = BLOCK_HASH_START;
	w->patience_ns = UINT64_MAX;
	buf_init(&w->raw, TAPE_MAX_RAW);
	buf_init(&w->packed, TAPE_MAX_RAW);
	buf_init(&w->dicts, TAPE_MAX_RAW);
	buf_init(&w->runs_raw, TAPE_MAX_RAW);
	vec_init(&w->kept, sizeof(struct kept_block), 4 * TAPE_MAX_PARTS);
	vec_init(&w->tables, sizeof(u32), TAPE_MAX_TABLES);
	/* A flush of many runs is noted before the next chance to write an INDEX. */
	vec_init(&w->index, sizeof(struct tape_index_entry), INDEX_MAX + TAPE_MAX_RUNS);
	vec_init(&w->runs, sizeof(struct tape_mixed_run), TAPE_MAX_RUNS);
	w->enc = encoder_new(w->o.zstd_level);
	if (w->enc)
		encoder_set_quantum(w->enc, w->o.ts_quantum_ns);
	if (!w->enc)
		return err_oom(err);
	w->codec = encoder_codec(w->enc);
	if (fstat(w->fd, &st))
		return err_set_errno(err, -errno, "writing the tape");
	if (S_ISREG(st.st_mode)) {
		/* `>> FILE` begins at the file's end, wherever the descriptor stands. */
		w->base = lseek(w->fd, 0, fcntl(w->fd, F_GETFL) & O_APPEND ? SEEK_END : SEEK_CUR);
		w->is_file = w->base >= 0;
	}
	return 0;
}

static int new_writer(int fd, const struct tape_writer_opts *o, struct tape_writer **ret,
		      struct err *err)
{
	struct tape_writer *w = calloc(1, sizeof(*w));
	int rc;

	*ret = NULL;
	if (!w)
		return err_oom(err);
	w->fd = fd;
	w->o = *o;
	set_defaults(w);
	rc = init_writer(w, err);
	if (rc)
		tape_writer_close(w);
	else
		*ret = w;
	return rc;
}

int tape_writer_open(int fd, const struct tape_writer_opts *o, struct tape_writer **ret,
		     struct err *err)
{
	struct tape_writer *w;
	int rc = new_writer(fd, o, &w, err);

	if (rc)
		return rc;
	rc = put_file_header(w, err);
	if (rc)
		tape_writer_close(w);
	else
		*ret = w;
	return rc;
}

int writer_resume(int fd, const struct writer_place *at, struct tape_writer **ret, struct err *err)
{
	struct tape_writer_opts o = { .zstd_level = 0 };
	int rc = new_writer(fd, &o, ret, err);
	struct tape_writer *w = *ret;

	if (rc)
		return rc;
	w->base -= (off_t)at->off;
	w->off = at->off;
	w->seq = at->seq;
	w->gone = at->seq - at->blocks;
	w->rows = at->rows;
	w->lost = at->lost;
	w->hash = at->hash;
	w->session_tag = at->session_tag;
	w->repeat_at = UINT64_MAX;
	return 0;
}

void tape_writer_close(struct tape_writer *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->kept.n; i++)
		free(vec_get(&w->kept, struct kept_block, i)->payload);
	vec_fini(&w->kept);
	vec_fini(&w->tables);
	vec_fini(&w->index);
	buf_fini(&w->raw);
	buf_fini(&w->packed);
	buf_fini(&w->dicts);
	buf_fini(&w->runs_raw);
	vec_fini(&w->runs);
	codec_free(w->deep);
	encoder_free(w->enc);
	free(w);
}

/* META..TYPES once more, so that one flipped bit costs none of them. */
static int repeat_kept(struct tape_writer *w, u64 ts, struct err *err)
{
	for (size_t i = 0; i < w->kept.n; i++) {
		struct kept_block *k = vec_get(&w->kept, struct kept_block, i);
		struct tape_block_header h = k->header;
		int rc;

		h.flags |= TAPE_BLOCK_REPEAT;
		h.ts_min = h.ts_max = ts;
		rc = writer_put_block(w, &h, k->payload, err);
		if (rc)
			return rc;
	}
	w->repeat_at = w->off + w->o.repeat_bytes;
	codec_free(w->deep); /* a few megabytes */
	w->deep = NULL;
	return 0;
}

int tape_writer_checkpoint(struct tape_writer *w, u64 ts, u64 watermark, struct err *err)
{
	struct tape_block_header h = {
		.type = TAPE_CHECKPOINT, .n_rows = 1, .ts_min = ts, .ts_max = ts
	};
	struct tape_checkpoint c = { watermark, w->checkpoint_off, 0, w->rows, w->lost };
	int rc = writer_begin(w, ts, err);
	u64 at;

	if (!rc && w->off >= w->repeat_at)
		rc = repeat_kept(w, ts, err);
	if (rc)
		return rc;
	at = w->off;
	c.index_off = w->is_index_lost ? 0 : w->index_off;
	buf_reset(&w->raw);
	fields_put_list(&tape_checkpoint_desc, &c, 1, &w->raw);
	rc = writer_put_table(w, &h, &w->raw, err);
	if (!rc)
		w->checkpoint_off = at;
	return rc;
}

static int put_end(struct tape_writer *w, u64 ts, struct err *err)
{
	struct tape_block_header h = { .type = TAPE_END, .ts_min = ts, .ts_max = ts };
	struct tape_end end = {
		.rows = w->rows, .blocks = w->seq - w->gone, .hash = w->hash
	};

	h.stored_len = h.raw_len = sizeof(end);
	return writer_put_block(w, &h, &end, err);
}

int tape_writer_finish(struct tape_writer *w, u64 ts, const struct tape_meta_item *items, u32 n,
		       struct err *err)
{
	struct tape_block_header tail = { .type = TAPE_TAIL };
	int rc;

	w->stage = WRITER_END;
	rc = n ? tape_writer_put_meta(w, ts, items, n, err) : writer_begin(w, ts, err);
	if (rc)
		return rc;
	if (!w->is_index_lost)
		rc = writer_put_index(w, ts, err);
	tail.ts_min = w->is_index_lost ? 0 : w->index_off;
	tail.ts_max = w->off;
	if (!rc)
		rc = put_end(w, ts, err);
	if (!rc)
		rc = writer_put_block(w, &tail, NULL, err);
	if (!rc)
		w->is_finished = true;
	return rc;
}

struct tape_writer_stats tape_writer_stats(const struct tape_writer *w)
{
	return (struct tape_writer_stats){
		.bytes = w->off,
		.blocks = w->seq,
		.rows = w->rows,
		.raw_bytes = w->raw_bytes,
		.lost = w->lost,
		.is_at_max = w->is_at_max,
	};
}

int tape_writer_sync(struct tape_writer *w, struct err *err)
{
	if (w->is_file && fdatasync(w->fd))
		return err_set_errno(err, -errno, "writing the tape to the disk");
	return 0;
}
