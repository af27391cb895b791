/*
 * lang/expr_print.c -- the canonical text of an expression.  The spellings are listed in
 * ast_dump.h.
 */
#include "lang/ast_dump.h"

#include <string.h>

#include "lang/builtin.h"
#include "lang/float_text.h"

/*
 * How tightly a node binds: a child is put in parentheses where it binds less than its place asks
 * for.
 */
enum prec {
	PREC_LOWEST,
	PREC_TERNARY,
	PREC_LOR,
	PREC_LAND,
	PREC_OR,
	PREC_XOR,
	PREC_AND,
	PREC_EQ,
	PREC_CMP,
	PREC_SHIFT,
	PREC_ADD,
	PREC_MUL,
	PREC_UNARY,
	PREC_POSTFIX,
};

static const u8 op_precs[OP_CNT] = {
	[OP_LOR] = PREC_LOR,   [OP_LAND] = PREC_LAND, [OP_OR] = PREC_OR,     [OP_XOR] = PREC_XOR,
	[OP_AND] = PREC_AND,   [OP_EQ] = PREC_EQ,     [OP_NE] = PREC_EQ,     [OP_LT] = PREC_CMP,
	[OP_LE] = PREC_CMP,    [OP_GT] = PREC_CMP,    [OP_GE] = PREC_CMP,    [OP_SHL] = PREC_SHIFT,
	[OP_SHR] = PREC_SHIFT, [OP_ADD] = PREC_ADD,   [OP_SUB] = PREC_ADD,   [OP_MUL] = PREC_MUL,
	[OP_DIV] = PREC_MUL,   [OP_MOD] = PREC_MUL,
};

/* It reads back as a floating-point number. */
static void print_float(const struct node *n, struct buf *out)
{
	char text[FLOAT_TEXT_MAX];

	float_text(float_of_bits(n->integer.val), text);
	buf_printf(out, "%s%s", text, strpbrk(text, ".-") ? "" : ".0");
}

static bool is_negative(const struct node *n)
{
	return n->kind == NODE_INT && n->integer.val < 0 && !n->integer.is_unsigned;
}

static bool is_post(const struct node *n)
{
	return n->unary.op == OP_POST_INC || n->unary.op == OP_POST_DEC;
}

static enum prec prec_of(const struct node *n)
{
	switch (n->kind) {
	case NODE_BINARY:
	case NODE_LOGIC: return op_precs[n->binary.op];
	case NODE_TERNARY: return PREC_TERNARY;
	case NODE_UNARY:
	case NODE_CAST:
	case NODE_COMPTIME: return PREC_UNARY;
	case NODE_INCDEC: return is_post(n) ? PREC_POSTFIX : PREC_UNARY;
	case NODE_INT: return is_negative(n) ? PREC_UNARY : PREC_POSTFIX;
	default: return n->kind >= NODE_EXPR_STMT ? PREC_LOWEST : PREC_POSTFIX;
	}
}

static void print_at(const struct node *n, enum prec min, struct buf *out)
{
	bool needs = prec_of(n) < min;

	if (needs)
		buf_putc(out, '(');
	expr_print(n, out);
	if (needs)
		buf_putc(out, ')');
}

static void print_list(const struct node *list, struct buf *out)
{
	for (; list; list = list->next) {
		expr_print(list, out);
		buf_puts(out, list->next ? ", " : "");
	}
}

static void print_int(const struct node *n, struct buf *out)
{
	if (is_negative(n))
		buf_printf(out, "%lld", (long long)n->integer.val);
	else
		buf_printf(out, "%llu", (unsigned long long)n->integer.val);
}

static void print_str(struct str s, struct buf *out)
{
	static const char *const escapes[256] = {
		['\n'] = "\\n", ['\t'] = "\\t", ['\r'] = "\\r", ['"'] = "\\\"", ['\\'] = "\\\\",
	};

	buf_putc(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		u8 c = (u8)s.s[i];

		if (escapes[c])
			buf_puts(out, escapes[c]);
		else if (c < 0x20 || c > 0x7e)
			buf_printf(out, "\\x%02x", c);
		else
			buf_putc(out, (char)c);
	}
	buf_putc(out, '"');
}

static void print_param(const struct node *n, struct buf *out)
{
	if (n->param.index)
		buf_printf(out, "$%d", n->param.index);
	else
		buf_puts(out, "$#");
}

static void print_builtin(const struct node *n, struct buf *out)
{
	if (n->builtin.b->id == BI_ARGN)
		buf_printf(out, "arg%lld", (long long)n->builtin.arg);
	else
		buf_puts(out, n->builtin.b->name);
}

static void print_map(const struct node *n, struct buf *out)
{
	const struct node *key = n->map.key;

	buf_puts(out, n->map.name);
	if (!key)
		return;
	buf_putc(out, '[');
	if (key->kind == NODE_TUPLE && key->list.cnt > 1 && !key->list.names)
		print_list(key->list.items, out);
	else
		expr_print(key, out);
	buf_putc(out, ']');
}

static void print_call(const struct node *n, struct buf *out)
{
	buf_printf(out, "%s(", n->call.b ? n->call.b->name : n->call.name);
	print_list(n->call.args, out);
	buf_putc(out, ')');
}

/* "- -x" must not read as "--x". */
static bool would_join(const struct node *n)
{
	const struct node *arg = n->unary.arg;

	if (arg->kind == NODE_INT)
		return n->unary.op == OP_NEG && is_negative(arg);
	if (arg->kind != NODE_UNARY && arg->kind != NODE_INCDEC)
		return false;
	if (n->unary.op == OP_NEG)
		return arg->unary.op == OP_NEG || arg->unary.op == OP_PRE_DEC;
	if (n->unary.op == OP_PLUS)
		return arg->unary.op == OP_PLUS || arg->unary.op == OP_PRE_INC;
	return n->unary.op == OP_ADDR && arg->unary.op == OP_ADDR;
}

static void print_unary(const struct node *n, struct buf *out)
{
	buf_puts(out, op_text(n->unary.op));
	print_at(n->unary.arg, would_join(n) ? PREC_POSTFIX : PREC_UNARY, out);
}

static void print_incdec(const struct node *n, struct buf *out)
{
	if (!is_post(n))
		buf_puts(out, op_text(n->unary.op));
	print_at(n->unary.arg, PREC_POSTFIX, out);
	if (is_post(n))
		buf_puts(out, op_text(n->unary.op));
}

static void print_binary(const struct node *n, struct buf *out)
{
	enum prec prec = op_precs[n->binary.op];

	print_at(n->binary.l, prec, out);
	buf_printf(out, " %s ", op_text(n->binary.op));
	print_at(n->binary.r, prec + 1, out);
}

static void print_ternary(const struct node *n, struct buf *out)
{
	print_at(n->branch.cond, PREC_TERNARY + 1, out);
	if (n->branch.then) {
		buf_puts(out, " ? ");
		expr_print(n->branch.then, out);
		buf_puts(out, " : ");
	} else {
		buf_puts(out, " ?: ");
	}
	print_at(n->branch.els, PREC_TERNARY, out);
}

void type_name_print(const struct type_name *tn, struct buf *out)
{
	buf_puts(out, tn->base);
	buf_puts(out, tn->ptr_depth ? " " : "");
	buf_fill(out, '*', tn->ptr_depth);
	if (tn->array_len > 0)
		buf_printf(out, "[%lld]", (long long)tn->array_len);
	else if (!tn->array_len)
		buf_puts(out, "[]");
	buf_puts(out, tn->outer_depth ? " " : "");
	buf_fill(out, '*', tn->outer_depth);
}

static void print_cast(const struct node *n, struct buf *out)
{
	buf_putc(out, '(');
	type_name_print(&n->cast.tn, out);
	buf_putc(out, ')');
	print_at(n->cast.arg, PREC_UNARY, out);
}

static void print_type_or_expr(const struct type_name *tn, const struct node *arg, struct buf *out)
{
	if (arg)
		expr_print(arg, out);
	else
		type_name_print(tn, out);
}

static void print_sizeof(const struct node *n, struct buf *out)
{
	buf_puts(out, "sizeof(");
	print_type_or_expr(&n->cast.tn, n->cast.arg, out);
	buf_putc(out, ')');
}

static void print_offsetof(const struct node *n, struct buf *out)
{
	buf_puts(out, "offsetof(");
	print_type_or_expr(&n->offsetof_.tn, n->offsetof_.arg, out);
	buf_printf(out, ", %s)", n->offsetof_.path);
}

static void print_members(const struct node *n, struct buf *out)
{
	const struct node *it = n->list.items;

	for (u32 i = 0; it; it = it->next, i++) {
		buf_printf(out, "%s%s = ", i ? ", " : "", n->list.names[i]);
		expr_print(it, out);
	}
}

static void print_tuple(const struct node *n, struct buf *out)
{
	if (n->kind == NODE_TUPLE && n->list.names) {
		buf_putc(out, '(');
		print_members(n, out);
		buf_putc(out, ')');
		return;
	}
	buf_putc(out, '(');
	print_list(n->list.items, out);
	buf_puts(out, n->kind == NODE_TUPLE && n->list.cnt == 1 ? ",)" : ")");
}

/* What a '.' follows; `2.3` would be one word. */
static void print_record(const struct node *n, struct buf *out)
{
	if (n->kind == NODE_INT)
		buf_putc(out, '(');
	print_at(n, PREC_POSTFIX, out);
	if (n->kind == NODE_INT)
		buf_putc(out, ')');
}

static void print_field(const struct node *n, struct buf *out)
{
	print_record(n->field.base, out);
	buf_printf(out, ".%s", n->field.name);
}

static void print_index(const struct node *n, struct buf *out)
{
	print_at(n->index.base, PREC_POSTFIX, out);
	buf_putc(out, '[');
	expr_print(n->index.idx, out);
	buf_putc(out, ']');
}

static void print_member(const struct node *n, struct buf *out)
{
	print_record(n->member.base, out);
	buf_printf(out, ".%u", n->member.n);
}

static void print_assign(const struct node *n, struct buf *out)
{
	expr_print(n->assign.lhs, out);
	buf_printf(out, " %s= ", op_text(n->assign.op));
	expr_print(n->assign.rhs, out);
}

static void print_let(const struct node *n, struct buf *out)
{
	buf_printf(out, "let %s", n->let.var_name);
	if (n->let.has_type) {
		buf_puts(out, " : ");
		type_name_print(&n->let.tn, out);
	}
	if (n->let.rhs) {
		buf_puts(out, " = ");
		expr_print(n->let.rhs, out);
	}
}

static void print_word_arg(const char *word, const struct node *arg, struct buf *out)
{
	buf_puts(out, word);
	if (!arg)
		return;
	buf_putc(out, ' ');
	print_at(arg, prec_of(arg) == PREC_LOWEST ? PREC_LOWEST : PREC_TERNARY, out);
}

static void print_comptime(const struct node *n, struct buf *out)
{
	buf_puts(out, "comptime ");
	print_at(n->unary.arg, PREC_UNARY, out);
}

static void print_for(const struct node *n, struct buf *out)
{
	buf_puts(out, "for (");
	expr_print(n->loop.var, out);
	buf_puts(out, " : ");
	if (n->kind == NODE_FOR_MAP) {
		expr_print(n->loop.map, out);
	} else {
		expr_print(n->loop.lo, out);
		buf_puts(out, "..");
		expr_print(n->loop.hi, out);
	}
	buf_putc(out, ')');
}

static void print_head(const char *word, const struct node *cond, struct buf *out)
{
	buf_printf(out, "%s (", word);
	expr_print(cond, out);
	buf_putc(out, ')');
}

static void print_stmt(const struct node *n, struct buf *out)
{
	switch (n->kind) {
	case NODE_EXPR_STMT: expr_print(n->unary.arg, out); break;
	case NODE_ASSIGN: print_assign(n, out); break;
	case NODE_LET: print_let(n, out); break;
	case NODE_RETURN: print_word_arg("return", n->unary.arg, out); break;
	case NODE_IF: print_head("if", n->branch.cond, out); break;
	case NODE_WHILE: print_head("while", n->loop.cond, out); break;
	case NODE_UNROLL: print_head("unroll", n->loop.cond, out); break;
	case NODE_FOR_MAP:
	case NODE_FOR_RANGE: print_for(n, out); break;
	case NODE_BREAK: buf_puts(out, "break"); break;
	case NODE_CONTINUE: buf_puts(out, "continue"); break;
	default: buf_puts(out, "{...}"); break;
	}
}

void expr_print(const struct node *n, struct buf *out)
{
	switch (n->kind) {
	case NODE_INT: print_int(n, out); break;
	case NODE_FLOAT: print_float(n, out); break;
	case NODE_STR: print_str(n->text.s, out); break;
	case NODE_BOOL: buf_puts(out, n->integer.val ? "true" : "false"); break;
	case NODE_PARAM: print_param(n, out); break;
	case NODE_IDENT:
		buf_puts(out, n->ident.leaf ? n->ident.leaf : n->ident.name);
		break;
	case NODE_BUILTIN: print_builtin(n, out); break;
	case NODE_VAR: buf_puts(out, n->var.name); break;
	case NODE_MAP: print_map(n, out); break;
	case NODE_CALL: print_call(n, out); break;
	case NODE_FIELD: print_field(n, out); break;
	case NODE_INDEX: print_index(n, out); break;
	case NODE_MEMBER: print_member(n, out); break;
	case NODE_UNARY: print_unary(n, out); break;
	case NODE_INCDEC: print_incdec(n, out); break;
	case NODE_BINARY:
	case NODE_LOGIC: print_binary(n, out); break;
	case NODE_TERNARY: print_ternary(n, out); break;
	case NODE_CAST: print_cast(n, out); break;
	case NODE_SIZEOF: print_sizeof(n, out); break;
	case NODE_OFFSETOF: print_offsetof(n, out); break;
	case NODE_TUPLE:
	case NODE_RECORD: print_tuple(n, out); break;
	case NODE_COMPTIME: print_comptime(n, out); break;
	default: print_stmt(n, out); break;
	}
}
