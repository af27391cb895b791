/*
 * base/buf.h -- growable byte buffer with a maximum.
 *
 * Appending never returns an error: a refused append sets is_full and leaves the content as it was,
 * so a caller builds a whole message and checks once.
 */
#pragma once

#include <stdarg.h>

#include "base/compiler.h"

struct buf {
	u8 *data;
	size_t len, cap, max_sz;
	bool is_full;		/* sticky: an append was refused (maximum or no memory) */
};

void buf_init(struct buf *b, size_t max_sz);
void buf_fini(struct buf *b);
void buf_reset(struct buf *b);			/* len = 0, is_full = false, memory kept */

/* Room for @sz more bytes, len advanced over them; NULL if refused.  Content undefined. */
void *buf_extend(struct buf *b, size_t sz) MUST_CHECK;
void buf_put(struct buf *b, const void *p, size_t sz);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_fill(struct buf *b, int byte, size_t n);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(struct buf *b, const char *fmt, va_list ap);
void buf_align(struct buf *b, size_t align);	/* zero-pad to a multiple */

/* Little-endian numbers. */
void buf_put_u8(struct buf *b, u8 v);
void buf_put_u16(struct buf *b, u16 v);
void buf_put_u32(struct buf *b, u32 v);
void buf_put_u64(struct buf *b, u64 v);

/* NUL-terminate (not counted in len) and return the text; "" if refused. */
const char *buf_cstr(struct buf *b);
