/*
 * lang/ast.h -- the tree the parser builds and the checker annotates.
 *
 * One struct for all kinds; the arm of the union is the kind's.  Nodes live in the program's arena.
 * node.id is dense over a clause instance (assigned by the checker, source order), so that later
 * passes keep side tables. Lists are linked by node.next in source order.
 */
#pragma once

#include "lang/source.h"
#include "lang/type.h"

#define AST_NEST_MAX 256	/* no tree is deeper, so passes may recurse */

enum node_kind {
	/* expressions */
	NODE_INT,		/* integer.val; also a duration (value in ns) */
	NODE_FLOAT,		/* integer.val: the bits of a double */
	NODE_STR,		/* text */
	NODE_BOOL,		/* integer.val 0/1 */
	NODE_PARAM,		/* $1 .. $N; index 0: $# -- replaced by the checker */
	NODE_IDENT,		/* builtin, constant, macro, type or (in EXPR mode) a bare column */
	NODE_BUILTIN,		/* made by the checker: ident that names a builtin */
	NODE_VAR,		/* $x */
	NODE_MAP,		/* @m or @m[k]: map.key NULL for a scalar */
	NODE_CALL,		/* call.name(args) */
	NODE_FIELD,		/* field.base . name   or -> */
	NODE_INDEX,		/* index.base [ index.idx ] */
	NODE_MEMBER,		/* member.base . N, tuple member */
	NODE_UNARY,		/* op: ! ~ - + * & */
	NODE_INCDEC,		/* ++x x++ --x x-- */
	NODE_BINARY,		/* arithmetic, comparison, shifts, bit operations */
	NODE_LOGIC,		/* && || (left to right, short circuit) */
	/* c ? a : b; c ?: b: then NULL; an if as a value has BLOCK_EXPRs */
	NODE_TERNARY,
	NODE_CAST,		/* (type) expr */
	NODE_SIZEOF,		/* sizeof(type) or sizeof(expr) -- folded by the checker */
	NODE_OFFSETOF,
	NODE_TUPLE,		/* list */
	NODE_RECORD,		/* (x = 1, y = 2): list of NODE_ASSIGN whose lhs is a NODE_IDENT */
	/* { stmts; expr }: the last item is the value's expression; gone after lift_blocks() */
	NODE_BLOCK_EXPR,
	NODE_COMPTIME,		/* comptime expr; gone when everything is typed */
	/* statements */
	NODE_EXPR_STMT,		/* unary.arg */
	NODE_ASSIGN,		/* assign.lhs op= assign.rhs; lhs VAR, MAP or '_' */
	NODE_LET,		/* let $x [: type] [= rhs] */
	NODE_IF,		/* branch.cond, then, els: statement lists, els NULL */
	NODE_WHILE,		/* loop.cond, body */
	NODE_UNROLL,		/* loop.cond = count */
	NODE_FOR_MAP,		/* for ($kv : @m) */
	NODE_FOR_RANGE,		/* for ($i : a..b) */
	NODE_BREAK, NODE_CONTINUE,
	NODE_RETURN,		/* unary.arg or NULL */
	NODE_BLOCK,		/* list */
	NODE_KIND_CNT
};

enum op {
	OP_NONE,
	/* also the op of op= */
	OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_MOD, OP_AND, OP_OR, OP_XOR, OP_SHL, OP_SHR,
	OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE,
	OP_LAND, OP_LOR,
	OP_NOT, OP_BNOT, OP_NEG, OP_PLUS, OP_DEREF, OP_ADDR,
	OP_PRE_INC, OP_POST_INC, OP_PRE_DEC, OP_POST_DEC,
	OP_CNT
};

/* A type as written, before the catalog is asked. */
struct type_name {
	const char *base;	/* "uint64", "struct task_struct", "string" ... */
	u32 ptr_depth;
	s64 array_len;		/* -1: not an array, 0: [] */
	u32 outer_depth;	/* '*' behind the [] */
	bool is_tuple;		/* base is its text, members are what it holds */
	struct type_name *members, *next;	/* next: of the tuple that this is a member of */
	const char *member_name;	/* NULL: none is written */
	struct node *of;	/* typeof(of); NULL once its type is known */
	const struct type *known;	/* ... which is this one then */
	struct span span;
};

struct map_info;		/* lang/program.h */
struct var_info;
struct builtin;			/* lang/builtin.h */

struct node {
	enum node_kind kind;
	struct span span;
	u32 id;
	u32 height;			/* of this tree; by the parser, at most AST_NEST_MAX */
	const struct type *type;	/* set by the checker; NULL before */
	struct node *next;		/* in a list */
	union {
		struct { s64 val; bool is_unsigned, is_duration; struct str suffix; } integer;
		struct { struct str s; } text;		/* escapes resolved; may hold NULs */
		struct { int index; } param;
		/* leaf: canonical text of the column that it names, by the checker; NULL: none */
		struct { const char *name, *leaf; } ident;
		struct { const struct builtin *b; s64 arg; } builtin;	/* arg: N of argN */
		struct { const char *name; struct var_info *info; } var;
		struct {
			const char *name;		/* with '@' */
			struct node *key;		/* NODE_TUPLE for @m[a, b]; NULL: none */
			struct map_info *info;
		} map;
		struct {
			const char *name;
			struct node *args;
			int arg_cnt;
			const struct builtin *b;
			int action;	/* index into program.actions, -1 for value functions */
		} call;
		struct {
			struct node *base;
			const char *name;
			bool is_arrow;
			const struct field *f;
		} field;
		struct { struct node *base, *idx; } index;
		struct { struct node *base; u32 n; } member;
		/*
		 * UNARY INCDEC EXPR_STMT RETURN COMPTIME.  is_open: a statement that no ';' ends,
		 * so it is the value of its block if that has one.
		 */
		struct { enum op op; struct node *arg; bool is_open; } unary;
		/* BINARY LOGIC; is_signed: how / % >> < <= > >= work, by the checker */
		struct {
			enum op op;
			struct node *l, *r;
			bool is_signed;
			const struct type *as;	/* tuples: they compare as this; else NULL */
		} binary;
		struct { struct node *cond, *then, *els; } branch;	/* TERNARY IF */
		struct { struct type_name tn; struct node *arg; } cast;	/* SIZEOF too: arg or tn */
		struct { struct type_name tn; const char *path; struct node *arg; } offsetof_;
		/*
		 * TUPLE RECORD BLOCK BLOCK_EXPR (the last item is the value).  names: of the
		 * members of a TUPLE that was a RECORD (resolve.c); else NULL
		 */
		struct { struct node *items; u32 cnt; const char *const *names; } list;
		/* is_signed: of op, as in binary */
		struct { enum op op; struct node *lhs, *rhs; bool is_signed; } assign;
		struct {
			const char *var_name;
			struct var_info *var;
			struct type_name tn;
			bool has_type;
			struct node *rhs;
		} let;
		struct {
			struct node *cond, *body, *var, *lo, *hi, *map;
			s32 action;	/* FOR_MAP: index into program.actions; -1: none */
		} loop;
	};
};

/* A probe as written: "tracepoint:syscalls:sys_enter_*", split at ':' outside quotes. */
#define PROBE_PART_MAX 6
struct probe_spec {
	struct span span;
	const char *name;			/* of name=probe; NULL: none; not used yet */
	const char *text;			/* as written, parameters substituted */
	const char *parts[PROBE_PART_MAX];	/* parts[0] is the provider as written */
	struct span part_spans[PROBE_PART_MAX];
	int part_cnt;
	struct probe_spec *next;
};

struct clause {
	struct span span;		/* from the first probe to the closing brace */
	struct probe_spec *probes;
	struct node *pred;		/* NULL: none */
	struct node *body;		/* statement list, NULL: empty */
	u32 idx;
	struct clause *next;
};

/* KEY = VAL of config = { ... } */
struct config_item {
	const char *key;
	struct node *val;
	struct span span;
	struct config_item *next;
};

/* let @m = hash(100) */
struct map_decl {
	const char *map_name, *type_name;
	struct node *size;
	struct span span;
	struct map_decl *next;
};

enum macro_param_kind { MACRO_EXPR, MACRO_VAR, MACRO_MAP };

struct macro_param {
	enum macro_param_kind kind;
	const char *name;		/* "x" "$x" "@x" */
	struct span span;
};

#define MACRO_PARAM_MAX 64

/* macro NAME(x, $y, @z) { ... } */
struct macro_def {
	const char *name;
	struct span head;		/* "macro NAME" */
	struct span span;		/* all of it */
	struct macro_param *params;
	u32 param_cnt;
	struct node *body;		/* NODE_BLOCK_EXPR, maybe without a value */
	struct macro_def *next;
};

/* A part of the script that is recognised and skipped: the checker refuses it at its place. */
struct skipped_item {
	const char *what;		/* "fn" "import" */
	struct span span;		/* from the word to the end of the item */
	struct skipped_item *next;
};

/* A struct, union, enum or typedef in C. */
struct c_def {
	struct span span;
	struct c_def *next;
};

/* What a script's text says. */
struct ast {
	struct skipped_item *skipped;
	struct c_def *c_defs;		/* of C, in order */
	struct macro_def *macros;
	struct str c_text;		/* preprocessor lines and struct definitions, in order */
	struct span c_span;
	struct config_item *config;
	struct map_decl *map_decls;
	struct clause *clauses;
	u32 clause_cnt;
};

const char *node_kind_name(enum node_kind k);	/* "binary"; for dumps and tests */
const char *op_text(enum op op);		/* "+" "&&" "++" */
struct node *node_new(struct arena *a, enum node_kind k, struct span sp);
/*
 * The i-th place for children, in evaluation order: *ret is the child or the head of a list, NULL
 * if there is none. false: the kind has no more places.
 */
bool node_slot(const struct node *n, int i, struct node **ret, bool *ret_is_list);
/* The same for changing it: what holds the child; NULL: no more places. */
struct node **node_place(struct node *n, int i, bool *ret_is_list);
/*
 * The children in evaluation order (right-hand side before left, statements of bodies one by one),
 * i-th or NULL. Walking all of a node with n children takes n * n steps: use node_slot() where
 * lists may be long.
 */
struct node *node_child(const struct node *n, int i);
/*
 * @fn for each child in that order, items of lists one by one; @fn may change what follows the
 * child.
 */
void node_each_child(struct node *n, void (*fn)(void *ctx, struct node *child), void *ctx);
/* 1 + the greatest height of its children. */
u32 node_height(const struct node *n);
/*
 * Deep copy (for clause instances, unroll) of @n alone, next NULL; types and infos are shared.
 * NULL: arena full.
 */
struct node *node_copy(struct arena *a, const struct node *n);
