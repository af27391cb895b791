/*
 * format/repair.c -- in place: append what a reader and verify need.
 *
 * verify says what is wrong with the tape; each breach that no LOSS record accounts for becomes
 * one that does.  Then one chain of INDEX blocks over all good blocks, END and TAIL.
 *
 * (1) Nothing is written before everything was read, and nothing at all to a whole tape.
 * (2) Only the end of the file changes.  If an append fails the file is cut back; if repair is
 *     interrupted, what it left is a tape that was cut off, and can be repaired.
 */
#include "format/repair.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "format/repair_priv.h"

/* Stretches beyond this many are joined: more than a reader takes account of is of no use. */
#define STRETCHES_MAX (STATE_STRETCHES_MAX / 2)

static int compare_stretches(const void *a, const void *b)
{
	const struct tape_repair_stretch *x = a, *y = b;

	return x->off < y->off ? -1 : x->off > y->off;
}

static void join(struct tape_repair_stretch *d, const struct tape_repair_stretch *more)
{
	u64 end = more->off + more->len;

	d->len = end > d->off + d->len ? end - d->off : d->len;
	d->blocks += more->blocks;
	d->rows += more->rows;
	d->is_loss |= more->is_loss;
	d->ts_min = more->ts_min < d->ts_min ? more->ts_min : d->ts_min;
	d->ts_max = more->ts_max > d->ts_max ? more->ts_max : d->ts_max;
}

struct tape_repair_stretch repair_stretch_of(const struct breach *b)
{
	return (struct tape_repair_stretch){
		.off = b->off,
		.len = b->len,
		.blocks = b->blocks,
		.rows = b->rows,
		.is_loss = b->costs,
		.is_block = b->kind == BREACH_RULE,
		.ts_min = b->ts_min,
		.ts_max = b->ts_max,
		.type = b->type,
		.reason = b->kind == BREACH_GAP ? b->reason :
			  b->text		? b->text :
						  "broken rules",
	};
}

static int gather(const struct verify *v, struct vec *out)
{
	vec_init(out, sizeof(struct tape_repair_stretch), UINT32_MAX);
	for (size_t i = 0; i < v->breaches.n; i++) {
		const struct breach *b = vec_get(&v->breaches, struct breach, i);
		struct tape_repair_stretch *d;

		if (b->is_note || b->kind == BREACH_CUT || b->kind == BREACH_LATE)
			continue;
		d = vec_push(out);
		if (!d)
			return -ENOMEM;
		*d = repair_stretch_of(b);
		if (b->kind == BREACH_GAP) /* what an older record counts of it is its */
			d->rows = vec_get(&v->st.losses, struct tape_loss, b->loss)->count;
	}
	return 0;
}

static void merge(struct vec *all, const struct verify *v, u64 end)
{
	struct tape_repair_stretch *d = all->items;
	size_t n = 0;

	if (all->n)
		qsort(d, all->n, sizeof(*d), compare_stretches);
	for (size_t i = 0; i < all->n; i++) {
		if (n &&
		    ((d[n - 1].off == d[i].off && d[n - 1].len == d[i].len) || n == STRETCHES_MAX))
			join(&d[n - 1], &d[i]);
		else
			d[n++] = d[i];
	}
	all->n = n;
	/* Breaches that there was no room for lie behind the last that there was. */
	if (n && v->more_breaches)
		d[n - 1].len = end - d[n - 1].off;
}

int repair_gather(const struct verify *v, u64 end, struct vec *ret)
{
	int rc = gather(v, ret);

	if (!rc)
		merge(ret, v, end);
	return rc;
}

/* ---- what is appended ---- */

struct tape_loss repair_loss_of(const struct tape_repair_stretch *d)
{
	return (struct tape_loss){
		.cause = d->is_loss ? TAPE_LOSS_CORRUPT : TAPE_LOSS_NONE,
		.table = TAPE_NONE,
		.cpu = TAPE_NONE,
		.count = d->is_block ? 0 : d->rows, /* those of a block its readers count */
		.first_ts = d->ts_min,
		.last_ts = d->ts_max,
		.note = str_of(d->reason),
		.off = d->off,
		.len = d->len,
	};
}

/*
 * What is put behind a damaged end is part of the damage.  Returns the byte to put there: a zero
 * could be what is missing of a block that was cut off.
 */
static u8 reach(struct vec *all, u64 size, u64 pad)
{
	struct tape_repair_stretch *d = all->items;
	u8 byte = 0;

	for (size_t i = 0; i < all->n; i++) {
		if (d[i].off + d[i].len != size)
			continue;
		d[i].len += pad;
		byte = d[i].is_block ? byte : 0xa5;
	}
	return byte;
}

struct tape_loss *repair_losses(const struct verify *v, const struct vec *all, u32 *ret_n)
{
	struct tape_loss *l = calloc(all->n + 1, sizeof(*l));
	u32 n = 0;

	for (; l && n < all->n; n++)
		l[n] = repair_loss_of(vec_get(all, struct tape_repair_stretch, n));
	if (l && v->late_rows > v->late_counted)
		l[n++] = (struct tape_loss){
			.cause = TAPE_LOSS_LATE,
			.table = TAPE_NONE,
			.cpu = TAPE_NONE,
			.count = v->late_rows - v->late_counted,
			.last_ts = UINT64_MAX,
		};
	*ret_n = n;
	return l;
}

static int put_losses(struct tape_writer *w, const struct verify *v, const struct vec *all, u64 ts,
		      struct err *err)
{
	u32 n;
	struct tape_loss *l = repair_losses(v, all, &n);
	int rc = l ? tape_writer_put_losses(w, ts, l, n, err) : err_oom(err);

	free(l);
	return rc;
}

/* All good blocks again, in a chain of its own; the LOSS block is noted by the writer already. */
static int put_chain(struct tape_writer *w, const struct verify *v, u64 ts, struct err *err)
{
	struct tape_index_entry last[1];
	bool has_last = w->index.n == 1;

	if (has_last)
		last[0] = *vec_get(&w->index, struct tape_index_entry, 0);
	vec_reset(&w->index);
	w->index_off = 0;
	for (size_t i = 0; i < v->entries.n; i++) {
		writer_note(w, vec_get(&v->entries, struct tape_index_entry, i));
		if (w->index.n == REPAIR_INDEX_ENTRIES) {
			int rc = writer_put_index(w, ts, err);

			if (rc)
				return rc;
		}
	}
	if (has_last)
		writer_note(w, last);
	return 0;
}

static int append_blocks(struct tape_writer *w, const struct verify *v, const struct vec *all,
			 struct err *err)
{
	u64 ts = v->last_ts;
	int rc = put_losses(w, v, all, ts, err);

	if (!rc)
		rc = put_chain(w, v, ts, err);
	if (!rc)
		rc = tape_writer_finish(w, ts, NULL, 0, err);
	return rc ? rc : tape_writer_sync(w, err);
}

/*
 * The last block may be at a place that is no multiple of 8 (bytes before it are missing) and may
 * lack the zeros behind it: what readers pass over with it, and what is left up to a multiple of 8.
 */
static int fill_last(const struct verify *v, u64 size, struct vec *all, u64 *ret_pad)
{
	const struct walk_step *last = &v->walk.step;
	u64 end = last->kind == WALK_BLOCK ? last->off + block_span(&last->h) : 0;
	struct tape_repair_stretch *d;

	*ret_pad = -size & 7;
	if (end <= size || !(end & 7))
		return 0;
	*ret_pad = end + (-end & 7) - size;
	d = vec_push(all);
	if (!d)
		return -ENOMEM;
	*d = (struct tape_repair_stretch){
		.off = end, .len = -end & 7, .reason = "the last block was moved"
	};
	return 0;
}

static int append(int fd, const struct verify *v, struct vec *all, u64 *ret_written,
		  struct err *err)
{
	u8 padding[16];
	u64 size = v->walk.in.pos, pad;
	struct writer_place at = {
		.seq = v->seq_min > v->walk.next_seq ? v->seq_min : v->walk.next_seq,
		.blocks = v->ret->blocks,
		.rows = v->ret->rows,
		.lost = v->lost,
		.hash = v->hash,
		.session_tag = v->walk.session_tag,
	};
	struct tape_writer *w = NULL;
	int rc = fill_last(v, size, all, &pad);

	if (rc)
		return err_oom(err);
	at.off = size + pad;
	memset(padding, reach(all, size, pad), sizeof(padding));
	if (lseek(fd, (off_t)size, SEEK_SET) < 0)
		return err_set_errno(err, -errno, "writing the tape");
	rc = io_write_full(fd, padding, pad);
	if (rc)
		err_set_errno(err, rc, "writing the tape");
	if (!rc)
		rc = writer_resume(fd, &at, &w, err);
	if (!rc)
		rc = append_blocks(w, v, all, err);
	*ret_written = w ? tape_writer_stats(w).bytes - size : 0;
	tape_writer_close(w);
	if (rc && ftruncate(fd, (off_t)size))
		return err_wrap(err, rc, "the end could not be taken back");
	return rc;
}

/* What was found, for the caller. */
static int tell(struct verify *v, const struct tape_repair_opts *o, const struct vec *all,
		struct tape_repair_result *ret)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct tape_repair_stretch *d = vec_get(all, struct tape_repair_stretch, i);

		ret->stretches++;
		ret->lost_rows += d->rows;
		ret->lost_blocks += d->blocks;
		ret->is_lossy |= d->is_loss;
		if (o->report)
			o->report(o->ctx, &v->st.pub, d);
	}
	return 0;
}

static int check_target(int fd, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st))
		return err_set_errno(err, -errno, "reading the tape");
	if (!S_ISREG(st.st_mode))
		return err_set(err, -EINVAL, "not a file: it cannot be repaired in place");
	if (flock(fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? err_set(err, -EWOULDBLOCK, "is being recorded") :
					      err_set_errno(err, -errno, "locking the tape");
	return lseek(fd, 0, SEEK_SET) < 0 ? err_set_errno(err, -errno, "reading the tape") : 0;
}

/* @out -1: in place. */
static int repair(struct verify *v, int fd, int out, const struct tape_repair_opts *o,
		  struct tape_repair_result *ret, struct err *err)
{
	struct vec all;
	int rc = verify_walk(v, err);

	if (rc)
		return rc;
	verify_settle(v);
	ret->blocks = v->ret->blocks;
	ret->rows = v->ret->rows;
	ret->is_whole = v->ret->is_closed;
	if (!ret->blocks)
		return err_set(err, -ENODATA, "no block of the tape can be read");
	if (ret->is_whole && out < 0)
		return 0;
	rc = repair_gather(v, v->walk.in.pos, &all) ? err_oom(err) : tell(v, o, &all, ret);
	if (!rc)
		rc = out < 0 ? append(fd, v, &all, &ret->written, err) :
			       repair_copy(v, fd, out, &ret->written, err);
	vec_fini(&all);
	return rc;
}

static int run(int fd, int out, const struct tape_repair_opts *o, struct tape_repair_result *ret,
	       struct err *err)
{
	struct verify *v = calloc(1, sizeof(*v));
	struct tape_verify_opts vo = { .reader = o->reader, .refuses_unknown = true };
	struct tape_verify_result found;
	int rc;

	if (!v)
		return err_oom(err);
	rc = verify_init(v, fd, &vo, &found) ? err_oom(err) : repair(v, fd, out, o, ret, err);
	verify_fini(v);
	free(v);
	return rc;
}

int tape_repair_append(int fd, const struct tape_repair_opts *o, struct tape_repair_result *ret,
		       struct err *err)
{
	int rc = check_target(fd, err);

	memset(ret, 0, sizeof(*ret));
	return rc ? rc : run(fd, -1, o, ret, err);
}

int tape_repair_copy(int fd, int out, const struct tape_repair_opts *o,
		     struct tape_repair_result *ret, struct err *err)
{
	memset(ret, 0, sizeof(*ret));
	if (lseek(fd, 0, SEEK_CUR) < 0)
		return err_set_errno(err, -errno, "reading the tape");
	return run(fd, out, o, ret, err);
}
