/*
 * tests/analyze/test_snapshots.c -- maps of the kernel whose keys are stacks: equal stacks of two
 * processes are one key.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "analyze/engine.h"
#include "analyze/jit/jit.h"
#include "analyze/script_run.h"
#include "base/io.h"
#include "tests/support/stack_builder.h"
#include "tests/support/tape_builder.h"

static void note(void *ctx, const char *text)
{
	buf_printf(ctx, "%s\n", text);
}

/* A last snapshot of @c with two entries, 5 and 7, of one stack in two processes. */
static const char *tape_of(struct tape_builder *b)
{
	struct stack_builder *s = stack_builder_new(tape_builder_writer(b), TAPE_BUILDER_START);
	u64 keys[2], vals[2] = { 5, 7 };
	struct tape_snap_entry e[2];
	struct tape_mapsnap snap = { .table = TAPE_NONE,
				     .cpu = TAPE_NONE,
				     .clause = TAPE_NONE,
				     .action = TAPE_NONE,
				     .reason = TAPE_SNAP_END,
				     .map = STR("@c"),
				     .entries = e,
				     .entry_cnt = 2 };

	for (u32 i = 0; i < 2; i++) {
		keys[i] = stack_builder_add(s, TAPE_STACK_USER, "main+3", false);
		e[i].key = (struct str){ (const char *)&keys[i], 8 };
		e[i].val = (struct str){ (const char *)&vals[i], 8 };
	}
	stack_builder_free(s);
	tape_builder_snap(b, &snap);
	return tape_builder_finish(b, 1000000);
}

static void expect(const char *script, const char *want, const char *want_notes)
{
	struct tape_builder *b = tape_builder_new(script, COMPAT_27);
	char path[] = "/tmp/test_snapshots_XXXXXX";
	struct engine_result result;
	int fd = mkstemp(path);
	struct err err = { 0 };
	struct buf out, notes;
	struct engine_opts o = { .tape = tape_of(b),
				 .format = &render_text,
				 .out_fd = fd,
				 .warn = note,
				 .show = note,
				 .ctx = &notes };

	assert_true(fd >= 0);
	buf_init(&out, 1 << 20);
	buf_init(&notes, 1 << 16);
	assert_int_equal(engine_run(&o, &result, &err), 0);
	close(fd);
	assert_int_equal(io_read_file(path, &out, NULL), 0);
	unlink(path);
	assert_non_null(strstr(buf_cstr(&out), want));
	assert_string_equal(buf_cstr(&notes), want_notes);
	buf_fini(&out);
	buf_fini(&notes);
	tape_builder_free(b);
}

#define PROBE  "tracepoint:syscalls:sys_enter_read "
#define NEEDED " if (@c[ustack(1)] == 1000) { exit(); } }"

static void what_a_script_only_adds_to_is_added(void **state UNUSED)
{
	expect(PROBE "{ @c[ustack(1)]++;" NEEDED, "]: 12\n", "");
	expect(PROBE "{ @c[ustack(1)] += 3;" NEEDED, "]: 12\n", "");
	expect(PROBE "{ @c[ustack(1)] -= 3; --@c[ustack(1)]; delete(@c[ustack(1)]);" NEEDED,
	       "]: 12\n", "");
	expect(PROBE "{ @c[ustack(1)] = count(); if ((int64)@c[ustack(1)] == 1000) { exit(); } }",
	       "]: 12\n", "");
}

static void of_other_values_the_last_stays_and_that_is_said(void **state UNUSED)
{
	const char *said = "map @c: entries of several processes had one stack; of each the last "
			   "is shown\n";

	expect(PROBE "{ @c[ustack(1)] = nsecs;" NEEDED, "]: 7\n", said);
	expect(PROBE "{ @c[ustack(1)] |= pid; @c[ustack(1)]++;" NEEDED, "]: 7\n", said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_script_only_adds_to_is_added),
		cmocka_unit_test(of_other_values_the_last_stays_and_that_is_said),
	};

	script_run_set_compiler(jit_compile, jit_clause, jit_free);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
