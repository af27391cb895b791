/*
 * tests/format/test_stacks.c -- FILE, MMAP, FRAME, STACK and SYM blocks: what is written is what is
 * read, and the writer refuses what makes no sense.
 */
#include "tests/format/make_stacks.h"

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include "format/crc32c.h"

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

/* ---- the writer refuses what no reader could use ---- */

static void ids_go_on_where_they_stopped(void **state)
{
	struct tape_file file = { .id = 2, .kind = TAPE_FILE_ELF };
	struct tape_frame frame = { .id = 2, .file = TAPE_NONE };
	struct tape_node node = { 0, 1 };
	struct tape_stacks stacks = { 2, &node, 1, NULL, 0 };
	struct tape_reader *r;
	struct tape_writer *w;
	struct err err = { 0 };
	int fd;

	(void)state;
	w = begin_tape(&fd);
	assert_int_equal(tape_writer_put_files(w, 1, &file, 1, &err), -EINVAL);
	assert_string_equal(err.msg, "file 2 comes after file 0");
	assert_int_equal(tape_writer_put_frames(w, 1, &frame, 1, &err), -EINVAL);
	assert_string_equal(err.msg, "frame 2 comes after frame 0");
	file.id = frame.id = 0;
	assert_int_equal(tape_writer_put_files(w, 1, &file, 1, &err), -EINVAL);
	assert_int_equal(tape_writer_put_frames(w, 1, &frame, 1, &err), -EINVAL);
	file.id = frame.id = 1;
	assert_int_equal(tape_writer_put_files(w, 1, &file, 1, &err), 0);
	assert_int_equal(tape_writer_put_frames(w, 1, &frame, 1, &err), 0);
	assert_int_equal(tape_writer_put_stacks(w, 1, &stacks, &err), -EINVAL);
	assert_string_equal(err.msg, "node 2 comes after node 0");
	stacks.first_node = 0;
	assert_int_equal(tape_writer_put_stacks(w, 1, &stacks, &err), -EINVAL);
	r = end_tape(w, fd, false);
	assert_int_equal(tape_reader_state(r)->file_cnt, 1);
	assert_int_equal(tape_reader_state(r)->node_cnt, 0);
	tape_reader_close(r);
}

static void what_is_on_the_tape_already_is_passed_over(void **state)
{
	struct tape_file files[] = { { .id = 1 }, { .id = 2 }, { .id = 3 } };
	struct tape_frame frames[] = { { .id = 1, .file = 1 }, { .id = 2, .file = 2 } };
	struct tape_node nodes[] = { { 0, 1 }, { 1, 2 }, { 1, 1 } };
	struct tape_stacks stacks = { 1, nodes, 2, NULL, 0 };
	struct tape_writer *w;
	struct tape_reader *r;
	int fd;

	(void)state;
	w = begin_tape(&fd);
	assert_int_equal(tape_writer_put_files(w, 1, files, 2, NULL), 0);
	assert_int_equal(tape_writer_put_files(w, 1, files, 3, NULL), 0);
	assert_int_equal(tape_writer_put_files(w, 1, files + 1, 1, NULL), 0);
	assert_int_equal(tape_writer_put_frames(w, 1, frames, 1, NULL), 0);
	assert_int_equal(tape_writer_put_frames(w, 1, frames, 2, NULL), 0);
	assert_int_equal(tape_writer_put_stacks(w, 1, &stacks, NULL), 0);
	stacks.node_cnt = 3;
	assert_int_equal(tape_writer_put_stacks(w, 1, &stacks, NULL), 0);
	assert_int_equal(tape_writer_put_stacks(w, 1, &stacks, NULL), 0);
	r = end_tape(w, fd, false);
	assert_int_equal(tape_reader_state(r)->file_cnt, 3);
	assert_int_equal(tape_reader_state(r)->frame_cnt, 2);
	assert_int_equal(tape_reader_state(r)->node_cnt, 3);
	assert_int_equal(tape_state_node(tape_reader_state(r), 3)->parent, 1);
	assert_int_equal(tape_state_node(tape_reader_state(r), 2)->frame, 2);
	tape_reader_close(r);
}

static void nothing_refers_to_what_comes_later(void **state)
{
	struct tape_frame frame = { .id = 1, .file = 1 };
	struct tape_mmap map = { .kind = TAPE_MMAP_MAP, .file = 1 };
	struct tape_sym sym = { .file = 1, .name = STR("main") };
	struct tape_node node = { 0, 1 };
	struct tape_stack_id id = { 1, 2, 0, 0 };
	struct tape_stacks stacks = { 1, &node, 1, &id, 1 };
	struct tape_writer *w;
	struct err err;
	int fd;

	(void)state;
	w = begin_tape(&fd);
	assert_int_equal(tape_writer_put_frames(w, 1, &frame, 1, &err), -EINVAL);
	assert_string_equal(err.msg, "frame 1 is of file 1 before the file");
	assert_int_equal(tape_writer_put_mmaps(w, 1, &map, 1, &err), -EINVAL);
	assert_int_equal(tape_writer_put_syms(w, 1, &sym, 1, &err), -EINVAL);
	assert_int_equal(tape_writer_put_stacks(w, 1, &stacks, &err), -EINVAL);
	assert_string_equal(err.msg, "node 1 is of frame 1 before the frame");
	frame.file = TAPE_NONE;
	assert_int_equal(tape_writer_put_frames(w, 1, &frame, 1, &err), 0);
	assert_int_equal(tape_writer_put_stacks(w, 1, &stacks, &err), -EINVAL);
	assert_string_equal(err.msg, "stack 1 is node 2 before the node");
	id.node = 1;
	node.parent = 1;
	assert_int_equal(tape_writer_put_stacks(w, 1, &stacks, &err), -EINVAL);
	assert_string_equal(err.msg, "node 1 cannot have parent 1");
	node.parent = 0;
	id.space = 2;
	assert_int_equal(tape_writer_put_stacks(w, 1, &stacks, &err), -EINVAL);
	id.space = 1;
	id.id = 0;
	assert_int_equal(tape_writer_put_stacks(w, 1, &stacks, &err), -EINVAL);
	id.id = TAPE_MAX_STACKS + 1;
	assert_int_equal(tape_writer_put_stacks(w, 1, &stacks, &err), -EINVAL);
	tape_reader_close(end_tape(w, fd, false));
}

static void long_lists_become_several_blocks(void **state)
{
	enum { N = 150000 };
	struct tape_frame *frames = calloc(N, sizeof(*frames));
	struct tape_node *nodes = calloc(N, sizeof(*nodes));
	struct tape_stack_id *ids = calloc(N, sizeof(*ids));
	struct tape_stacks stacks = { 1, nodes, N, ids, N };
	const struct tape_state *s;
	struct tape_reader *r;
	struct tape_writer *w;
	int fd;

	(void)state;
	assert_true(frames && nodes && ids);
	for (u32 i = 0; i < N; i++) {
		frames[i] = (struct tape_frame){ .id = i + 1, .file = TAPE_NONE, .off = mix(i) };
		nodes[i] = (struct tape_node){ i, i + 1 };
		ids[i] = (struct tape_stack_id){ i + 1, i + 1, 0, 0 };
	}
	w = begin_tape(&fd);
	assert_int_equal(tape_writer_put_frames(w, 1, frames, N, NULL), 0);
	assert_true(tape_writer_stats(w).blocks >= 4);
	assert_int_equal(tape_writer_put_stacks(w, 1, &stacks, NULL), 0);
	assert_true(tape_writer_stats(w).blocks >= 4 + 3);
	r = end_tape(w, fd, true);
	s = tape_reader_state(r);
	assert_int_equal(s->damaged_blocks, 0);
	assert_int_equal(s->frame_cnt, N);
	assert_int_equal(s->node_cnt, N);
	assert_int_equal(s->stack_cnt, N);
	for (u32 i = 0; i < N; i++) {
		assert_int_equal(tape_state_frame(s, i + 1)->off, frames[i].off);
		assert_int_equal(tape_state_node(s, i + 1)->parent, i);
		assert_int_equal(tape_state_stack(s, i + 1)->node, i + 1);
	}
	tape_reader_close(r);
	free(frames);
	free(nodes);
	free(ids);
}

/* ---- LOG ---- */

static void what_was_printed_says_which_firing_printed_it(void **state)
{
	struct tape_log logs[] = {
		{ 5, TAPE_LOG_OUTPUT, STR("hello"), 3, 1, 77, 2 },
		{ 6, TAPE_LOG_OUTPUT, STR("bye"), TAPE_NONE, TAPE_NONE, 0, 4 },
		{ 7, TAPE_LOG_WARN, STR("slow disk"), 0, 0, 0, 0 },
	};
	const struct tape_log *got;
	struct tape_writer *w;
	struct tape_reader *r;
	int fd;

	(void)state;
	w = begin_tape(&fd);
	assert_int_equal(tape_writer_put_logs(w, 1, logs, 3, NULL), 0);
	r = end_tape(w, fd, false);
	got = tape_reader_state(r)->logs;
	assert_int_equal(tape_reader_state(r)->log_cnt, 3);
	assert_int_equal(got[0].table, 3);
	assert_int_equal(got[0].cpu, 1);
	assert_int_equal(got[0].seq, 77);
	assert_int_equal(got[0].action, 2);
	assert_int_equal(got[1].table, TAPE_NONE);
	assert_int_equal(got[1].action, 4);
	/* A message is of no firing, whatever is written. */
	assert_int_equal(got[2].table, TAPE_NONE);
	assert_int_equal(got[2].cpu, TAPE_NONE);
	assert_int_equal(got[2].action, TAPE_NONE);
	tape_reader_close(r);
}

/* Records of version 1.0 end before the firing: zeros would name one of table 0. */
static void on_old_tapes_what_was_printed_is_of_no_firing(void **state)
{
	struct tape_log log = { 5, TAPE_LOG_OUTPUT, STR("hello"), 0, 0, 0, 0 };
	struct tape_file_header h;
	const struct tape_log *got;
	struct tape_writer *w;
	struct tape_reader *r;
	int fd;

	(void)state;
	w = begin_tape(&fd);
	assert_int_equal(tape_writer_put_logs(w, 1, &log, 1, NULL), 0);
	assert_int_equal(pread(fd, &h, sizeof(h), 0), sizeof(h));
	h.minor = 0;
	h.crc = crc32c(0, &h, offsetof(struct tape_file_header, crc));
	assert_int_equal(pwrite(fd, &h, sizeof(h), 0), sizeof(h));
	r = end_tape(w, fd, false);
	got = tape_reader_state(r)->logs;
	assert_int_equal(tape_reader_state(r)->log_cnt, 1);
	assert_int_equal(got[0].table, TAPE_NONE);
	assert_int_equal(got[0].cpu, TAPE_NONE);
	assert_int_equal(got[0].action, TAPE_NONE);
	tape_reader_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(on_old_tapes_what_was_printed_is_of_no_firing),
		cmocka_unit_test(everything_comes_back_as_it_was_given),
		cmocka_unit_test(ids_go_on_where_they_stopped),
		cmocka_unit_test(what_is_on_the_tape_already_is_passed_over),
		cmocka_unit_test(nothing_refers_to_what_comes_later),
		cmocka_unit_test(long_lists_become_several_blocks),
		cmocka_unit_test(what_was_printed_says_which_firing_printed_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
