/*
 * tests/workload/does.c -- does WHAT N: N rounds of a fixed list of system calls of one family:
 * kill, setuid, sync, stat, sleep, fork; or pass: N round trips between two processes.
 *
 * Strings lie on the stack, so that what traces the call can read them without a page fault.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void do_kill(void)
{
	syscall(SYS_kill, 1, 0);
	syscall(SYS_kill, 4194303, SIGTERM); /* nobody */
	syscall(SYS_kill, 4194303, 0);
	syscall(SYS_kill, 1, 999);
}

static void do_setuid(void)
{
	syscall(SYS_setuid, getuid());
	syscall(SYS_setfsuid, getuid());
	syscall(SYS_setresuid, -1, getuid(), -1);
}

static void do_sync(void)
{
	char name[] = "does-sync-file";
	int fd = open(name, O_CREAT | O_RDWR, 0600);
	void *p;

	if (fd < 0 || ftruncate(fd, 4096))
		exit(1);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		exit(1);
	memset(p, 1, 4096);
	syscall(SYS_msync, p, 4096, MS_ASYNC);
	syscall(SYS_fdatasync, fd);
	syscall(SYS_fsync, fd);
	syscall(SYS_sync_file_range, fd, 0, 4096, 0);
	munmap(p, 4096);
	close(fd);
	unlink(name);
}

static void do_stat(void)
{
	char here[] = ".", gone[] = "/nonexistent/for/stat", root[] = "/";
	char room[4096];

	syscall(SYS_stat, here, room);
	syscall(SYS_stat, gone, room);
	syscall(SYS_lstat, gone, room);
	syscall(SYS_statfs, root, room);
	syscall(SYS_statx, AT_FDCWD, gone, 0, 0x7ff, room);
}

static void do_sleep(void)
{
	struct timespec t = { 0, 20000000 };

	syscall(SYS_nanosleep, &t, NULL);
}

static void do_fork(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	if (pid < 0 || waitpid(pid, NULL, 0) < 0)
		exit(1);
}

static int pass(long n)
{
	int there[2], back[2];
	char byte = 0;
	pid_t pid;

	if (pipe(there) || pipe(back))
		return 1;
	pid = fork();
	for (long i = 0; i < n; i++) {
		if (!pid && (read(there[0], &byte, 1) != 1 || write(back[1], &byte, 1) != 1))
			_exit(1);
		if (pid && (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1))
			return 1;
	}
	if (!pid)
		_exit(0);
	return waitpid(pid, NULL, 0) < 0;
}

static const struct {
	const char *name;
	void (*fn)(void);
} families[] = {
	{ "kill", do_kill }, { "setuid", do_setuid }, { "sync", do_sync },
	{ "stat", do_stat }, { "sleep", do_sleep },   { "fork", do_fork },
};

int main(int argc, char **argv)
{
	long n = argc > 2 ? strtol(argv[2], NULL, 0) : 1;

	if (argc > 1 && !strcmp(argv[1], "pass"))
		return pass(n);
	for (size_t i = 0; argc > 1 && i < sizeof(families) / sizeof(families[0]); i++) {
		if (strcmp(argv[1], families[i].name))
			continue;
		while (n-- > 0)
			families[i].fn();
		return 0;
	}
	fprintf(stderr, "usage: does WHAT N\n");
	return 2;
}
