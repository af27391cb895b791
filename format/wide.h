/*
 * format/wide.h -- loops over many values that are compiled twice: for every processor, and for
 * those with vectors of 256 bits.
 *
 * A loop is an ALWAYS_INLINE function; WIDE_LOOP makes name() of it, which takes the better one.
 */
#pragma once

#include "base/compiler.h"

#if defined(__GNUC__) && !defined(__clang__)
#define LOOP_HOT __attribute__((optimize("O3"))) /* clang vectorises at -O2 already */
#else
#define LOOP_HOT
#endif

#define LOOP_BODY static inline __attribute__((always_inline))

#if defined(__x86_64__)
#define LOOP_WIDE LOOP_HOT __attribute__((target("avx2")))
#define HAS_WIDE  __builtin_cpu_supports("avx2")
#else
#define LOOP_WIDE LOOP_HOT
#define HAS_WIDE  false
#endif
