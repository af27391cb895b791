/* tests/format/test_merge.c -- total order over blocks, tables and CPUs, with bounded memory. */
#include "tests/format/make.h"

#include "format/merge.h"

#define SEED 31

struct merged {
	u64 rows, items, out_of_order, sum;
	struct tape_merge_stats stats;
	int rc;
};

static struct merged merge_fd(int fd, const struct tape_merge_opts *o, const u8 *want)
{
	u64 ts = 0, cpu = 0, table = 0, seq = 0;
	struct merged n = { 0 };
	struct tape_reader *r;
	struct tape_merge *m;
	struct tape_run run;

	assert_int_equal(tape_reader_open(fd, NULL, &r, NULL), 0);
	for (u32 t = 0; want && t < MAKE_TABLES_MAX; t++)
		assert_int_equal(tape_reader_select(r, t, want, MAKE_COLS), 0);
	assert_int_equal(tape_merge_new(r, o, &m, NULL), 0);
	while ((n.rc = tape_merge_next(m, &run, NULL)) > 0) {
		const struct tape_col *c;

		n.items += run.item != NULL;
		if (run.item)
			continue;
		c = tape_batch_cols(run.batch);
		assert_true(run.begin < run.end && run.end <= tape_batch_cnt(run.batch));
		for (u32 i = run.begin; i < run.end; i++) {
			u64 k[] = { (u64)c[MAKE_TS].v[i], (u64)c[MAKE_CPU].v[i], run.schema->id,
				    (u64)c[MAKE_SEQ].v[i] };
			u64 was[] = { ts, cpu, table, seq };
			int at = 0;

			while (at < 3 && k[at] == was[at])
				at++;
			n.out_of_order += n.rows && k[at] < was[at];
			ts = k[0];
			cpu = k[1];
			table = k[2];
			seq = k[3];
			if (!want)
				n.sum += check_row(run.batch, i, SEED, NULL);
			n.rows++;
		}
	}
	n.stats = tape_merge_stats(m);
	tape_merge_free(m);
	tape_reader_close(r);
	return n;
}

static void rows_come_in_total_order(void **state)
{
	struct make_opts opts[] = {
		{ .seed = SEED, .tables = 5, .rows = 2000, .mixed_every = 100 },
		{ .seed = SEED, .tables = 3, .rows = 2000, .block_rows = 333 },
	};

	(void)state;
	for (int i = 0; i < 2; i++) {
		int fd = make_memfd();
		struct merged n;

		make_tape(fd, &opts[i]);
		n = merge_fd(fd, NULL, NULL);
		assert_int_equal(n.rc, 0);
		assert_int_equal(n.rows, opts[i].tables * opts[i].rows);
		assert_int_equal(n.out_of_order, 0);
		assert_int_equal(n.sum, opts[i].tables * (2000ull * 1999 / 2));
		assert_int_equal(n.stats.late_rows, 0);
		assert_int_equal(n.stats.unreleased_rows, 0);
		assert_true(n.items > 5);
	}
}

static void memory_holds_the_rows_between_two_checkpoints(void **state)
{
	struct make_opts few = { .seed = SEED, .tables = 2, .rows = 1000, .mixed_every = 100 };
	struct make_opts many = { .seed = SEED, .tables = 2, .rows = 10000, .mixed_every = 100 };
	int a = make_memfd(), b = make_memfd();
	struct merged na, nb;

	(void)state;
	make_tape(a, &few);
	make_tape(b, &many);
	na = merge_fd(a, NULL, NULL);
	nb = merge_fd(b, NULL, NULL);
	assert_int_equal(nb.rows, 20000);
	assert_true(nb.stats.peak_mem < 2 * na.stats.peak_mem);
}

static void an_unfinished_tape_ends_at_its_watermark_unless_all_is_read(void **state)
{
	struct make_opts o = {
		.seed = SEED, .tables = 2, .rows = 1050, .mixed_every = 100, .no_finish = true
	};
	struct tape_merge_opts all = { .read_all = true };
	struct merged n;
	size_t sz;
	u8 *p = make_bytes(&o, &sz);

	(void)state;
	/* The last checkpoint is the last block: without it the rows of the last flush are open. */
	for (sz -= 64; memcmp(p + sz, TAPE_SYNC, 8); sz -= 8)
		;
	n = merge_fd(make_fd_of(p, sz), NULL, NULL);
	assert_int_equal(n.rows, 2000);
	assert_int_equal(n.stats.unreleased_rows, 100);
	n = merge_fd(make_fd_of(p, sz), &all, NULL);
	assert_int_equal(n.rows, 2100);
	assert_int_equal(n.out_of_order, 0);
	assert_int_equal(n.stats.unreleased_rows, 0);
	free(p);
}

static void beyond_its_memory_it_gives_up_order_but_no_rows(void **state)
{
	struct make_opts o = { .seed = SEED, .tables = 4, .rows = 3000, .block_rows = 100 };
	struct tape_merge_opts tight = { .mem_max = 1 };
	int fd = make_memfd();
	struct merged n;

	(void)state;
	make_tape(fd, &o);
	n = merge_fd(fd, &tight, NULL);
	assert_int_equal(n.rc, 0);
	assert_int_equal(n.rows, 12000);
	assert_true(n.stats.late_rows > 0);
	assert_int_equal(n.sum, 4 * (3000ull * 2999 / 2));
}

static void the_keys_are_decoded_even_if_not_asked_for(void **state)
{
	static const u8 want[MAKE_COLS] = { [MAKE_RET] = 1 };
	struct make_opts o = { .seed = SEED, .tables = 3, .rows = 500, .mixed_every = 100 };
	int fd = make_memfd();
	struct merged n;

	(void)state;
	make_tape(fd, &o);
	n = merge_fd(fd, NULL, want);
	assert_int_equal(n.rows, 1500);
	assert_int_equal(n.out_of_order, 0);
}

enum { ORD_TS, ORD_CPU, ORD_ORDER, ORD_NTH, ORD_COLS };

static void put_table(struct tape_writer *w, const struct tape_schema *s, u32 n)
{
	struct row_batch *b;

	assert_int_equal(row_batch_new(s, NULL, &b, NULL), 0);
	/* Of each CPU 30 rows a time, which the tables have in turn; written backwards. */
	for (u32 i = n; i-- > 0;) {
		u32 cpu = i / 2 % 2, of_cpu = i % 2 + i / 4 * 2, place = of_cpu % 30;
		u64 words[ORD_COLS] = { 1000000 * (1 + of_cpu / 30), cpu, place, i };

		if (place % 2 == s->id)
			assert_true(row_batch_add_words(b, words) >= 0);
	}
	assert_int_equal(tape_writer_put_rows(w, b, NULL), 0);
	row_batch_free(b);
}

/* Times are of 1 ms here, so only the column says in which order two tables' rows fired. */
static void rows_of_a_time_and_cpu_are_in_the_order_of_their_column(void **state)
{
	static const struct tape_writer_opts wo = { .ts_quantum_ns = 1000000 };
	struct tape_column cols[ORD_COLS] = {
		{ ORD_TS, TAPE_PHYS_U64, TAPE_ROLE_TS, 0, TAPE_NONE, 0, { "ts", 2 }, { 0 }, { 0 } },
		{ ORD_CPU, 0, TAPE_ROLE_CPU, 0, TAPE_NONE, 0, { "cpu", 3 }, { 0 }, { 0 } },
		{ ORD_ORDER, 0, TAPE_ROLE_ORDER, 0, TAPE_NONE, 0, { "ord", 3 }, { 0 }, { 0 } },
		{ ORD_NTH, 0, TAPE_ROLE_LEAF, 0, TAPE_NONE, 0, { "nth", 3 }, { 0 }, { 0 } },
	};
	struct tape_schema s[2] = { { .id = 0, .cols = cols, .col_cnt = ORD_COLS },
				    { .id = 1, .cols = cols, .col_cnt = ORD_COLS } };
	int fd = make_memfd();
	struct tape_writer *w;
	struct tape_reader *r;
	struct tape_merge *m;
	struct tape_run run;
	u64 last = 0, rows = 0;

	(void)state;
	assert_int_equal(tape_writer_open(fd, &wo, &w, NULL), 0);
	assert_int_equal(tape_writer_put_schemas(w, 1, s, 2, NULL), 0);
	put_table(w, &s[0], 6000);
	put_table(w, &s[1], 6000);
	assert_int_equal(tape_writer_finish(w, 1, NULL, 0, NULL), 0);
	tape_writer_close(w);
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(tape_reader_open(fd, NULL, &r, NULL), 0);
	assert_int_equal(tape_merge_new(r, NULL, &m, NULL), 0);
	while (tape_merge_next(m, &run, NULL) > 0) {
		const struct tape_col *c = run.item ? NULL : tape_batch_cols(run.batch);

		for (u32 i = run.begin; c && i < run.end; i++, rows++) {
			u64 key = (u64)(c[ORD_TS].v[i] * 100 + c[ORD_CPU].v[i] * 40 +
					c[ORD_ORDER].v[i]);

			assert_true(key > last);
			last = key;
		}
	}
	assert_int_equal(rows, 6000);
	tape_merge_free(m);
	tape_reader_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_come_in_total_order),
		cmocka_unit_test(memory_holds_the_rows_between_two_checkpoints),
		cmocka_unit_test(an_unfinished_tape_ends_at_its_watermark_unless_all_is_read),
		cmocka_unit_test(beyond_its_memory_it_gives_up_order_but_no_rows),
		cmocka_unit_test(the_keys_are_decoded_even_if_not_asked_for),
		cmocka_unit_test(rows_of_a_time_and_cpu_are_in_the_order_of_their_column),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
