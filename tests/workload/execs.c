/* tests/workload/execs.c -- execs N: N times /bin/true, one after the other, as true-by-execs. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	/* on the stack, so that what traces the call can read them without a page fault */
	char path[] = "/bin/true", name[] = "true-by-execs";
	long n = argc > 1 ? strtol(argv[1], NULL, 0) : 5;

	while (n-- > 0) {
		pid_t pid = fork();

		if (pid == 0) {
			execl(path, name, (char *)NULL);
			_exit(127);
		}
		if (pid < 0 || waitpid(pid, NULL, 0) < 0)
			return 1;
	}
	return 0;
}
