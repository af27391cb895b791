/*
 * lang/program_dump.c -- see the header.
 */
#include "lang/program_dump.h"

#include <ctype.h>
#include <inttypes.h>

#include "lang/ast_dump.h"

static void dump_expr(const struct node *n, struct buf *out);

static void dump_text(struct str s, struct buf *out)
{
	buf_putc(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = s.s[i];

		if (c == '\n')
			buf_puts(out, "\\n");
		else if (c == '\t')
			buf_puts(out, "\\t");
		else if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", c);
		else if (isprint(c))
			buf_putc(out, c);
		else
			buf_printf(out, "\\x%02x", c);
	}
	buf_putc(out, '"');
}

/* "(HEAD child child" */
static void dump_list(const char *head, const struct node *list, struct buf *out)
{
	buf_printf(out, "(%s", head);
	for (; list; list = list->next) {
		buf_putc(out, ' ');
		dump_expr(list, out);
	}
	buf_putc(out, ')');
}

static void dump_two(const char *head, const char *sign, const struct node *a, const struct node *b,
		     struct buf *out)
{
	buf_printf(out, "(%s%s ", head, sign);
	dump_expr(a, out);
	if (b) {
		buf_putc(out, ' ');
		dump_expr(b, out);
	}
	buf_putc(out, ')');
}

static const char *sign_mark(enum op op, bool is_signed)
{
	switch (op) {
	case OP_DIV:
	case OP_MOD:
	case OP_SHR:
	case OP_LT:
	case OP_LE:
	case OP_GT:
	case OP_GE:
		return is_signed ? "s" : "u";
	default:
		return "";
	}
}

static void dump_int(const struct node *n, struct buf *out)
{
	if (n->integer.is_unsigned || (n->type && n->type->kind == TYPE_INT && !n->type->is_signed))
		buf_printf(out, "%" PRIu64, (u64)n->integer.val);
	else
		buf_printf(out, "%" PRId64, n->integer.val);
}

static void dump_builtin(const struct node *n, struct buf *out)
{
	if (n->builtin.b->id == BI_ARGN)
		buf_printf(out, "arg%" PRId64, n->builtin.arg);
	else
		buf_puts(out, n->builtin.b->name);
}

static void dump_map(const struct node *n, struct buf *out)
{
	if (n->map.key)
		dump_two(n->map.name, "", n->map.key, NULL, out);
	else
		buf_puts(out, n->map.name);
}

static void dump_field(const struct node *n, struct buf *out)
{
	buf_printf(out, "(.%s ", n->field.name);
	if (n->field.base->kind == NODE_BUILTIN && n->field.base->builtin.b->id == BI_ARGS)
		/* its type is the whole record */
		buf_puts(out, "args");
	else
		dump_expr(n->field.base, out);
	buf_putc(out, ')');
}

static void dump_ternary(const struct node *n, struct buf *out)
{
	buf_puts(out, "(? ");
	dump_expr(n->branch.cond, out);
	if (n->branch.then) {
		buf_putc(out, ' ');
		dump_expr(n->branch.then, out);
	}
	buf_putc(out, ' ');
	dump_expr(n->branch.els, out);
	buf_putc(out, ')');
}

static void dump_incdec(const struct node *n, struct buf *out)
{
	static const char *const names[] = { "pre++", "post++", "pre--", "post--" };

	dump_two(names[n->unary.op - OP_PRE_INC], "", n->unary.arg, NULL, out);
}

static void dump_member(const struct node *n, struct buf *out)
{
	buf_printf(out, "(.%u ", n->member.n);
	dump_expr(n->member.base, out);
	buf_putc(out, ')');
}

static void dump_head(const struct node *n, struct buf *out)
{
	switch (n->kind) {
	case NODE_INT:
		dump_int(n, out);
		break;
	case NODE_FLOAT:
		expr_print(n, out);
		break;
	case NODE_BOOL:
		buf_puts(out, n->integer.val ? "true" : "false");
		break;
	case NODE_STR:
		dump_text(n->text.s, out);
		break;
	case NODE_BUILTIN:
		dump_builtin(n, out);
		break;
	case NODE_IDENT:
		buf_puts(out, n->ident.name);
		break;
	case NODE_VAR:
		buf_puts(out, n->var.name);
		break;
	case NODE_MAP:
		dump_map(n, out);
		break;
	case NODE_CALL:
		dump_list(n->call.name, n->call.args, out);
		break;
	case NODE_FIELD:
		dump_field(n, out);
		break;
	case NODE_INDEX:
		dump_two("[]", "", n->index.base, n->index.idx, out);
		break;
	case NODE_MEMBER:
		dump_member(n, out);
		break;
	case NODE_UNARY:
		dump_two(op_text(n->unary.op), "", n->unary.arg, NULL, out);
		break;
	case NODE_INCDEC:
		dump_incdec(n, out);
		break;
	case NODE_BINARY:
	case NODE_LOGIC:
		dump_two(op_text(n->binary.op), sign_mark(n->binary.op, n->binary.is_signed),
			 n->binary.l, n->binary.r, out);
		break;
	case NODE_TERNARY:
		dump_ternary(n, out);
		break;
	case NODE_CAST:
		dump_two("cast", "", n->cast.arg, NULL, out);
		break;
	case NODE_TUPLE:
		dump_list("tuple", n->list.items, out);
		break;
	default:
		buf_puts(out, node_kind_name(n->kind));
		break;
	}
}

static void dump_expr(const struct node *n, struct buf *out)
{
	dump_head(n, out);
	if (n->type && n->type->kind != TYPE_NONE) {
		buf_putc(out, ':');
		type_print(n->type, out);
	}
}

/* ---- statements ---- */

static void dump_body(const struct node *list, int depth, struct buf *out);

static void dump_loop(const struct node *n, int depth, struct buf *out)
{
	buf_puts(out, node_kind_name(n->kind));
	buf_putc(out, ' ');
	if (n->loop.cond)
		dump_expr(n->loop.cond, out);
	if (n->loop.var)
		dump_expr(n->loop.var, out);
	if (n->kind == NODE_FOR_RANGE) {
		buf_puts(out, " from ");
		dump_expr(n->loop.lo, out);
		buf_puts(out, " to ");
		dump_expr(n->loop.hi, out);
	} else if (n->kind == NODE_FOR_MAP) {
		buf_printf(out, " in %s", n->loop.map->map.name);
	}
	buf_putc(out, '\n');
	dump_body(n->loop.body, depth + 1, out);
}

static void dump_if(const struct node *n, int depth, struct buf *out)
{
	buf_puts(out, "if ");
	dump_expr(n->branch.cond, out);
	buf_putc(out, '\n');
	dump_body(n->branch.then, depth + 1, out);
	if (!n->branch.els)
		return;
	buf_fill(out, '\t', depth);
	buf_puts(out, "else\n");
	dump_body(n->branch.els, depth + 1, out);
}

static void dump_assign(const struct node *n, struct buf *out)
{
	dump_expr(n->assign.lhs, out);
	buf_printf(out, " %s%s= ", n->assign.op == OP_NONE ? "" : op_text(n->assign.op),
		   sign_mark(n->assign.op, n->assign.is_signed));
	dump_expr(n->assign.rhs, out);
	buf_putc(out, '\n');
}

static void dump_let(const struct node *n, struct buf *out)
{
	buf_printf(out, "let %s:", n->let.var_name);
	if (n->let.var && n->let.var->type)
		type_print(n->let.var->type, out);
	if (n->let.rhs) {
		buf_puts(out, " = ");
		dump_expr(n->let.rhs, out);
	}
	buf_putc(out, '\n');
}

static void dump_stmt(const struct node *n, int depth, struct buf *out)
{
	buf_fill(out, '\t', depth);
	switch (n->kind) {
	case NODE_ASSIGN:
		dump_assign(n, out);
		break;
	case NODE_LET:
		dump_let(n, out);
		break;
	case NODE_IF:
		dump_if(n, depth, out);
		break;
	case NODE_WHILE:
	case NODE_UNROLL:
	case NODE_FOR_MAP:
	case NODE_FOR_RANGE:
		dump_loop(n, depth, out);
		break;
	case NODE_BLOCK:
		buf_puts(out, "block\n");
		dump_body(n->list.items, depth + 1, out);
		break;
	case NODE_EXPR_STMT:
		dump_expr(n->unary.arg, out);
		buf_putc(out, '\n');
		break;
	case NODE_RETURN:
		buf_puts(out, "return ");
		if (n->unary.arg)
			dump_expr(n->unary.arg, out);
		buf_putc(out, '\n');
		break;
	default:
		buf_printf(out, "%s\n", node_kind_name(n->kind));
		break;
	}
}

static void dump_body(const struct node *list, int depth, struct buf *out)
{
	for (; list; list = list->next)
		dump_stmt(list, depth, out);
}

/* ---- tables ---- */

static void dump_piece(const struct fmt_piece *pc, const struct action *act, struct buf *out)
{
	buf_putc(out, ' ');
	if (pc->conv == FMT_TEXT) {
		dump_text(pc->text, out);
		return;
	}
	buf_putc(out, '%');
	buf_printf(out, "%s%s%s%s%s", pc->minus ? "-" : "", pc->plus ? "+" : "",
		   pc->space ? " " : "", pc->alt ? "#" : "", pc->zero ? "0" : "");
	if (pc->width >= 0)
		buf_printf(out, "%d", pc->width);
	if (pc->prec >= 0)
		buf_printf(out, ".%d", pc->prec);
	buf_printf(out, "%s%c", pc->conv == FMT_BUF && pc->letter != 'r' ? "r" : "", pc->letter);
	if (pc->conv == FMT_INT)
		buf_printf(out, "/%u", pc->int_sz);
	buf_putc(out, '=');
	type_print(act->arg_types[pc->arg], out);
}

static void dump_action(const struct action *act, struct buf *out)
{
	buf_printf(out, "action %u %s", act->idx, act->b->name);
	if (act->map)
		buf_printf(out, " %s", act->map->name);
	if (act->top || act->div)
		buf_printf(out, " top %" PRId64 " div %" PRId64, act->top, act->div);
	if (act->order)
		buf_printf(out, " order %d", act->order);
	if (act->entry_of)
		buf_printf(out, " entry of %s", act->entry_of->name);
	for (u32 i = 0; i < act->piece_cnt; i++)
		dump_piece(&act->pieces[i], act, out);
	if (!act->pieces && act->fmt.s) {
		buf_putc(out, ' ');
		dump_text(act->fmt, out);
	}
	for (u32 i = 0; !act->pieces && i < act->arg_cnt; i++) {
		buf_putc(out, ' ');
		dump_expr(act->args[i], out);
	}
	buf_putc(out, '\n');
}

static void dump_map_info(const struct map_info *m, struct buf *out)
{
	buf_printf(out, "map %s", m->name);
	if (m->key) {
		buf_putc(out, '[');
		type_print(m->key, out);
		buf_putc(out, ']');
	}
	buf_puts(out, ": ");
	type_print(m->val, out);
	buf_puts(out, m->is_written ? "\n" : " unwritten\n");
}

static void dump_inst(const struct inst *in, struct buf *out)
{
	buf_printf(out, "inst %u of clause %u", in->idx, in->clause->idx);
	for (u32 i = 0; i < in->probe_cnt; i++)
		buf_printf(out, "%s%s", i ? ", " : ": ", in->probes[i]->name);
	buf_putc(out, '\n');
	for (u32 i = 0; i < in->var_cnt; i++) {
		buf_printf(out, "\tvar %s: ", in->vars[i]->name);
		type_print(in->vars[i]->type, out);
		buf_putc(out, '\n');
	}
	if (in->pred) {
		buf_puts(out, "\twhen ");
		dump_expr(in->pred, out);
		buf_putc(out, '\n');
	}
	dump_body(in->body, 1, out);
}

void program_dump(const struct program *p, struct buf *out)
{
	if (p->compat == COMPAT_17)
		buf_puts(out, "compat 0.17\n");
	for (u32 i = 0; i < p->map_cnt; i++)
		dump_map_info(p->maps[i], out);
	for (u32 i = 0; i < p->inst_cnt; i++)
		dump_inst(p->insts[i], out);
	for (u32 i = 0; i < p->action_cnt; i++)
		dump_action(p->actions[i], out);
	for (const struct const_use *c = p->consts; c; c = c->next)
		buf_printf(out, "const %s = %" PRId64 "\n", c->name, c->val);
}
