/*
 * format/verify_stacks.c -- the rules of FILE, MMAP, FRAME, STACK and SYM blocks: ids go on where
 * they stopped, and what a record refers to is there before it.
 *
 * Called before the block is added to the state, whose counts are thus those of the blocks before.
 * One breach a block is told: behind it there is little sense in looking.
 */
#include "format/verify_priv.h"

/* The block being looked at. */
struct look {
	struct verify *v;
	u64 off;
};

static bool is_file(const struct look *l, u32 file)
{
	return file && file <= l->v->st.pub.file_cnt;
}

static void check_files(const struct look *l, const void *items, u32 n)
{
	const struct tape_file *f = items;

	for (u32 i = 0; i < n; i++) {
		u32 want = l->v->st.pub.file_cnt + 1 + i;

		if (f[i].id != want)
			return verify_sequel(l->v, l->off, "FILE: id %u where %u is due", f[i].id,
					     want);
		if (f[i].kind >= TAPE_FILE_KIND_CNT)
			return verify_report(l->v, l->off, "FILE: file %u is of unknown kind %u",
					     f[i].id, f[i].kind);
	}
}

static void check_mmaps(const struct look *l, const void *items, u32 n)
{
	const struct tape_mmap *m = items;

	for (u32 i = 0; i < n; i++) {
		if (m[i].kind >= TAPE_MMAP_KIND_CNT)
			return verify_report(l->v, l->off, "MMAP: unknown kind %u", m[i].kind);
		if ((m[i].kind != TAPE_MMAP_FORK && m[i].parent) ||
		    (m[i].kind != TAPE_MMAP_MAP && m[i].file != TAPE_NONE))
			return verify_report(l->v, l->off, "MMAP: kind %u has fields of another",
					     m[i].kind);
		if (m[i].kind == TAPE_MMAP_MAP && !is_file(l, m[i].file))
			return verify_sequel(l->v, l->off, "MMAP: of file %u before the file",
					     m[i].file);
	}
}

static void check_frames(const struct look *l, const void *items, u32 n)
{
	const struct tape_frame *f = items;

	for (u32 i = 0; i < n; i++) {
		u32 want = l->v->st.pub.frame_cnt + 1 + i;

		if (f[i].id != want)
			return verify_sequel(l->v, l->off, "FRAME: id %u where %u is due", f[i].id,
					     want);
		if (f[i].file != TAPE_NONE && !is_file(l, f[i].file))
			return verify_sequel(l->v, l->off,
					     "FRAME: frame %u is of file %u before the file",
					     f[i].id, f[i].file);
	}
}

static void check_syms(const struct look *l, const void *items, u32 n)
{
	const struct tape_sym *s = items;

	for (u32 i = 0; i < n; i++) {
		if (!is_file(l, s[i].file))
			return verify_sequel(l->v, l->off, "SYM: of file %u before the file",
					     s[i].file);
	}
}

/* false: a breach was told. */
static bool check_nodes(const struct look *l, const struct tape_stacks *s)
{
	u32 want = l->v->st.pub.node_cnt + 1;

	if (s->first_node != want) {
		verify_sequel(l->v, l->off, "STACK: first node %u where %u is due", s->first_node,
			      want);
		return false;
	}
	for (u32 i = 0; i < s->node_cnt; i++) {
		if (s->nodes[i].parent >= want + i) {
			verify_report(l->v, l->off, "STACK: node %u has parent %u", want + i,
				      s->nodes[i].parent);
			return false;
		}
		if (!s->nodes[i].frame || s->nodes[i].frame > l->v->st.pub.frame_cnt) {
			verify_sequel(l->v, l->off,
				      "STACK: node %u is of frame %u before the frame", want + i,
				      s->nodes[i].frame);
			return false;
		}
	}
	return true;
}

static void check_stacks(const struct look *l, const void *items, u32 n)
{
	const struct tape_stacks *s = items;

	if (!n || !check_nodes(l, s))
		return;
	for (u32 i = 0; i < s->stack_cnt; i++) {
		const struct tape_stack_id *k = &s->stacks[i];

		if (!k->id)
			return verify_report(l->v, l->off, "STACK: there is no stack %u", k->id);
		if (k->node > l->v->st.pub.node_cnt + (u64)s->node_cnt)
			return verify_sequel(l->v, l->off,
					     "STACK: stack %u is node %u before the node", k->id,
					     k->node);
		if (k->space > TAPE_STACK_USER ||
		    k->flags & ~(TAPE_STACK_TRUNCATED | TAPE_STACK_LOST))
			return verify_report(l->v, l->off, "STACK: stack %u is of an unknown kind",
					     k->id);
	}
}

static const struct {
	u16 type;
	void (*check)(const struct look *l, const void *items, u32 n);
} checks[] = {
	{ TAPE_FILE, check_files },   { TAPE_MMAP, check_mmaps }, { TAPE_FRAME, check_frames },
	{ TAPE_STACK, check_stacks }, { TAPE_SYM, check_syms },
};

void verify_stacks(struct verify *v, const struct walk_step *b, const void *items, u32 n)
{
	struct look l = { v, b->off };

	for (size_t i = 0; i < countof(checks); i++) {
		if (checks[i].type == b->h.type)
			checks[i].check(&l, items, n);
	}
}
