/*
 * tests/fuzz/fuzz_verify.c -- any bytes as a tape to check.  A tape of which nothing at all is
 * said reads without damage, and every way of reading it gives the rows that were counted.
 *
 * Checksums are checked: the mutator makes them right.
 */
#include <assert.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/io.h"
#include "format/merge.h"
#include "format/reader.h"
#include "format/verify.h"
#include "tests/fuzz/tape_small.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t sz);

static void take_breach(void *ctx, u64 off, const char *text)
{
	u64 *breaches = ctx;

	(void)off;
	assert(text[0]);
	for (; *text; text++)
		assert((u8)*text >= 0x20);
	++*breaches;
}

static struct tape_reader *open_tape(int fd)
{
	struct tape_reader_opts o = fuzz_reader_opts();
	struct tape_reader *r = NULL;
	struct err err = { 0 };
	int rc;

	lseek(fd, 0, SEEK_SET);
	rc = tape_reader_open(dup(fd), &o, &r, &err);
	assert(!rc);
	return r;
}

static u64 rows_in_order(int fd, struct tape_batch *b)
{
	struct tape_reader *r = open_tape(fd);
	struct tape_item it;
	u64 rows = 0;
	int rc;

	while ((rc = tape_reader_next(r, &it, NULL)) > 0) {
		assert(it.kind != TAPE_ITEM_DAMAGE);
		if (it.kind != TAPE_ITEM_ROWS)
			continue;
		rc = tape_reader_decode(r, b, NULL);
		assert(rc == 1 && tape_batch_cnt(b) == it.n_rows);
		rows += it.n_rows;
	}
	assert(!rc);
	assert(tape_reader_state(r)->rows == rows && !tape_reader_state(r)->damaged_rows);
	tape_reader_close(r);
	return rows;
}

static u64 rows_by_entry(int fd, struct tape_batch *b)
{
	struct tape_reader *r = open_tape(fd);
	const struct tape_index_entry *e;
	struct tape_access *a;
	u64 rows = 0;
	u32 n;
	int rc = tape_reader_load(r, NULL);

	assert(!rc);
	a = tape_access_new(r);
	assert(a);
	e = tape_reader_entries(r, &n);
	for (u32 i = 0; i < n; i++) {
		rc = tape_access_read(a, &e[i], b, NULL);
		assert(rc == 1 && tape_batch_cnt(b) == e[i].n_rows);
		rows += e[i].n_rows;
	}
	tape_access_free(a);
	tape_reader_close(r);
	return rows;
}

static u64 rows_merged(int fd)
{
	struct tape_merge_opts o = { .read_all = true };
	struct tape_reader *r = open_tape(fd);
	struct tape_merge *m = NULL;
	struct tape_run run;
	u64 rows = 0;
	int rc = tape_merge_new(r, &o, &m, NULL);

	assert(!rc);
	while ((rc = tape_merge_next(m, &run, NULL)) > 0)
		rows += run.item ? 0 : run.end - run.begin;
	assert(!rc);
	tape_merge_free(m);
	tape_reader_close(r);
	return rows;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t sz)
{
	struct tape_verify_result result = { 0 };
	struct tape_batch *b = tape_batch_new();
	u64 breaches = 0;
	struct tape_verify_opts o = { .reader = fuzz_reader_opts(),
				      .report = take_breach,
				      .ctx = &breaches };
	struct err err = { 0 };
	int fd = memfd_create("fuzz", MFD_CLOEXEC), rc;

	if (!b || fd < 0 || io_write_full(fd, data, sz))
		goto out;
	lseek(fd, 0, SEEK_SET);
	rc = tape_verify(fd, &o, &result, &err);
	assert(rc < 0 ? err.msg[0] : breaches == result.breaches);
	if (rc || breaches || result.notes || result.lost_rows)
		goto out;
	assert(rows_in_order(fd, b) == result.rows);
	assert(rows_by_entry(fd, b) == result.rows);
	assert(rows_merged(fd) == result.rows);
out:
	tape_batch_free(b);
	close(fd);
	return 0;
}
