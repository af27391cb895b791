/*
 * tests/workload/opens.c -- a fixed list of openat() calls: files there and not there, odd names.
 */
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void try(const char *path, int flags)
{
	int fd = syscall(SYS_openat, AT_FDCWD, path, flags, 0600);

	if (fd >= 0)
		close(fd);
}

int main(void)
{
	try("/etc/passwd", O_RDONLY);
	try("/nonexistent/file", O_RDONLY);
	try("/dev/null", O_WRONLY);
	try("/dev/null", O_RDWR | O_CLOEXEC);
	try("relative name with blanks", O_RDONLY);
	try("", O_RDONLY);
	try("/etc/hostname-that-is-not", O_RDONLY | O_NOFOLLOW);
	try("/dev/zero", O_RDONLY);
	return 0;
}
