/*
 * record/script.h -- a script from its text to the plan, with this machine as the catalog.
 */
#pragma once

#include "base/buf.h"
#include "lang/plan.h"
#include "record/catalog_log.h"
#include "record/options.h"

struct catalog_machine;

struct script {
	struct arena arena; /* everything below lives here or in the catalog */
	struct source src;
	struct diag_list diags;
	struct catalog_machine *machine;
	struct catalog_log *log;
	struct program *prog;
	struct plan *plan;
	bool needs_kernel; /* something must be loaded; else BEGIN and END are all there is */
};

/*
 * Read, check and split.  Diagnostics (also warnings of a good script) are in s->diags, to be shown
 * with script_show().  -EINVAL: the script has errors; -EPERM: it needs rights that we do not have.
 * script_close() in any case.
 */
int script_open(struct script *s, const struct record_opts *o, struct err *err);
void script_close(struct script *s);
void script_show(const struct script *s, struct buf *out);
