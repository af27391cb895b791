/*
 * tests/support/test_tape_mutator.c -- the fuzzers' mutator keeps tapes sealed and changes them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/io.h"
#include "format/verify.h"
#include "tests/fuzz/tape_edit.h"
#include "tests/fuzz/tape_mutator.h"

#define TAPE "tests/tapes/good/stacks.tape"
#define MAX  ((size_t)1 << 20)

static struct fuzz_rand random_bytes;

/* What LLVMFuzzerMutate does in a fuzzer. */
static size_t flip(u8 *p, size_t sz, size_t max)
{
	if (!sz && max)
		p[sz++] = 'x';
	if (sz)
		p[fuzz_rand(&random_bytes, (u32)sz)] ^= (u8)(1 << fuzz_rand(&random_bytes, 8));
	return sz;
}

static size_t load(const char *path, u8 *data)
{
	struct buf b;
	size_t sz;

	buf_init(&b, MAX);
	assert_int_equal(io_read_file(path, &b, NULL), 0);
	memcpy(data, b.data, b.len);
	sz = b.len;
	buf_fini(&b);
	return sz;
}

struct seen {
	u32 checksums, others;
};

static void take(void *ctx, u64 off, const char *text)
{
	struct seen *s = ctx;

	(void)off;
	if (strstr(text, "checksum"))
		s->checksums++;
	else
		s->others++;
}

static struct seen verify(const u8 *data, size_t sz)
{
	struct tape_verify_result result;
	struct seen s = { 0 };
	struct tape_verify_opts o = { .report = take, .ctx = &s };
	int fd = memfd_create("tape", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(io_write_full(fd, data, sz), 0);
	lseek(fd, 0, SEEK_SET);
	(void)tape_verify(fd, &o, &result, NULL);
	close(fd);
	return s;
}

static void a_tape_taken_apart_and_put_together_is_as_good(void **state)
{
	static const char *const tapes[] = { TAPE, "tests/tapes/good/v1_1.tape",
					     "tests/tapes/good/v1_0.tape",
					     "tests/tapes/good/grouped.tape" };
	u8 *data = malloc(MAX);
	struct edit e;

	(void)state;
	for (u32 i = 0; i < countof(tapes); i++) {
		size_t sz = load(tapes[i], data);
		struct seen s;
		u32 cnt;

		assert_true(edit_open(&e, data, sz));
		cnt = e.cnt;
		sz = edit_put(&e, data, MAX);
		edit_close(&e);
		assert_true(sz && cnt > 5);
		s = verify(data, sz);
		assert_int_equal(s.checksums + s.others, 0);
	}
	free(data);
}

/* A sixteenth of the changes are of the bytes as they are, and one of those may break a header. */
static void most_mutations_get_behind_the_checksums(void **state)
{
	u32 same = 0, broken = 0, breaches = 0;
	u8 *data = malloc(MAX), *good = malloc(MAX);
	size_t sz = load(TAPE, good);

	(void)state;
	for (u32 seed = 1; seed <= 500; seed++) {
		struct seen s;
		size_t n;

		memcpy(data, good, sz);
		n = tape_mutate(data, sz, MAX, seed * 2654435761u, flip);
		assert_true(n > 64 && n <= MAX);
		same += n == sz && !memcmp(data, good, n);
		s = verify(data, n);
		broken += s.checksums > 0;
		breaches += s.others > 0;
	}
	assert_true(same < 25);
	assert_true(broken < 75);
	assert_true(breaches > 200);
	free(data);
	free(good);
}

static void mutations_on_mutations_stay_within_bounds(void **state)
{
	u8 *data = malloc(MAX), *other = malloc(MAX), *out = malloc(MAX);
	size_t sz = load(TAPE, data), other_sz = load(TAPE, other), n;

	(void)state;
	for (u32 seed = 1; seed <= 2000; seed++) {
		sz = tape_mutate(data, sz, 40000, seed, flip);
		assert_true(sz && sz <= 40000);
		if (seed % 16)
			continue;
		n = tape_cross(data, sz, other, other_sz, out, 40000, seed);
		assert_true(n <= 40000);
		if (seed % 64)
			continue;
		memcpy(data, other, other_sz);
		sz = other_sz;
	}
	free(data);
	free(other);
	free(out);
}

static void bytes_that_are_no_tape_are_mutated_as_bytes(void **state)
{
	u8 data[16] = "no tape";

	(void)state;
	assert_int_equal(tape_mutate(data, 7, sizeof(data), 1, flip), 7);
	assert_memory_not_equal(data, "no tape", 7);
	assert_int_equal(tape_mutate(data, 0, sizeof(data), 1, flip), 1);
	assert_int_equal(tape_cross(data, 7, data, 7, data, sizeof(data), 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tape_taken_apart_and_put_together_is_as_good),
		cmocka_unit_test(most_mutations_get_behind_the_checksums),
		cmocka_unit_test(mutations_on_mutations_stay_within_bounds),
		cmocka_unit_test(bytes_that_are_no_tape_are_mutated_as_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
