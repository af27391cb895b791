/*
 * tests/workload/rw.c -- rw N: for i in 1..N a pwrite64 of i * 16 bytes, a pread64 and a read of
 * as many.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static char data[1 << 16];
	long n = argc > 1 ? strtol(argv[1], NULL, 0) : 10;
	char name[] = "/tmp/rw.XXXXXX";
	int fd = mkstemp(name);

	if (fd < 0 || n > 4096)
		return 1;
	unlink(name);
	for (long i = 1; i <= n; i++) {
		if (pwrite(fd, data, i * 16, 0) != i * 16 || pread(fd, data, i * 16, 0) != i * 16)
			return 1;
		lseek(fd, 0, SEEK_SET);
		if (read(fd, data, i * 16) != i * 16)
			return 1;
	}
	return 0;
}
