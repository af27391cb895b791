/*
 * record/command.c -- run a command under the recorder.
 *
 * The child is forked early, so that its process id is known to the script (cpid), and blocks in
 * read() on a pipe until the probes are armed.  It is a plain child: it keeps our terminal,
 * environment and credentials.  A second pipe, closed by a successful execve(), brings the reason
 * of a failed one.
 */
#include "record/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/str.h"
#include "record/words.h"

/* Is it a program?  0 or the errno that execve() would give. */
static int check_file(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	return access(path, X_OK) ? -errno : 0;
}

/* As execvp() will look for it: only to say early what is wrong. */
static int find_program(const char *name)
{
	const char *path = getenv("PATH");
	struct str rest = str_of(path ? path : "/usr/bin:/bin"), dir;
	bool has_more = true;
	char full[4096];
	int rc = -ENOENT;

	if (strchr(name, '/'))
		return check_file(name);
	while (has_more && rc) {
		has_more = str_split(rest, ':', &dir, &rest);
		if ((size_t)snprintf(full, sizeof(full), "%.*s%s%s", STR_ARG(dir),
				     dir.len ? "/" : "", name) < sizeof(full))
			rc = check_file(full);
	}
	return rc;
}

NORETURN static void child_main(char **words, int go_fd, int err_fd, int out_fd)
{
	sigset_t none;
	char byte;
	int code;

	/* The recorder dies before it lets us go: the read ends with 0 and nothing is run. */
	if (read(go_fd, &byte, 1) != 1)
		_exit(127);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	if (out_fd < 0 || dup2(out_fd, STDOUT_FILENO) >= 0) {
		if (out_fd > STDERR_FILENO)
			close(out_fd);
		execvp(words[0], words);
	}
	code = errno;
	if (write(err_fd, &code, sizeof(code)) < 0)
		_exit(126);
	_exit(127);
}

static int fork_child(struct command *c, char **words, int out_fd, struct err *err)
{
	int go[2], fail[2];

	if (pipe2(go, O_CLOEXEC))
		return err_set_errno(err, -errno, "making a pipe");
	if (pipe2(fail, O_CLOEXEC)) {
		int rc = -errno;

		close(go[0]);
		close(go[1]);
		return err_set_errno(err, rc, "making a pipe");
	}
	c->go_fd = go[1];
	c->err_fd = fail[0];
	c->pid = fork();
	if (!c->pid) {
		close(go[1]);
		close(fail[0]);
		child_main(words, go[0], fail[1], out_fd);
	}
	close(go[0]);
	close(fail[1]);
	if (c->pid < 0) {
		c->pid = 0;
		return err_set_errno(err, -errno, "starting a process");
	}
	c->pid_fd = (int)syscall(SYS_pidfd_open, c->pid, 0);
	return c->pid_fd < 0 ? err_set_errno(err, -errno, "watching the command") : 0;
}

int command_prepare(struct command *c, const char *text, int out_fd, struct arena *a,
		    struct err *err)
{
	char **words;
	int n, rc;

	*c = (struct command){ .go_fd = -1, .err_fd = -1, .pid_fd = -1 };
	rc = words_split(text, a, &words, &n, err);
	if (rc)
		return err_wrap(err, rc, "-c");
	c->name = words[0];
	rc = find_program(words[0]);
	if (rc)
		return err_set_errno(err, rc, "-c: cannot execute '%s'", words[0]);
	rc = fork_child(c, words, out_fd, err);
	if (rc)
		command_fini(c);
	return rc;
}

int command_start(struct command *c, struct err *err)
{
	int code, rc = io_write_full(c->go_fd, "g", 1);

	io_close(&c->go_fd);
	if (rc)
		return err_set_errno(err, rc, "letting '%s' go", c->name);
	if (io_read_full(c->err_fd, &code, sizeof(code)) == (ssize_t)sizeof(code))
		return err_set_errno(err, -code, "cannot execute '%s'", c->name);
	io_close(&c->err_fd);
	return 0;
}

int command_poll(struct command *c, int *ret_code)
{
	int status;

	if (!c->pid || waitpid(c->pid, &status, WNOHANG) != c->pid)
		return 0;
	c->pid = 0;
	*ret_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return 1;
}

void command_fini(struct command *c)
{
	bool is_waiting = c->go_fd >= 0;

	io_close(&c->go_fd);
	io_close(&c->err_fd);
	io_close(&c->pid_fd);
	if (c->pid && is_waiting)
		waitpid(c->pid, NULL, 0);
	c->pid = 0;
}
