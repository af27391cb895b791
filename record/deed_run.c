/*
 * record/deed_run.c -- run a shell command and keep what it prints.
 *
 * The end of the command is told by its pidfd: a daemon that it left behind may hold the pipe for
 * ever.  What the shell wrote before it ended is in the pipe by then and is read.
 */
#include "record/deed_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"

struct reading {
	int fd;
	u32 max;
	bool is_cut;
	struct buf *out;
};

/* What is there now.  false: the end. */
static bool read_some(struct reading *r)
{
	char chunk[4096];
	ssize_t n = read(r->fd, chunk, sizeof(chunk));
	size_t room = r->max - r->out->len;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if ((size_t)n > room)
		r->is_cut = true;
	buf_put(r->out, chunk, (size_t)n < room ? (size_t)n : room);
	return n > 0;
}

static void read_until_end(struct reading *r, int pid_fd)
{
	struct pollfd fds[] = { { .fd = r->fd, .events = POLLIN },
				{ .fd = pid_fd, .events = POLLIN } };
	bool has_ended = false;

	while (!has_ended) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			break;
		has_ended = fds[1].revents;
		if (fds[0].revents && !read_some(r))
			fds[0].fd = -1;
	}
	for (size_t before = SIZE_MAX; fds[0].fd >= 0 && before != r->out->len && !r->is_cut;) {
		before = r->out->len;
		read_some(r);
	}
}

static int spawn(const char *command, int out_fd, pid_t *ret)
{
	char *argv[] = { (char *)"sh", (char *)"-c", (char *)command, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int rc;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setpgroup(&attr, 0); /* to be ended with what it has started */
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
						POSIX_SPAWN_SETPGROUP);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out_fd, 1);
	posix_spawn_file_actions_adddup2(&files, out_fd, 2);
	rc = posix_spawn(ret, "/bin/sh", &files, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return -rc;
}

static void watch(struct deed_running *run, struct reading *r, pid_t pid)
{
	int pid_fd = (int)syscall(SYS_pidfd_open, pid, 0);

	__atomic_store_n(&run->pid, pid, __ATOMIC_RELEASE);
	if (__atomic_load_n(&run->is_over, __ATOMIC_ACQUIRE))
		kill(-pid, SIGTERM);
	if (pid_fd >= 0)
		read_until_end(r, pid_fd);
	__atomic_store_n(&run->pid, 0, __ATOMIC_RELEASE);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	io_close(&pid_fd);
}

int deed_run_command(struct deed_running *run, const char *command, u32 max, struct buf *out)
{
	struct reading r = { .max = max, .out = out };
	int fds[2], rc;
	pid_t pid;

	if (__atomic_load_n(&run->is_over, __ATOMIC_ACQUIRE))
		return -ECANCELED;
	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	r.fd = fds[0];
	rc = spawn(command, fds[1], &pid);
	io_close(&fds[1]);
	if (!rc)
		watch(run, &r, pid);
	io_close(&fds[0]);
	if (r.is_cut && out->data[out->len - 1] != '\n')
		buf_putc(out, '\n');
	if (r.is_cut)
		buf_printf(out, "(cut at %u bytes)\n", max);
	return rc;
}

void deed_end_command(struct deed_running *run, int sig)
{
	pid_t pid;

	__atomic_store_n(&run->is_over, true, __ATOMIC_RELEASE);
	pid = __atomic_load_n(&run->pid, __ATOMIC_ACQUIRE);
	if (pid > 0)
		kill(-pid, sig);
}

int deed_read_file(const char *path, u32 max, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct reading r = { .fd = fd, .max = max, .out = out };

	if (fd < 0)
		return -errno;
	while (out->len < max) {
		size_t before = out->len;

		if (!read_some(&r) || out->len == before)
			break;
	}
	io_close(&fd);
	return 0;
}
