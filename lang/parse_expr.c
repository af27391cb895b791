/*
 * lang/parse_expr.c -- expressions: operators by precedence.
 *
 *	expr    = binary [ "?" [ expr ] ":" expr ]			right to left
 *	binary  = unary { operator unary }				by the table, left to right
 *	unary   = ( "!" | "~" | "-" | "+" | "*" | "&" | "++" | "--" ) unary | "(" type ")" unary |
 *	postfix postfix = primary { "." word | "->" word | "." number | "[" expr "]" | "++" | "--" }
 */
#include "lang/parser_priv.h"

#include <stdlib.h>

struct binary_op {
	enum token_kind tok;
	enum op op;
	int prec;		/* higher binds tighter */
};

static const struct binary_op binary_ops[] = {
	{ TOK_LOR, OP_LOR, 1 },	    { TOK_LAND, OP_LAND, 2 },
	{ TOK_PIPE, OP_OR, 3 },	    { TOK_CARET, OP_XOR, 4 },	{ TOK_AMP, OP_AND, 5 },
	{ TOK_EQ, OP_EQ, 6 },	    { TOK_NE, OP_NE, 6 },
	{ TOK_LT, OP_LT, 7 },	    { TOK_LE, OP_LE, 7 },	{ TOK_GT, OP_GT, 7 },
	{ TOK_GE, OP_GE, 7 },
	{ TOK_SHL, OP_SHL, 8 },	    { TOK_SHR, OP_SHR, 8 },
	{ TOK_PLUS, OP_ADD, 9 },    { TOK_MINUS, OP_SUB, 9 },
	{ TOK_STAR, OP_MUL, 10 },   { TOK_SLASH, OP_DIV, 10 },	{ TOK_PERCENT, OP_MOD, 10 },
};

static const struct { enum token_kind tok; enum op op; enum node_kind kind; } unary_ops[] = {
	{ TOK_NOT, OP_NOT, NODE_UNARY },      { TOK_TILDE, OP_BNOT, NODE_UNARY },
	{ TOK_MINUS, OP_NEG, NODE_UNARY },    { TOK_PLUS, OP_PLUS, NODE_UNARY },
	{ TOK_STAR, OP_DEREF, NODE_UNARY },   { TOK_AMP, OP_ADDR, NODE_UNARY },
	{ TOK_INC, OP_PRE_INC, NODE_INCDEC }, { TOK_DEC, OP_PRE_DEC, NODE_INCDEC },
};

static bool ends_predicate(enum token_kind behind_slash)
{
	return behind_slash == TOK_LBRACE || behind_slash == TOK_END;
}

/* The operator that the expression goes on with, NULL if it ends here. */
static const struct binary_op *next_op(const struct parser *p)
{
	if (p->in_pred && p->tok.kind == TOK_SLASH && ends_predicate(parser_peek(p).kind))
		return NULL;
	for (size_t i = 0; i < countof(binary_ops); i++) {
		if (binary_ops[i].tok == p->tok.kind)
			return &binary_ops[i];
	}
	return NULL;
}

static struct node *make_binary(struct parser *p, const struct binary_op *op, struct node *l,
				struct node *r)
{
	enum node_kind k = op->prec <= 2 ? NODE_LOGIC : NODE_BINARY;
	struct node *n = parser_node(p, k, l->span);

	if (!n)
		return NULL;
	n->binary.op = op->op;
	n->binary.l = l;
	n->binary.r = r;
	return parser_finish(p, n);
}

/* The depth of this recursion is the number of precedences. */
static struct node *parse_binary(struct parser *p, int min_prec)
{
	struct node *left = parse_unary(p), *right;
	const struct binary_op *op;

	while (left && (op = next_op(p)) && op->prec >= min_prec) {
		parser_advance(p);
		right = parse_binary(p, op->prec + 1);
		left = right ? make_binary(p, op, left, right) : NULL;
	}
	return left;
}

static struct node *parse_ternary(struct parser *p)
{
	struct node *cond = parse_binary(p, 1), *n;

	if (!cond || !parser_take(p, TOK_QUESTION))
		return cond;
	n = parser_node(p, NODE_TERNARY, cond->span);
	if (!n)
		return NULL;
	n->branch.cond = cond;
	if (p->tok.kind != TOK_COLON) {
		n->branch.then = parse_expr(p);
		if (!n->branch.then)
			return NULL;
	}
	if (!parser_expect(p, TOK_COLON, "between the two values of '?'"))
		return NULL;
	n->branch.els = parse_expr(p);
	return n->branch.els ? parser_finish(p, n) : NULL;
}

struct node *parse_expr(struct parser *p)
{
	struct node *n;

	if (!parser_enter(p))
		return NULL;
	n = parse_ternary(p);
	parser_leave(p);
	return n;
}

/* '=' where '==' was meant, as the next token: say so and go on as if it were. */
static struct node *parse_mistaken_assign(struct parser *p, struct node *l)
{
	static const struct binary_op eq = { TOK_EQ, OP_EQ, 6 };
	struct diag *g = parser_error(p, p->tok.span, "'=' assigns; a condition cannot");
	struct node *r;

	diag_hint(p->d, g, "'==' compares");
	p->is_panicking = false;
	parser_advance(p);
	r = parse_expr(p);
	return r ? make_binary(p, &eq, l, r) : NULL;
}

struct node *parse_cond(struct parser *p)
{
	struct node *n;

	p->cond_end = p->tok.span.off + 1;
	n = parse_expr(p);
	if (n && p->tok.kind == TOK_ASSIGN)
		return parse_mistaken_assign(p, n);
	if (n && n->kind == NODE_RECORD) {
		struct diag *g = parser_error(p, n->span, "'=' assigns; a condition cannot");

		diag_hint(p->d, g, "'==' compares");
		p->is_panicking = false;
	}
	return n;
}

struct node *parse_paren_rest(struct parser *p, struct node *n)
{
	if (p->tok.kind == TOK_ASSIGN)
		n = parse_mistaken_assign(p, n);
	return n && parser_expect(p, TOK_RPAREN, "after the expression") ? n : NULL;
}

struct node *parse_operand(struct parser *p)
{
	struct node *n;

	if (!parser_enter(p))
		return NULL;
	n = parse_unary(p);
	parser_leave(p);
	return n;
}

/* "(" type ")" unary */
static struct node *parse_cast(struct parser *p)
{
	struct node *n = parser_node(p, NODE_CAST, p->tok.span);

	if (!n)
		return NULL;
	parser_advance(p);
	if (!parse_type(p, &n->cast.tn) || !parser_expect(p, TOK_RPAREN, "after the type"))
		return NULL;
	n->cast.arg = parse_operand(p);
	return n->cast.arg ? parser_finish(p, n) : NULL;
}

static bool can_count(const struct node *n)
{
	return n->kind == NODE_VAR || n->kind == NODE_MAP;
}

/* Of ++ and --: reported, and gone on. */
static void check_countable(struct parser *p, const struct node *arg, enum op op)
{
	struct diag *g;

	if (can_count(arg))
		return;
	g = parser_error(p, arg->span, "'%s' needs a $variable or a @map", op_text(op));
	diag_hint(p->d, g, "nothing else can be assigned to");
	p->is_panicking = false;
}

static struct node *parse_prefix(struct parser *p, size_t row)
{
	struct node *n = parser_node(p, unary_ops[row].kind, p->tok.span);

	if (!n)
		return NULL;
	parser_advance(p);
	n->unary.op = unary_ops[row].op;
	n->unary.arg = parse_operand(p);
	if (!n->unary.arg)
		return NULL;
	if (n->kind == NODE_INCDEC)
		check_countable(p, n->unary.arg, n->unary.op);
	return parser_finish(p, n);
}

struct node *parse_unary(struct parser *p)
{
	for (size_t i = 0; i < countof(unary_ops); i++) {
		if (unary_ops[i].tok == p->tok.kind)
			return parse_prefix(p, i);
	}
	if (p->tok.kind == TOK_LPAREN && parser_at_cast(p))
		return parse_cast(p);
	return parse_postfix(p);
}

static struct node *parse_member(struct parser *p, struct node *base)
{
	struct node *n = parser_node(p, NODE_MEMBER, base->span);
	struct str text = parser_text(p, p->tok);
	unsigned long v = strtoul(text.s, NULL, 10);

	if (!n)
		return NULL;
	if (v > UINT16_MAX || text.len > 5) {
		parser_error(p, p->tok.span, "no tuple has so many members");
		return NULL;
	}
	parser_advance(p);
	n->member.base = base;
	n->member.n = (u32)v;
	return parser_finish(p, n);
}

/* Behind "." or "->" */
static struct node *parse_field(struct parser *p, struct node *base, bool is_arrow)
{
	struct node *n;

	if (!is_arrow && p->tok.kind == TOK_INT)
		return parse_member(p, base);
	if (!token_is_word(p->tok.kind)) {
		parser_unexpected(p, is_arrow ? "the name of a field after '->'" :
						"the name of a field after '.'");
		return NULL;
	}
	n = parser_node(p, NODE_FIELD, base->span);
	if (!n)
		return NULL;
	parser_advance(p);
	n->field.base = base;
	n->field.is_arrow = is_arrow;
	n->field.name = parser_dup(p, p->prev);
	return n->field.name ? parser_finish(p, n) : NULL;
}

static struct node *parse_index(struct parser *p, struct node *base)
{
	struct node *n = parser_node(p, NODE_INDEX, base->span);

	if (!n)
		return NULL;
	n->index.base = base;
	n->index.idx = parse_expr(p);
	if (!n->index.idx || !parser_expect(p, TOK_RBRACKET, "after the index"))
		return NULL;
	return parser_finish(p, n);
}

static struct node *make_postfix_incdec(struct parser *p, struct node *arg, enum op op)
{
	struct node *n = parser_node(p, NODE_INCDEC, arg->span);

	if (!n)
		return NULL;
	check_countable(p, arg, op);
	n->unary.op = op;
	n->unary.arg = arg;
	return parser_finish(p, n);
}

/* One more postfix, or *ret_more = false. */
static struct node *parse_postfix_part(struct parser *p, struct node *n, bool *ret_more)
{
	if (parser_take(p, TOK_DOT))
		return parse_field(p, n, false);
	if (parser_take(p, TOK_ARROW))
		return parse_field(p, n, true);
	if (parser_take(p, TOK_LBRACKET))
		return parse_index(p, n);
	if (parser_take(p, TOK_INC))
		return make_postfix_incdec(p, n, OP_POST_INC);
	if (parser_take(p, TOK_DEC))
		return make_postfix_incdec(p, n, OP_POST_DEC);
	*ret_more = false;
	return n;
}

struct node *parse_postfix(struct parser *p)
{
	struct node *n = parse_primary(p);
	bool more = true;

	while (n && more)
		n = parse_postfix_part(p, n, &more);
	return n;
}
