/*
 * tests/format/test_walk.c -- damage of every kind costs at most the rows of the blocks it touches.
 */
#include "tests/format/make.h"

#include "format/block.h"

#define SEED 11

static const struct make_opts small = {
	.seed = SEED, .tables = 3, .rows = 900, .block_rows = 250, .repeat_bytes = 1 << 20
};
static const struct make_opts mixed = {
	.seed = SEED, .tables = 6, .rows = 600, .mixed_every = 50, .repeat_bytes = 1 << 20
};

struct blocks {
	struct tape_block_header h[4096];
	u64 off[4096];
	u32 n;
	u64 rows;
};

static void find_blocks(const u8 *p, size_t sz, struct blocks *b)
{
	b->n = 0;
	b->rows = 0;
	for (u64 at = 64; at + 64 <= sz; b->n++) {
		assert_in_range(b->n, 0, 4095);
		memcpy(&b->h[b->n], p + at, 64);
		assert_null(block_fault(&b->h[b->n], 0, &tape_limits_default, false));
		b->off[b->n] = at;
		b->rows += block_kind(b->h[b->n].type)->is_rows ? b->h[b->n].n_rows : 0;
		at += block_span(&b->h[b->n]);
	}
}

static u64 rows_of_block_at(const struct blocks *b, u64 pos)
{
	u64 rows = 0;

	for (u32 i = 0; i < b->n && b->off[i] <= pos; i++)
		rows = block_kind(b->h[i].type)->is_rows ? b->h[i].n_rows : 0;
	return rows;
}

static void a_flipped_bit_costs_at_most_its_block(void **state)
{
	static struct blocks blocks;
	const struct make_opts *opts[] = { &small, &mixed };

	(void)state;
	for (int k = 0; k < 120; k++) {
		struct make_counts n;
		size_t sz, at;
		u8 *p = make_bytes(opts[k % 2], &sz);
		u8 bit = (u8)(1 << mix(k + 1000) % 8);

		find_blocks(p, sz, &blocks);
		/* Every second flip hits a header. */
		at = k % 4 < 2 ? mix(k) % sz : blocks.off[mix(k) % blocks.n] + mix(k + 5000) % 64;
		p[at] ^= bit;
		n = read_all_as(make_fd_of(p, sz), SEED, true);
		assert_true(n.rc == 0);
		assert_true(n.rows <= blocks.rows);
		assert_true(blocks.rows - n.rows <= rows_of_block_at(&blocks, at));
		if (n.rows != blocks.rows)
			assert_true(n.damage_items > 0);
		free(p);
	}
}

static void a_truncated_tape_gives_all_whole_blocks(void **state)
{
	static struct blocks blocks;
	size_t sz;
	u8 *p = make_bytes(&small, &sz);

	(void)state;
	find_blocks(p, sz, &blocks);
	for (u32 i = 0; i < 3 * blocks.n; i++) {
		u32 at = i / 3;
		u64 into = i % 3 ? mix(i) % (64 + blocks.h[at].stored_len) : 0;
		u64 cut = blocks.off[at] + into;
		struct make_counts n, by_load;
		u64 rows = 0;

		for (u32 k = 0; k < at; k++)
			rows += block_kind(blocks.h[k].type)->is_rows ? blocks.h[k].n_rows : 0;
		n = read_all(make_fd_of(p, cut), SEED);
		by_load = read_all_as(make_fd_of(p, cut), SEED, true);
		assert_int_equal(n.rc, 0);
		assert_int_equal(n.rows, rows);
		assert_int_equal(by_load.rows, rows);
		assert_int_equal(n.damage_items, cut == blocks.off[at] ? 0 : 1);
	}
	free(p);
}

static void removed_and_repeated_stretches_cost_only_their_blocks(void **state)
{
	static struct blocks blocks;
	size_t sz;
	u8 *p = make_bytes(&mixed, &sz);

	(void)state;
	find_blocks(p, sz, &blocks);
	for (u32 k = 0; k < 60; k++) {
		size_t from = 64 + mix(k) % (sz - 64), len = mix(k + 99) % 5000;
		u8 *q = malloc(2 * sz);
		struct make_counts n;
		u64 touched = 0;

		if (from + len > sz)
			len = sz - from;
		memcpy(q, p, from);
		if (k % 3 == 0) { /* removed */
			memcpy(q + from, p + from + len, sz - from - len);
			n = read_all_as(make_fd_of(q, sz - len), SEED, true);
		} else if (k % 3 == 1) { /* zeroed */
			memset(q + from, 0, len);
			memcpy(q + from + len, p + from + len, sz - from - len);
			n = read_all_as(make_fd_of(q, sz), SEED, true);
		} else { /* there twice */
			memcpy(q + from, p + from, len);
			memcpy(q + from + len, p + from, sz - from);
			n = read_all_as(make_fd_of(q, sz + len), SEED, true);
		}
		for (u32 i = 0; i < blocks.n; i++) {
			if (blocks.off[i] < from + len &&
			    blocks.off[i] + block_span(&blocks.h[i]) > from)
				touched += rows_of_block_at(&blocks, blocks.off[i]);
		}
		assert_true(n.rc == 0);
		assert_true(n.rows <= blocks.rows);
		assert_true(blocks.rows - n.rows <= touched);
		free(q);
	}
	free(p);
}

/* What lies between them is read; blocks are neither early nor late, but theirs. */
static void swapped_stretches_cost_only_their_blocks(void **state)
{
	static struct blocks blocks;
	size_t sz;
	u8 *p = make_bytes(&mixed, &sz);

	(void)state;
	find_blocks(p, sz, &blocks);
	for (u32 k = 0; k < 60; k++) {
		u32 a = mix(k) % (blocks.n / 2), b = blocks.n / 2 + mix(k + 99) % (blocks.n / 3);
		u64 a_end = blocks.off[a + 2], b_end = blocks.off[b + 2];
		u64 from = k % 2 ? blocks.off[a] : blocks.off[a] + 8;
		struct make_counts n;
		u64 at = from, touched = 0;
		u8 *q = malloc(sz);

		memcpy(q, p, from);
		memcpy(q + at, p + blocks.off[b], b_end - blocks.off[b]);
		at += b_end - blocks.off[b];
		memcpy(q + at, p + a_end, blocks.off[b] - a_end);
		at += blocks.off[b] - a_end;
		memcpy(q + at, p + from, a_end - from);
		memcpy(q + at + a_end - from, p + b_end, sz - b_end);
		n = read_all_as(make_fd_of(q, sz), SEED, true);
		for (u32 i = a; i < b + 2; i++)
			touched += i >= a + 2 && i < b ?
					   0 :
					   rows_of_block_at(&blocks, blocks.off[i]);
		assert_int_equal(n.rc, 0);
		assert_true(n.rows <= blocks.rows);
		assert_true(blocks.rows - n.rows <= (k % 2 && a > 3 ? 0 : touched));
		assert_true(n.damage_items > 0);
		free(q);
	}
	free(p);
}

static void a_damaged_file_header_is_survived(void **state)
{
	struct make_counts n;
	size_t sz;
	u8 *p = make_bytes(&small, &sz);

	(void)state;
	memset(p, 0xaa, 64);
	n = read_all(make_fd_of(p, sz), SEED);
	assert_int_equal(n.rc, 0);
	assert_int_equal(n.rows, 2700);
	assert_int_equal(n.damage_items, 1);
	free(p);
}

/* The first good block may be far behind a header that is not. */
static void a_damaged_header_before_a_damaged_stretch_is_survived(void **state)
{
	const size_t junk = 600000;
	struct make_counts n;
	size_t sz;
	u8 *p = make_bytes(&small, &sz), *q = malloc(sz + junk);

	(void)state;
	memset(q, 0xaa, 64 + junk);
	memcpy(q + 64 + junk, p + 64, sz - 64);
	n = read_all(make_fd_of(q, sz + junk), SEED);
	assert_int_equal(n.rc, 0);
	assert_int_equal(n.rows, 2700);
	free(q);
	free(p);
}

static void every_byte_of_damage_is_reported(void **state)
{
	struct tape_reader *r;
	struct tape_item it;
	u64 bytes = 64, last = 0;
	u32 corrupt = 0;
	size_t sz;
	u8 *p = make_bytes(&small, &sz);

	(void)state;
	memset(p + sz / 2, 0x55, 100);
	assert_int_equal(tape_reader_open(make_fd_of(p, sz), NULL, &r, NULL), 0);
	while (tape_reader_next(r, &it, NULL) > 0) {
		if (it.kind == TAPE_ITEM_DAMAGE)
			bytes += it.damage_len;
		else if (it.off != last) /* a MIXED block is an item a run */
			bytes += block_span(&it.block);
		last = it.off;
	}
	assert_int_equal(bytes, sz);
	assert_int_equal(tape_reader_state(r)->damaged_blocks, 1);
	for (u32 i = 0; i < tape_reader_state(r)->loss_cnt; i++)
		corrupt += tape_reader_state(r)->losses[i].cause == TAPE_LOSS_CORRUPT;
	assert_int_equal(corrupt, 1);
	tape_reader_close(r);
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flipped_bit_costs_at_most_its_block),
		cmocka_unit_test(a_truncated_tape_gives_all_whole_blocks),
		cmocka_unit_test(removed_and_repeated_stretches_cost_only_their_blocks),
		cmocka_unit_test(swapped_stretches_cost_only_their_blocks),
		cmocka_unit_test(a_damaged_file_header_is_survived),
		cmocka_unit_test(a_damaged_header_before_a_damaged_stretch_is_survived),
		cmocka_unit_test(every_byte_of_damage_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
