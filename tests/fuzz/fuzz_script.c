/*
 * tests/fuzz/fuzz_script.c -- any bytes as a script, all the way: parsed, checked, split, and
 * lowered as slice, analysis and whole program, which LLVM verifies.
 *
 * A script that is good gets code, or the place is said of what is not evaluated; nothing in
 * between.  The version is that of the length, so that both are tried.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "tests/support/target_fake_script.h"

#define LOWERED_MAX 4096 /* longer texts are only checked and split: LLVM's time is not ours */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t sz);

static void lower(struct fake_script *s)
{
	struct fake_jit *j = NULL;
	struct err err = { 0 };
	int rc = fake_jit_new(&j, &err);

	assert(!rc);
	rc = fake_jit_add(j, s->prog, s->plan, &s->code, &err);
	assert(!rc || rc == -ENOTSUP || rc == -E2BIG);
	if (!rc)
		rc = fake_jit_compile(j, &err);
	assert(!rc || rc == -ENOTSUP || rc == -E2BIG);
	fake_jit_free(j);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t sz)
{
	struct str text = { (const char *)data, sz };
	struct fake_script *s = calloc(1, sizeof(*s));
	struct err err = { 0 };
	int rc;

	assert(s);
	rc = fake_script_compile(s, "fuzz", text, NULL, sz & 1 ? COMPAT_17 : COMPAT_27, true, &err);
	if (!rc && sz <= LOWERED_MAX)
		lower(s);
	fake_script_fini(s);
	free(s);
	return 0;
}
