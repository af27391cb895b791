/*
 * lang/lift.c -- blocks that are values become statements in front of the one that uses them.
 *
 *	@a[k] = { $y = f(); $y + 1 };
 *
 *	let $~1; { $y = f(); $~1 = $y + 1; } @a[k] = $~1;
 *
 * No later pass knows NODE_BLOCK_EXPR.  A block without statements is its expression.
 *
 * (1) Operands keep their order: one that is evaluated before a block which may change it is
 *     evaluated into a variable of its own first.
 * (2) What && || ?: and loops reach only sometimes stays so: they become statements as well where
 *     a side of theirs has such a block.
 * (3) '~' is in no name that a script can write, so no variable made here meets one of its own.
 */
#include <stdio.h>
#include <string.h>

#include "lang/check_priv.h"

struct lift {
	struct check *ck;
	u32 var_cnt;
};

/* Statements that are made in front of one. */
struct stmts {
	struct node *head, **tail;
};

static void lift_list(struct lift *l, struct node **list);
static void lift_expr(struct lift *l, struct node **np, struct stmts *pre);

static void stmts_init(struct stmts *s)
{
	s->head = NULL;
	s->tail = &s->head;
}

static void stmts_add(struct stmts *s, struct node *n)
{
	if (!n)
		return;
	n->next = NULL;
	*s->tail = n;
	s->tail = &n->next;
}

static bool find_block(struct node *n, void *ctx)
{
	*(bool *)ctx = *(bool *)ctx || n->kind == NODE_BLOCK_EXPR;
	return !*(bool *)ctx;
}

static bool has_block(struct node *n)
{
	bool found = false;

	if (n)
		node_walk(n, find_block, &found);
	return found;
}

/* ---- making nodes ---- */

static struct node *make(struct lift *l, enum node_kind k, struct span sp)
{
	struct node *n = node_new(l->ck->a, k, sp);

	if (n)
		n->height = 1;
	return n;
}

static char *new_name(struct lift *l)
{
	return arena_printf(l->ck->a, "$~%u", ++l->var_cnt);
}

static struct node *make_var(struct lift *l, const char *name, struct span sp)
{
	struct node *n = name ? make(l, NODE_VAR, sp) : NULL;

	if (n)
		n->var.name = name;
	return n;
}

static struct node *make_assign(struct lift *l, const char *name, struct node *rhs)
{
	struct node *n = rhs ? make(l, NODE_ASSIGN, rhs->span) : NULL;

	if (!n)
		return NULL;
	rhs->next = NULL;
	n->assign.lhs = make_var(l, name, rhs->span);
	n->assign.rhs = rhs;
	return n->assign.lhs ? n : NULL;
}

/* "let $~N;" into @pre; the name. */
static const char *declare(struct lift *l, struct span sp, struct stmts *pre)
{
	struct node *n = make(l, NODE_LET, sp);
	const char *name = new_name(l);

	if (!n || !name)
		return NULL;
	n->let.var_name = name;
	stmts_add(pre, n);
	return name;
}

static struct node *make_bool(struct lift *l, struct span sp, bool val)
{
	bool is_17 = l->ck->o->compat == COMPAT_17;
	struct node *n = make(l, is_17 ? NODE_INT : NODE_BOOL, sp);

	if (n)
		n->integer.val = val;
	return n;
}

static struct node *make_stmt(struct lift *l, struct node *e)
{
	struct node *n = e ? make(l, NODE_EXPR_STMT, e->span) : NULL;

	if (!n)
		return NULL;
	e->next = NULL;
	n->unary.arg = e;
	return n;
}

/* ---- operands ---- */

struct writes {
	const char *var;		/* is this one assigned to?  NULL: is any map? */
	bool found;
};

static bool find_write(struct node *n, void *ctx)
{
	struct writes *w = ctx;
	const struct node *to = n->kind == NODE_ASSIGN ? n->assign.lhs :
				n->kind == NODE_INCDEC ? n->unary.arg : NULL;

	if (w->var && n->kind == NODE_LET && !strcmp(n->let.var_name, w->var))
		w->found = true;
	if (!w->var && n->kind == NODE_CALL)	/* delete(), clear() ... */
		w->found = true;
	if (to && w->var && to->kind == NODE_VAR && !strcmp(to->var.name, w->var))
		w->found = true;
	if (to && !w->var && to->kind == NODE_MAP)
		w->found = true;
	return !w->found;
}

/* Does evaluating what follows @first in the list change @n? */
struct stability {
	struct node *const *later;
	u32 cnt;
	bool is_unstable;
};

static bool look_stable(struct node *n, void *ctx)
{
	struct stability *s = ctx;
	struct writes w = { .var = n->kind == NODE_VAR ? n->var.name : NULL };

	if (n->kind == NODE_INCDEC || n->kind == NODE_CALL ||
	    (n->kind == NODE_IDENT && !strcmp(n->ident.name, "rand")))
		s->is_unstable = true;
	if (n->kind != NODE_VAR && n->kind != NODE_MAP)
		return !s->is_unstable;
	for (u32 i = 0; i < s->cnt && !w.found; i++)
		node_walk(s->later[i], find_write, &w);
	s->is_unstable = s->is_unstable || w.found;
	return !s->is_unstable;
}

/* A map that is an argument is named there, not read; nor is an aggregation a value. */
static bool is_named(const struct node *of, const struct node *n)
{
	static const char *const by_name[] = { "print", "clear", "zero", "delete", "has_key",
					       "len",	"find" };

	const struct builtin *b;

	if (n->kind == NODE_CALL && of->kind == NODE_ASSIGN) {	/* @m[k] = count() */
		b = builtin_find(str_of(n->call.name));
		return b && b->cls == BC_AGG;
	}
	if (n->kind != NODE_MAP || of->kind != NODE_CALL)
		return false;
	for (size_t i = 0; i < countof(by_name); i++) {
		if (!strcmp(of->call.name, by_name[i]))
			return true;
	}
	return false;
}

/* An operand that is evaluated before @later: into a variable, if they may change it. */
static void keep_operand(struct lift *l, const struct node *of, struct node **np,
			 const struct stability *later, struct stmts *pre)
{
	struct stability s = *later;
	struct node *n = *np, *next = n->next;
	const char *name;

	if (is_named(of, n) || n->kind >= NODE_EXPR_STMT)
		return;
	node_walk(n, look_stable, &s);
	if (!s.is_unstable)
		return;
	name = declare(l, n->span, pre);
	stmts_add(pre, make_assign(l, name, n));
	n = make_var(l, name, n->span);
	if (!n)
		return;
	n->next = next;
	*np = n;
}

#define OPERANDS_MAX 512	/* of one node that are looked at one by one */

/* The places of the children of @n in evaluation order. */
static u32 collect(struct node *n, struct node ***ret)
{
	struct node **p;
	bool is_list;
	u32 cnt = 0;

	for (int k = 0; (p = node_place(n, k, &is_list)); k++) {
		for (; *p && cnt < OPERANDS_MAX; p = is_list ? &(*p)->next : NULL) {
			ret[cnt++] = p;
			if (!is_list)
				break;
		}
	}
	return cnt;
}

static void lift_children(struct lift *l, struct node *n, struct stmts *pre)
{
	struct node **place[OPERANDS_MAX], *later[OPERANDS_MAX];
	u32 cnt = collect(n, place), last = 0;

	for (u32 i = 0; i < cnt; i++) {
		later[i] = *place[i];
		if (has_block(later[i]))
			last = i;
	}
	for (u32 i = 0; i <= last && cnt; i++) {
		struct node *next = (*place[i])->next;
		bool is_linked = i + 1 < cnt && place[i + 1] == &(*place[i])->next;
		struct stability s = { .later = later + i + 1, .cnt = last - i };

		lift_expr(l, place[i], pre);
		(*place[i])->next = next;
		if (i < last)
			keep_operand(l, n, place[i], &s, pre);
		if (is_linked)
			place[i + 1] = &(*place[i])->next;
	}
}

/* ---- expressions ---- */

/* { stmts; $name = value } */
static void block_into(struct lift *l, struct node *block, const char *name, struct stmts *to)
{
	struct node **last = &block->list.items, *value;

	while (*last && (*last)->next)
		last = &(*last)->next;
	value = *last;
	if (!value || value->kind >= NODE_EXPR_STMT) {
		ck_error(l->ck, block->span, "this block has no value");
		value = make(l, NODE_INT, block->span);
	}
	*last = make_assign(l, name, value);
	block->kind = NODE_BLOCK;
	lift_list(l, &block->list.items);
	stmts_add(to, block);
}

/* $name = @n, in a list of its own. */
static struct node *side_into(struct lift *l, struct node *n, const char *name)
{
	struct stmts s;

	stmts_init(&s);
	if (n->kind == NODE_BLOCK_EXPR) {
		block_into(l, n, name, &s);
	} else {
		stmts_add(&s, make_assign(l, name, n));
		lift_list(l, &s.head);
	}
	return s.head;
}

static void become_var(struct lift *l, struct node **np, const char *name)
{
	struct node *v = make_var(l, name, (*np)->span);

	if (v)
		*np = v;
}

static void lift_block(struct lift *l, struct node **np, struct stmts *pre)
{
	struct node *n = *np, *only = n->list.items;
	const char *name;

	if (only && !only->next && only->kind < NODE_EXPR_STMT) {
		*np = only;
		lift_expr(l, np, pre);
		return;
	}
	name = declare(l, n->span, pre);
	block_into(l, n, name, pre);
	become_var(l, np, name);
}

static void lift_ternary(struct lift *l, struct node **np, struct stmts *pre)
{
	struct node *n = *np, *cond, *s = make(l, NODE_IF, n->span);
	const char *name = declare(l, n->span, pre);

	lift_expr(l, &n->branch.cond, pre);
	cond = n->branch.cond;
	if (!n->branch.then) {
		const char *first = declare(l, cond->span, pre);

		stmts_add(pre, make_assign(l, first, cond));
		cond = make_var(l, first, cond->span);
		n->branch.then = make_var(l, first, n->branch.cond->span);
	}
	if (!s || !cond || !n->branch.then)
		return;
	s->branch.cond = cond;
	s->branch.then = side_into(l, n->branch.then, name);
	s->branch.els = side_into(l, n->branch.els, name);
	stmts_add(pre, s);
	become_var(l, np, name);
}

/* if (@n) $name = true else $name = false */
static struct node *truth_into(struct lift *l, struct node *n, const char *name)
{
	struct node *s = make(l, NODE_IF, n->span);
	struct stmts list;

	if (!s)
		return NULL;
	n->next = NULL;
	s->branch.cond = n;
	s->branch.then = make_assign(l, name, make_bool(l, n->span, true));
	s->branch.els = make_assign(l, name, make_bool(l, n->span, false));
	stmts_init(&list);
	stmts_add(&list, s);
	lift_list(l, &list.head);
	return list.head;
}

/* a && b: if (a) { b into $name } else { $name = false } */
static void lift_logic(struct lift *l, struct node **np, struct stmts *pre)
{
	struct node *n = *np, *s = make(l, NODE_IF, n->span), *known, *open;
	bool is_and = n->binary.op == OP_LAND;
	const char *name;

	lift_expr(l, &n->binary.l, pre);
	if (!has_block(n->binary.r))
		return;
	name = declare(l, n->span, pre);
	known = make_assign(l, name, make_bool(l, n->binary.l->span, !is_and));
	open = truth_into(l, n->binary.r, name);
	if (!s)
		return;
	s->branch.cond = n->binary.l;
	s->branch.then = is_and ? open : known;
	s->branch.els = is_and ? known : open;
	stmts_add(pre, s);
	become_var(l, np, name);
}

static void lift_expr(struct lift *l, struct node **np, struct stmts *pre)
{
	struct node *n = *np;

	if (!has_block(n))
		return;
	switch (n->kind) {
	case NODE_BLOCK_EXPR:
		lift_block(l, np, pre);
		break;
	case NODE_LOGIC:
		lift_logic(l, np, pre);
		break;
	case NODE_TERNARY:
		if (has_block(n->branch.then) || has_block(n->branch.els))
			lift_ternary(l, np, pre);
		else
			lift_expr(l, &n->branch.cond, pre);
		break;
	default:
		lift_children(l, n, pre);
		break;
	}
}

/* ---- statements ---- */

/* while (c) { body }:  while (true) { c's statements; if (c) { body } else { break; } } */
static void lift_while(struct lift *l, struct node *n)
{
	struct node *test = make(l, NODE_IF, n->loop.cond->span);
	struct node *stop = make(l, NODE_BREAK, n->loop.cond->span);
	struct stmts pre;

	stmts_init(&pre);
	lift_expr(l, &n->loop.cond, &pre);
	if (!pre.head || !test || !stop)
		return;
	test->branch.cond = n->loop.cond;
	test->branch.then = n->loop.body;
	test->branch.els = stop;
	stmts_add(&pre, test);
	n->loop.body = pre.head;
	n->loop.cond = make_bool(l, test->span, true);
}

/* The value of the statement is not used: a block is one of statements, "c ? a : b" an if. */
static void lift_expr_stmt(struct lift *l, struct node *n, struct stmts *pre)
{
	struct node *e = n->unary.arg, *last;

	if (e->kind == NODE_BLOCK_EXPR) {
		n->kind = NODE_BLOCK;
		n->list = e->list;
		last = n->list.items;
		for (struct node **p = &n->list.items; *p; p = &(*p)->next) {
			last = *p;
			if (!last->next && last->kind < NODE_EXPR_STMT)
				*p = make_stmt(l, last);
			if (!*p)
				return;
		}
		lift_list(l, &n->list.items);
	} else if (e->kind == NODE_TERNARY && has_block(e)) {
		n->kind = NODE_IF;
		n->branch = e->branch;
		n->branch.then = e->branch.then ? make_stmt(l, e->branch.then) : NULL;
		n->branch.els = make_stmt(l, e->branch.els);
		lift_expr(l, &n->branch.cond, pre);
		lift_list(l, &n->branch.then);
		lift_list(l, &n->branch.els);
	} else {
		lift_expr(l, &n->unary.arg, pre);
	}
}

static void lift_stmt(struct lift *l, struct node *n, struct stmts *pre)
{
	switch (n->kind) {
	case NODE_EXPR_STMT:
		lift_expr_stmt(l, n, pre);
		break;
	case NODE_IF:
		lift_expr(l, &n->branch.cond, pre);
		lift_list(l, &n->branch.then);
		lift_list(l, &n->branch.els);
		break;
	case NODE_WHILE:
		lift_while(l, n);
		lift_list(l, &n->loop.body);
		break;
	case NODE_UNROLL:
		lift_expr(l, &n->loop.cond, pre);
		lift_list(l, &n->loop.body);
		break;
	case NODE_FOR_RANGE:
		lift_expr(l, &n->loop.lo, pre);
		lift_expr(l, &n->loop.hi, pre);
		lift_list(l, &n->loop.body);
		break;
	case NODE_FOR_MAP:
		lift_list(l, &n->loop.body);
		break;
	case NODE_BLOCK:
		lift_list(l, &n->list.items);
		break;
	default:
		lift_children(l, n, pre);
		break;
	}
}

static void lift_list(struct lift *l, struct node **list)
{
	struct stmts out;

	stmts_init(&out);
	for (struct node *n = *list, *next; n; n = next) {
		struct stmts pre;

		next = n->next;
		stmts_init(&pre);
		if (has_block(n))
			lift_stmt(l, n, &pre);
		if (pre.head) {
			*out.tail = pre.head;
			out.tail = pre.tail;
		}
		stmts_add(&out, n);
	}
	*list = out.head;
}

static void lift_clause(struct lift *l, struct clause *c)
{
	struct node *test;
	struct stmts pre;

	if (has_block(c->pred)) {
		test = make(l, NODE_IF, c->pred->span);
		stmts_init(&pre);
		lift_expr(l, &c->pred, &pre);
		if (pre.head && test) {
			test->branch.cond = c->pred;
			test->branch.then = c->body;
			stmts_add(&pre, test);
			c->pred = NULL;
			c->body = pre.head;
		}
	}
	lift_list(l, &c->body);
}

/* What was made here may be deeper than what was written. */
static bool measure(struct node *list, u32 depth)
{
	struct node *child;
	bool is_list;

	if (depth > AST_NEST_MAX)
		return false;
	for (; list; list = list->next) {
		for (int k = 0; node_slot(list, k, &child, &is_list); k++) {
			struct node one;

			if (!child)
				continue;
			one = *child;
			one.next = NULL;
			if (!measure(is_list ? child : &one, depth + 1))
				return false;
		}
	}
	return true;
}

void lift_blocks(struct check *ck)
{
	struct lift l = { .ck = ck };

	for (struct clause *c = ck->prog->ast.clauses; c && !ck->a->is_full; c = c->next) {
		u32 before = l.var_cnt;

		lift_clause(&l, c);
		if (l.var_cnt != before && !measure(c->body, 0))
			diag_error(ck->d, c->span, "blocks that are values are nested too deeply");
	}
}
