/*
 * tests/format/test_stacks_bad.c -- FILE, MMAP, FRAME, STACK and SYM blocks that no writer of ours
 * would write, and damaged ones.
 */
#include "tests/format/make_stacks.h"

#include <errno.h>

#include "format/block.h"
#include "format/reader_priv.h"
#include "format/verify.h"

/* ---- tapes that the writer would not write ---- */

struct forge {
	struct buf tape;
	struct tape_file_header file;
	u64 seq;
};

static void forge_begin(struct forge *f)
{
	*f = (struct forge){ .file = { .uuid = { 3 } } };
	buf_init(&f->tape, 1 << 20);
	block_seal_file(&f->file);
	buf_put(&f->tape, &f->file, sizeof(f->file));
}

static void forge_block(struct forge *f, u16 type, u32 n_rows, const struct buf *payload)
{
	struct tape_block_header h = {
		.type = type,
		.n_rows = n_rows,
		.seq = f->seq++,
		.stored_len = (u32)payload->len,
		.raw_len = (u32)payload->len,
	};

	block_seal(&h, f->file.session_tag, payload->data);
	buf_put(&f->tape, &h, sizeof(h));
	buf_put(&f->tape, payload->data, payload->len);
	buf_align(&f->tape, 8);
}

static void forge_list(struct forge *f, u16 type, const struct fields_desc *d, const void *items,
		       u32 n)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	fields_put_list(d, items, n, &b);
	forge_block(f, type, n, &b);
	buf_fini(&b);
}

static void forge_stacks(struct forge *f, const struct tape_stacks *s)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	fields_put(&tape_stacks_desc, s, &b);
	forge_block(f, TAPE_STACK, 1, &b);
	buf_fini(&b);
}

/* The reader at the end of it; breaches as verify sees them are kept. */
static char breaches[8][256];
static u32 breach_cnt;

static void keep_breach(void *ctx, u64 off, const char *text)
{
	(void)ctx;
	(void)off;
	if (breach_cnt < countof(breaches))
		snprintf(breaches[breach_cnt++], sizeof(breaches[0]), "%s", text);
}

static struct tape_reader *forge_read(struct forge *f, u64 mem_max, int *ret_rc)
{
	struct tape_reader_opts o = { .mem_max = mem_max };
	struct tape_verify_opts vo = { .report = keep_breach };
	struct tape_verify_result result;
	struct tape_reader *r;
	struct tape_item it;
	int fd = make_fd_of(f->tape.data, f->tape.len), rc;

	breach_cnt = 0;
	assert_int_equal(tape_verify(fd, &vo, &result, NULL), 0);
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(tape_reader_open(fd, &o, &r, NULL), 0);
	while ((rc = tape_reader_next(r, &it, NULL)) > 0)
		;
	*ret_rc = rc;
	buf_fini(&f->tape);
	return r;
}

static struct tape_node deep[] = { { 0, 1 }, { 1, 1 }, { 2, 1 } };
static struct tape_stack_id one[] = { { 1, 3, 1, 0 } };

static void blocks_that_make_no_sense_are_damage(void **state)
{
	static struct tape_node cycle[] = { { 0, 1 }, { 2, 1 } }, ahead[] = { { 7, 1 } };
	static struct tape_stack_id zero[] = { { 0, 1, 0, 0 } }, far[] = { { 1, 4, 0, 0 } };
	static struct tape_stack_id huge[] = { { TAPE_MAX_STACKS + 1, 1, 0, 0 } };
	static const struct {
		struct tape_stacks s;
		const char *breach;
	} cases[] = {
		{ { 1, cycle, 2, NULL, 0 }, "STACK: node 2 has parent 2" },
		{ { 1, ahead, 1, NULL, 0 }, "STACK: node 1 has parent 7" },
		{ { 0, deep, 3, NULL, 0 }, "STACK: first node 0 where 1 is due" },
		{ { TAPE_MAX_NODES, deep, 3, NULL, 0 },
		  "STACK: first node 16777216 where 1 is due" },
		{ { UINT32_MAX, deep, 3, NULL, 0 }, "STACK: first node 4294967295 where 1 is due" },
		{ { 1, deep, 3, zero, 1 }, "STACK: there is no stack 0" },
		{ { 1, deep, 3, far, 1 }, "STACK: stack 1 is node 4 before the node" },
		{ { 1, deep, 3, huge, 1 },
		  "STACK: stacks beyond the limit: --limit stacks=N admits more" },
	};
	static const struct tape_frame frame = { .id = 1, .file = TAPE_NONE };

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		const struct tape_state *s;
		struct tape_reader *r;
		struct forge f;
		int rc;

		forge_begin(&f);
		forge_list(&f, TAPE_FRAME, &tape_frame_desc, &frame, 1);
		forge_stacks(&f, &cases[i].s);
		r = forge_read(&f, 0, &rc);
		s = tape_reader_state(r);
		assert_int_equal(rc, 0);
		assert_int_equal(s->damaged_blocks, 1);
		assert_int_equal(s->node_cnt, 0);
		assert_int_equal(s->stack_cnt, 0);
		assert_int_equal(s->frame_cnt, 1);
		assert_int_equal(breach_cnt, 1);
		assert_string_equal(breaches[0], cases[i].breach);
		tape_reader_close(r);
	}
}

static void ids_that_do_not_rise_by_one_are_damage(void **state)
{
	static const struct tape_frame lists[][2] = {
		{ { .id = 0, .file = TAPE_NONE }, { .id = 1, .file = TAPE_NONE } },
		{ { .id = 1, .file = TAPE_NONE }, { .id = 3, .file = TAPE_NONE } },
		{ { .id = 1, .file = TAPE_NONE }, { .id = 1, .file = TAPE_NONE } },
		{ { .id = TAPE_MAX_FRAMES, .file = TAPE_NONE },
		  { .id = TAPE_MAX_FRAMES + 1, .file = TAPE_NONE } },
	};

	(void)state;
	for (size_t i = 0; i < countof(lists); i++) {
		struct tape_file files[2] = { { .id = lists[i][0].id }, { .id = lists[i][1].id } };
		struct tape_reader *r;
		struct forge f;
		int rc;

		forge_begin(&f);
		forge_list(&f, TAPE_FILE, &tape_file_desc, files, 2);
		forge_list(&f, TAPE_FRAME, &tape_frame_desc, lists[i], 2);
		r = forge_read(&f, 0, &rc);
		assert_int_equal(rc, 0);
		assert_int_equal(tape_reader_state(r)->damaged_blocks, 2);
		assert_int_equal(tape_reader_state(r)->file_cnt, 0);
		assert_int_equal(tape_reader_state(r)->frame_cnt, 0);
		assert_int_equal(breach_cnt, 2);
		assert_string_equal(breaches[0], i == 0 ? "FILE: id 0 where 1 is due" :
						 i == 1 ? "FILE: id 3 where 2 is due" :
						 i == 2 ? "FILE: id 1 where 2 is due" :
							  "FILE: id 16777216 where 1 is due");
		tape_reader_close(r);
	}
}

static void what_is_lost_is_unknown_and_what_follows_is_kept(void **state)
{
	static struct tape_node later[] = { { 3, 40 }, { 10, 12 } };
	static struct tape_stack_id ids[] = { { 7, 11, 1, 0 } };
	static const struct tape_stacks gap = { 10, later, 2, ids, 1 };
	static const struct tape_frame frame = { .id = 12, .file = 99 };
	static const struct tape_file file = { .id = 4, .kind = TAPE_FILE_ELF };
	const struct tape_state *s;
	struct tape_reader *r;
	struct forge f;
	int rc;

	(void)state;
	forge_begin(&f);
	forge_list(&f, TAPE_FILE, &tape_file_desc, &file, 1);
	forge_list(&f, TAPE_FRAME, &tape_frame_desc, &frame, 1);
	forge_stacks(&f, &gap);
	r = forge_read(&f, 0, &rc);
	s = tape_reader_state(r);
	assert_int_equal(rc, 0);
	assert_int_equal(s->damaged_blocks, 0);
	assert_int_equal(breach_cnt, 3);
	assert_string_equal(breaches[0], "FILE: id 4 where 1 is due");
	assert_null(tape_state_file(s, 3));
	assert_null(tape_state_file(s, 5));
	assert_null(tape_state_file(s, 99));
	assert_int_equal(tape_state_file(s, 4)->kind, TAPE_FILE_ELF);
	assert_null(tape_state_frame(s, 11));
	assert_int_equal(tape_state_frame(s, 12)->file, 99);
	assert_null(tape_state_node(s, 9));
	assert_int_equal(tape_state_node(s, 10)->parent, 3);
	assert_null(tape_state_frame(s, tape_state_node(s, 10)->frame));
	assert_null(tape_state_stack(s, 6));
	assert_int_equal(tape_state_stack(s, 7)->node, 11);
	assert_null(tape_state_stack(s, 0));
	assert_null(tape_state_stack(s, 8));
	assert_null(tape_state_stack(s, 7 + (1ull << 32)));
	tape_reader_close(r);
}

static void an_entry_never_changes_but_for_a_lost_stack(void **state)
{
	static struct tape_node other[] = { { 0, 2 }, { 0, 2 }, { 0, 2 } };
	static struct tape_stack_id lost[] = { { 1, 0, 0, TAPE_STACK_LOST } };
	static struct tape_stack_id late[] = { { 1, 1, 1, 0 } };
	static const struct tape_stacks blocks[] = { { 1, deep, 3, lost, 1 },
						     { 1, other, 3, one, 1 },
						     { 4, NULL, 0, late, 1 } };
	static const struct tape_frame frame[] = { { .id = 1, .file = TAPE_NONE },
						   { .id = 2, .file = TAPE_NONE } };
	static const struct tape_frame again[] = { { .id = 1, .file = TAPE_NONE, .off = 5 } };
	const struct tape_state *s;
	struct tape_reader *r;
	struct forge f;
	int rc;

	(void)state;
	forge_begin(&f);
	forge_list(&f, TAPE_FRAME, &tape_frame_desc, frame, 2);
	forge_list(&f, TAPE_FRAME, &tape_frame_desc, again, 1);
	for (size_t i = 0; i < countof(blocks); i++)
		forge_stacks(&f, &blocks[i]);
	r = forge_read(&f, 0, &rc);
	s = tape_reader_state(r);
	assert_int_equal(s->damaged_blocks, 0);
	assert_int_equal(s->frame_cnt, 2);
	assert_int_equal(tape_state_frame(s, 1)->off, 0);
	assert_int_equal(tape_state_node(s, 2)->parent, 1);
	assert_int_equal(tape_state_stack(s, 1)->node, 3);
	assert_int_equal(tape_state_stack(s, 1)->flags, 0);
	tape_reader_close(r);
}

static void a_small_block_with_the_greatest_id_takes_little_memory(void **state)
{
	static const struct tape_frame frame = { .id = TAPE_MAX_FRAMES, .file = TAPE_NONE };
	static const struct tape_stacks stacks = { TAPE_MAX_NODES - 2, deep, 3, one, 1 };
	const struct tape_state *s;
	struct tape_reader *r;
	struct forge f;
	int rc;

	(void)state;
	forge_begin(&f);
	forge_list(&f, TAPE_FRAME, &tape_frame_desc, &frame, 1);
	forge_stacks(&f, &stacks);
	r = forge_read(&f, 4 << 20, &rc);
	assert_int_equal(rc, 0);
	assert_true(state_mem(&r->st) < 3 << 20);
	s = tape_reader_state(r);
	assert_int_equal(s->frame_cnt, TAPE_MAX_FRAMES);
	assert_int_equal(s->frame_known, 1);
	assert_int_equal(tape_state_node(s, TAPE_MAX_NODES)->parent, 2);
	assert_int_equal(tape_state_frame(s, TAPE_MAX_FRAMES)->id, TAPE_MAX_FRAMES);
	assert_null(tape_state_frame(s, TAPE_MAX_FRAMES - 1));
	assert_null(tape_state_frame(s, 1));
	tape_reader_close(r);
	forge_begin(&f);
	forge_list(&f, TAPE_FRAME, &tape_frame_desc, &frame, 1);
	r = forge_read(&f, 64 << 10, &rc);
	assert_int_equal(rc, -ENOMEM);
	tape_reader_close(r);
}

static void other_broken_rules_are_named(void **state)
{
	static const struct tape_file file = { .id = 1, .kind = TAPE_FILE_KIND_CNT };
	static const struct tape_mmap maps[] = { { .kind = TAPE_MMAP_EXIT, .file = TAPE_NONE },
						 { .kind = TAPE_MMAP_MAP, .file = 2 } };
	static const struct tape_mmap map = { .kind = TAPE_MMAP_KIND_CNT };
	static const struct tape_frame frame = { .id = 1, .file = 3 };
	static const struct tape_sym sym = { .file = 2 };
	static struct tape_node node = { 0, 5 };
	static struct tape_stack_id space = { 1, 0, 2, 0 };
	static const struct tape_stacks bad_frame = { 1, &node, 1, NULL, 0 };
	static const struct tape_stacks bad_space = { 2, NULL, 0, &space, 1 };
	static const char *const want[] = {
		"FILE: file 1 is of unknown kind 7",
		"MMAP: of file 2 before the file",
		"MMAP: unknown kind 4",
		"FRAME: frame 1 is of file 3 before the file",
		"SYM: of file 2 before the file",
		"STACK: node 1 is of frame 5 before the frame",
		"STACK: stack 1 is of an unknown kind",
	};
	struct tape_reader *r;
	struct forge f;
	int rc;

	(void)state;
	forge_begin(&f);
	forge_list(&f, TAPE_FILE, &tape_file_desc, &file, 1);
	forge_list(&f, TAPE_MMAP, &tape_mmap_desc, maps, 2);
	forge_list(&f, TAPE_MMAP, &tape_mmap_desc, &map, 1);
	forge_list(&f, TAPE_FRAME, &tape_frame_desc, &frame, 1);
	forge_list(&f, TAPE_SYM, &tape_sym_desc, &sym, 1);
	forge_stacks(&f, &bad_frame);
	forge_stacks(&f, &bad_space);
	r = forge_read(&f, 0, &rc);
	/* All of this can be read. */
	assert_int_equal(rc, 0);
	assert_int_equal(tape_reader_state(r)->damaged_blocks, 0);
	assert_int_equal(breach_cnt, countof(want));
	for (size_t i = 0; i < countof(want); i++)
		assert_string_equal(breaches[i], want[i]);
	tape_reader_close(r);
}

/* ---- damage ---- */

static u8 *make_stack_bytes(u32 steps, size_t *ret_sz)
{
	struct tape_writer_opts wo = { .uuid = { 5 } };
	struct tape_writer *w;
	int fd = make_memfd();
	u32 n = 0;
	u8 *p;

	assert_int_equal(tape_writer_open(fd, &wo, &w, NULL), 0);
	for (u32 i = 0; i < steps; i++)
		make_stacks(w, i, &n);
	assert_int_equal(tape_writer_finish(w, 9, NULL, 0, NULL), 0);
	tape_writer_close(w);
	*ret_sz = (size_t)lseek(fd, 0, SEEK_END);
	p = malloc(*ret_sz);
	assert_non_null(p);
	assert_int_equal(pread(fd, p, *ret_sz, 0), (ssize_t)*ret_sz);
	close(fd);
	return p;
}

static void each_lost_block_costs_what_it_said_and_no_more(void **state)
{
	size_t sz;
	u8 *p = make_stack_bytes(3, &sz), *copy = malloc(sz);
	struct tape_block_header h;
	u32 done = 0;

	(void)state;
	assert_non_null(copy);
	for (u64 at = 64; at + 64 <= sz; at += block_span(&h)) {
		u32 is_ids;
		struct tape_reader *r;
		struct tape_item it;

		memcpy(&h, p + at, 64);
		if (!h.stored_len || h.type == TAPE_END || h.type == TAPE_INDEX)
			continue;
		memcpy(copy, p, sz);
		copy[at + 64 + h.stored_len / 2] ^= 0x40;
		assert_int_equal(tape_reader_open(make_fd_of(copy, sz), NULL, &r, NULL), 0);
		while (tape_reader_next(r, &it, NULL) > 0)
			;
		/* A STACK block has nodes and stacks. */
		is_ids = h.type == TAPE_STACK			     ? 2 :
			 h.type == TAPE_FILE || h.type == TAPE_FRAME ? 1 :
								       0;
		assert_int_equal(check_stacks(tape_reader_state(r), 3 * MAKE_STACKS_STEP),
				 is_ids * MAKE_STACKS_STEP);
		assert_int_equal(tape_reader_state(r)->damaged_blocks, 1);
		tape_reader_close(r);
		done++;
	}
	assert_int_equal(done, 15);
	free(copy);
	free(p);
}

/* Bytes changed behind correct checksums: every path of the reader, and no crash. */
static void changed_content_never_confuses_the_reader(void **state)
{
	size_t sz;
	u8 *p = make_stack_bytes(2, &sz), *copy = malloc(sz);
	struct tape_reader_opts o = { .mem_max = 256 << 20, .ignore_crc = true };

	(void)state;
	assert_non_null(copy);
	for (u64 i = 0; i < 1000; i++) {
		struct tape_verify_result result;
		struct tape_reader *r;
		struct tape_item it;
		int fd;

		memcpy(copy, p, sz);
		for (u64 k = 0; k < 1 + i % 4; k++)
			copy[64 + mix(i * 8 + k) % (sz - 64)] = (u8)mix(i * 9 + k);
		fd = make_fd_of(copy, sz);
		tape_verify(fd, &(struct tape_verify_opts){ 0 }, &result, NULL);
		lseek(fd, 0, SEEK_SET);
		if (tape_reader_open(fd, &o, &r, NULL)) {
			close(fd);
			continue;
		}
		while (tape_reader_next(r, &it, NULL) > 0)
			;
		for (u32 id = 1; id <= tape_reader_state(r)->stack_cnt; id++) {
			const struct tape_state *s = tape_reader_state(r);
			const struct tape_stack_id *k = tape_state_stack(s, id);
			const struct tape_node *node = k ? tape_state_node(s, k->node) : NULL;
			u32 depth = 0;

			assert_true(!k || k->node <= s->node_cnt);
			for (; node; node = tape_state_node(s, node->parent))
				assert_true(depth++ < s->node_cnt);
		}
		tape_reader_close(r);
	}
	free(copy);
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_that_make_no_sense_are_damage),
		cmocka_unit_test(ids_that_do_not_rise_by_one_are_damage),
		cmocka_unit_test(what_is_lost_is_unknown_and_what_follows_is_kept),
		cmocka_unit_test(an_entry_never_changes_but_for_a_lost_stack),
		cmocka_unit_test(a_small_block_with_the_greatest_id_takes_little_memory),
		cmocka_unit_test(other_broken_rules_are_named),
		cmocka_unit_test(each_lost_block_costs_what_it_said_and_no_more),
		cmocka_unit_test(changed_content_never_confuses_the_reader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
