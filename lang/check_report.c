/*
 * lang/check_report.c -- diagnostics of the checker: silent until the last run, one error a place.
 */
#include "lang/check_priv.h"

static bool is_reported(const struct diag_list *d, struct span sp)
{
	for (const struct diag *g = d->head; g; g = g->next) {
		if (g->level == DIAG_ERROR && g->span.off == sp.off && g->span.len == sp.len)
			return true;
	}
	return false;
}

static bool is_warned(const struct diag_list *d, struct span sp, const char *msg)
{
	for (const struct diag *g = d->head; g; g = g->next) {
		if (g->span.off == sp.off && g->span.len == sp.len && str_is(str_of(g->msg), msg))
			return true;
	}
	return false;
}

struct diag *ck_error(struct check *ck, struct span sp, const char *fmt, ...)
{
	va_list ap;
	char *msg;

	ck->is_wrong = true;
	if (!ck->is_final || is_reported(ck->d, sp))
		return NULL;
	va_start(ap, fmt);
	msg = arena_vprintf(ck->a, fmt, ap);
	va_end(ap);
	return diag_error(ck->d, sp, "%s", msg ? msg : "out of memory");
}

struct diag *ck_warn(struct check *ck, struct span sp, const char *fmt, ...)
{
	va_list ap;
	char *msg;

	if (!ck->is_final || is_reported(ck->d, sp))
		return NULL;
	va_start(ap, fmt);
	msg = arena_vprintf(ck->a, fmt, ap);
	va_end(ap);
	if (!msg || is_warned(ck->d, sp, msg))
		return NULL;
	return diag_warn(ck->d, sp, "%s", msg);
}

void ck_hint(struct check *ck, struct diag *g, const char *fmt, ...)
{
	va_list ap;
	char *msg;

	if (!g)
		return;
	va_start(ap, fmt);
	msg = arena_vprintf(ck->a, fmt, ap);
	va_end(ap);
	diag_hint(ck->d, g, "%s", msg ? msg : "");
}

void ck_hint_near(struct check *ck, struct diag *g, const struct str_nearest *near)
{
	if (near->n >= 3)
		ck_hint(ck, g, "did you mean %s, %s or %s?", near->best[0].text, near->best[1].text,
			near->best[2].text);
	else if (near->n == 2)
		ck_hint(ck, g, "did you mean %s or %s?", near->best[0].text, near->best[1].text);
	else if (near->n == 1)
		ck_hint(ck, g, "did you mean %s?", near->best[0].text);
}

void ck_hint_maps(struct check *ck, struct diag *g, const char *name)
{
	struct str_nearest near;

	str_nearest_init(&near, name);
	for (size_t i = 0; i < ck->maps.n; i++) {
		const struct map_info *m = *vec_get(&ck->maps, struct map_info *, i);

		if (m->is_written)
			str_nearest_offer(&near, m->name);
	}
	ck_hint_near(ck, g, &near);
}

void ck_hint_fields(struct check *ck, struct diag *g, const struct type *rec)
{
	struct buf b;

	if (!g)
		return;
	buf_init(&b, 400);
	for (u32 i = 0; i < rec->field_cnt; i++) {
		if (rec->fields[i].name)
			buf_printf(&b, " %s", rec->fields[i].name);
	}
	ck_hint(ck, g, "fields:%s%s", buf_cstr(&b), b.is_full ? " ..." : "");
	buf_fini(&b);
}

const char *source_quote(struct check *ck, struct span sp)
{
	struct str s = source_text(ck->prog->src, sp);
	const char *text = arena_dup(ck->a, s.s, s.len > 60 ? 60 : s.len);

	return text ? text : "it";
}

const char *ck_type_text(struct check *ck, const struct type *t)
{
	struct buf b;
	char *text;

	buf_init(&b, 4096);
	type_print(lit_plain(t), &b);
	text = arena_dup(ck->a, b.data ? (const char *)b.data : "", b.len);
	buf_fini(&b);
	return text ? text : "?";
}

bool ck_allows(struct check *ck, struct span sp, const char *what, bool is_evaluated)
{
	if (is_evaluated || ck->o->allow_unevaluated)
		return true;
	ck_error(ck, sp, "%s is not supported yet", what);
	return false;
}

void ck_limit(struct check *ck, struct span sp, const char *fmt, ...)
{
	va_list ap;
	char *msg;

	if (!ck->is_full && !ck->a->is_full) {
		va_start(ap, fmt);
		msg = arena_vprintf(ck->a, fmt, ap);
		va_end(ap);
		diag_error(ck->d, sp, "%s", msg ? msg : "too large");
	}
	ck->is_full = true;
}

const char *agg_name(const struct type *agg)
{
	return builtins[BI_COUNT + agg->agg].name;
}

void ck_not_assignable(struct check *ck, struct span sp, const struct map_info *m)
{
	const char *f = agg_name(m->val);

	ck_error(ck, sp, "%s holds %s(); only %s = %s(...) changes it", m->name, f, m->name, f);
}

void ck_warn_zero(struct check *ck, struct span sp, enum op op)
{
	const char *res = ck->o->compat == COMPAT_27 ? "1" : op == OP_DIV ? "0" : "the left side";

	ck_warn(ck, sp, "division by zero: the result is %s", res);
}
