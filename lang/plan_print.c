/*
 * lang/plan_print.c -- the decided split as text, for `record --dry-run -v` and the .plan cases.
 *
 *   sys_exit_openat: tracepoint:syscalls:sys_exit_openat
 *       filter   @name[tid]
 *       kernel   delete(@name[tid])
 *       analyzer printf("%s %d\n", str(@name[tid]), args.ret)
 *       column   name_str  string[64]  str(@name[tid])
 *       bit      0  args.ret > 0
 *   @name  K  the slice reads it at 2:40
 *
 * A statement that both run is listed under both.  Of a branch only its head is printed; what is
 * below is indented.
 */
#include <string.h>

#include "lang/ast_dump.h"
#include "lang/split_priv.h"

struct printer {
	const struct plan_table *t;
	struct buf *out;
	bool is_kernel; /* which half is printed */
};

static void print_list(struct printer *p, const struct node *list, int depth);

static const struct node_note *note_of(const struct printer *p, const struct node *n)
{
	return &p->t->notes[n->id];
}

static void has_slice(void *ctx, struct node *n)
{
	struct printer *p = ((void **)ctx)[0];
	bool *found = ((void **)ctx)[1];

	if (note_of(p, n)->in_slice && (node_written_map(n) || node_written_var(n) ||
					(n->kind == NODE_CALL && n->call.action >= 0)))
		*found = true;
	node_each_child(n, has_slice, ctx);
}

/* Does this half do the statement, or (the kernel) some part of it? */
static bool is_mine(struct printer *p, const struct node *n)
{
	bool found = false;
	void *ctx[] = { p, &found };

	if (!p->is_kernel)
		return note_of(p, n)->in_analysis;
	if (note_of(p, n)->in_slice)
		return true;
	if (!node_is_branch(n))
		node_each_child((struct node *)n, has_slice, ctx);
	return found;
}

static void print_head(struct printer *p, const char *head, int depth)
{
	buf_printf(p->out, "    %-8s %*s%s", p->is_kernel ? "kernel" : "analyzer", depth * 2, "",
		   head);
}

static void print_branch(struct printer *p, const struct node *n, int depth)
{
	bool decided_here = p->is_kernel ? note_of(p, n)->in_slice :
					   note_of(p, n)->bit < 0 && note_of(p, n)->trips_col < 0;

	if (p->is_kernel && n->kind == NODE_FOR_MAP && decided_here) {
		print_head(p, "snapshot of ", depth);
		buf_printf(p->out, "%s\n", n->loop.map->map.name);
		decided_here = false;
	}
	if (p->is_kernel && !decided_here) { /* it walks both sides */
		print_list(p, n->kind == NODE_IF ? n->branch.then : n->loop.body, depth);
		if (n->kind == NODE_IF)
			print_list(p, n->branch.els, depth);
		return;
	}
	print_head(p, n->kind == NODE_IF ? "if " : "loop ", depth);
	if (branch_cond(n))
		expr_print(branch_cond(n), p->out);
	if (n->kind == NODE_FOR_MAP)
		buf_printf(p->out, "over %s", n->loop.map->map.name);
	if (!decided_here && note_of(p, n)->bit >= 0)
		buf_printf(p->out, "   by %s %d", note_of(p, n)->bit_is_col ? "column" : "bit",
			   note_of(p, n)->bit);
	else if (!decided_here)
		buf_printf(p->out, "   by column %d", note_of(p, n)->trips_col);
	buf_putc(p->out, '\n');
	print_list(p, n->kind == NODE_IF ? n->branch.then : n->loop.body, depth + 1);
	if (n->kind == NODE_IF && n->branch.els) {
		print_head(p, "else\n", depth);
		print_list(p, n->branch.els, depth + 1);
	}
}

static const char *stmt_word(const struct node *n)
{
	switch (n->kind) {
	case NODE_RETURN:
		return "return";
	case NODE_BREAK:
		return "break";
	case NODE_CONTINUE:
		return "continue";
	default:
		return "";
	}
}

static void print_assign(struct printer *p, const struct node *n)
{
	if (n->kind == NODE_LET) {
		buf_printf(p->out, "let %s", n->let.var_name);
		if (n->let.rhs) {
			buf_puts(p->out, " = ");
			expr_print(n->let.rhs, p->out);
		}
		return;
	}
	expr_print(n->assign.lhs, p->out);
	buf_printf(p->out, " %s= ", n->assign.op == OP_NONE ? "" : op_text(n->assign.op));
	expr_print(n->assign.rhs, p->out);
}

static void print_stmt(struct printer *p, const struct node *n, int depth)
{
	if (n->kind == NODE_BLOCK) {
		print_list(p, n->list.items, depth);
		return;
	}
	if (node_is_branch(n)) {
		print_branch(p, n, depth);
		return;
	}
	if (!is_mine(p, n))
		return;
	print_head(p, "", depth);
	if (n->kind == NODE_ASSIGN || n->kind == NODE_LET)
		print_assign(p, n);
	else if (n->kind == NODE_EXPR_STMT)
		expr_print(n->unary.arg, p->out);
	else
		buf_puts(p->out, stmt_word(n));
	buf_putc(p->out, '\n');
}

static bool has_mine(struct printer *p, const struct node *n)
{
	if (node_is_branch(n))
		return p->is_kernel ? true : note_of(p, n)->in_analysis;
	return n->kind == NODE_BLOCK || is_mine(p, n);
}

static void print_list(struct printer *p, const struct node *list, int depth)
{
	for (; list; list = list->next) {
		if (has_mine(p, list))
			print_stmt(p, list, depth);
	}
}

static void print_columns(const struct plan_table *t, struct buf *out)
{
	for (u32 i = COL_FIXED_CNT; i < t->col_cnt; i++) {
		const struct plan_col *c = &t->cols[i];

		buf_printf(out, "    column   %d %s  ", c->idx, c->name);
		if (c->is_list)
			buf_puts(out, "list of ");
		type_print(c->type, out);
		buf_printf(out, "  %s", c->leaf);
		if (c->cond)
			buf_printf(out, "  where %s", c->cond);
		buf_putc(out, '\n');
	}
	for (u32 i = 0; i < t->bit_cnt; i++)
		buf_printf(out, "    bit      %u %s\n", t->bits[i].idx, t->bits[i].text);
}

static void print_table(const struct plan_table *t, struct buf *out)
{
	struct printer p = { t, out, true };
	const struct inst *inst = t->inst;

	buf_printf(out, "%s:", t->name);
	for (u32 i = 0; i < inst->probe_cnt && i < 8; i++)
		buf_printf(out, " %s", inst->probes[i]->name);
	if (inst->probe_cnt > 8)
		buf_printf(out, " and %u more", inst->probe_cnt - 8);
	buf_putc(out, '\n');
	if (t->filter)
		buf_printf(out, "    filter   %s\n", t->filter);
	if (!t->emits)
		buf_puts(out, "    no rows\n");
	if (inst->pred && t->notes[inst->pred->id].is_deferred) {
		buf_puts(out, "    analyzer where ");
		expr_print(inst->pred, out);
		buf_putc(out, '\n');
	}
	if (t->runs_in_kernel)
		print_list(&p, inst->body, 0);
	p.is_kernel = false;
	print_list(&p, inst->body, 0);
	print_columns(t, out);
}

void plan_print(const struct plan *plan, struct buf *out)
{
	for (u32 i = 0; i < plan->prog->inst_cnt; i++)
		print_table(&plan->tables[i], out);
	for (u32 i = 0; i < plan->prog->map_cnt; i++) {
		const struct plan_map *m = &plan->maps[i];

		buf_printf(out, "%s  %s  %s%s\n", m->info->name, m->cls == MAP_K ? "K" : "T",
			   m->why, m->is_percpu ? " (per CPU, summed when read)" : "");
	}
}
