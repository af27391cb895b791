/*
 * lang/resolve_kernel.c -- calls that are short for an expression over numbers of the machine.
 *
 *   nsecs(boot)            nsecs
 *   nsecs(tai)             (uint64)(nsecs + how far that clock is ahead)
 *   pid(init)              pid
 *   percpu_kaddr("x", n)   n < CPUs ? &x + __per_cpu_offset[n] : 0
 *
 * The numbers are constants of the catalog, so that a tape has them.
 */
#include <string.h>

#include "lang/check_priv.h"

static struct node *number(struct check *ck, struct span sp, u64 val)
{
	struct node *n = node_new(ck->a, NODE_INT, sp);

	if (!n)
		return NULL;
	n->integer.val = (s64)val;
	n->integer.is_unsigned = true;
	n->type = &type_u64;
	return n;
}

static struct node *builtin(struct check *ck, struct span sp, enum builtin_id id)
{
	struct node *n = node_new(ck->a, NODE_BUILTIN, sp);

	if (n)
		n->builtin.b = &builtins[id];
	return n;
}

static struct node *binary(struct check *ck, enum op op, struct node *l, struct node *r)
{
	struct node *n = l && r ? node_new(ck->a, NODE_BINARY, l->span) : NULL;

	if (!n)
		return NULL;
	n->binary.op = op;
	n->binary.l = l;
	n->binary.r = r;
	return n;
}

static struct node *cast(struct check *ck, const char *to, u32 stars, struct node *arg)
{
	struct node *n = arg ? node_new(ck->a, NODE_CAST, arg->span) : NULL;

	if (!n)
		return NULL;
	n->cast.tn = (struct type_name){ .base = to, .ptr_depth = stars, .array_len = -1 };
	n->cast.arg = arg;
	return n;
}

/* @n gives its place to @by; NULL: no memory, which the arena has noted. */
static void replace(struct node *n, const struct node *by)
{
	struct node *next = n->next;
	struct span sp = n->span;

	if (!by)
		return;
	*n = *by;
	n->next = next;
	n->span = sp;
}

static void give_up(struct node *n)
{
	node_become(n, NODE_INT);
	n->type = &type_unknown;
}

bool resolve_number(struct check *ck, const char *name, u64 *ret)
{
	const struct catalog_ops *ops = ck->cat->ops;
	const struct type *t = NULL;
	s64 val = 0;

	if (!name || !ops->find_const || !ops->find_const(ck->cat, ck->a, name, &val, &t))
		return false;
	resolve_use_const(ck, name, val, &type_u64);
	*ret = (u64)val;
	return true;
}

/* ---- clocks and ids ---- */

static bool is_one_of(const struct node *arg, const char *const *names)
{
	for (; arg->kind == NODE_IDENT && *names; names++) {
		if (!strcmp(arg->ident.name, *names))
			return true;
	}
	return false;
}

static void resolve_clock(struct check *ck, struct node *n)
{
	static const char *const clocks[] = { "boot", "monotonic", "tai", "sw_tai", NULL };
	struct node *arg = n->call.args, *now = builtin(ck, n->span, BI_NSECS);
	const char *name;
	u64 ahead = 0;

	if (!is_one_of(arg, clocks)) {
		ck_hint(ck,
			ck_error(ck, arg->span, "%s is no clock that nsecs() knows",
				 source_quote(ck, arg->span)),
			"boot, monotonic, tai or sw_tai");
		give_up(n);
		return;
	}
	if (!strcmp(arg->ident.name, "boot")) {
		replace(n, now);
		return;
	}
	name = strcmp(arg->ident.name, "monotonic") ? "nsecs(tai)" : "nsecs(monotonic)";
	if (!resolve_number(ck, name, &ahead)) {
		ck_hint(ck,
			ck_error(ck, n->span, "it is not known how far that clock is from nsecs"),
			"a tape knows it if its script asked for it");
		give_up(n);
		return;
	}
	replace(n, cast(ck, "uint64", 0, binary(ck, OP_ADD, now, number(ck, n->span, ahead))));
}

static void resolve_id(struct check *ck, struct node *n)
{
	static const char *const spaces[] = { "init", "curr_ns", NULL };
	const struct node *arg = n->call.args;

	if (is_one_of(arg, spaces)) {
		replace(n, builtin(ck, n->span, n->call.b->id));
		return;
	}
	ck_hint(ck,
		ck_error(ck, arg->span, "%s is no namespace that %s() knows",
			 source_quote(ck, arg->span), n->call.b->name),
		"init or curr_ns");
	give_up(n);
}

/* ---- variables of a CPU ---- */

/* The copy of CPU @cpu. */
static struct node *copy_of(struct check *ck, u64 addr, u64 offsets, struct node *cpu)
{
	struct span sp = cpu ? cpu->span : (struct span){ 0 };
	struct node *at = binary(ck, OP_ADD, number(ck, sp, offsets),
				 binary(ck, OP_MUL, cpu, number(ck, sp, 8)));
	struct node *ptr = cast(ck, "uint64", 1, at);
	struct node *off = ptr ? node_new(ck->a, NODE_UNARY, sp) : NULL;

	if (!off)
		return NULL;
	off->unary.op = OP_DEREF;
	off->unary.arg = ptr;
	return binary(ck, OP_ADD, number(ck, sp, addr), off);
}

static void resolve_percpu(struct check *ck, struct node *n)
{
	struct node *name = n->call.args, *cpu = name->next, *copy, *guard;
	u64 addr = 0, offsets = 0, cpus = 0;

	if (name->kind != NODE_STR) {
		ck_error(ck, name->span, "the name is a string written out here");
		give_up(n);
		return;
	}
	if (!resolve_number(ck, arena_printf(ck->a, "kaddr(" STR_FMT ")", STR_ARG(name->text.s)),
			 &addr) ||
	    !resolve_number(ck, "kaddr(__per_cpu_offset)", &offsets) ||
	    !resolve_number(ck, "ncpus(possible)", &cpus)) {
		ck_hint(ck,
			ck_error(ck, n->span, "there is no kernel variable \"" STR_FMT
				 "\" of which each CPU has one", STR_ARG(name->text.s)),
			"percpu_kaddr() knows what /proc/kallsyms lists of a kernel that is built "
			"with CONFIG_KALLSYMS_ALL");
		give_up(n);
		return;
	}
	if (!cpu) {
		replace(n, copy_of(ck, addr, offsets, builtin(ck, n->span, BI_CPU)));
		return;
	}
	resolve_expr(ck, cpu);
	copy = copy_of(ck, addr, offsets, cpu);
	guard = copy ? node_new(ck->a, NODE_TERNARY, n->span) : NULL;
	if (!guard)
		return;
	guard->branch.cond = binary(ck, OP_LT, cast(ck, "uint64", 0, node_copy(ck->a, cpu)),
				    number(ck, n->span, cpus));
	guard->branch.then = copy;
	guard->branch.els = number(ck, n->span, 0);
	replace(n, guard);
}

bool resolve_kernel_call(struct check *ck, struct node *n)
{
	switch (n->call.b->id) {
	case BI_NSECS:
		resolve_clock(ck, n);
		return true;
	case BI_PID:
	case BI_TID:
		resolve_id(ck, n);
		return true;
	case BI_PERCPU_KADDR:
		resolve_percpu(ck, n);
		return true;
	default:
		return false;
	}
}
