/*
 * analyze/sink.h -- where answers go: a buffered descriptor that notices when nobody reads any
 * more.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

struct sink {
	int fd;			/* -1: keep everything in buf (tests) */
	/*
	 * A person reads it: of control characters only line ends and tabs pass, all others and
	 * what is no UTF-8 become \xNN.  Files and pipes get every byte as it is.  Who may not be
	 * asked is a person.
	 */
	bool is_terminal;
	struct buf buf;
	int code;		/* sticky: 0, -EPIPE (the reader left) or another negative errno */
};

void sink_init(struct sink *s, int fd);
void sink_fini(struct sink *s);		/* does not flush and does not close */
void sink_put(struct sink *s, const void *p, size_t sz);
void sink_flush(struct sink *s);
/* Flush; negative errno with a message if it did not arrive though somebody reads. */
int sink_finish(struct sink *s, struct err *err);
