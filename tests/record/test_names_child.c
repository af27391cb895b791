/*
 * tests/record/test_names_child.c -- the process that reads ELF: what it may do, what it answers,
 * what its death costs.
 */
#include "record/names_child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/io.h"

static struct names_child c;
static struct names_answer a;

static int setup(void **state)
{
	struct err err;

	(void)state;
	return names_child_start(&c, &err);
}

static int teardown(void **state)
{
	(void)state;
	names_child_stop(&c);
	return 0;
}

/* The next answer of a kind; others are passed over. */
static void wait_for(enum names_answer_kind kind)
{
	struct pollfd p = { .fd = c.fd, .events = POLLIN };

	do {
		assert_int_equal(poll(&p, 1, 20000), 1);
		assert_int_equal(names_child_next(&c, &a), 1);
	} while (a.kind != kind);
}

/* Ask for one offset of @fd: was there a name? */
static bool ask(int fd, u64 off)
{
	struct names_ask q = { .object = 7, .kinds = NAMES_ASK_SYMS | NAMES_ASK_BUILD_ID, .n = 1 };
	struct pollfd p = { .fd = c.fd, .events = POLLIN };
	bool found = false;

	q.offs[0] = off;
	assert_int_equal(names_child_ask(&c, &q, fd), 0);
	do {
		assert_int_equal(poll(&p, 1, 20000), 1);
		assert_int_equal(names_child_next(&c, &a), 1);
		found |= a.kind == NAMES_SYM && a.object == 7 && a.want == off;
	} while (a.kind != NAMES_DONE && a.kind != NAMES_DIED);
	return found;
}

/* Where this function is in this program's file. */
static u64 own_offset(void)
{
	u64 fn = (u64)(uintptr_t)own_offset, start, end, off, ret = 0;
	char line[512];
	FILE *f = fopen("/proc/self/maps", "re");

	assert_non_null(f);
	while (!ret && fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-%lx %*s %lx", &start, &end, &off) == 3 && start <= fn &&
		    fn < end)
			ret = fn - start + off;
	fclose(f);
	return ret;
}

static void function_of_this_program_is_found(void **state)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	(void)state;
	for (int i = 0; i < 3; i++) /* the second time from what it keeps */
		assert_true(ask(fd, own_offset()));
	assert_false(ask(fd, 0));
	close(fd);
}

static void name_is_what_it_is_called(void **state)
{
	struct names_ask q = { .object = 3, .kinds = NAMES_ASK_SYMS, .n = 1 };
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	(void)state;
	q.offs[0] = own_offset();
	assert_int_equal(names_child_ask(&c, &q, fd), 0);
	wait_for(NAMES_SYM);
	assert_int_equal(a.len, 10);
	assert_memory_equal(a.text, "own_offset", 10);
	assert_int_equal(a.off, q.offs[0]);
	wait_for(NAMES_DONE);
	close(fd);
}

static void it_is_nobody_and_can_become_nobody_else(void **state)
{
	char path[64];
	struct buf b;

	(void)state;
	assert_false(ask(-1, 1)); /* it has begun to serve */
	snprintf(path, sizeof(path), "/proc/%d/status", c.reader_pid);
	buf_init(&b, 1 << 16);
	assert_int_equal(io_read_file(path, &b, NULL), 0);
	assert_non_null(strstr(buf_cstr(&b), "\nCapEff:\t0000000000000000\n"));
	assert_non_null(strstr(buf_cstr(&b), "\nCapPrm:\t0000000000000000\n"));
	assert_non_null(strstr(buf_cstr(&b), "\nNoNewPrivs:\t1\n"));
	for (int fd = 0; fd < 3; fd++) {
		char to[64] = "";

		snprintf(path, sizeof(path), "/proc/%d/fd/%d", c.reader_pid, fd);
		assert_true(readlink(path, to, sizeof(to) - 1) > 0);
		assert_string_equal(to, "/dev/null");
	}
	if (geteuid() == 0)
		assert_non_null(strstr(buf_cstr(&b), "\nUid:\t65534\t65534\t65534\t65534\n"));
	buf_fini(&b);
}

static void file_that_is_no_program_has_no_names(void **state)
{
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	int empty = memfd_create("empty", MFD_CLOEXEC);

	(void)state;
	assert_false(ask(fd, 1));
	assert_int_equal(a.kind, NAMES_DONE);
	assert_false(ask(empty, 1));
	assert_int_equal(a.kind, NAMES_DONE);
	assert_false(ask(-1, 1));
	assert_int_equal(a.kind, NAMES_DONE);
	close(fd);
	close(empty);
}

static void death_is_told_and_the_next_one_answers(void **state)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_true(ask(fd, own_offset()));
	assert_int_equal(kill(c.reader_pid, SIGSEGV), 0);
	wait_for(NAMES_DIED);
	wait_for(NAMES_HELLO);
	assert_int_not_equal(a.want, c.reader_pid);
	assert_true(ask(fd, own_offset()));
	close(fd);
}

static void without_its_nanny_it_is_gone(void **state)
{
	struct pollfd p = { .fd = c.fd, .events = POLLIN };
	int rc;

	(void)state;
	assert_int_equal(kill(c.pid, SIGKILL), 0);
	do {
		assert_int_equal(poll(&p, 1, 20000), 1);
		rc = names_child_next(&c, &a);
	} while (rc == 1);
	assert_int_equal(rc, -EPIPE);
}

/* Not even by being full does it hold up whoever asks. */
static void who_does_not_read_is_as_good_as_gone(void **state)
{
	struct names_ask q = { .object = 1, .kinds = NAMES_ASK_SYMS, .n = NAMES_ASK_MAX };
	int rc = 0;

	(void)state;
	assert_int_equal(kill(c.reader_pid, SIGSTOP), 0);
	for (int i = 0; i < 10000 && !rc; i++)
		rc = names_child_ask(&c, &q, -1);
	assert_int_equal(rc, -EPIPE);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(function_of_this_program_is_found),
		CASE(name_is_what_it_is_called),
		CASE(it_is_nobody_and_can_become_nobody_else),
		CASE(file_that_is_no_program_has_no_names),
		CASE(death_is_told_and_the_next_one_answers),
		CASE(who_does_not_read_is_as_good_as_gone),
		CASE(without_its_nanny_it_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
