/* tests/record/test_queue.c -- pieces between two threads: order, bounds, the end. */
#include "record/queue.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static u64 mono_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000000000ull + (u64)ts.tv_nsec;
}

static void pieces_are_bounded_and_come_back(void **state)
{
	struct queue *q = queue_new(2);
	struct piece *a = queue_take_free(q), *b = queue_take_free(q);
	bool is_over;

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	assert_null(queue_take_free(q));
	assert_true(queue_is_half_full(q));
	a->ts = 1;
	b->ts = 2;
	memset(a->data, 1, QUEUE_PIECE_SZ);
	memset(b->data, 2, QUEUE_PIECE_SZ);
	assert_int_equal(a->data[QUEUE_PIECE_SZ - 1], 1);
	queue_put_full(q, a);
	queue_put_full(q, b);
	assert_ptr_equal(queue_take_full(q, 0, &is_over), a);
	queue_put_free(q, a);
	assert_ptr_equal(queue_take_free(q), a);
	assert_ptr_equal(queue_take_full(q, 0, &is_over), b);
	assert_null(queue_take_full(q, 0, &is_over));
	assert_false(is_over);
	queue_put_free(q, b);
	assert_false(queue_is_half_full(q));
	queue_free(q);
}

static void waiting_ends_at_the_deadline(void **state)
{
	struct queue *q = queue_new(1);
	u64 before = mono_ns();
	bool is_over;

	(void)state;
	assert_null(queue_take_full(q, before + 20000000, &is_over));
	assert_true(mono_ns() - before >= 20000000);
	assert_false(is_over);
	queue_free(q);
}

static void closed_queue_gives_what_is_left_then_ends(void **state)
{
	struct queue *q = queue_new(1);
	struct piece *p = queue_take_free(q);
	bool is_over;

	(void)state;
	queue_put_full(q, p);
	queue_close(q);
	assert_ptr_equal(queue_take_full(q, mono_ns() + 1000000000, &is_over), p);
	assert_false(is_over);
	assert_null(queue_take_full(q, mono_ns() + 1000000000, &is_over));
	assert_true(is_over);
	queue_free(q);
}

#define N 20000u

static void *produce(void *arg)
{
	struct queue *q = arg;

	for (u64 i = 0; i < N;) {
		struct piece *p = queue_take_free(q);

		if (!p) {
			sched_yield();
			continue;
		}
		p->ts = i;
		memcpy(p->data, &i, sizeof(i));
		queue_put_full(q, p);
		i++;
	}
	queue_close(q);
	return NULL;
}

static void order_holds_between_threads(void **state)
{
	struct queue *q = queue_new(4);
	bool is_over = false;
	pthread_t t;
	u64 want = 0;

	(void)state;
	pthread_create(&t, NULL, produce, q);
	while (!is_over) {
		struct piece *p = queue_take_full(q, mono_ns() + 1000000000, &is_over);

		if (!p)
			continue;
		assert_int_equal(p->ts, want);
		assert_memory_equal(p->data, &want, sizeof(want));
		want++;
		queue_put_free(q, p);
	}
	pthread_join(t, NULL);
	assert_int_equal(want, N);
	queue_free(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_bounded_and_come_back),
		cmocka_unit_test(waiting_ends_at_the_deadline),
		cmocka_unit_test(closed_queue_gives_what_is_left_then_ends),
		cmocka_unit_test(order_holds_between_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
