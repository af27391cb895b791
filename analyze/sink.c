/*
 * Buffered output.  A write that fails is remembered and everything after it is dropped, so that
 * callers check once: -EPIPE means that the reader has what it wanted, which is not a failure.
 */
#include "analyze/sink.h"

#include <errno.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/io.h"

#define FLUSH_AT (64 << 10)
#define KEEP_MAX ((size_t)1 << 30)

void sink_init(struct sink *s, int fd)
{
	s->fd = fd;
	s->is_terminal = fd >= 0 && (isatty(fd) || (errno != ENOTTY && errno != EBADF));
	s->code = 0;
	buf_init(&s->buf, KEEP_MAX);
}

void sink_fini(struct sink *s)
{
	buf_fini(&s->buf);
}

void sink_flush(struct sink *s)
{
	int rc;

	if (s->fd < 0 || !s->buf.len)
		return;
	if (!s->code) {
		rc = io_write_full(s->fd, s->buf.data, s->buf.len);
		if (rc < 0)
			s->code = rc;
	}
	buf_reset(&s->buf);
}

void sink_put(struct sink *s, const void *p, size_t sz)
{
	if (s->code)
		return;
	if (s->is_terminal)
		escape_put(&s->buf, p, sz, "\n\t");
	else
		buf_put(&s->buf, p, sz);
	if (s->fd >= 0 && s->buf.len >= FLUSH_AT)
		sink_flush(s);
}

int sink_finish(struct sink *s, struct err *err)
{
	sink_flush(s);
	if (!s->code || s->code == -EPIPE)
		return 0;
	return err_set_errno(err, s->code, "writing the answer");
}
