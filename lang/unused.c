/*
 * lang/unused.c -- what a script fills and nobody looks at.
 *
 * It goes by names in the text, not by scopes: a clause that reads some $x anywhere has no unused
 * $x.  So there are no false alarms where blocks, folding or macros make one name several
 * variables, and one warning a name.
 *
 * (1) Not a use: the target of an assignment, ++ -- and += whose own value nobody takes, and the
 *     map of clear(), zero() and delete() as statements.
 * (2) A map that is filled is printed at the end.  It is unused only where it cannot be: config
 *     says so, or END clears it.
 * (3) $_name says itself that it is not used, and so does the variable of a loop.
 */
#include "lang/unused.h"

#include <string.h>

#include "base/strmap.h"

#define NAMES_MAX 8192

struct use {
	const char *name;
	struct span set; /* first place that fills it, or let */
	bool is_set, is_let, is_read, is_cleared; /* cleared: by END, whatever happens */
	struct use *next; /* by first mention */
};

struct uses {
	struct arena *a;
	struct strmap by_name;
	struct use *head, **tail;
};

struct scan {
	struct uses vars, *maps; /* of the clause; of the script */
	bool is_end; /* among the statements of END that always run */
};

static void uses_init(struct uses *u, struct arena *a)
{
	*u = (struct uses){ .a = a };
	u->tail = &u->head;
	strmap_init(&u->by_name, NAMES_MAX);
}

/* NULL: no memory; nothing is said then. */
static struct use *use_of(struct uses *u, const char *name)
{
	struct use *e = strmap_find(&u->by_name, str_of(name));

	if (e)
		return e;
	e = arena_new(u->a, struct use);
	if (!e || strmap_put(&u->by_name, str_of(name), e, NULL))
		return NULL;
	e->name = name;
	*u->tail = e;
	u->tail = &e->next;
	return e;
}

static void note_set(struct uses *u, const char *name, struct span at)
{
	struct use *e = use_of(u, name);

	if (e && !e->is_set)
		e->set = at;
	if (e)
		e->is_set = true;
}

static void note_read(struct uses *u, const char *name)
{
	struct use *e = use_of(u, name);

	if (e)
		e->is_read = true;
}

static void look(void *ctx, struct node *n);

static void look_list(struct scan *s, struct node *list)
{
	for (; list; list = list->next)
		look(s, list);
}

static void look_target(struct scan *s, struct node *n)
{
	if (n->kind == NODE_VAR) {
		note_set(&s->vars, n->var.name, n->span);
	} else if (n->kind == NODE_MAP) {
		note_set(s->maps, n->map.name, n->span);
		if (n->map.key)
			look(s, n->map.key);
	} else {
		look(s, n);
	}
}

static bool drops_map(const struct node *n)
{
	return n->kind == NODE_CALL && n->call.args && n->call.args->kind == NODE_MAP &&
	       (!strcmp(n->call.name, "clear") || !strcmp(n->call.name, "zero") ||
		!strcmp(n->call.name, "delete"));
}

static void look_drop(struct scan *s, struct node *call)
{
	struct node *m = call->call.args;
	struct use *e = use_of(s->maps, m->map.name);

	if (e && s->is_end && !strcmp(call->call.name, "clear"))
		e->is_cleared = true;
	if (m->map.key)
		look(s, m->map.key);
	look_list(s, m->next);
}

static void look_stmt_expr(struct scan *s, struct node *e)
{
	if (e->kind == NODE_INCDEC)
		look_target(s, e->unary.arg);
	else if (drops_map(e))
		look_drop(s, e);
	else
		look(s, e);
}

static void look_let(struct scan *s, struct node *n)
{
	struct use *e = use_of(&s->vars, n->let.var_name);

	if (e && !e->is_set && !e->is_let)
		e->set = n->span;
	if (e)
		e->is_let = true;
	if (n->let.rhs) {
		note_set(&s->vars, n->let.var_name, n->span);
		look(s, n->let.rhs);
	}
}

static void look_below(struct scan *s, struct node *n)
{
	bool is_end = s->is_end;

	s->is_end = false;
	node_each_child(n, look, s);
	s->is_end = is_end;
}

static void look(void *ctx, struct node *n)
{
	struct scan *s = ctx;

	switch (n->kind) {
	case NODE_VAR:
		note_read(&s->vars, n->var.name);
		break;
	case NODE_MAP:
		note_read(s->maps, n->map.name);
		look_below(s, n);
		break;
	case NODE_ASSIGN:
		look(s, n->assign.rhs);
		look_target(s, n->assign.lhs);
		break;
	case NODE_EXPR_STMT:
		look_stmt_expr(s, n->unary.arg);
		break;
	case NODE_LET:
		look_let(s, n);
		break;
	default:
		look_below(s, n); /* (3): the variable of a loop is a child, so it is read */
		break;
	}
}

static bool is_marked(const char *name)
{
	return name[1] == '_';
}

static void tell_vars(const struct uses *u, struct diag_list *d)
{
	for (const struct use *e = u->head; e; e = e->next) {
		struct diag *g;

		if (e->is_read || is_marked(e->name) || (!e->is_set && !e->is_let))
			continue;
		if (!e->is_set) {
			g = diag_warn(d, e->set, "%s is declared and never used", e->name);
			diag_hint(d, g, "remove it");
			continue;
		}
		g = diag_warn(d, e->set, "%s is set and never read", e->name);
		diag_hint(d, g, "remove it, or call it $_%s; '_ = ...;' keeps what only has an "
			  "effect", e->name + 1);
	}
}

static void tell_maps(const struct program *p, const struct uses *u, struct diag_list *d)
{
	for (const struct use *e = u->head; e; e = e->next) {
		struct diag *g;

		if (e->is_read || !e->is_set || (p->print_maps_on_exit && !e->is_cleared))
			continue;
		g = diag_warn(d, e->set, "%s is filled, and nothing reads or prints it", e->name);
		if (e->is_cleared)
			diag_hint(d, g, "END clears it before it would be printed");
		else
			diag_hint(d, g, "print(%s) shows it: print_maps_on_exit is off", e->name);
	}
}

static void tell_decls(const struct program *p, struct uses *u, struct diag_list *d)
{
	for (const struct map_decl *m = p->ast.map_decls; m; m = m->next) {
		struct diag *g;

		if (strmap_find(&u->by_name, str_of(m->map_name)))
			continue;
		g = diag_warn(d, m->span, "%s is declared and never used", m->map_name);
		diag_hint(d, g, "remove the declaration");
	}
}

static bool is_end_clause(const struct clause *c)
{
	return c->probes && !c->probes->next && !c->pred && c->probes->part_cnt == 1 &&
	       (!strcmp(c->probes->parts[0], "END") || !strcmp(c->probes->parts[0], "end"));
}

void program_warn_unused(const struct program *p, struct diag_list *d)
{
	struct uses maps;

	uses_init(&maps, p->arena);
	for (const struct clause *c = p->ast.clauses; c; c = c->next) {
		struct scan s = { .maps = &maps, .is_end = is_end_clause(c) };

		uses_init(&s.vars, p->arena);
		if (c->pred)
			look(&s, c->pred);
		look_list(&s, c->body);
		tell_vars(&s.vars, d);
		strmap_fini(&s.vars.by_name);
	}
	tell_maps(p, &maps, d);
	tell_decls(p, &maps, d);
	strmap_fini(&maps.by_name);
}
