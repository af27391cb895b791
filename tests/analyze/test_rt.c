/* tests/analyze/test_rt.c -- limits of the runtime, the order of actions, snapshots. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <errno.h>
#include <cmocka.h>

#include "tests/support/rt_fixture.h"

static struct rt *start_with(struct rt_fixture *f, const struct rt_opts *extra)
{
	struct rt_opts o = *extra;
	struct err err;

	o.prog = &f->prog;
	o.render = &f->render;
	assert_int_equal(rt_new(&o, &f->rt, &err), 0);
	rt_begin(f->rt, 0, false);
	return f->rt;
}

static void a_firing_ends_at_its_step_budget(void **state UNUSED)
{
	struct rt_opts o = { .steps_max = 1000 };
	struct rt_fixture f;
	struct rt *rt;
	u32 n = 0;

	rt_fixture_init(&f, "text", COMPAT_27);
	rt = start_with(&f, &o);
	while (rt_step(rt))
		n++;
	assert_int_equal(n, 1000);
	assert_int_equal(rt_stop_reason(rt), RT_FAILED);
	assert_string_equal(rt_error(rt)->msg, "one firing took more than 1000 steps");
	rt_fixture_fini(&f);
}

static void every_firing_has_the_whole_budget(void **state UNUSED)
{
	struct rt_opts o = { .steps_max = 10 };
	struct rt_fixture f;
	struct rt *rt;

	rt_fixture_init(&f, "text", COMPAT_27);
	rt = start_with(&f, &o);
	for (int i = 0; i < 100; i++) {
		rt_begin(rt, (u64)i, false);
		for (int k = 0; k < 10; k++)
			assert_true(rt_step(rt));
		rt_end(rt);
	}
	assert_int_equal(rt_stop_reason(rt), RT_RUNNING);
	rt_fixture_fini(&f);
}

static void a_stretch_has_the_steps_of_its_firings(void **state UNUSED)
{
	struct rt_opts o = { .steps_max = 10 };
	struct rt_fixture f;
	struct rt *rt;
	u32 n = 0;

	rt_fixture_init(&f, "text", COMPAT_27);
	rt = start_with(&f, &o);
	rt_begin(rt, 0, false);
	rt_allow(rt, 7);
	while (rt_step(rt))
		n++;
	assert_int_equal(n, 70);
	rt_fixture_fini(&f);
}

/* Ten firings' worth, and 64 times that; each takes as much as it may. */
static void all_firings_together_have_a_budget(void **state UNUSED)
{
	struct rt_opts o = { .steps_max = 10000 };
	struct rt_fixture f;
	struct rt *rt;
	u32 n = 0;

	rt_fixture_init(&f, "text", COMPAT_27);
	rt = start_with(&f, &o);
	for (; rt_stop_reason(rt) == RT_RUNNING && n < 1000; n++) {
		rt_begin(rt, n, false);
		for (u32 k = 0; k < 10000; k++)
			rt_step(rt);
		rt_end(rt);
	}
	assert_in_range(n, 64, 80);
	assert_string_equal(rt_error(rt)->msg,
			    "the script took more than 640000 steps, and 1024 for each firing");
	rt_fixture_fini(&f);
}

static void short_firings_go_on_for_ever(void **state UNUSED)
{
	struct rt_opts o = { .steps_max = 10000 };
	struct rt_fixture f;
	struct rt *rt;

	rt_fixture_init(&f, "text", COMPAT_27);
	rt = start_with(&f, &o);
	for (u32 n = 0; n < 10000; n++) {
		rt_begin(rt, n, false);
		for (u32 k = 0; k < 1024; k++)
			assert_true(rt_step(rt));
		rt_end(rt);
	}
	rt_fixture_fini(&f);
}

/* How many firings of 10000 steps go on; at most 2000. */
static u32 long_firings(struct rt *rt)
{
	u32 n = 0;

	for (; rt_stop_reason(rt) == RT_RUNNING && n < 2000; n++) {
		rt_begin(rt, n, false);
		for (u32 k = 0; k < 10000; k++)
			rt_step(rt);
		rt_end(rt);
	}
	return n;
}

static void short_firings_earn_what_long_ones_take(void **state UNUSED)
{
	struct rt_opts o = { .steps_max = 10000 };
	struct rt_fixture f;
	struct rt *rt;

	rt_fixture_init(&f, "text", COMPAT_27);
	rt = start_with(&f, &o);
	for (u32 n = 0; n < 2000; n++) {
		rt_begin(rt, n, false);
		rt_end(rt);
	}
	/* (640000 + 2000 * 1024) / (10000 - 1024) */
	assert_in_range(long_firings(rt), 295, 301);
	rt_fixture_fini(&f);
}

static void waiting_earns_steps(void **state UNUSED)
{
	struct rt_opts o = { .steps_max = 10000 };
	struct rt_fixture f;
	struct rt *rt;

	rt_fixture_init(&f, "text", COMPAT_27);
	rt = start_with(&f, &o);
	rt_earn(rt, 5000000);
	assert_in_range(long_firings(rt), 620, 630);
	rt_fixture_fini(&f);

	rt_fixture_init(&f, "text", COMPAT_27);
	rt = start_with(&f, &o);
	rt_earn(rt, INT64_MAX / 4 - 1);
	rt_earn(rt, INT64_MAX / 4 - 1);
	rt_earn(rt, INT64_MAX / 4 - 1);
	assert_int_equal(long_firings(rt), 2000);
	rt_fixture_fini(&f);
}

/* Threads have no more than one of them would have. */
static void runtimes_that_share_a_pool_have_it_once(void **state UNUSED)
{
	struct rt_opts o = { .steps_max = 10000 };
	struct rt_fixture f;
	struct rt *one, *two;
	struct err err;

	rt_fixture_init(&f, "text", COMPAT_27);
	one = start_with(&f, &o);
	o = (struct rt_opts){ .prog = &f.prog, .steps_max = 10000, .pool = rt_pool(one) };
	assert_int_equal(rt_new(&o, &two, &err), 0);
	assert_in_range(long_firings(two), 64, 80);
	assert_in_range(long_firings(one), 1, 2);
	rt_free(two);
	rt_fixture_fini(&f);
}

/* What fills the memory or the disk, or takes long, costs more than a round of a loop. */
static void keys_values_and_prints_cost_steps(void **state UNUSED)
{
	struct rt_opts o = { .steps_max = 100000 };
	struct rt_fixture f;
	u32 numbers, texts;
	u32 n = 0;

	rt_fixture_init(&f, "text", COMPAT_27);
	numbers = rt_fixture_map(&f, "@n", &type_s64, &type_s64);
	texts = rt_fixture_map(&f, "@t", &type_s64, fix_str(&f));
	start_with(&f, &o);
	for (s64 k = 0; rt_stop_reason(f.rt) == RT_RUNNING; k++, n++)
		rt_map_int(f.rt, numbers, &k, sizeof(k), true);
	assert_in_range(n, 1000, 100000 / 32 + 1);
	rt_free(f.rt);

	start_with(&f, &o);
	fix_text(&f.val, "a text that is set again and again, which takes its time, too");
	for (n = 0; rt_stop_reason(f.rt) == RT_RUNNING && n < 100000; n++)
		rt_map_set(f.rt, texts, &(s64){ 1 }, 8, f.val.data, (u32)f.val.len);
	assert_in_range(n, 10000, 40000);
	rt_fixture_fini(&f);
}

static void a_map_with_a_maximum_of_its_own_drops_and_counts_further_keys(void **state UNUSED)
{
	const struct map_info *first;
	struct rt_fixture f;
	u32 m;

	rt_fixture_init(&f, "text", COMPAT_27);
	m = rt_fixture_map(&f, "@m", &type_s64, &type_s64);
	f.maps[m]->max_keys = 3;
	rt_fixture_start(&f);
	for (s64 k = 0; k < 5; k++)
		fix_set(&f, m, k, k);
	fix_set(&f, m, 1, 7);	/* a key that is there */
	assert_int_equal(rt_map_len(f.rt, m), 3);
	assert_int_equal(rt_refused_keys(f.rt, &first), 2);
	assert_ptr_equal(first, f.maps[m]);
	assert_int_equal(rt_stop_reason(f.rt), RT_RUNNING);
	rt_fixture_fini(&f);
}

static void maps_beyond_their_memory_stop_the_run_with_a_message(void **state UNUSED)
{
	struct rt_opts o = { .mem_max = 1 << 20 };
	struct rt_fixture f;
	u32 m, n = 0;

	rt_fixture_init(&f, "text", COMPAT_27);
	m = rt_fixture_map(&f, "@m", &type_s64, fix_agg(&f, AGG_HIST, true));
	start_with(&f, &o);
	while (rt_stop_reason(f.rt) == RT_RUNNING && n < 100000)
		fix_agg_add(&f, m, n++, 1);
	assert_in_range(n, 1000, 3000);
	assert_string_equal(rt_error(f.rt)->msg, "the maps of the script need more than 1 MB");
	rt_fixture_fini(&f);
}

static void deleting_gives_the_memory_back(void **state UNUSED)
{
	struct rt_opts o = { .mem_max = 1 << 16 };
	struct rt_fixture f;
	u32 m;

	rt_fixture_init(&f, "text", COMPAT_27);
	m = rt_fixture_map(&f, "@m", &type_s64, fix_str(&f));
	start_with(&f, &o);
	fix_text(&f.val, "a string of some length, so that it counts");
	for (s64 k = 0; k < 20000; k++) {
		rt_map_set(f.rt, m, &k, sizeof(k), f.val.data, (u32)f.val.len);
		assert_true(rt_map_has(f.rt, m, &k, sizeof(k)));
		assert_true(rt_map_delete(f.rt, m, &k, sizeof(k)));
		assert_false(rt_map_delete(f.rt, m, &k, sizeof(k)));
	}
	assert_int_equal(rt_stop_reason(f.rt), RT_RUNNING);
	assert_int_equal(rt_map_len(f.rt, m), 0);
	rt_fixture_fini(&f);
}

static void maps_hold_what_they_were_given(void **state UNUSED)
{
	struct rt_fixture f;
	u32 m, sz, n = 5000;

	rt_fixture_init(&f, "text", COMPAT_27);
	m = rt_fixture_map(&f, "@m", &type_s64, &type_s64);
	rt_fixture_start(&f);
	for (s64 k = 0; k < n; k++)
		fix_set(&f, m, k * 7919, k);
	for (s64 k = 0; k < n; k += 2) {
		s64 key = k * 7919;

		rt_map_delete(f.rt, m, &key, sizeof(key));
	}
	for (s64 k = 0; k < n; k++) {
		s64 key = k * 7919;
		const u8 *p = rt_map_get(f.rt, m, &key, sizeof(key), &sz);

		assert_int_equal(!!p, k % 2);
		if (p)
			assert_int_equal(*rt_map_int(f.rt, m, &key, sizeof(key), false), k);
	}
	assert_int_equal(rt_map_len(f.rt, m), n / 2);
	rt_fixture_fini(&f);
}

/* print(@x); @x = 2; printf("a"); clear(@x); with @x = 1 before */
static void act(struct rt_fixture *f, u32 x, bool drains)
{
	struct fmt_piece piece = { .conv = FMT_TEXT, .text = STR("a\n") };
	struct action *print = rt_fixture_action(f, BI_PRINT),
		      *clear = rt_fixture_action(f, BI_CLEAR);
	struct action *line = rt_fixture_action(f, BI_PRINTF);

	print->map = clear->map = f->maps[x];
	line->pieces = &piece;
	line->piece_cnt = 1;
	rt_begin(f->rt, 0, drains);
	fix_set_scalar(f, x, 1);
	rt_action(f->rt, print->idx, NULL, 0);
	fix_set_scalar(f, x, 2);
	rt_action(f->rt, line->idx, NULL, 0);
	rt_action(f->rt, clear->idx, NULL, 0);
	fix_set_scalar(f, x, 3);
	rt_end(f->rt);
}

static void actions_act_where_they_stand(void **state UNUSED)
{
	struct rt_fixture f;
	u32 x;

	rt_fixture_init(&f, "text", COMPAT_27);
	x = rt_fixture_map(&f, "@x", NULL, &type_s64);
	rt_fixture_start(&f);
	act(&f, x, false);
	rt_print_maps(f.rt);
	assert_string_equal(rt_fixture_output(&f), "@x: 1\na\n\n\n@x: 3\n");
	rt_fixture_fini(&f);
}

static void in_a_firing_that_drains_they_act_after_it_in_order(void **state UNUSED)
{
	struct rt_fixture f;
	u32 x;

	rt_fixture_init(&f, "text", COMPAT_27);
	x = rt_fixture_map(&f, "@x", NULL, &type_s64);
	rt_fixture_start(&f);
	act(&f, x, true);
	rt_print_maps(f.rt);
	assert_string_equal(rt_fixture_output(&f), "@x: 3\na\n\n\n");
	rt_fixture_fini(&f);
}

static void exit_keeps_its_code_and_stops(void **state UNUSED)
{
	struct action *a;
	struct rt_fixture f;
	s64 code = 7;

	rt_fixture_init(&f, "text", COMPAT_27);
	a = rt_fixture_action(&f, BI_EXIT);
	rt_fixture_start(&f);
	rt_action(f.rt, a->idx, &code, sizeof(code));
	assert_true(rt_stopped(f.rt));
	assert_int_equal(rt_stop_reason(f.rt), RT_EXITED);
	code = 9;
	rt_action(f.rt, a->idx, &code, sizeof(code));
	assert_int_equal(rt_exit_code(f.rt), 7);
	rt_resume(f.rt);
	assert_false(rt_stopped(f.rt));
	rt_fixture_fini(&f);
}

/* Key and value of a round, both numbers; false: there is none. */
static bool next_pair(struct rt *rt, s64 *key, s64 *val)
{
	u32 sz;
	const u8 *p = rt_for_next(rt, &sz);

	if (!p)
		return false;
	assert_int_equal(sz, 16);
	memcpy(key, p, 8);
	memcpy(val, p + 8, 8);
	return true;
}

static void loops_go_by_key_over_what_was_there(void **state UNUSED)
{
	struct rt_fixture f;
	s64 key, val, k3 = 3;
	u32 m;

	rt_fixture_init(&f, "text", COMPAT_27);
	m = rt_fixture_map(&f, "@m", &type_s64, &type_s64);
	rt_fixture_start(&f);
	for (key = 5; key >= -1; key--)
		*rt_map_int(f.rt, m, &key, 8, true) = 10 * key;
	rt_for_begin(f.rt, m, UINT32_MAX);
	for (s64 want = -1; want < 3; want++) {
		assert_true(next_pair(f.rt, &key, &val));
		assert_int_equal(key, want);
		assert_int_equal(val, 10 * want);
	}
	assert_true(rt_map_delete(f.rt, m, &k3, 8));
	*rt_map_int(f.rt, m, &k3, 8, true) = 1;	/* another entry: not of this loop */
	key = 4;
	*rt_map_int(f.rt, m, &key, 8, true) = 7;
	rt_for_begin(f.rt, m, UINT32_MAX);	/* one inside, left early */
	assert_true(next_pair(f.rt, &key, &val));
	assert_int_equal(key, -1);
	rt_for_end(f.rt);
	assert_true(next_pair(f.rt, &key, &val));
	assert_int_equal(key, 4);
	assert_int_equal(val, 7);
	tmap_clear(rt_map(f.rt, m));
	assert_false(next_pair(f.rt, &key, &val));
	rt_for_end(f.rt);
	assert_int_equal(rt_map(f.rt, m)->budget->used, 0);
	rt_fixture_fini(&f);
}

static void an_lru_map_lets_go_what_was_used_least_recently(void **state UNUSED)
{
	struct rt_fixture f;
	struct map_info *info;
	s64 key, first = 0;
	u32 m;

	rt_fixture_init(&f, "text", COMPAT_27);
	m = rt_fixture_map(&f, "@m", &type_s64, &type_s64);
	info = (struct map_info *)f.prog.maps[m];
	info->is_lru = true;
	info->max_keys = 3;
	rt_fixture_start(&f);
	for (key = 0; key < 100; key++) {
		*rt_map_int(f.rt, m, &key, 8, true) = key;
		assert_non_null(rt_map_int(f.rt, m, &first, 8, false));	/* used: it stays */
	}
	assert_int_equal(rt_map_len(f.rt, m), 3);
	key = 98;
	assert_true(rt_map_delete(f.rt, m, &key, 8));
	for (key = 200; key < 202; key++)
		*rt_map_int(f.rt, m, &key, 8, true) = key;
	rt_print_maps(f.rt);
	assert_string_equal(rt_fixture_output(&f), "\n\n@m[0]: 0\n@m[200]: 200\n@m[201]: 201\n");
	tmap_clear(rt_map(f.rt, m));
	assert_null(rt_map(f.rt, m)->oldest);
	assert_int_equal(rt_map(f.rt, m)->budget->used, 0);
	rt_fixture_fini(&f);
}

static void loops_that_are_not_ended_end_with_the_firing(void **state UNUSED)
{
	struct rt_fixture f;
	s64 key = 1, val;
	u32 m;

	rt_fixture_init(&f, "text", COMPAT_27);
	m = rt_fixture_map(&f, "@m", &type_s64, &type_s64);
	rt_fixture_start(&f);
	*rt_map_int(f.rt, m, &key, 8, true) = 1;
	for (u32 i = 0; i < 600; i++)	/* more than can be: a stop, and nothing worse */
		rt_for_begin(f.rt, m, UINT32_MAX);
	assert_int_equal(rt_stop_reason(f.rt), RT_FAILED);
	assert_false(next_pair(f.rt, &key, &val));
	tmap_clear(rt_map(f.rt, m));
	rt_end(f.rt);
	assert_int_equal(rt_map(f.rt, m)->walks, 0);
	assert_null(rt_map(f.rt, m)->held);
	rt_fixture_fini(&f);
}

static void snapshots_are_checked_when_loaded(void **state UNUSED)
{
	struct rt_fixture f;
	u32 m, c;
	s64 key = 5;

	rt_fixture_init(&f, "text", COMPAT_27);
	m = rt_fixture_map(&f, "@m", &type_s64, fix_str(&f));
	c = rt_fixture_map(&f, "@c", &type_s64, fix_agg(&f, AGG_COUNT, true));
	rt_fixture_start(&f);
	fix_text(&f.val, "abc");
	assert_int_equal(
		rt_map_load(f.rt, m, cursor_over(&key, 8), cursor_over(f.val.data, f.val.len)), 0);
	assert_int_equal(rt_map_load(f.rt, m, cursor_over(&key, 8), cursor_over(f.val.data, 5)),
			 -EBADMSG);
	assert_int_equal(rt_map_load(f.rt, m, cursor_over(&key, 7), cursor_over(f.val.data, 7)),
			 -EBADMSG);
	assert_int_equal(rt_map_load(f.rt, 99, cursor_over(&key, 8), cursor_over(f.val.data, 7)),
			 -EBADMSG);
	assert_int_equal(rt_map_load(f.rt, c, cursor_over(&key, 8), cursor_over(&key, 8)), 0);
	assert_int_equal(rt_map_agg_read(f.rt, c, &key, 8), 5);
	rt_print_maps(f.rt);
	assert_string_equal(rt_fixture_output(&f), "\n\n@c[5]: 5\n@m[5]: abc\n");
	rt_fixture_fini(&f);
}

static void workers_merge_into_one_answer(void **state UNUSED)
{
	struct rt_opts o = { 0 };
	struct rt_fixture f;
	struct rt *worker;
	struct err err;
	u32 c;

	rt_fixture_init(&f, "text", COMPAT_27);
	c = rt_fixture_map(&f, "@c", &type_s64, fix_agg(&f, AGG_SUM, true));
	rt_fixture_start(&f);
	o.prog = &f.prog;
	assert_int_equal(rt_new(&o, &worker, &err), 0);
	for (s64 k = 0; k < 3; k++) {
		fix_agg_add(&f, c, k, 10 * k);
		rt_map_agg(worker, c, &k, sizeof(k), k);
	}
	assert_int_equal(rt_merge(f.rt, worker, &err), 0);
	rt_free(worker);
	rt_print_maps(f.rt);
	assert_string_equal(rt_fixture_output(&f), "\n\n@c[0]: 0\n@c[1]: 11\n@c[2]: 22\n");
	rt_fixture_fini(&f);
}

static void join_puts_blanks_between_and_a_newline_behind(void **state UNUSED)
{
	struct rt_fixture f;
	struct action *a;

	rt_fixture_init(&f, "text", COMPAT_27);
	a = rt_fixture_action(&f, BI_JOIN);
	rt_fixture_start(&f);
	fix_text(&f.key, "ls");
	fix_text(&f.key, "-l");
	rt_action(f.rt, a->idx, f.key.data, (u32)f.key.len);
	a->fmt = STR(",");
	rt_action(f.rt, a->idx, f.key.data, (u32)f.key.len);
	rt_action(f.rt, a->idx, NULL, 0);
	assert_string_equal(rt_fixture_output(&f), "ls -l\nls,-l\n\n");
	rt_fixture_fini(&f);
}

static void nobody_reading_stops_the_run(void **state UNUSED)
{
	struct fmt_piece piece = { .conv = FMT_TEXT, .text = STR("a\n") };
	struct rt_fixture f;
	struct action *a;

	rt_fixture_init(&f, "text", COMPAT_27);
	a = rt_fixture_action(&f, BI_PRINTF);
	a->pieces = &piece;
	a->piece_cnt = 1;
	rt_fixture_start(&f);
	f.sink.code = -EPIPE;
	rt_action(f.rt, a->idx, NULL, 0);
	assert_int_equal(rt_stop_reason(f.rt), RT_DONE);
	rt_fixture_fini(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_firing_ends_at_its_step_budget),
		cmocka_unit_test(every_firing_has_the_whole_budget),
		cmocka_unit_test(a_stretch_has_the_steps_of_its_firings),
		cmocka_unit_test(all_firings_together_have_a_budget),
		cmocka_unit_test(short_firings_go_on_for_ever),
		cmocka_unit_test(short_firings_earn_what_long_ones_take),
		cmocka_unit_test(waiting_earns_steps),
		cmocka_unit_test(runtimes_that_share_a_pool_have_it_once),
		cmocka_unit_test(keys_values_and_prints_cost_steps),
		cmocka_unit_test(a_map_with_a_maximum_of_its_own_drops_and_counts_further_keys),
		cmocka_unit_test(maps_beyond_their_memory_stop_the_run_with_a_message),
		cmocka_unit_test(deleting_gives_the_memory_back),
		cmocka_unit_test(maps_hold_what_they_were_given),
		cmocka_unit_test(actions_act_where_they_stand),
		cmocka_unit_test(in_a_firing_that_drains_they_act_after_it_in_order),
		cmocka_unit_test(exit_keeps_its_code_and_stops),
		cmocka_unit_test(loops_go_by_key_over_what_was_there),
		cmocka_unit_test(an_lru_map_lets_go_what_was_used_least_recently),
		cmocka_unit_test(loops_that_are_not_ended_end_with_the_firing),
		cmocka_unit_test(snapshots_are_checked_when_loaded),
		cmocka_unit_test(workers_merge_into_one_answer),
		cmocka_unit_test(join_puts_blanks_between_and_a_newline_behind),
		cmocka_unit_test(nobody_reading_stops_the_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
