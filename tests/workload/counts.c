/*
 * tests/workload/counts.c -- counts LOG [M]: lseek(-1, n, 0) for n = 1, 2, ... until somebody ends
 * it, M (16) every 2 ms at most.  LOG gets lines "n ns": call n was made before that boot time.
 * Every 1000 calls they come from another function, out of 64: call n from way_K where K = n / 1000
 * % 64.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_NS 1900000
#define EACH_WAY 1000

static __attribute__((noinline)) long leaf(long n)
{
	long ret;

	/* a leaf gets a frame only if it asks for it */
	__asm__ volatile("" : : "r"(__builtin_frame_address(0)));
	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(SYS_lseek), "D"(-1l), "S"(n), "d"(0l)
			 : "rcx", "r11", "memory");
	return ret;
}

/* The asm behind the call keeps it from being a jump, and each function from being another. */
#define WAY(k)                                                            \
	static __attribute__((noinline)) long way_##k(long n)             \
	{                                                                 \
		long ret = leaf(n);                                       \
                                                                          \
		__asm__ volatile("" : "+r"(ret) : "i"(0x##k) : "memory"); \
		return ret + 0x##k;                                       \
	}
#define WAYS(h)                                                                                   \
	WAY(h##0)                                                                                 \
	WAY(h##1) WAY(h##2) WAY(h##3) WAY(h##4) WAY(h##5) WAY(h##6) WAY(h##7) WAY(h##8) WAY(h##9) \
		WAY(h##a) WAY(h##b) WAY(h##c) WAY(h##d) WAY(h##e) WAY(h##f)
#define NAMES(h)                                                                            \
	way_##h##0, way_##h##1, way_##h##2, way_##h##3, way_##h##4, way_##h##5, way_##h##6, \
		way_##h##7, way_##h##8, way_##h##9, way_##h##a, way_##h##b, way_##h##c,     \
		way_##h##d, way_##h##e, way_##h##f
WAYS(0)
WAYS(1)
WAYS(2)
WAYS(3)

static long (*const ways[64])(long) = { NAMES(0), NAMES(1), NAMES(2), NAMES(3) };

int main(int argc, char **argv)
{
	const struct timespec pause = { 0, PAUSE_NS };
	int fd = argc > 1 ? open(argv[1], O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;
	long at_once = argc > 2 ? strtol(argv[2], NULL, 10) : 16;
	struct timespec now;
	char line[64];

	if (fd < 0 || at_once < 1)
		return 2;
	for (long n = 1;; n++) {
		ways[n / EACH_WAY % 64](n);
		if (n % at_once)
			continue;
		clock_gettime(CLOCK_BOOTTIME, &now);
		if (write(fd, line,
			  (size_t)snprintf(line, sizeof(line), "%ld %lld\n", n,
					   now.tv_sec * 1000000000ll + now.tv_nsec)) < 0)
			return 1;
		nanosleep(&pause, NULL);
	}
}
