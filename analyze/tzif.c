/*
 * Time zones in the form of compiled zoneinfo files (RFC 8536), from a tape: the bytes are not
 * trusted.
 *
 *	"TZif" version 15*0  isutcnt isstdcnt leapcnt timecnt typecnt charcnt (u32 big-endian)
 *	times[timecnt]  index[timecnt]  types[typecnt]{s32 off, u8 dst, u8 abbr}  chars[charcnt]
 *	leaps[leapcnt]  isstd[isstdcnt]  isut[isutcnt]
 *
 * Version 2 and later repeat all that with 64-bit times; then that second part is used. Times
 * beyond the last transition keep its offset: the rule text at the end is not evaluated, so a
 * recorder gives transitions that reach over its own session.
 */
#include <errno.h>
#include <string.h>

#include "analyze/timefmt.h"
#include "base/cursor.h"

struct tzif_counts {
	u8 version;
	u32 isut, isstd, leap, time, type, chars;
};

static u32 be32(struct cursor *c)
{
	return __builtin_bswap32(cursor_u32(c));
}

static s64 be_time(struct cursor *c, u32 time_sz)
{
	if (time_sz == 4)
		return (s32)be32(c);
	return (s64)__builtin_bswap64(cursor_u64(c));
}

static bool read_counts(struct cursor *c, struct tzif_counts *n)
{
	const u8 *magic = cursor_bytes(c, 4);

	if (!magic || memcmp(magic, "TZif", 4))
		return false;
	n->version = cursor_u8(c);
	cursor_skip(c, 15);
	n->isut = be32(c);
	n->isstd = be32(c);
	n->leap = be32(c);
	n->time = be32(c);
	n->type = be32(c);
	n->chars = be32(c);
	return !c->is_bad && n->time <= 2000 && n->type >= 1 && n->type <= 256 &&
	       n->chars <= 2048 && n->leap <= 256 && n->isut <= 256 && n->isstd <= 256;
}

static size_t body_size(const struct tzif_counts *n, u32 time_sz)
{
	return (size_t)n->time * (time_sz + 1) + (size_t)n->type * 6 + n->chars +
	       (size_t)n->leap * (time_sz + 4) + n->isstd + n->isut;
}

static int add_type(struct timefmt *f, s64 from_s, u32 type, const u8 *types,
		    const struct tzif_counts *n)
{
	const u8 *chars = types + (size_t)n->type * 6;
	struct tz_span span = { .from_s = from_s };
	struct cursor c;

	if (type >= n->type)
		return -EBADMSG;
	c = cursor_over(types + (size_t)type * 6, 6);
	span.off_s = (s32)be32(&c);
	span.is_dst = cursor_u8(&c);
	for (u32 i = 0, at = cursor_u8(&c); at < n->chars && i + 1 < TZ_ABBR_MAX; i++, at++)
		span.abbr[i] = (char)chars[at];
	if (span.off_s < -93600 || span.off_s > 93600)
		return -EBADMSG;
	return timefmt_add_span(f, &span);
}

static int read_body(struct timefmt *f, struct cursor *c, const struct tzif_counts *n, u32 time_sz)
{
	struct cursor times = cursor_sub(c, (size_t)n->time * time_sz);
	const u8 *index = cursor_bytes(c, n->time);
	const u8 *types = cursor_bytes(c, (size_t)n->type * 6 + n->chars);
	int rc;

	if (c->is_bad || !types || !index)
		return -EBADMSG;
	rc = add_type(f, INT64_MIN, 0, types, n);	/* before the first transition */
	for (u32 i = 0; !rc && i < n->time; i++)
		rc = add_type(f, be_time(&times, time_sz), index[i], types, n);
	return rc;
}

int timefmt_add_tzif(struct timefmt *f, const u8 *p, size_t sz, struct err *err)
{
	struct cursor c = cursor_over(p, sz);
	struct tzif_counts n;
	u32 time_sz = 4;
	int rc;

	if (!read_counts(&c, &n))
		return err_set(err, -EBADMSG, "the recorded time zone is damaged");
	if (n.version >= '2') {
		cursor_skip(&c, body_size(&n, 4));
		if (!read_counts(&c, &n))
			return err_set(err, -EBADMSG, "the recorded time zone is damaged");
		time_sz = 8;
	}
	rc = read_body(f, &c, &n, time_sz);
	if (rc == -ENOMEM)
		return err_oom(err);
	return rc ? err_set(err, -EBADMSG, "the recorded time zone is damaged") : 0;
}
