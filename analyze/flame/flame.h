/*
 * analyze/flame/flame.h -- a tree of weighted frames as a picture that can be asked.
 *
 * The picture is one SVG file that needs nothing else: without its script it is a plain picture,
 * in a browser it zooms, searches and tells of the frame under the pointer.
 */
#pragma once

#include "analyze/sink.h"
#include "analyze/stackfold.h"

struct flame_opts {
	struct str title; /* s NULL: "Flame graph" */
	struct str subtitle; /* s NULL: none */
	struct str unit; /* of the weights: "samples" */
	struct str notes; /* lines to be seen with the picture: what is lost and the like */
	double min_px; /* frames narrower than this (of a picture of FLAME_WIDTH) are left
				 * out; 0: FLAME_MIN_PX */
};

#define FLAME_WIDTH  1200
#define FLAME_MIN_PX 0.1

/*
 * @nodes as stackfold_nodes() gives them, @n > 0.  What is left out is said in the picture.
 * -ENOMEM; what the sink says is for its owner to ask.
 */
int flame_put_svg(const struct fold_node *nodes, u32 n, const struct flame_opts *o,
		  struct sink *out, struct err *err);
