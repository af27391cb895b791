/*
 * lang/check_meta.c -- what a script asks of itself while it is compiled: comptime, is_str() and
 * its kin, fail().
 *
 * The answer is a literal in the place of the question, as soon as the type that is asked about is
 * known; types only grow within their kind, so an answer stays right.  A branch on "if comptime"
 * that is not taken is never checked: it may be wrong for the types at hand, which is what the
 * question is for.
 */
#include "lang/check_priv.h"

static bool is_literal_node(const struct node *n)
{
	return n->kind == NODE_INT || n->kind == NODE_BOOL || n->kind == NODE_STR;
}

static bool is_true(const struct node *n)
{
	return n->kind == NODE_STR ? n->text.s.len : n->integer.val != 0;
}

static const struct type *become_answer(struct check *ck, struct node *n, bool is_yes)
{
	node_become(n, NODE_BOOL);
	n->integer.val = is_yes;
	return bool_type(ck);
}

/* ---- questions about types ---- */

static bool answers(enum builtin_id id, const struct node *arg, const struct type *t)
{
	switch (id) {
	case BI_IS_STR: return t->kind == TYPE_STR;
	case BI_IS_PTR: return t->kind == TYPE_PTR;
	case BI_IS_ARRAY: return t->kind == TYPE_ARRAY;
	case BI_IS_INTEGER: return t->kind == TYPE_INT;
	case BI_IS_UNSIGNED: return t->kind == TYPE_INT && !t->is_signed;
	default: return is_literal_node(arg);
	}
}

const struct type *check_question(struct check *ck, struct node *n)
{
	struct node *arg = n->call.args;
	const struct type *t = check_expr(ck, arg);

	if (!is_known(t))
		return &type_unknown;
	t = is_lit(t) ? lit_plain(t) : t;
	return become_answer(ck, n, answers(n->call.b->id, arg, t));
}

/* ---- comptime ---- */

/* Operations whose operands have become literals. */
static void fold_all(struct check *ck, struct node *n)
{
	struct node *child, *l, *r, *next = n->next;
	bool is_list, is_yes;

	for (int k = 0; node_slot(n, k, &child, &is_list); k++) {
		for (; child; child = is_list ? child->next : NULL)
			fold_all(ck, child);
	}
	if (n->kind != NODE_LOGIC) {
		fold(ck, n);
		return;
	}
	l = n->binary.l;
	r = n->binary.r;
	if (!is_literal_node(l))
		return;
	is_yes = is_true(l);
	if (is_yes == (n->binary.op == OP_LOR)) {
		become_answer(ck, n, is_yes);
	} else if (is_literal_node(r)) {
		is_yes = is_true(r);
		become_answer(ck, n, is_yes);
	}
	n->next = next;
}

const struct type *check_comptime(struct check *ck, struct node *n)
{
	struct node *arg = n->unary.arg, *next = n->next;

	check_expr(ck, arg);
	fold_all(ck, arg);
	if (is_literal_node(arg)) {
		*n = *arg;
		n->next = next;
		return check_expr(ck, n);
	}
	if (ck->is_final)
		ck_error(ck, n->span, "comptime needs a value that is known while compiling");
	return &type_unknown;
}

/* Is the condition known by now?  Then *ret is the side that is taken. */
static bool take_side(struct check *ck, struct node *n, struct node **ret)
{
	struct node *cond = n->branch.cond;

	check_expr(ck, cond);
	if (!is_literal_node(cond))
		return false;
	*ret = is_true(cond) ? n->branch.then : n->branch.els;
	return true;
}

bool check_comptime_if(struct check *ck, struct node *n)
{
	struct node *side;

	if (n->branch.cond->kind != NODE_COMPTIME)
		return false;
	if (take_side(ck, n, &side)) {
		node_become(n, NODE_BLOCK);
		n->list.items = side;
		check_list(ck, side);
	}
	n->type = &type_none;
	return true;
}

const struct type *check_comptime_ternary(struct check *ck, struct node *n)
{
	struct node *side, *next = n->next;

	if (!take_side(ck, n, &side))
		return &type_unknown;
	*n = *(side ? side : n->branch.cond);
	n->next = next;
	return check_expr(ck, n);
}

/* ---- fail() ---- */

/* The text of fail(fmt, ...), whose arguments are literals. */
static bool fail_text(struct node *fmt, struct buf *out)
{
	struct node *arg = fmt->next;
	struct str s = fmt->text.s;

	for (size_t i = 0; i < s.len; i++) {
		if (s.s[i] != '%' || i + 1 == s.len) {
			buf_putc(out, s.s[i]);
			continue;
		}
		if (s.s[++i] == '%') {
			buf_putc(out, '%');
			continue;
		}
		if (!arg || !is_literal_node(arg))
			return false;
		if (arg->kind == NODE_STR)
			buf_put(out, arg->text.s.s, arg->text.s.len);
		else
			buf_printf(out, "%lld", (long long)arg->integer.val);
		arg = arg->next;
	}
	return !arg;
}

const struct type *check_fail(struct check *ck, struct node *n)
{
	struct node *fmt = n->call.args;
	struct buf text;

	for (struct node *arg = fmt; arg; arg = arg->next)
		check_expr(ck, arg);
	if (!ck->is_final)
		return &type_none;
	buf_init(&text, 4096);
	if (fmt->kind == NODE_STR && fail_text(fmt, &text))
		ck_error(ck, n->span, "%s", buf_cstr(&text));
	else
		ck_hint(ck, ck_error(ck, n->span, "fail() takes a format and literals for it"),
			"fail(\"%%s is too small\", \"x\")");
	buf_fini(&text);
	return &type_none;
}

void check_static_assert(struct check *ck, struct node *stmt)
{
	struct node *call = stmt->unary.arg, *cond = call->call.args, *msg = cond->next;

	check_expr(ck, cond);
	check_expr(ck, msg);
	fold_all(ck, cond);
	if (!ck->is_final)
		return;
	if (msg->kind != NODE_STR)
		ck_error(ck, msg->span, "the message must be a string written out here");
	else if (!is_literal_node(cond))
		ck_error(ck, cond->span, "this is not known while compiling");
	else if (!is_true(cond))
		ck_error(ck, call->span, STR_FMT, STR_ARG(msg->text.s));
	node_become(stmt, NODE_BLOCK);
	stmt->type = &type_none;
}

/* is_err(p):  (uint64)p >= (uint64)-4095 */
void resolve_is_err(struct check *ck, struct node *n)
{
	struct node *cast = node_new(ck->a, NODE_CAST, n->span);
	struct node *least = node_new(ck->a, NODE_INT, n->span);
	struct node *arg = n->call.args;

	if (!cast || !least)
		return;
	cast->cast.tn = (struct type_name){ .base = "uint64", .array_len = -1, .span = n->span };
	cast->cast.arg = arg;
	least->integer.val = -4095;
	least->integer.is_unsigned = true;
	node_become(n, NODE_BINARY);
	n->binary.op = OP_GE;
	n->binary.l = cast;
	n->binary.r = least;
}
