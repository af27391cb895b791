/*
 * tests/workload/paths.c -- paths [LENGTH...]: an openat() of a name of each length, made of the
 * decimal digits in turn, so that a cut shows where it was made.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static char name[4096];

	for (int i = 1; i < argc; i++) {
		long len = strtol(argv[i], NULL, 0);

		if (len < 0 || len >= (long)sizeof(name))
			return 2;
		for (long k = 0; k < len; k++)
			name[k] = (char)('0' + k % 10);
		name[len] = 0;
		if (syscall(SYS_openat, AT_FDCWD, name, O_RDONLY) >= 0)
			return 1;
	}
	return 0;
}
