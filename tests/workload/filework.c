/*
 * tests/workload/filework.c -- two threads, each on a CPU of its own if there are two, make, write,
 * read and close files at once; the modes and sizes differ from round to round.
 *
 * usage: filework DIR ROUNDS
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *dir;
static long rounds;
static pthread_barrier_t together;

static void one_round(long who, long i)
{
	char path[4096], data[512] = "";
	int mode = (int)(i * 8 + who) % 0777 & ~0400, size = (int)(i % sizeof(data)), fd;

	snprintf(path, sizeof(path), "%s/thread%ld/file%ld", dir, who, i);
	fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_TRUNC, 0400 | mode);
	syscall(SYS_write, fd, data, size);
	syscall(SYS_read, fd, data, size);
	close(fd);
	fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY, 07777);
	syscall(SYS_read, fd, data, size + 1);
	close(fd);
	syscall(SYS_openat, AT_FDCWD, "/nonexistent/file", O_RDONLY, 0);
}

static void *work(void *arg)
{
	long who = (long)arg;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(who, &set);
	sched_setaffinity(0, sizeof(set), &set); /* one CPU must do where there is no other */
	pthread_barrier_wait(&together);
	for (long i = 0; i < rounds; i++)
		one_round(who, i);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t other;
	char path[4096];

	if (argc < 3)
		return 2;
	dir = argv[1];
	rounds = strtol(argv[2], NULL, 0);
	umask(0);
	for (long who = 0; who < 2; who++) {
		snprintf(path, sizeof(path), "%s/thread%ld", dir, who);
		if (mkdir(path, 0700))
			return 1;
	}
	pthread_barrier_init(&together, NULL, 2);
	if (pthread_create(&other, NULL, work, (void *)1L))
		return 1;
	work(NULL);
	pthread_join(other, NULL);
	return 0;
}
