/*
 * tests/fuzz/tables_hooks.c -- gives libFuzzer the mutator of table blocks; linked with the
 * targets whose input is of them, in preset fuzz only.
 */
#include <stdint.h>

#include "tests/fuzz/tape_tables.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t sz, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t sz, size_t max, unsigned int seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t sz, size_t max, unsigned int seed)
{
	return tables_mutate(data, sz, max, seed, LLVMFuzzerMutate);
}
