/* tests/record/test_tracefs_format.c -- stored format files become typed args. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "base/io.h"
#include "record/tracefs.h"

static struct arena arena;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 16u << 20);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

/* "OFFSET TYPE NAME; ..." of a format text. */
static void expect_fields(struct str text, const char *want)
{
	const struct type *t;
	struct err err = { 0 };
	struct buf got;

	buf_init(&got, 1u << 16);
	if (tracefs_parse_format(text, "args of x", NULL, &arena, &t, &err))
		fail_msg("%s", err.msg);
	assert_string_equal(t->name, "args of x");
	for (u32 i = 0; i < t->field_cnt; i++) {
		const struct field *f = &t->fields[i];

		buf_printf(&got, "%u ", f->off);
		type_print(f->type, &got);
		buf_printf(&got, " %s%s; ", f->name, f->is_data_loc ? " (located)" : "");
	}
	assert_string_equal(buf_cstr(&got), want);
	buf_fini(&got);
}

static void expect_file(const char *name, const char *want)
{
	char path[256];
	struct buf text;

	snprintf(path, sizeof(path), "tests/record/formats/%s", name);
	buf_init(&text, 1u << 20);
	assert_int_equal(io_read_file(path, &text, NULL), 0);
	expect_fields((struct str){ (const char *)text.data, text.len }, want);
	buf_fini(&text);
}

static void system_call_arguments_have_their_declared_types(void **state)
{
	(void)state;
	expect_file("syscalls.sys_enter_openat",
		    "8 int32 __syscall_nr; 16 int32 dfd; 24 int8 * filename; 32 int32 flags; "
		    "40 uint16 mode; ");
	expect_file("syscalls.sys_exit_read", "8 int32 __syscall_nr; 16 int64 ret; ");
}

static void pointers_of_system_calls_point_into_the_process(void **state)
{
	const struct type *t;
	struct str text = STR("name: sys_enter_x\nID: 1\nformat:\n"
			      "\tfield:const char *const * argv;\toffset:16;\tsize:8;\tsigned:0;\n"
			      "\tfield:struct stat * buf;\toffset:24;\tsize:8;\tsigned:0;\n");

	(void)state;
	assert_int_equal(tracefs_parse_format(text, "x", NULL, &arena, &t, NULL), 0);
	assert_int_equal(t->fields[0].type->aspace, ASPACE_USER);
	assert_int_equal(t->fields[0].type->elem->kind, TYPE_PTR);
	assert_int_equal(t->fields[0].type->elem->elem->kind, TYPE_INT);
	assert_string_equal(t->fields[1].type->elem->name, "struct stat");
}

static void strings_in_the_record_are_strings(void **state)
{
	(void)state;
	expect_file("sched.sched_switch",
		    "8 string[16] prev_comm; 24 int32 prev_pid; 28 int32 prev_prio; "
		    "32 int64 prev_state; 40 string[16] next_comm; 56 int32 next_pid; "
		    "60 int32 next_prio; ");
	expect_file("sched.sched_process_exec",
		    "8 string[0] filename (located); 12 int32 pid; 16 int32 old_pid; ");
}

static void arrays_know_their_elements(void **state)
{
	(void)state;
	expect_file("raw_syscalls.sys_enter", "8 int64 id; 16 uint64[6] args; ");
	expect_fields(STR("name: x\nformat:\n"
			  "\tfield:u8 addr[16];\toffset:8;\tsize:16;\tsigned:0;\n"
			  "\tfield:unsigned char mac[ETH_ALEN];\toffset:24;\tsize:6;\tsigned:0;\n"),
		      "8 uint8[16] addr; 24 uint8[6] mac; ");
}

static void unknown_types_are_as_wide_as_the_text_says(void **state)
{
	(void)state;
	expect_fields(STR("name: x\nformat:\n"
			  "\tfield:xfs_extlen_t a;\toffset:8;\tsize:4;\tsigned:0;\n"
			  "\tfield:strange_t b;\toffset:12;\tsize:8;\tsigned:1;\n"
			  "\tfield:enum foo c;\toffset:20;\tsize:4;\tsigned:0;\n"
			  "\tfield:struct pair d;\toffset:24;\tsize:12;\tsigned:0;\n"),
		      "8 uint32 a; 12 int64 b; 20 enum foo c; 24 struct pair d; ");
}

static void a_text_without_fields_is_refused(void **state)
{
	const struct type *t;

	(void)state;
	assert_int_equal(tracefs_parse_format(STR("nothing\n"), "x", NULL, &arena, &t, NULL),
			 -EBADMSG);
	assert_int_equal(tracefs_parse_format(STR(""), "x", NULL, &arena, &t, NULL), -EBADMSG);
}

static void broken_lines_are_passed_over(void **state)
{
	(void)state;
	expect_fields(STR("name: x\nformat:\n"
			  "\tfield:int a;\toffset:x;\tsize:4;\tsigned:0;\n"
			  "\tfield:int b\n"
			  "\tfield:;\toffset:8;\tsize:4;\tsigned:0;\n"
			  "\tfield:int c[3;\toffset:8;\tsize:4;\tsigned:0;\n"
			  "\tfield:int;\toffset:8;\tsize:4;\tsigned:0;\n"
			  "\tfield:int d;\toffset:99999999;\tsize:4;\tsigned:0;\n"
			  "\tfield:int e;\toffset:12;\tsize:4;\tsigned:1;\n"),
		      "12 int32 e; ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(system_call_arguments_have_their_declared_types),
		TEST(pointers_of_system_calls_point_into_the_process),
		TEST(strings_in_the_record_are_strings),
		TEST(arrays_know_their_elements),
		TEST(unknown_types_are_as_wide_as_the_text_says),
		TEST(a_text_without_fields_is_refused),
		TEST(broken_lines_are_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
