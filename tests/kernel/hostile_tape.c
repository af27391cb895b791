/*
 * tests/kernel/hostile_tape.c -- a tape that names paths wherever a tape has room for a text.
 *
 * usage: hostile_tape OUT SCRIPT-FILE PATH [TEXT-FILE]
 *
 * The script makes plan and tables; TEXT-FILE is what the tape says that its script was.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"
#include "tests/support/stack_builder.h"
#include "tests/support/tape_builder.h"

#define FILE_ID 3 /* behind those of stack_builder.c */

static const char *read_text(const char *path)
{
	struct err err = { 0 };
	struct buf b;

	buf_init(&b, 16 << 20);
	if (io_read_file(path, &b, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		exit(1);
	}
	return buf_cstr(&b);
}

static void put_names(struct tape_builder *b, const char *path)
{
	static const char *const keys[] = { "tool",   "command", "script_name", "hostname",
					    "kernel", "arch",	 "boot_id",	"compat",
					    "ld.so",  "module" };
	static const char *const spaces[] = { "include", "import", "header", "macro", "param",
					      "cgroup",	 "uid",	   "config", "tz" };

	for (u32 i = 0; i < countof(keys); i++)
		tape_builder_meta(b, keys[i], path, 0);
	for (u32 i = 0; i < countof(spaces); i++)
		tape_builder_fact(b, spaces[i], "1", path);
	tape_builder_fact(b, "tz", "name", path);
}

static void put_rows(struct tape_builder *b, const char *path)
{
	struct stack_builder *s = stack_builder_new(tape_builder_writer(b), TAPE_BUILDER_START);
	struct tape_file file = { .id = FILE_ID, .kind = TAPE_FILE_ELF, .path = str_of(path) };
	char frames[512];

	if (tape_writer_put_files(tape_builder_writer(b), TAPE_BUILDER_START, &file, 1, NULL))
		exit(1);
	snprintf(frames, sizeof(frames), "%s+1;\x1b[2Jtitle\x07+2;main+3", path);
	for (u32 i = 0; i < 20; i++) {
		struct tape_cell cells[] = {
			{ .col = "ustack",
			  .num = stack_builder_add(s, TAPE_STACK_USER, frames, true) },
			{ .col = "comm", .str = i % 2 ? path : "\x1b[31m`id`$(id)" },
			{ .col = "ret", .num = i },
		};

		tape_builder_row(b, "sys_exit_read", i + 1, 0, 1, cells, countof(cells));
	}
	stack_builder_free(s);
}

int main(int argc, char **argv)
{
	struct tape_builder *b;
	int rc;

	if (argc < 4)
		return 2;
	b = tape_builder_new(read_text(argv[2]), COMPAT_27);
	put_names(b, argv[3]);
	if (argc > 4)
		tape_builder_meta(b, "script", read_text(argv[4]), 0);
	tape_builder_task(b, 1, argv[3], 0);
	put_rows(b, argv[3]);
	rc = tape_builder_save(b, 1000, argv[1]);
	tape_builder_free(b);
	return rc ? 1 : 0;
}
