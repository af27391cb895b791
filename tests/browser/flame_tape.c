/*
 * tests/browser/flame_tape.c -- write the tape that the flame graph of flame.py is drawn from.
 *
 * 1,000 rows of three threads; each stack has a weight that can be told from all others.
 */
#include <stdio.h>

#include "tests/support/stack_builder.h"
#include "tests/support/tape_builder.h"

#define TABLE "sys_enter_read"

static const char *const comms[] = { "", "nginx", "<b>&hostile", "swapper/0" };

static const struct {
	u32 tid, cnt;
	const char *user, *kernel;
} stacks[] = {
	{ 1, 400, "malloc+8;handle_request+20;main+4;__libc_start_main+90", "" },
	{ 1, 150, "read+12;handle_request+60;main+4;__libc_start_main+90",
	  "vfs_read+7;ksys_read+80;do_syscall_64+56;entry_SYSCALL_64_after_hwframe+110" },
	{ 1, 50, "read+12;handle_request+60;main+4;__libc_start_main+90",
	  "copy_page_to_iter+3;vfs_read+30;ksys_read+80;do_syscall_64+56;"
	  "entry_SYSCALL_64_after_hwframe+110" },
	{ 2, 170,
	  "</title><script>alert(1)</script>+1;a&b \"quoted\" 'single'+2;main+4;"
	  "__libc_start_main+90",
	  "" },
	{ 2, 100,
	  "std::vector<std::__cxx11::basic_string<char>>::emplace_back<char const*>+4;"
	  "\xe6\xbc\xa2\xe5\xad\x97\xe3\x81\xae\xe9\x96\xa2\xe6\x95\xb0+8;main+4;"
	  "__libc_start_main+90",
	  "" },
	{ 3, 127, "", "schedule+40;do_idle+200;cpu_startup_entry+42" },
	{ 3, 2, "", "tick_nohz_idle_exit+1;do_idle+230;cpu_startup_entry+42" },
	{ 2, 1, "rare+1;main+4;__libc_start_main+90", "" },
};

int main(int argc, char **argv)
{
	struct tape_builder *b;
	struct stack_builder *s;
	u64 ts = 0;
	int rc;

	if (argc != 2)
		return 2;
	b = tape_builder_new("tracepoint:syscalls:sys_enter_read "
			     "{ @[ustack, kstack, comm] = count(); }",
			     COMPAT_27);
	s = stack_builder_new(tape_builder_writer(b), TAPE_BUILDER_START);
	for (size_t i = 0; i < countof(stacks); i++) {
		struct tape_cell cells[] = {
			{ .col = "ustack",
			  .num = stack_builder_add(s, TAPE_STACK_USER, stacks[i].user, false) },
			{ .col = "kstack",
			  .num = stack_builder_add(s, TAPE_STACK_KERNEL, stacks[i].kernel, false) },
			{ .col = "comm", .str = comms[stacks[i].tid] },
		};

		for (u32 k = 0; k < stacks[i].cnt; k++)
			tape_builder_row(b, TABLE, ++ts, 0, stacks[i].tid, cells, countof(cells));
	}
	rc = tape_builder_save(b, ts + 1, argv[1]);
	stack_builder_free(s);
	tape_builder_free(b);
	return rc ? 1 : 0;
}
