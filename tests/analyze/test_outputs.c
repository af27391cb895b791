/*
 * tests/analyze/test_outputs.c -- what side effects printed comes back at its firing, and only for
 * the script that had it done.
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
#include "analyze/outputs.h"
#include "analyze/script_run.h"
#include "base/io.h"
#include "tests/support/tape_builder.h"

#define FIRINGS 50000u
#define ROUNDS	4u

static struct tape_log *logs_new(u32 cnt)
{
	struct tape_log *logs = calloc(cnt, sizeof(*logs));

	assert_non_null(logs);
	for (u32 i = 0; i < cnt; i++)
		logs[i] = (struct tape_log){ .ts = i,
					     .level = TAPE_LOG_OUTPUT,
					     .table = 1,
					     .cpu = i % 2,
					     .seq = i % FIRINGS,
					     .action = 3 };
	return logs;
}

/* The firing that comes last was there first: a search from the front would take 10^10 steps. */
static void texts_come_in_order_whatever_else_waits(void **state UNUSED)
{
	struct tape_state s = { .log_cnt = ROUNDS * FIRINGS };
	struct tape_log *logs = logs_new(s.log_cnt);
	struct outputs o;

	s.logs = logs;
	outputs_init(&o);
	for (u32 i = FIRINGS; i-- > 0;) {
		struct firing_id id = { 1, i % 2, i };

		assert_null(outputs_take(&o, &s, &id, 4));
		for (u32 round = 0; round < ROUNDS; round++)
			assert_ptr_equal(outputs_take(&o, &s, &id, 3), &logs[round * FIRINGS + i]);
		assert_null(outputs_take(&o, &s, &id, 3));
	}
	assert_int_equal(o.live, 0);
	assert_int_equal(o.dropped, 0);
	outputs_fini(&o);
	free(logs);
}

static void slots_are_used_again_as_logs_come(void **state UNUSED)
{
	struct tape_log *logs = logs_new(1000);
	struct tape_state s = { .logs = logs };
	struct outputs o;

	outputs_init(&o);
	for (u32 i = 0; i < 1000; i++) {
		struct firing_id id = { 1, i % 2, i };

		s.log_cnt = i + 1;
		assert_ptr_equal(outputs_take(&o, &s, &id, 3), &logs[i]);
	}
	assert_int_equal(o.slots.n, 1);
	outputs_fini(&o);
	free(logs);
}

static void more_than_may_wait_are_counted(void **state UNUSED)
{
	struct tape_state s = { .log_cnt = OUTPUTS_WAITING_MAX + 7 };
	struct tape_log *logs = logs_new(s.log_cnt);
	struct outputs o;

	s.logs = logs;
	outputs_init(&o);
	assert_ptr_equal(outputs_take(&o, &s, &(struct firing_id){ 1, 1, 1 }, 3), &logs[1]);
	assert_int_equal(o.dropped, 7);
	outputs_fini(&o);
	free(logs);
}

static void note(void *ctx, const char *text)
{
	buf_printf(ctx, "%s\n", text);
}

static void expect(const char *tape, const char *script, const char *want, const char *want_notes)
{
	char path[] = "/tmp/test_outputs_XXXXXX";
	struct engine_result result;
	int fd = mkstemp(path);
	struct err err = { 0 };
	struct buf out, notes;
	struct engine_opts o = { .tape = tape,
				 .format = &render_text,
				 .out_fd = fd,
				 .warn = note,
				 .show = note,
				 .ctx = &notes };

	assert_true(fd >= 0);
	if (script)
		o.script.text = str_of(script);
	buf_init(&out, 1 << 20);
	buf_init(&notes, 1 << 16);
	assert_int_equal(engine_run(&o, &result, &err), 0);
	close(fd);
	assert_int_equal(io_read_file(path, &out, NULL), 0);
	unlink(path);
	assert_string_equal(buf_cstr(&out), want);
	assert_string_equal(buf_cstr(&notes), want_notes);
	buf_fini(&out);
	buf_fini(&notes);
}

#define READ "tracepoint:syscalls:sys_enter_read "

static void outputs_are_shown_for_the_recorded_script_only(void **state UNUSED)
{
	const char *recorded = READ "{ cat(\"/one\"); printf(\"%d\\n\", args.count); }";
	struct tape_builder *b = tape_builder_new(recorded, COMPAT_27);
	const char *said = "cat() is not done again, and what it printed when recorded belongs to "
			   "the recorded script: nothing is shown\n";
	const struct tape_cell count = { .col = "count", .num = 9 };
	struct tape_log log = { .ts = TAPE_BUILDER_START + 10,
				.level = TAPE_LOG_OUTPUT,
				.text = STR("text of one\n"),
				.cpu = 1,
				.seq = 1 };
	const char *tape;

	log.table = tape_builder_table(b, "sys_enter_read");
	tape_builder_row(b, "sys_enter_read", 10, 1, 1, &count, 1);
	tape_builder_row(b, "sys_enter_read", 20, 1, 1, &count, 1);
	assert_int_equal(tape_writer_put_logs(tape_builder_writer(b), log.ts, &log, 1, NULL), 0);
	tape = tape_builder_finish(b, 1000000);
	expect(tape, NULL, "text of one\n9\n9\n\n\n", "");
	expect(tape, recorded, "text of one\n9\n9\n\n\n", "");
	expect(tape, READ "{ cat(\"/two\"); printf(\"%d\\n\", args.count); }", "9\n9\n\n\n", said);
	tape_builder_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_come_in_order_whatever_else_waits),
		cmocka_unit_test(slots_are_used_again_as_logs_come),
		cmocka_unit_test(more_than_may_wait_are_counted),
		cmocka_unit_test(outputs_are_shown_for_the_recorded_script_only),
	};

	script_run_set_compiler(jit_compile, jit_clause, jit_free);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
