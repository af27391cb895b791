/*
 * tests/fuzz/mutator_hooks.c -- gives libFuzzer the mutator of tapes; linked with the targets
 * whose input is a tape, in preset fuzz only.
 */
#include <stdint.h>

#include "tests/fuzz/tape_mutator.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t sz, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t sz, size_t max, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_sz, const uint8_t *b, size_t b_sz,
				 uint8_t *out, size_t max, unsigned int seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t sz, size_t max, unsigned int seed)
{
	return tape_mutate(data, sz, max, seed, LLVMFuzzerMutate);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_sz, const uint8_t *b, size_t b_sz,
				 uint8_t *out, size_t max, unsigned int seed)
{
	return tape_cross(a, a_sz, b, b_sz, out, max, seed);
}
