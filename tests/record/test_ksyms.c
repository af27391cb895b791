/*
 * tests/record/test_ksyms.c -- hashes to numbers, definitions checked as foreign bytes, symbols of
 * a kernel that is a text, dense ids.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "record/bpf/capture_abi.h"
#include "record/stacks.h"

static const char kallsyms[] = "0000000000000000 A fixed_percpu_data\n"
			       "ffffffff81000000 T _stext\n"
			       "ffffffff81000000 T _text\n"
			       "ffffffff81000100 T first\n"
			       "ffffffff81000180 t alias_one\n"
			       "ffffffff81000180 t alias_two\n"
			       "ffffffff81000200 T last\n"
			       "not a line\n"
			       "ffffffffc0002010 t in_mod\t[mod]\n"
			       "ffffffffc0001000 t bpf_prog_0123456789abcdef_x\t[bpf]\n";
static const char modules[] = "mod 4096 0 - Live 0xffffffffc0002000\n";

static struct ksyms *open_text(void)
{
	struct ksyms *k = NULL;

	assert_int_equal(ksyms_over((struct str){ kallsyms, strlen(kallsyms) },
				    (struct str){ modules, strlen(modules) }, &k, NULL),
			 0);
	return k;
}

static void check(struct ksyms *k, u64 addr, enum ksym_kind kind, const char *name, u64 off)
{
	struct ksym_ref r;

	ksyms_find(k, addr, &r);
	assert_int_equal(r.kind, kind);
	if (kind == KSYM_NONE)
		return;
	assert_true(str_is(r.name, name));
	assert_int_equal(addr - r.base, off);
}

static void addresses_belong_to_the_symbol_before_them(void **state)
{
	struct ksyms *k = open_text();

	(void)state;
	check(k, 0xffffffff81000000, KSYM_KERNEL, "_stext", 0);
	check(k, 0xffffffff8100017f, KSYM_KERNEL, "first", 0x17f);
	check(k, 0xffffffff81000181, KSYM_KERNEL, "alias_one", 0x181);
	check(k, 0xffffffff81000210, KSYM_KERNEL, "last", 0x210);
	check(k, 0xffffffff80ffffff, KSYM_NONE, NULL, 0);
	check(k, 0xffffffff82000000, KSYM_NONE, NULL, 0);
	check(k, 0xffffffffc0001008, KSYM_BPF, "bpf_prog_0123456789abcdef_x", 8);
	check(k, 0xffffffffc0002020, KSYM_MODULE, "in_mod", 0x20);
	check(k, 0xffffffffc0003020, KSYM_NONE, NULL, 0);
	check(k, 0x1000, KSYM_NONE, NULL, 0);
	ksyms_free(k);
}

static void numbers_are_given_once_and_in_packed_values_too(void **state)
{
	static const struct type stack = { .kind = TYPE_STACK, .size = 8 };
	static const struct type str = { .kind = TYPE_STR, .size = 16 };
	const struct type *members[] = { &str, &stack };
	const struct type tuple = { .kind = TYPE_TUPLE, .elem_cnt = 2, .members = members };
	struct stacks_opts o = { .files = files_new(), .ksyms = open_text(), .kernel_depth = 127 };
	u8 packed[] = { 2, 0, 0, 0, 'a', 'b', 0x88, 0x77, 0, 0, 0, 0, 0, 0 };
	struct stacks *s;
	u64 word;

	(void)state;
	assert_int_equal(stacks_new(&o, &s, NULL), 0);
	assert_int_equal(stacks_number(s, 0), 0);
	assert_int_equal(stacks_number(s, 0x1234), 1);
	assert_int_equal(stacks_number(s, 0x7788), 2);
	assert_int_equal(stacks_number(s, 0x1234), 1);
	assert_true(stacks_are_in(&tuple));
	assert_false(stacks_are_in(&str));
	assert_int_equal(stacks_translate(s, &tuple, packed, sizeof(packed)), 0);
	memcpy(&word, packed + 6, sizeof(word));
	assert_int_equal(word, 2);
	assert_int_equal(stacks_translate(s, &tuple, packed, sizeof(packed) - 1), -EBADMSG);
	stacks_free(s);
	ksyms_free(o.ksyms);
	files_free(o.files);
}

static void definitions_are_checked_as_foreign_bytes(void **state)
{
	struct stacks_opts o = { .files = files_new(), .ksyms = open_text(), .kernel_depth = 127 };
	struct {
		struct cap_stack d;
		u64 ips[2];
	} rec = { { CAP_TABLE_STACK, sizeof(rec), 77, 5, 1, 1, 2, 127, 134, 0 },
		  { 0xffffffff81000110, 0xffffffff81000210 } };
	struct stacks *s;

	(void)state;
	assert_int_equal(stacks_new(&o, &s, NULL), 0);
	assert_int_equal(stacks_define(s, (u8 *)&rec, sizeof(rec)), 0);
	assert_int_equal(stacks_define(s, (u8 *)&rec, sizeof(rec) - 8), -EBADMSG);
	assert_int_equal(stacks_define(s, (u8 *)&rec, 8), -EBADMSG);
	rec.d.cnt = 3;
	assert_int_equal(stacks_define(s, (u8 *)&rec, sizeof(rec)), -EBADMSG);
	rec.d.cnt = CAP_STACK_MAX + 1;
	assert_int_equal(stacks_define(s, (u8 *)&rec, sizeof(rec)), -EBADMSG);
	rec.d.cnt = 2;
	rec.d.hash = 0;
	assert_int_equal(stacks_define(s, (u8 *)&rec, sizeof(rec)), -EBADMSG);
	assert_int_equal(stacks_number(s, 77), 1);
	assert_int_equal(stacks_take_lost(s), 0);
	stacks_free(s);
	ksyms_free(o.ksyms);
	files_free(o.files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_belong_to_the_symbol_before_them),
		cmocka_unit_test(numbers_are_given_once_and_in_packed_values_too),
		cmocka_unit_test(definitions_are_checked_as_foreign_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
