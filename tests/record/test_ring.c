/* tests/record/test_ring.c -- a ring in memory, laid out and filled as the kernel does it. */
#include "record/ring.h"

#include <errno.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/fake_ring.h"

#define RING_SZ 4096u

static int fake_setup(void **state)
{
	*state = fake_ring_new(RING_SZ);
	return *state ? 0 : -1;
}

static int fake_teardown(void **state)
{
	fake_ring_free(*state);
	return 0;
}

static u32 *fake_put(struct fake_ring *f, u32 len, u64 val, u32 flags)
{
	u32 *head = fake_ring_reserve(f, len);

	if (head) {
		memcpy(head + 2, &val, sizeof(val));
		fake_ring_finish(head, flags);
	}
	return head;
}

static void empty_ring_gives_nothing(void **state)
{
	struct fake_ring *f = *state;
	const u8 *run;

	assert_int_equal(ring_peek(&f->ring, 1 << 20, &run), 0);
	assert_int_equal(ring_used(&f->ring), 0);
}

static void busy_record_ends_the_run_until_it_is_committed(void **state)
{
	struct fake_ring *f = *state;
	const u8 *run, *rec;
	u32 *busy, sz;
	size_t off = 0;

	fake_put(f, 8, 1, 0);
	busy = fake_ring_reserve(f, 8);
	fake_put(f, 8, 3, 0);
	assert_int_equal(ring_peek(&f->ring, 1 << 20, &run), 16);
	ring_release(&f->ring, 16);
	assert_int_equal(ring_peek(&f->ring, 1 << 20, &run), 0);
	assert_int_equal(ring_used(&f->ring), 32);
	fake_ring_finish(busy, 0);
	assert_int_equal(ring_peek(&f->ring, 1 << 20, &run), 32);
	assert_int_equal(ring_run_next(run, 32, &off, &rec, &sz), 1);
	assert_int_equal(sz, 8);
	assert_int_equal(ring_run_next(run, 32, &off, &rec, &sz), 1);
	assert_int_equal(rec[0], 3);
	assert_int_equal(ring_run_next(run, 32, &off, &rec, &sz), 0);
}

static void discarded_records_are_passed_over(void **state)
{
	struct fake_ring *f = *state;
	const u8 *run, *rec;
	size_t off = 0, n;
	u32 sz;

	fake_put(f, 24, 1, BPF_RINGBUF_DISCARD_BIT);
	fake_put(f, 8, 2, 0);
	fake_put(f, 8, 3, BPF_RINGBUF_DISCARD_BIT);
	n = ring_peek(&f->ring, 1 << 20, &run);
	assert_int_equal(n, 64);
	assert_int_equal(ring_run_next(run, n, &off, &rec, &sz), 1);
	assert_int_equal(rec[0], 2);
	assert_int_equal(ring_run_next(run, n, &off, &rec, &sz), 0);
}

static void peek_stops_before_the_maximum_but_gives_one_record(void **state)
{
	struct fake_ring *f = *state;
	const u8 *run;

	fake_put(f, 100, 1, 0); /* 112 bytes with its header */
	fake_put(f, 100, 2, 0);
	assert_int_equal(ring_peek(&f->ring, 16, &run), 112);
	assert_int_equal(ring_peek(&f->ring, 223, &run), 112);
	assert_int_equal(ring_peek(&f->ring, 224, &run), 224);
}

static void records_across_the_end_come_whole(void **state)
{
	struct fake_ring *f = *state;
	u64 want = 0, n_got = 0;

	/* 56-byte records do not divide the ring: every lap has one across the end. */
	for (u64 i = 0; i < 1000; i++) {
		const u8 *run, *rec;
		size_t n, off = 0;
		u32 sz;

		assert_non_null(fake_put(f, 41, i, 0));
		if (i % 7)
			continue;
		n = ring_peek(&f->ring, 1 << 20, &run);
		while (ring_run_next(run, n, &off, &rec, &sz) > 0) {
			u64 val;

			memcpy(&val, rec, 8);
			assert_int_equal(val, want++);
			assert_int_equal(sz, 41);
			n_got++;
		}
		ring_release(&f->ring, n);
	}
	assert_int_equal(n_got, 995);
}

static void length_beyond_the_producer_breaks_the_ring(void **state)
{
	struct fake_ring *f = *state;
	const u8 *run;
	u32 *head = fake_put(f, 8, 1, 0);

	*head = 4000;
	assert_int_equal(ring_peek(&f->ring, 1 << 20, &run), 0);
	assert_true(f->ring.is_broken);
}

static void run_with_a_bad_length_is_refused(void **state)
{
	u8 run[32] = { 200 };
	const u8 *rec;
	size_t off = 0;
	u32 sz;

	(void)state;
	assert_int_equal(ring_run_next(run, sizeof(run), &off, &rec, &sz), -EBADMSG);
	off = 28;
	assert_int_equal(ring_run_next(run, sizeof(run), &off, &rec, &sz), -EBADMSG);
}

#define STRESS_N 200000u

static void *stress_produce(void *arg)
{
	struct fake_ring *f = arg;

	for (u64 i = 0; i < STRESS_N;) {
		if (fake_put(f, 8 + (u32)(i % 5) * 9, i, i % 11 ? 0 : BPF_RINGBUF_DISCARD_BIT))
			i++;
		else
			sched_yield();
	}
	return NULL;
}

static void concurrent_producer_loses_and_reorders_nothing(void **state)
{
	struct fake_ring *f = *state;
	pthread_t t;
	u64 want = 0, n_got = 0, n_want = STRESS_N - (STRESS_N + 10) / 11;

	assert_int_equal(pthread_create(&t, NULL, stress_produce, f), 0);
	while (n_got < n_want) {
		const u8 *run, *rec;
		size_t n = ring_peek(&f->ring, 1024, &run), off = 0;
		u32 sz;

		if (!n)
			sched_yield();
		while (ring_run_next(run, n, &off, &rec, &sz) > 0) {
			u64 val;

			memcpy(&val, rec, 8);
			if (want % 11 == 0)
				want++;
			assert_int_equal(val, want);
			assert_int_equal(sz, 8 + (u32)(want % 5) * 9);
			want++;
			n_got++;
		}
		ring_release(&f->ring, n);
	}
	pthread_join(t, NULL);
	assert_int_equal(want, STRESS_N);
}

#define RING_TEST(f) cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RING_TEST(empty_ring_gives_nothing),
		RING_TEST(busy_record_ends_the_run_until_it_is_committed),
		RING_TEST(discarded_records_are_passed_over),
		RING_TEST(peek_stops_before_the_maximum_but_gives_one_record),
		RING_TEST(records_across_the_end_come_whole),
		RING_TEST(length_beyond_the_producer_breaks_the_ring),
		cmocka_unit_test(run_with_a_bad_length_is_refused),
		RING_TEST(concurrent_producer_loses_and_reorders_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
