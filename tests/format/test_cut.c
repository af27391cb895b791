/*
 * tests/format/test_cut.c -- tapes without their end: by their last CHECKPOINT and INDEX they say
 * what walking all their headers says.
 */
#include "tests/format/make.h"

#include "format/block.h"
#include "format/reader_priv.h"
#include "format/writer_priv.h"

#define SEED 5

static void put_index(struct tape_writer *w, u64 ts, u32 *n UNUSED)
{
	assert_int_equal(writer_put_index(w, ts, NULL), 0);
}

static const struct make_opts opts = {
	.seed = SEED,
	.tables = 3,
	.rows = 1200,
	.mixed_every = 40,
	.repeat_bytes = 1 << 20,
	.no_finish = true,
	.more = put_index,
};

static struct tape_reader *load(const u8 *p, size_t sz, u64 walk_max)
{
	struct tape_reader *r;

	assert_int_equal(tape_reader_open(make_fd_of(p, sz), NULL, &r, NULL), 0);
	r->walk_max = walk_max;
	assert_int_equal(tape_reader_load(r, NULL), 0);
	return r;
}

struct sums {
	u64 rows, numbers, damage_items;
};

/* Front to back, behind the loading. */
static struct sums read_on(struct tape_reader *r)
{
	struct tape_batch *b = tape_batch_new();
	struct sums s = { 0 };
	struct tape_item it;
	int rc;

	while ((rc = tape_reader_next(r, &it, NULL)) > 0) {
		s.damage_items += it.kind == TAPE_ITEM_DAMAGE;
		if (it.kind != TAPE_ITEM_ROWS || tape_reader_decode(r, b, NULL) != 1)
			continue;
		for (u32 i = 0; i < tape_batch_cnt(b); i++)
			s.numbers += check_row(b, i, SEED, NULL);
		s.rows += tape_batch_cnt(b);
	}
	assert_int_equal(rc, 0);
	tape_batch_free(b);
	return s;
}

/* Both ways say the same; whether the short one was taken. */
static bool is_same(const u8 *p, size_t sz)
{
	struct tape_reader *r = load(p, sz, 0), *walked = load(p, sz, UINT64_MAX);
	const struct tape_state *s = tape_reader_state(r), *t = tape_reader_state(walked);
	const struct tape_index_entry *e, *f;
	struct sums a, b;
	bool is_short = r->end_off;
	u32 n, m;

	e = tape_reader_entries(r, &n);
	f = tape_reader_entries(walked, &m);
	assert_int_equal(n, m);
	assert_memory_equal(e, f, n * sizeof(*e));
	assert_int_equal(walked->end_off, 0);
	assert_int_equal(s->loss_cnt, t->loss_cnt);
	assert_int_equal(s->log_cnt, t->log_cnt);
	assert_int_equal(s->task_cnt, t->task_cnt);
	assert_int_equal(s->damaged_blocks, t->damaged_blocks);
	assert_int_equal(s->damaged_rows, t->damaged_rows);
	assert_int_equal(s->checkpoint.watermark, t->checkpoint.watermark);
	a = read_on(r);
	b = read_on(walked);
	assert_memory_equal(&a, &b, sizeof(a));
	tape_reader_close(r);
	tape_reader_close(walked);
	return is_short;
}

static void wherever_it_is_cut_the_last_checkpoint_says_what_walking_says(void **state)
{
	u32 tried = 0, is_short = 0;
	size_t sz;
	u8 *p = make_bytes(&opts, &sz);

	(void)state;
	for (size_t cut = sz; cut > 1000; cut -= cut > 977 ? 977 : cut, tried++)
		is_short += is_same(p, cut);
	assert_true(tried > 100);
	/* before the first CHECKPOINT behind an INDEX there is none */
	assert_in_range(is_short, tried * 8 / 10, tried - 1);
	free(p);
}

/* The place of the block of this type that is last before @end. */
static size_t last_block(const u8 *p, size_t end, u16 type)
{
	struct tape_block_header h;
	size_t at = sizeof(struct tape_file_header), found = 0;

	for (; at + sizeof(h) <= end; at += block_span(&h)) {
		memcpy(&h, p + at, sizeof(h));
		found = h.type == type ? at : found;
	}
	assert_true(found);
	return found;
}

static void a_chain_with_a_bad_index_is_not_believed(void **state)
{
	size_t sz, at, before;
	u8 *p = make_bytes(&opts, &sz);

	(void)state;
	assert_true(is_same(p, sz));
	at = last_block(p, sz, TAPE_INDEX);
	before = last_block(p, at, TAPE_INDEX);
	p[before + sizeof(struct tape_block_header) + 20] ^= 1;
	assert_false(is_same(p, sz));
	free(p);
}

static void blocks_that_come_again_behind_the_index_give_no_row_twice(void **state)
{
	size_t sz, at, len;
	u8 *p = make_bytes(&opts, &sz);
	struct tape_block_header h;

	(void)state;
	at = last_block(p, last_block(p, sz, TAPE_INDEX), TAPE_MIXED);
	memcpy(&h, p + at, sizeof(h));
	len = block_span(&h);
	p = realloc(p, sz + len);
	assert_non_null(p);
	memcpy(p + sz, p + at, len);
	assert_true(is_same(p, sz + len));
	free(p);
}

static void damage_before_the_index_is_found_where_it_is_read(void **state)
{
	size_t sz, at;
	u8 *p = make_bytes(&opts, &sz);
	struct tape_reader *r, *walked;
	struct tape_block_header h;
	struct sums a, b;

	(void)state;
	at = last_block(p, sz / 2, TAPE_MIXED);
	memcpy(&h, p + at, sizeof(h));
	p[at + sizeof(h) + 30] ^= 1;
	r = load(p, sz, 0);
	walked = load(p, sz, UINT64_MAX);
	assert_true(r->end_off);
	a = read_on(r);
	b = read_on(walked);
	assert_memory_equal(&a, &b, sizeof(a));
	assert_int_equal(a.damage_items, 1);
	assert_int_equal(tape_reader_state(r)->damaged_rows, h.n_rows);
	assert_int_equal(tape_reader_state(walked)->damaged_rows, h.n_rows);
	tape_reader_close(r);
	tape_reader_close(walked);
	free(p);
}

/* Good headers that lead nowhere, as many as there is room for. */
static void checkpoints_that_lie_cost_no_more_than_their_bytes(void **state)
{
	size_t head, sz, at, len;
	u8 *p = make_bytes(&opts, &head);
	struct tape_block_header h;
	struct tape_reader *r;

	(void)state;
	at = last_block(p, head, TAPE_CHECKPOINT);
	memcpy(&h, p + at, sizeof(h));
	len = block_span(&h);
	sz = head + len * 100000;
	p = realloc(p, sz);
	assert_non_null(p);
	/* the payload names an INDEX at 8: there is none */
	memset(p + at + sizeof(h) + 8 + 16, 0, 8);
	p[at + sizeof(h) + 8 + 16] = 8;
	for (u32 i = 0; i < 100000; i++) {
		h.seq++;
		block_seal(&h, h.session_tag, p + at + sizeof(h));
		memcpy(p + head + i * len, &h, sizeof(h));
		memcpy(p + head + i * len + sizeof(h), p + at + sizeof(h), len - sizeof(h));
	}
	r = load(p, sz, 0);
	assert_int_equal(r->end_off, 0);
	assert_true(r->load_work < 8 * sz);
	tape_reader_close(r);
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wherever_it_is_cut_the_last_checkpoint_says_what_walking_says),
		cmocka_unit_test(a_chain_with_a_bad_index_is_not_believed),
		cmocka_unit_test(blocks_that_come_again_behind_the_index_give_no_row_twice),
		cmocka_unit_test(damage_before_the_index_is_found_where_it_is_read),
		cmocka_unit_test(checkpoints_that_lie_cost_no_more_than_their_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
