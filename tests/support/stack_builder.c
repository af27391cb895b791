/* tests/support/stack_builder.c -- see the header. */
#include "tests/support/stack_builder.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SYMS_MAX   4096
#define FRAMES_MAX 16384
#define NODES_MAX  65536
#define SYM_SZ	   0x1000

struct stack_builder {
	struct tape_writer *w;
	u64 ts;
	struct tape_sym syms[SYMS_MAX];
	struct tape_frame frames[FRAMES_MAX];
	struct tape_node nodes[NODES_MAX];
	u32 sym_cnt, frame_cnt, node_cnt, stack_cnt;
};

static const struct tape_file files[] = {
	{ .id = 1, .kind = TAPE_FILE_KERNEL, .path = STR("kernel") },
	{ .id = 2, .kind = TAPE_FILE_ELF, .path = STR("/usr/bin/prog"), .inode = 7 },
};

struct stack_builder *stack_builder_new(struct tape_writer *w, u64 ts)
{
	struct stack_builder *b = calloc(1, sizeof(*b));
	struct err err;

	assert(b);
	b->w = w;
	b->ts = ts;
	assert(!tape_writer_put_files(w, ts, files, countof(files), &err));
	return b;
}

void stack_builder_free(struct stack_builder *b)
{
	for (u32 i = 0; b && i < b->sym_cnt; i++)
		free((void *)b->syms[i].name.s);
	free(b);
}

static u64 sym_off(struct stack_builder *b, u32 file, const char *name, size_t len)
{
	struct tape_sym *s;
	struct err err;

	for (u32 i = 0; i < b->sym_cnt; i++)
		if (b->syms[i].file == file && b->syms[i].name.len == len &&
		    !memcmp(b->syms[i].name.s, name, len))
			return b->syms[i].off;
	assert(b->sym_cnt < SYMS_MAX);
	s = &b->syms[b->sym_cnt++];
	/* later names lie lower, so that they do not come sorted */
	*s = (struct tape_sym){ .file = file,
				.off = (u64)(SYMS_MAX - b->sym_cnt) * SYM_SZ,
				.size = SYM_SZ,
				.name = { strndup(name, len), len } };
	assert(!tape_writer_put_syms(b->w, b->ts, s, 1, &err));
	return s->off;
}

static struct tape_frame parse(struct stack_builder *b, enum tape_stack_space space,
			       const char *text, size_t len, bool has_addrs)
{
	struct tape_frame f = { .file = space == TAPE_STACK_KERNEL ? 1 : 2 };
	const char *plus = memrchr(text, '+', len);

	if (len > 2 && !memcmp(text, "0x", 2)) {
		f.file = TAPE_NONE;
		f.off = strtoull(text, NULL, 16);
		f.addr = has_addrs ? f.off : 0;
		return f;
	}
	if (*text == '@') {
		f.off = strtoull(text + 1, NULL, 16);
	} else {
		assert(plus);
		f.off = sym_off(b, f.file, text, (size_t)(plus - text)) +
			strtoull(plus + 1, NULL, 10);
	}
	if (has_addrs)
		f.addr = f.off + (f.file == 1 ? 0xffff800000000000ull : 0x400000);
	return f;
}

static u32 frame_id(struct stack_builder *b, struct tape_frame f)
{
	struct err err;

	for (u32 i = 0; i < b->frame_cnt; i++)
		if (b->frames[i].file == f.file && b->frames[i].off == f.off &&
		    b->frames[i].addr == f.addr)
			return i + 1;
	assert(b->frame_cnt < FRAMES_MAX);
	f.id = b->frame_cnt + 1;
	b->frames[b->frame_cnt++] = f;
	assert(!tape_writer_put_frames(b->w, b->ts, &f, 1, &err));
	return f.id;
}

static u32 node_id(struct stack_builder *b, u32 parent, u32 frame)
{
	struct tape_node n = { parent, frame };
	struct tape_stacks s = { .first_node = b->node_cnt + 1, .nodes = &n, .node_cnt = 1 };
	struct err err;

	for (u32 i = 0; i < b->node_cnt; i++)
		if (b->nodes[i].parent == parent && b->nodes[i].frame == frame)
			return i + 1;
	assert(b->node_cnt < NODES_MAX);
	b->nodes[b->node_cnt++] = n;
	assert(!tape_writer_put_stacks(b->w, b->ts, &s, &err));
	return b->node_cnt;
}

static u32 put_stack(struct stack_builder *b, u32 node, u8 space, u8 flags)
{
	struct tape_stack_id id = {
		.id = ++b->stack_cnt, .node = node, .space = space, .flags = flags
	};
	struct tape_stacks s = { .first_node = b->node_cnt + 1, .stacks = &id, .stack_cnt = 1 };
	struct err err;

	assert(!tape_writer_put_stacks(b->w, b->ts, &s, &err));
	return id.id;
}

u32 stack_builder_add(struct stack_builder *b, enum tape_stack_space space, const char *frames,
		      bool has_addrs)
{
	size_t end = strlen(frames);
	u32 node = 0;

	while (end) { /* from the root, which is the last in the text */
		const char *sep = memrchr(frames, ';', end);
		size_t from = sep ? (size_t)(sep - frames) + 1 : 0;

		node = node_id(b, node,
			       frame_id(b, parse(b, space, frames + from, end - from, has_addrs)));
		end = sep ? (size_t)(sep - frames) : 0;
	}
	return put_stack(b, node, (u8)space, 0);
}

u32 stack_builder_lose(struct stack_builder *b)
{
	return put_stack(b, 0, TAPE_STACK_KERNEL, TAPE_STACK_LOST);
}
