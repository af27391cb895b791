/*
 * lang/resolve.c -- what names mean, and one spelling for what can be written in several ways.
 *
 * Walks an instance in the order of evaluation, so that a variable is known only behind its first
 * assignment. Literals are folded on the way up.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lang/ast_dump.h"
#include "lang/check_priv.h"

struct map_info *map_intern(struct check *ck, const char *name, struct span sp)
{
	struct map_info *m = strmap_find(&ck->map_by_name, str_of(name)), **slot;

	if (m)
		return m;
	m = arena_new(ck->a, struct map_info);
	slot = m ? vec_push(&ck->maps) : NULL;
	if (slot && strmap_put(&ck->map_by_name, str_of(name), m, NULL)) {
		ck->maps.n--;
		slot = NULL;
	}
	if (!slot) {
		ck_limit(ck, sp, "too many maps: a script has at most %d", MAPS_MAX);
		return NULL;
	}
	*slot = m;
	m->name = name;
	m->first = sp;
	m->idx = ck->maps.n - 1;
	m->max_keys = ck->max_keys;
	return m;
}

/* A command-line parameter as the number or the text it is. */
static void resolve_param(struct check *ck, struct node *n, bool is_text)
{
	int i = n->param.index;
	const char *text = i >= 1 && i <= ck->o->param_cnt ? ck->o->params[i - 1] : NULL;
	char *end = NULL;
	s64 val = 0;

	if (i == 0)
		val = ck->o->param_cnt;
	else if (!text)
		ck_hint(ck,
			ck_warn(ck, n->span, "parameter $%d was not given; it is %s", i,
				is_text ? "\"\"" : "0"),
			"%d given on the command line", ck->o->param_cnt);
	if (text && !is_text) {
		errno = 0;
		val = text[0] == '-' ? strtoll(text, &end, 0) : (s64)strtoull(text, &end, 0);
		is_text = errno || end == text || *end;
	}
	node_become(n, is_text ? NODE_STR : NODE_INT);
	if (is_text) {
		n->text.s = str_of(text);
		return;
	}
	n->integer.val = val;
	n->integer.is_unsigned = val < 0 && text && text[0] != '-';
}

void resolve_use_const(struct check *ck, const char *name, s64 val, const struct type *t)
{
	struct const_use *u;

	for (u = ck->prog->consts; u; u = u->next) {
		if (!strcmp(u->name, name))
			return;
	}
	u = arena_new(ck->a, struct const_use);
	if (!u)
		return;
	*u = (struct const_use){ .name = name, .val = val, .type = t };
	*ck->consts_tail = u;
	ck->consts_tail = &u->next;
}

static void become_builtin(struct node *n, const struct builtin *b, s64 arg)
{
	node_become(n, NODE_BUILTIN);
	n->builtin.b = b;
	n->builtin.arg = arg;
}

/* Does @text name a column?  Then that is what @n becomes. */
static bool resolve_column(struct check *ck, struct node *n, const char *text)
{
	const struct catalog_ops *ops = ck->cat->ops;
	const struct builtin *b;
	const struct type *type;
	const char *leaf;

	if (!ops->find_column || !text || !ops->find_column(ck->cat, ck->a, text, &leaf, &type))
		return false;
	b = builtin_find(str_of(leaf));
	if (b && !b->is_func) {
		become_builtin(n, b, 0);
		return true;
	}
	node_become(n, NODE_IDENT);
	n->ident.name = text;
	n->ident.leaf = leaf;
	n->type = type;
	return true;
}

static void unknown_column(struct check *ck, struct node *n, const char *text)
{
	struct buf msg, hint;

	buf_init(&msg, 4096);
	buf_init(&hint, 1 << 16);
	ck->cat->ops->tell_columns(ck->cat, text ? text : "", &msg, &hint);
	ck_hint(ck, ck_error(ck, n->span, "%s", buf_cstr(&msg)), "%s", buf_cstr(&hint));
	buf_fini(&msg);
	buf_fini(&hint);
}

static void unknown_name(struct check *ck, struct node *n)
{
	struct str_nearest near;
	struct diag *g;

	if (ck->cat->ops->find_column) {
		unknown_column(ck, n, n->ident.name);
		return;
	}
	if (builtin_is_known_unsupported(str_of(n->ident.name))) {
		ck_error(ck, n->span, "%s is not supported yet", n->ident.name);
		return;
	}
	str_nearest_init(&near, n->ident.name);
	builtin_offer_names(&near);
	g = ck_error(ck, n->span, "unknown name %s", n->ident.name);
	ck_hint_near(ck, g, &near);
}

static void resolve_ident(struct check *ck, struct node *n)
{
	const char *name = n->ident.name;
	const struct builtin *b = builtin_find(str_of(name));
	const struct type *t = NULL;
	s64 val = 0;

	if (b && resolve_column(ck, n, name))
		return;
	if (b && b->is_func && ck->cat->ops->find_column) {
		unknown_column(ck, n, name);
		return;
	}
	if (b && b->is_func) {
		ck_hint(ck,
			ck_error(ck, n->span, "%s is a function and needs its parentheses", name),
			"%s", b->signature);
		return;
	}
	if (!b)
		b = builtin_find_argn(str_of(name), &val);
	if (b) {
		become_builtin(n, b, val);
		resolve_fixed(ck, n);
		return;
	}
	if (decls_find_const(&ck->decls, name, &val, &t)) {
		resolve_use_const(ck, name, val, t);
		node_become(n, NODE_INT);
		n->integer.val = val;
		n->integer.is_unsigned = val < 0 && t && !t->is_signed;
		n->type = t;
		return;
	}
	if (!resolve_column(ck, n, name))
		unknown_name(ck, n);
}

void resolve_target(struct check *ck, struct node *n)
{
	if (n->map.key)
		resolve_expr(ck, n->map.key);
	n->map.info = map_intern(ck, n->map.name, n->span);
}

/* `@start[tid]`, as the script wrote it that made such a column. */
static void resolve_map_column(struct check *ck, struct node *n)
{
	struct buf text;
	const char *name;

	buf_init(&text, 1 << 16);
	expr_print(n, &text);
	name = arena_dup(ck->a, buf_cstr(&text), text.len);
	buf_fini(&text);
	if (resolve_column(ck, n, name))
		return;
	unknown_column(ck, n, name);
	node_become(n, NODE_INT);
	n->type = &type_unknown;
}

static void resolve_map(struct check *ck, struct node *n)
{
	if (ck->cat->ops->find_column)
		resolve_map_column(ck, n);
	else
		resolve_target(ck, n);
}

static void resolve_items(struct check *ck, struct node *list)
{
	for (; list; list = list->next)
		resolve_expr(ck, list);
}

static void resolve_index(struct check *ck, struct node *n)
{
	resolve_expr(ck, n->index.base);
	resolve_expr(ck, n->index.idx);
}

static void resolve_ternary(struct check *ck, struct node *n)
{
	resolve_expr(ck, n->branch.cond);
	if (n->branch.then)
		resolve_expr(ck, n->branch.then);
	resolve_expr(ck, n->branch.els);
	fold(ck, n);
}

static void resolve_binary(struct check *ck, struct node *n)
{
	resolve_expr(ck, n->binary.l);
	resolve_expr(ck, n->binary.r);
	fold(ck, n);
}

/* sizeof(word): the name of a type looks like a value to the parser. */
static void resolve_type_word(struct check *ck, struct node *n)
{
	const struct node *arg = n->cast.arg;

	if (n->kind != NODE_SIZEOF || !arg || arg->kind != NODE_IDENT ||
	    builtin_find(str_of(arg->ident.name)) || !ck_find_type(ck, arg->ident.name))
		return;
	n->cast.tn = (struct type_name){ .base = arg->ident.name, .array_len = -1,
					 .span = arg->span };
	n->cast.arg = NULL;
}

/* (x = 1, y = 2) becomes a tuple whose members have names. */
static void resolve_record(struct check *ck, struct node *n)
{
	const char **names = arena_new_n(ck->a, const char *, n->list.cnt + 1);
	struct node *values = NULL, **tail = &values;
	u32 cnt = 0;

	if (!names)
		return;
	for (struct node *it = n->list.items, *next; it; it = next) {
		const char *name = it->assign.lhs->ident.name;

		next = it->next;
		for (u32 i = 0; i < cnt; i++) {
			if (!strcmp(names[i], name))
				ck_error(ck, it->span, "the record has a member %s already", name);
		}
		if (strlen(name) > TYPE_NAME_MAX)
			ck_error(ck, it->span, "the name of a member has at most %d bytes",
				 TYPE_NAME_MAX);
		names[cnt++] = name;
		*tail = it->assign.rhs;
		tail = &it->assign.rhs->next;
	}
	*tail = NULL;
	n->kind = NODE_TUPLE;
	n->list.items = values;
	n->list.names = names;
	resolve_items(ck, values);
}

/* Kinds without work of their own below, or none at all. */
static void resolve_rest(struct check *ck, struct node *n)
{
	switch (n->kind) {
	case NODE_CAST:
	case NODE_SIZEOF:
		resolve_type_word(ck, n);
		if (n->cast.tn.of)
			resolve_expr(ck, n->cast.tn.of);
		if (n->cast.arg)
			resolve_expr(ck, n->cast.arg);
		break;
	case NODE_OFFSETOF:
		if (n->offsetof_.tn.of)
			resolve_expr(ck, n->offsetof_.tn.of);
		if (n->offsetof_.arg)
			resolve_expr(ck, n->offsetof_.arg);
		break;
	case NODE_TUPLE:
		resolve_items(ck, n->list.items);
		break;
	case NODE_RECORD:
		resolve_record(ck, n);
		break;
	case NODE_BLOCK_EXPR:
		ck_error(ck, n->span, "a block is no value here");
		node_become(n, NODE_INT);
		n->type = &type_unknown;
		break;
	case NODE_COMPTIME:
		resolve_expr(ck, n->unary.arg);
		break;
	default:
		break;
	}
}

/* *&$x is $x. */
static bool drop_address(struct node *n)
{
	const struct node *addr = n->unary.arg;
	struct node *next = n->next;

	if (n->unary.op != OP_DEREF || addr->kind != NODE_UNARY || addr->unary.op != OP_ADDR ||
	    addr->unary.arg->kind != NODE_VAR)
		return false;
	*n = *addr->unary.arg;
	n->next = next;
	return true;
}

void resolve_expr(struct check *ck, struct node *n)
{
	switch (n->kind) {
	case NODE_PARAM:
		resolve_param(ck, n, false);
		break;
	case NODE_IDENT:
		resolve_ident(ck, n);
		break;
	case NODE_VAR:
		n->var.info = scope_read(ck, n->var.name, n->span);
		break;
	case NODE_MAP:
		resolve_map(ck, n);
		break;
	case NODE_CALL:
		resolve_call(ck, n);
		break;
	case NODE_FIELD:
		resolve_expr(ck, n->field.base);
		break;
	case NODE_INDEX:
		resolve_index(ck, n);
		break;
	case NODE_MEMBER:
		resolve_expr(ck, n->member.base);
		break;
	case NODE_UNARY:
		resolve_expr(ck, n->unary.arg);
		if (!drop_address(n))
			fold(ck, n);
		break;
	case NODE_INCDEC:
		resolve_expr(ck, n->unary.arg);
		break;
	case NODE_BINARY:
	case NODE_LOGIC:
		resolve_binary(ck, n);
		break;
	case NODE_TERNARY:
		resolve_ternary(ck, n);
		break;
	default:
		resolve_rest(ck, n);
		break;
	}
}

void resolve_text_param(struct check *ck, struct node *n)
{
	resolve_param(ck, n, true);
}

void resolve_inst(struct check *ck, struct inst *in)
{
	ck->in = in;
	ck->depth = 0;
	vec_reset(&ck->vars);
	if (in->pred)
		resolve_expr(ck, in->pred);
	scope_enter(ck);
	resolve_list(ck, in->body);
	scope_leave(ck);
	scope_finish(ck, in);
}
