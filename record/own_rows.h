/*
 * record/own_rows.h -- rows of BEGIN and END clauses that need no kernel: the recorder is the task.
 */
#pragma once

#include "record/deeds.h"
#include "record/schema_out.h"
#include "record/spool.h"

struct own_rows {
	const struct plan *plan;
	const struct schema_out *out;
	struct spool *spool;
	struct deeds *deeds; /* NULL: the script has none */
	u64 session_start_ns; /* a multiple of quantum */
	u64 quantum; /* times that the script sees are multiples of it; not 0 */
	u32 cpid; /* of -c; 0 */
	u64 last_ts; /* rows of ours are never at the same time, */
	u32 last_cpu; /* and on one CPU where that cannot be seen */
};

/*
 * Put the row of every clause of @kind (BEGIN or END) that sends one and does not run in the
 * kernel, in source order.  *ret_exited: one of them calls exit() on every path, the last with
 * *ret_code; of BEGIN the later ones did not run.
 */
int own_rows_put(struct own_rows *o, enum probe_kind kind, bool *ret_exited, s64 *ret_code,
		 struct err *err);
