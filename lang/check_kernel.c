/*
 * lang/check_kernel.c -- what only the kernel has or does: paths of open files, debugf(), and what
 * only some probes have.
 */
#include <string.h>

#include "lang/check_priv.h"

static bool is_path_struct(const struct type *t)
{
	return t && t->kind == TYPE_STRUCT && t->name && !strcmp(t->name, "struct path");
}

static bool is_const_index(const struct node *n)
{
	return n->index.idx->kind == NODE_INT && n->index.idx->integer.val >= 0;
}

/* The pointer that a chain of members by value hangs on, and the bytes from there; NULL: none. */
static struct node *chain_start(struct node *n, u64 *ret_off)
{
	struct node *base = n;

	do {
		const struct type *t = base->kind == NODE_FIELD ? base->field.base->type :
				       base->kind == NODE_INDEX ? base->index.base->type :
								  NULL;

		if (!t)
			return NULL;
		if (base->kind == NODE_FIELD) {
			if (!base->field.f)
				return NULL;
			*ret_off += base->field.f->off;
			base = base->field.base;
			continue;
		}
		if (!is_const_index(base) || !t->elem)
			return NULL;
		*ret_off += (u64)base->index.idx->integer.val * t->elem->size;
		base = base->index.base;
	} while (base->type->kind == TYPE_STRUCT || base->type->kind == TYPE_ARRAY);
	return base->type->kind == TYPE_PTR ? base : NULL;
}

/* p->f_path becomes (uint64)p + offset. */
static bool become_address(struct check *ck, struct node *n)
{
	struct node *next = n->next, *cast, *off;
	u64 bytes = 0;
	struct node *p = chain_start(n, &bytes);

	if (!p)
		return false;
	cast = node_new(ck->a, NODE_CAST, p->span);
	off = node_new(ck->a, NODE_INT, n->span);
	if (!cast || !off)
		return true;
	cast->cast.tn = (struct type_name){ .base = "uint64", .array_len = -1 };
	cast->cast.arg = p;
	p->next = NULL;
	off->integer.val = (s64)bytes;
	node_become(n, NODE_BINARY);
	n->binary.op = OP_ADD;
	n->binary.l = cast;
	n->binary.r = off;
	n->next = next;
	check_expr(ck, n);
	return true;
}

/* path(p), path(file->f_path): at most n bytes. */
static const struct type *check_path(struct check *ck, struct node *n)
{
	struct node *arg = n->call.args, *len = arg->next;
	const struct type *t = check_expr(ck, arg);
	u32 room = str_room(ck);

	if (len) {
		check_expr(ck, len);
		if (len->kind != NODE_INT || len->integer.val < 1)
			ck_error(ck, len->span,
				 "the length of path() is a number written out here");
		else if (len->integer.val < room)
			room = (u32)len->integer.val;
	}
	if (!is_known(t))
		return t;
	if (is_path_struct(t) && become_address(ck, arg))
		return type_str(ck->a, room);
	if (t->kind == TYPE_PTR && is_path_struct(t->elem))
		return type_str(ck->a, room);
	if (arg->kind == NODE_BINARY && t->kind == TYPE_INT)
		return type_str(ck->a, room); /* of an earlier round */
	ck_hint(ck,
		ck_error(ck, arg->span, "path() takes a struct path or its address, not %s",
			 ck_type_text(ck, t)),
		"%s", n->call.b->signature);
	return &type_unknown;
}

/* ---- what only some probes have ---- */

static const char *lacks_hint(const struct probe *p, enum builtin_id id)
{
	if (id == BI_RETVAL && p->args && type_field(p->args, "ret"))
		return "args.ret is what it returned";
	if (id == BI_RETVAL)
		return "kretprobe, uretprobe and fexit have it";
	if (id == BI_FUNC)
		return "kprobe, kretprobe, uprobe, uretprobe, fentry and fexit have it";
	return p->args ? "args has what it was called with" :
			 "profile, software and iter have it";
}

/* The record of a tracepoint is what args is. */
static bool has_it(const struct probe *p, u32 what)
{
	if (what == HAS_CTX && (p->kind == PROBE_TRACEPOINT || p->kind == PROBE_RAWTRACEPOINT))
		return false;
	return providers[p->kind].has & what;
}

bool check_lacks(struct check *ck, const struct node *n)
{
	static const struct {
		enum builtin_id id;
		u32 has;
	} rows[] = { { BI_RETVAL, HAS_RETVAL }, { BI_FUNC, HAS_FUNC }, { BI_CTX, HAS_CTX } };

	for (size_t i = 0; i < countof(rows); i++) {
		for (u32 k = 0; n->builtin.b->id == rows[i].id && k < ck->in->probe_cnt; k++) {
			const struct probe *p = ck->in->probes[k];

			if (has_it(p, rows[i].has))
				continue;
			ck_hint(ck, ck_error(ck, n->span, "%s has no %s", p->name,
					     n->builtin.b->name),
				"%s", lacks_hint(p, rows[i].id));
			return true;
		}
	}
	return false;
}

/* Actions that no probe of ours can do. */
bool check_refused(struct check *ck, const struct node *n)
{
	switch (n->call.b->id) {
	case BI_OVERRIDE:
		ck_hint(ck, ck_error(ck, n->span, "override() is not possible"),
			"it needs a kprobe, and a kernel that is built with "
			"CONFIG_BPF_KPROBE_OVERRIDE");
		return true;
	case BI_UNWATCH:
		ck_error(ck, n->span, "%s is no watchpoint that unwatch() could remove",
			 ck->in->probes[0]->name);
		return true;
	default:
		return false;
	}
}

/* ---- debugf ---- */

#define DEBUGF_FMT_MAX 255

/* The kernel formats it: numbers and strings. */
void check_debugf(struct check *ck, struct node *n)
{
	const struct node *fmt = n->call.args;

	check_printf(ck, n);
	for (const struct node *a = fmt->next; a; a = a->next) {
		const struct type *t = a->type;

		if (t && is_known(t) && !type_is_num(lit_plain(t)) && t->kind != TYPE_STR)
			ck_error(ck, a->span, "debugf() prints numbers and strings, not %s",
				 ck_type_text(ck, t));
	}
	if (fmt->kind == NODE_STR && fmt->text.s.len > DEBUGF_FMT_MAX)
		ck_error(ck, fmt->span, "the format of debugf() has at most %d bytes",
			 DEBUGF_FMT_MAX);
}

const struct type *check_kernel_func(struct check *ck, struct node *n)
{
	return n->call.b->id == BI_PATH ? check_path(ck, n) : NULL;
}
