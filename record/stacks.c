/*
 * record/stacks.c -- numbers for hashes, definitions to nodes, the STACK block.
 *
 * A stack is a path in a tree, outermost frame first, so that stacks share what they have in
 * common.
 *
 * Invariants
 * (1) numbers, known and pending are under the lock: map snapshots are made by another thread.
 *     What writing needs of its own (frames, nodes) belongs to the encoder.
 * (2) A hash is defined once; definitions that the kernel repeats are dropped.
 * (3) A number whose definition did not get to the tape is counted as lost, once: known[] says no
 *     until then, or its row says lost.
 */
#include "record/stacks.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "lang/packed.h"
#include "record/bpf/capture_abi.h"
#include "record/stacks_priv.h"

#define PENDING_MAX (256u << 20) /* bytes of definitions between two flushes */

struct stacks {
	struct stacks_opts o;
	pthread_mutex_t lock;
	struct idmap numbers; /* by hash */
	u8 *known; /* by number - 1: has a definition */
	size_t known_cap;
	struct buf pending; /* definitions as they came, padded to 8 */

	struct frames frames;
	struct idmap nodes; /* parent, frame */
	u32 nodes_written;
	struct vec out; /* struct tape_stack_id */
	u64 lost; /* under the lock too */
};

int stacks_new(const struct stacks_opts *o, struct stacks **ret, struct err *err)
{
	struct stacks *s = calloc(1, sizeof(*s));

	if (!s)
		return err_oom(err);
	s->o = *o;
	pthread_mutex_init(&s->lock, NULL);
	idmap_init(&s->numbers, TAPE_MAX_STACKS);
	idmap_init(&s->nodes, TAPE_MAX_NODES);
	buf_init(&s->pending, PENDING_MAX);
	vec_init(&s->out, sizeof(struct tape_stack_id), TAPE_MAX_STACKS);
	frames_init(&s->frames, &s->o);
	*ret = s;
	return 0;
}

void stacks_free(struct stacks *s)
{
	if (!s)
		return;
	idmap_fini(&s->numbers);
	idmap_fini(&s->nodes);
	free(s->known);
	buf_fini(&s->pending);
	vec_fini(&s->out);
	frames_fini(&s->frames);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* ---- numbers ---- */

static u32 number_of(struct stacks *s, u64 hash)
{
	u32 before = s->numbers.n, n;

	if (!array_grow((void **)&s->known, &s->known_cap, before + 1, 1)) {
		s->lost++;
		return 0;
	}
	n = idmap_put(&s->numbers, (struct idmap_key){ hash, 0, 0 });
	if (s->numbers.n > before)
		s->known[n - 1] = 0;
	s->lost += !n;
	return n;
}

u32 stacks_number(struct stacks *s, u64 hash)
{
	u32 n;

	if (!hash)
		return 0;
	pthread_mutex_lock(&s->lock);
	n = number_of(s, hash);
	pthread_mutex_unlock(&s->lock);
	return n;
}

bool stacks_are_in(const struct type *t)
{
	if (!t)
		return false;
	if (type_is_stack(t))
		return true;
	for (u32 i = 0; t->kind == TYPE_TUPLE && i < t->elem_cnt; i++) {
		if (stacks_are_in(t->members[i]))
			return true;
	}
	return false;
}

static bool translate(struct stacks *s, const struct type *t, struct cursor *c)
{
	u64 word;

	if (type_is_stack(t)) {
		u8 *at = (u8 *)c->pos;

		word = cursor_u64(c);
		if (c->is_bad)
			return false;
		word = stacks_number(s, word);
		memcpy(at, &word, sizeof(word));
		return true;
	}
	if (t->kind != TYPE_TUPLE)
		return packed_skip(t, c);
	for (u32 i = 0; i < t->elem_cnt; i++) {
		if (!translate(s, t->members[i], c))
			return false;
	}
	return true;
}

int stacks_translate(struct stacks *s, const struct type *t, u8 *p, size_t sz)
{
	struct cursor c = cursor_over(p, sz);

	return translate(s, t, &c) ? 0 : -EBADMSG;
}

/* ---- definitions ---- */

int stacks_define(struct stacks *s, const u8 *rec, u32 sz)
{
	const struct cap_stack *d = (const struct cap_stack *)rec;
	u32 n;

	if (sz < sizeof(*d) || d->size > sz || !d->hash || !d->cnt || d->cnt > CAP_STACK_MAX ||
	    d->size != sizeof(*d) + d->cnt * 8u)
		return -EBADMSG;
	pthread_mutex_lock(&s->lock);
	n = number_of(s, d->hash);
	if (n && !s->known[n - 1]) {
		buf_put(&s->pending, d, d->size);
		/* full: the number stays without one, which the end counts */
		s->known[n - 1] = !s->pending.is_full;
	}
	pthread_mutex_unlock(&s->lock);
	return 0;
}

/* The node of frames ips[0..cnt), leaf first; 0: none or no room. */
static u32 put_path(struct stacks *s, const struct cap_stack *d, const u64 *ips, u32 cnt)
{
	u32 node = 0;

	while (cnt--) {
		u32 frame = frames_get(&s->frames, d, ips[cnt]);

		if (!frame)
			return 0;
		node = idmap_put(&s->nodes, (struct idmap_key){ node, frame, 0 });
		if (!node)
			return 0;
	}
	return node;
}

/* No room for the definition: another one may come, or the end counts it (3). */
static void forget_definition(struct stacks *s, u64 hash)
{
	u32 n;

	pthread_mutex_lock(&s->lock);
	n = number_of(s, hash);
	if (n)
		s->known[n - 1] = 0;
	pthread_mutex_unlock(&s->lock);
}

static void count_lost(struct stacks *s)
{
	pthread_mutex_lock(&s->lock);
	s->lost++;
	pthread_mutex_unlock(&s->lock);
}

static void resolve(struct stacks *s, const struct cap_stack *d)
{
	const u64 *ips = (const u64 *)(d + 1);
	u32 cnt = d->cnt, own = 0, depth = d->depth;
	struct tape_stack_id *out = vec_push(&s->out);
	bool may_go_on = cnt >= d->room || (s->o.kernel_depth && cnt >= s->o.kernel_depth);

	if (!out) {
		forget_definition(s, d->hash);
		return;
	}
	if (d->flags & CAP_STACK_CUT)
		own = frames_own(&s->frames, ips, cnt);
	cnt -= own;
	/* Which of them are the tracing's nobody can tell: rather too many than too few. */
	if (d->flags & CAP_STACK_CUT && ksyms_trouble(s->o.ksyms))
		depth = cnt;
	out->id = stacks_number(s, d->hash);
	out->space = d->flags & CAP_STACK_USER ? TAPE_STACK_USER : TAPE_STACK_KERNEL;
	if (cnt > depth || (may_go_on && !(d->flags & CAP_STACK_SYM)))
		out->flags |= TAPE_STACK_TRUNCATED;
	if (cnt > depth)
		cnt = depth;
	out->node = put_path(s, d, ips + own, cnt);
	if (cnt && !out->node) {
		out->flags |= TAPE_STACK_LOST;
		count_lost(s);
	}
}

/* Take the pending ones out from under the lock: resolving takes long. */
static struct buf take_pending(struct stacks *s)
{
	struct buf b;

	pthread_mutex_lock(&s->lock);
	b = s->pending;
	buf_init(&s->pending, PENDING_MAX);
	pthread_mutex_unlock(&s->lock);
	return b;
}

static void resolve_all(struct stacks *s)
{
	struct buf b = take_pending(s);
	size_t off = 0;

	if (b.len && s->o.names)
		names_drain(s->o.names);
	while (off + sizeof(struct cap_stack) <= b.len) {
		const struct cap_stack *d = (const struct cap_stack *)(b.data + off);

		resolve(s, d);
		off += d->size;
	}
	buf_fini(&b);
}

static void give_up_rest(struct stacks *s)
{
	pthread_mutex_lock(&s->lock);
	for (u32 i = 0; i < s->numbers.n; i++) {
		struct tape_stack_id *out;

		if (s->known[i])
			continue;
		s->known[i] = 1;
		s->lost++;
		out = vec_push(&s->out);
		if (out)
			*out = (struct tape_stack_id){ .id = i + 1, .flags = TAPE_STACK_LOST };
	}
	pthread_mutex_unlock(&s->lock);
}

/* ---- writing ---- */

static int write_tree(struct stacks *s, struct tape_writer *w, u64 ts, struct err *err)
{
	u32 n = s->nodes.n - s->nodes_written;
	struct tape_stacks out = { .first_node = s->nodes_written + 1,
				   .node_cnt = n,
				   .stacks = s->out.items,
				   .stack_cnt = (u32)s->out.n };
	int rc;

	if (!n && !s->out.n)
		return 0;
	out.nodes = calloc(n + 1, sizeof(*out.nodes));
	if (!out.nodes)
		return err_oom(err);
	for (u32 i = 0; i < n; i++) {
		const struct idmap_key *k = &s->nodes.keys[s->nodes_written + i];

		out.nodes[i] = (struct tape_node){ (u32)k->a, (u32)k->b };
	}
	rc = tape_writer_put_stacks(w, ts, &out, err);
	free(out.nodes);
	if (rc)
		return rc;
	s->nodes_written += n;
	vec_reset(&s->out);
	return 0;
}

int stacks_write(struct stacks *s, struct tape_writer *w, u64 ts, enum names_patience patience,
		 struct err *err)
{
	int rc;

	resolve_all(s);
	if (patience == NAMES_END)
		give_up_rest(s);
	if (s->o.names)
		names_settle(s->o.names, patience);
	rc = files_write(s->o.files, w, ts, err);
	if (!rc)
		rc = frames_write(&s->frames, w, ts, err);
	if (!rc)
		rc = write_tree(s, w, ts, err);
	if (!rc)
		rc = frames_write_syms(&s->frames, w, ts, err);
	if (!rc && s->o.names)
		rc = names_write(s->o.names, w, ts, patience, err);
	return rc;
}

u64 stacks_take_lost(struct stacks *s)
{
	u64 n;

	pthread_mutex_lock(&s->lock);
	n = s->lost;
	s->lost = 0;
	pthread_mutex_unlock(&s->lock);
	return n;
}

u64 stacks_unwritten(struct stacks *s)
{
	u64 n;

	pthread_mutex_lock(&s->lock);
	n = s->out.n + (s->pending.len != 0);
	pthread_mutex_unlock(&s->lock);
	return n;
}
