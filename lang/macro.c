/*
 * lang/macro.c -- calls of macros become their bodies.
 *
 * A call is replaced by a copy of the body, a block that is a value.  In it
 *	x	is the argument itself, evaluated where and as often as x stands there;
 *	$x, @x	are the caller's variable and map;
 *	$y	that is no parameter is a variable of this expansion, "$y~N".
 * Arguments are expanded before the call that has them, in the caller's words; so what is put in
 * for a parameter is never looked at again.
 *
 * (1) Each expansion is a copy of the macro's text (source_copy()), so an error in a body names the
 *     calls that led there.  In a clause with macros each node then gets a place of its own, in the
 *     order of the text: columns of a tape are found by the places of their nodes.
 * (2) No tree gets deeper than AST_NEST_MAX, so later passes may recurse.  The depth of calls in
 *     bodies is bounded by the same limit, as a body is a level at least.
 * (3) A clause has at most NODES_MAX nodes while it is expanded.
 */
#include <string.h>

#include "lang/check_priv.h"

#define MACROS_MAX 4096

struct arg {
	const struct node *n;
	u32 node_cnt;
};

struct expansion {
	const struct macro_def *m;
	struct arg args[MACRO_PARAM_MAX];
	u32 loops;		/* around what is being walked */
	u32 no;			/* from 1 */
	u32 base;		/* offset that stands for the first byte of m->span */
	struct span call;
	struct expansion *up;		/* in whose body the call is */
};

struct expander {
	struct check *ck;
	struct strmap by_name;	/* the first struct macro_def of a name */
	u32 cnt;		/* expansions so far */
	u32 nodes;
	bool is_full;
};

static void expand_node(struct expander *x, struct expansion *e, struct node **np, u32 depth);

static void too_much(struct expander *x, struct span sp, const char *what)
{
	if (!x->is_full)
		diag_error(x->ck->d, sp, "%s", what);
	x->is_full = true;
}

/* ---- definitions ---- */

static bool param_takes(enum macro_param_kind k, const struct node *arg)
{
	switch (k) {
	case MACRO_VAR: return arg->kind == NODE_VAR;
	case MACRO_MAP: return arg->kind == NODE_MAP && !arg->map.key;
	default: return true;
	}
}

/* Does every call that fits @m fit @first as well? */
static bool hides(const struct macro_def *first, const struct macro_def *m)
{
	if (first->param_cnt != m->param_cnt)
		return false;
	for (u32 i = 0; i < m->param_cnt; i++) {
		if (first->params[i].kind != MACRO_EXPR &&
		    first->params[i].kind != m->params[i].kind)
			return false;
	}
	return true;
}

static void check_hidden(struct expander *x, const struct macro_def *first,
			 const struct macro_def *m)
{
	for (; first != m; first = first->next) {
		if (strcmp(first->name, m->name) || !hides(first, m))
			continue;
		ck_error(x->ck, m->head, "macro %s is already defined for such arguments", m->name);
		diag_note(x->ck->d, first->head, "this definition takes all calls of it");
		return;
	}
}

static void find_macros(struct expander *x)
{
	u32 cnt = 0;

	for (struct macro_def *m = x->ck->prog->ast.macros; m; m = m->next) {
		struct macro_def *first = strmap_find(&x->by_name, str_of(m->name));

		if (++cnt > MACROS_MAX) {
			too_much(x, m->head, "too many macros");
			return;
		}
		if (first)
			check_hidden(x, first, m);
		else if (strmap_put(&x->by_name, str_of(m->name), m, NULL))
			too_much(x, m->head, "too many macros");
	}
}

static bool fits(const struct macro_def *m, const struct node *args)
{
	for (u32 i = 0; i < m->param_cnt; i++, args = args->next) {
		if (!param_takes(m->params[i].kind, args))
			return false;
	}
	return true;
}

/* The first definition from @first on that takes the arguments. */
static const struct macro_def *choose(const struct macro_def *first, const struct node *call)
{
	const char *name = first->name;

	for (const struct macro_def *m = first; m; m = m->next) {
		if (!strcmp(m->name, name) && m->param_cnt == (u32)call->call.arg_cnt &&
		    fits(m, call->call.args))
			return m;
	}
	return NULL;
}

static const char *kind_text(enum macro_param_kind k)
{
	return k == MACRO_VAR ? "a $variable" : k == MACRO_MAP ? "a @map without a key" : "a value";
}

/* What is wrong with a call that no definition takes, by the closest one. */
static void refuse_call(struct expander *x, const struct macro_def *first, const struct node *call)
{
	const struct node *arg = call->call.args;
	const struct macro_def *m = first;
	struct diag *g;
	u32 i = 0;

	while (m && (strcmp(m->name, first->name) || m->param_cnt != (u32)call->call.arg_cnt))
		m = m->next;
	if (!m) {
		g = ck_error(x->ck, call->span, "macro %s takes %u argument%s, not %d",
			     first->name, first->param_cnt, first->param_cnt == 1 ? "" : "s",
			     call->call.arg_cnt);
		if (g)
			diag_note(x->ck->d, first->head, "it is defined here");
		return;
	}
	for (; param_takes(m->params[i].kind, arg); i++)
		arg = arg->next;
	g = ck_error(x->ck, arg->span, "macro %s needs %s here", m->name,
		     kind_text(m->params[i].kind));
	if (g)
		diag_note(x->ck->d, m->params[i].span, "for this parameter");
}

/* ---- bodies ---- */

/* The place in this expansion of a place in the definition. */
static struct span moved(const struct expansion *e, struct span sp)
{
	if (sp.off >= e->m->span.off)
		sp.off = e->base + (sp.off - e->m->span.off);
	return sp;
}

static void move_type(const struct expansion *e, struct node *n)
{
	switch (n->kind) {
	case NODE_CAST:
	case NODE_SIZEOF:
		n->cast.tn.span = moved(e, n->cast.tn.span);
		break;
	case NODE_OFFSETOF:
		n->offsetof_.tn.span = moved(e, n->offsetof_.tn.span);
		break;
	case NODE_LET:
		n->let.tn.span = moved(e, n->let.tn.span);
		break;
	default:
		break;
	}
}

static const struct arg *arg_of(const struct expansion *e, const char *name)
{
	for (u32 i = 0; e && i < e->m->param_cnt; i++) {
		if (!strcmp(e->m->params[i].name, name))
			return &e->args[i];
	}
	return NULL;
}

static void rename_var(struct expander *x, const struct expansion *e, const char **name)
{
	const struct arg *arg = arg_of(e, *name);

	*name = arg ? arg->n->var.name : arena_printf(x->ck->a, "%s~%u", *name, e->no);
	if (!*name)
		*name = "$";
}

static void rename_map(struct expander *x, const struct expansion *e, struct node *n)
{
	const struct arg *arg = arg_of(e, n->map.name);
	struct diag *g;

	if (arg) {
		n->map.name = arg->n->map.name;
		return;
	}
	g = ck_error(x->ck, n->span, "macro %s uses %s, which is no parameter of it", e->m->name,
		     n->map.name);
	ck_hint(x->ck, g, "a macro changes only maps that it is given: macro %s(%s)", e->m->name,
		n->map.name);
}

/* Names of a body that are the macro's business.  The kind of @n stays. */
static void adapt(struct expander *x, struct expansion *e, struct node *n)
{
	n->span = moved(e, n->span);
	move_type(e, n);
	switch (n->kind) {
	case NODE_VAR:
		rename_var(x, e, &n->var.name);
		break;
	case NODE_LET:
		rename_var(x, e, &n->let.var_name);
		break;
	case NODE_MAP:
		rename_map(x, e, n);
		break;
	case NODE_BREAK:
	case NODE_CONTINUE:
		if (!e->loops)
			ck_error(x->ck, n->span, "a macro cannot leave a loop of its caller");
		break;
	case NODE_RETURN:
		ck_error(x->ck, n->span, "a macro cannot return from its caller");
		break;
	default:
		break;
	}
}

static bool count_node(struct node *n, void *ctx)
{
	(void)n;
	++*(u32 *)ctx;
	return true;
}

/* An argument for its parameter. */
static void put_arg(struct expander *x, const struct arg *arg, struct node **np, u32 depth)
{
	struct node *copy;

	x->nodes += arg->node_cnt;
	if (depth + arg->n->height > AST_NEST_MAX || x->nodes > NODES_MAX) {
		too_much(x, (*np)->span, "this expansion of a macro is too large");
		return;
	}
	copy = node_copy(x->ck->a, arg->n);
	if (!copy)
		return;
	copy->next = (*np)->next;
	*np = copy;
}

/* ---- calls ---- */

static void put_chain(const struct expansion *e, struct buf *out, int left)
{
	if (!e || !left)
		return;
	put_chain(e->up, out, left - 1);
	buf_printf(out, "%s > ", e->m->name);
}

/* true: reported */
static bool is_recursive(struct expander *x, const struct expansion *e, const struct macro_def *m,
			 struct span at)
{
	const struct expansion *up = e;
	struct buf chain;

	while (up && up->m != m)
		up = up->up;
	if (!up)
		return false;
	buf_init(&chain, 4096);
	put_chain(e, &chain, 20);
	ck_error(x->ck, at, "macro %s calls itself: %s%s", m->name, buf_cstr(&chain), m->name);
	buf_fini(&chain);
	return true;
}

static void put_body(struct expander *x, struct expansion *e, const struct macro_def *m,
		     struct node **np, u32 depth)
{
	struct node *call = *np, *arg = call->kind == NODE_CALL ? call->call.args : NULL;
	struct expansion *new = is_recursive(x, e, m, call->span) ? NULL :
				arena_new(x->ck->a, struct expansion);
	struct node *body = new ? node_copy(x->ck->a, m->body) : NULL;

	if (!body)
		return;
	new->m = m;
	new->no = ++x->cnt;
	new->up = e;
	new->base = source_copy(x->ck->prog->src, m->span, &call->span);
	if (!new->base) {
		too_much(x, call->span, "macros are expanded too often");
		return;
	}
	for (u32 i = 0; arg; i++, arg = arg->next) {
		new->args[i].n = arg;
		node_walk(arg, count_node, &new->args[i].node_cnt);
	}
	body->next = call->next;
	*np = body;
	expand_node(x, new, np, depth);
	(*np)->span = call->span;
}

/* assert(cond, msg):  { if (cond) {} else { errorf(msg); exit(1); } } */
static void put_assert(struct expander *x, struct node *n)
{
	struct arena *a = x->ck->a;
	struct node *test = node_new(a, NODE_IF, n->span), *cond = n->call.args;
	struct node *say = node_new(a, NODE_CALL, n->span), *stop = node_new(a, NODE_CALL, n->span);
	struct node *first = node_new(a, NODE_EXPR_STMT, n->span);
	struct node *then = node_new(a, NODE_EXPR_STMT, n->span);
	struct node *one = node_new(a, NODE_INT, n->span), *fmt = node_new(a, NODE_STR, n->span);

	if (!test || !say || !stop || !first || !then || !one || !fmt)
		return;
	one->integer.val = 1;
	fmt->text.s = str_of("assert failed: %s");
	fmt->next = cond->next;
	say->call.name = "errorf";
	say->call.args = fmt;
	say->call.arg_cnt = 2;
	stop->call.name = "exit";
	stop->call.args = one;
	stop->call.arg_cnt = 1;
	say->call.action = stop->call.action = -1;
	first->unary.arg = say;
	then->unary.arg = stop;
	first->next = then;
	cond->next = NULL;
	test->branch.cond = cond;
	test->branch.els = first;
	node_become(n, NODE_BLOCK_EXPR);
	n->list.items = test;
	n->list.cnt = 1;
}

static void expand_call(struct expander *x, struct expansion *e, struct node **np, u32 depth)
{
	struct node *call = *np;
	const struct macro_def *first = strmap_find(&x->by_name, str_of(call->call.name));
	const struct macro_def *m = first ? choose(first, *np) : NULL;

	if (m)
		put_body(x, e, m, np, depth);
	else if (!first && !strcmp(call->call.name, "assert") && call->call.arg_cnt == 2)
		put_assert(x, call);
	else if (first)
		refuse_call(x, first, *np);
	if (first && *np == call) { /* reported */
		node_become(call, NODE_INT);
		call->type = &type_unknown;
	}
}

/* A word may be a parameter, or a macro without any. */
static void expand_ident(struct expander *x, struct expansion *e, struct node **np, u32 depth)
{
	const char *name = (*np)->ident.name;
	const struct arg *arg = arg_of(e, name);
	const struct macro_def *m;

	if (arg) {
		put_arg(x, arg, np, depth);
		return;
	}
	m = builtin_find(str_of(name)) ? NULL : strmap_find(&x->by_name, str_of(name));
	if (m && !m->param_cnt)
		put_body(x, e, m, np, depth);
}

/* ---- the walk ---- */

static bool is_loop(const struct node *n)
{
	return n->kind >= NODE_WHILE && n->kind <= NODE_FOR_RANGE;
}

static void expand_children(struct expander *x, struct expansion *e, struct node *n, u32 depth)
{
	struct node **p;
	bool is_list;

	for (int k = 0; (p = node_place(n, k, &is_list)); k++) {
		for (; *p && !x->is_full; p = &(*p)->next) {
			expand_node(x, e, p, depth + 1);
			if (!is_list)
				break;
		}
	}
}

/* (x = 1): x is the name of a member, whatever it is elsewhere. */
static void expand_record(struct expander *x, struct expansion *e, struct node *n, u32 depth)
{
	for (struct node *it = n->list.items; it; it = it->next) {
		it->span = e ? moved(e, it->span) : it->span;
		if (e)
			it->assign.lhs->span = moved(e, it->assign.lhs->span);
		expand_node(x, e, &it->assign.rhs, depth + 2);
		it->height = node_height(it);
	}
}

static void expand_node(struct expander *x, struct expansion *e, struct node **np, u32 depth)
{
	struct node *n = *np;

	if (++x->nodes > NODES_MAX || depth > AST_NEST_MAX)
		too_much(x, n->span, "this expansion of a macro is too large");
	if (x->is_full || x->ck->a->is_full)
		return;
	if (e)
		adapt(x, e, n);
	if (n->kind == NODE_IDENT) {
		expand_ident(x, e, np, depth);
		return;
	}
	if (e && is_loop(n))
		e->loops++;
	if (n->kind == NODE_RECORD)
		expand_record(x, e, n, depth);
	else
		expand_children(x, e, n, depth);
	if (e && is_loop(n))
		e->loops--;
	n->height = node_height(n);
	if (n->kind == NODE_CALL)
		expand_call(x, e, np, depth);
}

/* ---- places ---- */

static bool renew_place(struct node *n, void *ctx)
{
	struct expander *x = ctx;
	u32 off = source_copy(x->ck->prog->src, n->span, NULL);

	if (!off)
		too_much(x, n->span, "macros are expanded too often");
	else
		n->span.off = off;
	return !x->is_full;
}

static void expand_clause_macros(struct expander *x, struct clause *c)
{
	u32 before = x->cnt;

	x->nodes = 0;
	if (c->pred)
		expand_node(x, NULL, &c->pred, 0);
	for (struct node **p = &c->body; *p && !x->is_full; p = &(*p)->next)
		expand_node(x, NULL, p, 0);
	if (x->cnt == before || x->is_full)
		return;
	if (c->pred)
		node_walk(c->pred, renew_place, x);
	list_walk(c->body, renew_place, x);
}

void macro_expand_all(struct check *ck)
{
	struct expander x = { .ck = ck };

	strmap_init(&x.by_name, MACROS_MAX);
	find_macros(&x);
	for (struct clause *c = ck->prog->ast.clauses; c && !x.is_full; c = c->next)
		expand_clause_macros(&x, c);
	strmap_fini(&x.by_name);
}
