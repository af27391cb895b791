/*
 * tests/format/test_groups.c -- palettes, groups, and planes of noise: when columns get them, and
 * that hostile ones cost a column.
 */
#include "tests/format/encode_fixture.h"

#include "format/planes.h"

#define ROWS 4096

static u64 call_of(u32 i)
{
	return mix(i) % 7 * 100 - 200; /* also "negative" ones */
}

/* What follows from the call, and now and then from nothing. */
static u64 result_of(u32 i)
{
	return i % 97 ? call_of(i) * 1000003 : mix(i + 1);
}

static void begin_calls(struct fixture *f)
{
	begin(f, TAPE_PHYS_S64, 0, 0);
	for (u32 i = 0; i < ROWS; i++)
		add_words(f, call_of(i), result_of(i));
	encode(f);
	assert_int_equal(part(f, 1, 0)->enc, TAPE_ENC_PALETTE);
	assert_int_equal(part(f, 2, 0)->enc, TAPE_ENC_GROUP);
}

static struct tape_part *change(struct fixture *f, u32 id, u32 nth)
{
	return (struct tape_part *)part(f, id, nth);
}

static struct decode_job job_of(struct fixture *f)
{
	return (struct decode_job){ .schema = &f->schema,
				    .n_rows = ROWS,
				    .payload = f->out.data,
				    .len = f->out.len,
				    .dicts = f->dicts };
}

static void assert_lost(struct fixture *f, bool first, bool second)
{
	struct decode_job job = job_of(f);

	assert_int_equal(decode_rows(&f->dec, &job, f->batch), 1);
	assert_int_equal(tape_batch_info(f->batch)[1].is_damaged, first);
	assert_int_equal(tape_batch_info(f->batch)[2].is_damaged, second);
}

static void few_words_are_a_palette_and_a_byte_each(void **state)
{
	const struct tape_part *p;
	struct fixture f;

	(void)state;
	begin_calls(&f);
	p = part(&f, 1, 0);
	assert_int_equal(p->step, 7);
	assert_int_equal((s64)p->min, -200);
	assert_int_equal((s64)p->max, 400);
	assert_int_equal(p->raw, p->step * p->width + ROWS);
	assert_int_equal(p->flags & TAPE_PART_ZONE, TAPE_PART_ZONE);
	for (u32 i = 0; i < ROWS; i++)
		assert_int_equal(decode(&f)[1].v[i], (s64)call_of(i));
	end(&f);
}

static void values_that_follow_a_key_stand_together_and_come_back(void **state)
{
	u8 only_second[3] = { 0, 0, 1 };
	struct decode_job job;
	struct fixture f;

	(void)state;
	begin_calls(&f);
	assert_int_equal(part(&f, 2, 0)->aux, 1);
	assert_int_equal(part(&f, 2, 0)->stored, 0);
	for (u32 i = 0; i < ROWS; i++)
		assert_int_equal(decode(&f)[2].v[i], (s64)result_of(i));
	/* the key need not be wanted */
	job = job_of(&f);
	job.want = only_second;
	assert_int_equal(decode_rows(&f.dec, &job, f.batch), 1);
	for (u32 i = 0; i < ROWS; i++)
		assert_int_equal(tape_batch_cols(f.batch)[2].v[i], (s64)result_of(i));
	end(&f);
}

static void a_palette_has_256_words_and_no_more(void **state)
{
	(void)state;
	for (u32 cnt = 256; cnt <= 257; cnt++) {
		struct fixture f;

		begin(&f, TAPE_PHYS_U64, 0, 0);
		for (u32 i = 0; i < ROWS; i++)
			add_words(&f, mix(mix(i) % cnt), i);
		for (u32 i = 0; i < cnt; i++)
			add_words(&f, mix(i), i);
		encode(&f);
		assert_int_equal(part(&f, 1, 0)->enc, cnt == 256 ? TAPE_ENC_PALETTE : TAPE_ENC_RAW);
		for (u32 i = 0; i < ROWS; i++)
			assert_true((u64)decode(&f)[1].v[i] == mix(mix(i) % cnt));
		end(&f);
	}
}

static void rows_that_no_key_explains_stay_where_they_are(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, TAPE_PHYS_U64, 0, 0);
	for (u32 i = 0; i < ROWS; i++)
		add_words(&f, call_of(i) + 200, mix(i + 7) % 100000);
	encode(&f);
	assert_int_equal(part(&f, 1, 0)->enc, TAPE_ENC_PALETTE);
	assert_int_equal(part(&f, 2, 0)->enc, TAPE_ENC_FOR);
	end(&f);
}

static void strings_of_a_dictionary_are_grouped_too(void **state)
{
	static const char *const names[] = { "bash", "cc1", "a name that is longer than most", "",
					     "python3" };
	struct fixture f;

	(void)state;
	begin(&f, TAPE_PHYS_U64, 0, 0);
	f.cols[2].phys = TAPE_PHYS_BYTES;
	f.cols[2].dict = 1;
	row_batch_free(f.rows);
	assert_int_equal(row_batch_new(&f.schema, NULL, &f.rows, NULL), 0);
	for (u32 i = 0; i < ROWS; i++)
		add(&f, (struct row_cell){ .word = 3000 + 400 * (mix(i) % 5) },
		    text(names[mix(i) % 5]));
	encode(&f);
	f.dicts[1] = dict_new();
	for (u32 i = 0; i < ROWS; i++) { /* in the order the encoder met them */
		struct str s = str_of(names[mix(i) % 5]);
		u32 hash = dict_hash(s.s, s.len);

		if (dict_find(f.dicts[1], hash, s) < 0)
			dict_add(f.dicts[1], hash, s);
	}
	assert_int_equal(part(&f, 2, 0)->enc, TAPE_ENC_GROUP);
	assert_int_equal(part(&f, 2, 1)->enc, TAPE_ENC_DICT);
	for (u32 i = 0; i < ROWS; i += 13) {
		const struct tape_col *c = &decode(&f)[2];
		struct str s = { (const char *)c->bytes + c->off[i], c->off[i + 1] - c->off[i] };

		assert_true(str_is(s, names[mix(i) % 5]));
	}
	end(&f);
}

static void columns_with_nulls_are_neither_grouped_nor_keys(void **state)
{
	struct row_cell null = { .is_null = true };
	struct fixture f;

	(void)state;
	begin(&f, TAPE_PHYS_S64, 0, 0);
	for (u32 i = 0; i < ROWS; i++)
		add(&f, i == 5 ? null : (struct row_cell){ .word = call_of(i) },
		    (struct row_cell){ .word = result_of(i) });
	encode(&f);
	assert_int_equal(part(&f, 1, 0)->enc, TAPE_ENC_NULLS);
	assert_int_not_equal(part(&f, 2, 0)->enc, TAPE_ENC_GROUP);
	assert_int_equal(decode(&f)[2].v[17], (s64)result_of(17));
	end(&f);
}

/* The lowest byte of these is noise, the next one hardly changes. */
static void planes_of_noise_have_frames_of_their_own(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, TAPE_PHYS_U64, 0, 0);
	for (u32 i = 0; i < ROWS; i++)
		add_words(&f, mix(i) % 256 + (i % 8 ? 0 : mix(i) >> 40 & 0xf00), i);
	encode(&f);
	assert_int_equal(part(&f, 1, 0)->enc, TAPE_ENC_FOR);
	assert_int_equal(part(&f, 1, 0)->width, 2);
	assert_int_equal(part(&f, 1, 0)->flags & TAPE_PART_ZSTD, TAPE_PART_ZSTD);
	/* as one frame it would have been kept as it is, or be larger than the noise and a bit */
	assert_true(part(&f, 1, 0)->stored < ROWS + ROWS / 4);
	for (u32 i = 0; i < ROWS; i++)
		assert_true((u64)decode(&f)[1].v[i] ==
			    mix(i) % 256 + (i % 8 ? 0 : mix(i) >> 40 & 0xf00));
	end(&f);
}

/* 24 values of the lowest byte are five bits, no noise. */
static void times_of_uneven_steps_are_packed(void **state)
{
	struct fixture f;
	u64 ts = 1000;

	(void)state;
	begin(&f, TAPE_PHYS_U64, 0, 0);
	for (u32 i = 0; i < ROWS; i++) {
		struct row_cell cells[3] = { { .word = ts }, { .word = 0 }, { .word = 0 } };

		assert_true(row_batch_add(f.rows, cells) >= 0);
		ts += mix(i) % 24 * 10 + (i % 50 ? 0 : mix(i) >> 40 & 0xff00);
	}
	encode(&f);
	assert_int_equal(part(&f, 0, 0)->enc, TAPE_ENC_DELTA);
	assert_int_equal(part(&f, 0, 0)->width, 2);
	assert_true(part(&f, 0, 0)->stored < ROWS - ROWS / 5);
	ts = 1000;
	for (u32 i = 0; i < ROWS; i++) {
		assert_int_equal(decode(&f)[0].v[i], ts);
		ts += mix(i) % 24 * 10 + (i % 50 ? 0 : mix(i) >> 40 & 0xff00);
	}
	end(&f);
}

static void a_bad_palette_loses_its_column_and_those_grouped_by_it(void **state)
{
	static const u32 steps[] = { 0, 1, 257, UINT32_MAX };

	(void)state;
	for (size_t k = 0; k < countof(steps) + 1; k++) {
		struct fixture f;

		begin_calls(&f);
		if (k < countof(steps))
			change(&f, 1, 0)->step = steps[k];
		else
			change(&f, 1, 0)->width = 9;
		assert_lost(&f, true, true);
		end(&f);
	}
}

/* A number of a row that is behind the palette: its bytes are not packed here. */
static void a_number_beyond_the_palette_loses_the_column(void **state)
{
	struct fixture f;
	u64 raw;

	(void)state;
	begin_calls(&f);
	buf_reset(&f.out);
	assert_int_equal(encoder_put_rows(f.enc, f.rows, true, &f.out, &raw), 0);
	change(&f, 1, 0)->step--; /* the size is wrong, too */
	change(&f, 1, 0)->raw -= part(&f, 1, 0)->width;
	assert_lost(&f, true, true);
	end(&f);
}

static void a_key_that_is_none_loses_what_is_grouped_by_it(void **state)
{
	static const u64 keys[] = { 0, 2, 3, 65536, UINT64_MAX };

	(void)state;
	for (size_t k = 0; k < countof(keys); k++) {
		struct fixture f;

		begin_calls(&f);
		change(&f, 2, 0)->aux = keys[k];
		assert_lost(&f, false, true);
		end(&f);
	}
}

static void more_parts_than_a_column_may_have_lose_that_column(void **state)
{
	struct row_cell elems[2] = { { .word = 7 }, { .is_null = true } };
	struct tape_part *p;
	struct fixture f;

	(void)state;
	begin(&f, TAPE_PHYS_U64, TAPE_COL_LIST, 0);
	for (u32 i = 0; i < ROWS; i++)
		add(&f, (struct row_cell){ .p = elems, .len = i % 3 },
		    (struct row_cell){ .p = elems, .len = 2 });
	encode(&f);
	p = change(&f, 2, 0);
	for (u32 i = 0; i < 3; i++) /* LIST, NULLS and the value of the second are the first's */
		p[i].col_id = 1;
	assert_lost(&f, true, true);
	assert_false(tape_batch_info(f.batch)[0].is_damaged);
	assert_int_equal(tape_batch_cols(f.batch)[0].v[9], 1009);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_words_are_a_palette_and_a_byte_each),
		cmocka_unit_test(values_that_follow_a_key_stand_together_and_come_back),
		cmocka_unit_test(a_palette_has_256_words_and_no_more),
		cmocka_unit_test(rows_that_no_key_explains_stay_where_they_are),
		cmocka_unit_test(strings_of_a_dictionary_are_grouped_too),
		cmocka_unit_test(columns_with_nulls_are_neither_grouped_nor_keys),
		cmocka_unit_test(planes_of_noise_have_frames_of_their_own),
		cmocka_unit_test(times_of_uneven_steps_are_packed),
		cmocka_unit_test(a_bad_palette_loses_its_column_and_those_grouped_by_it),
		cmocka_unit_test(a_number_beyond_the_palette_loses_the_column),
		cmocka_unit_test(a_key_that_is_none_loses_what_is_grouped_by_it),
		cmocka_unit_test(more_parts_than_a_column_may_have_lose_that_column),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
