/*
 * format/access.c -- blocks of a file in any order.
 *
 * An access has buffers of its own and only reads what the reader holds, so each thread can
 * have one.
 */
#include "format/access.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "format/reader_priv.h"

struct tape_access {
	const struct tape_reader *r;
	struct decoder dec;
	struct buf stored, plain;
	/* The block in the buffers, so that the runs of a MIXED block are read once. */
	u64 off; /* UINT64_MAX: none */
	struct tape_block_header h;
	const u8 *payload;
	u32 run; /* the last one read of it, and what decoding all up to it took */
	u64 spent;
};

int block_read(const struct block_place *p, u64 off, struct tape_block_header *h,
	       struct buf *stored, const char **reason)
{
	ssize_t n = io_pread_full(p->fd, h, sizeof(*h), p->base + off);
	void *dst;

	*reason = "no block header";
	if (n < 0)
		return (int)n;
	if (n != sizeof(*h))
		return -EBADMSG;
	*reason = block_fault(h, p->session_tag, p->limits, p->ignore_crc);
	if (*reason)
		return -EBADMSG;
	buf_reset(stored);
	dst = buf_extend(stored, h->stored_len);
	if (!dst && h->stored_len)
		return -ENOMEM;
	n = h->stored_len ? io_pread_full(p->fd, dst, h->stored_len, p->base + off + sizeof(*h)) :
			    0;
	if (n < 0)
		return (int)n;
	*reason = "the tape ends within a block";
	if ((u64)n != h->stored_len)
		return -EBADMSG;
	*reason = block_payload_fault(h, dst, p->ignore_crc);
	return *reason ? -EBADMSG : 0;
}

struct tape_access *tape_access_new(const struct tape_reader *r)
{
	struct tape_access *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->r = r;
	a->off = UINT64_MAX;
	buf_init(&a->stored, r->o.limits.stored_len);
	buf_init(&a->plain, r->o.limits.raw_len);
	if (decoder_init(&a->dec, &r->o.limits)) {
		tape_access_free(a);
		return NULL;
	}
	return a;
}

void tape_access_free(struct tape_access *a)
{
	if (!a)
		return;
	decoder_fini(&a->dec);
	buf_fini(&a->stored);
	buf_fini(&a->plain);
	free(a);
}

static int refuse(struct tape_access *a, const char *reason, struct err *err)
{
	__atomic_fetch_or(&a->r->notes->limits_hit, tape_limit_bit(reason), __ATOMIC_RELAXED);
	return err_set(err, -EBADMSG, "%s", reason);
}

static int fetch(struct tape_access *a, u64 off, struct err *err)
{
	struct block_place place = {
		.fd = a->r->fd,
		.base = a->r->walk.in.base,
		.session_tag = a->r->walk.session_tag,
		.limits = &a->r->o.limits,
		.ignore_crc = a->r->o.ignore_crc,
	};
	struct mixed_iter runs;
	const char *reason;
	int rc;

	if (a->off == off)
		return 0;
	a->off = UINT64_MAX;
	a->spent = 0;
	rc = block_read(&place, off, &a->h, &a->stored, &reason);
	if (rc == -EBADMSG)
		return refuse(a, reason, err);
	if (rc)
		return err_set_errno(err, rc, "reading the tape");
	rc = block_unpack(&a->h, a->stored.data, a->dec.codec, &a->plain, &a->payload);
	if (rc == -ENOMEM)
		return err_oom(err);
	if (rc)
		return refuse(a, codec_fault(a->dec.codec, "the block cannot be unpacked"), err);
	if (a->h.type == TAPE_MIXED)
		reason = mixed_begin(&runs, off, &a->h, a->payload, place.limits);
	if (reason)
		return refuse(a, reason, err);
	a->off = off;
	return 0;
}

/* Blocks may have been moved: their times tell them apart as well. */
static bool is_entry(const struct tape_index_entry *e, const struct tape_mixed_run *run)
{
	return run->stream == e->stream && run->n_rows == e->n_rows && run->ts_min == e->ts_min &&
	       run->ts_max == e->ts_max;
}

/* What of the block in hand the entry means. */
static int find_rows(const struct tape_access *a, const struct tape_index_entry *e,
		     struct decode_job *job)
{
	struct tape_mixed head;
	struct tape_mixed_run run;

	job->len = payload_len(&a->h);
	job->payload = a->payload;
	job->n_rows = a->h.n_rows;
	job->raw_len = a->h.raw_len;
	if (a->h.type == TAPE_EVENTS) {
		run.stream = a->h.stream;
		run.n_rows = a->h.n_rows;
		run.ts_min = a->h.ts_min;
		run.ts_max = a->h.ts_max;
		return is_entry(e, &run) ? 0 : -EBADMSG;
	}
	job->raw_len = 0;
	if (a->h.type != TAPE_MIXED || job->len < sizeof(head))
		return -EBADMSG;
	memcpy(&head, a->payload, sizeof(head));
	if (e->run >= head.n_runs || mixed_run(a->payload, job->len, e->run, &run) ||
	    !is_entry(e, &run))
		return -EBADMSG;
	job->payload = a->payload + run.off;
	job->len = run.len;
	job->n_rows = run.n_rows;
	return 0;
}

int tape_access_read_cols(struct tape_access *a, const struct tape_index_entry *e, const u8 *want,
			  struct tape_batch *b, struct err *err)
{
	const struct tape_reader *r = a->r;
	struct decode_job job = {
		.want = want,
		.dicts = r->st.dicts,
		.zones = r->sel.zones.items,
		.zone_cnt = r->sel.zones.n,
	};
	int rc;

	if (!select_wants_range(&r->sel, e->ts_min, e->ts_max))
		return 0;
	job.schema = tape_state_schema(&r->st.pub, e->stream);
	if (!job.schema)
		return err_set(err, -EBADMSG, "rows of a table whose schema is lost");
	rc = fetch(a, e->off, err);
	if (rc)
		return rc;
	if (find_rows(a, e, &job))
		return err_set(err, -EBADMSG, "the block is not what the index says");
	a->dec.before = e->run > a->run ? a->spent : 0;
	rc = decode_rows(&a->dec, &job, b);
	a->run = e->run;
	a->spent = a->dec.spent;
	reader_note(r->notes, &a->dec);
	if (rc == -EBADMSG && a->dec.beyond)
		return err_set(err, rc, "%s", a->dec.beyond);
	if (rc < 0)
		return err_set_errno(err, rc, "decoding rows of table %u", e->stream);
	return rc;
}

int tape_access_read(struct tape_access *a, const struct tape_index_entry *e, struct tape_batch *b,
		     struct err *err)
{
	if (!select_wants_table(&a->r->sel, e->stream))
		return 0;
	return tape_access_read_cols(a, e, select_columns(&a->r->sel, e->stream), b, err);
}
