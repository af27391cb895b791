/* tests/base/test_log.c -- what base/log.h puts on stderr. */
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "tests/base/check.h"

static char got[16384];
static int saved_fd = -1;
static FILE *captured;

static void start_capture(void)
{
	captured = tmpfile();
	saved_fd = dup(STDERR_FILENO);
	dup2(fileno(captured), STDERR_FILENO);
}

static const char *end_capture(void)
{
	ssize_t n;

	dup2(saved_fd, STDERR_FILENO);
	close(saved_fd);
	n = io_pread_full(fileno(captured), got, sizeof(got) - 1, 0);
	fclose(captured);
	got[n > 0 ? n : 0] = '\0';
	return got;
}

static void err_prints_the_story_and_the_hint(void **state UNUSED)
{
	struct err err = {};

	err_set(&err, -EIO, "opening x.tape: not a tape");
	start_capture();
	log_err(&err);
	err_hint(&err, "record one first");
	log_err(&err);
	assert_string_equal(end_capture(), "bpftape: opening x.tape: not a tape\n"
					   "bpftape: opening x.tape: not a tape\n"
					   "  hint: record one first\n");
}

static void warnings_and_notes_carry_the_program(void **state UNUSED)
{
	start_capture();
	log_set_prog("bpftape-record");
	log_warn("%d lost", 3);
	log_note("armed");
	log_set_prog("bpftape");
	assert_string_equal(end_capture(), "bpftape-record: warning: 3 lost\n"
					   "bpftape-record: armed\n");
}

static void control_bytes_do_not_reach_the_terminal(void **state UNUSED)
{
	start_capture();
	log_note("a\x1b[31mb\rc\x7f");
	log_note("one\ntwo\tthree");
	assert_string_equal(end_capture(), "bpftape: a\\x1b[31mb\\x0dc\\x7f\n"
					   "bpftape: one\n  two\tthree\n");
}

static void the_longest_story_is_printed_whole(void **state UNUSED)
{
	struct err err = {};
	const char *text;

	memset(err.msg, 1, sizeof(err.msg) - 1);
	memset(err.hint, 1, sizeof(err.hint) - 1);
	start_capture();
	log_err(&err);
	text = end_capture();
	assert_int_equal(strlen(text), strlen("bpftape: \n  hint: \n") + 4 * (ERR_MSG_MAX - 1) +
					       4 * (ERR_HINT_MAX - 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(err_prints_the_story_and_the_hint),
		cmocka_unit_test(warnings_and_notes_carry_the_program),
		cmocka_unit_test(control_bytes_do_not_reach_the_terminal),
		cmocka_unit_test(the_longest_story_is_printed_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
