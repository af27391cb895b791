/*
 * lang/diag.h -- what is wrong with a script: all of it at once, with places and hints.
 *
 * Rendered as
 *     FILE:LINE:COL: error: message
 *         source line
 *         ^~~~~
 *     hint: what to do
 */
#pragma once

#include "base/buf.h"
#include "lang/source.h"

enum diag_level { DIAG_ERROR, DIAG_WARNING, DIAG_NOTE };

struct diag {
	enum diag_level level;
	struct span span;
	const char *msg;
	const char *hint;	/* NULL: none */
	struct diag *next;
};

struct diag_list {
	struct arena *arena;	/* owns the texts */
	struct diag *head, **tail;
	const struct span_map *map;	/* NULL, or: spans are in a text made of the source's */
	const struct source *made;	/* with map: whose places diag_error() ... get */
	int error_cnt, warning_cnt;
	int max;		/* further errors are counted, not kept (default 100) */
};

void diag_init(struct diag_list *d, struct arena *a);
/*
 * Add one; the result may be given to diag_hint(); never NULL-checked by callers (NULL is
 * accepted).
 */
struct diag *diag_error(struct diag_list *d, struct span sp, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
struct diag *diag_warn(struct diag_list *d, struct span sp, const char *fmt, ...) PRINTF_LIKE(3, 4);
struct diag *diag_note(struct diag_list *d, struct span sp, const char *fmt, ...) PRINTF_LIKE(3, 4);
void diag_hint(struct diag_list *d, struct diag *g, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* All, in source order (notes stay behind the error they follow). */
void diag_render(const struct diag_list *d, const struct source *src, struct buf *out);
