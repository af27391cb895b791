/*
 * tests/format/test_encode.c -- which encoding a column gets, what it costs, and that it comes
 * back.
 */
#include "tests/format/encode_fixture.h"

#include <errno.h>

#define ROWS 1000

static void equal_values_are_const_and_store_nothing(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, TAPE_PHYS_S64, 0, 0);
	for (u32 i = 0; i < ROWS; i++)
		add_words(&f, (u64)-7, 0);
	encode(&f);
	assert_int_equal(part(&f, 1, 0)->enc, TAPE_ENC_CONST);
	assert_int_equal(part(&f, 1, 0)->stored, 0);
	assert_int_equal((s64)part(&f, 1, 0)->min, -7);
	for (u32 i = 0; i < ROWS; i++)
		assert_int_equal(decode(&f)[1].v[i], -7);
	end(&f);
}

static void equal_columns_are_sameas(void **state)
{
	u8 only_second[3] = { 0, 0, 1 };
	struct decode_job job;
	struct fixture f;

	(void)state;
	begin(&f, TAPE_PHYS_U64, 0, 0);
	for (u32 i = 0; i < ROWS; i++)
		add_words(&f, mix(i) % 1000, mix(i) % 1000);
	encode(&f);
	assert_int_equal(part(&f, 2, 0)->enc, TAPE_ENC_SAMEAS);
	assert_int_equal(part(&f, 2, 0)->aux, 1);
	/* Also when the other column is not asked for. */
	job = (struct decode_job){ &f.schema,	ROWS,	 f.out.data, f.out.len,
				   only_second, f.dicts, NULL,	     0,
				   0 };
	assert_int_equal(decode_rows(&f.dec, &job, f.batch), 1);
	assert_null(tape_batch_cols(f.batch)[1].v);
	for (u32 i = 0; i < ROWS; i++)
		assert_int_equal(tape_batch_cols(f.batch)[2].v[i], mix(i) % 1000);
	end(&f);
}

static void small_ranges_are_for_with_their_width(void **state)
{
	static const u64 spans[] = { 255,     256,	  65535,      65536,
				     1 << 24, UINT32_MAX, 1ull << 32, 1ull << 55 };
	static const u8 widths[] = { 1, 2, 2, 3, 4, 4, 5, 7 };

	(void)state;
	for (size_t k = 0; k < countof(spans); k++) {
		struct fixture f;

		begin(&f, TAPE_PHYS_S64, 0, 0);
		for (u32 i = 0; i < ROWS; i++)
			add_words(&f,
				  i == 5 ? spans[k] - 100 :
				  i == 6 ? (u64)-100 :
					   mix(i) % 100,
				  i);
		encode(&f);
		assert_int_equal(part(&f, 1, 0)->enc, TAPE_ENC_FOR);
		assert_int_equal(part(&f, 1, 0)->width, widths[k]);
		assert_int_equal((s64)part(&f, 1, 0)->aux, -100);
		assert_int_equal((s64)part(&f, 1, 0)->max, (s64)spans[k] - 100);
		for (u32 i = 0; i < ROWS; i++)
			assert_true(decode(&f)[1].v[i] == (i == 5 ? (s64)spans[k] - 100 :
							   i == 6 ? -100 :
								    (s64)(mix(i) % 100)));
		end(&f);
	}
}

static void the_whole_range_is_raw(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, TAPE_PHYS_U64, 0, 0);
	for (u32 i = 0; i < ROWS; i++)
		add_words(&f, mix(i), i % 2 ? UINT64_MAX : 0);
	encode(&f);
	assert_int_equal(part(&f, 1, 0)->enc, TAPE_ENC_RAW);
	assert_int_equal(part(&f, 1, 0)->width, 8);
	for (u32 i = 0; i < ROWS; i++) {
		assert_true((u64)decode(&f)[1].v[i] == mix(i));
		assert_true((u64)decode(&f)[2].v[i] == (i % 2 ? UINT64_MAX : 0));
	}
	end(&f);
}

static void rising_values_are_delta_and_even_steps_cost_nothing(void **state)
{
	struct fixture f;
	u64 v = 1ull << 40;

	(void)state;
	begin(&f, TAPE_PHYS_U64, 0, 0);
	for (u32 i = 0; i < ROWS; i++) {
		add_words(&f, 77 + 3ull * i, v);
		v += 500 + mix(i) % 200;
	}
	encode(&f);
	assert_int_equal(part(&f, 1, 0)->enc, TAPE_ENC_DELTA);
	assert_int_equal(part(&f, 1, 0)->width, 0);
	assert_int_equal(part(&f, 1, 0)->step, 3);
	assert_int_equal(part(&f, 1, 0)->stored, 0);
	assert_int_equal(part(&f, 2, 0)->enc, TAPE_ENC_DELTA);
	assert_int_equal(part(&f, 2, 0)->width, 1);
	assert_int_equal(part(&f, 2, 0)->flags & TAPE_PART_ZIGZAG, 0);
	v = 1ull << 40;
	for (u32 i = 0; i < ROWS; i++) {
		assert_int_equal(decode(&f)[1].v[i], 77 + 3 * i);
		assert_int_equal(decode(&f)[2].v[i], v);
		v += 500 + mix(i) % 200;
	}
	end(&f);
}

static void nearly_rising_values_are_zigzag_deltas(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, TAPE_PHYS_U64, 0, 0);
	for (u32 i = 0; i < ROWS; i++)
		add_words(&f, 1000000 + 1000ull * i - mix(i) % 3000, i);
	encode(&f);
	assert_int_equal(part(&f, 1, 0)->enc, TAPE_ENC_DELTA);
	assert_int_equal(part(&f, 1, 0)->width, 2);
	assert_int_not_equal(part(&f, 1, 0)->flags & TAPE_PART_ZIGZAG, 0);
	for (u32 i = 0; i < ROWS; i++)
		assert_int_equal(decode(&f)[1].v[i], 1000000 + 1000 * i - mix(i) % 3000);
	end(&f);
}

static void multiples_of_the_quantum_are_scaled(void **state)
{
	struct row_cell null = { .is_null = true };
	const struct tape_part *scale, *value;
	struct fixture f;
	u64 t = 7000000000;

	(void)state;
	begin(&f, TAPE_PHYS_U64, 0, 0);
	encoder_set_quantum(f.enc, 1000);
	for (u32 i = 0; i < ROWS; i++) {
		t += 1000 * (mix(i) % 200);
		add(&f, (struct row_cell){ .word = t },
		    i % 3 ? null : (struct row_cell){ .word = UINT64_MAX / 1000 * 1000 - t });
	}
	encode(&f);
	scale = part(&f, 1, 0);
	value = part(&f, 1, 1);
	assert_int_equal(scale->enc, TAPE_ENC_SCALE);
	assert_int_equal(scale->aux, 1000);
	assert_int_equal(scale->stored, 0);
	assert_int_equal(value->enc, TAPE_ENC_DELTA);
	assert_int_equal(value->width, 1);
	assert_int_equal(value->min, decode(&f)[1].v[0]);
	assert_int_equal(value->max, t);
	assert_int_equal(part(&f, 2, 0)->enc, TAPE_ENC_NULLS);
	assert_int_equal(part(&f, 2, 1)->enc, TAPE_ENC_SCALE);
	t = 7000000000;
	for (u32 i = 0; i < ROWS; i++) {
		t += 1000 * (mix(i) % 200);
		assert_int_equal(decode(&f)[1].v[i], t);
		assert_true((u64)decode(&f)[2].v[i] ==
			    (i % 3 ? 0 : UINT64_MAX / 1000 * 1000 - t));
	}
	end(&f);
}

static void one_value_that_is_no_multiple_keeps_a_column_as_it_is(void **state)
{
	static const u64 odd_ones[] = { 1, 999, 1001, UINT64_MAX, 1ull << 63, 500 };

	(void)state;
	for (size_t k = 0; k < countof(odd_ones); k++) {
		struct fixture f;

		begin(&f, TAPE_PHYS_U64, 0, 0);
		encoder_set_quantum(f.enc, 1000);
		for (u32 i = 0; i < ROWS; i++)
			add_words(&f, i == 501 ? odd_ones[k] : 1000 * (mix(i) % 77), i);
		encode(&f);
		assert_int_not_equal(part(&f, 1, 0)->enc, TAPE_ENC_SCALE);
		assert_true((u64)decode(&f)[1].v[501] == odd_ones[k]);
		end(&f);
	}
}

static void a_scaled_column_is_found_again_by_sameas(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, TAPE_PHYS_U64, 0, 0);
	encoder_set_quantum(f.enc, 1000000);
	for (u32 i = 0; i < ROWS; i++)
		add_words(&f, 1000000 * (mix(i) % 1000), 1000000 * (mix(i) % 1000));
	encode(&f);
	assert_int_equal(part(&f, 1, 0)->enc, TAPE_ENC_SCALE);
	assert_int_equal(part(&f, 2, 0)->enc, TAPE_ENC_SAMEAS);
	for (u32 i = 0; i < ROWS; i++)
		assert_int_equal(decode(&f)[2].v[i], 1000000 * (mix(i) % 1000));
	end(&f);
}

/* Only the directory is changed: what the parts hold stays good. */
static void a_factor_below_two_and_a_second_one_lose_the_column(void **state)
{
	static const u64 factors[] = { 0, 1 };

	(void)state;
	for (size_t k = 0; k <= countof(factors); k++) {
		struct decode_job job;
		struct fixture f;

		begin(&f, TAPE_PHYS_U64, 0, 0);
		encoder_set_quantum(f.enc, 1000);
		for (u32 i = 0; i < ROWS; i++)
			add_words(&f, 1000 * (mix(i) % 1000), i);
		encode(&f);
		if (k < countof(factors))
			((struct tape_part *)part(&f, 1, 0))->aux = factors[k];
		else
			((struct tape_part *)part(&f, 1, 1))->enc = TAPE_ENC_SCALE;
		job = (struct decode_job){ &f.schema, ROWS, f.out.data, f.out.len, NULL, f.dicts,
					   NULL,      0, 0 };
		assert_int_equal(decode_rows(&f.dec, &job, f.batch), 1);
		assert_true(tape_batch_info(f.batch)[1].is_damaged);
		assert_false(tape_batch_info(f.batch)[2].is_damaged);
		end(&f);
	}
}

/* 0 is no NULL here: a block is passed over by the zone of a scaled column too. */
static void a_scaled_column_has_its_zone_in_final_units(void **state)
{
	const struct decode_zone inside = { 0, 1, 0, 2000000 }, before = { 0, 1, 0, 1999000 };
	struct decode_job job;
	struct fixture f;

	(void)state;
	begin(&f, TAPE_PHYS_U64, 0, 0);
	encoder_set_quantum(f.enc, 1000);
	for (u32 i = 0; i < ROWS; i++)
		add_words(&f, 2000000 + 1000 * (mix(i) % 70 + (i == 0)) * (i > 0), i);
	encode(&f);
	assert_int_equal(part(&f, 1, 0)->enc, TAPE_ENC_SCALE);
	job = (struct decode_job){ &f.schema, ROWS,    f.out.data, f.out.len, NULL,
				   f.dicts,   &inside, 1,	  0 };
	assert_int_equal(decode_rows(&f.dec, &job, f.batch), 1);
	job.zones = &before;
	assert_int_equal(decode_rows(&f.dec, &job, f.batch), 0);
	end(&f);
}

static void values_behind_nulls_cost_what_is_there(void **state)
{
	struct row_cell null = { .is_null = true };
	struct fixture f;

	(void)state;
	begin(&f, TAPE_PHYS_U64, 0, 0);
	for (u32 i = 0; i < ROWS; i++)
		add(&f, i % 100 ? null : (struct row_cell){ .word = mix(i) }, null);
	encode(&f);
	assert_int_equal(part(&f, 1, 0)->enc, TAPE_ENC_NULLS);
	assert_int_equal(part(&f, 1, 0)->aux, ROWS - 10);
	assert_int_equal(part(&f, 1, 1)->raw, 10 * 8);
	assert_int_equal(part(&f, 2, 1)->enc, TAPE_ENC_CONST);
	for (u32 i = 0; i < ROWS; i++) {
		assert_int_equal(decode(&f)[1].is_null[i], i % 100 != 0);
		assert_true((u64)decode(&f)[1].v[i] == (i % 100 ? 0 : mix(i)));
		assert_int_equal(decode(&f)[2].is_null[i], 1);
	}
	end(&f);
}

/* The reader's dictionary from the writer's DICT payload, through the real parser. */
static void move_dicts(struct fixture *f)
{
	struct buf b;
	const u8 *p;
	u32 n, at = 0;

	buf_init(&b, 1 << 20);
	assert_int_equal(encoder_put_dicts(f->enc, &b), 1);
	encoder_dicts_written(f->enc);
	p = b.data + sizeof(struct tape_dicts) + sizeof(struct tape_dict_section);
	n = ((const struct tape_dict_section *)(b.data + sizeof(struct tape_dicts)))->n_entries;
	f->dicts[1] = dict_new();
	for (u32 i = 0; i < n; i++) {
		u32 len = ((const u32 *)p)[i];

		assert_int_equal(dict_append(f->dicts[1],
					     (struct str){ (const char *)p + 4 * n + at, len }),
				 0);
		at += len;
	}
	assert_int_equal(encoder_put_dicts(f->enc, &b), 0);
	buf_fini(&b);
}

static void strings_that_repeat_are_ids_and_others_are_not(void **state)
{
	char other[ROWS][24];
	struct fixture f;

	(void)state;
	begin(&f, TAPE_PHYS_BYTES, 0, 1);
	for (u32 i = 0; i < ROWS; i++) {
		snprintf(other[i], sizeof(other[i]), "%016llx", (unsigned long long)mix(i));
		add(&f, text(i % 3 ? "bash" : i % 2 ? "" : "cat"), text(other[i]));
	}
	encode(&f);
	move_dicts(&f);
	assert_int_equal(part(&f, 1, 0)->enc, TAPE_ENC_DICT);
	assert_int_equal(part(&f, 1, 0)->width, 1);
	assert_int_equal(part(&f, 2, 0)->enc, TAPE_ENC_VAR);
	assert_int_equal(part(&f, 2, 0)->width, 0); /* all 16 long */
	assert_int_equal(part(&f, 2, 1)->enc, TAPE_ENC_RAW);
	for (u32 i = 0; i < ROWS; i++) {
		const struct tape_col *c = decode(&f);
		const char *want = i % 3 ? "bash" : i % 2 ? "" : "cat";

		assert_int_equal(c[1].off[i + 1] - c[1].off[i], strlen(want));
		assert_memory_equal(c[1].bytes + c[1].off[i], want, strlen(want));
		assert_memory_equal(c[2].bytes + c[2].off[i], other[i], 16);
		assert_true(tape_batch_info(f.batch)[1].ids[i] < 3);
	}
	end(&f);
}

static void ids_of_a_lost_dictionary_are_shown_by_number(void **state)
{
	struct fixture f;
	const struct tape_col *c;

	(void)state;
	begin(&f, TAPE_PHYS_BYTES, 0, 1);
	for (u32 i = 0; i < ROWS; i++)
		add(&f, text("bash"), text("bash"));
	encode(&f);
	c = decode(&f);
	assert_int_equal(c[1].off[1], strlen("<lost dict 0>"));
	assert_memory_equal(c[1].bytes, "<lost dict 0>", strlen("<lost dict 0>"));
	end(&f);
}

static void lists_store_lengths_and_elements(void **state)
{
	struct row_cell elems[4] = {
		{ .word = 5 }, { .word = 6 }, { .is_null = true }, { .word = 8 }
	};
	struct fixture f;
	const struct tape_col *c;

	(void)state;
	begin(&f, TAPE_PHYS_S64, TAPE_COL_LIST, 0);
	for (u32 i = 0; i < ROWS; i++)
		add(&f, (struct row_cell){ .p = elems, .len = i % 5 },
		    (struct row_cell){ .is_null = true });
	encode(&f);
	assert_int_equal(part(&f, 1, 0)->enc, TAPE_ENC_LIST);
	assert_int_equal(part(&f, 1, 1)->enc, TAPE_ENC_NULLS);
	assert_int_equal(part(&f, 1, 2)->enc, TAPE_ENC_FOR);
	c = decode(&f);
	for (u32 i = 0; i < ROWS; i++) {
		u32 from = c[1].list_off[i];

		assert_int_equal(c[1].list_off[i + 1] - from, i % 5);
		for (u32 e = 0; e < i % 5; e++) {
			assert_int_equal(c[1].is_null[from + e], e == 2);
			assert_int_equal(c[1].v[from + e], e == 2 ? 0 : elems[e].word);
		}
		assert_int_equal(c[2].list_off[i + 1], 0);
	}
	end(&f);
}

static void a_batch_closes_at_its_limits(void **state)
{
	struct row_batch_opts o = { .max_rows = 10, .max_bytes = 4000 };
	struct tape_schema s = make_schema(0);
	struct row_cell big = { .p = "", .len = TAPE_MAX_STR + 1 };
	struct row_batch *b;
	struct make_row row;
	int rc = 0;

	(void)state;
	assert_int_equal(row_batch_new(&s, &o, &b, NULL), 0);
	make_row(&row, 1, 0, 0);
	for (u32 i = 0; i < 9 && !rc; i++)
		rc = row_batch_add(b, row.cells);
	row.cells[MAKE_BUF] = big;
	if (!rc)
		assert_int_equal(row_batch_add(b, row.cells), -E2BIG);
	make_row(&row, 1, 0, 0);
	while (!rc)
		rc = row_batch_add(b, row.cells);
	assert_int_equal(rc, 1);
	assert_true(row_batch_cnt(b) <= 10);
	assert_int_equal(row_batch_add(b, row.cells), -ENOSPC);
	row_batch_reset(b);
	assert_int_equal(row_batch_cnt(b), 0);
	assert_int_equal(row_batch_add(b, row.cells), 0);
	row_batch_free(b);
}

static void sorting_moves_whole_rows(void **state)
{
	struct tape_schema s = make_schema(0);
	struct tape_batch *batch = tape_batch_new();
	struct encoder *enc = encoder_new(1);
	static struct dict *dicts[TAPE_MAX_DICTS];
	struct decoder dec;
	struct row_batch *b;
	struct make_row row;
	struct buf out;
	u64 raw, last = 0;

	(void)state;
	assert_int_equal(row_batch_new(&s, NULL, &b, NULL), 0);
	assert_int_equal(decoder_init(&dec, &tape_limits_default), 0);
	buf_init(&out, 1 << 24);
	for (u32 i = 0; i < 500; i++) {
		make_row(&row, 4, 0, i * 37 % 500); /* 500 and 37 have no common divisor */
		row_batch_add(b, row.cells);
	}
	assert_int_equal(encoder_put_rows(enc, b, true, &out, &raw), 0);
	{
		struct decode_job job = { &s, 500, out.data, out.len, NULL, dicts, NULL, 0, 0 };

		assert_int_equal(decode_rows(&dec, &job, batch), 1);
	}
	assert_int_equal(tape_batch_sort(batch, NULL), 0);
	for (u32 i = 0; i < 500; i++) {
		assert_int_equal(check_row(batch, i, 4, NULL), i);
		assert_true((u64)tape_batch_cols(batch)[MAKE_TS].v[i] > last);
		last = (u64)tape_batch_cols(batch)[MAKE_TS].v[i];
	}
	buf_fini(&out);
	encoder_free(enc);
	decoder_fini(&dec);
	row_batch_free(b);
	tape_batch_free(batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_values_are_const_and_store_nothing),
		cmocka_unit_test(equal_columns_are_sameas),
		cmocka_unit_test(small_ranges_are_for_with_their_width),
		cmocka_unit_test(the_whole_range_is_raw),
		cmocka_unit_test(rising_values_are_delta_and_even_steps_cost_nothing),
		cmocka_unit_test(nearly_rising_values_are_zigzag_deltas),
		cmocka_unit_test(multiples_of_the_quantum_are_scaled),
		cmocka_unit_test(one_value_that_is_no_multiple_keeps_a_column_as_it_is),
		cmocka_unit_test(a_scaled_column_is_found_again_by_sameas),
		cmocka_unit_test(a_factor_below_two_and_a_second_one_lose_the_column),
		cmocka_unit_test(a_scaled_column_has_its_zone_in_final_units),
		cmocka_unit_test(values_behind_nulls_cost_what_is_there),
		cmocka_unit_test(strings_that_repeat_are_ids_and_others_are_not),
		cmocka_unit_test(ids_of_a_lost_dictionary_are_shown_by_number),
		cmocka_unit_test(lists_store_lengths_and_elements),
		cmocka_unit_test(a_batch_closes_at_its_limits),
		cmocka_unit_test(sorting_moves_whole_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
