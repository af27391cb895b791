/*
 * tests/record/test_refusal_root.c -- a program that the verifier refuses is told at its line of
 * the script; the log of one that it accepts has all of it; instructions as text.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "record/bpf_text.h"
#include "tests/support/live_llvm.h"

#define RING_SZ 4096

static const char script[] = "tracepoint:syscalls:sys_enter_nanosleep\n"
			     "/pid > 5/\n"
			     "{\n"
			     "	@late[tid] = nsecs;\n"
			     "}\n"
			     "tracepoint:syscalls:sys_exit_nanosleep /@late[tid]/ { print(1); }\n";

static bool is_wide(const struct bpf_insn *in)
{
	return in->code == (BPF_LD | BPF_DW | BPF_IMM);
}

/* The first instruction of that line reads above its stack. */
static bool spoil(const struct img_prog *p, u32 line, struct bpf_insn *insns)
{
	for (u32 i = 0; i < p->line_cnt; i++) {
		struct bpf_insn *in = &insns[p->lines[i].insn_off];

		if (p->lines[i].line_col >> 10 != line || is_wide(in))
			continue;
		*in = (struct bpf_insn){ .code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = 0,
					 .src_reg = 10, .off = 8 };
		return true;
	}
	return false;
}

static void a_refusal_names_the_line(void **state)
{
	struct live *l = calloc(1, sizeof(*l));
	struct bpf_load_opts lo = { .ring_sz = RING_SZ, .ctl_sz = RING_SZ, .script_name = "t.bt" };
	struct bpf_loaded loaded;
	struct img_prog *progs;
	struct bpf_image img;
	struct bpf_insn *insns;
	struct err err = { 0 };
	u32 spoilt = 0;

	(void)state;
	assert_non_null(l);
	live_open(l, RING_SZ, script);
	live_stop(l);
	lo.facts = &l->facts;
	img = l->img;
	progs = arena_dup(&l->arena, img.progs, img.prog_cnt * sizeof(*progs));
	assert_non_null(progs);
	for (u32 i = 0; i < img.prog_cnt && !spoilt; i++) {
		insns = arena_dup(&l->arena, progs[i].insns, progs[i].insn_cnt * sizeof(*insns));
		assert_non_null(insns);
		spoilt = spoil(&progs[i], 4, insns);
		progs[i].insns = insns;
	}
	assert_int_equal(spoilt, 1);
	img.progs = progs;
	assert_int_equal(bpf_load(&img, &lo, &loaded, &err), -EINVAL);
	assert_memory_equal(err.msg, "t.bt:4: the kernel refused program ", 35);
	assert_non_null(strstr(err.msg, "stack"));
	assert_string_equal(err.hint, "at: @late[tid] = nsecs;");
	live_close(l);
	free(l);
}

static void take(void *ctx, const struct img_prog *p, const char *text)
{
	u32 *n = ctx;

	assert_true(p->insn_cnt > 0);
	assert_non_null(strstr(text, "processed "));
	assert_non_null(strstr(text, "exit"));
	++*n;
}

static void the_log_and_the_text_have_every_program(void **state)
{
	struct live *l = calloc(1, sizeof(*l));
	struct bpf_load_opts lo = { .ring_sz = RING_SZ, .ctl_sz = RING_SZ, .log = take };
	struct bpf_loaded loaded;
	struct err err = { 0 };
	struct buf text;
	u32 n = 0;

	(void)state;
	assert_non_null(l);
	live_open(l, RING_SZ, script);
	live_stop(l);
	lo.facts = &l->facts;
	lo.log_ctx = &n;
	assert_int_equal(bpf_load(&l->img, &lo, &loaded, &err), 0);
	assert_int_equal(n, l->img.prog_cnt);
	bpf_unload(&loaded);
	buf_init(&text, 1 << 20);
	for (u32 i = 0; i < l->img.prog_cnt; i++)
		bpf_text_prog(&l->img, &l->img.progs[i], &text);
	assert_non_null(strstr(buf_cstr(&text), "; 4: @late[tid] = nsecs;\n"));
	assert_non_null(strstr(buf_cstr(&text), "  call get_current_pid_tgid\n"));
	assert_non_null(strstr(buf_cstr(&text), " = map bt_state value +0\n"));
	assert_non_null(strstr(buf_cstr(&text), "  exit\n"));
	assert_null(strstr(buf_cstr(&text), "code 0x"));
	buf_fini(&text);
	live_close(l);
	free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_refusal_names_the_line),
		cmocka_unit_test(the_log_and_the_text_have_every_program),
	};

	if (geteuid())
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
