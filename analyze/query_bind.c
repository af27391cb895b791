/*
 * From the texts of a query to a bound plan over one table.
 *
 * Each text is parsed by itself first, so that it is one expression (or a list of them) whatever
 * is in it, and looked through for what makes no sense outside a script.  Then they are put into
 * the text of a clause, which goes the way of any script, once for each table that could answer:
 * the table is the one where it has no errors.
 *
 * (1) Every text that is put in ends with a newline: it may end in a comment.
 * (2) Diagnostics have places in the clause; query_show() brings them back to the options.
 */
#include <errno.h>
#include <string.h>

#include "analyze/catalog_tape.h"
#include "analyze/query_priv.h"
#include "lang/ast_dump.h"

#define TEXT_MAX  (4u << 20)
#define PARTS_MAX (4 * QUERY_VALS_MAX)

/* ---- the text of the clause ---- */

struct writer {
	struct buf text;
	struct query_part parts[PARTS_MAX];
	u32 cnt;
};

static void put_part(struct writer *w, const struct query_expr *e)
{
	if (w->cnt < PARTS_MAX)
		w->parts[w->cnt++] =
			(struct query_part){ e, (u32)w->text.len, (u32)strlen(e->text) };
	buf_puts(&w->text, e->text);
	buf_putc(&w->text, '\n');
}

static void put_paren(struct writer *w, const struct query_expr *e)
{
	buf_putc(&w->text, '(');
	put_part(w, e);
	buf_putc(&w->text, ')');
}

/* The values and the key, as the members of one list. */
static void put_members(struct writer *w, const struct query *q)
{
	for (u32 i = 0; i < q->val_cnt; i++) {
		buf_puts(&w->text, i ? ", " : "");
		put_paren(w, &q->vals[i]);
	}
	if (q->by.text) {
		buf_puts(&w->text, q->val_cnt ? ", " : "");
		put_part(w, &q->by);
	}
}

static void put_rows(struct writer *w, const struct query *q)
{
	buf_puts(&w->text, " print((");
	put_members(w, q);
	buf_puts(&w->text, "));");
}

static void put_groups(struct writer *w, const struct query *q)
{
	buf_puts(&w->text, " " QUERY_GROUPS_MAP "[");
	put_members(w, q);
	buf_puts(&w->text, q->weight.text ? "] = sum(" : "] = count(");
	if (q->weight.text)
		put_part(w, &q->weight);
	buf_puts(&w->text, ");");
}

static void put_print(struct writer *w, const struct query *q)
{
	buf_puts(&w->text, " @");
	if (q->by.text) {
		buf_putc(&w->text, '[');
		put_part(w, &q->by);
		buf_putc(&w->text, ']');
	}
	buf_printf(&w->text, " = %s(", q->agg);
	put_paren(w, &q->vals[0]);
	if (q->agg_args.text) {
		buf_puts(&w->text, ", ");
		put_part(w, &q->agg_args);
	}
	buf_puts(&w->text, ");");
}

static void put_clause(struct writer *w, const struct query *q, const struct tape_table *t)
{
	for (u32 i = 0; t && i < t->probe_cnt; i++)
		buf_printf(&w->text, "%s%s", i ? "," : "", t->probes[i]);
	if (q->where.text) {
		buf_puts(&w->text, "\n/");
		put_paren(w, &q->where);
		buf_putc(&w->text, '/');
	}
	buf_puts(&w->text, "\n{");
	if (q->out & QUERY_PRINT)
		put_print(w, q);
	if (q->out & QUERY_GROUPS)
		put_groups(w, q);
	if (q->out & QUERY_ROWS)
		put_rows(w, q);
	buf_puts(&w->text, " }\n");
}

static int write_clause(const struct query *q, struct script_run *s, const struct tape_table *t,
			struct err *err)
{
	struct writer w = { .cnt = 0 };
	int rc;

	buf_init(&w.text, TEXT_MAX);
	put_clause(&w, q, t);
	rc = w.text.is_full ? -E2BIG :
			      source_init(&s->src, &s->arena, "query",
					  (struct str){ (const char *)w.text.data, w.text.len });
	buf_fini(&w.text);
	s->parts = arena_dup(&s->arena, w.parts, sizeof(w.parts));
	s->part_cnt = w.cnt;
	if (rc || !s->parts)
		return err_set_errno(err, rc ? rc : -ENOMEM, "the expressions");
	return 0;
}

/* ---- what each text is by itself ---- */

#define ARGS_MAX 64

struct binder {
	const struct query *q;
	struct script_run *s;
	struct catalog base;
	const char *args[ARGS_MAX]; /* the fields of args that are named */
	u32 arg_cnt;
	struct err *err;
};

struct looker {
	struct binder *b;
	u32 off; /* of the text in the clause */
};

static const char *not_in_expression(const struct node *n)
{
	switch (n->kind) {
	case NODE_VAR:
		return "a $variable";
	case NODE_PARAM:
		return "a parameter";
	case NODE_INCDEC:
		return "++ or --";
	default:
		return NULL;
	}
}

static void look(void *ctx, struct node *n)
{
	struct looker *l = ctx;
	struct span at = { n->span.off + l->off, n->span.len };
	const char *what = not_in_expression(n);

	if (n->kind == NODE_FIELD && n->field.base->kind == NODE_IDENT &&
	    !strcmp(n->field.base->ident.name, "args") && l->b->arg_cnt < ARGS_MAX)
		l->b->args[l->b->arg_cnt++] = n->field.name;
	if (what)
		diag_error(&l->b->s->diags, at, "an expression over a tape cannot have %s", what);
	else
		node_each_child(n, look, l);
}

static int look_at_part(struct binder *b, const struct query_part *p)
{
	bool is_list = p->expr == &b->q->by || p->expr == &b->q->agg_args;
	struct script_run *s = b->s;
	struct looker l = { b, p->off };
	struct diag_list own;
	struct node *n = NULL;
	struct source src;

	diag_init(&own, &s->arena);
	if (source_init(&src, &s->arena, p->expr->from, str_of(p->expr->text)))
		return err_oom(b->err);
	if (is_list)
		parse_expressions(&src, &s->arena, &own, &n);
	else
		parse_expression(&src, &s->arena, &own, &n);
	for (const struct diag *g = own.head; g; g = g->next) {
		struct span at = { g->span.off + p->off, g->span.len };
		struct diag *e = diag_error(&s->diags, at, "%s", g->msg);

		if (g->hint)
			diag_hint(&s->diags, e, "%s", g->hint);
	}
	for (; n && !own.error_cnt; n = n->next)
		look(&l, n);
	return s->diags.error_cnt ? -EINVAL : 0;
}

static int look_at_parts(struct binder *b)
{
	int rc = write_clause(b->q, b->s, NULL, b->err);

	for (u32 i = 0; i < b->s->part_cnt && (!rc || rc == -EINVAL); i++) {
		int part = look_at_part(b, &b->s->parts[i]);

		rc = part ? part : rc;
	}
	return rc;
}

/* ---- one table ---- */

/* @t is a value that a row can hand out. */
static void check_val(struct script_run *s, const struct query *q, u32 i, const struct type *t)
{
	struct span at = { 0, 0 };

	if (t && (type_is_num(t) || t->kind == TYPE_STACK || t->kind == TYPE_SYM))
		return;
	for (u32 k = 0; k < s->part_cnt; k++)
		if (s->parts[k].expr == &q->vals[i])
			at = (struct span){ s->parts[k].off, s->parts[k].len };
	diag_error(&s->diags, at, "this must be a number or a stack");
}

static void check_vals(struct script_run *s, const struct query *q)
{
	struct query_types t;

	query_types_of(q, s, &t);
	for (u32 i = 0; i < q->val_cnt && q->out != QUERY_PRINT; i++)
		check_val(s, q, i, t.vals[i]);
}

static void set_source(struct plan *plan, u32 table)
{
	for (u32 i = 0; i < plan->table_cnt; i++)
		if (plan->tables[i].source != UINT32_MAX)
			plan->tables[i].source = table;
}

/* How far is a table from having an answer?  Names that it does not know weigh most. */
#define MISS_WEIGHT 1000u
#define MISS_LEAF   1000u

static u32 missing_args(const struct binder *b, const struct query_columns *c, struct arena *a)
{
	u32 n = 0;

	for (u32 i = 0; i < b->arg_cnt; i++)
		n += query_columns_arg(c, a, b->args[i]) ? 0 : QUERY_MISS;
	return n;
}

/* A question is not a script that says how many keys it can bear: the runtime's limit holds. */
static void lift_limits(struct program *p)
{
	for (u32 i = 0; i < p->map_cnt; i++)
		p->maps[i]->max_keys = 0;
}

/* -EINVAL: it cannot answer, @s->diags say why.  *ret_misses: how much it lacks. */
static int try_table(const struct binder *b, struct script_run *s, u32 table, u32 *ret_misses)
{
	struct check_opts check = { .compat = s->compat };
	struct tape_table *t = query_columns_dup(&s->arena, &s->view.tables[table]);
	struct query_columns columns;
	struct catalog catalog;
	int rc;

	if (!t)
		return err_oom(b->err);
	catalog = query_columns_init(&columns, b->base, t);
	rc = write_clause(b->q, s, t, b->err);
	if (rc)
		return rc;
	rc = program_compile(&s->src, &catalog, &check, &s->arena, &s->diags, &s->prog, b->err);
	*ret_misses = (columns.misses + missing_args(b, &columns, &s->arena)) * MISS_WEIGHT +
		      (u32)s->diags.error_cnt;
	if (rc)
		return rc;
	rc = plan_bind_other(s->prog, t, 1, &s->diags, &s->plan);
	*ret_misses += rc ? MISS_LEAF : 0;
	if (rc)
		return rc;
	set_source(s->plan, table);
	lift_limits(s->prog);
	check_vals(s, b->q);
	return s->diags.error_cnt ? -EINVAL : 0;
}

/* ---- which table ---- */

bool query_has_rows(const struct tape_plan_view *v, u32 i)
{
	const char *probe = v->tables[i].probe_cnt ? v->tables[i].probes[0] : "";

	/* rows of these are made anew for another script */
	if (!strcmp(probe, "BEGIN") || !strcmp(probe, "END") || !strncmp(probe, "interval:", 9))
		return false;
	return v->tables[i].emits && v->cols[i].schema && *probe;
}

struct choice {
	u32 found[8], found_cnt; /* the first of those that can answer, and how many can */
	u32 best, misses; /* of those that cannot, the one with the least to miss */
	u32 cnt; /* of all that have rows */
};

static void note_try(struct choice *c, u32 table, int rc, u32 misses)
{
	c->cnt++;
	if (!rc && c->found_cnt++ < countof(c->found))
		c->found[c->found_cnt - 1] = table;
	if (rc == -EINVAL && (c->best == UINT32_MAX || misses < c->misses)) {
		c->best = table;
		c->misses = misses;
	}
}

static int try_all(const struct binder *b, struct choice *c)
{
	const struct tape_plan_view *v = &b->s->view;
	int rc = 0;

	*c = (struct choice){ .best = UINT32_MAX };
	for (u32 i = 0; i < v->table_cnt && (!rc || rc == -EINVAL); i++) {
		struct script_run one = { .view = *v, .compat = b->s->compat };
		u32 misses = 0;

		if (!query_has_rows(v, i))
			continue;
		arena_init(&one.arena, TEXT_MAX * 16);
		diag_init(&one.diags, &one.arena);
		rc = try_table(b, &one, i, &misses);
		note_try(c, i, rc, misses);
		arena_fini(&one.arena);
	}
	return rc == -EINVAL ? 0 : rc;
}

static int several(const struct script_run *s, const struct choice *c, struct err *err)
{
	struct buf names;

	buf_init(&names, 1 << 12);
	for (u32 i = 0; i < c->found_cnt && i < countof(c->found); i++)
		buf_printf(&names, "%s%s", i ? ", " : "", s->view.tables[c->found[i]].name);
	if (c->found_cnt > countof(c->found))
		buf_puts(&names, ", ...");
	err_set(err, -EINVAL, "%u tables can answer: %s", c->found_cnt, buf_cstr(&names));
	err_hint(err, "choose one with --table");
	buf_fini(&names);
	return -EINVAL;
}

static void list_tables(const struct script_run *s, struct buf *out)
{
	const char *sep = "";

	for (u32 i = 0; i < s->view.table_cnt && out->len < 600; i++) {
		if (!query_has_rows(&s->view, i))
			continue;
		buf_printf(out, "%s%s", sep, s->view.tables[i].name);
		sep = ", ";
	}
}

static int no_such_table(const struct script_run *s, const char *name, struct err *err)
{
	struct buf names;

	buf_init(&names, 1 << 16);
	list_tables(s, &names);
	err_set(err, -EINVAL, "--table %s: the tape has no such table with rows", name);
	err_hint(err, "it has %s", names.len ? buf_cstr(&names) : "none");
	buf_fini(&names);
	return -EINVAL;
}

static int named_table(const struct script_run *s, const char *name, u32 *ret, struct err *err)
{
	for (u32 i = 0; i < s->view.table_cnt; i++) {
		if (query_has_rows(&s->view, i) && !strcmp(s->view.tables[i].name, name)) {
			*ret = i;
			return 0;
		}
	}
	return no_such_table(s, name, err);
}

/* Behind the last error; notes stay with what they follow. */
static void note_tables(struct script_run *s, const struct choice *c)
{
	const struct diag *last = s->diags.head;
	struct buf names;

	if (c->cnt < 2 || !last || c->misses < MISS_LEAF)
		return;
	while (last->next)
		last = last->next;
	buf_init(&names, 1 << 16);
	list_tables(s, &names);
	diag_note(&s->diags, last->span, "no table has all of it: %s", buf_cstr(&names));
	buf_fini(&names);
}

static int bind_best(struct binder *b)
{
	u32 table, misses;
	struct choice c;
	int rc;

	if (b->q->table) {
		rc = named_table(b->s, b->q->table, &table, b->err);
		return rc ? rc : try_table(b, b->s, table, &misses);
	}
	rc = try_all(b, &c);
	if (rc)
		return rc;
	if (!c.cnt)
		return err_set(b->err, -ENODATA, "the tape has no table with rows");
	if (c.found_cnt > 1)
		return several(b->s, &c, b->err);
	rc = try_table(b, b->s, c.found_cnt ? c.found[0] : c.best, &misses);
	if (rc == -EINVAL)
		note_tables(b->s, &c);
	return rc;
}

int query_bind(const struct query *q, struct script_run *s, const struct tape_state *state,
	       struct err *err)
{
	struct binder b = { .q = q, .s = s, .err = err };
	struct catalog_tape *tape;
	int rc = q->prepare ? q->prepare(q->prepare_ctx, &s->view, err) : 0;

	rc = rc ? rc : look_at_parts(&b);
	if (rc)
		return rc;
	rc = catalog_tape_new(state, &tape, err);
	if (rc)
		return rc;
	b.base = catalog_tape_get(tape);
	rc = bind_best(&b);
	catalog_tape_free(tape);
	if (rc && !s->diags.error_cnt && !err->msg[0])
		err_set_errno(err, rc, "binding the expressions to the tape");
	return rc;
}
