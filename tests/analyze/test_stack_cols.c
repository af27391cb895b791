/*
 * tests/analyze/test_stack_cols.c -- scripts over stacks of a tape: how they group, sort and print.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "analyze/engine.h"
#include "base/io.h"
#include "tests/support/stack_builder.h"
#include "tests/support/tape_builder.h"

#define READ  "sys_enter_read"
#define PROBE "tracepoint:syscalls:sys_enter_read"
#define MS    1000000ull

struct tape {
	struct tape_builder *b;
	struct stack_builder *s;
	u64 ts;
};

static void open_tape(struct tape *t, const char *script, enum compat compat)
{
	t->b = tape_builder_new(script, compat);
	t->s = stack_builder_new(tape_builder_writer(t->b), TAPE_BUILDER_START);
	t->ts = 0;
}

static void close_tape(struct tape *t)
{
	stack_builder_free(t->s);
	tape_builder_free(t->b);
}

static u32 kstack(struct tape *t, const char *frames)
{
	return stack_builder_add(t->s, TAPE_STACK_KERNEL, frames, false);
}

static u32 ustack(struct tape *t, const char *frames)
{
	return stack_builder_add(t->s, TAPE_STACK_USER, frames, false);
}

static void row(struct tape *t, const char *col, u32 number)
{
	struct tape_cell cell = { .col = col, .num = number };

	tape_builder_row(t->b, READ, ++t->ts, 0, 1, &cell, 1);
}

static struct buf notes = { .max_sz = 1 << 16 };

static void note(void *ctx UNUSED, const char *text)
{
	buf_printf(&notes, "%s\n", text);
}

static void expect(struct tape *t, const char *script, const struct render_ops *format,
		   const char *want)
{
	char path[] = "/tmp/test_stack_cols_XXXXXX";
	struct engine_opts o = { .tape = tape_builder_finish(t->b, MS), .format = format };
	struct engine_result result;
	struct err err = { 0 };
	struct buf out;

	o.script.name = "-e";
	if (script)
		o.script.text = str_of(script);
	o.out_fd = mkstemp(path);
	assert_true(o.out_fd >= 0);
	o.warn = o.show = note;
	buf_init(&out, 1 << 20);
	if (engine_run(&o, &result, &err))
		fail_msg("%s %s", err.msg, buf_cstr(&notes));
	close(o.out_fd);
	assert_int_equal(io_read_file(path, &out, NULL), 0);
	unlink(path);
	assert_string_equal(buf_cstr(&out), want);
	buf_fini(&out);
}

static void equal_stacks_of_two_processes_are_one_key(void **state UNUSED)
{
	struct tape t;

	open_tape(&t, PROBE " { @[ustack] = count(); }", COMPAT_27);
	row(&t, "ustack", ustack(&t, "read+12;main+3"));
	row(&t, "ustack", ustack(&t, "read+12;main+3"));
	row(&t, "ustack", ustack(&t, "read+12;main+4"));
	expect(&t, NULL, &render_text,
	       "\n\n@[\n        read+12\n        main+4\n]: 1\n"
	       "@[\n        read+12\n        main+3\n]: 2\n");
	close_tape(&t);
}

/* What bpftrace 0.17 and 0.27.1 print for these, byte for byte. */

static const char all_forms[] = PROBE
	" {\n"
	"printf(\"<%s|%s>\\n\", kstack, kstack(perf));\n"
	"printf(\"<%s>\\n\", ustack(perf));\n"
	"print(kstack); print((1, ustack, 2));\n"
	"printf(\"%s %s [%-6s]\\n\", ksym(args.buf), usym(args.fd), ksym(args.buf));\n"
	"print(usym(args.fd));\n"
	"@k[kstack] = count(); @p[ustack(perf), comm] = count(); @t[1, kstack, \"x\"] = "
	"count();\n"
	"@s[ksym(args.buf), usym(args.fd)] = count(); @v = ustack; @vp = kstack(perf);\n"
	"@y = usym(args.fd); }";

static void add_all_forms(struct tape *t)
{
	const char *k = "do_read+27;entry+118", *u = "read+12;_ZN2ns3boxILi3EE3getEv+80";
	struct tape_cell cells[] = {
		{ .col = "kstack", .num = stack_builder_add(t->s, TAPE_STACK_KERNEL, k, false) },
		{ .col = "kstack_2", .num = stack_builder_add(t->s, TAPE_STACK_KERNEL, k, true) },
		{ .col = "ustack", .num = stack_builder_add(t->s, TAPE_STACK_USER, u, true) },
		{ .col = "ustack_2", .num = stack_builder_add(t->s, TAPE_STACK_USER, u, false) },
		{ .col = "ksym_buf", .num = kstack(t, "0x7b") },
		{ .col = "usym_fd", .num = ustack(t, "main+1") },
		{ .col = "comm", .str = "prog" },
	};

	tape_builder_row(t->b, READ, 1, 0, 1, cells, countof(cells));
}

#define K8 "        do_read+27\n        entry+118\n"
#define U8 "        read+12\n        ns::box<3>::get()+80\n"
#define KP "\tffff800000ffe01b do_read+27\n\tffff800000fff076 entry+118\n"
#define UP "\t13fc00c read+12 (/usr/bin/prog)\n\t13fd050 ns::box<3>::get()+80 (/usr/bin/prog)\n"
#define PRINTS                                                                              \
	"<\n" K8 "|\n" KP ">\n<\n" UP ">\n\n" K8 "\n(1, \n" U8 ", 2)\n0x7b main [0x7b  ]\n" \
	"main\n\n\n"

static void text_is_that_of_0_27(void **state UNUSED)
{
	struct tape t;

	open_tape(&t, all_forms, COMPAT_27);
	add_all_forms(&t);
	expect(&t, NULL, &render_text,
	       PRINTS "@k[\n" K8 "]: 1\n@p[\n" UP ", prog]: 1\n@s[0x7b, main]: 1\n"
		      "@t[1, \n" K8 ", x]: 1\n@v: \n" U8 "\n@vp: \n" KP "\n@y: main\n");
	close_tape(&t);
}

#define K4 "    do_read+27\n    entry+118\n"

static void text_is_that_of_0_17(void **state UNUSED)
{
	struct tape t;

	open_tape(&t, all_forms, COMPAT_17);
	add_all_forms(&t);
	expect(&t, NULL, &render_text,
	       PRINTS "@k[\n" K4 "]: 1\n@p[\n" UP ", prog]: 1\n@s[0x7b, main]: 1\n"
		      "@t[1, \n" K4 ", x]: 1\n@v: \n" U8 "\n@vp: \n" KP "\n@y: main\n");
	close_tape(&t);
}

#define PROBES(HEAD)   "{\"type\": \"attached_probes\", " HEAD "\"data\": {\"probes\": 1}}\n"
#define MAP(NAME, VAL) "{\"type\": \"map\", \"data\": {\"" NAME "\": " VAL "}}\n"

#define J8 "\"\\n        do_read+27\\n        entry+118\\n\""
#define VALUE "{\"type\": \"value\", \"data\": [1," J8 "]}\n"
#define KEY(INDENT) "{\"\\n" INDENT "do_read+27\\n" INDENT "entry+118\\n\": 1}"
#define REST MAP("@t", "{\"1,\\n\\tffff800000ffe01b do_read+27\\n,x\": 1}") MAP("@v", J8)

static void json_keys_are_indented_as_in_each_version(void **state UNUSED)
{
	static const char script[] = PROBE
		" { @k[kstack] = count(); @t[1, kstack(perf), \"x\"] = count(); @v = kstack; "
		"print((1, kstack)); }";
	static const char *const want[] = {
		[COMPAT_17] = PROBES("") VALUE MAP("@k", KEY("    ")) REST,
		[COMPAT_27] = PROBES("\"count\": 1, ") VALUE MAP("@k", KEY("")) REST,
	};

	for (u32 i = 0; i < countof(want); i++) {
		struct tape t;
		struct tape_cell cells[2];

		if (!want[i])
			continue;
		open_tape(&t, script, (enum compat)i);
		cells[0] = (struct tape_cell){ .col = "kstack",
					       .num = kstack(&t, "do_read+27;entry+118") };
		cells[1] = (struct tape_cell){ .col = "kstack_2",
					       .num = stack_builder_add(t.s, TAPE_STACK_KERNEL,
									"do_read+27", true) };
		tape_builder_row(t.b, READ, 1, 0, 1, cells, 2);
		expect(&t, NULL, &render_json, want[i]);
		close_tape(&t);
	}
}

static void empty_lost_and_unheard_of_stacks_differ(void **state UNUSED)
{
	struct tape t;

	open_tape(&t, PROBE " { @[kstack] = count(); }", COMPAT_27);
	row(&t, "kstack", 0);
	row(&t, "kstack", kstack(&t, ""));
	row(&t, "kstack", stack_builder_lose(t.s));
	row(&t, "kstack", 4000000000u);
	row(&t, "kstack", 77);
	expect(&t, NULL, &render_text, "\n\n@[\n]: 2\n@[\n        [unknown stack]\n]: 3\n");
	close_tape(&t);
}

static void without_a_symbol_there_is_the_place_in_the_file(void **state UNUSED)
{
	struct tape t;

	open_tape(&t,
		  PROBE " { printf(\"%s%s%s\", ustack, ustack(perf), ustack(raw)); "
			"printf(\"%s\\n\", usym(args.fd)); }",
		  COMPAT_27);
	struct tape_cell cells[] = {
		{ .col = "ustack", .num = ustack(&t, "@1f40;0x7f00;@3") },
		{ .col = "ustack_2",
		  .num = stack_builder_add(t.s, TAPE_STACK_USER, "@1f40;0x7f00;0x0", true) },
		{ .col = "ustack_3",
		  .num = stack_builder_add(t.s, TAPE_STACK_USER, "main+4;0x7f00;0x0", true) },
		{ .col = "usym_fd", .num = ustack(&t, "@99") },
	};

	tape_builder_row(t.b, READ, 1, 0, 1, cells, countof(cells));
	expect(&t, NULL, &render_text,
	       "\n        prog+0x1f40\n        0x7f00\n        prog+0x3\n"
	       "\n\t401f40 prog+0x1f40 (/usr/bin/prog)\n\t7f00 0x7f00 ([unknown])\n"
	       "\t0 0x0 ([unknown])\n"
	       "\n13ff004\n7f00\n0\nprog+0x99\n\n\n");
	close_tape(&t);
}

static void another_script_uses_stacks_that_were_captured(void **state UNUSED)
{
	struct tape t;

	open_tape(&t, PROBE " { emit(kstack, args.fd); }", COMPAT_27);
	row(&t, "kstack", kstack(&t, "a+1;b+2"));
	row(&t, "kstack", kstack(&t, "a+1;b+2"));
	expect(&t,
	       PROBE " { @[kstack, args.fd]++; @last = kstack; if (@last == kstack) { @n++; } }",
	       &render_text,
	       "\n\n@[\n        a+1\n        b+2\n, 0]: 2\n@last: \n        a+1\n        b+2\n\n"
	       "@n: 2\n");
	close_tape(&t);
}

static void a_snapshot_joins_entries_whose_stacks_are_the_same(void **state UNUSED)
{
	u32 numbers[3];
	u64 keys[3], counts[3] = { 5, 7, 1 };
	struct tape_snap_entry entries[3];
	struct tape_mapsnap snap = { .table = TAPE_NONE,
				     .cpu = TAPE_NONE,
				     .clause = TAPE_NONE,
				     .action = TAPE_NONE,
				     .reason = TAPE_SNAP_END,
				     .map = STR("@n"),
				     .entries = entries,
				     .entry_cnt = 3 };
	struct tape t;

	open_tape(&t,
		  PROBE " { @n[ustack] = count(); if (@n[ustack] > 3) { @m = str(args.buf); } }",
		  COMPAT_27);
	numbers[0] = ustack(&t, "a+1;b+2");
	numbers[1] = ustack(&t, "a+1;b+2");
	numbers[2] = ustack(&t, "c+1");
	for (u32 i = 0; i < 3; i++) {
		keys[i] = numbers[i];
		entries[i].key = (struct str){ (const char *)&keys[i], sizeof(keys[i]) };
		entries[i].val = (struct str){ (const char *)&counts[i], sizeof(counts[i]) };
	}
	tape_builder_snap(t.b, &snap);
	expect(&t, NULL, &render_text,
	       "\n\n@n[\n        c+1\n]: 1\n@n[\n        a+1\n        b+2\n]: 12\n");
	close_tape(&t);
}

static void lost_definitions_are_told(void **state UNUSED)
{
	struct tape t;

	open_tape(&t, PROBE " { @ = count(); }", COMPAT_27);
	row(&t, "tid", 1);
	tape_builder_loss(t.b, TAPE_LOSS_STACK, NULL, 7, 0, 1);
	buf_reset(&notes);
	expect(&t, NULL, &render_text, "\n\n@: 1\n");
	assert_string_equal(buf_cstr(&notes),
			    "7 definitions of stacks were lost: some may be unknown\n");
	close_tape(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_stacks_of_two_processes_are_one_key),
		cmocka_unit_test(text_is_that_of_0_27),
		cmocka_unit_test(text_is_that_of_0_17),
		cmocka_unit_test(json_keys_are_indented_as_in_each_version),
		cmocka_unit_test(empty_lost_and_unheard_of_stacks_differ),
		cmocka_unit_test(without_a_symbol_there_is_the_place_in_the_file),
		cmocka_unit_test(another_script_uses_stacks_that_were_captured),
		cmocka_unit_test(a_snapshot_joins_entries_whose_stacks_are_the_same),
		cmocka_unit_test(lost_definitions_are_told),
	};

	script_run_set_compiler(jit_compile, jit_clause, jit_free);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
