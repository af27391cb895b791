/*
 * tests/format/test_verify.c -- a good tape has no breach; each broken rule is one, named and
 * placed.
 */
#include "tests/format/make_stacks.h"

#include <errno.h>

#include "base/io.h"
#include "format/block.h"
#include "format/crc32c.h"
#include "format/verify.h"

struct seen {
	char text[64][256];
	u64 off[64];
	u32 n;
};

static void collect(void *ctx, u64 off, const char *text)
{
	struct seen *s = ctx;

	if (s->n == 64)
		return;
	snprintf(s->text[s->n], sizeof(s->text[0]), "%s", text);
	s->off[s->n++] = off;
}

static struct tape_verify_result verify_bytes(const u8 *p, size_t sz, struct seen *s)
{
	struct tape_verify_result ret;
	struct tape_verify_opts o = { .report = collect, .ctx = s };
	int fd = make_fd_of(p, sz);

	s->n = 0;
	assert_int_equal(tape_verify(fd, &o, &ret, NULL), 0);
	close(fd);
	return ret;
}

static bool has_text(const struct seen *s, const char *part)
{
	for (u32 i = 0; i < s->n; i++) {
		if (strstr(s->text[i], part))
			return true;
	}
	for (u32 i = 0; i < s->n; i++)
		print_message("breach at %llu: %s\n", (unsigned long long)s->off[i], s->text[i]);
	return false;
}

static const struct make_opts opts[] = {
	{ .seed = 41, .tables = 3, .rows = 900, .block_rows = 250 },
	{ .seed = 42, .tables = 20, .rows = 300, .mixed_every = 50, .repeat_bytes = 30000 },
	{ .seed = 43, .tables = 2, .rows = 20000 },
	{ .seed = 44, .tables = 1, .rows = 0 },
	{ .seed = 46, .tables = 2, .rows = 500, .mixed_every = 100, .more = make_stacks },
};

static void what_the_writer_writes_breaks_no_rule(void **state)
{
	static struct seen s;

	(void)state;
	for (size_t i = 0; i < countof(opts); i++) {
		struct tape_verify_result ret;
		size_t sz;
		u8 *p = make_bytes(&opts[i], &sz);

		ret = verify_bytes(p, sz, &s);
		if (s.n)
			print_message("%s\n", s.text[0]);
		assert_int_equal(ret.breaches, 0);
		assert_int_equal(ret.rows, (u64)opts[i].tables * opts[i].rows);
		assert_true(ret.has_end);
		assert_int_equal(ret.lost_rows, 0);
		free(p);
	}
}

static void an_unfinished_tape_is_sound_but_has_no_end(void **state)
{
	struct make_opts o = { .seed = 45, .tables = 2, .rows = 100, .no_finish = true };
	static struct seen s;
	struct tape_verify_result ret;
	size_t sz;
	u8 *p = make_bytes(&o, &sz);

	(void)state;
	ret = verify_bytes(p, sz, &s);
	assert_int_equal(ret.breaches, 0);
	assert_false(ret.has_end);
	free(p);
}

static void what_is_not_a_tape_cannot_be_verified(void **state)
{
	struct tape_verify_result ret;
	int fd = make_fd_of("hello", 5);

	(void)state;
	assert_int_equal(tape_verify(fd, &(struct tape_verify_opts){ 0 }, &ret, NULL), -EPROTO);
	close(fd);
}

/* ---- broken on purpose ---- */

typedef void (*edit_fn)(struct tape_block_header *h, u8 *payload);

/* Change the @nth block of a type and make its checksums right again. */
static u64 edit(u8 *p, size_t sz, u16 type, u32 nth, edit_fn fn)
{
	struct tape_block_header h;

	for (u64 at = 64; at + 64 <= sz; at += block_span(&h)) {
		memcpy(&h, p + at, 64);
		if (h.type != type || nth--)
			continue;
		fn(&h, p + at + 64);
		block_seal(&h, h.session_tag, p + at + 64);
		memcpy(p + at, &h, 64);
		return at;
	}
	fail();
	return 0;
}

static void later_times(struct tape_block_header *h, u8 *payload)
{
	(void)payload;
	h->ts_max++;
}

static void more_flags(struct tape_block_header *h, u8 *payload)
{
	(void)payload;
	h->flags |= 0x80;
}

static void more_raw(struct tape_block_header *h, u8 *payload)
{
	(void)payload;
	h->raw_len += 8;
}

static void wrong_rows(struct tape_block_header *h, u8 *payload)
{
	(void)h;
	payload[0]++; /* of END: rows */
}

static void wrong_hash(struct tape_block_header *h, u8 *payload)
{
	(void)h;
	payload[16]++;
}

static void wrong_tail(struct tape_block_header *h, u8 *payload)
{
	(void)payload;
	h->ts_min += 8;
}

static void other_part(struct tape_block_header *h, u8 *payload)
{
	(void)payload;
	h->stream = 7;
}

static void other_table(struct tape_block_header *h, u8 *payload)
{
	(void)payload;
	h->stream = 200;
}

static void other_count(struct tape_block_header *h, u8 *payload)
{
	(void)payload;
	h->n_rows++;
}

static struct tape_part *part_of(u8 *payload, u32 i)
{
	return (struct tape_part *)(payload + 8) + i;
}

static void narrow_zone(struct tape_block_header *h, u8 *payload)
{
	(void)h;
	part_of(payload, MAKE_TS)->min++;
}

static void bad_width(struct tape_block_header *h, u8 *payload)
{
	(void)h;
	part_of(payload, MAKE_TS)->width++;
}

static void unknown_encoding(struct tape_block_header *h, u8 *payload)
{
	(void)h;
	part_of(payload, MAKE_PID)->enc = 77;
}

static void each_broken_rule_is_named(void **state)
{
	static const struct {
		u16 type;
		edit_fn fn;
		const char *text;
	} cases[] = {
		{ TAPE_EVENTS, later_times, "the header's times are not those of the rows" },
		{ TAPE_EVENTS, more_flags, "EVENTS: unknown flags" },
		{ TAPE_EVENTS, more_raw, "EVENTS: raw_len is" },
		{ TAPE_EVENTS, other_table, "rows of table 200 before its schema" },
		{ TAPE_EVENTS, narrow_zone, "column 0 has values outside its zone" },
		{ TAPE_EVENTS, bad_width, "column 0 is malformed" },
		{ TAPE_EVENTS, unknown_encoding, "column 2 is malformed" },
		{ TAPE_END, wrong_rows, "END: says 2701 rows" },
		{ TAPE_END, wrong_hash, "END: the hash of the blocks is wrong" },
		{ TAPE_TAIL, wrong_tail, "TAIL: offsets are not those" },
		{ TAPE_PLAN, other_part, "PLAN: part 7 is out of order" },
		{ TAPE_LOG, other_count, "LOG: 1 records, the header says 2" },
		{ TAPE_LOG, other_count, "INDEX: entries are not the blocks before it" },
	};
	static struct seen s;

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		struct tape_verify_result ret;
		size_t sz;
		u8 *p = make_bytes(&opts[0], &sz);
		u64 at = edit(p, sz, cases[i].type, 0, cases[i].fn);
		bool at_place = false;

		ret = verify_bytes(p, sz, &s);
		assert_true(ret.breaches > 0);
		assert_true(has_text(&s, cases[i].text));
		for (u32 k = 0; k < s.n; k++)
			at_place |= s.off[k] == at;
		assert_true(at_place || strstr(cases[i].text, "INDEX"));
		free(p);
	}
}

static void a_repetition_that_differs_is_named(void **state)
{
	static struct seen s;
	size_t sz;
	u8 *p = make_bytes(&opts[1], &sz);
	u64 at = 0;

	(void)state;
	/* TYPES is short and not packed: its last letter, with the checksums made right. */
	for (at = 64; at + 64 < sz;) {
		struct tape_block_header h;

		memcpy(&h, p + at, 64);
		if (h.type == TAPE_TYPES && h.flags & TAPE_BLOCK_REPEAT) {
			p[at + 64 + h.stored_len - 1] ^= 1;
			block_seal(&h, h.session_tag, p + at + 64);
			memcpy(p + at, &h, 64);
			break;
		}
		at += block_span(&h);
	}
	verify_bytes(p, sz, &s);
	assert_true(has_text(&s, "TYPES: part 0 differs from what was said before"));
	free(p);
}

static void damage_is_a_breach_with_its_lost_rows(void **state)
{
	static struct seen s;
	struct tape_verify_result ret;
	size_t sz;
	u8 *p = make_bytes(&opts[2], &sz);

	(void)state;
	p[sz / 2] ^= 4;
	ret = verify_bytes(p, sz, &s);
	assert_true(has_text(&s, "block checksum is wrong"));
	assert_true(ret.lost_rows > 0);
	assert_int_equal(ret.rows + ret.lost_rows, 40000);
	free(p);
}

static void rows_behind_their_watermark_must_be_counted_late(void **state)
{
	struct tape_writer_opts wo = { .uuid = { 9 } };
	static struct seen s;
	struct tape_verify_opts vo = { .report = collect, .ctx = &s };

	(void)state;
	for (int counted = 0; counted < 2; counted++) {
		struct tape_loss late = { TAPE_LOSS_LATE, 0, 0, 1, 0, 0, { NULL, 0 }, 0, 0 };
		struct tape_schema schema = make_schema(0);
		struct tape_verify_result ret;
		struct tape_writer *w;
		struct row_batch *b;
		struct make_row row;
		int fd = make_memfd();

		assert_int_equal(tape_writer_open(fd, &wo, &w, NULL), 0);
		assert_int_equal(tape_writer_put_schemas(w, 1, &schema, 1, NULL), 0);
		assert_int_equal(tape_writer_checkpoint(w, 5000000000, 5000000000, NULL), 0);
		assert_int_equal(row_batch_new(&schema, NULL, &b, NULL), 0);
		make_row(&row, 1, 0, 0);
		assert_int_equal(row_batch_add(b, row.cells), 0);
		assert_int_equal(tape_writer_put_rows(w, b, NULL), 0);
		if (counted)
			assert_int_equal(tape_writer_put_losses(w, 1, &late, 1, NULL), 0);
		assert_int_equal(tape_writer_finish(w, 1, NULL, 0, NULL), 0);
		row_batch_free(b);
		tape_writer_close(w);
		lseek(fd, 0, SEEK_SET);
		s.n = 0;
		assert_int_equal(tape_verify(fd, &vo, &ret, NULL), 0);
		assert_int_equal(ret.breaches, !counted);
		if (!counted)
			assert_true(has_text(&s, "1 rows came after their watermark"));
		close(fd);
	}
}

/* 1000 rows of a time and a word, all multiples of @step, on a tape whose resolution is 1 us. */
static u8 *make_rounded(u64 step, size_t *ret_sz)
{
	static const struct tape_writer_opts wo = { .ts_quantum_ns = 1000 };
	const struct tape_meta_item meta = { .key = STR(TAPE_KEY_TS_QUANTUM),
					     .kind = TAPE_META_NUM,
					     .num = 1000 };
	struct tape_column cols[2] = { make_cols[MAKE_TS],
				       { .id = 1, .ref = TAPE_NONE, .name = STR("d") } };
	const struct tape_schema s = { .name = STR("t"), .cols = cols, .col_cnt = 2 };
	int fd = make_memfd();
	struct tape_writer *w;
	struct row_batch *b;
	u8 *p;

	assert_int_equal(tape_writer_open(fd, &wo, &w, NULL), 0);
	assert_int_equal(tape_writer_put_meta(w, 1, &meta, 1, NULL), 0);
	assert_int_equal(tape_writer_put_schemas(w, 1, &s, 1, NULL), 0);
	assert_int_equal(row_batch_new(&s, NULL, &b, NULL), 0);
	for (u64 i = 1; i <= 1000; i++)
		assert_true(row_batch_add_words(b, (u64[]){ step * i, step * (mix(i) % 9) }) >= 0);
	assert_int_equal(tape_writer_put_rows(w, b, NULL), 0);
	assert_int_equal(tape_writer_finish(w, 1, NULL, 0, NULL), 0);
	row_batch_free(b);
	tape_writer_close(w);
	*ret_sz = (size_t)lseek(fd, 0, SEEK_END);
	p = malloc(*ret_sz);
	assert_int_equal(pread(fd, p, *ret_sz, 0), *ret_sz);
	close(fd);
	return p;
}

static void widen_factor(struct tape_block_header *h, u8 *payload)
{
	struct tape_part *p = (struct tape_part *)(payload + sizeof(struct tape_columns));

	(void)h;
	assert_int_equal(p->enc, TAPE_ENC_SCALE);
	p->width = 1;
}

static void times_are_multiples_of_the_resolution_and_factors_store_nothing(void **state)
{
	static struct seen s;
	u8 *p;
	size_t sz;

	(void)state;
	p = make_rounded(1000, &sz);
	verify_bytes(p, sz, &s);
	assert_int_equal(s.n, 0);
	edit(p, sz, TAPE_EVENTS, 0, widen_factor);
	verify_bytes(p, sz, &s);
	assert_true(has_text(&s, "table 0: part 0 is a factor and stores something"));
	free(p);
	p = make_rounded(1500, &sz);
	verify_bytes(p, sz, &s);
	assert_true(has_text(&s, "table 0: 500 times are no multiples of the resolution"));
	free(p);
}

static void widen_key(struct tape_block_header *h, u8 *payload)
{
	struct tape_part *p = (struct tape_part *)(payload + sizeof(struct tape_columns));

	(void)h;
	while (p->enc != TAPE_ENC_GROUP)
		p++;
	p->width = 1;
}

static void keys_of_groups_store_nothing(void **state)
{
	static struct seen s;
	struct err err = {};
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	assert_int_equal(io_read_file("tests/tapes/good/grouped.tape", &b, &err), 0);
	verify_bytes(b.data, b.len, &s);
	assert_int_equal(s.n, 0);
	edit(b.data, b.len, TAPE_EVENTS, 0, widen_key);
	verify_bytes(b.data, b.len, &s);
	assert_true(has_text(&s, "is a key and stores something"));
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_writer_writes_breaks_no_rule),
		cmocka_unit_test(an_unfinished_tape_is_sound_but_has_no_end),
		cmocka_unit_test(what_is_not_a_tape_cannot_be_verified),
		cmocka_unit_test(each_broken_rule_is_named),
		cmocka_unit_test(a_repetition_that_differs_is_named),
		cmocka_unit_test(damage_is_a_breach_with_its_lost_rows),
		cmocka_unit_test(rows_behind_their_watermark_must_be_counted_late),
		cmocka_unit_test(times_are_multiples_of_the_resolution_and_factors_store_nothing),
		cmocka_unit_test(keys_of_groups_store_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
