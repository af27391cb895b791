/*
 * tests/workload/values.c -- values: a fixed list of pread64() calls whose arguments are what
 * random scripts compute with (tests/diff).
 *
 * fd is none of ours, so that nothing is read; buf is a struct on the stack, its text first; count
 * and pos are numbers.  All calls come from one CPU, so that a tracer that has a buffer a CPU keeps
 * their order.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct values {
	char text[16];
	unsigned int word;
	unsigned short half;
	unsigned char byte, pad;
	unsigned long quad;
};

int main(void)
{
	static const char *const texts[] = { "alpha", "beta gamma", "" };
	static const unsigned long counts[] = { 3, 1000, 255 };
	static const long positions[] = { 7, 1l << 33, 65536 };
	struct values v;
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	for (int i = 0; i < 3; i++) {
		memset(&v, 0, sizeof(v));
		snprintf(v.text, sizeof(v.text), "%s", texts[i]);
		v.word = 0x01020304u + (unsigned)i;
		v.half = (unsigned short)(500 + i);
		v.byte = (unsigned char)(200 + i);
		v.quad = 0x1122334455667788ul >> i;
		syscall(SYS_pread64, 100000 + i, &v, counts[i], positions[i]);
	}
	return 0;
}
