/*
 * tests/workload/int80.c -- int80 N [NUMBER]: N 32-bit system calls by `int $0x80` (default 20,
 * getpid there).
 */
#include <stdlib.h>

int main(int argc, char **argv)
{
	long n = argc > 1 ? strtol(argv[1], NULL, 0) : 1000;
	int number = argc > 2 ? (int)strtol(argv[2], NULL, 0) : 20, ret;

	while (n-- > 0)
		__asm__ volatile("int $0x80"
				 : "=a"(ret)
				 : "a"(number)
				 : "memory", "r8", "r9", "r10", "r11");
	return 0;
}
