/*
 * Folding: rows to groups, groups to a tree.
 *
 * A group is a (label, user node, kernel node) with a sum; a tape has few of them however many rows
 * there are.  Only at the end are their frames looked up and merged by name.
 *
 * (1) A node of the tree is made after its parent, so sums are carried up by going backwards.
 * (2) finish() numbers the nodes anew, depth first; `made` is gone then.
 */
#include "analyze/stackfold.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/symbol/stack_text.h"
#include "base/idmap.h"
#include "base/strpool.h"
#include "base/vec.h"

#define GROUPS_MAX	 (16u << 20)
#define NODES_MAX	 (8u << 20)
#define NAMES_MAX	 (4u << 20)
#define NAMES_SZ	 ((size_t)1 << 30)
#define LABELS_MAX	 (4u << 20)
#define LABEL_FRAMES_MAX 16
#define PATH_MAX_CNT	 (LABEL_FRAMES_MAX + 2 * SYMBOLS_DEPTH_MAX + 3)

struct made { /* a node of the tree while it grows */
	u32 parent, name;
	u8 kind;
	u32 first_child, next, renumbered;
	s64 self, total;
};

struct stackfold {
	struct symbols *syms;
	struct strpool *labels, *names;
	struct idmap groups; /* user node, kernel node, label */
	struct vec weights; /* s64 a group */
	struct idmap children; /* parent, kind, name: index of the node in made */
	struct vec made;
	u32 *name_of; /* by frame: number of its name + 1 */
	u32 frame_cnt;
	struct fold_node *nodes;
	u32 node_cnt;
	struct buf tmp;
};

struct stackfold *stackfold_new(struct symbols *s)
{
	struct stackfold *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->syms = s;
	idmap_init(&f->groups, GROUPS_MAX);
	idmap_init(&f->children, NODES_MAX - 1);
	vec_init(&f->weights, sizeof(s64), GROUPS_MAX);
	vec_init(&f->made, sizeof(struct made), NODES_MAX);
	buf_init(&f->tmp, 1 << 20);
	f->labels = strpool_new(LABELS_MAX, NAMES_SZ);
	f->names = strpool_new(NAMES_MAX, NAMES_SZ);
	if (f->labels && f->names)
		return f;
	stackfold_free(f);
	return NULL;
}

void stackfold_free(struct stackfold *f)
{
	if (!f)
		return;
	strpool_free(f->labels);
	strpool_free(f->names);
	idmap_fini(&f->groups);
	idmap_fini(&f->children);
	vec_fini(&f->weights);
	vec_fini(&f->made);
	free(f->name_of);
	free(f->nodes);
	buf_fini(&f->tmp);
	free(f);
}

static int too_many(struct err *err, const char *what)
{
	return err_set(err, -E2BIG, "there are too many different %s to fold", what);
}

/* ---- rows ---- */

int stackfold_label(struct stackfold *f, const struct str *frames, u32 n, u32 *ret, struct err *err)
{
	s64 id;

	*ret = FOLD_NO_LABEL;
	if (!n)
		return 0;
	if (n > LABEL_FRAMES_MAX)
		return err_set(err, -E2BIG, "more than %u frames before a stack", LABEL_FRAMES_MAX);
	buf_reset(&f->tmp);
	for (u32 i = 0; i < n; i++) {
		if (i)
			buf_putc(&f->tmp, ';');
		stack_put_plain(frames[i], &f->tmp);
	}
	if (f->tmp.is_full)
		return err_oom(err);
	id = strpool_intern(f->labels, (struct str){ (const char *)f->tmp.data, f->tmp.len }, NULL);
	if (id < 0)
		return id == -E2BIG ? too_many(err, "values of --by") : err_oom(err);
	*ret = (u32)id + 1;
	return 0;
}

static int id_of(struct idmap *m, struct idmap_key key, const char *what, u32 *ret, struct err *err)
{
	*ret = idmap_put(m, key);
	if (*ret)
		return 0;
	return m->n >= m->max ? too_many(err, what) : err_oom(err);
}

int stackfold_add(struct stackfold *f, u32 label, u64 user, u64 kernel, s64 weight, struct err *err)
{
	struct idmap_key key = { user, kernel, label };
	u32 id;
	int rc = id_of(&f->groups, key, "stacks", &id, err);
	s64 *sum;

	if (rc)
		return rc;
	sum = id > f->weights.n ? vec_push(&f->weights) : vec_get(&f->weights, s64, id - 1);
	if (!sum)
		return err_oom(err);
	if (__builtin_add_overflow(*sum, weight, &weight))
		return err_set(err, -EOVERFLOW, "the weight of a stack is beyond 64 bits");
	*sum = weight;
	return 0;
}

/* ---- the tree ---- */

static int get_child(struct stackfold *f, u32 parent, u8 kind, u32 name, u32 *ret, struct err *err)
{
	struct idmap_key key = { parent, kind, name };
	/* the root, which is nobody's child, is 0 */
	int rc = id_of(&f->children, key, "paths of frames", ret, err);
	struct made *m;

	if (rc || *ret < f->made.n)
		return rc;
	m = vec_push(&f->made);
	if (!m)
		return err_oom(err);
	*m = (struct made){ .parent = parent, .kind = kind, .name = name };
	return 0;
}

static int intern(struct stackfold *f, struct str name, u32 *ret, struct err *err)
{
	s64 id = strpool_intern(f->names, name, NULL);

	if (id < 0)
		return id == -E2BIG ? too_many(err, "names") : err_oom(err);
	*ret = (u32)id;
	return 0;
}

static int frame_name(struct stackfold *f, u32 frame, u32 *ret, struct err *err)
{
	struct buf plain;
	int rc;

	if (frame < f->frame_cnt && f->name_of[frame]) {
		*ret = f->name_of[frame] - 1;
		return 0;
	}
	buf_reset(&f->tmp);
	symbols_put_name(f->syms, frame, &f->tmp);
	buf_init(&plain, 1 << 20);
	stack_put_plain((struct str){ (const char *)f->tmp.data, f->tmp.len }, &plain);
	rc = intern(f, (struct str){ (const char *)plain.data, plain.len }, ret, err);
	buf_fini(&plain);
	if (!rc && frame < f->frame_cnt)
		f->name_of[frame] = *ret + 1;
	return rc;
}

static int add_name(struct stackfold *f, u8 kind, struct str name, u32 *at, struct err *err)
{
	u32 id = 0;
	int rc = intern(f, name, &id, err);

	return rc ? rc : get_child(f, *at, kind, id, at, err);
}

static int add_frames(struct stackfold *f, u8 kind, u64 node, u32 *at, struct err *err)
{
	u32 frames[SYMBOLS_DEPTH_MAX], n = symbols_frames(f->syms, node, frames);
	int rc = 0;

	if (node && !n)
		return add_name(f, kind, STR("[unknown stack]"), at, err);
	for (u32 i = n; !rc && i > 0; i--) {
		u32 name = 0;

		rc = frame_name(f, frames[i - 1], &name, err);
		rc = rc ? rc : get_child(f, *at, kind, name, at, err);
	}
	return rc;
}

static int add_label(struct stackfold *f, u32 label, u32 *at, struct err *err)
{
	struct str rest = strpool_get(f->labels, label - 1), head;
	bool has_more = true;
	int rc = 0;

	while (!rc && has_more) {
		has_more = str_split(rest, ';', &head, &rest);
		rc = add_name(f, FOLD_LABEL, head, at, err);
	}
	return rc;
}

static int add_group(struct stackfold *f, const struct idmap_key *g, s64 weight, struct err *err)
{
	u64 user = g->a, kernel = g->b;
	u32 label = (u32)g->c, at = 0;
	struct made *m;
	int rc = 0;

	if (label)
		rc = add_label(f, label, &at, err);
	if (!rc && !label && !user && !kernel)
		rc = add_name(f, FOLD_LABEL, STR("[no stack]"), &at, err);
	rc = rc ? rc : add_frames(f, FOLD_USER, user, &at, err);
	rc = rc ? rc : add_frames(f, FOLD_KERNEL, kernel, &at, err);
	if (rc)
		return rc;
	m = vec_get(&f->made, struct made, at);
	if (__builtin_add_overflow(m->self, weight, &m->self))
		return err_set(err, -EOVERFLOW, "the weight of a stack is beyond 64 bits");
	return 0;
}

static int sum_up(struct stackfold *f, struct err *err)
{
	for (size_t i = f->made.n; i > 0; i--) {
		struct made *m = vec_get(&f->made, struct made, i - 1);
		struct made *up = vec_get(&f->made, struct made, m->parent);

		if (__builtin_add_overflow(m->total, m->self, &m->total) ||
		    (i > 1 && __builtin_add_overflow(up->total, m->total, &up->total)))
			return err_set(err, -EOVERFLOW, "the sum of all weights is beyond 64 bits");
	}
	return 0;
}

/* By parent, then as children are to stand. */
static int cmp_made(const void *x, const void *y, void *ctx)
{
	const struct stackfold *f = ctx;
	const struct made *a = vec_get(&f->made, struct made, *(const u32 *)x);
	const struct made *b = vec_get(&f->made, struct made, *(const u32 *)y);

	if (a->parent != b->parent)
		return a->parent < b->parent ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return str_cmp(strpool_get(f->names, a->name), strpool_get(f->names, b->name));
}

static int link_children(struct stackfold *f, struct err *err)
{
	u32 n = (u32)f->made.n;
	u32 *order = malloc((size_t)n * sizeof(*order));

	if (!order)
		return err_oom(err);
	for (u32 i = 0; i < n; i++)
		order[i] = i;
	qsort_r(order + 1, n - 1, sizeof(*order), cmp_made, f);
	for (u32 i = n - 1; i > 0; i--) {
		struct made *m = vec_get(&f->made, struct made, order[i]);
		struct made *up = vec_get(&f->made, struct made, m->parent);

		m->next = up->first_child;
		up->first_child = order[i];
	}
	free(order);
	return 0;
}

static void copy_node(struct stackfold *f, u32 i)
{
	struct made *m = vec_get(&f->made, struct made, i);
	struct made *up = vec_get(&f->made, struct made, m->parent);
	u32 parent = i ? up->renumbered : 0;

	m->renumbered = f->node_cnt++;
	f->nodes[m->renumbered] = (struct fold_node){
		.name = i ? strpool_get(f->names, m->name) : STR(""),
		.kind = m->kind,
		.depth = i ? f->nodes[parent].depth + 1 : 0,
		.parent = parent,
		.self = m->self,
		.total = m->total,
	};
}

/* Depth first: down, else on, else up until it goes on. */
static u32 next_made(const struct stackfold *f, u32 i)
{
	const struct made *m = vec_get(&f->made, struct made, i);

	if (m->first_child)
		return m->first_child;
	while (i && !m->next) {
		i = m->parent;
		m = vec_get(&f->made, struct made, i);
	}
	return i ? m->next : 0;
}

static int number_nodes(struct stackfold *f, struct err *err)
{
	u32 i = 0;

	f->nodes = calloc(f->made.n, sizeof(*f->nodes));
	if (!f->nodes)
		return err_oom(err);
	do {
		copy_node(f, i);
		i = next_made(f, i);
	} while (i);
	for (i = 0; i < f->made.n; i++) {
		const struct made *m = vec_get(&f->made, struct made, i);
		struct fold_node *n = &f->nodes[m->renumbered];

		if (m->first_child)
			n->first_child = vec_get(&f->made, struct made, m->first_child)->renumbered;
		if (m->next)
			n->next = vec_get(&f->made, struct made, m->next)->renumbered;
	}
	return 0;
}

int stackfold_finish(struct stackfold *f, struct err *err)
{
	int rc = 0;

	f->frame_cnt = symbols_frame_cnt(f->syms) + 1;
	f->name_of = calloc(f->frame_cnt, sizeof(*f->name_of));
	if (!f->name_of || !vec_push(&f->made)) /* the root */
		return err_oom(err);
	for (u32 i = 0; !rc && i < f->weights.n; i++)
		rc = add_group(f, &f->groups.keys[i], *vec_get(&f->weights, s64, i), err);
	rc = rc ? rc : sum_up(f, err);
	rc = rc ? rc : link_children(f, err);
	rc = rc ? rc : number_nodes(f, err);
	vec_fini(&f->made);
	return rc;
}

const struct fold_node *stackfold_nodes(const struct stackfold *f, u32 *ret_cnt)
{
	*ret_cnt = f->node_cnt;
	return f->nodes;
}

/* ---- lines ---- */

static void put_line(const struct stackfold *f, u32 i, struct sink *out)
{
	u32 path[PATH_MAX_CNT], n = 0;
	char num[32];

	for (u32 at = i; at && n < countof(path); at = f->nodes[at].parent)
		path[n++] = at;
	while (n-- > 0) {
		const struct fold_node *node = &f->nodes[path[n]];

		sink_put(out, node->name.s, node->name.len);
		if (node->kind == FOLD_KERNEL)
			sink_put(out, "_[k]", 4);
		sink_put(out, n ? ";" : " ", 1);
	}
	sink_put(out, num,
		 (size_t)snprintf(num, sizeof(num), "%lld\n", (long long)f->nodes[i].self));
}

void stackfold_put_lines(const struct stackfold *f, struct sink *out)
{
	for (u32 i = 1; i < f->node_cnt; i++)
		if (f->nodes[i].self)
			put_line(f, i, out);
}
