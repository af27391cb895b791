/*
 * tests/format/test_stacks.c -- FILE, MMAP, FRAME, STACK and SYM blocks: what is written is what is
 * read, what is lost is unknown, what makes no sense is damage.
 */
#include "tests/format/make_stacks.h"

#include <errno.h>

#include "base/io.h"

static struct tape_writer *begin_tape(int *ret_fd)
{
	struct tape_writer_opts wo = { .uuid = { 5 } };
	struct tape_writer *w;

	*ret_fd = make_memfd();
	assert_int_equal(tape_writer_open(*ret_fd, &wo, &w, NULL), 0);
	return w;
}

/* Finish what begin_tape() began and read it to the end.  Owns @fd; tape_reader_close(). */
static struct tape_reader *end_tape(struct tape_writer *w, int fd, bool load)
{
	struct tape_reader *r;
	struct tape_item it;
	int rc;

	assert_int_equal(tape_writer_finish(w, 9, NULL, 0, NULL), 0);
	tape_writer_close(w);
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(tape_reader_open(fd, NULL, &r, NULL), 0);
	if (load)
		assert_int_equal(tape_reader_load(r, NULL), 0);
	while ((rc = tape_reader_next(r, &it, NULL)) > 0)
		;
	assert_int_equal(rc, 0);
	return r;
}

static void everything_comes_back_as_it_was_given(void **state)
{
	(void)state;
	for (int load = 0; load < 2; load++) {
		struct tape_reader *r;
		struct tape_writer *w;
		u32 n = 0;
		int fd;

		w = begin_tape(&fd);
		for (u32 i = 0; i < 7; i++)
			make_stacks(w, i, &n);
		r = end_tape(w, fd, load);
		check_all_stacks(tape_reader_state(r), n);
		assert_int_equal(tape_reader_state(r)->damaged_blocks, 0);
		tape_reader_close(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_comes_back_as_it_was_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
