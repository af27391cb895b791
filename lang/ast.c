/*
 * lang/ast.c -- what holds for all kinds of nodes: names, and where the children are.
 *
 * One table says for each kind which members are children, in evaluation order; copying, walking
 * and measuring follow it.
 */
#include "lang/ast.h"

#define SLOT_MAX 5

struct slot {
	u16 off;		/* of a struct node * in struct node; 0: no slot (kind is there) */
	bool is_list;		/* linked by next */
};

#define ONE(member) { offsetof(struct node, member), false }
#define LIST(member) { offsetof(struct node, member), true }

static const struct slot slots[NODE_KIND_CNT][SLOT_MAX] = {
	[NODE_MAP] = { ONE(map.key) },
	[NODE_CALL] = { LIST(call.args) },
	[NODE_FIELD] = { ONE(field.base) },
	[NODE_INDEX] = { ONE(index.base), ONE(index.idx) },
	[NODE_MEMBER] = { ONE(member.base) },
	[NODE_UNARY] = { ONE(unary.arg) },
	[NODE_INCDEC] = { ONE(unary.arg) },
	[NODE_BINARY] = { ONE(binary.l), ONE(binary.r) },
	[NODE_LOGIC] = { ONE(binary.l), ONE(binary.r) },
	[NODE_TERNARY] = { ONE(branch.cond), ONE(branch.then), ONE(branch.els) },
	[NODE_CAST] = { ONE(cast.arg), ONE(cast.tn.of) },
	[NODE_SIZEOF] = { ONE(cast.arg), ONE(cast.tn.of) },
	[NODE_OFFSETOF] = { ONE(offsetof_.arg), ONE(offsetof_.tn.of) },
	[NODE_TUPLE] = { LIST(list.items) },
	[NODE_RECORD] = { LIST(list.items) },
	[NODE_BLOCK_EXPR] = { LIST(list.items) },
	[NODE_COMPTIME] = { ONE(unary.arg) },
	[NODE_EXPR_STMT] = { ONE(unary.arg) },
	[NODE_ASSIGN] = { ONE(assign.rhs), ONE(assign.lhs) },
	[NODE_LET] = { ONE(let.rhs), ONE(let.tn.of) },
	[NODE_IF] = { ONE(branch.cond), LIST(branch.then), LIST(branch.els) },
	[NODE_WHILE] = { ONE(loop.cond), LIST(loop.body) },
	[NODE_UNROLL] = { ONE(loop.cond), LIST(loop.body) },
	[NODE_FOR_MAP] = { ONE(loop.map), ONE(loop.var), LIST(loop.body) },
	[NODE_FOR_RANGE] = { ONE(loop.lo), ONE(loop.hi), ONE(loop.var), LIST(loop.body) },
	[NODE_RETURN] = { ONE(unary.arg) },
	[NODE_BLOCK] = { LIST(list.items) },
};

static const char *const kind_names[NODE_KIND_CNT] = {
	[NODE_INT] = "int",
	[NODE_FLOAT] = "float",
	[NODE_STR] = "str",
	[NODE_BOOL] = "bool",
	[NODE_PARAM] = "param",
	[NODE_IDENT] = "ident",
	[NODE_BUILTIN] = "builtin",
	[NODE_VAR] = "var",
	[NODE_MAP] = "map",
	[NODE_CALL] = "call",
	[NODE_FIELD] = "field",
	[NODE_INDEX] = "index",
	[NODE_MEMBER] = "member",
	[NODE_UNARY] = "unary",
	[NODE_INCDEC] = "incdec",
	[NODE_BINARY] = "binary",
	[NODE_LOGIC] = "logic",
	[NODE_TERNARY] = "ternary",
	[NODE_CAST] = "cast",
	[NODE_SIZEOF] = "sizeof",
	[NODE_OFFSETOF] = "offsetof",
	[NODE_TUPLE] = "tuple",
	[NODE_RECORD] = "record",
	[NODE_BLOCK_EXPR] = "block-expr",
	[NODE_COMPTIME] = "comptime",
	[NODE_EXPR_STMT] = "expr",
	[NODE_ASSIGN] = "assign",
	[NODE_LET] = "let",
	[NODE_IF] = "if",
	[NODE_WHILE] = "while",
	[NODE_UNROLL] = "unroll",
	[NODE_FOR_MAP] = "for-map",
	[NODE_FOR_RANGE] = "for-range",
	[NODE_BREAK] = "break",
	[NODE_CONTINUE] = "continue",
	[NODE_RETURN] = "return",
	[NODE_BLOCK] = "block",
};

static const char *const op_texts[OP_CNT] = {
	[OP_NONE] = "",	     [OP_ADD] = "+",	 [OP_SUB] = "-",      [OP_MUL] = "*",
	[OP_DIV] = "/",	     [OP_MOD] = "%",	 [OP_AND] = "&",      [OP_OR] = "|",
	[OP_XOR] = "^",	     [OP_SHL] = "<<",	 [OP_SHR] = ">>",     [OP_EQ] = "==",
	[OP_NE] = "!=",	     [OP_LT] = "<",	 [OP_LE] = "<=",      [OP_GT] = ">",
	[OP_GE] = ">=",	     [OP_LAND] = "&&",	 [OP_LOR] = "||",     [OP_NOT] = "!",
	[OP_BNOT] = "~",     [OP_NEG] = "-",	 [OP_PLUS] = "+",     [OP_DEREF] = "*",
	[OP_ADDR] = "&",     [OP_PRE_INC] = "++", [OP_POST_INC] = "++", [OP_PRE_DEC] = "--",
	[OP_POST_DEC] = "--",
};

const char *node_kind_name(enum node_kind k)
{
	return k < NODE_KIND_CNT ? kind_names[k] : "?";
}

const char *op_text(enum op op)
{
	return op < OP_CNT ? op_texts[op] : "?";
}

struct node *node_new(struct arena *a, enum node_kind k, struct span sp)
{
	struct node *n = arena_new(a, struct node);

	if (!n)
		return NULL;
	n->kind = k;
	n->span = sp;
	return n;
}

static struct node **slot_of(struct node *n, int i)
{
	const struct slot *s = i < SLOT_MAX ? &slots[n->kind][i] : NULL;

	return s && s->off ? (struct node **)((char *)n + s->off) : NULL;
}

bool node_slot(const struct node *n, int i, struct node **ret, bool *ret_is_list)
{
	struct node **p = slot_of((struct node *)n, i);

	if (!p)
		return false;
	*ret = *p;
	*ret_is_list = slots[n->kind][i].is_list;
	return true;
}

struct node **node_place(struct node *n, int i, bool *ret_is_list)
{
	struct node **p = slot_of(n, i);

	*ret_is_list = p && slots[n->kind][i].is_list;
	return p;
}

struct node *node_child(const struct node *n, int i)
{
	struct node *child;
	bool is_list;

	for (int k = 0; node_slot(n, k, &child, &is_list); k++) {
		for (; child; child = is_list ? child->next : NULL) {
			if (i-- == 0)
				return child;
		}
	}
	return NULL;
}

void node_each_child(struct node *n, void (*fn)(void *ctx, struct node *child), void *ctx)
{
	struct node *child, *next;
	bool is_list;

	for (int k = 0; node_slot(n, k, &child, &is_list); k++) {
		for (; child; child = next) {
			next = is_list ? child->next : NULL;
			fn(ctx, child);
		}
	}
}

u32 node_height(const struct node *n)
{
	struct node *child;
	u32 max = 0;
	bool is_list;

	for (int k = 0; node_slot(n, k, &child, &is_list); k++) {
		for (; child; child = is_list ? child->next : NULL)
			max = child->height > max ? child->height : max;
	}
	return max + 1;
}

static bool copy_children(struct arena *a, struct node *copy)
{
	struct node **p;

	for (int k = 0; (p = slot_of(copy, k)); k++) {
		bool is_list = slots[copy->kind][k].is_list;

		for (const struct node *c = *p; c; c = is_list ? c->next : NULL) {
			*p = node_copy(a, c);
			if (!*p)
				return false;
			p = &(*p)->next;
		}
	}
	return true;
}

struct node *node_copy(struct arena *a, const struct node *n)
{
	struct node *copy = arena_dup(a, n, sizeof(*n));

	if (!copy)
		return NULL;
	copy->next = NULL;
	return copy_children(a, copy) ? copy : NULL;
}
