/* analyze/flame/color.h -- the colour of a frame, from its kind and name alone. */
#pragma once

#include "analyze/stackfold.h"

/* 0xRRGGBB.  Light enough for dark letters; equal names of a kind have equal colours everywhere. */
u32 flame_color(enum fold_kind kind, struct str name);
