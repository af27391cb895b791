/*
 * tests/fuzz/fuzz_column.c -- any bytes as the columns of an EVENTS block.
 *
 * Input: u16 rows, u16 which columns are wanted, payload.  The table has a column of every kind.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "format/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t sz);

#define COL(i, p, r, f, d)                                                             \
	{                                                                              \
		.id = i, .phys = p, .role = r, .flags = f, .ref = TAPE_NONE, .dict = d \
	}

static struct tape_column columns[] = {
	COL(0, TAPE_PHYS_U64, TAPE_ROLE_TS, 0, 0),
	COL(1, TAPE_PHYS_U64, TAPE_ROLE_CPU, 0, 0),
	COL(2, TAPE_PHYS_S64, TAPE_ROLE_LEAF, 0, 0),
	COL(3, TAPE_PHYS_BYTES, TAPE_ROLE_LEAF, 0, 1),
	COL(4, TAPE_PHYS_BYTES, TAPE_ROLE_LEAF, 0, 0),
	COL(5, TAPE_PHYS_S64, TAPE_ROLE_LEAF, TAPE_COL_LIST, 0),
	COL(6, TAPE_PHYS_BYTES, TAPE_ROLE_LEAF, TAPE_COL_LIST, 1),
};

static const struct tape_schema schema = { .cols = columns, .col_cnt = countof(columns) };

static u64 sum_column(const struct tape_batch *b, u32 c)
{
	const struct tape_col *col = &tape_batch_cols(b)[c];
	u32 n = col->list_off ? col->list_off[tape_batch_cnt(b)] : tape_batch_cnt(b);
	u64 sum = 0;

	for (u32 i = 0; i < n; i++) {
		sum += col->v ? (u64)col->v[i] : 0;
		sum += col->is_null ? col->is_null[i] : 0;
		for (u32 k = col->off ? col->off[i] : 0; col->off && k < col->off[i + 1]; k++)
			sum += col->bytes[k];
	}
	return sum;
}

static u64 sum_all(const struct tape_batch *b)
{
	u64 sum = 0;

	for (u32 c = 0; c < schema.col_cnt; c++)
		sum += sum_column(b, c);
	return sum;
}

static void decode_and_sort(struct decoder *d, const struct decode_job *job, struct tape_batch *b)
{
	volatile u64 sum = 0;

	if (decode_rows(d, job, b) != 1)
		return;
	assert(tape_batch_cnt(b) == job->n_rows);
	sum += sum_all(b);
	if (!tape_batch_sort(b, NULL))
		sum += sum_all(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t sz)
{
	static struct dict *dicts[TAPE_MAX_DICTS];
	struct tape_batch *b = tape_batch_new();
	u8 want[countof(columns)];
	struct decode_job job;
	struct decoder d;

	if (!dicts[1]) {
		dicts[1] = dict_new();
		for (int i = 0; dicts[1] && i < 20; i++)
			(void)!dict_append(dicts[1], str_of(i % 3 ? "/etc/passwd" : "cat"));
	}
	if (sz < 4 || !b || decoder_init(&d, &tape_limits_default)) {
		tape_batch_free(b);
		return 0;
	}
	for (u32 i = 0; i < countof(want); i++)
		want[i] = data[2] >> i & 1;
	job = (struct decode_job){
		.schema = &schema,
		.n_rows = data[0] | data[1] << 8,
		.payload = data + 4,
		.len = sz - 4,
		.want = data[3] & 1 ? want : NULL,
		.dicts = dicts,
	};
	decode_and_sort(&d, &job, b);
	decoder_fini(&d);
	tape_batch_free(b);
	return 0;
}
