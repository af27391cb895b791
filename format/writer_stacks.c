/*
 * format/writer_stacks.c -- the writer's FILE, MMAP, FRAME, STACK and SYM blocks.
 *
 * (1) Ids are dense over the tape; the counters in the writer are what is on the tape, and they
 *     move only when a block was written.  What is below them is passed over, so that a caller
 *     repeats a call that failed without a thought.
 * (2) Nothing refers to what is not on the tape yet.
 */
#include <errno.h>
#include <string.h>

#include "format/writer_priv.h"

/* A block is closed when it has so much: few enough to be lost, enough to be packed well. */
#define BLOCK_BYTES (1u << 20)
#define BLOCK_NODES (64u << 10)

/* Records of one kind that are on their way. */
struct run {
	struct tape_block_header h;
	const struct fields_desc *desc;
	const u8 *items;
	u32 n;
};

/* The first of them, as many as go into a block, as the payload in w->raw. */
static void fill_block(struct tape_writer *w, struct run *r)
{
	u32 n = 0;

	buf_reset(&w->raw);
	buf_put_u32(&w->raw, 0);
	while (n < r->n && n < TAPE_MAX_ROWS && w->raw.len < BLOCK_BYTES && !w->raw.is_full)
		fields_put(r->desc, r->items + n++ * r->desc->size, &w->raw);
	if (!w->raw.is_full)
		memcpy(w->raw.data, &n, sizeof(n));
	r->h.n_rows = n;
}

/* All of them; *written (NULL: not counted) grows with each block. */
static int put_run(struct tape_writer *w, struct run r, u32 *written, struct err *err)
{
	int rc = 0;

	while (r.n && !rc) {
		rc = writer_begin(w, r.h.ts_max, err);
		if (rc)
			return rc;
		fill_block(w, &r);
		rc = writer_put_table(w, &r.h, &w->raw, err);
		if (rc)
			return rc;
		r.items += r.h.n_rows * r.desc->size;
		r.n -= r.h.n_rows;
		if (written)
			*written += r.h.n_rows;
	}
	return rc;
}

static struct run run_of(u16 type, u64 ts, const struct fields_desc *d)
{
	return (struct run){ .h = { .type = type, .ts_min = ts, .ts_max = ts }, .desc = d };
}

static bool is_file_known(const struct tape_writer *w, u32 file)
{
	return file && file <= w->files;
}

int tape_writer_put_files(struct tape_writer *w, u64 ts, const struct tape_file *f, u32 n,
			  struct err *err)
{
	struct run r = run_of(TAPE_FILE, ts, &tape_file_desc);

	for (; n && f->id && f->id <= w->files; n--)
		f++;
	for (u32 i = 0; i < n; i++) {
		if (f[i].id != w->files + i + 1 || f[i].id > TAPE_MAX_FILES)
			return err_set(err, -EINVAL, "file %u comes after file %u", f[i].id,
				       w->files + i);
		if (f[i].kind >= TAPE_FILE_KIND_CNT)
			return err_set(err, -EINVAL, "file %u is of unknown kind %u", f[i].id,
				       f[i].kind);
	}
	r.items = (const u8 *)f;
	r.n = n;
	return put_run(w, r, &w->files, err);
}

int tape_writer_put_mmaps(struct tape_writer *w, u64 ts, const struct tape_mmap *m, u32 n,
			  struct err *err)
{
	struct run r = run_of(TAPE_MMAP, ts, &tape_mmap_desc);

	for (u32 i = 0; i < n; i++) {
		if (m[i].kind >= TAPE_MMAP_KIND_CNT)
			return err_set(err, -EINVAL, "a mapping of unknown kind %u", m[i].kind);
		if (m[i].kind == TAPE_MMAP_MAP && !is_file_known(w, m[i].file))
			return err_set(err, -EINVAL, "a mapping of file %u before the file",
				       m[i].file);
	}
	r.items = (const u8 *)m;
	r.n = n;
	return put_run(w, r, NULL, err);
}

int tape_writer_put_frames(struct tape_writer *w, u64 ts, const struct tape_frame *f, u32 n,
			   struct err *err)
{
	struct run r = run_of(TAPE_FRAME, ts, &tape_frame_desc);

	for (; n && f->id && f->id <= w->frames; n--)
		f++;
	for (u32 i = 0; i < n; i++) {
		if (f[i].id != w->frames + i + 1 || f[i].id > TAPE_MAX_FRAMES)
			return err_set(err, -EINVAL, "frame %u comes after frame %u", f[i].id,
				       w->frames + i);
		if (f[i].file != TAPE_NONE && !is_file_known(w, f[i].file))
			return err_set(err, -EINVAL, "frame %u is of file %u before the file",
				       f[i].id, f[i].file);
	}
	r.items = (const u8 *)f;
	r.n = n;
	return put_run(w, r, &w->frames, err);
}

int tape_writer_put_syms(struct tape_writer *w, u64 ts, const struct tape_sym *s, u32 n,
			 struct err *err)
{
	struct run r = run_of(TAPE_SYM, ts, &tape_sym_desc);

	for (u32 i = 0; i < n; i++) {
		if (!is_file_known(w, s[i].file))
			return err_set(err, -EINVAL, "a symbol of file %u before the file",
				       s[i].file);
	}
	r.items = (const u8 *)s;
	r.n = n;
	return put_run(w, r, NULL, err);
}

static int check_nodes(const struct tape_writer *w, const struct tape_stacks *s, struct err *err)
{
	for (u32 i = 0; i < s->node_cnt; i++) {
		u32 id = s->first_node + i;

		if (id > TAPE_MAX_NODES || s->nodes[i].parent >= id)
			return err_set(err, -EINVAL, "node %u cannot have parent %u", id,
				       s->nodes[i].parent);
		if (!s->nodes[i].frame || s->nodes[i].frame > w->frames)
			return err_set(err, -EINVAL, "node %u is of frame %u before the frame", id,
				       s->nodes[i].frame);
	}
	return 0;
}

/* @last: greatest id of a node, these included. */
static int check_stacks(const struct tape_stacks *s, u32 last, struct err *err)
{
	for (u32 i = 0; i < s->stack_cnt; i++) {
		const struct tape_stack_id *k = &s->stacks[i];

		if (!k->id || k->id > TAPE_MAX_STACKS)
			return err_set(err, -EINVAL, "there is no stack %u", k->id);
		if (k->node > last)
			return err_set(err, -EINVAL, "stack %u is node %u before the node", k->id,
				       k->node);
		if (k->space > TAPE_STACK_USER ||
		    k->flags & ~(TAPE_STACK_TRUNCATED | TAPE_STACK_LOST))
			return err_set(err, -EINVAL, "stack %u is of an unknown kind", k->id);
	}
	return 0;
}

/* As many nodes as fit; stacks go into blocks that have none of the following nodes. */
static struct tape_stacks next_block(struct tape_stacks *s)
{
	struct tape_stacks b = *s;

	b.node_cnt = s->node_cnt < BLOCK_NODES ? s->node_cnt : BLOCK_NODES;
	s->first_node += b.node_cnt;
	s->nodes = s->node_cnt ? s->nodes + b.node_cnt : s->nodes;
	s->node_cnt -= b.node_cnt;
	b.stack_cnt = s->node_cnt ? 0 : s->stack_cnt < BLOCK_NODES ? s->stack_cnt : BLOCK_NODES;
	s->stacks = b.stack_cnt ? s->stacks + b.stack_cnt : s->stacks;
	s->stack_cnt -= b.stack_cnt;
	return b;
}

int tape_writer_put_stacks(struct tape_writer *w, u64 ts, const struct tape_stacks *s,
			   struct err *err)
{
	struct tape_stacks left = *s;
	int rc;

	if (left.node_cnt &&
	    (!left.first_node || left.first_node > w->nodes + 1 || left.node_cnt > TAPE_MAX_NODES))
		return err_set(err, -EINVAL, "node %u comes after node %u", left.first_node,
			       w->nodes);
	rc = check_nodes(w, s, err);
	for (; left.node_cnt && left.first_node <= w->nodes; left.node_cnt--) {
		left.first_node++;
		left.nodes++;
	}
	if (!rc)
		rc = check_stacks(s, w->nodes + left.node_cnt, err);
	left.first_node = w->nodes + 1;
	while (!rc && (left.node_cnt || left.stack_cnt)) {
		struct tape_block_header h = {
			.type = TAPE_STACK, .n_rows = 1, .ts_min = ts, .ts_max = ts
		};
		struct tape_stacks b = next_block(&left);

		rc = writer_begin(w, ts, err);
		buf_reset(&w->raw);
		fields_put(&tape_stacks_desc, &b, &w->raw);
		if (!rc)
			rc = writer_put_table(w, &h, &w->raw, err);
		w->nodes += rc ? 0 : b.node_cnt;
	}
	return rc;
}
