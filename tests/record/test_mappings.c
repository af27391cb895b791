/* tests/record/test_mappings.c -- address spaces over time: exec, fork, exit, scans, limits. */
#include "record/mappings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

static struct mappings *m;
static struct buf rows;

static int setup(void **state)
{
	(void)state;
	m = mappings_new(1000, 20000);
	buf_init(&rows, 1 << 20);
	return m ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	mappings_free(m);
	buf_fini(&rows);
	return 0;
}

static void map(u32 pid, u64 ts, u64 start, u64 end, u32 object)
{
	const struct mapping r = {
		.start = start, .end = end, .off = 0x100, .from_ts = ts, .object = object, .prot = 5
	};

	mappings_map(m, pid, &r);
}

/* The object at a place; -1: none. */
static int at(u32 pid, u64 ts, u64 addr)
{
	struct mapping r;

	return mappings_find(m, pid, ts, addr, &r) ? (int)r.object : -1;
}

static void print_row(void *ctx, enum mapping_row_kind kind, u32 pid, u64 ts,
		      const struct mapping *r)
{
	static const char *const names[] = { "map", "exec", "exit" };

	(void)ctx;
	buf_printf(&rows, "%s %u %llu", names[kind], pid, (unsigned long long)ts);
	if (r)
		buf_printf(&rows, " %llx-%llx %u", (unsigned long long)r->start,
			   (unsigned long long)r->end, r->object);
	buf_putc(&rows, '\n');
}

static const char *take_rows(void)
{
	buf_reset(&rows);
	mappings_take_rows(m, print_row, NULL);
	return buf_cstr(&rows);
}

static bool never_gone(u32 pid)
{
	(void)pid;
	return false;
}

static bool always_gone(u32 pid)
{
	(void)pid;
	return true;
}

static void mapping_holds_from_its_time_until_another_lies_over_it(void **state)
{
	(void)state;
	mappings_exec(m, 1, 10);
	map(1, 20, 0x1000, 0x3000, 7);
	map(1, 30, 0x2000, 0x4000, 8);
	assert_int_equal(at(1, 19, 0x1000), -1);
	assert_int_equal(at(1, 20, 0x1000), 7);
	assert_int_equal(at(1, 29, 0x2fff), 7);
	assert_int_equal(at(1, 30, 0x2fff), 8);
	assert_int_equal(at(1, 99, 0x1fff), 7);
	assert_int_equal(at(1, 99, 0x3fff), 8);
	assert_int_equal(at(1, 99, 0x4000), -1);
	assert_int_equal(at(1, 99, 0xfff), -1);
	assert_int_equal(at(2, 99, 0x1000), -1);
}

static void exec_begins_a_new_space_and_the_old_one_stays_for_the_past(void **state)
{
	(void)state;
	mappings_exec(m, 1, 10);
	map(1, 11, 0x1000, 0x2000, 1);
	mappings_exec(m, 1, 20);
	map(1, 21, 0x1000, 0x2000, 2);
	assert_int_equal(at(1, 15, 0x1000), 1);
	assert_int_equal(at(1, 20, 0x1000), -1);
	assert_int_equal(at(1, 25, 0x1000), 2);
	assert_int_equal(at(1, 9, 0x1000), -1);
}

static void fork_inherits_what_held_then(void **state)
{
	(void)state;
	mappings_exec(m, 1, 10);
	map(1, 11, 0x1000, 0x2000, 1);
	mappings_fork(m, 2, 1, 20);
	map(1, 21, 0x5000, 0x6000, 3);
	map(2, 22, 0x1000, 0x2000, 4);
	map(1, 23, 0x1000, 0x2000, 5);
	assert_int_equal(at(2, 21, 0x1000), 1);
	assert_int_equal(at(2, 22, 0x1000), 4);
	assert_int_equal(at(2, 99, 0x5000), -1);
	assert_int_equal(at(1, 99, 0x5000), 3);
	assert_int_equal(at(1, 99, 0x1000), 5);
	assert_int_equal(at(2, 19, 0x1000), -1);
	mappings_exec(m, 1, 30); /* the parent's end is not the child's */
	assert_int_equal(at(2, 99, 0x1000), 4);
	assert_int_equal(mappings_parent(m, 2), 1);
	assert_int_equal(mappings_parent(m, 1), 0);
}

static void chains_of_forks_are_found_through(void **state)
{
	(void)state;
	mappings_exec(m, 1, 10);
	map(1, 11, 0x1000, 0x2000, 1);
	for (u32 pid = 2; pid <= 100; pid++) {
		mappings_fork(m, pid, pid - 1, 10 * pid);
		map(pid, 10 * pid + 1, 0x10000 + 0x1000 * pid, 0x11000 + 0x1000 * pid, pid);
	}
	assert_int_equal(at(100, 2000, 0x1000), 1);
	for (u32 pid = 2; pid <= 100; pid++)
		assert_int_equal(at(100, 2000, 0x10000 + 0x1000 * pid), pid);
	assert_int_equal(at(50, 2000, 0x10000 + 0x1000 * 51), -1);
	assert_int_equal(mappings_lost(m), 0);
}

static void number_that_is_used_again_is_another_process(void **state)
{
	(void)state;
	mappings_exec(m, 1, 10);
	map(1, 11, 0x1000, 0x2000, 1);
	mappings_exit(m, 1, 20);
	mappings_exec(m, 3, 15);
	mappings_fork(m, 1, 3, 30);
	map(1, 31, 0x7000, 0x8000, 2);
	assert_int_equal(at(1, 19, 0x1000), 1);
	assert_int_equal(at(1, 40, 0x1000), -1);
	assert_int_equal(at(1, 40, 0x7000), 2);
	assert_int_equal(at(1, 19, 0x7000), -1);
}

static void order_of_arrival_does_not_matter(void **state)
{
	(void)state;
	mappings_exec(m, 1, 10);
	map(1, 21, 0x1000, 0x2000, 2); /* of the exec at 20, which comes late */
	mappings_exec(m, 1, 20);
	assert_int_equal(at(1, 22, 0x1000), 2);
	map(1, 11, 0x1000, 0x2000, 1);
	assert_int_equal(at(1, 15, 0x1000), 1);
	assert_int_equal(at(1, 22, 0x1000), 2);
	mappings_exec(m, 1, 17);
	assert_int_equal(at(1, 16, 0x1000), 1);
	assert_int_equal(at(1, 18, 0x1000), -1);
	assert_int_equal(at(1, 22, 0x1000), 2);
}

static void scan_adds_what_events_did_not_tell(void **state)
{
	const struct mapping scan[] = {
		{ .start = 0x1000, .end = 0x2000, .off = 0x100, .object = 1, .prot = 5 },
		{ .start = 0x5000, .end = 0x6000, .off = 0x100, .object = 2, .prot = 5 },
	};

	(void)state;
	assert_int_equal(mappings_to_scan(m, 1, 50), 1);
	map(1, 40, 0x5000, 0x6000, 2);
	assert_int_equal(mappings_to_scan(m, 1, 50), 1);
	mappings_scan(m, 1, scan, 2);
	assert_int_equal(mappings_to_scan(m, 1, 50), 0);
	assert_int_equal(at(1, 5, 0x1000), 1);
	assert_int_equal(at(1, 5, 0x5000), -1); /* the event says since when */
	assert_int_equal(at(1, 50, 0x5000), 2);
}

static void child_of_an_unknown_process_asks_for_its_parent(void **state)
{
	const struct mapping scan = { .start = 0x1000, .end = 0x2000, .object = 1 };

	(void)state;
	mappings_fork(m, 2, 1, 20);
	mappings_exit(m, 2, 30);
	assert_int_equal(mappings_to_scan(m, 2, 25), 1);
	mappings_scan(m, 1, &scan, 1);
	assert_int_equal(mappings_to_scan(m, 2, 25), 0);
	assert_int_equal(at(2, 25, 0x1000), 1);
	/* a scan that found nothing is not repeated; one that comes after an exec is too late */
	mappings_scan(m, 9, NULL, 0);
	assert_int_equal(mappings_to_scan(m, 9, 50), 0);
	mappings_exec(m, 8, 10);
	mappings_scan(m, 8, &scan, 1);
	assert_int_equal(at(8, 50, 0x1000), -1);
	assert_int_equal(mappings_to_scan(m, 8, 5), 0);
}

static void rows_are_given_once_and_only_of_used_processes(void **state)
{
	(void)state;
	mappings_exec(m, 1, 10);
	map(1, 11, 0x1000, 0x2000, 1);
	mappings_fork(m, 2, 1, 20);
	map(2, 21, 0x3000, 0x4000, 2);
	assert_string_equal(take_rows(), "");
	assert_int_equal(at(2, 25, 0x1000), 1);
	assert_string_equal(take_rows(), "map 2 20 1000-2000 1\nmap 2 21 3000-4000 2\n");
	assert_string_equal(take_rows(), "");
	map(2, 26, 0x5000, 0x6000, 3);
	mappings_exec(m, 2, 30);
	map(2, 31, 0x1000, 0x2000, 4);
	assert_string_equal(take_rows(), "map 2 26 5000-6000 3\nexec 2 30\n");
	assert_int_equal(at(2, 40, 0x1000), 4);
	mappings_exit(m, 2, 50);
	assert_string_equal(take_rows(), "map 2 31 1000-2000 4\n");
	mappings_forget(m, 0, never_gone);
	assert_string_equal(take_rows(), "");
	mappings_forget(m, 0, always_gone);
	assert_string_equal(take_rows(), "exit 2 50\n");
}

/* A program that compiles says the same mapping again and again. */
static void repetition_takes_no_room(void **state)
{
	(void)state;
	mappings_exec(m, 1, 1);
	for (u64 ts = 2; ts < 100000; ts++)
		map(1, ts, 0x1000, 0x2000, 1);
	assert_int_equal(mappings_lost(m), 0);
	map(1, 100000, 0x1800, 0x2800, 2);
	map(1, 100001, 0x1000, 0x2000, 1);
	assert_int_equal(at(1, 100000, 0x1900), 2);
	assert_int_equal(at(1, 100001, 0x1900), 1);
}

static void what_is_over_is_forgotten(void **state)
{
	(void)state;
	for (u32 pid = 1; pid <= 5000; pid++) {
		mappings_fork(m, pid, pid > 1 ? pid - 1 : 0, 10 * pid);
		mappings_exec(m, pid, 10 * pid + 1);
		map(pid, 10 * pid + 2, 0x1000, 0x2000, pid);
		mappings_exit(m, pid, 10 * pid + 5);
		if (pid % 100 == 0)
			mappings_forget(m, 10 * (pid - 50), always_gone);
	}
	assert_int_equal(mappings_lost(m), 0);
	assert_true(mappings_cnt(m) < 600);
	assert_int_equal(at(4990, 49904, 0x1000), 4990);
	assert_int_equal(at(4990, 49905, 0x1000), -1);
	assert_int_equal(at(100, 1004, 0x1000), -1);
}

static void limits_are_kept_and_counted(void **state)
{
	(void)state;
	for (u32 pid = 1; pid <= 2000; pid++)
		mappings_exec(m, pid, 1);
	assert_int_equal(mappings_cnt(m), 1000);
	assert_int_equal(mappings_lost(m), 1000);
	for (u32 i = 0; i < 30000; i++)
		map(1 + i % 10, 2, 0x1000ull * i, 0x1000ull * i + 0x1000, 1);
	assert_int_equal(mappings_lost(m), 1000 + 10000);
}

/* Any events in any order: nothing freed is touched, and what is found holds the address. */
static void random_events_do_no_harm(void **state)
{
	(void)state;
	srandom(5);
	for (int i = 0; i < 200000; i++) {
		u32 pid = (u32)random() % 20, other = (u32)random() % 20;
		u64 ts = (u64)i / 2 + (u64)random() % 100, start = 0x1000ull * (random() % 32);
		struct mapping r = { .start = start, .end = start + 0x2000, .object = pid };

		switch (random() % 10) {
		case 0:
			mappings_exec(m, pid, ts);
			break;
		case 1:
		case 2:
			mappings_fork(m, pid, other, ts);
			break;
		case 3:
			mappings_exit(m, pid, ts);
			break;
		case 4:
			mappings_scan(m, pid, &r, random() % 2);
			break;
		case 5:
			if (random() % 20 == 0)
				mappings_forget(m, ts > 200 ? ts - 200 : 0, always_gone);
			break;
		case 6:
			take_rows();
			break;
		case 7:
			if (mappings_find(m, pid, ts, start + 5, &r))
				assert_true(r.start <= start + 5 && start + 5 < r.end);
			break;
		default:
			map(pid, ts, start, start + 0x1000 * (1 + (u64)random() % 3), pid);
		}
	}
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(mapping_holds_from_its_time_until_another_lies_over_it),
		CASE(exec_begins_a_new_space_and_the_old_one_stays_for_the_past),
		CASE(fork_inherits_what_held_then),
		CASE(chains_of_forks_are_found_through),
		CASE(number_that_is_used_again_is_another_process),
		CASE(order_of_arrival_does_not_matter),
		CASE(scan_adds_what_events_did_not_tell),
		CASE(child_of_an_unknown_process_asks_for_its_parent),
		CASE(rows_are_given_once_and_only_of_used_processes),
		CASE(repetition_takes_no_room),
		CASE(what_is_over_is_forgotten),
		CASE(limits_are_kept_and_counted),
		CASE(random_events_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
