/* tests/base/test_io.c -- what base/io.h promises, also over slow pipes and under signals. */
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/base/check.h"

#define BIG_SZ ((size_t)300000)

static u8 big[BIG_SZ];

static void fill_big(void)
{
	for (size_t i = 0; i < BIG_SZ; i++)
		big[i] = (u8)(i * 7 + i / 251);
}

static void on_alarm(int sig UNUSED)
{
}

/* SIGALRM every 2 ms without SA_RESTART: calls are interrupted. */
static void start_alarms(bool is_on)
{
	struct sigaction act = { .sa_handler = on_alarm };
	struct itimerval every = { { 0, is_on ? 2000 : 0 }, { 0, is_on ? 2000 : 0 } };

	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
}

static void doze(void)
{
	struct timespec t = { 0, 5000000 };

	nanosleep(&t, NULL);
}

/* A child that writes @sz bytes of big to @fd in pieces with pauses. */
static pid_t start_writer(int fd, size_t sz)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	for (size_t at = 0; at < sz;) {
		size_t n = sz - at < 40000 ? sz - at : 40000;
		ssize_t done = write(fd, big + at, n);

		if (done < 0)
			_exit(1);
		at += (size_t)done;
		doze();
	}
	_exit(0);
}

static void read_full_puts_pieces_together_under_signals(void **state UNUSED)
{
	static u8 got[BIG_SZ + 10];
	int fds[2];
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = start_writer(fds[1], BIG_SZ);
	close(fds[1]);
	start_alarms(true);
	assert_int_equal(io_read_full(fds[0], got, sizeof(got)), BIG_SZ);
	start_alarms(false);
	assert_memory_equal(got, big, BIG_SZ);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(fds[0]);
}

static void read_full_stops_at_the_size_asked_for(void **state UNUSED)
{
	int fds[2];
	char got[4];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "abcdef", 6), 6);
	assert_int_equal(io_read_full(fds[0], got, 4), 4);
	assert_memory_equal(got, "abcd", 4);
	close(fds[1]);
	assert_int_equal(io_read_full(fds[0], got, 4), 2);
	assert_int_equal(io_read_full(fds[0], got, 4), 0);
	close(fds[0]);
	assert_int_equal(io_read_full(fds[0], got, 4), -EBADF);
}

/* A child that reads all of @fd slowly; its exit status is whether it was big. */
static pid_t start_reader(int fd)
{
	static u8 got[BIG_SZ];
	size_t at = 0;
	pid_t pid = fork();

	if (pid)
		return pid;
	for (;;) {
		size_t room = BIG_SZ - at < 5000 ? BIG_SZ - at : 5000;
		ssize_t n = read(fd, got + at, room);

		if (n <= 0)
			break;
		at += (size_t)n;
		if (at % 50000 == 0)
			doze();
	}
	_exit(at == BIG_SZ && !memcmp(got, big, BIG_SZ) ? 0 : 1);
}

static void write_full_to(int flags, bool has_alarms)
{
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(fcntl(fds[1], F_SETFL, flags), 0);
	pid = start_reader(fds[0]);
	close(fds[0]);
	start_alarms(has_alarms);
	assert_int_equal(io_write_full(fds[1], big, BIG_SZ), 0);
	start_alarms(false);
	close(fds[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void write_full_goes_on_after_signals(void **state UNUSED)
{
	write_full_to(0, true);
}

static void write_full_waits_where_the_pipe_does_not_block(void **state UNUSED)
{
	write_full_to(O_NONBLOCK, true);
}

static void write_full_reports_a_reader_that_left(void **state UNUSED)
{
	int fds[2];

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	assert_int_equal(io_write_full(fds[1], "x", 1), -EPIPE);
	close(fds[1]);
}

static void pread_full_reads_at_an_offset_and_refuses_absurd_ones(void **state UNUSED)
{
	FILE *f = tmpfile();
	int fd = fileno(f);
	char got[8];

	assert_int_equal(io_write_full(fd, "0123456789", 10), 0);
	assert_int_equal(io_pread_full(fd, got, 4, 3), 4);
	assert_memory_equal(got, "3456", 4);
	assert_int_equal(io_pread_full(fd, got, 8, 7), 3);
	assert_int_equal(io_pread_full(fd, got, 8, 1000), 0);
	assert_int_equal(io_pread_full(fd, got, 8, UINT64_MAX), -EINVAL);
	assert_int_equal(io_pread_full(fd, got, 8, INT64_MAX), -EINVAL);
	fclose(f);
}

static void read_file_reads_proc_where_the_size_is_unknown(void **state UNUSED)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	assert_int_equal(io_read_file("/proc/self/status", &b, NULL), 0);
	assert_non_null(strstr(buf_cstr(&b), "test_io"));
	buf_fini(&b);
}

static void read_file_obeys_the_maximum_of_the_buffer(void **state UNUSED)
{
	char path[] = "/tmp/test_io.XXXXXX";
	AUTO(io_close) int fd = mkstemp(path);
	struct err err = {};
	struct buf b;

	assert_int_equal(io_write_full(fd, big, BIG_SZ), 0);
	buf_init(&b, BIG_SZ);
	assert_int_equal(io_read_file(path, &b, &err), 0);
	assert_int_equal(b.len, BIG_SZ);
	assert_memory_equal(b.data, big, BIG_SZ);
	buf_fini(&b);
	buf_init(&b, BIG_SZ - 1);
	assert_int_equal(io_read_file(path, &b, &err), -EFBIG);
	assert_non_null(strstr(err.msg, "larger than 299999 bytes"));
	buf_fini(&b);
	unlink(path);
}

static void read_file_names_the_file_that_is_missing(void **state UNUSED)
{
	struct err err = {};
	struct buf b;

	buf_init(&b, 100);
	assert_int_equal(io_read_file("/nonexistent/x", &b, &err), -ENOENT);
	assert_string_equal(err.msg, "/nonexistent/x: No such file or directory");
	assert_int_equal(io_read_file("/", &b, &err), -EISDIR);
	buf_fini(&b);
}

static void close_forgets_the_descriptor(void **state UNUSED)
{
	int fd = dup(STDIN_FILENO), copy = fd;

	io_close(&fd);
	assert_int_equal(fd, -1);
	assert_int_equal(fcntl(copy, F_GETFD), -1);
	io_close(&fd);
	assert_int_equal(fd, -1);
}

/* In a child: which descriptors a message of the tests needs would be gone. */
static void fill_std_leaves_no_number_for_the_next_file(void **state UNUSED)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		char c = 0;
		int ok = 1;

		for (int fd = 0; fd < 3; fd++)
			close(fd);
		ok &= !io_fill_std();
		ok &= read(0, &c, 1) < 0 && write(1, &c, 1) < 0 && write(2, &c, 1) < 0;
		ok &= dup(0) > 2;
		close(1);
		ok &= !io_fill_std() && fcntl(1, F_GETFL) == fcntl(2, F_GETFL);
		_exit(!ok);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_full_puts_pieces_together_under_signals),
		cmocka_unit_test(read_full_stops_at_the_size_asked_for),
		cmocka_unit_test(write_full_goes_on_after_signals),
		cmocka_unit_test(write_full_waits_where_the_pipe_does_not_block),
		cmocka_unit_test(write_full_reports_a_reader_that_left),
		cmocka_unit_test(pread_full_reads_at_an_offset_and_refuses_absurd_ones),
		cmocka_unit_test(read_file_reads_proc_where_the_size_is_unknown),
		cmocka_unit_test(read_file_obeys_the_maximum_of_the_buffer),
		cmocka_unit_test(read_file_names_the_file_that_is_missing),
		cmocka_unit_test(close_forgets_the_descriptor),
		cmocka_unit_test(fill_std_leaves_no_number_for_the_next_file),
	};

	fill_big();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
