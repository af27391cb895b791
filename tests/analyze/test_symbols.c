/*
 * tests/analyze/test_symbols.c -- numbers to nodes, frames to names, names of a tape that grows.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "analyze/symbol/stack_text.h"
#include "format/idtab.h"
#include "lang/packed.h"

/* A state by hand: what a reader could have handed out, and what a hostile tape could say. */
struct fixture {
	struct idtab files, frames, nodes, stacks;
	struct tape_sym syms[64];
	struct tape_state s;
	struct symbols *symbols;
	struct buf out;
};

static void add_file(struct fixture *f, u8 kind, const char *path)
{
	struct tape_file *file = idtab_make(&f->files, ++f->s.file_cnt, SIZE_MAX);

	assert_non_null(file);
	*file = (struct tape_file){ .id = f->s.file_cnt, .kind = kind, .path = str_of(path) };
}

static void init(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	idtab_init(&f->files, sizeof(struct tape_file), 1000);
	idtab_init(&f->frames, sizeof(struct tape_frame), 1000);
	idtab_init(&f->nodes, sizeof(struct tape_node), 1000);
	idtab_init(&f->stacks, sizeof(struct tape_stack_id), 1000);
	f->s.files = &f->files;
	f->s.frames = &f->frames;
	f->s.nodes = &f->nodes;
	f->s.stacks = &f->stacks;
	f->s.syms = f->syms;
	add_file(f, TAPE_FILE_KERNEL, "kernel");
	add_file(f, TAPE_FILE_ELF, "/usr/lib/libx.so.6");
	f->symbols = symbols_new(&f->s);
	assert_non_null(f->symbols);
	buf_init(&f->out, 1 << 20);
}

static void fini(struct fixture *f)
{
	symbols_free(f->symbols);
	buf_fini(&f->out);
	idtab_fini(&f->files);
	idtab_fini(&f->frames);
	idtab_fini(&f->nodes);
	idtab_fini(&f->stacks);
}

static u32 add_frame(struct fixture *f, u32 file, u64 off)
{
	u32 id = ++f->s.frame_cnt;
	struct tape_frame *frame = idtab_make(&f->frames, id, SIZE_MAX);

	assert_non_null(frame);
	*frame = (struct tape_frame){ .id = id, .file = file, .off = off };
	return id;
}

static u32 add_node(struct fixture *f, u32 parent, u32 frame)
{
	struct tape_node *node = idtab_make(&f->nodes, ++f->s.node_cnt, SIZE_MAX);

	assert_non_null(node);
	*node = (struct tape_node){ parent, frame };
	return f->s.node_cnt;
}

static void add_sym(struct fixture *f, u32 file, u64 off, u64 size, const char *name)
{
	f->syms[f->s.sym_cnt++] = (struct tape_sym){ file, off, size, str_of(name) };
}

static void add_stack(struct fixture *f, u32 id, u32 node, u8 flags)
{
	struct tape_stack_id *k = idtab_make(&f->stacks, id, SIZE_MAX);

	assert_non_null(k);
	*k = (struct tape_stack_id){ .id = id, .node = node, .flags = flags };
	f->s.stack_cnt = id > f->s.stack_cnt ? id : f->s.stack_cnt;
}

static const char *name_at(struct fixture *f, u32 file, u64 off)
{
	buf_reset(&f->out);
	symbols_put_name(f->symbols, add_frame(f, file, off), &f->out);
	return buf_cstr(&f->out);
}

static void numbers_become_nodes(void **state UNUSED)
{
	struct fixture f;

	init(&f);
	add_node(&f, 0, add_frame(&f, 1, 8));
	add_stack(&f, 3, 1, 0);
	add_stack(&f, 4, 1, TAPE_STACK_LOST);
	add_stack(&f, 5, 0, 0);
	add_stack(&f, 6, 9, 0); /* a node that is not there */
	assert_int_equal(symbols_node(&f.s, 0), 0);
	assert_int_equal(symbols_node(&f.s, 3), 1);
	assert_int_equal(symbols_node(&f.s, 5), 0);
	assert_int_equal(symbols_node(&f.s, 1), SYMBOLS_UNKNOWN);
	assert_int_equal(symbols_node(&f.s, 4), SYMBOLS_UNKNOWN);
	assert_int_equal(symbols_node(&f.s, 6), SYMBOLS_UNKNOWN);
	assert_int_equal(symbols_node(&f.s, 7), SYMBOLS_UNKNOWN);
	assert_int_equal(symbols_node(&f.s, (u64)1 << 32 | 3), SYMBOLS_UNKNOWN);
	assert_int_equal(symbols_node(&f.s, UINT64_MAX), SYMBOLS_UNKNOWN);
	fini(&f);
}

static void numbers_inside_of_tuples_become_nodes(void **state UNUSED)
{
	const struct type stack = { .kind = TYPE_STACK, .size = 8 };
	struct arena a;
	struct fixture f;
	struct buf in;
	struct cursor c;

	init(&f);
	arena_init(&a, 1 << 16);
	buf_init(&in, 1 << 16);
	const struct type *str = type_str(&a, 16);
	const struct type *inner = type_tuple(&a, (const struct type *[]){ str, &stack }, 2);
	const struct type *t = type_tuple(&a, (const struct type *[]){ &type_u64, inner }, 2);

	add_node(&f, 0, add_frame(&f, 1, 8));
	add_stack(&f, 7, 1, 0);
	buf_put_u64(&in, 7); /* an integer stays what it is */
	buf_put_u32(&in, 2);
	buf_puts(&in, "ab");
	buf_put_u64(&in, 7);
	assert_true(symbols_concern(t));
	assert_false(symbols_concern(str));
	c = cursor_over(in.data, in.len);
	symbols_translate(&f.s, t, &c, &f.out);
	assert_int_equal(f.out.len, in.len);
	assert_memory_equal(f.out.data, in.data, in.len - 8);
	assert_int_equal(f.out.data[in.len - 8], 1);
	for (size_t cut = 0; cut < in.len; cut++) { /* broken off anywhere */
		c = cursor_over(in.data, cut);
		buf_reset(&f.out);
		symbols_translate(&f.s, t, &c, &f.out);
		assert_true(f.out.len <= cut);
	}
	buf_fini(&in);
	arena_fini(&a);
	fini(&f);
}

static void frames_come_innermost_first(void **state UNUSED)
{
	u32 got[SYMBOLS_DEPTH_MAX];
	struct fixture f;

	init(&f);
	add_node(&f, 0, 11);
	add_node(&f, 1, 12);
	add_node(&f, 2, 13);
	add_node(&f, 1, 14);
	assert_int_equal(symbols_frames(f.symbols, 3, got), 3);
	assert_int_equal(got[0], 13);
	assert_int_equal(got[2], 11);
	assert_int_equal(symbols_frames(f.symbols, 4, got), 2);
	assert_int_equal(symbols_frames(f.symbols, 0, got), 0);
	assert_int_equal(symbols_frames(f.symbols, 5, got), 0);
	assert_int_equal(symbols_frames(f.symbols, SYMBOLS_UNKNOWN, got), 0);
	assert_int_equal(symbols_frames(f.symbols, SYMBOLS_UNKNOWN | 3, got), 0);
	/* lost: the stack ends before it */
	((struct tape_node *)idtab_get(&f.nodes, 2))->frame = 0;
	assert_int_equal(symbols_frames(f.symbols, 3, got), 1);
	fini(&f);
}

static void a_symbol_covers_its_size(void **state UNUSED)
{
	struct fixture f;

	init(&f);
	add_sym(&f, 1, 0x200, 0x10, "second");
	add_sym(&f, 1, 0x100, 0x80, "first");
	add_sym(&f, 2, 0x100, 0x10, "other");
	add_sym(&f, 2, 0x300, 0, "open");
	add_sym(&f, 2, 0x400, 0, "_ZN1a1bEv");
	assert_string_equal(name_at(&f, 1, 0x100), "first");
	assert_string_equal(name_at(&f, 1, 0x17f), "first");
	assert_string_equal(name_at(&f, 1, 0x180), "kernel+0x180");
	assert_string_equal(name_at(&f, 1, 0xff), "kernel+0xff");
	assert_string_equal(name_at(&f, 1, 0x205), "second");
	assert_string_equal(name_at(&f, 2, 0x10f), "other");
	assert_string_equal(name_at(&f, 2, 0x110), "libx.so.6+0x110");
	assert_string_equal(name_at(&f, 2, 0x3ff), "open");
	assert_string_equal(name_at(&f, 2, UINT64_MAX), "a::b()");
	assert_string_equal(name_at(&f, 3, 0x10), "0x10"); /* no such file */
	assert_string_equal(name_at(&f, TAPE_NONE, 0xabc), "0xabc");
	buf_reset(&f.out);
	symbols_put_name(f.symbols, 63, &f.out);
	assert_string_equal(buf_cstr(&f.out), "[unknown]");
	fini(&f);
}

static void the_first_of_two_at_one_place_counts_and_nesting_is_seen_through(void **state UNUSED)
{
	struct fixture f;

	init(&f);
	add_sym(&f, 1, 0x100, 0x100, "outer");
	add_sym(&f, 1, 0x140, 0x10, "inner");
	add_sym(&f, 1, 0x140, 0x10, "alias");
	add_sym(&f, 1, UINT64_MAX - 1, UINT64_MAX, "huge");
	add_sym(&f, 1, 0x400, 0, "open");
	add_sym(&f, 1, 0x400, 0, "too");
	assert_string_equal(name_at(&f, 1, 0x400), "open");
	assert_string_equal(name_at(&f, 1, 0x412), "open");
	assert_string_equal(name_at(&f, 1, 0x145), "inner");
	assert_string_equal(name_at(&f, 1, 0x160), "outer");
	assert_string_equal(name_at(&f, 1, UINT64_MAX), "huge");
	fini(&f);
}

static void names_that_come_later_are_found_later(void **state UNUSED)
{
	struct fixture f;

	init(&f);
	assert_string_equal(name_at(&f, 1, 0x105), "kernel+0x105");
	add_sym(&f, 1, 0x300, 0x10, "c");
	assert_string_equal(name_at(&f, 1, 0x105), "kernel+0x105");
	for (u32 i = 0; i < 20; i++)
		add_sym(&f, 1, 0x100 + 0x10 * (u64)((i * 7) % 20), 0x10, i % 2 ? "odd" : "even");
	assert_string_equal(name_at(&f, 1, 0x105), "even");
	assert_string_equal(name_at(&f, 1, 0x175), "odd");
	assert_string_equal(name_at(&f, 1, 0x305), "c");
	fini(&f);
}

static const char *plain(struct fixture *f, const char *name)
{
	buf_reset(&f->out);
	stack_put_plain(str_of(name), &f->out);
	return buf_cstr(&f->out);
}

static void folded_names_are_plain(void **state UNUSED)
{
	struct fixture f;

	init(&f);
	assert_string_equal(plain(&f, "a;b"), "a:b");
	assert_string_equal(plain(&f, "f(int, char)"), "f(int, char)");
	assert_string_equal(plain(&f, "a\nb\tc\r\x7f"), "a_b_c__");
	assert_string_equal(plain(&f, "end  "), "end__");
	assert_string_equal(plain(&f, "   "), "___");
	assert_string_equal(plain(&f, ""), "_");
	assert_string_equal(plain(&f, "h\xc3\xa9llo"), "h\xc3\xa9llo");
	add_sym(&f, 1, 0, 0x10, "inner;most");
	add_sym(&f, 1, 0x10, 0x10, "main");
	add_node(&f, 0, add_frame(&f, 1, 0x12));
	add_node(&f, 1, add_frame(&f, 1, 0x2));
	buf_reset(&f.out);
	stack_put_folded(f.symbols, 2, &f.out);
	assert_string_equal(buf_cstr(&f.out), "main;inner:most");
	buf_reset(&f.out);
	stack_put_folded(f.symbols, 0, &f.out);
	assert_string_equal(buf_cstr(&f.out), "");
	stack_put_folded(f.symbols, SYMBOLS_UNKNOWN, &f.out);
	assert_string_equal(buf_cstr(&f.out), "[unknown stack]");
	fini(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_become_nodes),
		cmocka_unit_test(numbers_inside_of_tuples_become_nodes),
		cmocka_unit_test(frames_come_innermost_first),
		cmocka_unit_test(a_symbol_covers_its_size),
		cmocka_unit_test(the_first_of_two_at_one_place_counts_and_nesting_is_seen_through),
		cmocka_unit_test(names_that_come_later_are_found_later),
		cmocka_unit_test(folded_names_are_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
