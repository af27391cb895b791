/*
 * tests/format/test_tolerance.c -- what a reader must not put up with, and what it must: tapes that
 * no writer of ours makes, good to the last checksum.
 */
#include "tests/format/make_limits.h"

#include "format/crc32c.h"

struct found {
	u32 logs, clocks, dict_entries;
	u64 rows, damaged_blocks, damaged_rows;
	u32 damages;
	char note[128]; /* of the last damage */
	int rc;
};

static struct found read_forged(const struct forge *f)
{
	struct tape_batch *b = tape_batch_new();
	struct found n = { 0 };
	const struct tape_state *s;
	struct tape_reader *r;
	struct tape_item it;
	struct err err;

	n.rc = tape_reader_open(make_fd_of(f->tape.data, f->tape.len), NULL, &r, &err);
	assert_int_equal(n.rc, 0);
	s = tape_reader_state(r);
	while ((n.rc = tape_reader_next(r, &it, &err)) > 0) {
		if (it.kind == TAPE_ITEM_ROWS && tape_reader_decode(r, b, &err) > 0)
			n.rows += tape_batch_cnt(b);
		n.damages += it.kind == TAPE_ITEM_DAMAGE;
	}
	n.logs = s->log_cnt;
	n.clocks = s->clock_cnt;
	n.damaged_blocks = s->damaged_blocks;
	n.damaged_rows = s->damaged_rows;
	for (u32 i = 0; i < s->loss_cnt; i++)
		snprintf(n.note, sizeof(n.note), "%.*s", (int)s->losses[i].note.len,
			 s->losses[i].note.s);
	tape_batch_free(b);
	tape_reader_close(r);
	return n;
}

/* The file header is sealed again after a change. */
static void set_header(struct forge *f, u16 major, u32 header_len)
{
	struct tape_file_header *h = (struct tape_file_header *)f->tape.data;

	h->major = major;
	h->header_len = header_len;
	h->crc = crc32c(0, h, offsetof(struct tape_file_header, crc));
}

static void a_file_header_that_makes_no_sense_is_damage(void **state)
{
	static const struct {
		u16 major;
		u32 header_len;
	} heads[] = { { 0, 64 }, { 1, 56 }, { 1, 0 }, { 1, 4104 }, { 1, UINT32_MAX } };

	(void)state;
	for (size_t i = 0; i < countof(heads); i++) {
		struct found n;
		struct forge f;

		forge_begin(&f);
		put_stored(&f, 64);
		set_header(&f, heads[i].major, heads[i].header_len);
		n = read_forged(&f);
		assert_int_equal(n.rc, 0);
		assert_int_equal(n.logs, 1);
		assert_int_equal(n.damages, 1);
		buf_fini(&f.tape);
	}
}

static void the_first_block_is_where_the_header_says(void **state)
{
	static const u8 zeros[4096 - 64];
	struct found n;
	struct forge f;

	(void)state;
	forge_begin(&f);
	buf_put(&f.tape, zeros, sizeof(zeros));
	put_stored(&f, 64);
	set_header(&f, 1, 4096);
	n = read_forged(&f);
	assert_int_equal(n.logs, 1);
	assert_int_equal(n.damages, 0);
	buf_fini(&f.tape);
}

/* Two sections, of which the second one's lengths do not sum to its bytes: none is kept. */
static void of_a_malformed_dict_block_no_entry_is_kept(void **state)
{
	struct tape_part parts[] = {
		{ .enc = TAPE_ENC_CONST },
		{ .col_id = 1, .enc = TAPE_ENC_DICT },
	};
	struct tape_dict_section sections[] = { { 1, 0, 1, 4 }, { 2, 0, 1, 4 } };
	struct tape_dicts head = { 2, 0 };

	(void)state;
	for (u32 wrong = 0; wrong < 3; wrong++) {
		struct tape_batch *batch = tape_batch_new();
		struct tape_reader *r;
		struct tape_item it;
		struct forge f;
		struct buf b;

		forge_begin(&f);
		put_schema(&f, 0, 2, (struct tape_column){ .phys = TAPE_PHYS_BYTES, .dict = 1 });
		buf_init(&b, 1 << 16);
		buf_put(&b, &head, sizeof(head));
		for (u32 i = 0; i < 2; i++) {
			buf_put(&b, &sections[i], sizeof(sections[i]));
			buf_put_u32(&b, i && wrong ? (wrong == 1 ? 3 : 5) : 4);
			buf_put(&b, "text", 4);
		}
		put_block(&f, (struct tape_block_header){ .type = TAPE_DICT }, &b);
		put_rows(&f, parts, 2, 0, 1);
		assert_int_equal(
			tape_reader_open(make_fd_of(f.tape.data, f.tape.len), NULL, &r, NULL), 0);
		while (tape_reader_next(r, &it, NULL) > 0) {
			if (it.kind == TAPE_ITEM_ROWS)
				assert_int_equal(tape_reader_decode(r, batch, NULL), 1);
		}
		assert_int_equal(tape_reader_state(r)->damaged_blocks, wrong != 0);
		assert_memory_equal(tape_batch_cols(batch)[1].bytes,
				    wrong ? "<lost dict 0>" : "text", wrong ? 13 : 4);
		tape_batch_free(batch);
		tape_reader_close(r);
		buf_fini(&f.tape);
		buf_fini(&b);
	}
}

static void raw_len_of_columns_is_what_their_directory_says(void **state)
{
	struct tape_part ts = { .enc = TAPE_ENC_CONST };

	(void)state;
	for (int off = -8; off <= 8; off += 8) {
		struct found n;
		struct forge f;
		struct buf b;
		u32 raw = make_rows(&b, &ts, 1, 0);

		forge_begin(&f);
		put_schema(&f, 0, 1, cols[0]);
		put_block(&f,
			  (struct tape_block_header){ .type = TAPE_EVENTS,
						      .codec = TAPE_CODEC_COLUMNS,
						      .n_rows = 10,
						      .raw_len = (u32)((int)raw + off) },
			  &b);
		n = read_forged(&f);
		assert_int_equal(n.rows, off ? 0 : 10);
		assert_int_equal(n.damaged_rows, off ? 10 : 0);
		buf_fini(&f.tape);
		buf_fini(&b);
	}
}

/* A part that is no frame and has two sizes, and a DELTA of nothing, lose their column only. */
static void a_part_of_two_sizes_loses_its_column(void **state)
{
	struct tape_part parts[] = {
		{ .enc = TAPE_ENC_CONST },
		{ .col_id = 1, .enc = TAPE_ENC_RAW, .width = 1 },
	};
	struct tape_part *last;
	struct tape_reader *r;
	struct tape_item it;
	struct tape_batch *batch = tape_batch_new();
	struct forge f;
	struct buf b;
	u32 raw;

	(void)state;
	forge_begin(&f);
	put_schema(&f, 0, 2, (struct tape_column){ 0 });
	raw = make_rows(&b, parts, 2, 10);
	last = (struct tape_part *)(b.data + sizeof(struct tape_columns)) + 1;
	last->stored = 9;
	put_block(&f,
		  (struct tape_block_header){ .type = TAPE_EVENTS,
					      .codec = TAPE_CODEC_COLUMNS,
					      .n_rows = 10,
					      .raw_len = raw },
		  &b);
	assert_int_equal(tape_reader_open(make_fd_of(f.tape.data, f.tape.len), NULL, &r, NULL), 0);
	while (tape_reader_next(r, &it, NULL) > 0) {
		if (it.kind == TAPE_ITEM_ROWS)
			assert_int_equal(tape_reader_decode(r, batch, NULL), 1);
	}
	assert_int_equal(tape_batch_cnt(batch), 10);
	assert_false(tape_batch_info(batch)[0].is_damaged);
	assert_true(tape_batch_info(batch)[1].is_damaged);
	assert_true(tape_reader_notes(r).has_lost_columns);
	tape_batch_free(batch);
	tape_reader_close(r);
	buf_fini(&f.tape);
	buf_fini(&b);
}

static void a_good_copy_behind_a_bad_block_is_read(void **state)
{
	struct found n;
	struct forge f;
	size_t at, len;

	(void)state;
	forge_begin(&f);
	put_row_cnt(&f, 10);
	at = f.tape.len;
	f.seq--; /* the same rows again, as block and as bytes */
	put_rows(&f, &(struct tape_part){ .enc = TAPE_ENC_CONST }, 1, 0, 10);
	len = f.tape.len - at;
	put_stored(&f, 64);
	n = read_forged(&f);
	assert_int_equal(n.rows, 10);
	assert_int_equal(n.damaged_rows, 0);
	f.tape.data[at - len + 70] ^= 1; /* the first one's payload */
	n = read_forged(&f);
	assert_int_equal(n.rows, 10);
	assert_int_equal(n.damaged_rows, 0);
	assert_int_equal(n.damaged_blocks, 0);
	assert_int_equal(n.damages, 1);
	f.tape.data[at + 70] ^= 1; /* and the copy's */
	n = read_forged(&f);
	assert_int_equal(n.rows, 0);
	assert_int_equal(n.damaged_rows, 10);
	assert_int_equal(n.damaged_blocks, 1);
	assert_int_equal(n.logs, 1);
	buf_fini(&f.tape);
}

/* 3 rows of table 5, which has no schema, and 2 in a run beside one of table 0, which has. */
static void put_orphans(struct forge *f)
{
	struct tape_part ts = { .enc = TAPE_ENC_CONST, .aux = 10 };
	struct tape_mixed_run runs[] = { { .n_rows = 1, .ts_min = 10, .ts_max = 10 },
					 { .stream = 5, .n_rows = 2, .ts_min = 10, .ts_max = 20 } };
	struct tape_mixed head = { countof(runs), 0 };
	struct tape_block_header h = { .type = TAPE_EVENTS,
				       .codec = TAPE_CODEC_COLUMNS,
				       .n_rows = 3,
				       .stream = 5,
				       .ts_min = 10,
				       .ts_max = 30 };
	struct buf rows, b;

	put_schema(f, 0, 1, cols[0]);
	h.raw_len = make_rows(&rows, &ts, 1, 0);
	put_block(f, h, &rows);
	buf_init(&b, 1 << 16);
	runs[0].len = runs[1].len = (u32)rows.len;
	runs[0].off = sizeof(head) + sizeof(runs);
	runs[1].off = runs[0].off + runs[0].len;
	buf_put(&b, &head, sizeof(head));
	buf_put(&b, runs, sizeof(runs));
	buf_put(&b, rows.data, rows.len);
	buf_put(&b, rows.data, rows.len);
	put_block(f, (struct tape_block_header){ .type = TAPE_MIXED, .n_rows = 3 }, &b);
	buf_fini(&rows);
	buf_fini(&b);
}

static void check_orphans(const struct tape_state *s)
{
	assert_int_equal(s->loss_cnt, 2);
	assert_int_equal(s->damaged_rows, 5);
	for (u32 i = 0; i < 2; i++) {
		assert_int_equal(s->losses[i].cause, TAPE_LOSS_CORRUPT);
		assert_int_equal(s->losses[i].table, 5);
		assert_int_equal(s->losses[i].count, 3 - i);
		assert_int_equal(s->losses[i].first_ts, 10);
		assert_int_equal(s->losses[i].last_ts, 30 - 10 * i);
	}
}

static void rows_without_a_schema_are_lost_once_and_by_their_table(void **state)
{
	struct tape_reader *r;
	struct tape_item it;
	struct forge f;

	(void)state;
	forge_begin(&f);
	put_orphans(&f);
	for (int load = 0; load < 2; load++) {
		u32 damages = 0, rows = 0;

		assert_int_equal(tape_reader_open(make_fd_of(f.tape.data, f.tape.len), NULL, &r,
						  NULL),
				 0);
		if (load) {
			assert_int_equal(tape_reader_load(r, NULL), 0);
			check_orphans(tape_reader_state(r));
		}
		while (tape_reader_next(r, &it, NULL) > 0) {
			damages += it.kind == TAPE_ITEM_DAMAGE;
			rows += it.kind == TAPE_ITEM_ROWS ? it.n_rows : 0;
		}
		assert_int_equal(damages, 2);
		assert_int_equal(rows, 1);
		check_orphans(tape_reader_state(r));
		tape_reader_close(r);
	}
	buf_fini(&f.tape);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_header_that_makes_no_sense_is_damage),
		cmocka_unit_test(the_first_block_is_where_the_header_says),
		cmocka_unit_test(of_a_malformed_dict_block_no_entry_is_kept),
		cmocka_unit_test(raw_len_of_columns_is_what_their_directory_says),
		cmocka_unit_test(a_part_of_two_sizes_loses_its_column),
		cmocka_unit_test(a_good_copy_behind_a_bad_block_is_read),
		cmocka_unit_test(rows_without_a_schema_are_lost_once_and_by_their_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
