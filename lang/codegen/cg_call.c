/*
 * lang/codegen/cg_call.c -- calls, from a table by builtin.
 *
 * An action is one call of the target with the packed values of its arguments.  In CG_CAPTURE
 * nothing acts but exit(), and print, clear and zero of a K map, which the recorder must know of at
 * once.
 */
#include <errno.h>

#include "lang/codegen/cg_priv.h"

typedef struct cg_val (*call_fn)(struct cg *cg, const struct node *n);

static struct cg_val nothing(struct cg *cg)
{
	return ir_word(ir_i64(cg, 0));
}

static const struct action *action_of(const struct cg *cg, const struct node *n)
{
	return n->call.action >= 0 && (u32)n->call.action < cg->prog->action_cnt ?
		       cg->prog->actions[n->call.action] :
		       NULL;
}

static const struct type *arg_type(const struct action *a, u32 i)
{
	static const struct type s64_agg = { .kind = TYPE_INT, .size = 8, .is_signed = true };
	const struct type *t = a->arg_types[i];

	if (type_is_float_agg(t))
		return &type_double;
	return t->kind == TYPE_AGG ? &s64_agg : t;
}

/* Forms of the arguments: packed for the analyzer, the kernel's fixed one for the recorder. */
static void pack_args(struct cg *cg, const struct action *a, struct cg_pack *k)
{
	for (u32 i = 0; i < a->arg_cnt; i++) {
		struct cg_val v = cg_eval_as(cg, a->args[i], arg_type(a, i));

		if (cg->rc)
			return;
		cg_pack_put(cg, k, v, arg_type(a, i));
	}
}

static struct cg_val packed_args(struct cg *cg, const struct action *a, enum cg_form form)
{
	struct cg_pack k = { form, NULL, ir_i32(cg, 0), 0 };

	for (u32 i = 0; i < a->arg_cnt; i++)
		k.cap += form == CG_PACKED ? cg_packed_max(arg_type(a, i)) :
					     cg_max_size(cg, arg_type(a, i));
	k.p = k.cap ? cg_scratch(cg, k.cap) : ir_null(cg);
	pack_args(cg, a, &k);
	return (struct cg_val){ .v = k.p, .len = k.off, .cap = k.cap };
}

static void eval_args(struct cg *cg, const struct action *a)
{
	for (u32 i = 0; i < a->arg_cnt; i++)
		cg_eval(cg, a->args[i]);
}

/* What the slice does of an action. */
static struct cg_val slice_action(struct cg *cg, const struct node *n, const struct action *a)
{
	if (a->map && cg_map_is_live(cg, a->map) && cg_note(cg, n)->in_slice)
		cg->target->action(cg, a, (struct cg_val){ 0 });
	else
		eval_args(cg, a);
	return nothing(cg);
}

static struct cg_val call_action(struct cg *cg, const struct node *n)
{
	const struct action *a = action_of(cg, n);
	struct cg_val args;

	if (!a) {
		cg_fail(cg, -EINVAL, n, "%s() without its action", n->call.name);
		return nothing(cg);
	}
	if (cg->mode == CG_CAPTURE)
		return slice_action(cg, n, a);
	args = packed_args(cg, a, CG_PACKED);
	cg_at(cg, n);
	if (!cg->rc)
		cg->target->action(cg, a, args);
	return nothing(cg);
}

/*
 * system(), cat(): the kernel hands the arguments to the recorder.  The analyzer shows what came of
 * it and needs no arguments.
 */
static struct cg_val call_deed(struct cg *cg, const struct node *n)
{
	const struct action *a = action_of(cg, n);
	struct cg_val args = { 0 };

	if (!a)
		return nothing(cg);
	if (cg->mode == CG_CAPTURE && !cg_note(cg, n)->in_slice) {
		eval_args(cg, a);
		return nothing(cg);
	}
	if (cg->mode != CG_ANALYSIS)
		args = packed_args(cg, a, cg->target->form);
	cg_at(cg, n);
	if (!cg->rc)
		cg->target->action(cg, a, args);
	return nothing(cg);
}

/* signal(), debugf(): in the kernel, and never again. */
static struct cg_val call_signal(struct cg *cg, const struct node *n)
{
	return cg->mode == CG_ANALYSIS ? nothing(cg) : call_deed(cg, n);
}

/* emit(): its arguments are on the tape, and that is all. */
static struct cg_val call_emit(struct cg *cg, const struct node *n)
{
	const struct action *a = action_of(cg, n);

	if (a && cg->mode != CG_ANALYSIS)
		eval_args(cg, a);
	return nothing(cg);
}

static struct cg_val call_exit(struct cg *cg, const struct node *n)
{
	const struct action *a = action_of(cg, n);
	struct cg_pack k = { CG_PACKED, NULL, ir_i32(cg, 0), 8 };
	LLVMValueRef code = ir_i64(cg, 0);

	if (a && a->arg_cnt)
		code = cg_word(cg, a->args[0]);
	if (cg->rc)
		return nothing(cg);
	if (a && cg->mode != CG_CAPTURE) {
		k.p = cg_scratch(cg, 8);
		if (a->arg_cnt)
			cg_pack_put(cg, &k, ir_word(code), &type_s64);
		cg->target->action(cg, a, (struct cg_val){ .v = k.p, .len = k.off, .cap = 8 });
	}
	cg->target->exit(cg, code);
	cg_leave(cg);
	return nothing(cg);
}

static struct cg_val call_strftime(struct cg *cg, const struct node *n)
{
	return ir_word(cg_word(cg, n->call.args->next));
}

static const call_fn call_fns[BI_CNT] = {
	[BI_SYSTEM] = call_deed,    [BI_CAT] = call_deed,	   [BI_SIGNAL] = call_signal,
	[BI_SIGNAL_THREAD] = call_signal, [BI_DEBUGF] = call_signal,
	[BI_REG] = cg_reg,	    [BI_PATH] = cg_path,	   [BI_FDPATH] = cg_path,
	[BI_BUF] = cg_buf,	    [BI_STRNCMP] = cg_strncmp,	   [BI_STRLEN] = cg_strlen,
	[BI_BSWAP] = cg_bswap,	    [BI_NTOP] = cg_ntop,	   [BI_MACADDR] = cg_macaddr,
	[BI_KPTR] = cg_same,	    [BI_UPTR] = cg_same,
	[BI_STRCONTAINS] = cg_strcontains, [BI_STRSTR] = cg_strstr,
	[BI_STR_CONCAT] = cg_str_concat, [BI_MEMCMP] = cg_memcmp,
	[BI_BUF_TO_STR] = cg_buf_to_str, [BI_STRERROR] = cg_name_of,
	[BI_SIGNAL_NAME] = cg_name_of, [BI_SYSCALL_NAME] = cg_name_of, [BI_PTON] = cg_pton,
	[BI_STR] = cg_str_call,	    [BI_STRFTIME] = call_strftime, [BI_PRINTF] = call_action,
	[BI_ERRORF] = call_action,  [BI_WARNF] = call_action,
	[BI_PRINT] = call_action,   [BI_CLEAR] = call_action,	   [BI_ZERO] = call_action,
	[BI_TIME] = call_action,    [BI_JOIN] = cg_join,	   [BI_EXIT] = call_exit,
	[BI_EMIT] = call_emit,	    [BI_DELETE] = cg_map_call,	   [BI_LEN] = cg_map_call,
	[BI_HAS_KEY] = cg_map_call, [BI_KSTACK] = cg_stack,	   [BI_USTACK] = cg_stack,
	[BI_KSYM] = cg_stack,	    [BI_USYM] = cg_stack,
};

struct cg_val cg_call(struct cg *cg, const struct node *n)
{
	call_fn fn = n->call.b ? call_fns[n->call.b->id] : NULL;

	if (fn)
		return fn(cg, n);
	cg_fail(cg, -ENOTSUP, n, "%s() is not supported yet", n->call.name);
	return cg_poison(cg, n->type);
}
