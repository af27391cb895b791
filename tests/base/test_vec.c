/* tests/base/test_vec.c -- what base/vec.h promises. */
#include "base/vec.h"

#include <stdlib.h>

#include "tests/base/check.h"

struct item {
	u64 a;
	u8 b;
};

static void items_keep_their_values_while_it_grows(void **state UNUSED)
{
	struct vec v;

	vec_init(&v, sizeof(struct item), 10000);
	for (u64 i = 0; i < 1000; i++) {
		struct item *item = vec_push(&v);

		assert_non_null(item);
		assert_int_equal(item->a, 0);
		assert_int_equal(item->b, 0);
		*item = (struct item){ i, (u8)i };
	}
	for (u64 i = 0; i < 1000; i++) {
		assert_int_equal(vec_get(&v, struct item, i)->a, i);
		assert_int_equal(vec_get(&v, struct item, i)->b, (u8)i);
	}
	vec_fini(&v);
}

static void the_maximum_is_kept_exactly(void **state UNUSED)
{
	struct vec v;

	vec_init(&v, 4, 11);
	for (int i = 0; i < 11; i++)
		assert_non_null(vec_push(&v));
	assert_null(vec_push(&v));
	assert_int_equal(v.n, 11);
	assert_true(v.cap <= 11);
	vec_fini(&v);
}

static void a_maximum_of_none_refuses_the_first(void **state UNUSED)
{
	struct vec v;

	vec_init(&v, 4, 0);
	assert_null(vec_push(&v));
	vec_fini(&v);
}

static void pushed_items_are_zero_after_a_reset(void **state UNUSED)
{
	struct vec v;
	u32 *p;

	vec_init(&v, sizeof(*p), 10);
	p = vec_push(&v);
	assert_non_null(p);
	*p = 7;
	vec_reset(&v);
	assert_int_equal(v.n, 0);
	p = vec_push(&v);
	assert_non_null(p);
	assert_int_equal(*p, 0);
	vec_fini(&v);
}

static void items_larger_than_memory_are_refused(void **state UNUSED)
{
	struct vec v;

	vec_init(&v, SIZE_MAX / 4, SIZE_MAX);
	assert_null(vec_push(&v));
	assert_int_equal(v.n, 0);
	vec_fini(&v);
}

static void an_array_grows_and_keeps_its_items(void **state UNUSED)
{
	u32 *p = NULL;
	size_t cap = 0;

	for (u32 i = 0; i < 1000; i++) {
		assert_true(array_grow(&p, &cap, i + 1, sizeof(*p)));
		assert_true(cap > i);
		p[i] = i;
	}
	for (u32 i = 0; i < 1000; i++)
		assert_int_equal(p[i], i);
	assert_int_equal(cap, 1024);
	free(p);
}

static void an_array_larger_than_memory_changes_nothing(void **state UNUSED)
{
	u64 *p = NULL, *old;
	size_t cap = 0;

	assert_true(array_grow(&p, &cap, 1, sizeof(*p)));
	old = p;
	assert_false(array_grow(&p, &cap, SIZE_MAX, sizeof(*p)));
	assert_false(array_grow(&p, &cap, SIZE_MAX / 8, sizeof(*p)));
	assert_ptr_equal(p, old);
	assert_int_equal(cap, 64);
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_keep_their_values_while_it_grows),
		cmocka_unit_test(the_maximum_is_kept_exactly),
		cmocka_unit_test(a_maximum_of_none_refuses_the_first),
		cmocka_unit_test(pushed_items_are_zero_after_a_reset),
		cmocka_unit_test(items_larger_than_memory_are_refused),
		cmocka_unit_test(an_array_grows_and_keeps_its_items),
		cmocka_unit_test(an_array_larger_than_memory_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
