/*
 * lang/parse_stmt.c -- statements.  Blocks: parse_block.c.
 *
 *	stmt   = if | "while" expr block | "unroll" expr block | for | block
 *	       | ( "break" | "continue" | "return" [ expr ] | let | assign | expr ) end
 *	end    = ";" | before "}"
 *	if     = "if" expr block [ "else" ( if | block ) ]
 *	for    = "for" [ "(" ] "$" word ":" ( map | expr ".." expr ) [ ")" ] block
 *	let    = "let" "$" word [ ":" type ] [ "=" expr ]
 *	assign = ( "$" word | map | "_" ) ( "=" | "+=" ... ) expr
 */
#include "lang/parser_priv.h"

#include <string.h>

static const struct { enum token_kind tok; enum op op; } assign_ops[] = {
	{ TOK_ASSIGN, OP_NONE },    { TOK_ADD_ASSIGN, OP_ADD }, { TOK_SUB_ASSIGN, OP_SUB },
	{ TOK_MUL_ASSIGN, OP_MUL }, { TOK_DIV_ASSIGN, OP_DIV }, { TOK_MOD_ASSIGN, OP_MOD },
	{ TOK_AND_ASSIGN, OP_AND }, { TOK_OR_ASSIGN, OP_OR },	{ TOK_XOR_ASSIGN, OP_XOR },
	{ TOK_SHL_ASSIGN, OP_SHL }, { TOK_SHR_ASSIGN, OP_SHR },
};

static bool is_assign(enum token_kind k)
{
	return k >= TOK_ASSIGN && k <= TOK_SHR_ASSIGN;
}

static enum op assign_op(enum token_kind k)
{
	for (size_t i = 0; i < countof(assign_ops); i++) {
		if (assign_ops[i].tok == k)
			return assign_ops[i].op;
	}
	return OP_NONE;
}

static void hint_missing_end(struct parser *p, struct diag *g)
{
	bool behind_args = p->prev.kind == TOK_IDENT && str_is(parser_text(p, p->prev), "args");

	if (behind_args)
		diag_hint(p->d, g, "an argument is written args.NAME");
	else if (p->tok.kind == TOK_ASSIGN)
		diag_hint(p->d, g, "an assignment has no value; '==' compares");
	else if (p->tok.kind == TOK_RPAREN)
		diag_hint(p->d, g, "there is no '(' for it");
}

bool parse_end(struct parser *p)
{
	struct diag *g;

	if (parser_take(p, TOK_SEMI) || p->tok.kind == TOK_RBRACE || p->tok.kind == TOK_END)
		return true;
	if (p->tok.is_line_start && p->tok.kind != TOK_BAD) {
		g = parser_error(p, parser_behind(p), "expected ';' at the end of the statement");
		hint_missing_end(p, g);
		p->is_panicking = false;
		return true;
	}
	hint_missing_end(p, parser_unexpected(p, "';' after the statement"));
	return false;
}

/*
 * The block of @n, and @n itself.  If its head failed (@head_ok is false), the block is looked for,
 * parsed to find more errors, and stands for the whole statement.
 */
static struct node *parse_body(struct parser *p, struct node *n, bool head_ok, struct node **body)
{
	struct node_list l;

	if (!head_ok && !parser_skip_to_block(p))
		return NULL;
	if (!parse_block(p, &l))
		return NULL;
	if (head_ok) {
		*body = l.head;
		return n;
	}
	n->kind = NODE_BLOCK;
	n->list.items = l.head;
	n->list.cnt = l.cnt;
	return n;
}

static struct node *parse_else(struct parser *p, struct node *n)
{
	struct node_list l;

	node_list_init(&l);
	if (p->tok.kind != TOK_IF) {
		if (!parse_block(p, &l))
			return NULL;
	} else {
		l.head = parse_stmt(p);
		if (!l.head)
			return NULL;
	}
	if (n->kind == NODE_IF)		/* its condition was one */
		n->branch.els = l.head;
	return n;
}

static struct node *parse_if(struct parser *p)
{
	struct node *n = parser_node(p, NODE_IF, p->tok.span);

	if (!n)
		return NULL;
	parser_advance(p);
	n->branch.cond = parse_cond(p);
	n = parse_body(p, n, n->branch.cond, &n->branch.then);
	if (n && parser_take(p, TOK_ELSE))
		n = parse_else(p, n);
	return n ? parser_finish(p, n) : NULL;
}

static struct node *parse_while(struct parser *p)
{
	enum node_kind k = p->tok.kind == TOK_WHILE ? NODE_WHILE : NODE_UNROLL;
	struct node *n = parser_node(p, k, p->tok.span);

	if (!n)
		return NULL;
	parser_advance(p);
	n->loop.cond = parse_cond(p);
	n = parse_body(p, n, n->loop.cond, &n->loop.body);
	return n ? parser_finish(p, n) : NULL;
}

/* map | expr ".." expr */
static bool parse_for_what(struct parser *p, struct node *n)
{
	struct node *what = parse_expr(p);

	if (!what)
		return false;
	if (what->kind == NODE_MAP && p->tok.kind != TOK_DOTDOT) {
		n->loop.map = what;
		return true;
	}
	n->kind = NODE_FOR_RANGE;
	n->loop.lo = what;
	if (!parser_expect(p, TOK_DOTDOT, "between the first value and the end"))
		return false;
	n->loop.hi = parse_expr(p);
	return n->loop.hi;
}

static bool parse_for_head(struct parser *p, struct node *n)
{
	bool has_paren = parser_take(p, TOK_LPAREN);

	if (p->tok.kind != TOK_VAR) {
		parser_unexpected(p, "a $variable after 'for'");
		return false;
	}
	n->loop.var = parse_primary(p);
	if (!n->loop.var || !parser_expect(p, TOK_COLON, "after the variable") ||
	    !parse_for_what(p, n))
		return false;
	return !has_paren || parser_expect(p, TOK_RPAREN, "before the body");
}

static struct node *parse_for(struct parser *p)
{
	struct node *n = parser_node(p, NODE_FOR_MAP, p->tok.span);
	bool head_ok;

	if (!n)
		return NULL;
	parser_advance(p);
	head_ok = parse_for_head(p, n);
	n = parse_body(p, n, head_ok, &n->loop.body);
	return n ? parser_finish(p, n) : NULL;
}

static struct node *parse_jump(struct parser *p)
{
	static const enum node_kind kinds[] = {
		[TOK_BREAK] = NODE_BREAK,
		[TOK_CONTINUE] = NODE_CONTINUE,
		[TOK_RETURN] = NODE_RETURN,
	};
	struct node *n = parser_node(p, kinds[p->tok.kind], p->tok.span);

	if (!n)
		return NULL;
	parser_advance(p);
	if (n->kind == NODE_RETURN && p->tok.kind != TOK_SEMI && p->tok.kind != TOK_RBRACE) {
		n->unary.arg = parse_expr(p);
		if (!n->unary.arg)
			return NULL;
	}
	n = parser_finish(p, n);
	return n && parse_end(p) ? n : NULL;
}

static struct node *parse_let(struct parser *p)
{
	struct node *n = parser_node(p, NODE_LET, p->tok.span);

	if (!n)
		return NULL;
	parser_advance(p);
	n->let.var_name = parser_dup(p, p->tok);
	if (!n->let.var_name || !parser_expect(p, TOK_VAR, "after 'let'"))
		return NULL;
	n->let.has_type = parser_take(p, TOK_COLON);
	if (n->let.has_type && !parse_type(p, &n->let.tn))
		return NULL;
	if (parser_take(p, TOK_ASSIGN)) {
		n->let.rhs = parse_expr(p);
		if (!n->let.rhs)
			return NULL;
	}
	n = parser_finish(p, n);
	return n && parse_end(p) ? n : NULL;
}

static bool can_assign(const struct node *n)
{
	return n->kind == NODE_VAR || n->kind == NODE_MAP ||
	       (n->kind == NODE_IDENT && !strcmp(n->ident.name, "_"));
}

static struct node *parse_assign(struct parser *p, struct node *lhs)
{
	struct node *n = parser_node(p, NODE_ASSIGN, lhs->span);

	if (!n)
		return NULL;
	if (!can_assign(lhs)) {
		struct diag *g = parser_error(p, lhs->span, "this cannot be assigned to");

		diag_hint(p->d, g, "only $variables and @maps can; '==' compares");
		return NULL;
	}
	n->assign.op = assign_op(p->tok.kind);
	n->assign.lhs = lhs;
	parser_advance(p);
	n->assign.rhs = parse_expr(p);
	return n->assign.rhs ? parser_finish(p, n) : NULL;
}

static struct node *parse_simple(struct parser *p)
{
	struct node *e = parse_expr(p), *n;

	if (!e)
		return NULL;
	if (is_assign(p->tok.kind)) {
		n = parse_assign(p, e);
	} else {
		n = parser_node(p, NODE_EXPR_STMT, e->span);
		if (!n)
			return NULL;
		n->unary.arg = e;
		n = parser_finish(p, n);
	}
	if (!n || !parse_end(p))
		return NULL;
	if (n->kind == NODE_EXPR_STMT)
		n->unary.is_open = p->prev.kind != TOK_SEMI;
	return n;
}

static struct node *parse_inner_block(struct parser *p)
{
	struct node *n = parser_node(p, NODE_BLOCK, p->tok.span);
	struct node_list l;

	if (!n || !parse_block(p, &l))
		return NULL;
	n->list.items = l.head;
	n->list.cnt = l.cnt;
	return parser_finish(p, n);
}

static struct node *parse_stray_else(struct parser *p)
{
	struct diag *g = parser_unexpected(p, "a statement");

	diag_hint(p->d, g, "'else' must follow the '}' of an if");
	return NULL;
}

static struct node *parse_stmt_kind(struct parser *p)
{
	switch (p->tok.kind) {
	case TOK_IF: return parse_if(p);
	case TOK_WHILE:
	case TOK_UNROLL: return parse_while(p);
	case TOK_FOR: return parse_for(p);
	case TOK_BREAK:
	case TOK_CONTINUE:
	case TOK_RETURN: return parse_jump(p);
	case TOK_LBRACE: return parse_inner_block(p);
	case TOK_ELSE: return parse_stray_else(p);
	case TOK_IDENT:
		if (parser_is_word(p, "let"))
			return parse_let(p);
		return parse_simple(p);
	default: return parse_simple(p);
	}
}

struct node *parse_stmt(struct parser *p)
{
	struct node *n;

	if (!parser_enter(p))
		return NULL;
	n = parse_stmt_kind(p);
	parser_leave(p);
	return n;
}
