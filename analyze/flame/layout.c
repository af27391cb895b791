/*
 * analyze/flame/layout.c -- widths from the leaves up, places from the root down.
 *
 * (1) A parent comes before its children and is never narrower than one of them: so the nodes
 *     that are wide enough are a tree, too.
 */
#include "analyze/flame/layout.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void sum_widths(const struct fold_node *nodes, u32 n, struct flame_layout *l)
{
	for (u32 i = n; i-- > 0;) {
		l->has_negative |= nodes[i].self < 0;
		l->w[i] += nodes[i].self > 0 ? (double)nodes[i].self : 0;
		if (i)
			l->w[nodes[i].parent] += l->w[i];
	}
	l->total = l->w[0];
}

/* Children from the left in their order; what a node has of its own is at its right. */
static void place(const struct fold_node *nodes, u32 n, struct flame_layout *l)
{
	for (u32 i = 0; i < n; i++) {
		double x = l->x[i];

		for (u32 c = nodes[i].first_child; c; c = nodes[c].next) {
			l->x[c] = x;
			x += l->w[c];
		}
	}
}

static void count_shown(const struct fold_node *nodes, u32 n, struct flame_layout *l)
{
	l->shown = l->depth = 0;
	for (u32 i = 0; i < n; i++) {
		if (!flame_is_shown(l, i))
			continue;
		l->shown++;
		if (nodes[i].depth > l->depth)
			l->depth = nodes[i].depth;
	}
	l->hidden = n - l->shown;
}

int flame_layout(const struct fold_node *nodes, u32 n, double px, double min_px,
		 struct flame_layout *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->x = calloc(n, sizeof(*ret->x));
	ret->w = calloc(n, sizeof(*ret->w));
	if (!ret->x || !ret->w) {
		flame_layout_fini(ret);
		return -ENOMEM;
	}
	sum_widths(nodes, n, ret);
	place(nodes, n, ret);
	/* What has no width is never shown. */
	for (ret->min_px = min_px;; ret->min_px *= 2) {
		ret->min_w = ret->total > 0 ? ret->min_px * ret->total / px : 1;
		count_shown(nodes, n, ret);
		if (ret->shown <= FLAME_FRAMES_MAX || ret->min_px > px)
			return 0;
	}
}

void flame_layout_fini(struct flame_layout *l)
{
	free(l->x);
	free(l->w);
	l->x = l->w = NULL;
}
