/*
 * lang/tree.c -- visiting, copying and changing trees for the checker.
 *
 * Lists (statements, arguments, tuple items) are linked by next; a node that stands alone has next
 * NULL or a next that belongs to the list it is an item of, so only list_walk() follows it.
 */
#include <string.h>

#include "lang/check_priv.h"

static void list_each(struct node *list, node_fn fn, void *ctx)
{
	for (; list; list = list->next)
		fn(list, ctx);
}

static void walk_one(struct node *n, node_fn fn, void *ctx)
{
	if (n)
		fn(n, ctx);
}

static void walk_loop(struct node *n, node_fn fn, void *ctx)
{
	walk_one(n->loop.cond, fn, ctx);
	walk_one(n->loop.var, fn, ctx);
	walk_one(n->loop.lo, fn, ctx);
	walk_one(n->loop.hi, fn, ctx);
	walk_one(n->loop.map, fn, ctx);
	list_each(n->loop.body, fn, ctx);
}

/* Statements and the kinds with lists below them. */
static void walk_stmt(struct node *n, node_fn fn, void *ctx)
{
	switch (n->kind) {
	case NODE_ASSIGN:
		walk_one(n->assign.lhs, fn, ctx);
		walk_one(n->assign.rhs, fn, ctx);
		break;
	case NODE_LET:
		walk_one(n->let.rhs, fn, ctx);
		break;
	case NODE_IF:
		walk_one(n->branch.cond, fn, ctx);
		list_each(n->branch.then, fn, ctx);
		list_each(n->branch.els, fn, ctx);
		break;
	case NODE_WHILE:
	case NODE_UNROLL:
	case NODE_FOR_MAP:
	case NODE_FOR_RANGE:
		walk_loop(n, fn, ctx);
		break;
	case NODE_TUPLE:
	case NODE_RECORD:
	case NODE_BLOCK:
	case NODE_BLOCK_EXPR:
		list_each(n->list.items, fn, ctx);
		break;
	default:
		break;
	}
}

/* @fn for each child of @n, source order. */
static void node_each(struct node *n, node_fn fn, void *ctx)
{
	switch (n->kind) {
	case NODE_MAP:
		walk_one(n->map.key, fn, ctx);
		break;
	case NODE_CALL:
		list_each(n->call.args, fn, ctx);
		break;
	case NODE_FIELD:
		walk_one(n->field.base, fn, ctx);
		break;
	case NODE_INDEX:
		walk_one(n->index.base, fn, ctx);
		walk_one(n->index.idx, fn, ctx);
		break;
	case NODE_MEMBER:
		walk_one(n->member.base, fn, ctx);
		break;
	case NODE_UNARY:
	case NODE_INCDEC:
	case NODE_EXPR_STMT:
	case NODE_RETURN:
	case NODE_COMPTIME:
		walk_one(n->unary.arg, fn, ctx);
		break;
	case NODE_BINARY:
	case NODE_LOGIC:
		walk_one(n->binary.l, fn, ctx);
		walk_one(n->binary.r, fn, ctx);
		break;
	case NODE_TERNARY:
		walk_one(n->branch.cond, fn, ctx);
		walk_one(n->branch.then, fn, ctx);
		walk_one(n->branch.els, fn, ctx);
		break;
	case NODE_CAST:
	case NODE_SIZEOF:
		walk_one(n->cast.arg, fn, ctx);
		break;
	case NODE_OFFSETOF:
		walk_one(n->offsetof_.arg, fn, ctx);
		break;
	default:
		walk_stmt(n, fn, ctx);
		break;
	}
}

struct walk {
	node_fn fn;
	void *ctx;
};

static bool walk_step(struct node *n, void *ctx)
{
	struct walk *w = ctx;

	if (w->fn(n, w->ctx))
		node_each(n, walk_step, w);
	return true;
}

void node_walk(struct node *n, node_fn fn, void *ctx)
{
	struct walk w = { fn, ctx };

	walk_step(n, &w);
}

void list_walk(struct node *list, node_fn fn, void *ctx)
{
	for (; list; list = list->next)
		node_walk(list, fn, ctx);
}

struct depth {
	u32 now, most, max;
};

static bool depth_step(struct node *n, void *ctx)
{
	struct depth *d = ctx;

	d->now++;
	if (d->now > d->most)
		d->most = d->now;
	if (d->now < d->max)
		node_each(n, depth_step, d);
	d->now--;
	return true;
}

u32 tree_depth(const struct node *list, u32 max)
{
	struct depth d = { 0, 0, max };

	for (; list; list = list->next)
		depth_step((struct node *)list, &d);
	return d.most;
}

struct node *list_copy(struct arena *a, const struct node *list)
{
	struct node *head = NULL, **tail = &head;

	for (; list; list = list->next) {
		struct node one = *list, *copy;

		one.next = NULL;
		copy = node_copy(a, &one);
		if (!copy)
			break;
		copy->next = NULL;
		*tail = copy;
		tail = &copy->next;
	}
	return head;
}

void node_become(struct node *n, enum node_kind k)
{
	struct node old = *n;

	memset(n, 0, sizeof(*n));
	n->kind = k;
	n->span = old.span;
	n->next = old.next;
}
