/* tests/base/test_idmap.c -- what base/idmap.h promises. */
#include "base/idmap.h"

#include "tests/base/check.h"

static void ids_are_dense_and_keys_keep_theirs(void **state)
{
	struct idmap m;

	(void)state;
	idmap_init(&m, 1000);
	for (u64 i = 0; i < 1000; i++)
		assert_int_equal(idmap_put(&m, (struct idmap_key){ i * 64, i & 7, i >> 3 }), i + 1);
	for (u64 i = 0; i < 1000; i++)
		assert_int_equal(idmap_find(&m, (struct idmap_key){ i * 64, i & 7, i >> 3 }),
				 i + 1);
	assert_int_equal(idmap_put(&m, (struct idmap_key){ 1, 2, 3 }), 0);
	assert_int_equal(idmap_find(&m, (struct idmap_key){ 1, 2, 3 }), 0);
	idmap_fini(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_are_dense_and_keys_keep_theirs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
