/*
 * tests/format/test_gaps.c -- ids that are far ahead of those before them: what is lost between
 * takes neither memory nor time.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "format/state.h"

#define DICT_ID 3

/* ---- tables by id ---- */

static void pages_are_made_where_there_are_items_only(void **state)
{
	struct idtab t;
	u64 *item;

	(void)state;
	idtab_init(&t, sizeof(*item), TAPE_MAX_NODES);
	assert_null(idtab_get(&t, 1));
	assert_null(idtab_make(&t, 0, SIZE_MAX));
	assert_null(idtab_make(&t, TAPE_MAX_NODES + 1ull, SIZE_MAX));
	item = idtab_make(&t, TAPE_MAX_NODES, SIZE_MAX);
	assert_non_null(item);
	assert_int_equal(*item, 0);
	*item = 7;
	assert_ptr_equal(idtab_get(&t, TAPE_MAX_NODES), item);
	assert_null(idtab_get(&t, TAPE_MAX_NODES / 2));
	assert_null(idtab_get(&t, 0));
	assert_null(idtab_get(&t, UINT64_MAX));
	/* a page, and a pointer for each page before it */
	assert_true(t.mem < (size_t)TAPE_MAX_NODES / IDTAB_PAGE * 8 * 2 + IDTAB_PAGE * 8);
	idtab_fini(&t);
}

static void a_table_asks_for_no_more_than_there_is_room(void **state)
{
	struct idtab t;

	(void)state;
	idtab_init(&t, 16, 1000000);
	assert_null(idtab_make(&t, 1, 15));
	assert_null(idtab_make(&t, 1, IDTAB_PAGE * 16 - 1));
	assert_non_null(idtab_make(&t, 1, IDTAB_PAGE * 16));
	assert_non_null(idtab_make(&t, 2, 0));
	assert_null(idtab_make(&t, 1000000, IDTAB_PAGE * 16));
	assert_non_null(idtab_make(&t, 1000000, 1 << 20));
	assert_non_null(idtab_get(&t, 1));
	idtab_fini(&t);
}

/* ---- dictionaries ---- */

static void check_text(const struct dict *d, u32 id, const char *text)
{
	struct str s = dict_get(d, id);

	if (text)
		assert_true(str_is(s, text));
	else
		assert_null(s.s);
}

static void a_dictionary_knows_what_it_lacks(void **state)
{
	struct dict *d = dict_new();

	(void)state;
	assert_int_equal(dict_append(d, STR("zero")), 0);
	assert_int_equal(dict_skip_to(d, 1), 0);
	assert_int_equal(dict_append(d, STR("")), 0);
	assert_int_equal(dict_skip_to(d, 10), 0);
	assert_int_equal(dict_skip_to(d, 12), 0);
	assert_int_equal(dict_append(d, STR("twelve")), 0);
	assert_int_equal(dict_append(d, STR("thirteen")), 0);
	assert_int_equal(dict_skip_to(d, 5000000), 0);
	assert_int_equal(dict_append(d, STR("far")), 0);
	assert_int_equal(dict_skip_to(d, 6000000), 0);
	assert_int_equal(dict_cnt(d), 6000000);
	check_text(d, 0, "zero");
	check_text(d, 1, "");
	check_text(d, 2, NULL);
	check_text(d, 11, NULL);
	check_text(d, 12, "twelve");
	check_text(d, 13, "thirteen");
	check_text(d, 14, NULL);
	check_text(d, 4999999, NULL);
	check_text(d, 5000000, "far");
	check_text(d, 5000001, NULL);
	check_text(d, 6000000, NULL);
	assert_true(dict_mem(d) < 300 << 10); /* a chunk of texts is 256 KB */
	assert_int_equal(dict_skip_to(d, TAPE_MAX_DICT_ENTRIES + 1), -E2BIG);
	dict_free(d);
}

static void every_id_of_many_gaps_is_found(void **state)
{
	struct dict *d = dict_new();
	char text[16];

	(void)state;
	for (u32 i = 1; i < 3000; i++) {
		snprintf(text, sizeof(text), "%u", i * 7);
		assert_int_equal(dict_skip_to(d, i * 7), 0);
		assert_int_equal(dict_append(d, str_of(text)), 0);
	}
	for (u32 id = 0; id < 3000 * 7; id++) {
		snprintf(text, sizeof(text), "%u", id);
		check_text(d, id, id && id % 7 == 0 ? text : NULL);
	}
	dict_free(d);
}

/* ---- the state of a tape ---- */

struct fixture {
	struct tape_limits limits;
	struct state s;
};

static void begin(struct fixture *f, size_t mem_max)
{
	f->limits = (struct tape_limits){ 0 };
	tape_limits_fill(&f->limits);
	assert_int_equal(state_init(&f->s, &f->limits, mem_max), 0);
}

static int add_dict(struct state *s, u32 first_id, const char *text)
{
	struct cursor c;
	struct buf b;
	int rc;

	buf_init(&b, 1 << 10);
	buf_put_u32(&b, 1);
	buf_put_u32(&b, 0);
	buf_put_u32(&b, DICT_ID);
	buf_put_u32(&b, first_id);
	buf_put_u32(&b, 1);
	buf_put_u32(&b, (u32)str_of(text).len);
	buf_put_u32(&b, (u32)str_of(text).len);
	buf_puts(&b, text);
	while (b.len % 4)
		buf_putc(&b, 0);
	c = cursor_over(b.data, b.len);
	rc = state_add_dicts(s, &c);
	buf_fini(&b);
	return rc;
}

static void a_dict_block_with_the_greatest_id_takes_its_own_room(void **state)
{
	struct fixture f;
	size_t mem;

	(void)state;
	begin(&f, 1 << 20);
	assert_int_equal(add_dict(&f.s, 0, "one"), 0);
	mem = state_mem(&f.s);
	assert_int_equal(add_dict(&f.s, TAPE_MAX_DICT_ENTRIES - 1, "last"), 0);
	assert_true(state_mem(&f.s) - mem < 1000);
	assert_int_equal(f.s.dict_entries, TAPE_MAX_DICT_ENTRIES);
	check_text(f.s.dicts[DICT_ID], 0, "one");
	check_text(f.s.dicts[DICT_ID], 1, NULL);
	check_text(f.s.dicts[DICT_ID], TAPE_MAX_DICT_ENTRIES - 1, "last");
	/* ids in the gap stay lost, as those that are beyond are refused */
	assert_int_equal(add_dict(&f.s, 5, "late"), 0);
	check_text(f.s.dicts[DICT_ID], 5, NULL);
	assert_int_equal(add_dict(&f.s, TAPE_MAX_DICT_ENTRIES, "more"), -EBADMSG);
	state_fini(&f.s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_are_made_where_there_are_items_only),
		cmocka_unit_test(a_table_asks_for_no_more_than_there_is_room),
		cmocka_unit_test(a_dictionary_knows_what_it_lacks),
		cmocka_unit_test(every_id_of_many_gaps_is_found),
		cmocka_unit_test(a_dict_block_with_the_greatest_id_takes_its_own_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
