/*
 * tests/format/make_stacks.h -- files, mappings, frames, stacks and symbols, each a function of
 * its id, so that what was read can be checked without being kept.
 */
#pragma once

#include "tests/format/make.h"

#define MAKE_STACKS_STEP 50

struct make_names {
	char path[MAKE_STACKS_STEP][64];
	u8 build_id[MAKE_STACKS_STEP][20];
};

static inline struct tape_file make_file(u32 id, char *path, u8 *build_id)
{
	int len = snprintf(path, 64, "/lib/<%u>&\"%u\".so", id, id * 7);
	struct tape_file f = {
		.id = id,
		.kind = (u8)(id % TAPE_FILE_KIND_CNT),
		.path = { path, (size_t)len },
		.dev = id % 3,
		.inode = mix(id),
		.size = id * 4096ull,
		.mtime_ns = mix(id + 1),
	};

	memset(build_id, (int)id, 20);
	if (id % 4)
		f.build_id = (struct str){ (const char *)build_id, 20 };
	return f;
}

static inline struct tape_mmap make_mmap(u32 id)
{
	u8 kind = (u8)(id % TAPE_MMAP_KIND_CNT);

	return (struct tape_mmap){
		.ts = id * 10ull,
		.pid = id + 100,
		.kind = kind,
		.parent = kind == TAPE_MMAP_FORK ? id : 0,
		.file = kind == TAPE_MMAP_MAP ? 1 + (u32)(mix(id) % id) : TAPE_NONE,
		.start = mix(id) & ~4095ull,
		.len = 4096 * (id % 9),
		.off = 4096 * (id % 5),
		.prot = 5,
	};
}

static inline struct tape_frame make_frame(u32 id)
{
	return (struct tape_frame){
		.id = id,
		.file = id % 5 ? 1 + (u32)(mix(id) % id) : TAPE_NONE,
		.off = mix(id),
		.addr = id % 3 ? 0 : mix(id + 9),
	};
}

static inline struct tape_node make_node(u32 id)
{
	return (struct tape_node){ .parent = id % 4 ? (u32)(mix(id) % id) : 0,
				   .frame = 1 + (u32)(mix(id + 5) % id) };
}

static inline struct tape_stack_id make_stack(u32 id)
{
	return (struct tape_stack_id){
		.id = id,
		.node = id % 10 ? 1 + (u32)(mix(id) % id) : 0,
		.space = id & 1,
		.flags = id % 7 ? 0 : TAPE_STACK_TRUNCATED,
	};
}

static inline struct tape_sym make_sym(u32 id, char *name)
{
	int len = snprintf(name, 64, "std::map<int, \"%u\">::at(unsigned long)", id);

	return (struct tape_sym){ .file = 1 + (u32)(mix(id) % id),
				  .off = id * 64ull,
				  .size = id % 8 ? 64 : 0,
				  .name = { name, (size_t)len } };
}

/* MAKE_STACKS_STEP more of each; *n: how many there are already. */
static inline void make_stacks(struct tape_writer *w, u64 ts, u32 *n)
{
	static struct make_names at;
	struct tape_file files[MAKE_STACKS_STEP];
	struct tape_mmap mmaps[MAKE_STACKS_STEP];
	struct tape_frame frames[MAKE_STACKS_STEP];
	struct tape_node nodes[MAKE_STACKS_STEP];
	struct tape_stack_id ids[MAKE_STACKS_STEP];
	struct tape_sym syms[MAKE_STACKS_STEP];
	struct tape_stacks stacks = { *n + 1, nodes, MAKE_STACKS_STEP, ids, MAKE_STACKS_STEP };

	for (u32 i = 0; i < MAKE_STACKS_STEP; i++) {
		u32 id = *n + 1 + i;

		files[i] = make_file(id, at.path[i], at.build_id[i]);
		mmaps[i] = make_mmap(id);
		frames[i] = make_frame(id);
		nodes[i] = make_node(id);
		/* Numbers come in any order. */
		ids[i] = make_stack(*n + MAKE_STACKS_STEP - i);
	}
	assert_int_equal(tape_writer_put_files(w, ts, files, MAKE_STACKS_STEP, NULL), 0);
	assert_int_equal(tape_writer_put_mmaps(w, ts, mmaps, MAKE_STACKS_STEP, NULL), 0);
	assert_int_equal(tape_writer_put_frames(w, ts, frames, MAKE_STACKS_STEP, NULL), 0);
	assert_int_equal(tape_writer_put_stacks(w, ts, &stacks, NULL), 0);
	for (u32 i = 0; i < MAKE_STACKS_STEP; i++)
		syms[i] = make_sym(*n + 1 + i, at.path[i]);
	assert_int_equal(tape_writer_put_syms(w, ts, syms, MAKE_STACKS_STEP, NULL), 0);
	*n += MAKE_STACKS_STEP;
}

static inline bool is_same_file(const struct tape_file *a, const struct tape_file *b)
{
	return a->id == b->id && a->kind == b->kind && str_eq(a->path, b->path) &&
	       !a->build_id.s == !b->build_id.s && str_eq(a->build_id, b->build_id) &&
	       a->dev == b->dev && a->inode == b->inode && a->size == b->size &&
	       a->mtime_ns == b->mtime_ns;
}

static inline bool is_same_mmap(const struct tape_mmap *a, const struct tape_mmap *b)
{
	return a->ts == b->ts && a->pid == b->pid && a->kind == b->kind && a->parent == b->parent &&
	       a->file == b->file && a->start == b->start && a->len == b->len && a->off == b->off &&
	       a->prot == b->prot;
}

static inline bool is_same_sym(const struct tape_sym *a, const struct tape_sym *b)
{
	return a->file == b->file && a->off == b->off && a->size == b->size &&
	       str_eq(a->name, b->name);
}

static inline bool is_same_stack(const struct tape_stack_id *a, const struct tape_stack_id *b)
{
	return a->id == b->id && a->node == b->node && a->space == b->space && a->flags == b->flags;
}

/* What is known of the first @n ids is what was made.  Returns how many things were not known. */
static inline u32 check_stacks(const struct tape_state *s, u32 n)
{
	u32 lost = 0;

	for (u32 id = 1; id <= n; id++) {
		const struct tape_file *f = tape_state_file(s, id);
		const struct tape_frame *fr = tape_state_frame(s, id);
		const struct tape_node *node = tape_state_node(s, id);
		const struct tape_stack_id *k = tape_state_stack(s, id);
		struct tape_frame want = make_frame(id);
		struct tape_node want_node = make_node(id);
		struct tape_stack_id want_stack = make_stack(id);
		struct tape_file want_file;
		u8 build_id[20];
		char text[64];

		want_file = make_file(id, text, build_id);
		lost += !f + !fr + !node + !k;
		assert_true(!f || is_same_file(f, &want_file));
		assert_true(!fr || !memcmp(fr, &want, sizeof(want)));
		assert_true(!node || !memcmp(node, &want_node, sizeof(want_node)));
		assert_true(!k || is_same_stack(k, &want_stack));
	}
	return lost;
}

/* Nothing is missing and nothing is there twice. */
static inline void check_all_stacks(const struct tape_state *s, u32 n)
{
	assert_int_equal(check_stacks(s, n), 0);
	assert_int_equal(s->file_cnt, n);
	assert_int_equal(s->frame_cnt, n);
	assert_int_equal(s->node_cnt, n);
	assert_int_equal(s->stack_cnt, n);
	assert_int_equal(s->mmap_cnt, n);
	assert_int_equal(s->sym_cnt, n);
	for (u32 i = 0; i < n; i++) {
		struct tape_mmap m = make_mmap(i + 1);
		struct tape_sym sym;
		char text[64];

		sym = make_sym(i + 1, text);
		assert_true(is_same_mmap(&s->mmaps[i], &m));
		assert_true(is_same_sym(&s->syms[i], &sym));
	}
}
