/*
 * tests/support/gen_program.h -- seeded random scripts that compile, for tests that compare two
 * ways to run them.
 *
 * They use the probes and maps below, so that types always fit:
 *   gen:a and gen:b with the arguments a (s32) b (u64) c (u8) d (s16) s (user string) p (pointer)
 *   @i0..@i2 integers; @k0..@k3 integers by tid; @s0 @s1 strings by tid; @q0 pointers by tid; @t0
 *   integers by (integer, string); @c0 count() by string, @u0 sum(), @x0 max() by integer, @n0
 *   min(), @v0 avg(), @h0 hist()
 */
#pragma once

#include "base/buf.h"

#define GEN_CATALOG                                                                     \
	"tracepoint gen:a s32 a; u64 b; u8 c; s16 d; ustr s; uptr p\n"                  \
	"tracepoint gen:b s32 a; u64 b; u8 c; s16 d; ustr s; uptr p\n"                  \
	"tracepoint gen:types s32 a; u64 b; u8 c; s16 d; ustr s; uptr p\n"

struct gen_opts {
	bool no_exit;		/* leave exit() out */
	bool no_loops;
	bool with_agg_reads;	/* integer use of count, sum and the like in conditions */
};

/* Append a script for @seed.  The same seed and options give the same text. */
void gen_program(u64 seed, const struct gen_opts *o, struct buf *out);

/* xorshift64*, for events and everything else that must be repeatable. */
u64 gen_next(u64 *state);
