/*
 * tests/format/test_block.c -- headers, checksums, limits; nothing is believed before it is
 * checked.
 */
#include "tests/format/make.h"

#include <errno.h>

#include "format/block.h"
#include "format/crc32c.h"
#include "format/decode.h"

static void crc32c_gives_the_published_values(void **state)
{
	u8 zeros[32] = { 0 }, ones[32], rising[32];

	(void)state;
	memset(ones, 0xff, sizeof(ones));
	for (u8 i = 0; i < 32; i++)
		rising[i] = i;
	assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283);
	assert_int_equal(crc32c(0, zeros, 32), 0x8a9136aa);
	assert_int_equal(crc32c(0, ones, 32), 0x62a8ab43);
	assert_int_equal(crc32c(0, rising, 32), 0x46dd794e);
	assert_int_equal(crc32c(0, NULL, 0), 0);
}

static void crc32c_is_the_same_by_instruction_and_by_table(void **state)
{
	u8 *p = malloc(20000);

	(void)state;
	assert_non_null(p);
	for (size_t i = 0; i < 20000; i++)
		p[i] = (u8)mix(i);
	for (size_t n = 0; n < 20000; n += 1 + n / 7) {
		size_t cut = mix(n) % (n + 1), at = n % 9 < 20000 - n ? n % 9 : 0;
		u32 whole = crc32c_table(0, p + at, n);

		assert_int_equal(crc32c(0, p + at, n), whole);
		assert_int_equal(crc32c(crc32c(0, p + at, cut), p + at + cut, n - cut), whole);
	}
	free(p);
}

static struct tape_block_header sealed(const struct tape_block_header *from)
{
	struct tape_block_header h = *from;
	u32 len = h.stored_len;

	h.stored_len = 0; /* there is no payload to checksum */
	block_seal(&h, 7, "");
	h.stored_len = len;
	h.header_crc = crc32c(0, &h, offsetof(struct tape_block_header, header_crc));
	return h;
}

static void headers_beyond_a_limit_are_not_believed(void **state)
{
	static const struct {
		struct tape_block_header h;
		const char *fault;
	} cases[] = {
		{ { .type = TAPE_META, .stored_len = 8, .raw_len = 8 }, NULL },
		{ { .type = TAPE_META, .codec = 1, .stored_len = 64, .raw_len = 65536 }, NULL },
		{ { .type = TAPE_META, .codec = 1, .stored_len = 64, .raw_len = 65537 },
		  "raw_len / stored_len beyond" },
		{ { .type = TAPE_META,
		    .stored_len = TAPE_MAX_STORED + 1,
		    .raw_len = TAPE_MAX_STORED + 1 },
		  "stored bytes of a block beyond" },
		{ { .type = TAPE_META,
		    .codec = 1,
		    .stored_len = 1 << 20,
		    .raw_len = TAPE_MAX_RAW + 1 },
		  "bytes of a block unpacked beyond" },
		{ { .type = TAPE_EVENTS,
		    .codec = 2,
		    .stored_len = 8,
		    .raw_len = 8,
		    .n_rows = TAPE_MAX_ROWS + 1 },
		  "rows of a block beyond" },
		{ { .type = TAPE_EVENTS, .codec = 1, .stored_len = 8, .raw_len = 8 },
		  "block has an unknown codec" },
		{ { .type = TAPE_META, .codec = 200, .stored_len = 8, .raw_len = 8 },
		  "block has an unknown codec" },
		{ { .type = TAPE_META, .stored_len = 8, .raw_len = 9 },
		  "block has two lengths without a codec" },
		{ { .type = 0x4099, .codec = 200, .stored_len = 8, .raw_len = 9 }, NULL },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		struct tape_block_header h = sealed(&cases[i].h);
		const char *fault = block_fault(&h, 7, &tape_limits_default, false);

		if (!cases[i].fault) {
			assert_null(fault);
			continue;
		}
		assert_non_null(fault);
		assert_memory_equal(fault, cases[i].fault, strlen(cases[i].fault));
	}
}

static void a_header_must_be_whole_and_of_the_session(void **state)
{
	struct tape_block_header h = sealed(
		&(struct tape_block_header){ .type = TAPE_META, .stored_len = 8, .raw_len = 8 });

	(void)state;
	assert_null(block_fault(&h, 0, &tape_limits_default, false));
	assert_string_equal(block_fault(&h, 8, &tape_limits_default, false),
			    "block is of another session");
	for (u32 bit = 0; bit < 8 * sizeof(h); bit++) {
		((u8 *)&h)[bit / 8] ^= (u8)(1 << bit % 8);
		assert_non_null(block_fault(&h, 7, &tape_limits_default, false));
		((u8 *)&h)[bit / 8] ^= (u8)(1 << bit % 8);
	}
	assert_null(block_fault(&h, 7, &tape_limits_default, false));
}

static void a_frame_must_give_exactly_the_bytes_the_header_says(void **state)
{
	struct codec *c = codec_new(1);
	struct buf packed, out;
	u8 text[5000];
	const u8 *ret;

	(void)state;
	memset(text, 'x', sizeof(text));
	buf_init(&packed, 1 << 20);
	buf_init(&out, 1 << 20);
	assert_int_equal(codec_pack(c, text, sizeof(text), &packed), 1);
	for (int delta = -1; delta <= 1; delta++) {
		struct tape_block_header h = { .codec = TAPE_CODEC_ZSTD,
					       .stored_len = (u32)packed.len,
					       .raw_len = (u32)(5000 + delta) };

		assert_int_equal(block_unpack(&h, packed.data, c, &out, &ret),
				 delta ? -EBADMSG : 0);
	}
	for (u32 i = 0; i < 5000; i++)
		text[i] = (u8)mix(i);
	buf_reset(&packed);
	assert_int_equal(codec_pack(c, text, sizeof(text), &packed), 0); /* not smaller */
	assert_int_equal(packed.len, 0);
	buf_fini(&packed);
	buf_fini(&out);
	codec_free(c);
}

/* 512 columns that claim a million equal rows in 25 KB. */
static void a_block_that_would_decode_to_gigabytes_is_refused(void **state)
{
	static struct tape_column cols[TAPE_MAX_COLS];
	static struct dict *dicts[TAPE_MAX_DICTS];
	struct tape_schema s = { .cols = cols, .col_cnt = TAPE_MAX_COLS };
	struct tape_columns head = { .n_parts = TAPE_MAX_COLS };
	struct tape_batch *b = tape_batch_new();
	struct decode_job job = { .schema = &s, .n_rows = TAPE_MAX_ROWS, .dicts = dicts };
	struct decoder d;
	struct buf p;

	(void)state;
	buf_init(&p, 1 << 20);
	buf_put(&p, &head, sizeof(head));
	for (u16 i = 0; i < TAPE_MAX_COLS; i++) {
		struct tape_part part = { .col_id = i, .enc = TAPE_ENC_CONST };

		cols[i].id = i;
		buf_put(&p, &part, sizeof(part));
	}
	job.payload = p.data;
	job.len = p.len;
	assert_int_equal(decoder_init(&d, &tape_limits_default), 0);
	assert_int_equal(decode_rows(&d, &job, b), -EBADMSG);
	assert_true(tape_batch_mem(b) < 1 << 20);
	job.n_rows = 1000;
	assert_int_equal(decode_rows(&d, &job, b), 1);
	decoder_fini(&d);
	tape_batch_free(b);
	buf_fini(&p);
}

static void a_schema_that_makes_no_sense_is_refused(void **state)
{
	struct tape_column cols[MAKE_COLS];
	struct tape_schema s = make_schema(1);
	struct err err;

	(void)state;
	assert_int_equal(tape_schema_check(&s, &err), 0);
	s.cols = cols;
	memcpy(cols, make_cols, sizeof(cols));
	cols[3].id = 4;
	assert_int_equal(tape_schema_check(&s, &err), -EINVAL);
	assert_string_equal(err.msg, "table 1: column 3 has id 4");
	memcpy(cols, make_cols, sizeof(cols));
	cols[MAKE_TS].role = TAPE_ROLE_LEAF;
	assert_int_equal(tape_schema_check(&s, &err), -EINVAL);
	assert_string_equal(err.msg, "table 1 has no time column");
	memcpy(cols, make_cols, sizeof(cols));
	cols[MAKE_RET].dict = 1;
	assert_int_equal(tape_schema_check(&s, &err), -EINVAL);
	memcpy(cols, make_cols, sizeof(cols));
	cols[MAKE_RET].role = TAPE_ROLE_CPU;
	assert_int_equal(tape_schema_check(&s, &err), -EINVAL);
	memcpy(cols, make_cols, sizeof(cols));
	cols[MAKE_CPU].flags = TAPE_COL_LIST;
	assert_int_equal(tape_schema_check(&s, &err), -EINVAL);
}

static void records_may_be_longer_or_shorter_than_known(void **state)
{
	struct tape_log log = { .ts = 5, .level = 2, .text = STR("hello") }, *got;
	struct buf b;
	struct arena a;
	struct cursor c;
	u32 n, sz;

	(void)state;
	buf_init(&b, 1000);
	arena_init(&a, 10000);
	fields_put_list(&tape_log_desc, &log, 1, &b);
	/* A later version's field behind the others. */
	buf_puts(&b, "later");
	memcpy(&sz, b.data + 4, 4);
	sz += 5;
	memcpy(b.data + 4, &sz, 4);
	c = cursor_over(b.data, b.len);
	assert_int_equal(fields_get_list(&tape_log_desc, &c, &a, (void **)&got, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(cursor_left(&c), 0);
	assert_true(str_is(got->text, "hello"));
	/* An earlier version's record without the text. */
	sz = 9;
	memcpy(b.data + 4, &sz, 4);
	c = cursor_over(b.data, 8 + 9);
	assert_int_equal(fields_get_list(&tape_log_desc, &c, &a, (void **)&got, &n), 0);
	assert_int_equal(got->level, 2);
	assert_null(got->text.s);
	/* A size, a length and a count beyond the bytes. */
	for (u32 at = 0; at < 18; at += at == 4 ? 13 : 4) {
		struct buf bad;

		buf_init(&bad, 1000);
		fields_put_list(&tape_log_desc, &log, 1, &bad);
		memset(bad.data + at, 0xfe, 4);
		c = cursor_over(bad.data, bad.len);
		assert_int_equal(fields_get_list(&tape_log_desc, &c, &a, (void **)&got, &n),
				 -EBADMSG);
		buf_fini(&bad);
	}
	arena_fini(&a);
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crc32c_gives_the_published_values),
		cmocka_unit_test(crc32c_is_the_same_by_instruction_and_by_table),
		cmocka_unit_test(headers_beyond_a_limit_are_not_believed),
		cmocka_unit_test(a_header_must_be_whole_and_of_the_session),
		cmocka_unit_test(a_frame_must_give_exactly_the_bytes_the_header_says),
		cmocka_unit_test(a_block_that_would_decode_to_gigabytes_is_refused),
		cmocka_unit_test(a_schema_that_makes_no_sense_is_refused),
		cmocka_unit_test(records_may_be_longer_or_shorter_than_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
