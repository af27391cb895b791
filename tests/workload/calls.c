/*
 * tests/workload/calls.c -- calls N [THREADS]: exactly N getppid() system calls in all, shared
 * among the threads.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static void *call(void *arg)
{
	for (long n = (long)arg; n > 0; n--)
		syscall(SYS_getppid);
	return NULL;
}

int main(int argc, char **argv)
{
	long n = argc > 1 ? strtol(argv[1], NULL, 0) : 1000,
	     threads = argc > 2 ? strtol(argv[2], NULL, 0) : 1;
	pthread_t t[64];

	if (n < 0 || threads < 1 || threads > 64)
		return 2;
	for (long i = 1; i < threads; i++) {
		if (pthread_create(&t[i], NULL, call, (void *)(n / threads)))
			return 1;
	}
	call((void *)(n - n / threads * (threads - 1)));
	for (long i = 1; i < threads; i++)
		pthread_join(t[i], NULL);
	return 0;
}
