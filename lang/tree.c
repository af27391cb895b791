/*
 * lang/tree.c -- visiting, copying and changing trees for the checker.
 *
 * Lists (statements, arguments, tuple items) are linked by next; a node that stands alone has next
 * NULL or a next that belongs to the list it is an item of, so only list_walk() follows it.
 */
#include <string.h>

#include "lang/check_priv.h"

struct walk {
	node_fn fn;
	void *ctx;
};

static void walk_step(void *ctx, struct node *n)
{
	struct walk *w = ctx;

	if (!w->fn(n, w->ctx))
		return;
	if (n->kind != NODE_ASSIGN) {
		node_each_child(n, walk_step, w);
	} else { /* evaluated right to left; columns are numbered and named as the text goes */
		walk_step(w, n->assign.lhs);
		walk_step(w, n->assign.rhs);
	}
}

void node_walk(struct node *n, node_fn fn, void *ctx)
{
	walk_step(&(struct walk){ fn, ctx }, n);
}

void list_walk(struct node *list, node_fn fn, void *ctx)
{
	for (; list; list = list->next)
		node_walk(list, fn, ctx);
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
