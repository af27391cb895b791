/*
 * tests/workload/sends.c -- sends ROUNDS: each round makes five signals that are ignored, each on
 * a way through the kernel of its own: kill, tgkill, rt_sigqueueinfo, write and writev to a pipe
 * that nobody reads.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int broken_pipe(void)
{
	int fds[2];

	if (pipe(fds))
		_exit(1);
	close(fds[0]);
	return fds[1];
}

int main(int argc, char **argv)
{
	long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 1;
	struct iovec part = { "x", 1 };
	union sigval val = { 0 };
	int fd = broken_pipe();

	signal(SIGUSR1, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	for (long i = 0; i < rounds; i++) {
		if (kill(getpid(), SIGUSR1) || syscall(SYS_tgkill, getpid(), gettid(), SIGUSR1) ||
		    sigqueue(getpid(), SIGUSR1, val))
			return 1;
		if (write(fd, "x", 1) != -1 || writev(fd, &part, 1) != -1)
			return 1;
	}
	return 0;
}
