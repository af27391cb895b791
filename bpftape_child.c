/*
 * bpftape_child.c -- what the two children of `run` do before they become the programs.
 *
 * (1) The analyzer gives up its privileges for good: no supplementary groups, gid and uid of
 *     SUDO_UID or nobody, no_new_privs.  Before, the folder of the programs becomes its working
 *     directory, so that they may be below a home folder that others cannot enter.
 * (2) It waits for the first byte of tape and only then becomes bpftape-analyze: a recorder that
 *     fails says why, and nobody complains about an empty tape.
 */
#include "bpftape_run.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/exe.h"
#include "base/large.h"
#include "base/log.h"

#define NOBODY	     65534
#define ANALYZE_ARGS (16 + 2 * OPT_LIST_MAX)

static bool parse_id(const char *text, u32 *ret)
{
	u64 v = 0;

	if (!text || !*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		v = v * 10 + (u64)(*text - '0');
		if (v >= UINT32_MAX)
			return false;
	}
	*ret = (u32)v;
	return v != 0;
}

bool run_user(uid_t *ret_uid, gid_t *ret_gid)
{
	u32 uid, gid;

	*ret_uid = *ret_gid = NOBODY;
	if (!parse_id(getenv("SUDO_UID"), &uid) || !parse_id(getenv("SUDO_GID"), &gid))
		return false;
	*ret_uid = uid;
	*ret_gid = gid;
	return true;
}

/* (1).  Nothing but no_new_privs where we are not root.  @program is in the working directory. */
static int drop_privileges(const char *program, struct err *err)
{
	uid_t uid;
	gid_t gid;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return err_set_errno(err, -errno, "setting no_new_privs");
	if (geteuid())
		return 0;
	run_user(&uid, &gid);
	if (setgroups(0, NULL) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
		return err_set_errno(err, -errno, "becoming uid %u", uid);
	if (!setuid(0))
		return err_set(err, -EPERM, "root could be had back after becoming uid %u", uid);
	if (access(program, X_OK)) {
		int rc = err_set_errno(err, -errno, "%s, run as uid %u", program, uid);

		err_hint(err, "make the folder of the programs readable: chmod -R a+rX");
		return rc;
	}
	return 0;
}

/* (2).  False at the end of an empty tape. */
static bool wait_for_tape(void)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };

	while (poll(&p, 1, -1) < 0 && errno == EINTR)
		;
	return p.revents & POLLIN;
}

NORETURN static void leave(const struct err *err)
{
	log_err(err);
	_exit(1);
}

static char **put_text(char **at, const char *name, const char *val)
{
	if (!val)
		return at;
	*at++ = (char *)name;
	*at++ = (char *)val;
	return at;
}

/* @text lives as long as the arguments. */
static char **put_num(char **at, const char *name, u64 val, char text[24])
{
	if (val == RUN_NOT_GIVEN)
		return at;
	snprintf(text, 24, "%llu", (unsigned long long)val);
	return put_text(at, name, text);
}

/* A dozen words at most, and two for each limit. */
static void put_args(const struct run_options *o, char **at)
{
	static char nums[3][24];

	at = put_text(at, "-f", o->format);
	/* of itself replay takes the tape's, without the drain */
	at = put_text(at, "--compat", o->compat);
	at = put_num(at, "--max-steps", o->max_steps, nums[0]);
	at = put_num(at, "--max-memory", o->max_memory, nums[1]);
	at = put_num(at, "--mem", o->mem, nums[2]);
	for (int i = 0; i < o->limits.n; i++)
		at = put_text(at, "--limit", o->limits.items[i]);
	if (o->no_sandbox)
		*at++ = (char *)"--no-sandbox";
	if (o->is_strict)
		*at++ = (char *)"--strict";
}

void run_be_analyzer(const struct run_options *o, const char *path, int in)
{
	char *argv[ANALYZE_ARGS] = { (char *)RUN_ANALYZE, (char *)"replay", (char *)"-",
				      (char *)"--said" }; /* the recorder has */
	char dir[EXE_PATH_MAX], program[] = "./" RUN_ANALYZE;
	struct err err = {};

	put_args(o, argv + 4);
	signal(SIGINT, SIG_IGN);
	signal(SIGPIPE, SIG_DFL);
	snprintf(dir, sizeof(dir), "%.*s", (int)(strrchr(path, '/') + 1 - path), path);
	if (dup2(in, STDIN_FILENO) < 0 || chdir(dir)) {
		err_set_errno(&err, -errno, "starting %s", path);
		leave(&err);
	}
	if (drop_privileges(program, &err))
		leave(&err);
	if (!wait_for_tape())
		_exit(0);
	large_for_exec();
	execv(program, argv);
	err_set_errno(&err, -errno, "%s", path);
	leave(&err);
}

/* Our arguments come first: behind the user's "--" they would be the script's. */
void run_be_recorder(const struct run_options *o, const char *path, int out, pid_t analyzer)
{
	char **argv = calloc((size_t)o->arg_cnt + 12, sizeof(*argv));
	char self[16], other[16], answers[16];
	struct err err = {};
	int fd;

	snprintf(self, sizeof(self), "%d", (int)getppid());
	snprintf(other, sizeof(other), "%d", (int)analyzer);
	/* the tape goes to standard output; what the command of -c prints goes where it went */
	fd = fcntl(STDOUT_FILENO, F_DUPFD, 10);
	snprintf(answers, sizeof(answers), "%d", fd < 0 ? 0 : fd);
	signal(SIGPIPE, SIG_DFL);
	/* should this process be killed, the recorder still ends, and in order */
	prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
	if (argv && dup2(out, STDOUT_FILENO) >= 0) {
		const char *ours[] = { RUN_RECORD, "--live", "-o",	     "-",    "--hide", self,
				       "--hide",   other,    "--answers-fd", answers };

		memcpy(argv, ours, sizeof(ours));
		memcpy(argv + countof(ours), o->args, (size_t)o->arg_cnt * sizeof(*argv));
		execv(path, argv);
	}
	err_set_errno(&err, -errno, "%s", path);
	leave(&err);
}
