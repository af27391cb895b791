/*
 * lang/scope.c -- which $variable a name means.
 *
 * A variable lives from its first assignment (or let) to the end of the block of that place.
 * bpftrace 0.17 has one scope a clause.  With either, a variable that is read behind the blocks it
 * was set in belongs to the whole clause: all its assignments, in whatever blocks, are to one
 * variable, which is 0 or "" where none of them was run.
 */
#include <string.h>

#include "lang/check_priv.h"

static struct scope_var *find_var(struct check *ck, const char *name, bool is_open)
{
	for (size_t i = ck->vars.n; i-- > 0;) {
		struct scope_var *v = vec_get(&ck->vars, struct scope_var, i);

		if (v->is_open == is_open && !strcmp(v->info->name, name))
			return v;
	}
	return NULL;
}

void scope_enter(struct check *ck)
{
	ck->depth++;
}

void scope_leave(struct check *ck)
{
	for (size_t i = 0; i < ck->vars.n; i++) {
		struct scope_var *v = vec_get(&ck->vars, struct scope_var, i);

		if (v->depth >= ck->depth)
			v->is_open = false;
	}
	ck->depth--;
}

static struct scope_var *add_var(struct check *ck, const char *name, struct span sp)
{
	struct var_info *info = arena_new(ck->a, struct var_info);
	struct scope_var *v = info ? vec_push(&ck->vars) : NULL;

	if (!v) {
		ck_limit(ck, sp, "too many variables: a clause has at most %d", VARS_MAX);
		return NULL;
	}
	info->name = name;
	info->idx = ck->vars.n - 1;
	v->info = info;
	v->is_open = true;
	v->depth = ck->o->compat == COMPAT_17 ? 0 : ck->depth;
	return v;
}

struct var_info *scope_declare(struct check *ck, const char *name, struct span sp, bool is_declared)
{
	struct scope_var *v = find_var(ck, name, true);
	struct diag *g;

	if (v) {
		g = ck_error(ck, sp, "%s is already declared", name);
		ck_hint(ck, g, "leave out let to assign to it, or use another name");
		return v->info;
	}
	v = add_var(ck, name, sp);
	if (!v)
		return NULL;
	v->info->is_declared = is_declared;
	return v->info;
}

struct var_info *scope_assign(struct check *ck, const char *name, struct span sp)
{
	struct scope_var *v = find_var(ck, name, true);

	if (!v)
		v = add_var(ck, name, sp);
	if (!v)
		return NULL;
	return v->info;
}

static void offer_vars(struct check *ck, struct str_nearest *near)
{
	for (size_t i = 0; i < ck->vars.n; i++)
		str_nearest_offer(near, vec_get(&ck->vars, struct scope_var, i)->info->name);
}

struct var_info *scope_read(struct check *ck, const char *name, struct span sp)
{
	struct scope_var *v = find_var(ck, name, true);
	struct str_nearest near;
	struct diag *g;

	if (v)
		return v->info;
	v = find_var(ck, name, false);
	if (v) {
		v->is_open = true;
		v->is_leaked = true;
		v->depth = 0;
		g = ck_warn(ck, sp,
			    "%s is only set in a block that may not have run; it is 0 or \"\" then",
			    name);
		ck_hint(ck, g, "let %s; in front of the block says so", name);
		return v->info;
	}
	str_nearest_init(&near, name);
	offer_vars(ck, &near);
	g = ck_error(ck, sp, "%s has no value here: nothing is assigned to it before", name);
	ck_hint_near(ck, g, &near);
	return NULL;
}

/*
 * The variable that @info is, when a name that was read outside its blocks is one for the clause.
 */
static struct var_info *joined(struct check *ck, struct var_info *info)
{
	struct var_info *first = NULL;
	bool is_leaked = false;

	for (size_t i = 0; info && i < ck->vars.n; i++) {
		const struct scope_var *v = vec_get(&ck->vars, struct scope_var, i);

		if (strcmp(v->info->name, info->name))
			continue;
		first = first ? first : v->info;
		is_leaked = is_leaked || v->is_leaked;
	}
	return is_leaked ? first : info;
}

struct join {
	struct var_info **to; /* by idx */
};

static bool join_node(struct node *n, void *ctx)
{
	const struct join *j = ctx;

	if (n->kind == NODE_VAR && n->var.info)
		n->var.info = j->to[n->var.info->idx];
	else if (n->kind == NODE_LET && n->let.var)
		n->let.var = j->to[n->let.var->idx];
	return true;
}

void scope_finish(struct check *ck, struct inst *in)
{
	struct join j = { arena_new_n(ck->a, struct var_info *, ck->vars.n + 1) };
	bool any = false;

	in->vars = arena_new_n(ck->a, struct var_info *, ck->vars.n + 1);
	if (!in->vars || !j.to)
		return;
	for (size_t i = 0; i < ck->vars.n; i++) {
		struct var_info *v = vec_get(&ck->vars, struct scope_var, i)->info;

		j.to[i] = joined(ck, v);
		any = any || j.to[i] != v;
	}
	if (any)
		list_walk(in->body, join_node, &j);
	for (size_t i = 0; i < ck->vars.n; i++) {
		struct var_info *v = vec_get(&ck->vars, struct scope_var, i)->info;

		if (j.to[i] != v)
			continue;
		v->idx = in->var_cnt;
		in->vars[in->var_cnt++] = v;
	}
}
