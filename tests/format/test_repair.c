/*
 * tests/format/test_repair.c -- whatever happens to a tape, repair makes one of it that breaks no
 * rule and has the same rows.
 */
#include "tests/format/make_stacks.h"

#include <errno.h>
#include <fcntl.h>
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

/*
 * The same rows, and as many lost, as in the tape it was made of; @want: front to back, loaded.  A
 * copy has a SCHEMA before its first rows, so front to back is as good as loaded.
 */
static void check_rows(int fd, u64 seed, const struct make_counts *want)
{
	for (int load = 0; load < 2; load++) {
		const struct make_counts *w = &want[load];
		struct make_counts n;
		int dup_fd = dup(fd);

		lseek(fd, 0, SEEK_SET);
		n = read_all_as(dup_fd, seed, load);
		w = n.rows > w->rows ? &want[1] : w;
		assert_int_equal(n.rc, 0);
		assert_int_equal(n.rows, w->rows);
		assert_true(n.sum == w->sum);
		assert_int_equal(n.damaged_rows, w->damaged_rows);
		assert_int_equal(n.logs, w->logs);
		assert_int_equal(n.snaps, w->snaps);
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
	struct make_counts want[2] = { read_all(make_fd_of(p, sz), seed),
				       read_all_as(make_fd_of(p, sz), seed, true) };
	int fd = make_fd_of(p, sz);
	size_t more;
	u8 *q;

	assert_int_equal(want[0].rc, 0);
	check_in_place(p, sz, seed, want);
	check_copy(p, sz, seed, want);
	assert_int_equal(tape_repair_append(fd, &o, &r, NULL), 0);
	more = sz + r.written;
	q = malloc(more);
	assert_int_equal(pread(fd, q, more, 0), (ssize_t)more);
	check_copy(q, more, seed, want);
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

/* Seven meets every place within the eight bytes that blocks are aligned to. */
static void a_tape_cut_anywhere_near_its_end_is_repaired(void **state)
{
	size_t step = getenv("BPFTAPE_ALL") ? 1 : 7;
	struct make_opts m = { .seed = 54, .tables = 1, .rows = 30 };
	size_t sz;
	u8 *p = make_bytes(&m, &sz);

	(void)state;
	for (size_t cut = sz - 1; cut > sz - 900; cut -= step)
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

/* Of a block that ends in zeros only those are missing. */
static void what_is_appended_completes_no_block(void **state)
{
	size_t sz, end = 0;
	u8 *p = make_bytes(&opts[0], &sz);
	struct tape_block_header h;

	(void)state;
	for (u64 at = 64; at + sizeof(h) <= sz; at += block_span(&h)) {
		memcpy(&h, p + at, sizeof(h));
		if (h.type == TAPE_CHECKPOINT && h.codec == TAPE_CODEC_NONE)
			end = at + sizeof(h) + h.stored_len;
	}
	assert_true(end && !p[end - 1] && !p[end - 3]);
	check_repair(p, end - 3, opts[0].seed);
	free(p);
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

static void an_append_that_fails_leaves_the_tape_as_it_was(void **state)
{
	struct make_opts m = { .seed = 55, .tables = 2, .rows = 300, .no_finish = true };
	size_t sz;
	u8 *p = make_bytes(&m, &sz);

	struct tape_repair_opts o = { .report = NULL };
	struct tape_repair_result whole, r;
	int sound = make_fd_of(p, sz);

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(tape_repair_append(sound, &o, &whole, NULL), 0);
	close(sound);
	for (size_t more = 0; more < whole.written; more += 30) {
		struct rlimit was, lim;
		struct err err = { 0 };
		char path[] = "/tmp/test_repair.XXXXXX";
		int fd = mkstemp(path), rc;
		u8 *q = malloc(sz);

		assert_true(fd >= 0);
		unlink(path);
		assert_int_equal(pwrite(fd, p, sz, 0), (ssize_t)sz);
		assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
		lim = (struct rlimit){ sz + more, was.rlim_max };
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &lim), 0);
		rc = tape_repair_append(fd, &o, &r, &err);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
		assert_int_equal(rc, -EFBIG);
		assert_non_null(strstr(err.msg, "File too large"));
		assert_int_equal(lseek(fd, 0, SEEK_END), (off_t)sz);
		assert_int_equal(pread(fd, q, sz, 0), (ssize_t)sz);
		assert_memory_equal(p, q, sz);
		assert_int_equal(tape_repair_append(fd, &o, &r, NULL), 0);
		check_sound(fd, "later");
		free(q);
		close(fd);
	}
	free(p);
}

static void a_tape_that_is_being_recorded_is_refused(void **state)
{
	struct make_opts m = { .seed = 56, .tables = 1, .rows = 20, .no_finish = true };
	struct tape_repair_opts o = { .report = NULL };
	struct tape_repair_result r;
	struct err err = { 0 };
	char path[64];
	size_t sz;
	u8 *p = make_bytes(&m, &sz);
	int fd = make_fd_of(p, sz), other;

	(void)state;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	other = open(path, O_RDWR | O_CLOEXEC);
	assert_true(other >= 0);
	assert_int_equal(flock(other, LOCK_EX), 0);
	assert_int_equal(tape_repair_append(fd, &o, &r, &err), -EWOULDBLOCK);
	assert_string_equal(err.msg, "is being recorded");
	assert_int_equal(lseek(fd, 0, SEEK_END), (off_t)sz);
	close(other);
	assert_int_equal(tape_repair_append(fd, &o, &r, NULL), 0);
	close(fd);
	free(p);
}

static void what_has_no_good_block_is_refused(void **state)
{
	struct make_opts m = { .seed = 57, .tables = 1, .rows = 0 };
	struct tape_repair_opts o = { .report = NULL };
	struct tape_repair_result r;
	size_t sz;
	u8 *p = make_bytes(&m, &sz);
	int fd = make_fd_of(p, 64), text = make_fd_of("hello, this is no tape", 22);

	(void)state;
	assert_int_equal(tape_repair_append(fd, &o, &r, NULL), -ENODATA);
	assert_int_equal(lseek(fd, 0, SEEK_END), 64);
	assert_int_equal(tape_repair_append(text, &o, &r, NULL), -EPROTO);
	close(text);
	close(fd);
	free(p);
}

/* Each stretch that is told has the rows of its block, and the times between which they lie. */
static struct tape_repair_stretch told[8];
static u32 told_cnt;

static void keep_stretch(void *ctx, const struct tape_state *s, const struct tape_repair_stretch *d)
{
	(void)ctx;
	assert_non_null(s);
	if (told_cnt < countof(told))
		told[told_cnt++] = *d;
}

static void what_is_lost_is_told_with_its_place_rows_and_times(void **state)
{
	struct tape_repair_opts o = { .report = keep_stretch };
	struct tape_block_header h;
	struct tape_repair_result r;
	size_t sz, at = 64;
	u8 *p = make_bytes(&opts[0], &sz);
	int fd;

	(void)state;
	for (;; at += block_span(&h)) {
		memcpy(&h, p + at, sizeof(h));
		if (h.type == TAPE_EVENTS)
			break;
	}
	p[at + 64 + h.stored_len / 2] ^= 1;
	fd = make_fd_of(p, sz);
	told_cnt = 0;
	assert_int_equal(tape_repair_append(fd, &o, &r, NULL), 0);
	assert_int_equal(told_cnt, 1);
	assert_int_equal(told[0].off, at);
	assert_int_equal(told[0].len, block_span(&h));
	assert_int_equal(told[0].blocks, 1);
	assert_int_equal(told[0].rows, h.n_rows);
	assert_int_equal(told[0].type, TAPE_EVENTS);
	assert_true(told[0].ts_min == h.ts_min && told[0].ts_max == h.ts_max);
	assert_true(told[0].is_loss && r.is_lossy);
	assert_int_equal(r.lost_rows, h.n_rows);
	close(fd);
	free(p);
}

/* A range that comes twice costs nothing, and so does what lies behind the end of a whole tape. */
static void what_costs_nothing_is_told_and_is_no_loss(void **state)
{
	(void)state;
	for (int how = 0; how < 2; how++) {
		struct tape_repair_opts o = { .report = keep_stretch };
		struct tape_block_header h;
		struct tape_repair_result r;
		size_t sz;
		u8 *p = make_bytes(&opts[0], &sz), *q = malloc(2 * sz);
		u64 span;
		int fd;

		memcpy(&h, p + 64, sizeof(h));
		span = block_span(&h);
		memcpy(q, p, sz);
		if (how)
			memset(q + sz, 'x', span);
		else
			memcpy(q + 64 + span, p + 64, sz - 64);
		fd = make_fd_of(q, sz + span);
		told_cnt = 0;
		assert_int_equal(tape_repair_append(fd, &o, &r, NULL), 0);
		assert_true(how ? told_cnt == 1 : told_cnt > 1); /* INDEX and others are off */
		assert_false(told[0].is_loss || r.is_lossy);
		assert_int_equal(told[0].len, span);
		check_sound(fd, "nothing lost");
		close(fd);
		free(p);
		free(q);
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
		cmocka_unit_test(what_is_appended_completes_no_block),
		cmocka_unit_test(a_tape_with_a_bad_file_header_is_repaired),
		cmocka_unit_test(an_append_that_fails_leaves_the_tape_as_it_was),
		cmocka_unit_test(a_tape_that_is_being_recorded_is_refused),
		cmocka_unit_test(what_has_no_good_block_is_refused),
		cmocka_unit_test(what_is_lost_is_told_with_its_place_rows_and_times),
		cmocka_unit_test(what_costs_nothing_is_told_and_is_no_loss),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
