/*
 * lang/resolve_call.c -- calls: which function, how many arguments, and forms that are made one:
 *
 *   pid()  kstack()                pid, kstack
 *   delete(@m, k)  has_key(@m, k)  delete(@m[k]), has_key(@m[k])
 *   str($1)                        the text of the parameter
 *   emit(args)                     emit() of each field, and of str() of each field that is a
 *   string's address
 */
#include <string.h>

#include "lang/check_priv.h"

#define EMIT_ARRAY_MAX 16 /* elements of an array field that emit(args) takes */

static void unknown_function(struct check *ck, struct node *n)
{
	struct str_nearest near;
	struct diag *g;

	if (builtin_is_known_unsupported(str_of(n->call.name))) {
		ck_error(ck, n->span, "%s() is not supported yet", n->call.name);
		return;
	}
	str_nearest_init(&near, n->call.name);
	builtin_offer_names(&near);
	g = ck_error(ck, n->span, "unknown function %s()", n->call.name);
	ck_hint_near(ck, g, &near);
}

static bool count_fits(struct check *ck, struct node *n, const struct builtin *b)
{
	const char *s = b->max_args == 1 ? "" : "s";
	struct diag *g;

	if (n->call.arg_cnt >= b->min_args && (b->max_args < 0 || n->call.arg_cnt <= b->max_args))
		return true;
	if (b->max_args == 0)
		g = ck_error(ck, n->span, "%s takes no arguments", b->name);
	else if (b->max_args < 0)
		g = ck_error(ck, n->span, "%s() takes at least %d argument, not %d", b->name,
			     b->min_args, n->call.arg_cnt);
	else if (b->min_args == b->max_args)
		g = ck_error(ck, n->span, "%s() takes %d argument%s, not %d", b->name, b->min_args,
			     s, n->call.arg_cnt);
	else
		g = ck_error(ck, n->span, "%s() takes %d %s %d argument%s, not %d", b->name,
			     b->min_args, b->max_args == b->min_args + 1 ? "or" : "to", b->max_args,
			     s, n->call.arg_cnt);
	if (b->is_func || b->max_args)
		ck_hint(ck, g, "%s", b->signature);
	return false;
}

/* delete(@m, k) -> delete(@m[k]) */
static void join_key(struct check *ck, struct node *n)
{
	struct node *map = n->call.args, *key = map->next;

	if (map->kind != NODE_MAP) {
		ck_hint(ck, ck_error(ck, map->span, "%s() acts on a map", n->call.name), "%s",
			n->call.b->signature);
		return;
	}
	if (key && map->map.key) {
		ck_hint(ck, ck_error(ck, map->span, "the key of %s() is given twice", n->call.name),
			"%s", n->call.b->signature);
		return;
	}
	if (!key)
		return;
	map->map.key = key;
	map->next = NULL;
	n->call.arg_cnt = 1;
}

static bool is_args(const struct node *n)
{
	return (n->kind == NODE_IDENT && !strcmp(n->ident.name, "args")) ||
	       (n->kind == NODE_BUILTIN && n->builtin.b->id == BI_ARGS);
}

struct node *ck_args_field(struct check *ck, struct span sp, const char *name)
{
	struct node *base = node_new(ck->a, NODE_BUILTIN, sp), *f = node_new(ck->a, NODE_FIELD, sp);

	if (!base || !f)
		return NULL;
	base->builtin.b = &builtins[BI_ARGS];
	f->field.base = base;
	f->field.name = name;
	f->height = 2;
	return f;
}

static bool is_string_address(const struct type *t)
{
	return t->kind == TYPE_PTR && t->elem && t->elem->kind == TYPE_INT && t->elem->size == 1 &&
	       t->elem->is_signed;
}

static struct node *call_of(struct check *ck, enum builtin_id id, struct node *arg)
{
	struct node *c = arg ? node_new(ck->a, NODE_CALL, arg->span) : NULL;

	if (!c)
		return NULL;
	c->call.b = &builtins[id];
	c->call.name = c->call.b->name;
	c->call.args = arg;
	c->call.arg_cnt = 1;
	c->call.action = -1;
	return c;
}

static struct node *index_of(struct check *ck, struct node *base, u32 i)
{
	struct node *n = base ? node_new(ck->a, NODE_INDEX, base->span) : NULL;
	struct node *idx = base ? node_new(ck->a, NODE_INT, base->span) : NULL;

	if (!n || !idx)
		return NULL;
	idx->integer.val = i;
	n->index.base = base;
	n->index.idx = idx;
	return n;
}

struct list_end {
	struct node **tail;
	int cnt;
};

static void append(struct list_end *l, struct node *n)
{
	if (!n)
		return;
	*l->tail = n;
	l->tail = &n->next;
	l->cnt++;
}

/* The leaves of one field.  Structs inside the record are left out. */
static void append_field(struct check *ck, struct list_end *l, struct span sp,
			 const struct field *f)
{
	const struct type *t = f->type;

	if (t->kind == TYPE_ARRAY && t->elem->kind == TYPE_INT && t->elem_cnt <= EMIT_ARRAY_MAX) {
		for (u32 i = 0; i < t->elem_cnt; i++)
			append(l, index_of(ck, ck_args_field(ck, sp, f->name), i));
		return;
	}
	if (!type_is_num(t) && t->kind != TYPE_STR)
		return;
	append(l, ck_args_field(ck, sp, f->name));
	if (is_string_address(t))
		append(l, call_of(ck, BI_STR, ck_args_field(ck, sp, f->name)));
}

static void expand_emit(struct check *ck, struct node *n)
{
	struct node *head = NULL, *next;
	struct list_end l = { &head, 0 };
	const struct type *rec = ck->in->args;

	for (struct node *arg = n->call.args; arg; arg = next) {
		next = arg->next;
		arg->next = NULL;
		if (!is_args(arg) || !rec) {
			append(&l, arg);
			continue;
		}
		for (u32 i = 0; i < rec->field_cnt; i++)
			append_field(ck, &l, arg->span, &rec->fields[i]);
	}
	n->call.args = head;
	n->call.arg_cnt = l.cnt;
}

/* tseries() asks for the time of the firing as its last argument. */
static void append_time(struct check *ck, struct node *n)
{
	struct node *t = node_new(ck->a, NODE_BUILTIN, n->span), *last = n->call.args;

	if (!t || !last)
		return;
	t->builtin.b = &builtins[BI_NSECS];
	while (last->next)
		last = last->next;
	last->next = t;
	n->call.arg_cnt++;
}

static bool is_mode_name(const struct node *arg)
{
	static const char *const modes[] = { "bpftrace", "perf", "raw", "build_id" };

	for (size_t i = 0; i < countof(modes) && arg->kind == NODE_IDENT; i++) {
		if (!strcmp(arg->ident.name, modes[i]))
			return true;
	}
	return false;
}

static void resolve_args(struct check *ck, struct node *n)
{
	enum builtin_id id = n->call.b->id;

	for (struct node *arg = n->call.args; arg; arg = arg->next) {
		if (id == BI_STR && arg == n->call.args && arg->kind == NODE_PARAM)
			resolve_text_param(ck, arg);
		else if (!((id == BI_KSTACK || id == BI_USTACK) && is_mode_name(arg)))
			resolve_expr(ck, arg);
	}
}

/* The known forms of @b; count and spelling first. */
static void resolve_known(struct check *ck, struct node *n, const struct builtin *b)
{
	struct node *first;

	n->call.b = b;
	n->call.action = -1;
	if (!count_fits(ck, n, b) || (!b->is_func && !n->call.arg_cnt)) {
		node_become(n, NODE_BUILTIN);
		n->builtin.b = b;
		n->type = b->is_func ? &type_unknown : NULL;
		if (!b->is_func)
			resolve_fixed(ck, n);
		return;
	}
	if (resolve_kernel_call(ck, n))
		return;
	if (b->id == BI_DELETE || b->id == BI_HAS_KEY)
		join_key(ck, n);
	if (b->id == BI_EMIT)
		expand_emit(ck, n);
	if (b->id == BI_TSERIES)
		append_time(ck, n);
	resolve_args(ck, n);
	if (b->id == BI_IS_ERR)
		resolve_is_err(ck, n);
	if (b->cls == BC_CONST && resolve_machine_const(ck, n))
		return;
	first = n->call.args;
	if (b->id == BI_STR && first->kind == NODE_STR && !first->next) {
		struct node *next = n->next;

		*n = *first;
		n->next = next;
	}
}

void resolve_call(struct check *ck, struct node *n)
{
	const struct builtin *b = builtin_find(str_of(n->call.name));

	if (!b) {
		unknown_function(ck, n);
		n->call.b = NULL;
		for (struct node *arg = n->call.args; arg; arg = arg->next)
			resolve_expr(ck, arg);
		return;
	}
	resolve_known(ck, n, b);
}
