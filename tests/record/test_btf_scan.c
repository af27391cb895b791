/* tests/record/test_btf_scan.c -- one pass over BTF that the test builds, whole and broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <bpf/btf.h>
#include <errno.h>

#include "record/btf_scan.h"

static struct btf *btf;
static const u8 *bytes;
static u32 bytes_sz;

static int setup(void **state)
{
	int i32, st;

	(void)state;
	btf = btf__new_empty();
	i32 = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	btf__add_enum(btf, "color", 4);
	btf__add_enum_value(btf, "RED", 1);
	st = btf__add_struct(btf, "pair", 16);
	btf__add_field(btf, "a", i32, 0, 0);
	btf__add_field(btf, "b", i32, 64, 0);
	btf__add_struct(btf, "bits", 8);
	btf__add_field(btf, "x", i32, 0, 3);
	btf__add_field(btf, "y", i32, 32, 0);
	btf__add_array(btf, i32, st, 3);
	btf__add_typedef(btf, "btf_trace_one", i32);
	bytes = btf__raw_data(btf, &bytes_sz);
	return bytes ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	btf__free(btf);
	return 0;
}

static void types_come_in_order_with_their_ids(void **state)
{
	static const char *const names[] = { "int", "color", "pair", "bits", "", "btf_trace_one" };
	struct btf_scan_pos pos = { 0 };
	const struct btf_type *t;
	struct btf_scan s;
	u32 n = 0;

	(void)state;
	assert_int_equal(btf_scan_over(&s, bytes, bytes_sz, NULL), 0);
	while ((t = btf_scan_next(&s, &pos))) {
		assert_true(n < countof(names));
		assert_string_equal(btf_scan_str(&s, t->name_off), names[n++]);
		assert_int_equal(pos.id, n);
	}
	assert_int_equal(n, countof(names));
}

static void members_have_their_offsets(void **state)
{
	struct btf_scan_pos pos = { 0 };
	const struct btf_type *t = NULL;
	struct btf_scan s;

	(void)state;
	assert_int_equal(btf_scan_over(&s, bytes, bytes_sz, NULL), 0);
	for (int i = 0; i < 3; i++)
		t = btf_scan_next(&s, &pos);
	assert_int_equal(btf_scan_member(&s, t, "b"), 8);
	assert_int_equal(btf_scan_member(&s, t, "c"), -ENOENT);
	t = btf_scan_next(&s, &pos);
	assert_int_equal(btf_scan_member(&s, t, "y"), 4);
}

/* In memory of exactly that size, so that ASan sees a read beyond it. */
static void scan_copy(const u8 *p, size_t sz)
{
	struct btf_scan_pos pos = { 0 };
	const struct btf_type *t;
	u8 *copy = malloc(sz ? sz : 1);
	struct btf_scan s;

	assert_non_null(copy);
	memcpy(copy, p, sz);
	if (!btf_scan_over(&s, copy, sz, NULL)) {
		while ((t = btf_scan_next(&s, &pos))) {
			btf_scan_str(&s, t->name_off);
			if (BTF_INFO_KIND(t->info) == BTF_KIND_STRUCT)
				btf_scan_member(&s, t, "none");
		}
	}
	free(copy);
}

static void cut_bytes_are_safe(void **state)
{
	(void)state;
	for (u32 n = 0; n < bytes_sz; n++)
		scan_copy(bytes, n);
}

static void flipped_bits_are_safe(void **state)
{
	u8 *bad = malloc(bytes_sz);

	(void)state;
	assert_non_null(bad);
	for (u32 i = 0; i < bytes_sz * 8; i++) {
		memcpy(bad, bytes, bytes_sz);
		bad[i / 8] ^= 1u << i % 8;
		scan_copy(bad, bytes_sz);
	}
	free(bad);
}

static void other_bytes_are_refused(void **state)
{
	struct btf_scan s;

	(void)state;
	assert_int_equal(btf_scan_over(&s, "nothing that looks like it", 26, NULL), -EBADMSG);
	assert_int_equal(btf_scan_over(&s, "", 0, NULL), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_come_in_order_with_their_ids),
		cmocka_unit_test(members_have_their_offsets),
		cmocka_unit_test(cut_bytes_are_safe),
		cmocka_unit_test(flipped_bits_are_safe),
		cmocka_unit_test(other_bytes_are_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
