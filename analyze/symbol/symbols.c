/*
 * Stacks by number, frames by address, names by file and offset.
 *
 * Symbols come in the order in which they were first needed; `order` sorts them by place.  A tape
 * that is still being written grows: new ones are sorted and merged in when a name is asked for.
 *
 * (1) A symbol covers [off, off + size); with size 0 everything up to the next one.
 * (2) Of several at one place the first on the tape counts.
 * (3) A demangled name is kept for as long as there is room for it, then made anew each time.
 */
#include "analyze/symbol/symbols.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/vec.h"
#include "lang/packed.h"

#define NAMES_MEM_MAX ((size_t)256 << 20)
#define LOOK_BACK_MAX 64 /* symbols that may lie nested at one place */

struct symbols {
	const struct tape_state *s;
	u32 *order; /* indices into s->syms */
	u32 order_cnt;
	size_t order_cap, fresh_cap, name_cap;
	u32 *fresh; /* scratch of the same kind */
	struct str *names; /* by index of the symbol: demangled, or as it is */
	u32 name_cnt;
	struct arena arena;
	struct buf tmp;
};

/* ---- numbers ---- */

u64 symbols_node(const struct tape_state *s, u64 number)
{
	const struct tape_stack_id *id;

	if (!number)
		return 0;
	id = tape_state_stack(s, number);
	if (!id || id->flags & TAPE_STACK_LOST)
		return SYMBOLS_UNKNOWN;
	return !id->node || tape_state_node(s, id->node) ? id->node : SYMBOLS_UNKNOWN;
}

bool symbols_concern(const struct type *t)
{
	if (!t)
		return false;
	if (t->kind == TYPE_TUPLE) {
		for (u32 i = 0; i < t->elem_cnt; i++)
			if (symbols_concern(t->members[i]))
				return true;
		return false;
	}
	return t->kind == TYPE_STACK || t->kind == TYPE_SYM;
}

static void copy_packed(const struct type *t, struct cursor *in, struct buf *out)
{
	const u8 *from = in->pos;

	if (packed_skip(t, in))
		buf_put(out, from, (size_t)(in->pos - from));
}

void symbols_translate(const struct tape_state *s, const struct type *t, struct cursor *in,
		       struct buf *out)
{
	if (!symbols_concern(t)) {
		copy_packed(t, in, out);
	} else if (t->kind == TYPE_TUPLE) {
		for (u32 i = 0; i < t->elem_cnt; i++)
			symbols_translate(s, t->members[i], in, out);
	} else {
		u64 number = cursor_u64(in);

		if (!in->is_bad)
			buf_put_u64(out, symbols_node(s, number));
	}
}

/* ---- frames ---- */

struct symbols *symbols_new(const struct tape_state *state)
{
	struct symbols *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->s = state;
	arena_init(&s->arena, NAMES_MEM_MAX);
	buf_init(&s->tmp, 1 << 16);
	return s;
}

void symbols_free(struct symbols *s)
{
	if (!s)
		return;
	free(s->order);
	free(s->fresh);
	free(s->names);
	arena_fini(&s->arena);
	buf_fini(&s->tmp);
	free(s);
}

u32 symbols_frames(const struct symbols *s, u64 node, u32 *ret)
{
	u32 n = 0, max = s->s->depth_max;

	max = max && max < SYMBOLS_DEPTH_MAX ? max : SYMBOLS_DEPTH_MAX;
	while (node && node <= s->s->node_cnt) {
		const struct tape_node *at = tape_state_node(s->s, (u32)node);

		if (n == max)
			tape_state_note_depth(s->s);
		if (!at || n == max)
			break;
		ret[n++] = at->frame;
		node = at->parent; /* less than before: the reader saw to it */
	}
	return n;
}

u32 symbols_frame_cnt(const struct symbols *s)
{
	return s->s->frame_cnt;
}

static int cmp_place(const struct tape_sym *a, const struct tape_sym *b)
{
	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	return (a->off > b->off) - (a->off < b->off);
}

/* By place, then in order of the tape. */
static int cmp_index(const void *x, const void *y, void *ctx)
{
	const struct tape_sym *syms = ctx;
	u32 a = *(const u32 *)x, b = *(const u32 *)y;
	int rc = cmp_place(&syms[a], &syms[b]);

	return rc ? rc : (a > b) - (a < b);
}

/* Merge two sorted stretches from their ends; the first has room for both. */
static void merge_back(struct symbols *s, u32 old, u32 add)
{
	u32 at = old + add;

	while (add) {
		if (old &&
		    cmp_index(&s->order[old - 1], &s->fresh[add - 1], (void *)s->s->syms) > 0)
			s->order[--at] = s->order[--old];
		else
			s->order[--at] = s->fresh[--add];
	}
}

static bool grow(struct symbols *s, u32 n)
{
	void *order = s->order, *fresh = s->fresh, *names = s->names;
	bool ok = array_grow(&order, &s->order_cap, n, sizeof(*s->order));

	s->order = order;
	ok = ok && array_grow(&fresh, &s->fresh_cap, n - s->order_cnt, sizeof(*s->fresh));
	s->fresh = fresh;
	ok = ok && array_grow(&names, &s->name_cap, n, sizeof(*s->names));
	s->names = names;
	return ok;
}

/* Without memory for more, what is sorted so far has to do. */
static void take_new_syms(struct symbols *s)
{
	u32 n = s->s->sym_cnt, add = n - s->order_cnt;

	if (n <= s->order_cnt || !grow(s, n))
		return;
	for (u32 i = 0; i < add; i++)
		s->fresh[i] = s->order_cnt + i;
	qsort_r(s->fresh, add, sizeof(*s->fresh), cmp_index, (void *)s->s->syms);
	merge_back(s, s->order_cnt, add);
	memset(s->names + s->order_cnt, 0, add * sizeof(*s->names));
	s->order_cnt = n;
}

static bool covers(const struct tape_sym *m, const struct tape_frame *f, bool is_nearest)
{
	u64 into = f->off - m->off;

	return m->size ? into < m->size : is_nearest;
}

/* Index of the symbol that a frame lies in, or -1. */
static s64 find_sym(struct symbols *s, const struct tape_frame *f)
{
	struct tape_sym place = { .file = f->file, .off = f->off };
	u32 lo = 0, hi;

	take_new_syms(s);
	hi = s->order_cnt;
	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (cmp_place(&s->s->syms[s->order[mid]], &place) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (u32 i = lo; i > 0 && lo - i < LOOK_BACK_MAX; i--) {
		const struct tape_sym *m = &s->s->syms[s->order[i - 1]];
		bool is_nearest = !cmp_place(m, &s->s->syms[s->order[lo - 1]]);
		bool is_same = i > 1 && !cmp_place(m, &s->s->syms[s->order[i - 2]]);

		if (m->file != f->file)
			break;
		if (!is_same && covers(m, f, is_nearest))
			return s->order[i - 1];
	}
	return -1;
}

static struct str name_of(struct symbols *s, u32 sym)
{
	struct str name = s->s->syms[sym].name;
	char *kept;

	if (s->names[sym].s)
		return s->names[sym];
	buf_reset(&s->tmp);
	if (demangle(name, &s->tmp))
		name = (struct str){ (const char *)s->tmp.data, s->tmp.len };
	kept = arena_dup(&s->arena, name.s ? name.s : "", name.s ? name.len : 0);
	if (kept) {
		name.s = kept;
		s->names[sym] = name;
	}
	return name;
}

bool symbols_frame(struct symbols *s, u32 frame, struct frame_info *ret)
{
	const struct tape_frame *f = tape_state_frame(s->s, frame);
	s64 sym;

	*ret = (struct frame_info){ 0 };
	if (!f)
		return false;
	ret->off = f->off;
	ret->addr = f->addr;
	if (f->file == TAPE_NONE)
		return true;
	ret->file = tape_state_file(s->s, f->file);
	sym = find_sym(s, f);
	if (sym >= 0) {
		ret->name = name_of(s, (u32)sym);
		ret->name_off = f->off - s->s->syms[sym].off;
	}
	return true;
}

static struct str base_name(struct str path)
{
	for (size_t i = path.s ? path.len : 0; i > 0; i--)
		if (path.s[i - 1] == '/')
			return (struct str){ path.s + i, path.len - i };
	return path;
}

void symbols_put_name(struct symbols *s, u32 frame, struct buf *out)
{
	struct frame_info f;
	struct str file;

	if (!symbols_frame(s, frame, &f)) {
		buf_puts(out, "[unknown]");
		return;
	}
	if (f.name.s && f.name.len) {
		buf_put(out, f.name.s, f.name.len);
		return;
	}
	file = f.file ? base_name(f.file->path) : (struct str){ 0 };
	if (file.s)
		buf_put(out, file.s, file.len);
	buf_printf(out, "%s0x%" PRIx64, file.s && file.len ? "+" : "", f.off);
}
