/*
 * The options of all commands that open a tape.
 */
#include "analyze/reader_args.h"

int reader_args_opts(const struct reader_args *a, struct tape_reader_opts *ret, struct err *err)
{
	struct tape_reader_opts o = { .mem_max = a->mem };

	for (int i = 0; i < a->limits.n; i++) {
		int rc = tape_limits_parse(&o.limits, a->limits.items[i], err);

		if (rc)
			return rc;
	}
	*ret = o;
	return 0;
}
