/*
 * lang/codegen/cg_map.c -- maps: keys, reads, assignments, ++, aggregations.
 *
 * (1) The right-hand side is evaluated before the key.
 * (2) ++ -- += -= on integers are one atomic step of the target that gives the value before; the
 *     others read, compute and write.
 * (3) A map that is not here (cg_map_is_live) reads as zero and is never written.
 */
#include <errno.h>

#include "lang/codegen/cg_priv.h"

static bool is_agg(const struct map_info *m)
{
	return m->val && m->val->kind == TYPE_AGG;
}

struct cg_val cg_map_key(struct cg *cg, const struct node *map)
{
	const struct map_info *m = map->map.info;
	struct cg_val none = { .v = ir_null(cg), .len = ir_i32(cg, 0) };

	if (!map->map.key)
		return none;
	if (!m->key) {
		cg_fail(cg, -EINVAL, map, "%s has no keys", m->name);
		return none;
	}
	return cg_serialise(cg, cg_eval_as(cg, map->map.key, m->key), m->key);
}

/* Scratch with the serialised zero value, where a value may be copied over. */
static struct cg_val value_slot(struct cg *cg, const struct type *t)
{
	struct cg_val slot = { .cap = cg_max_size(cg, t) }, zero;

	zero = cg_serialise(cg, cg_zero(cg, t), t);
	slot.v = cg_scratch(cg, slot.cap);
	cg->target->copy(cg, slot.v, slot.cap, zero);
	slot.len = zero.len;
	return slot;
}

struct cg_val cg_map_load(struct cg *cg, const struct map_info *m, struct cg_val key)
{
	struct cg_val slot;
	LLVMValueRef len;

	if (!m->val || cg->rc)
		return cg_poison(cg, m->val);
	if (is_agg(m))
		return ir_word(cg->target->map_agg_read(cg, m, key));
	if (type_is_word(m->val))
		return ir_word(ir_normalise(cg, cg->target->map_get_int(cg, m, key), m->val));
	slot = value_slot(cg, m->val);
	if (cg->rc)
		return cg_poison(cg, m->val);
	len = cg->target->map_get(cg, m, key, slot);
	return cg_deserialise(cg, slot.v, len, m->val);
}

struct cg_val cg_map_read(struct cg *cg, const struct node *n)
{
	const struct map_info *m = n->map.info;
	struct cg_val key = cg_map_key(cg, n);

	cg_at(cg, n);
	if (!cg_map_is_live(cg, m) || !m->val)
		return cg_zero(cg, n->type);
	return cg_map_load(cg, m, key);
}

static void map_store(struct cg *cg, const struct map_info *m, struct cg_val key, struct cg_val v)
{
	if (cg->rc)
		return;
	if (m->val->kind == TYPE_FLOAT)
		v.v = cg_float_stored(cg, v.v);
	if (type_is_word(m->val))
		cg->target->map_set_int(cg, m, key, v.v);
	else
		cg->target->map_set(cg, m, key, cg_serialise(cg, v, m->val));
}

static LLVMValueRef scaled(struct cg *cg, const struct map_info *m, LLVMValueRef v)
{
	const struct type *t = m->val;

	if (t->kind != TYPE_PTR || !t->elem || t->elem->size <= 1)
		return v;
	return LLVMBuildMul(cg->b, v, ir_i64(cg, t->elem->size), "");
}

static bool is_step(const struct map_info *m, enum op op)
{
	return type_is_word(m->val) && m->val->kind != TYPE_FLOAT && (op == OP_ADD || op == OP_SUB);
}

/* @m[k] op= rhs */
static void map_update(struct cg *cg, const struct node *n, struct cg_val key, struct cg_val rhs)
{
	const struct map_info *m = n->assign.lhs->map.info;
	struct cg_val old;

	if (is_step(m, n->assign.op)) {
		rhs.v = scaled(cg, m, rhs.v);
		if (n->assign.op == OP_SUB)
			rhs.v = LLVMBuildNeg(cg->b, rhs.v, "");
		cg->target->map_add(cg, m, key, rhs.v);
		return;
	}
	if (!type_is_word(m->val) || rhs.len) {
		cg_fail(cg, -ENOTSUP, n, "%s= is not supported for this map",
			op_text(n->assign.op));
		return;
	}
	old = cg_map_load(cg, m, key);
	if (m->val->kind == TYPE_FLOAT) {
		rhs.v = cg_float_op(cg, n, n->assign.op,
				    (struct cg_floats){ old.v, rhs.v, m->val,
							n->assign.rhs->type });
		map_store(cg, m, key, rhs);
		return;
	}
	rhs.v = cg_arith_of(cg, n, n->assign.op,
			    (struct cg_operands){ old.v, rhs.v, n->assign.is_signed });
	map_store(cg, m, key, ir_word(ir_normalise(cg, rhs.v, m->val)));
}

static bool is_agg_call(const struct node *n)
{
	return n->kind == NODE_CALL && n->call.b && n->call.b->cls == BC_AGG;
}

static LLVMValueRef agg_value(struct cg *cg, const struct map_info *m, const struct node *arg)
{
	struct cg_val v;

	if (!arg)
		return ir_i64(cg, 0);
	if (m->val->agg != AGG_DISTINCT)
		return cg_word(cg, arg);
	v = cg_eval(cg, arg);
	if (!v.len)
		return v.v;
	if (cg->target->bytes_hash)
		return cg->target->bytes_hash(cg, v);
	cg_fail(cg, -ENOTSUP, arg, "distinct() is computed by the analyzer only");
	return LLVMGetPoison(cg->i64);
}

/* The last argument of tseries(), which the resolver put there; NULL: another aggregation. */
static const struct node *time_arg(const struct node *call)
{
	const struct node *n = call->call.args;

	if (call->call.b->id != BI_TSERIES)
		return NULL;
	while (n->next)
		n = n->next;
	return n;
}

/* @m[k] = count() and the like: one step */
static void agg_step(struct cg *cg, const struct node *n)
{
	const struct map_info *m = n->assign.lhs->map.info;
	const struct node *arg = n->assign.rhs->call.args, *at = time_arg(n->assign.rhs);
	LLVMValueRef v = agg_value(cg, m, arg), ts = at ? cg_word(cg, at) : NULL;
	struct cg_val key;

	if (arg && type_is_float_agg(m->val))
		v = cg_float_coerce(cg, v, arg->type, &type_double);
	if (cg->rc)
		return;
	key = cg_map_key(cg, n->assign.lhs);
	if (cg->rc || !cg_map_is_live(cg, m))
		return;
	cg_at(cg, n);
	if (ts && cg->target->map_agg_at)
		cg->target->map_agg_at(cg, m, key, v, ts);
	else
		cg->target->map_agg(cg, m, key, v);
}

void cg_map_assign(struct cg *cg, const struct node *n)
{
	const struct map_info *m = n->assign.lhs->map.info;
	struct cg_val v, key;

	if (!m->val) {
		cg_fail(cg, -EINVAL, n, "%s has no type", m->name);
		return;
	}
	if (is_agg_call(n->assign.rhs)) {
		agg_step(cg, n);
		return;
	}
	if (is_agg(m)) {
		cg_fail(cg, -ENOTSUP, n, "%s is an aggregation and cannot be assigned", m->name);
		return;
	}
	v = n->assign.op == OP_NONE ? cg_eval_as(cg, n->assign.rhs, m->val) :
				      cg_eval(cg, n->assign.rhs);
	key = cg_map_key(cg, n->assign.lhs);
	if (cg->rc || !cg_map_is_live(cg, m))
		return;
	cg_at(cg, n);
	if (n->assign.op == OP_NONE)
		map_store(cg, m, key, v);
	else
		map_update(cg, n, key, v);
}

struct cg_val cg_map_incdec(struct cg *cg, const struct node *n)
{
	const struct map_info *m = n->unary.arg->map.info;
	bool is_dec = n->unary.op == OP_PRE_DEC || n->unary.op == OP_POST_DEC;
	bool is_post = n->unary.op == OP_POST_INC || n->unary.op == OP_POST_DEC;
	struct cg_val key = cg_map_key(cg, n->unary.arg);
	LLVMValueRef old, delta;

	if (!m->val || !type_is_word(m->val) || is_agg(m)) {
		cg_fail(cg, -ENOTSUP, n, "%s is not supported for %s", op_text(n->unary.op),
			m->name);
		return cg_poison(cg, n->type);
	}
	if (cg->rc || !cg_map_is_live(cg, m))
		return cg_zero(cg, n->type);
	cg_at(cg, n);
	delta = scaled(cg, m, ir_i64(cg, is_dec ? -1 : 1));
	old = cg->target->map_add(cg, m, key, delta);
	if (!is_post)
		old = LLVMBuildAdd(cg->b, old, delta, "");
	return ir_word(ir_normalise(cg, old, m->val));
}

/* delete(@m[k]), has_key(@m[k]), len(@m) */
struct cg_val cg_map_call(struct cg *cg, const struct node *n)
{
	const struct node *map = n->call.args;
	LLVMValueRef v;
	struct cg_val key;

	if (map->kind != NODE_MAP) {
		cg_fail(cg, -ENOTSUP, n, "%s() of something that is no map is not supported",
			n->call.name);
		return cg_poison(cg, n->type);
	}
	key = cg_map_key(cg, map);
	if (cg->rc || !cg_map_is_live(cg, map->map.info))
		return ir_word(ir_i64(cg, 0));
	cg_at(cg, n);
	switch (n->call.b->id) {
	case BI_DELETE:
		v = cg->target->map_delete(cg, map->map.info, key);
		break;
	case BI_HAS_KEY:
		v = cg->target->map_has(cg, map->map.info, key);
		break;
	default:
		v = cg->target->map_len(cg, map->map.info);
		break;
	}
	return ir_word(ir_zext(cg, v));
}
