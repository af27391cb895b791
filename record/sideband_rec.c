/*
 * record/sideband_rec.c -- one record of a perf event, as the kernel lays it out:
 *
 *     u32 type | u16 misc | u16 size | fields of the type | u64 time
 *
 * The time is the sample id that we asked for; it ends every record.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/cursor.h"
#include "record/sideband.h"

#define TIME_SZ 8

static int finish(const struct cursor *c)
{
	return c->is_bad ? -EBADMSG : 1;
}

/* Texts are padded with zeros. */
static struct str rest_as_text(struct cursor *c)
{
	size_t left = cursor_left(c);
	const char *s = (const char *)cursor_bytes(c, left);

	return (struct str){ s, s ? strnlen(s, left) : 0 };
}

static int parse_map(struct cursor *c, u16 misc, struct sideband_rec *r)
{
	u32 major, minor;

	r->kind = SIDEBAND_MAP;
	r->pid = cursor_u32(c);
	r->tid = cursor_u32(c);
	r->start = cursor_u64(c);
	r->len = cursor_u64(c);
	r->off = cursor_u64(c);
	major = cursor_u32(c);
	minor = cursor_u32(c);
	r->inode = cursor_u64(c);
	cursor_skip(c, 8); /* generation */
	r->prot = (u8)cursor_u32(c);
	cursor_skip(c, 4); /* flags */
	r->path = rest_as_text(c);
	r->dev = makedev(major, minor);
	if (misc & PERF_RECORD_MISC_MMAP_BUILD_ID) /* not asked for; would lie in place of inode */
		r->dev = r->inode = 0;
	if (r->len > UINT64_MAX - r->start)
		return -EBADMSG;
	return finish(c);
}

static int parse_comm(struct cursor *c, u16 misc, struct sideband_rec *r)
{
	r->kind = SIDEBAND_EXEC;
	r->pid = cursor_u32(c);
	r->tid = cursor_u32(c);
	if (c->is_bad)
		return -EBADMSG;
	return misc & PERF_RECORD_MISC_COMM_EXEC ? 1 : 0;
}

static int parse_task(struct cursor *c, enum sideband_kind kind, struct sideband_rec *r)
{
	r->kind = kind;
	r->pid = cursor_u32(c);
	r->parent = cursor_u32(c);
	r->tid = cursor_u32(c);
	cursor_skip(c, 4); /* parent's tid */
	r->ts = cursor_u64(c);
	return finish(c);
}

static int parse_lost(struct cursor *c, struct sideband_rec *r)
{
	r->kind = SIDEBAND_LOST;
	cursor_skip(c, 8); /* id */
	r->lost_cnt = cursor_u64(c);
	return finish(c);
}

static int parse_body(u32 type, u16 misc, struct cursor *c, struct sideband_rec *r)
{
	switch (type) {
	case PERF_RECORD_MMAP2:
		return parse_map(c, misc, r);
	case PERF_RECORD_COMM:
		return parse_comm(c, misc, r);
	case PERF_RECORD_FORK:
		return parse_task(c, SIDEBAND_FORK, r);
	case PERF_RECORD_EXIT:
		return parse_task(c, SIDEBAND_EXIT, r);
	case PERF_RECORD_LOST:
		return parse_lost(c, r);
	default:
		return 0;
	}
}

int sideband_parse(const u8 *rec, size_t sz, struct sideband_rec *ret)
{
	struct sideband_rec r = { 0 };
	struct cursor c, tail;
	u32 type;
	u16 misc;
	int rc;

	if (sz < sizeof(struct perf_event_header) + TIME_SZ)
		return -EBADMSG;
	c = cursor_over(rec, sz - TIME_SZ);
	tail = cursor_over(rec + sz - TIME_SZ, TIME_SZ);
	r.ts = cursor_u64(&tail);
	type = cursor_u32(&c);
	misc = cursor_u16(&c);
	if (cursor_u16(&c) != sz)
		return -EBADMSG;
	rc = parse_body(type, misc, &c, &r);
	if (rc == 1)
		*ret = r;
	return rc;
}
