/*
 * tests/support/planned.h -- a script through the front end over the fake catalog, to its plan.
 */
#pragma once

#include "lang/plan.h"
#include "tests/support/fake_catalog.h"

struct planned {
	struct arena arena;
	struct source src;
	struct diag_list diags;
	struct fake_catalog *fake;
	struct catalog catalog;
	struct program *prog;
	struct plan *plan;
};

/* Fails the running test, with the diagnostics, if the script is not good. */
void planned_init(struct planned *p, const char *catalog, const char *script);
void planned_fini(struct planned *p);
