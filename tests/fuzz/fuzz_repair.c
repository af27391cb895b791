/*
 * tests/fuzz/fuzz_repair.c -- any bytes as a tape to repair: what comes of it breaks no rule, has
 * the rows that could be read before, and needs no second repair.
 *
 * Checksums are checked: the mutator makes them right.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/io.h"
#include "format/repair.h"
#include "format/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t sz);

#define MEM_MAX (64u << 20)

static int new_file(const uint8_t *data, size_t sz)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	assert(fd >= 0 && !io_write_full(fd, data, sz));
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/* Rows that can be read front to back; *sum over their times and numbers. */
static u64 read_rows(int fd, u64 *sum)
{
	struct tape_reader_opts o = { .mem_max = MEM_MAX };
	struct tape_batch *b = tape_batch_new();
	struct tape_reader *r;
	struct tape_item it;
	u64 rows = 0;
	int rc;

	lseek(fd, 0, SEEK_SET);
	assert(b);
	*sum = 0;
	rc = tape_reader_open(dup(fd), &o, &r, NULL);
	assert(!rc);
	while ((rc = tape_reader_next(r, &it, NULL)) > 0) {
		if (it.kind != TAPE_ITEM_ROWS || tape_reader_decode(r, b, NULL) != 1)
			continue;
		rows += tape_batch_cnt(b);
		for (u32 c = 0; c < tape_batch_schema(b)->col_cnt; c++) {
			const struct tape_col *col = &tape_batch_cols(b)[c];

			for (u32 i = 0; col->v && !col->list_off && i < tape_batch_cnt(b); i++)
				*sum = *sum * 31 + (u64)col->v[i];
		}
	}
	assert(!rc);
	tape_reader_close(r);
	tape_batch_free(b);
	return rows;
}

static void check(int fd, u64 rows, u64 sum)
{
	struct tape_verify_opts o = { .reader = { .mem_max = MEM_MAX } };
	struct tape_verify_result v;
	u64 now;
	int rc;

	lseek(fd, 0, SEEK_SET);
	rc = tape_verify(fd, &o, &v, NULL);
	assert(!rc && !v.breaches && v.is_closed && v.has_end);
	assert(read_rows(fd, &now) == rows);
	assert(now == sum);
}

static void stretch(void *ctx, const struct tape_state *s, const struct tape_repair_stretch *d)
{
	u64 *end = ctx;

	assert(s && d->reason && d->off >= *end);
	*end = d->off;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t sz)
{
	u64 last = 0, rows, sum;
	struct tape_repair_opts o = { .reader = { .mem_max = MEM_MAX },
				      .report = stretch,
				      .ctx = &last };
	int fd = new_file(data, sz), out = new_file(NULL, 0);
	struct tape_repair_result r;
	int rc = tape_repair_copy(fd, out, &o, &r, NULL);

	if (!rc) {
		rows = read_rows(fd, &sum);
		check(out, rows, sum);
		last = 0;
		rc = tape_repair_append(fd, &o, &r, NULL);
		assert(!rc);
		check(fd, rows, sum);
		rc = tape_repair_append(fd, &o, &r, NULL);
		assert(!rc && r.is_whole && !r.written);
	}
	close(fd);
	close(out);
	return 0;
}
