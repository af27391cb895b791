/*
 * lang/check_func.c -- functions over bytes and pointers, whose types their row cannot say, and
 * names that stand for numbers of the machine.
 */
#include <string.h>

#include "lang/check_priv.h"
#include "lang/registers.h"

#define INET_MAX 16
#define MAC_LEN	 6

/* ---- numbers of the machine ---- */

static void become_number(struct node *n, s64 val)
{
	node_become(n, NODE_INT);
	n->integer.val = val;
	n->integer.is_unsigned = true;
	n->type = &type_u64;
}

/* Look @name up as a constant of the catalog; false: it has none. */
static bool take_const(struct check *ck, struct node *n, const char *name)
{
	u64 val;

	if (!resolve_number(ck, name, &val))
		return false;
	become_number(n, (s64)val);
	return true;
}

static const char *const_hint(enum builtin_id id)
{
	if (id == BI_KADDR)
		return "kaddr() knows what /proc/kallsyms lists, for those who may see it";
	return "cgroupid() takes the directory of a cgroup in a cgroup2 file system";
}

bool resolve_machine_const(struct check *ck, struct node *n)
{
	const struct builtin *b = n->call.b;
	const struct node *arg = n->call.args;
	const char *name;

	if (b->cls != BC_CONST || !b->is_evaluated || arg->kind != NODE_STR)
		return false;
	name = arena_printf(ck->a, "%s(" STR_FMT ")", b->name, STR_ARG(arg->text.s));
	if (take_const(ck, n, name))
		return true;
	ck_hint(ck,
		ck_error(ck, n->span, "there is no %s \"" STR_FMT "\"",
			 b->id == BI_KADDR ? "kernel symbol" : "cgroup", STR_ARG(arg->text.s)),
		"%s", const_hint(b->id));
	node_become(n, NODE_INT);
	n->type = &type_unknown;
	return true;
}

/* has_cpid: cpid is not 0. */
static void become_has_cpid(struct check *ck, struct node *n)
{
	struct node *cpid = node_new(ck->a, NODE_BUILTIN, n->span);
	struct node *zero = node_new(ck->a, NODE_INT, n->span);

	if (!cpid || !zero)
		return;
	cpid->builtin.b = &builtins[BI_CPID];
	node_become(n, NODE_BINARY);
	n->binary.op = OP_NE;
	n->binary.l = cpid;
	n->binary.r = zero;
}

static const char *probe_type(const struct probe *p)
{
	return p->kind == PROBE_BEGIN || p->kind == PROBE_END ? "special" : providers[p->kind].name;
}

static void become_probetype(struct check *ck, struct node *n)
{
	const char *text = ck->in->probe_cnt ? probe_type(ck->in->probes[0]) : "";

	for (u32 i = 1; i < ck->in->probe_cnt; i++) {
		if (strcmp(text, probe_type(ck->in->probes[i])))
			ck_error(ck, n->span, "probetype: the probes of this clause have several");
	}
	node_become(n, NODE_STR);
	n->text.s = str_of(text);
}

void resolve_fixed(struct check *ck, struct node *n)
{
	switch (n->builtin.b->id) {
	case BI_NCPUS:
		if (!take_const(ck, n, "ncpus"))
			ck_error(ck, n->span, "the number of CPUs is not known");
		break;
	case BI_HAS_CPID:
		become_has_cpid(ck, n);
		break;
	case BI_PROBETYPE:
		become_probetype(ck, n);
		break;
	case BI_LEADER_TID: /* which is how the kernel defines it */
		n->builtin.b = &builtins[BI_PID];
		break;
	default:
		break;
	}
}

/* ---- functions over bytes ---- */

static bool is_bytes_array(const struct type *t)
{
	return t->kind == TYPE_ARRAY && t->elem->kind == TYPE_INT && t->elem->size == 1;
}

/* Addresses are given as memory has them: an integer, or an array of bytes. */
static const struct type *check_ntop(struct check *ck, struct node *n)
{
	struct node *af = n->call.arg_cnt == 2 ? n->call.args : NULL;
	struct node *addr = af ? af->next : n->call.args;
	const struct type *t = check_expr(ck, addr);

	if (af)
		check_int(ck, af, "the address family of ntop()");
	if (!is_known(t))
		return t;
	if ((is_bytes_array(t) || t->kind == TYPE_BUF) && (t->size == 4 || t->size == INET_MAX))
		return special_type(ck, TYPE_INET, t->size > 4 || af ? INET_MAX : 4, ASPACE_ANY);
	if (t->kind == TYPE_INT)
		return special_type(ck, TYPE_INET, af ? INET_MAX : 4, ASPACE_ANY);
	ck_hint(ck,
		ck_error(ck, addr->span,
			 "ntop() takes an integer or 4 or 16 bytes, "
			 "not %s",
			 ck_type_text(ck, t)),
		"%s", n->call.b->signature);
	return &type_unknown;
}

static const struct type *check_macaddr(struct check *ck, struct node *n)
{
	struct node *arg = n->call.args;
	const struct type *t = check_expr(ck, arg);

	if (!is_known(t))
		return t;
	if (type_is_num(t) || ((is_bytes_array(t) || t->kind == TYPE_BUF) && t->size >= MAC_LEN))
		return special_type(ck, TYPE_MAC, MAC_LEN, ASPACE_ANY);
	ck_hint(ck,
		ck_error(ck, arg->span, "macaddr() takes an address or 6 bytes, not %s",
			 ck_type_text(ck, t)),
		"%s", n->call.b->signature);
	return &type_unknown;
}

/* buf(p, n), buf(array[, n]), buf(string[, n]): at most max_strlen bytes. */
static const struct type *check_buf(struct check *ck, struct node *n)
{
	struct node *arg = n->call.args, *len = arg->next;
	const struct type *t = check_expr(ck, arg);
	s64 room = ck->prog->max_strlen;
	bool is_array = is_known(t) && (t->kind == TYPE_ARRAY || t->kind == TYPE_STR);

	if (len)
		check_int(ck, len, "the length of buf()");
	if (!is_known(t))
		return t;
	if (!is_array && !type_is_num(t)) {
		ck_error(ck, arg->span, "buf() takes an address, an array or a string, not %s",
			 ck_type_text(ck, t));
		return &type_unknown;
	}
	if (!is_array && !len) {
		ck_hint(ck, ck_error(ck, n->span, "buf() of an address needs a length"), "%s",
			n->call.b->signature);
		return &type_unknown;
	}
	if (is_array && t->size < room)
		room = t->size;
	if (len && len->kind == NODE_INT) {
		s64 want = len->integer.val;

		if (want < 0)
			ck_error(ck, len->span, "the length of buf() must be positive");
		if (want > (s64)ck->prog->max_strlen)
			ck_hint(ck,
				ck_warn(ck, len->span, "buf() is cut at max_strlen, %u",
					ck->prog->max_strlen),
				"config = { max_strlen = %lld }", (long long)want);
		if (t->kind == TYPE_STR) /* zeros follow it */
			room = ck->prog->max_strlen;
		room = want < 0 ? 0 : want < room ? want : room;
	}
	return special_type(ck, TYPE_BUF, room, ASPACE_ANY);
}

/* ---- others ---- */

static const struct type *repoint(struct check *ck, struct node *n, enum addr_space as)
{
	const struct type *t;

	if (!check_call_args(ck, n))
		return &type_unknown;
	t = n->call.args->type;
	if (t->kind != TYPE_PTR)
		return &type_u64; /* its top bit says where it points */
	return type_ptr(ck->a, t->elem, as);
}

static const struct type *check_bswap(struct check *ck, struct node *n)
{
	const struct type *t;

	if (!check_call_args(ck, n))
		return &type_unknown;
	t = lit_plain(n->call.args->type);
	return t->kind == TYPE_INT ? type_int(t->size, false) : &type_u64;
}

static const struct type *check_strncmp(struct check *ck, struct node *n)
{
	const struct node *len = n->call.args->next->next;

	if (!check_call_args(ck, n))
		return &type_unknown;
	if (len->integer.val < 0)
		ck_error(ck, len->span, "the length of strncmp() must be positive");
	return &type_u64;
}

/* Registers of what was interrupted: samples have them. */
static bool has_registers(const struct check *ck)
{
	for (u32 i = 0; i < ck->in->probe_cnt; i++) {
		enum probe_kind k = ck->in->probes[i]->kind;

		if (k != PROBE_PROFILE && k != PROBE_SOFTWARE)
			return false;
	}
	return true;
}

static const struct type *check_reg(struct check *ck, struct node *n)
{
	const struct node *arg = n->call.args;
	struct str_nearest near;

	if (!check_call_args(ck, n))
		return &type_unknown;
	if (!has_registers(ck)) {
		ck_error(ck, n->span, "%s has no registers that reg() could read",
			 ck->in->probes[0]->name);
		return &type_unknown;
	}
	if (register_offset(arg->text.s) >= 0)
		return &type_u64;
	str_nearest_init(&near, arena_dup(ck->a, arg->text.s.s, arg->text.s.len));
	register_offer_names(&near);
	ck_hint_near(ck,
		     ck_error(ck, arg->span, "this machine has no register \"" STR_FMT "\"",
			      STR_ARG(arg->text.s)),
		     &near);
	return &type_unknown;
}

const struct type *check_usermode(struct check *ck, struct node *n)
{
	enum probe_kind k = ck->in->probes[0]->kind;

	if (!has_registers(ck) && k != PROBE_BEGIN && k != PROBE_END) {
		ck_error(ck, n->span, "%s does not say whether user code ran",
			 ck->in->probes[0]->name);
		return &type_unknown;
	}
	return ret_type(ck, "u8");
}

const struct type *check_func(struct check *ck, struct node *n)
{
	switch (n->call.b->id) {
	case BI_NTOP:
		return check_ntop(ck, n);
	case BI_MACADDR:
		return check_macaddr(ck, n);
	case BI_BUF:
		return check_buf(ck, n);
	case BI_KPTR:
		return repoint(ck, n, ASPACE_KERNEL);
	case BI_UPTR:
		return repoint(ck, n, ASPACE_USER);
	case BI_BSWAP:
		return check_bswap(ck, n);
	case BI_REG:
		return check_reg(ck, n);
	case BI_STRNCMP:
		return check_strncmp(ck, n);
	default:
		return check_str_func(ck, n);
	}
}
