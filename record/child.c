/*
 * record/child.c -- the unprivileged half of a privileged program.
 *
 * The child inherits our memory (the checked program, its plan) by fork, becomes nobody, can gain
 * nothing by exec, has no descriptor but the pipe, and may use only so much CPU.  What comes back
 * through the pipe is foreign:
 *
 *     struct reply | out bytes
 *
 * and is bounded by max_out_sz.  Its meaning is checked by whoever asked.
 */
#include "record/child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"

#define NOBODY 65534

struct reply {
	s32 rc;
	u32 out_sz;
	struct err err;
};

static int limit(int what, rlim_t n)
{
	struct rlimit r = { n, n };

	return setrlimit((__rlimit_resource_t)what, &r);
}

/* A failure here is fatal: compiling with privileges is what we promised not to do. */
int child_drop_privileges(u32 max_sec, struct err *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return err_set_errno(err, -errno, "giving up new privileges");
	/*
	 * Not root but with capabilities (setcap): becoming another user is neither needed nor
	 * allowed.
	 */
	if (geteuid() == 0) {
		if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
		    setresuid(NOBODY, NOBODY, NOBODY))
			return err_set_errno(err, -errno, "becoming nobody");
	} else {
		struct {
			u32 version;
			int pid;
		} head = { 0x20080522, 0 };
		struct {
			u32 eff, perm, inh;
		} none[2] = { 0 };

		if (syscall(SYS_capset, &head, none))
			return err_set_errno(err, -errno, "dropping capabilities");
	}
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_FSIZE, 0);
	if (max_sec)
		limit(RLIMIT_CPU, max_sec);
	return 0;
}

static int run_job(const struct child_job *job, int fd, struct buf *out, struct err *err)
{
	int rc = job->prepare ? job->prepare(job->ctx, err) : 0;

	if (rc)
		return rc;
	if (fd > 3)
		syscall(SYS_close_range, 3, fd - 1, 0);
	syscall(SYS_close_range, fd + 1, ~0u, 0);
	rc = child_drop_privileges(job->max_sec, err);
	return rc ? rc : job->run(job->ctx, out, err);
}

NORETURN static void child_main(const struct child_job *job, int fd)
{
	struct reply reply = { 0 };
	struct buf out;

	signal(SIGINT, SIG_IGN); /* ^C is the recorder's to handle */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	buf_init(&out, job->max_out_sz);
	reply.rc = run_job(job, fd, &out, &reply.err);
	if (!reply.rc && out.is_full)
		reply.rc = err_set(&reply.err, -E2BIG, "result of more than %zu bytes",
				   job->max_out_sz);
	reply.out_sz = (u32)out.len;
	if (io_write_full(fd, &reply, sizeof(reply)) || io_write_full(fd, out.data, out.len))
		_exit(1);
	_exit(0);
}

static int read_reply(const struct child_job *job, int fd, struct reply *reply, struct buf *out)
{
	void *p;

	if (io_read_full(fd, reply, sizeof(*reply)) != (ssize_t)sizeof(*reply))
		return -ECHILD;
	reply->err.msg[ERR_MSG_MAX - 1] = reply->err.hint[ERR_HINT_MAX - 1] = '\0';
	if (reply->out_sz > job->max_out_sz || reply->rc > 0)
		return -EBADMSG;
	p = buf_extend(out, reply->out_sz);
	if (!p && reply->out_sz)
		return -ENOMEM;
	return io_read_full(fd, p, reply->out_sz) == (ssize_t)reply->out_sz ? 0 : -ECHILD;
}

static int explain_death(const struct child_job *job, int rc, int status, struct err *err)
{
	if (WIFSIGNALED(status))
		return err_set(err, rc, "%s was ended by signal %d (%s)", job->what,
			       WTERMSIG(status), strsignal(WTERMSIG(status)));
	return err_set(err, rc, "%s gave no usable result (exit code %d)", job->what,
		       WEXITSTATUS(status));
}

int child_run(const struct child_job *job, struct buf *out, struct err *err)
{
	struct reply reply = { 0 };
	int fds[2], status = 0, rc;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return err_set_errno(err, -errno, "making a pipe");
	pid = fork();
	if (!pid) {
		close(fds[0]);
		child_main(job, fds[1]);
	}
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return err_set_errno(err, -errno, "starting %s", job->what);
	}
	rc = read_reply(job, fds[0], &reply, out);
	close(fds[0]);
	if (rc)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (rc)
		return explain_death(job, rc, status, err);
	if (reply.rc && err)
		*err = reply.err;
	return reply.rc;
}
