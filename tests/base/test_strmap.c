/* tests/base/test_strmap.c -- what base/strmap.h promises. */
#include "base/strmap.h"

#include <errno.h>
#include <stdio.h>

#include "tests/base/check.h"

static struct str number(char *out, int i)
{
	return (struct str){ out, (size_t)snprintf(out, 32, "key%d", i) };
}

static void every_key_is_found_after_growing(void **state UNUSED)
{
	struct strmap m;
	char key[32];

	strmap_init(&m, 5000);
	for (int i = 0; i < 5000; i++) {
		void *val = (void *)(intptr_t)(i + 1);

		assert_int_equal(strmap_put(&m, number(key, i), val, NULL), 0);
	}
	assert_int_equal(m.n, 5000);
	for (int i = 0; i < 5000; i++)
		assert_int_equal((intptr_t)strmap_find(&m, number(key, i)), i + 1);
	assert_null(strmap_find(&m, number(key, 5000)));
	strmap_fini(&m);
}

static void replacing_tells_the_former_value(void **state UNUSED)
{
	struct strmap m;
	void *old = &m;

	strmap_init(&m, 1);
	assert_int_equal(strmap_put(&m, STR("a"), (void *)1, &old), 0);
	assert_null(old);
	assert_int_equal(strmap_put(&m, STR("a"), (void *)2, &old), 0);
	assert_ptr_equal(old, (void *)1);
	assert_int_equal(m.n, 1);
	assert_ptr_equal(strmap_find(&m, STR("a")), (void *)2);
	strmap_fini(&m);
}

static void the_maximum_refuses_a_new_key_and_leaves_old_untouched(void **state UNUSED)
{
	struct strmap m;
	void *old = (void *)77;

	strmap_init(&m, 1);
	assert_int_equal(strmap_put(&m, STR("a"), (void *)1, NULL), 0);
	assert_int_equal(strmap_put(&m, STR("b"), (void *)1, &old), -E2BIG);
	assert_ptr_equal(old, (void *)77);
	assert_null(strmap_find(&m, STR("b")));
	assert_int_equal(m.n, 1);
	strmap_fini(&m);
}

static void keys_are_bytes_and_the_empty_key_is_one(void **state UNUSED)
{
	struct strmap m;
	char key[] = "x\0y";

	strmap_init(&m, 10);
	assert_int_equal(strmap_put(&m, (struct str){ key, 3 }, (void *)1, NULL), 0);
	assert_int_equal(strmap_put(&m, (struct str){ NULL, 0 }, (void *)2, NULL), 0);
	key[2] = 'z';	/* the map has its own copy */
	assert_ptr_equal(strmap_find(&m, STR("x\0y")), (void *)1);
	assert_null(strmap_find(&m, STR("x\0z")));
	assert_null(strmap_find(&m, STR("x")));
	assert_ptr_equal(strmap_find(&m, STR("")), (void *)2);
	strmap_fini(&m);
}

static void iteration_meets_each_key_once(void **state UNUSED)
{
	struct strmap m;
	const struct strmap_slot *slot;
	size_t pos = 0, n = 0;
	intptr_t sum = 0;
	char key[32];

	strmap_init(&m, 100);
	assert_null(strmap_next(&m, &pos));
	for (int i = 0; i < 100; i++)
		assert_int_equal(strmap_put(&m, number(key, i), (void *)(intptr_t)i, NULL), 0);
	for (pos = 0; (slot = strmap_next(&m, &pos)); n++)
		sum += (intptr_t)slot->val;
	assert_int_equal(n, 100);
	assert_int_equal(sum, 4950);
	strmap_fini(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_is_found_after_growing),
		cmocka_unit_test(replacing_tells_the_former_value),
		cmocka_unit_test(the_maximum_refuses_a_new_key_and_leaves_old_untouched),
		cmocka_unit_test(keys_are_bytes_and_the_empty_key_is_one),
		cmocka_unit_test(iteration_meets_each_key_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
