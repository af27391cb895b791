/*
 * tests/format/test_moved.c -- blocks of rows that damage has moved about, in a tape whose INDEX is
 * as it was: rows are read, or it is said that they are missing.
 */
#include "tests/format/make.h"

#include <errno.h>

#include "format/access.h"
#include "format/crc32c.h"

#define BLOCKS 8
#define ROWS   100

/* Block i has the times 1000 * i + 1 .. 1000 * i + ROWS. */
static u8 *make_rows_tape(size_t *ret_sz)
{
	static struct tape_column col = { .role = TAPE_ROLE_TS,
					  .ref = TAPE_NONE,
					  .name = { "ts", 2 } };
	struct tape_schema s = { .name = STR("t"), .cols = &col, .col_cnt = 1 };
	struct tape_writer_opts o = { .uuid = { 1 } };
	struct row_batch *b;
	struct tape_writer *w;
	int fd = make_memfd();
	u8 *p;

	assert_int_equal(tape_writer_open(fd, &o, &w, NULL), 0);
	assert_int_equal(tape_writer_put_schemas(w, 1, &s, 1, NULL), 0);
	assert_int_equal(row_batch_new(&s, NULL, &b, NULL), 0);
	for (u64 i = 0; i < BLOCKS; i++) {
		for (u64 k = 1; k <= ROWS; k++)
			assert_int_equal(row_batch_add_words(b, &(u64){ 1000 * i + k }), 0);
		assert_int_equal(tape_writer_put_rows(w, b, NULL), 0);
	}
	assert_int_equal(tape_writer_finish(w, 9000, NULL, 0, NULL), 0);
	*ret_sz = tape_writer_stats(w).bytes;
	row_batch_free(b);
	tape_writer_close(w);
	p = malloc(*ret_sz);
	assert_int_equal(pread(fd, p, *ret_sz, 0), (ssize_t)*ret_sz);
	close(fd);
	return p;
}

static struct tape_reader *open_loaded(const u8 *p, size_t sz)
{
	struct tape_reader *r;

	assert_int_equal(tape_reader_open(make_fd_of(p, sz), NULL, &r, NULL), 0);
	assert_int_equal(tape_reader_load(r, NULL), 0);
	return r;
}

/* Blocks 2 and 5 have changed places; the copy of 2 stays where it was if @twice. */
static u8 *make_moved(bool twice, size_t *ret_sz)
{
	u8 *p = make_rows_tape(ret_sz), *was = malloc(*ret_sz);
	struct tape_reader *r = open_loaded(p, *ret_sz);
	const struct tape_index_entry *e;
	size_t len;
	u32 n;

	e = tape_reader_entries(r, &n);
	assert_int_equal(n, BLOCKS);
	assert_int_equal(e[2].stored_len, e[5].stored_len);
	len = sizeof(struct tape_block_header) + e[2].stored_len;
	memcpy(was, p, *ret_sz);
	memcpy(p + e[5].off, was + e[2].off, len);
	if (!twice)
		memcpy(p + e[2].off, was + e[5].off, len);
	free(was);
	tape_reader_close(r);
	return p;
}

struct seen {
	u64 rows[BLOCKS];
	u32 damages;
	u64 losses;
};

static struct seen read_range(const u8 *p, size_t sz, u64 from, u64 to)
{
	struct tape_reader *r = open_loaded(p, sz);
	struct tape_batch *b = tape_batch_new();
	struct seen seen = { .damages = 0 };
	struct tape_item it;
	int rc;

	tape_reader_set_range(r, from, to);
	while ((rc = tape_reader_next(r, &it, NULL)) > 0) {
		seen.damages += it.kind == TAPE_ITEM_DAMAGE;
		if (it.kind != TAPE_ITEM_ROWS)
			continue;
		assert_int_equal(tape_reader_decode(r, b, NULL), 1);
		seen.rows[tape_batch_cols(b)[0].v[0] / 1000] += tape_batch_cnt(b);
	}
	assert_int_equal(rc, 0);
	seen.losses = tape_reader_state(r)->loss_cnt;
	tape_batch_free(b);
	tape_reader_close(r);
	return seen;
}

static void all_rows_of_moved_blocks_are_read(void **state)
{
	struct seen seen;
	size_t sz;
	u8 *p = make_moved(false, &sz);

	(void)state;
	seen = read_range(p, sz, 0, UINT64_MAX);
	for (u32 i = 0; i < BLOCKS; i++)
		assert_int_equal(seen.rows[i], ROWS);
	free(p);
}

/* Whatever is asked for: it comes, or damage is said. */
static void a_range_of_moved_blocks_is_never_empty_in_silence(void **state)
{
	(void)state;
	for (int twice = 0; twice < 2; twice++) {
		size_t sz;
		u8 *p = make_moved(twice, &sz);

		for (u64 i = 0; i < BLOCKS; i++) {
			struct seen seen = read_range(p, sz, 1000 * i, 1000 * i + 999);

			if (i != 2 && i != 5)
				assert_int_equal(seen.damages, 0);
			assert_true(seen.rows[i] == ROWS || (seen.damages && seen.losses));
			if (i == 5)
				assert_true(seen.damages && seen.losses);
		}
		free(p);
	}
}

static void an_entry_whose_block_was_moved_is_damage_and_others_are_read(void **state)
{
	struct tape_batch *b = tape_batch_new();
	const struct tape_index_entry *e;
	struct tape_access *a;
	struct tape_reader *r;
	struct err err;
	size_t sz;
	u8 *p = make_moved(false, &sz);
	u32 n;

	(void)state;
	r = open_loaded(p, sz);
	a = tape_access_new(r);
	e = tape_reader_entries(r, &n);
	for (u32 i = 0; i < n; i++) {
		int want = i == 2 || i == 5 ? -EBADMSG : 1;

		assert_int_equal(tape_access_read(a, &e[i], b, &err), want);
		if (want < 0)
			assert_string_equal(err.msg, "the block is not what the index says");
		else
			assert_int_equal(tape_batch_cols(b)[0].v[0] / 1000, i);
	}
	tape_access_free(a);
	tape_batch_free(b);
	tape_reader_close(r);
	free(p);
}

/* Of a tape that is walked: block 2 says that it reaches as far as block 5 begins. */
static void a_block_that_says_it_is_longer_costs_no_other(void **state)
{
	struct tape_batch *b = tape_batch_new();
	const struct tape_index_entry *e;
	struct tape_access *a;
	struct tape_block_header h;
	struct tape_reader *r;
	u32 n, good = 0;
	size_t sz, end;
	u8 *p = make_rows_tape(&sz);

	(void)state;
	r = open_loaded(p, sz);
	e = tape_reader_entries(r, &n);
	end = e[7].off + sizeof(h) + ((e[7].stored_len + 7) & ~7u);
	memcpy(&h, p + e[2].off, sizeof(h));
	h.stored_len = (u32)(e[5].off - e[2].off - sizeof(h));
	h.header_crc = crc32c(0, &h, offsetof(struct tape_block_header, header_crc));
	memcpy(p + e[2].off, &h, sizeof(h));
	tape_reader_close(r);
	r = open_loaded(p, end);
	e = tape_reader_entries(r, &n);
	a = tape_access_new(r);
	for (u32 i = 0; i < n; i++)
		good += tape_access_read(a, &e[i], b, NULL) == 1 && tape_batch_cnt(b) == ROWS;
	assert_int_equal(good, BLOCKS - 1);
	assert_true(tape_reader_state(r)->damaged_blocks);
	tape_access_free(a);
	tape_batch_free(b);
	tape_reader_close(r);
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_rows_of_moved_blocks_are_read),
		cmocka_unit_test(a_range_of_moved_blocks_is_never_empty_in_silence),
		cmocka_unit_test(an_entry_whose_block_was_moved_is_damage_and_others_are_read),
		cmocka_unit_test(a_block_that_says_it_is_longer_costs_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
