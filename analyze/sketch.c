/* What the states that grow have in common. */
#include "analyze/sketch.h"

u64 sketch_size(const struct type *t, const void *state)
{
	switch (t->agg) {
	case AGG_TSERIES:
		return tseries_size(state);
	case AGG_QUANTILE:
		return quantile_size(state);
	case AGG_DISTINCT:
		return distinct_size(state);
	default:
		return 0;
	}
}
