/*
 * lang/instance.c -- clauses to instances: one for all probes that look the same to the clause.
 *
 * Probes look the same if the args fields that the clause names have the same places and types,
 * and, where it asks for arguments by number, the return value, the function or the context, if
 * they are of one kind.  A clause that does neither has one instance.
 */
#include <errno.h>
#include <string.h>

#include "lang/check_priv.h"

#define NAMES_MAX 256

/* What a clause asks of its probes. */
struct wants {
	const char *fields[NAMES_MAX];
	u32 field_cnt;
	bool all_fields; /* args as a whole, or more names than we keep */
	bool kind; /* argN, retval, func, ctx, or a cast: its address space goes by the kind */
	u32 node_cnt;
};

static bool names_args(const struct node *n)
{
	return n->kind == NODE_IDENT && !strcmp(n->ident.name, "args");
}

static void want_field(struct wants *w, const char *name)
{
	for (u32 i = 0; i < w->field_cnt; i++) {
		if (!strcmp(w->fields[i], name))
			return;
	}
	if (w->field_cnt == NAMES_MAX)
		w->all_fields = true;
	else
		w->fields[w->field_cnt++] = name;
}

static bool look(struct node *n, void *ctx)
{
	struct wants *w = ctx;
	s64 unused;

	w->node_cnt++;
	if (n->kind == NODE_FIELD && names_args(n->field.base)) {
		want_field(w, n->field.name);
		return false;
	}
	if (names_args(n) || (n->kind == NODE_CALL && !strcmp(n->call.name, "args")))
		w->all_fields = true;
	if (n->kind == NODE_CAST)
		w->kind = true;
	if (n->kind == NODE_IDENT) {
		const char *s = n->ident.name;

		w->kind = w->kind || !strcmp(s, "retval") || !strcmp(s, "func") ||
			  !strcmp(s, "ctx") || builtin_find_argn(str_of(s), &unused);
	}
	return true;
}

static bool same_field(const struct field *a, const struct field *b)
{
	if (!a || !b)
		return a == b;
	return a->off == b->off && a->bit_off == b->bit_off && a->bit_sz == b->bit_sz &&
	       a->is_data_loc == b->is_data_loc && type_eq(a->type, b->type) &&
	       a->type->size == b->type->size && a->type->aspace == b->type->aspace;
}

static bool same_record(const struct type *a, const struct type *b)
{
	if (a->field_cnt != b->field_cnt)
		return false;
	for (u32 i = 0; i < a->field_cnt; i++) {
		if (strcmp(a->fields[i].name, b->fields[i].name) ||
		    !same_field(&a->fields[i], &b->fields[i]))
			return false;
	}
	return true;
}

static const struct field *field_of(const struct probe *p, const char *name)
{
	return p->args ? type_field(p->args, name) : NULL;
}

/* Where its code runs, and when, is known by the first of its probes. */
static bool stands_apart(enum probe_kind k)
{
	return k == PROBE_BEGIN || k == PROBE_END;
}

static bool look_same(const struct wants *w, const struct probe *a, const struct probe *b)
{
	if (stands_apart(a->kind) || stands_apart(b->kind) ||
	    ((a->kind == PROBE_INTERVAL) != (b->kind == PROBE_INTERVAL)))
		return false;
	if (w->kind &&
	    (a->kind != b->kind || (a->retval && b->retval && !type_eq(a->retval, b->retval))))
		return false;
	if (w->all_fields)
		return (!a->args && !b->args) ||
		       (a->args && b->args && same_record(a->args, b->args));
	for (u32 i = 0; i < w->field_cnt; i++) {
		if (!same_field(field_of(a, w->fields[i]), field_of(b, w->fields[i])))
			return false;
	}
	return true;
}

static struct inst *add_inst(struct check *ck, const struct clause *c, const struct wants *w,
			     const struct probe *p)
{
	struct inst *in = arena_new(ck->a, struct inst), **slot = in ? vec_push(&ck->insts) : NULL;

	ck->node_total += w->node_cnt;
	if (!slot || ck->node_total > NODES_MAX) {
		ck->insts.n -= slot ? 1 : 0;
		ck_limit(ck, c->span,
			 "the clause has too many different probes: %d instances, %d nodes "
			 "are the most",
			 INSTS_MAX, NODES_MAX);
		return NULL;
	}
	*slot = in;
	in->idx = ck->insts.n - 1;
	in->clause = c;
	in->args = w->field_cnt || w->all_fields ? p->args : NULL;
	in->pred = c->pred ? list_copy(ck->a, c->pred) : NULL;
	in->body = list_copy(ck->a, c->body);
	return in;
}

/* The first instance from @first on that @p looks the same to; a new one otherwise. */
static struct inst *inst_for(struct check *ck, const struct clause *c, const struct wants *w,
			     struct probe *p, size_t first)
{
	struct inst *in;

	for (size_t k = first; k < ck->insts.n; k++) {
		in = *vec_get(&ck->insts, struct inst *, k);
		if (look_same(w, in->probes[0], p))
			return in;
	}
	in = add_inst(ck, c, w, p);
	if (!in)
		return NULL;
	in->probes =
		arena_new(ck->a, struct probe *); /* one to compare with, until all are counted */
	if (!in->probes) {
		ck->insts.n--;
		return NULL;
	}
	in->probes[0] = p;
	return in;
}

static int group_probes(struct check *ck, const struct clause *c, const struct wants *w,
			struct vec *probes, struct err *err)
{
	struct inst **of = arena_new_n(ck->a, struct inst *, probes->n + 1);
	size_t first = ck->insts.n;

	if (!of)
		return err_oom(err);
	for (size_t i = 0; i < probes->n; i++) {
		of[i] = inst_for(ck, c, w, *vec_get(probes, struct probe *, i), first);
		if (!of[i])
			return ck->a->is_full ? err_oom(err) : 0;
		of[i]->probe_cnt++;
	}
	for (size_t k = first; k < ck->insts.n; k++) {
		struct inst *in = *vec_get(&ck->insts, struct inst *, k);

		in->probes = arena_new_n(ck->a, struct probe *, in->probe_cnt);
		if (!in->probes)
			return err_oom(err);
		in->probe_cnt = 0;
	}
	for (size_t i = 0; i < probes->n; i++)
		of[i]->probes[of[i]->probe_cnt++] = *vec_get(probes, struct probe *, i);
	return 0;
}

static int make_of_clause(struct check *ck, const struct clause *c, struct err *err)
{
	struct wants w = { .node_cnt = 0 };
	struct vec probes;
	int rc;

	if (c->pred)
		node_walk(c->pred, look, &w);
	list_walk(c->body, look, &w);
	if (w.node_cnt > INST_NODES_MAX) {
		diag_error(ck->d, c->span, "the clause is too large: more than %d expressions",
			   INST_NODES_MAX);
		return 0;
	}
	vec_init(&probes, sizeof(struct probe *), PROBES_MAX);
	rc = expand_clause(ck, c, &probes, err);
	ck->is_partial = ck->is_partial || !probes.n;
	if (!rc)
		rc = group_probes(ck, c, &w, &probes, err);
	vec_fini(&probes);
	return rc;
}

int instance_make_all(struct check *ck, struct err *err)
{
	for (const struct clause *c = ck->prog->ast.clauses; c; c = c->next) {
		int rc = make_of_clause(ck, c, err);

		if (rc)
			return rc;
	}
	return 0;
}
