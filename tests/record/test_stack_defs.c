/* tests/record/test_stack_defs.c -- definitions become stacks of a tape, or are counted. */
#include "record/stacks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "format/reader.h"
#include "record/bpf/capture_abi.h"
#include "record/ksyms.h"

#define BASE 0xffffffff81000000ull

static struct err err;

struct rig {
	struct files *files;
	struct ksyms *ksyms;
	struct stacks *stacks;
	struct tape_writer *writer;
	struct tape_reader *reader;
	int fd;
};

static struct rig rig_open(struct str kallsyms)
{
	const struct tape_writer_opts o = { .real_ns = 1 };
	struct rig r = { .files = files_new(), .fd = memfd_create("tape", MFD_CLOEXEC) };
	struct stacks_opts so = { .files = r.files, .kernel_depth = 127 };

	assert_int_equal(ksyms_over(kallsyms, STR(""), &r.ksyms, &err), 0);
	so.ksyms = r.ksyms;
	assert_int_equal(stacks_new(&so, &r.stacks, &err), 0);
	assert_int_equal(tape_writer_open(r.fd, &o, &r.writer, &err), 0);
	return r;
}

/* Three frames of which the innermost is the tracing's; @depth were asked for. */
static void define(struct rig *r, u16 depth)
{
	struct {
		struct cap_stack d;
		u64 ips[3];
	} rec = { { .table = CAP_TABLE_STACK,
		    .size = sizeof(rec),
		    .hash = 77,
		    .cnt = 3,
		    .depth = depth,
		    .room = 20,
		    .flags = CAP_STACK_CUT },
		  { BASE + 0x10, BASE + 0x110, BASE + 0x210 } };

	assert_int_equal(stacks_define(r->stacks, (const u8 *)&rec, sizeof(rec)), 0);
}

static const struct tape_state *finish(struct rig *r)
{
	struct tape_item item;

	assert_int_equal(stacks_write(r->stacks, r->writer, 7, NAMES_END, &err), 0);
	assert_int_equal(tape_writer_finish(r->writer, 8, NULL, 0, &err), 0);
	assert_int_equal(lseek(r->fd, 0, SEEK_SET), 0);
	assert_int_equal(tape_reader_open(r->fd, NULL, &r->reader, &err), 0);
	while (tape_reader_next(r->reader, &item, &err) == 1)
		;
	return tape_reader_state(r->reader);
}

static void rig_close(struct rig *r)
{
	stacks_free(r->stacks);
	ksyms_free(r->ksyms);
	files_free(r->files);
	tape_writer_close(r->writer);
	tape_reader_close(r->reader);
	close(r->fd);
}

static void frames_of_the_tracing_are_cut_off(void **state)
{
	struct rig r = rig_open(STR("ffffffff81000000 T _text\n"
				    "ffffffff81000000 T bpf_trace_run2\n"
				    "ffffffff81000100 T first\n"
				    "ffffffff81000200 T second\n"));
	const struct tape_state *st;

	(void)state;
	define(&r, 1);
	st = finish(&r);
	assert_int_equal(stacks_take_lost(r.stacks), 0);
	assert_int_equal(st->frame_cnt, 1);
	rig_close(&r);
}

/* Cut to the depth, a stack without names would be nothing but the tracing. */
static void all_frames_are_kept_where_the_kernel_hides_its_names(void **state)
{
	struct rig r = rig_open(STR("0000000000000000 T _text\n0000000000000000 T first\n"));
	const struct tape_state *st;

	(void)state;
	assert_non_null(strstr(ksyms_trouble(r.ksyms), "begin with frames of the tracing"));
	define(&r, 1);
	st = finish(&r);
	assert_int_equal(st->frame_cnt, 3);
	rig_close(&r);
}

static void number_without_a_definition_is_lost_once(void **state)
{
	struct rig r = rig_open(STR("ffffffff81000000 T _text\n"));

	(void)state;
	define(&r, 3);
	assert_int_equal(stacks_number(r.stacks, 77), 1);
	assert_int_equal(stacks_number(r.stacks, 78), 2);
	finish(&r);
	assert_int_equal(stacks_take_lost(r.stacks), 1);
	assert_int_equal(stacks_take_lost(r.stacks), 0);
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_of_the_tracing_are_cut_off),
		cmocka_unit_test(all_frames_are_kept_where_the_kernel_hides_its_names),
		cmocka_unit_test(number_without_a_definition_is_lost_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
