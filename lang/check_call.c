/*
 * lang/check_call.c -- types of builtins and of functions that give a value.
 *
 * Arguments are checked from the letters of the builtin's row; what a row cannot say has a
 * function here.
 */
#include <stdlib.h>
#include <string.h>

#include "lang/check_priv.h"

/* 0.17 has no types narrower than 64 bits but in casts and fields. */
const struct type *ret_type(struct check *ck, const char *text)
{
	bool is_17 = ck->o->compat == COMPAT_17;

	if (!*text)
		return &type_none;
	if (!strcmp(text, "bool"))
		return bool_type(ck);
	if (!strcmp(text, "string"))
		return type_str(ck->a, str_room(ck));
	if (!strncmp(text, "string[", 7))
		return type_str(ck->a, strtoul(text + 7, NULL, 10));
	if (!strcmp(text, "i64"))
		return &type_s64;
	if (is_17 || !strcmp(text, "u64"))
		return &type_u64;
	return !strcmp(text, "u8") ? &type_u8 : &type_u32;
}

u32 str_room(const struct check *ck)
{
	return ck->prog->max_strlen - 1; /* one for the NUL that bpftrace keeps */
}

const struct type *special_type(struct check *ck, enum type_kind k, u32 size,
				enum addr_space as)
{
	struct type *t = arena_new(ck->a, struct type);

	if (!t)
		return &type_unknown;
	t->kind = k;
	t->size = size;
	t->aspace = as;
	return t;
}

static bool has(const struct check *ck, u32 what)
{
	for (u32 i = 0; i < ck->in->probe_cnt; i++) {
		if (!(providers[ck->in->probes[i]->kind].has & what))
			return false;
	}
	return true;
}

static const struct type *need(struct check *ck, const struct node *n, u32 what,
			       const struct type *t)
{
	if (has(ck, what))
		return t;
	ck_error(ck, n->span, "%s has no %s", ck->in->probes[0]->name, source_quote(ck, n->span));
	return &type_unknown;
}

static enum addr_space probe_side(const struct check *ck)
{
	enum probe_kind k = ck->in->probes[0]->kind;

	return k == PROBE_UPROBE || k == PROBE_URETPROBE ? ASPACE_USER : ASPACE_KERNEL;
}

static const struct type *stack_type(struct check *ck, enum addr_space as, u32 depth,
				     const char *mode)
{
	struct type *t = arena_new(ck->a, struct type);

	if (!t)
		return &type_unknown;
	*t = (struct type){
		.kind = TYPE_STACK, .size = 8, .aspace = as, .elem_cnt = depth, .time_fmt = mode
	};
	return t;
}

static const struct type *curtask_type(struct check *ck)
{
	return type_ptr(ck->a, ck_find_type(ck, "struct task_struct"), ASPACE_KERNEL);
}

static const struct type *probe_text(struct check *ck)
{
	size_t longest = 1;

	for (u32 i = 0; i < ck->in->probe_cnt; i++) {
		size_t len = strlen(ck->in->probes[i]->name);

		longest = len > longest ? len : longest;
	}
	return type_str(ck->a, longest);
}

static const struct type *retval_type(const struct check *ck)
{
	const struct type *t = ck->in->probes[0]->retval;

	return t ? t : ck->o->compat == COMPAT_17 ? &type_u64 : &type_s64;
}

/* argN; how many there are is known where the probe has args as well. */
static const struct type *arg_by_number(struct check *ck, const struct node *n)
{
	for (u32 i = 0; i < ck->in->probe_cnt; i++) {
		const struct probe *p = ck->in->probes[i];

		if (p->kind == PROBE_RAWTRACEPOINT && p->args &&
		    n->builtin.arg >= p->args->field_cnt) {
			ck_error(ck, n->span, "%s has %u arguments: there is no arg%lld", p->name,
				 p->args->field_cnt, (long long)n->builtin.arg);
			return &type_unknown;
		}
	}
	return need(ck, n, HAS_ARGN, ck->o->compat == COMPAT_17 ? &type_u64 : &type_s64);
}

const struct type *check_builtin(struct check *ck, struct node *n)
{
	const struct builtin *b = n->builtin.b;

	if (b->is_func)
		return &type_unknown; /* already reported */
	if (check_lacks(ck, n) ||
	    !ck_allows(ck, n->span, source_quote(ck, n->span), b->is_evaluated))
		return &type_unknown;
	switch (b->id) {
	case BI_ARGS:
		return check_whole_args(ck, n);
	case BI_PROBE:
		return probe_text(ck);
	case BI_ARGN:
		return arg_by_number(ck, n);
	case BI_RETVAL:
		return need(ck, n, HAS_RETVAL, retval_type(ck));
	case BI_FUNC:
		return need(ck, n, HAS_FUNC, special_type(ck, TYPE_SYM, 8, probe_side(ck)));
	case BI_CTX:
		return need(ck, n, HAS_CTX, type_ptr(ck->a, NULL, ASPACE_KERNEL));
	case BI_KSTACK:
		return stack_type(ck, ASPACE_KERNEL, STACK_DEPTH, ck->prog->stack_mode);
	case BI_USTACK:
		return stack_type(ck, ASPACE_USER, STACK_DEPTH, ck->prog->stack_mode);
	case BI_CURTASK:
		return curtask_type(ck);
	case BI_USERMODE:
		return check_usermode(ck, n);
	case BI_USERNAME:
		return special_type(ck, TYPE_USER, 8, ASPACE_ANY);
	default:
		return ret_type(ck, b->ret);
	}
}

/* ---- functions ---- */

/* One argument against its letter. */
static bool check_arg(struct check *ck, const struct builtin *b, struct node *arg, int nth,
		      char letter)
{
	const char *what = b->max_args == 1 ?
				   arena_printf(ck->a, "the argument of %s()", b->name) :
				   arena_printf(ck->a, "argument %d of %s()", nth, b->name);
	const struct type *t;

	switch (letter) {
	case 'i':
		return is_known(check_int(ck, arg, what));
	case 'p':
		t = check_value(ck, arg);
		if (is_known(t) && !type_is_num(t))
			ck_error(ck, arg->span, "%s must be an address, not %s", what,
				 ck_type_text(ck, t));
		return is_known(t) && type_is_num(t);
	case 'e':
		return is_known(check_value(ck, arg));
	case 's':
		t = check_value(ck, arg);
		if (is_known(t) && t->kind != TYPE_STR)
			ck_error(ck, arg->span, "%s must be a string, not %s", what,
				 ck_type_text(ck, t));
		return is_known(t);
	case 'n':
		check_expr(ck, arg);
		if (arg->kind != NODE_INT)
			ck_error(ck, arg->span, "%s must be a number written out here", what);
		return arg->kind == NODE_INT;
	case 'l':
		check_expr(ck, arg);
		if (arg->kind != NODE_STR)
			ck_error(ck, arg->span, "%s must be a string written out here", what);
		return arg->kind == NODE_STR;
	case 'm':
		if (arg->kind == NODE_MAP && !arg->map.key)
			return true;
		ck_hint(ck, ck_error(ck, arg->span, "%s must be a map, without a key", what), "%s",
			b->signature);
		return false;
	default:
		return true;
	}
}

/* false: one of them is wrong (reported) or not known yet. */
static bool check_args(struct check *ck, struct node *n)
{
	const char *spec = n->call.b->args;
	char letter = 'e';
	bool ok = true;
	int nth = 0;

	for (struct node *arg = n->call.args; arg; arg = arg->next) {
		while (*spec == '|')
			spec++;
		if (*spec && *spec != '*')
			letter = *spec++;
		ok = check_arg(ck, n->call.b, arg, ++nth, letter) && ok;
	}
	return ok;
}

/* str(p[, n]): at most n bytes, in 0.27 with the NUL counted. */
static const struct type *check_str(struct check *ck, struct node *n)
{
	struct node *arg = n->call.args, *len = arg->next, *next = n->next;
	const struct type *t = check_value(ck, arg);
	s64 room = str_room(ck);

	if (len)
		check_int(ck, len, "the length of str()");
	if (is_known(t) && t->kind == TYPE_STR && !len) {
		*n = *arg; /* it is a string already */
		n->next = next;
		return t;
	}
	if (is_known(t) && t->kind == TYPE_STR)
		return check_str_of_str(ck, n, t);
	if (is_known(t) && !type_is_num(t)) {
		ck_error(ck, arg->span, "str() takes an address, not %s", ck_type_text(ck, t));
		return &type_unknown;
	}
	if (len && len->kind == NODE_INT) {
		s64 want = len->integer.val - (ck->o->compat == COMPAT_27 ? 1 : 0);

		if (want < 0)
			ck_error(ck, len->span, "the length of str() must be positive");
		if (len->integer.val > ck->prog->max_strlen)
			ck_hint(ck,
				ck_warn(ck, len->span, "str() is cut at max_strlen, %u",
					ck->prog->max_strlen),
				"config = { max_strlen = %lld }", (long long)len->integer.val);
		room = want < 0 ? 0 : want < room ? want : room;
	}
	return type_str(ck->a, room);
}

static const struct type *check_strftime(struct check *ck, struct node *n)
{
	struct type *t;

	if (!check_args(ck, n))
		return &type_unknown;
	t = arena_new(ck->a, struct type);
	if (!t)
		return &type_unknown;
	*t = (struct type){ .kind = TYPE_TIME, .size = 8 };
	t->time_fmt = arena_dup(ck->a, n->call.args->text.s.s, n->call.args->text.s.len);
	return t;
}

static const struct type *check_map_call(struct check *ck, struct node *n)
{
	struct node *m = n->call.args;
	enum builtin_id id = n->call.b->id;
	const struct map_info *info;

	if (m->kind != NODE_MAP) {
		ck_hint(ck, ck_error(ck, m->span, "%s() acts on a map", n->call.b->name), "%s",
			n->call.b->signature);
		return &type_unknown;
	}
	info = m->map.info;
	if (!info)
		return &type_unknown;
	if (!info->is_written && !ck->is_partial)
		ck_hint_maps(ck, ck_warn(ck, m->span, "%s is never assigned", info->name),
			     info->name);
	if (id == BI_LEN) {
		if (m->map.key)
			ck_error(ck, m->span, "len() takes a map without a key");
		else if (info->is_written && !info->key && ck->is_final)
			ck_error(ck, m->span, "%s has no keys; len() counts them", info->name);
		m->type = info->val;
		return &type_s64;
	}
	check_map_key(ck, m);
	m->type = info->val;
	return id == BI_DELETE && ck->o->compat == COMPAT_17 ? &type_none : bool_type(ck);
}

/* A mode that prints what we keep; build_id prints something else. */
static const char *stack_mode(struct check *ck, const struct node *arg)
{
	static const char *const modes[] = { "bpftrace", "perf", "raw" };

	for (size_t i = 0; i < countof(modes); i++) {
		if (!strcmp(arg->ident.name, modes[i]))
			return modes[i];
	}
	ck_hint(ck, ck_error(ck, arg->span, "stack mode %s is not supported", arg->ident.name),
		"bpftrace, perf or raw");
	return modes[0];
}

/* kstack([mode][, n]) */
static const struct type *check_stack(struct check *ck, struct node *n)
{
	const char *mode = ck->prog->stack_mode;
	struct node *arg = n->call.args;
	u32 depth = STACK_DEPTH;

	if (arg && arg->kind == NODE_IDENT) {
		mode = stack_mode(ck, arg);
		arg->type = &type_none;
		arg = arg->next;
	}
	for (; arg; arg = arg->next) {
		check_expr(ck, arg);
		if (depth != STACK_DEPTH || arg->kind != NODE_INT || arg->integer.val < 1 ||
		    arg->integer.val > STACK_DEPTH_MAX)
			ck_error(ck, arg->span,
				 "the depth of a stack is a number from 1 to %d written out here",
				 STACK_DEPTH_MAX);
		else
			depth = arg->integer.val;
	}
	return stack_type(ck, n->call.b->id == BI_KSTACK ? ASPACE_KERNEL : ASPACE_USER, depth,
			  mode);
}

static const struct type *check_sym(struct check *ck, struct node *n)
{
	return check_args(ck, n) ? special_type(ck, TYPE_SYM, 8,
					   n->call.b->id == BI_KSYM ? ASPACE_KERNEL :
								      ASPACE_USER) :
				   &type_unknown;
}

/* Functions that are typed for the splitter only. */
static const struct type *check_later(struct check *ck, struct node *n)
{
	enum builtin_id id = n->call.b->id;

	switch (id) {
	default:
		break;
	}
	check_args(ck, n);
	switch (id) {
	case BI_CGROUP_PATH:
		return special_type(ck, TYPE_CGROUP, 8, ASPACE_ANY);
	case BI_UADDR: return type_ptr(ck->a, &type_u64, ASPACE_USER);
	default:
		return ret_type(ck, n->call.b->ret);
	}
}

const struct type *check_call(struct check *ck, struct node *n)
{
	const struct builtin *b = n->call.b;
	const struct type *t;

	if (!b)
		return &type_unknown;
	if (!ck_allows(ck, n->span, arena_printf(ck->a, b->is_func ? "%s()" : "%s", b->name),
		       b->is_evaluated))
		return &type_unknown;
	if (b->id >= BI_IS_STR && b->id <= BI_IS_LITERAL)
		return check_question(ck, n);
	if (b->id == BI_FAIL)
		return check_fail(ck, n);
	if (b->id == BI_STATIC_ASSERT || b->id == BI_ASSERT)
		return &type_none; /* a statement */
	t = check_func(ck, n);
	if (t)
		return t;
	if (!b->is_evaluated && b->cls != BC_ACTION && b->cls != BC_KERNEL_ACTION)
		return check_later(ck, n);
	switch (b->cls) {
	case BC_AGG:
		ck_hint(ck,
			ck_error(ck, n->span, "%s() is kept in a map and nowhere else", b->name),
			"@ = %s", b->signature);
		return &type_unknown;
	case BC_MAP:
		return check_map_call(ck, n);
	case BC_ACTION:
	case BC_KERNEL_ACTION:
		return &type_none; /* statements: check_action() */
	default:
		break;
	}
	if (b->id == BI_KSTACK || b->id == BI_USTACK)
		return check_stack(ck, n);
	if (b->id == BI_KSYM || b->id == BI_USYM)
		return check_sym(ck, n);
	if (b->id == BI_STR)
		return check_str(ck, n);
	if (b->id == BI_STRFTIME)
		return check_strftime(ck, n);
	if (!b->is_func)
		ck_error(ck, n->span, "%s takes no arguments", b->name);
	return check_args(ck, n) ? ret_type(ck, b->ret) : &type_unknown;
}

/* The parts of an action that its row describes; the rest is check_action()'s. */
bool check_call_args(struct check *ck, struct node *n)
{
	return check_args(ck, n);
}
