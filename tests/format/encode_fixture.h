/*
 * tests/format/encode_fixture.h -- a table of a time and two columns of one kind, encoded and
 * decoded again.
 */
#pragma once

#include "tests/format/make.h"

#include "format/decode.h"
#include "format/encode.h"

struct fixture {
	struct encoder *enc;
	struct decoder dec;
	struct tape_batch *batch;
	struct row_batch *rows;
	struct tape_column cols[3];
	struct tape_schema schema;
	struct dict *dicts[TAPE_MAX_DICTS];
	struct buf out;
};

/* A table of ts, and two columns of one kind. */
static inline void begin(struct fixture *f, u8 phys, u8 flags, u32 dict)
{
	memset(f, 0, sizeof(*f));
	f->enc = encoder_new(1);
	assert_int_equal(decoder_init(&f->dec, &tape_limits_default), 0);
	f->batch = tape_batch_new();
	f->cols[0] = make_cols[MAKE_TS];
	for (u16 i = 1; i < 3; i++)
		f->cols[i] = (struct tape_column){
			.id = i, .phys = phys, .flags = flags, .ref = TAPE_NONE, .dict = dict
		};
	f->schema = (struct tape_schema){ .cols = f->cols, .col_cnt = 3 };
	assert_int_equal(row_batch_new(&f->schema, NULL, &f->rows, NULL), 0);
	buf_init(&f->out, 64 << 20);
}

static inline void add(struct fixture *f, struct row_cell a, struct row_cell b)
{
	struct row_cell cells[3] = { { .word = 1000 + row_batch_cnt(f->rows) }, a, b };

	assert_true(row_batch_add(f->rows, cells) >= 0);
}

static inline void add_words(struct fixture *f, u64 a, u64 b)
{
	add(f, (struct row_cell){ .word = a }, (struct row_cell){ .word = b });
}

static inline struct row_cell text(const char *s)
{
	return (struct row_cell){ .p = s, .len = (u32)strlen(s) };
}

static inline void encode(struct fixture *f)
{
	u64 raw;

	buf_reset(&f->out);
	assert_int_equal(encoder_put_rows(f->enc, f->rows, true, &f->out, &raw), 0);
}

/* The @nth part of column @id. */
static inline const struct tape_part *part(const struct fixture *f, u32 id, u32 nth)
{
	const struct tape_columns *head = (const void *)f->out.data;
	const struct tape_part *p = (const void *)(f->out.data + sizeof(*head));

	for (u32 i = 0; i < head->n_parts; i++) {
		if (p[i].col_id == id && !nth--)
			return &p[i];
	}
	fail_msg("column %u has no such part", id);
	return NULL;
}

static inline const struct tape_col *decode(struct fixture *f)
{
	struct decode_job job = {
		.schema = &f->schema,
		.n_rows = row_batch_cnt(f->rows),
		.payload = f->out.data,
		.len = f->out.len,
		.dicts = f->dicts,
	};

	assert_int_equal(decode_rows(&f->dec, &job, f->batch), 1);
	for (u32 i = 0; i < 3; i++)
		assert_false(tape_batch_info(f->batch)[i].is_damaged);
	return tape_batch_cols(f->batch);
}

static inline void end(struct fixture *f)
{
	encoder_free(f->enc);
	decoder_fini(&f->dec);
	tape_batch_free(f->batch);
	row_batch_free(f->rows);
	buf_fini(&f->out);
	for (u32 i = 0; i < TAPE_MAX_DICTS; i++)
		dict_free(f->dicts[i]);
}
