/* tests/base/test_arena.c -- what base/arena.h promises. */
#include "base/arena.h"

#include <string.h>

#include "tests/base/check.h"

static bool is_zero(const u8 *p, size_t sz)
{
	for (size_t i = 0; i < sz; i++)
		if (p[i])
			return false;
	return true;
}

static void memory_is_zeroed_and_aligned(void **state UNUSED)
{
	struct arena a;

	arena_init(&a, 1 << 20);
	for (size_t sz = 0; sz < 200; sz++) {
		u8 *p = arena_alloc(&a, sz);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 16, 0);
		assert_true(is_zero(p, sz));
		memset(p, 0xff, sz);
	}
	arena_fini(&a);
}

static void memory_is_zeroed_after_a_reset_too(void **state UNUSED)
{
	struct arena a;
	u8 *p, *q;

	arena_init(&a, 1 << 20);
	p = arena_alloc(&a, 512);
	memset(p, 0xff, 512);
	arena_reset(&a);
	assert_int_equal(a.used_sz, 0);
	q = arena_alloc(&a, 512);
	assert_ptr_equal(p, q);
	assert_true(is_zero(q, 512));
	arena_fini(&a);
}

static void neighbours_do_not_overlap_across_chunks(void **state UNUSED)
{
	struct arena a;
	u8 *p[300];

	arena_init(&a, 64 << 20);
	for (size_t i = 0; i < countof(p); i++) {
		p[i] = arena_alloc(&a, i * 37 + 1);
		assert_non_null(p[i]);
		memset(p[i], (int)(i & 0xff), i * 37 + 1);
	}
	for (size_t i = 0; i < countof(p); i++)
		for (size_t j = 0; j < i * 37 + 1; j++)
			assert_int_equal(p[i][j], i & 0xff);
	arena_fini(&a);
}

static void the_maximum_refuses_and_the_flag_sticks(void **state UNUSED)
{
	struct arena a;

	arena_init(&a, 64);
	assert_non_null(arena_alloc(&a, 48));
	assert_false(a.is_full);
	assert_null(arena_alloc(&a, 17));
	assert_true(a.is_full);
	assert_non_null(arena_alloc(&a, 16));
	assert_true(a.is_full);
	assert_int_equal(a.used_sz, 64);
	assert_null(arena_alloc(&a, 0));
	arena_reset(&a);
	assert_false(a.is_full);
	assert_non_null(arena_alloc(&a, 64));
	arena_fini(&a);
}

static void sizes_that_overflow_are_refused(void **state UNUSED)
{
	struct arena a;

	arena_init(&a, SIZE_MAX);
	assert_null(arena_alloc(&a, SIZE_MAX));
	assert_null(arena_alloc(&a, SIZE_MAX - 8));
	assert_null(arena_alloc_n(&a, SIZE_MAX / 2, 3));
	assert_null(arena_alloc_n(&a, 16, SIZE_MAX / 8));
	assert_null(arena_dup(&a, "x", SIZE_MAX));
	assert_true(a.is_full);
	arena_fini(&a);
}

static void dup_copies_and_terminates(void **state UNUSED)
{
	struct arena a;
	char *p;

	arena_init(&a, 1 << 12);
	p = arena_dup(&a, "ab\0cd", 5);
	assert_memory_equal(p, "ab\0cd\0", 6);
	p = arena_dup(&a, NULL, 0);
	assert_string_equal(p, "");
	arena_fini(&a);
}

static void printf_formats_and_obeys_the_maximum(void **state UNUSED)
{
	struct arena a;

	arena_init(&a, 32);
	assert_string_equal(arena_printf(&a, "%d-%s", 42, "x"), "42-x");
	assert_null(arena_printf(&a, "%040d", 1));
	assert_true(a.is_full);
	arena_fini(&a);
}

static void reset_keeps_one_chunk_and_the_arena_goes_on(void **state UNUSED)
{
	struct arena a;

	arena_init(&a, 1 << 24);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 1000; i++)
			assert_non_null(arena_new_n(&a, u64, 40));
		arena_reset(&a);
		assert_non_null(a.head);
	}
	arena_fini(&a);
	assert_null(a.head);
	assert_non_null(arena_new(&a, u32));
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_and_aligned),
		cmocka_unit_test(memory_is_zeroed_after_a_reset_too),
		cmocka_unit_test(neighbours_do_not_overlap_across_chunks),
		cmocka_unit_test(the_maximum_refuses_and_the_flag_sticks),
		cmocka_unit_test(sizes_that_overflow_are_refused),
		cmocka_unit_test(dup_copies_and_terminates),
		cmocka_unit_test(printf_formats_and_obeys_the_maximum),
		cmocka_unit_test(reset_keeps_one_chunk_and_the_arena_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
