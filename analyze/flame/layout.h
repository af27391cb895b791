/* analyze/flame/layout.h -- where each frame of a flame graph lies. */
#pragma once

#include "analyze/stackfold.h"

/* Frames that a picture has at most; the narrowest are left out first. */
#define FLAME_FRAMES_MAX 20000

/*
 * Weights from left to right.  A frame is as wide as its own weight and its children's; weights
 * below 0 have no width.
 */
struct flame_layout {
	double *x, *w; /* by node */
	double total; /* width of all */
	double min_w; /* narrower frames are not shown */
	double min_px; /* the same in pixels */
	u32 shown, hidden; /* nodes, the root included */
	u32 depth; /* of the deepest that is shown */
	bool has_negative;
};

/* @px: width of the root.  A node that is shown has a parent that is shown.  -ENOMEM. */
int flame_layout(const struct fold_node *nodes, u32 n, double px, double min_px,
		 struct flame_layout *ret);
void flame_layout_fini(struct flame_layout *l);
static inline bool flame_is_shown(const struct flame_layout *l, u32 i)
{
	return !i || l->w[i] >= l->min_w;
}
