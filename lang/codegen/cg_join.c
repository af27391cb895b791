/*
 * lang/codegen/cg_join.c -- join(argv[, sep]): up to 16 strings of a NULL-terminated array of
 * pointers.
 *
 * The kernel captures them as a list; the analyzer passes the list on, packed one behind the
 * other.  A list belongs to one join() of a firing, so a join() that shares the column of an
 * earlier one adds nothing.
 */
#include <errno.h>

#include "lang/codegen/cg_priv.h"

#define JOIN_MAX 16

struct join {
	const struct node *n;
	struct cg_pack k; /* all but CG_CAPTURE */
	LLVMValueRef off; /* i32 alloca behind k.off */
	const struct type *elem;
};

static struct type str_type(const struct cg *cg)
{
	return (struct type){ .kind = TYPE_STR, .size = cg->prog->max_strlen };
}

static void add_string(struct cg *cg, struct join *j, struct cg_val s)
{
	j->k.off = ir_load(cg, cg->i32, j->off);
	cg_pack_put(cg, &j->k, s, j->elem);
	ir_store(cg, j->k.off, j->off);
}

static void start_pack(struct cg *cg, struct join *j)
{
	j->k = (struct cg_pack){ CG_PACKED, NULL, ir_i32(cg, 0),
				 JOIN_MAX * cg_packed_max(j->elem) };
	j->k.p = cg_scratch(cg, j->k.cap);
	j->off = ir_alloca(cg, cg->i32, "joined");
	ir_store(cg, ir_i32(cg, 0), j->off);
}

static struct cg_val read_arg(struct cg *cg, const struct join *j, LLVMValueRef p)
{
	const struct type *t = j->n->call.args->type;
	enum addr_space as = t && t->kind == TYPE_PTR ? t->aspace : ASPACE_ANY;
	u32 cap = j->elem->size;
	struct cg_val v = { .v = cg_scratch(cg, cap + 8), .cap = cap };
	LLVMValueRef got, zero = ir_i64(cg, 0), bad;

	if (cg->rc)
		return v;
	got = cg->target->read_str(cg, v.v, cap, p, ir_i32(cg, cap), as);
	bad = ir_cmp(cg, LLVMIntSLT, got, zero);
	v.err = ir_select(cg, bad, got, zero);
	v.len = ir_trunc32(cg, ir_select(cg, bad, zero, got));
	return v;
}

/* One round: the i-th pointer; ends at NULL. */
static void read_round(struct cg *cg, struct join *j, LLVMValueRef argv, LLVMValueRef i,
		       LLVMBasicBlockRef end)
{
	const struct type *t = j->n->call.args->type;
	enum addr_space as = t && t->kind == TYPE_PTR ? t->aspace : ASPACE_ANY;
	LLVMValueRef slot = ir_alloca(cg, cg->i64, "argp"), at, p;
	LLVMBasicBlockRef some = ir_block(cg, "arg");
	const struct node_note *note = cg_note(cg, j->n);
	struct cg_val s;

	at = LLVMBuildAdd(cg->b, argv, LLVMBuildMul(cg->b, ir_zext(cg, i), ir_i64(cg, 8), ""), "");
	cg->target->read_mem(cg, slot, at, 8, as);
	p = ir_load(cg, cg->i64, slot);
	ir_br_if(cg, ir_bool(cg, p), some, end);
	ir_enter(cg, some);
	s = read_arg(cg, j, p);
	if (cg->rc)
		return;
	if (cg->mode == CG_FULL)
		add_string(cg, j, s);
	else if (note->col >= 0)
		cg->target->capture(cg, &cg->table->cols[note->col], s);
}

/* for (i = 0; i < n; i++) round(i) */
static void each(struct cg *cg, struct join *j, LLVMValueRef n,
		 void (*round)(struct cg *cg, struct join *j, LLVMValueRef arg, LLVMValueRef i,
			       LLVMBasicBlockRef end),
		 LLVMValueRef arg)
{
	LLVMBasicBlockRef head = ir_block(cg, "join"), body = ir_block(cg, "round"),
			  end = ir_block(cg, "joined");
	LLVMValueRef slot = ir_alloca(cg, cg->i32, "i"), i;

	ir_store(cg, ir_i32(cg, 0), slot);
	ir_br(cg, head);
	ir_enter(cg, head);
	i = ir_load(cg, cg->i32, slot);
	ir_br_if(cg, ir_cmp(cg, LLVMIntULT, i, n), body, end);
	ir_enter(cg, body);
	round(cg, j, arg, i, end);
	ir_store(cg, LLVMBuildAdd(cg->b, i, ir_i32(cg, 1), ""), slot);
	ir_br(cg, head);
	ir_enter(cg, end);
}

static void column_round(struct cg *cg, struct join *j, LLVMValueRef arg, LLVMValueRef i,
			 LLVMBasicBlockRef end)
{
	struct cg_val s = cg->target->column(cg, &cg->table->cols[cg_note(cg, j->n)->col], i);

	(void)arg;
	(void)end;
	if (s.len)
		add_string(cg, j, s);
	else
		cg_fail(cg, -EBADMSG, j->n, "the column of join() has no strings");
}

/*
 * Go round the capture if an earlier join() of this firing made the same list; NULL: always
 * capture.
 */
static LLVMBasicBlockRef skip_if_captured(struct cg *cg, const struct join *j)
{
	const struct node_note *note = cg_note(cg, j->n);
	LLVMBasicBlockRef go, end;
	LLVMValueRef done;

	if (cg->mode != CG_CAPTURE || note->col < 0)
		return NULL;
	go = ir_block(cg, "capture");
	end = ir_block(cg, "captured");
	done = cg->st->list_pos[cg->table->cols[note->col].node];
	ir_br_if(cg, ir_bool(cg, ir_load(cg, cg->i32, done)), end, go);
	ir_enter(cg, go);
	ir_store(cg, ir_i32(cg, 1), done);
	return end;
}

static void read_strings(struct cg *cg, struct join *j)
{
	LLVMValueRef argv = cg_word(cg, j->n->call.args);
	LLVMBasicBlockRef end;

	if (cg->rc)
		return;
	end = skip_if_captured(cg, j);
	each(cg, j, ir_i32(cg, JOIN_MAX), read_round, argv);
	if (end) {
		ir_br(cg, end);
		ir_enter(cg, end);
	}
}

struct cg_val cg_join(struct cg *cg, const struct node *n)
{
	struct type elem = str_type(cg);
	struct join j = { .n = n, .elem = &elem };
	const struct node_note *note = cg_note(cg, n);
	LLVMValueRef cnt;

	if (cg->mode != CG_CAPTURE)
		start_pack(cg, &j);
	if (cg->rc)
		return cg_poison(cg, n->type);
	if (cg->mode != CG_ANALYSIS) {
		read_strings(cg, &j);
	} else if (note->col >= 0) {
		cnt = cg->target->column_cnt(cg, &cg->table->cols[note->col]);
		each(cg, &j, ir_umin(cg, cnt, ir_i32(cg, JOIN_MAX)), column_round, NULL);
	}
	if (cg->mode != CG_CAPTURE && !cg->rc)
		cg->target->action(cg, cg->prog->actions[n->call.action],
				   (struct cg_val){ .v = j.k.p,
						    .len = ir_load(cg, cg->i32, j.off),
						    .cap = j.k.cap });
	return ir_word(ir_i64(cg, 0));
}
