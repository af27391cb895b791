/*
 * tests/record/test_image.c -- images come back as they were written, and hostile ones not at
 * all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/bpf.h>

#include "record/bpf/capture_abi.h"
#include "record/image.h"

struct fixture {
	struct bpf_insn insns[4];
	struct img_map maps[3];
	struct img_prog progs[1];
	struct img_attach attaches[1];
	struct img_tail tails[1];
	struct img_func_info funcs[1];
	struct img_line_info lines[1];
	struct bpf_image img;
	struct buf bytes;
	struct arena arena;
	struct bpf_image back;
	struct err err;
};

static const u8 numbers[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
static const u8 btf[5] = { 9, 8, 7, 6, 5 };

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	f->insns[0] = (struct bpf_insn){ .code = BPF_LD | BPF_DW | BPF_IMM,
					 .dst_reg = 1,
					 .src_reg = BPF_PSEUDO_MAP_IDX,
					 .imm = 1 };
	f->insns[2] = (struct bpf_insn){ .code = BPF_JMP | BPF_CALL, .imm = 5 };
	f->insns[3] = (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT };
	f->maps[0] = (struct img_map){ "bt_state",
				       IMG_STATE,
				       BPF_MAP_TYPE_ARRAY,
				       4,
				       sizeof(struct cap_state),
				       1,
				       BPF_F_MMAPABLE,
				       0,
				       NULL,
				       0 };
	f->maps[1] = (struct img_map){
		"bt_numbers", IMG_NUMBERS, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0, 0, numbers, 8
	};
	f->maps[2] =
		(struct img_map){ "bt_enter", IMG_ENTER, BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 512, 0, 0,
				  NULL,	      0 };
	f->funcs[0] = (struct img_func_info){ 0, 4 };
	f->lines[0] = (struct img_line_info){ 0, 1, 2, 3 << 10 | 4 };
	f->progs[0] = (struct img_prog){ .name = "prog",
					 .kind = IMG_PROG_TP_BTF,
					 .target = "sys_enter",
					 .table = 3,
					 .insns = f->insns,
					 .insn_cnt = 4,
					 .funcs = f->funcs,
					 .func_cnt = 1,
					 .lines = f->lines,
					 .line_cnt = 1 };
	f->attaches[0] = (struct img_attach){ .kind = IMG_ATTACH_TP,
					      .probe = 7,
					      .category = "sched",
					      .event = "sched_switch",
					      .period = 11 };
	f->tails[0] = (struct img_tail){ .map = 2, .key = 511 };
	f->img = (struct bpf_image){ .maps = f->maps,
				     .progs = f->progs,
				     .attaches = f->attaches,
				     .tails = f->tails,
				     .map_cnt = 3,
				     .prog_cnt = 1,
				     .attach_cnt = 1,
				     .tail_cnt = 1,
				     .btf = btf,
				     .btf_sz = sizeof(btf) };
	buf_init(&f->bytes, 1u << 20);
	arena_init(&f->arena, 1u << 20);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	buf_fini(&f->bytes);
	arena_fini(&f->arena);
	free(f);
	return 0;
}

static int round_trip(struct fixture *f)
{
	buf_reset(&f->bytes);
	image_write(&f->img, &f->bytes);
	assert_false(f->bytes.is_full);
	return image_parse(f->bytes.data, f->bytes.len, &f->arena, &f->back, &f->err);
}

static void refused(struct fixture *f, const char *why)
{
	assert_int_equal(round_trip(f), -EBADMSG);
	if (!strstr(f->err.msg, why))
		fail_msg("expected '%s', got '%s'", why, f->err.msg);
}

static void comes_back_as_written(void **state)
{
	struct fixture *f = *state;
	const struct img_prog *p;

	assert_int_equal(round_trip(f), 0);
	assert_int_equal(f->back.map_cnt, 3);
	assert_string_equal(f->back.maps[0].name, "bt_state");
	assert_int_equal(f->back.maps[0].flags, BPF_F_MMAPABLE);
	assert_memory_equal(f->back.maps[1].init, numbers, 8);
	p = &f->back.progs[0];
	assert_string_equal(p->target, "sys_enter");
	assert_int_equal(p->table, 3);
	assert_int_equal(p->insn_cnt, 4);
	assert_memory_equal(p->insns, f->insns, sizeof(f->insns));
	assert_int_equal(p->funcs[0].type_id, 4);
	assert_int_equal(p->lines[0].line_col, 3 << 10 | 4);
	assert_string_equal(f->back.attaches[0].event, "sched_switch");
	assert_int_equal(f->back.attaches[0].period, 11);
	assert_int_equal(f->back.tails[0].key, 511);
	assert_int_equal(f->back.btf_sz, 5);
	assert_memory_equal(f->back.btf, btf, 5);
}

static void every_cut_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(round_trip(f), 0);
	for (size_t n = 0; n < f->bytes.len; n++) {
		u8 *cut = malloc(n + 1);
		struct bpf_image img;

		memcpy(cut, f->bytes.data, n);
		assert_int_equal(image_parse(cut, n, &f->arena, &img, &f->err), -EBADMSG);
		free(cut);
	}
}

/* No flipped byte may make the parser read outside (ASan watches) or let an index through. */
static void every_flip_is_safe(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(round_trip(f), 0);
	for (size_t i = 0; i < f->bytes.len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			struct bpf_image img;

			f->bytes.data[i] ^= 1u << bit;
			arena_reset(&f->arena);
			if (!image_parse(f->bytes.data, f->bytes.len, &f->arena, &img, NULL)) {
				for (u32 k = 0; k < img.attach_cnt; k++)
					assert_true(img.attaches[k].prog < img.prog_cnt);
				for (u32 k = 0; k < img.tail_cnt; k++)
					assert_true(img.tails[k].prog < img.prog_cnt);
			}
			f->bytes.data[i] ^= 1u << bit;
		}
	}
}

static void refuses_a_map_descriptor_in_a_program(void **state)
{
	struct fixture *f = *state;

	f->insns[0].src_reg = BPF_PSEUDO_MAP_FD;
	refused(f, "names what it must not");
}

static void refuses_a_kernel_variable_in_a_program(void **state)
{
	struct fixture *f = *state;

	f->insns[0].src_reg = BPF_PSEUDO_BTF_ID;
	refused(f, "names what it must not");
}

static void refuses_a_map_index_out_of_range(void **state)
{
	struct fixture *f = *state;

	f->insns[0].imm = 3;
	refused(f, "names what it must not");
}

static void refuses_a_load_without_its_second_half(void **state)
{
	struct fixture *f = *state;

	f->progs[0].insn_cnt = 1;
	refused(f, "names what it must not");
}

static void refuses_a_kernel_function(void **state)
{
	struct fixture *f = *state;

	f->insns[2].src_reg = BPF_PSEUDO_KFUNC_CALL;
	refused(f, "calls what it must not");
}

static void refuses_a_map_of_another_type_than_its_role(void **state)
{
	struct fixture *f = *state;

	f->maps[0].type = BPF_MAP_TYPE_HASH;
	refused(f, "does not fit its kind");
}

static void refuses_a_state_of_another_size(void **state)
{
	struct fixture *f = *state;

	f->maps[0].value_sz = 8;
	refused(f, "does not fit its kind");
}

static void refuses_a_first_value_of_another_size(void **state)
{
	struct fixture *f = *state;

	f->maps[1].init_sz = 4;
	refused(f, "first value");
}

static void refuses_a_huge_map(void **state)
{
	struct fixture *f = *state;

	f->maps[2] =
		(struct img_map){ "big", IMG_KMAP, BPF_MAP_TYPE_HASH, 8, 1u << 20, 1u << 20, 0, 0,
				  NULL,	 0 };
	f->img.tail_cnt = 0;
	refused(f, "too large");
}

static void refuses_a_tail_call_into_another_kind_of_map(void **state)
{
	struct fixture *f = *state;

	f->tails[0].map = 1;
	refused(f, "tail call");
}

static void refuses_a_tail_call_beyond_the_map(void **state)
{
	struct fixture *f = *state;

	f->tails[0].key = 512;
	refused(f, "tail call");
}

static void refuses_an_attachment_of_no_program(void **state)
{
	struct fixture *f = *state;

	f->attaches[0].prog = 1;
	refused(f, "attachment of nothing");
}

static void refuses_bytes_behind_the_end(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(round_trip(f), 0);
	buf_putc(&f->bytes, 0);
	assert_int_equal(image_parse(f->bytes.data, f->bytes.len, &f->arena, &f->back, &f->err),
			 -EBADMSG);
}

static void text_of_no_btf_is_none(void **state)
{
	struct fixture *f = *state;

	assert_null(image_btf_str(&f->img, 0));
	assert_null(image_btf_str(&f->img, UINT32_MAX));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(comes_back_as_written),
		TEST(every_cut_is_refused),
		TEST(every_flip_is_safe),
		TEST(refuses_a_map_descriptor_in_a_program),
		TEST(refuses_a_kernel_variable_in_a_program),
		TEST(refuses_a_map_index_out_of_range),
		TEST(refuses_a_load_without_its_second_half),
		TEST(refuses_a_kernel_function),
		TEST(refuses_a_map_of_another_type_than_its_role),
		TEST(refuses_a_state_of_another_size),
		TEST(refuses_a_first_value_of_another_size),
		TEST(refuses_a_huge_map),
		TEST(refuses_a_tail_call_into_another_kind_of_map),
		TEST(refuses_a_tail_call_beyond_the_map),
		TEST(refuses_an_attachment_of_no_program),
		TEST(refuses_bytes_behind_the_end),
		TEST(text_of_no_btf_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
