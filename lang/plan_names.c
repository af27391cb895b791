/*
 * lang/plan_names.c -- what a person would type for a column or a table.
 *
 * The argument, the builtin, the map, the member path, the variable.  Builtins own theirs, so an
 * argument of such a name is `args_pid`; the string of X is `X_str`; a name taken already gets _2,
 * _3 ... in source order.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "lang/split_priv.h"

#define NAME_MAX_LEN 64

static void put_name(const struct node *n, struct buf *out, int depth);

static const char *const reserved[] = { "ts", "time", "path", "seq", "table", "row", NULL };

static bool is_reserved(const char *name)
{
	const struct builtin *b;

	for (int i = 0; reserved[i]; i++) {
		if (!strcmp(reserved[i], name))
			return true;
	}
	b = builtin_find(str_of(name));
	return b && !b->is_func;
}

static bool is_args(const struct node *n)
{
	return n->kind == NODE_BUILTIN && n->builtin.b->id == BI_ARGS;
}

static void put_field(const struct node *n, struct buf *out, int depth)
{
	const struct node *base = n->field.base;

	if (is_args(base)) {
		buf_printf(out, is_reserved(n->field.name) ? "args_%s" : "%s", n->field.name);
		return;
	}
	if (base->kind == NODE_FIELD || base->kind == NODE_INDEX) {
		put_name(base, out, depth + 1);
		buf_putc(out, '_');
	}
	buf_puts(out, n->field.name);
}

static void put_call(const struct node *n, struct buf *out, int depth)
{
	enum builtin_id id = n->call.b ? n->call.b->id : BI_CNT;

	if (id == BI_STR && n->call.args) {
		put_name(n->call.args, out, depth + 1);
		buf_puts(out, "_str");
		return;
	}
	buf_puts(out, n->call.name);
	if (id == BI_KSTACK || id == BI_USTACK || !n->call.args)
		return;
	buf_putc(out, '_');
	put_name(n->call.args, out, depth + 1);
}

static void put_index(const struct node *n, struct buf *out, int depth)
{
	put_name(n->index.base, out, depth + 1);
	if (n->index.idx->kind == NODE_INT)
		buf_printf(out, "_%lld", (long long)n->index.idx->integer.val);
}

static void put_name(const struct node *n, struct buf *out, int depth)
{
	if (depth > 16)
		return;
	switch (n->kind) {
	case NODE_BUILTIN:
		buf_puts(out, n->builtin.b->name);
		if (n->builtin.b->id == BI_ARGN)
			buf_reset(out), buf_printf(out, "arg%lld", (long long)n->builtin.arg);
		break;
	case NODE_VAR:
		buf_puts(out, n->var.name + 1);
		break;
	case NODE_MAP:
		buf_puts(out, n->map.name[1] ? n->map.name + 1 : "map");
		break;
	case NODE_FIELD:
		put_field(n, out, depth);
		break;
	case NODE_INDEX:
		put_index(n, out, depth);
		break;
	case NODE_CALL:
		put_call(n, out, depth);
		break;
	case NODE_UNARY:
	case NODE_INCDEC:
		put_name(n->unary.arg, out, depth + 1);
		break;
	case NODE_CAST:
		put_name(n->cast.arg, out, depth + 1);
		break;
	default:
		buf_puts(out, "value");
	}
}

/* Letters, digits and '_' only, not empty, not starting with a digit. */
static const char *clean_name(struct split *sp, struct buf *b)
{
	char *s;

	if (b->len > NAME_MAX_LEN)
		b->len = NAME_MAX_LEN;
	s = arena_dup(sp->arena, b->len ? (const char *)b->data : "value", b->len ? b->len : 5);
	for (char *p = s; p && *p; p++) {
		if (!isalnum((unsigned char)*p) && *p != '_')
			*p = '_';
	}
	if (s && isdigit((unsigned char)*s))
		*s = '_';
	return s;
}

static bool is_taken(const struct plan_table *t, u32 before, const char *name)
{
	for (u32 i = 0; i < before; i++) {
		if (!strcmp(t->cols[i].name, name))
			return true;
	}
	return false;
}

static const char *unique_name(struct split *sp, const struct plan_table *t, u32 before,
			       const char *name)
{
	const char *out = name;

	for (int i = 2; out && is_taken(t, before, out); i++)
		out = arena_printf(sp->arena, "%s_%d", name, i);
	return out;
}

int plan_name_columns(struct split *sp, struct plan_table *t)
{
	for (u32 i = COL_FIXED_CNT; i < t->col_cnt; i++) {
		struct plan_col *c = &t->cols[i];
		const char *name;
		struct buf b;

		buf_init(&b, 4096);
		if (c->role == COL_LEAF && c->node != PLAN_NO_NODE)
			put_name(t->inst->nodes[c->node], &b, 0);
		else
			buf_puts(&b, c->leaf);
		name = clean_name(sp, &b);
		buf_fini(&b);
		if (!name)
			return -ENOMEM;
		c->name = unique_name(sp, t, i, name);
		if (!c->name)
			return -ENOMEM;
	}
	return 0;
}

/* "sys_enter_read", "begin", "interval_s_1": the probe without its provider where that is clear. */
static const char *table_base_name(struct split *sp, const struct inst *inst)
{
	const struct probe *p = inst->probe_cnt ? inst->probes[0] : NULL;
	struct buf b;
	const char *s;

	buf_init(&b, 4096);
	if (!p)
		buf_puts(&b, "none");
	else if (p->kind == PROBE_BEGIN || p->kind == PROBE_END)
		buf_puts(&b, p->kind == PROBE_BEGIN ? "begin" : "end");
	else
		buf_puts(&b, p->event ? p->event : p->name);
	s = clean_name(sp, &b);
	buf_fini(&b);
	return s;
}

static bool is_table_taken(const struct plan *plan, u32 before, const char *name)
{
	for (u32 i = 0; i < before; i++) {
		if (!strcmp(plan->tables[i].name, name))
			return true;
	}
	return false;
}

int plan_name_tables(struct split *sp, struct plan *plan)
{
	for (u32 i = 0; i < sp->prog->inst_cnt; i++) {
		const char *base = table_base_name(sp, sp->prog->insts[i]), *name = base;

		for (int k = 2; name && is_table_taken(plan, i, name); k++)
			name = arena_printf(sp->arena, "%s_%d", base, k);
		if (!name)
			return -ENOMEM;
		plan->tables[i].name = name;
	}
	return 0;
}
