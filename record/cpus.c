/*
 * record/cpus.c -- which CPUs there are.
 */
#include "record/cpus.h"

#include <errno.h>

#include "base/buf.h"
#include "base/io.h"

#define ONLINE "/sys/devices/system/cpu/online"

/* A number at the front of @s, taken off. */
static bool take_number(struct str *s, u32 *ret)
{
	u32 n = 0;
	size_t i = 0;

	for (; i < s->len && s->s[i] >= '0' && s->s[i] <= '9'; i++) {
		n = n * 10 + (u32)(s->s[i] - '0');
		if (n >= CPUS_MAX)
			return false;
	}
	*ret = n;
	s->s += i;
	s->len -= i;
	return i > 0;
}

/* "3" or "0-3" */
static int put_range(struct str range, struct vec *out)
{
	u32 from, to;

	if (!take_number(&range, &from))
		return -EBADMSG;
	to = from;
	if (range.len && range.s[0] == '-') {
		range.s++;
		range.len--;
		if (!take_number(&range, &to) || to < from)
			return -EBADMSG;
	}
	if (range.len)
		return -EBADMSG;
	for (u32 cpu = from; cpu <= to; cpu++) {
		u32 *slot = vec_push(out);

		if (!slot)
			return -ENOMEM;
		*slot = cpu;
	}
	return 0;
}

int cpus_parse(struct str text, struct vec *out, struct err *err)
{
	size_t before = out->n;
	struct str range, rest = str_trim(text);
	int rc = rest.len ? 0 : -EBADMSG;

	while (!rc && rest.len) {
		str_split(rest, ',', &range, &rest);
		rc = put_range(range, out);
	}
	if (!rc)
		return 0;
	out->n = before;
	return rc == -ENOMEM ? err_oom(err) :
			       err_set(err, rc, "a list of CPUs is malformed: %.*s",
				       text.len > 100 ? 100 : (int)text.len, text.s);
}

int cpus_online(struct vec *out, struct err *err)
{
	struct buf b;
	int rc;

	buf_init(&b, 65536);
	rc = io_read_file(ONLINE, &b, err);
	if (!rc)
		rc = cpus_parse((struct str){ (const char *)b.data, b.len }, out, err);
	buf_fini(&b);
	return rc;
}
