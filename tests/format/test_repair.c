/*
 * tests/format/test_repair.c -- whatever happens to a tape, repair makes one of it that breaks no
 * rule and has the same rows.
 */
#include "tests/format/make_stacks.h"

#include <errno.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <signal.h>

#include "format/block.h"
#include "format/repair.h"
#include "format/verify.h"

static char breach[256];

static void keep_breach(void *ctx, u64 off, const char *text)
{
	(void)ctx;
	if (!*breach)
		snprintf(breach, sizeof(breach), "byte %llu: %s", (unsigned long long)off, text);
}

static struct tape_verify_result verify_fd(int fd)
{
	struct tape_verify_opts o = { .report = keep_breach };
	struct tape_verify_result ret;

	*breach = 0;
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(tape_verify(fd, &o, &ret, NULL), 0);
	return ret;
}

/* The same rows, and as many lost, as in the tape that it was made of. */
static void check_rows(int fd, u64 seed, const struct make_counts *want)
{
	for (int load = 0; load < 2; load++) {
		struct make_counts n;
		int dup_fd = dup(fd);

		lseek(fd, 0, SEEK_SET);
		n = read_all_as(dup_fd, seed, load);
		assert_int_equal(n.rc, 0);
		assert_int_equal(n.rows, want->rows);
		assert_true(n.sum == want->sum);
		assert_int_equal(n.damaged_rows, want->damaged_rows);
		assert_int_equal(n.logs, want->logs);
		assert_int_equal(n.snaps, want->snaps);
	}
}

static void check_sound(int fd, const char *what)
{
	struct tape_verify_result v = verify_fd(fd);

	if (v.breaches || !v.is_closed)
		print_message("%s: %s\n", what, *breach ? breach : "not closed");
	assert_int_equal(v.breaches, 0);
	assert_true(v.has_end);
	assert_true(v.is_closed);
}

static void check_in_place(const u8 *p, size_t sz, u64 seed, const struct make_counts *want)
{
	struct tape_repair_opts o = { .report = NULL };
	struct tape_repair_result r, again;
	int fd = make_fd_of(p, sz);
	u8 *q = malloc(sz);

	assert_int_equal(tape_repair_append(fd, &o, &r, NULL), 0);
	assert_int_equal(lseek(fd, 0, SEEK_END), (off_t)(sz + r.written));
	assert_int_equal(pread(fd, q, sz, 0), (ssize_t)sz);
	assert_memory_equal(p, q, sz);
	check_sound(fd, "in place");
	check_rows(fd, seed, want);
	assert_int_equal(tape_repair_append(fd, &o, &again, NULL), 0);
	assert_true(again.is_whole);
	assert_int_equal(again.written, 0);
	assert_int_equal(again.rows, r.rows);
	free(q);
	close(fd);
}

static void check_copy(const u8 *p, size_t sz, u64 seed, const struct make_counts *want)
{
	struct tape_repair_opts o = { .report = NULL };
	struct tape_repair_result r;
	int fd = make_fd_of(p, sz), out = make_memfd();

	lseek(fd, 0, SEEK_SET);
	assert_int_equal(tape_repair_copy(fd, out, &o, &r, NULL), 0);
	assert_int_equal(lseek(out, 0, SEEK_END), (off_t)r.written);
	check_sound(out, "copy");
	check_rows(out, seed, want);
	close(out);
	close(fd);
}

/* Both ways; and first in place, then a copy of that. */
static void check_repair(const u8 *p, size_t sz, u64 seed)
{
	struct tape_repair_opts o = { .report = NULL };
	struct tape_repair_result r;
	struct make_counts want = read_all(make_fd_of(p, sz), seed);
	int fd = make_fd_of(p, sz);
	size_t more;
	u8 *q;

	assert_int_equal(want.rc, 0);
	check_in_place(p, sz, seed, &want);
	check_copy(p, sz, seed, &want);
	assert_int_equal(tape_repair_append(fd, &o, &r, NULL), 0);
	more = sz + r.written;
	q = malloc(more);
	assert_int_equal(pread(fd, q, more, 0), (ssize_t)more);
	check_copy(q, more, seed, &want);
	free(q);
	close(fd);
}

static const struct make_opts opts[] = {
	{ .seed = 51, .tables = 3, .rows = 900, .block_rows = 250 },
	{ .seed = 52, .tables = 20, .rows = 300, .mixed_every = 50, .repeat_bytes = 30000 },
	{ .seed = 53, .tables = 2, .rows = 700, .mixed_every = 100, .more = make_stacks },
};

static void a_whole_tape_is_left_as_it_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < countof(opts); i++) {
		struct tape_repair_opts o = { .report = NULL };
		struct tape_repair_result r;
		size_t sz;
		u8 *p = make_bytes(&opts[i], &sz);
		int fd = make_fd_of(p, sz);

		assert_int_equal(tape_repair_append(fd, &o, &r, NULL), 0);
		assert_true(r.is_whole);
		assert_false(r.is_lossy);
		assert_int_equal(r.written, 0);
		assert_int_equal(r.rows, (u64)opts[i].tables * opts[i].rows);
		assert_int_equal(lseek(fd, 0, SEEK_END), (off_t)sz);
		close(fd);
		check_repair(p, sz, opts[i].seed);
		free(p);
	}
}

static void an_unfinished_tape_is_finished_and_nothing_is_lost(void **state)
{
	(void)state;
	for (size_t i = 0; i < countof(opts); i++) {
		struct make_opts m = opts[i];
		struct tape_repair_opts o = { .report = NULL };
		struct tape_repair_result r;
		size_t sz;
		u8 *p;
		int fd;

		m.no_finish = true;
		p = make_bytes(&m, &sz);
		fd = make_fd_of(p, sz);
		assert_int_equal(tape_repair_append(fd, &o, &r, NULL), 0);
		assert_false(r.is_whole);
		assert_false(r.is_lossy);
		assert_int_equal(r.stretches, 0);
		close(fd);
		check_repair(p, sz, m.seed);
		free(p);
	}
}

static void a_tape_cut_anywhere_near_its_end_is_repaired(void **state)
{
	struct make_opts m = { .seed = 54, .tables = 1, .rows = 30 };
	size_t sz;
	u8 *p = make_bytes(&m, &sz);

	(void)state;
	for (size_t cut = sz - 1; cut > sz - 900; cut--)
		check_repair(p, cut, m.seed);
	free(p);
}

static void a_tape_cut_anywhere_is_repaired(void **state)
{
	(void)state;
	for (size_t i = 0; i < countof(opts); i++) {
		size_t sz;
		u8 *p = make_bytes(&opts[i], &sz);

		for (u32 k = 0; k < 12; k++) {
			size_t cut = 64 + mix(k * 7 + i) % (sz - 64);
			struct make_counts n = read_all(make_fd_of(p, cut), opts[i].seed);

			if (n.tables)
				check_repair(p, cut, opts[i].seed);
		}
		free(p);
	}
}

enum { FLIP, ZERO, DOUBLE, REMOVE, SWAP, HOW_CNT };

/* Do something to a copy of the tape: *ret_sz bytes; free() them. */
static u8 *harm(const u8 *p, size_t sz, u32 how, u64 r, size_t *ret_sz)
{
	size_t at = 64 + mix(r) % (sz - 64), n = 1 + mix(r + 1) % 6000;
	u8 *q = malloc(2 * sz);

	n = n < sz - at ? n : sz - at;
	memcpy(q, p, sz);
	*ret_sz = sz;
	switch (how) {
	case FLIP:
		q[at] ^= (u8)(1 << r % 8);
		break;
	case ZERO:
		memset(q + at, 0, n);
		break;
	case DOUBLE:
		memmove(q + at + n, p + at, sz - at);
		*ret_sz = sz + n;
		break;
	case REMOVE:
		memmove(q + at, p + at + n, sz - at - n);
		*ret_sz = sz - n;
		break;
	default:
		memcpy(q + at, p + at + n / 2, n - n / 2);
		memcpy(q + at + (n - n / 2), p + at, n / 2);
	}
	return q;
}

static void a_damaged_tape_is_repaired(void **state)
{
	(void)state;
	for (size_t i = 0; i < countof(opts); i++) {
		size_t sz, more;
		u8 *p = make_bytes(&opts[i], &sz);

		for (u32 k = 0; k < 8 * HOW_CNT; k++) {
			u8 *q = harm(p, sz, k % HOW_CNT, k * 13 + i, &more);

			check_repair(q, more, opts[i].seed);
			free(q);
		}
		free(p);
	}
}

static void a_tape_with_a_bad_file_header_is_repaired(void **state)
{
	(void)state;
	for (size_t at = 0; at < 64; at += 5) {
		struct tape_repair_opts o = { .report = NULL };
		struct tape_repair_result r;
		size_t sz;
		u8 *p = make_bytes(&opts[0], &sz);
		int fd, out = make_memfd();
		struct tape_file_header h;

		if (at == 8)
			continue; /* a greater major version is refused */
		p[at] ^= 0x80;
		check_repair(p, sz, opts[0].seed);
		fd = make_fd_of(p, sz);
		lseek(fd, 0, SEEK_SET);
		assert_int_equal(tape_repair_copy(fd, out, &o, &r, NULL), 0);
		assert_false(r.is_lossy);
		assert_int_equal(pread(out, &h, sizeof(h), 0), sizeof(h));
		assert_memory_equal(h.magic, TAPE_MAGIC, 8);
		assert_int_equal(h.minor, TAPE_MINOR);
		close(out);
		close(fd);
		free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_tape_is_left_as_it_is),
		cmocka_unit_test(an_unfinished_tape_is_finished_and_nothing_is_lost),
		cmocka_unit_test(a_tape_cut_anywhere_near_its_end_is_repaired),
		cmocka_unit_test(a_tape_cut_anywhere_is_repaired),
		cmocka_unit_test(a_damaged_tape_is_repaired),
		cmocka_unit_test(a_tape_with_a_bad_file_header_is_repaired),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
