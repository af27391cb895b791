/*
 * lang/expand.c -- the probes of a clause: providers known here, the others asked of the catalog.
 *
 * Each probe of the program exists once, whoever names it; its id is the order of first mention.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lang/check_priv.h"
#include "lang/soft_event.h"

static const struct {
	const char *unit;
	u64 ns;
} units[] = {
	{ "s", 1000000000 },  { "ms", 1000000 },      { "us", 1000 }, { "ns", 1 },
	{ "m", 60000000000 }, { "h", 3600000000000 }, { "hz", 0 },
};

static int find_unit(const char *s)
{
	for (size_t i = 0; i < countof(units); i++) {
		if (!strcmp(s, units[i].unit))
			return i;
	}
	return -1;
}

/* interval:s:1  interval:10ms  interval:hz:99  interval:1000000 (ns) */
static bool parse_period(struct check *ck, const struct probe_spec *s, struct probe *p)
{
	const char *number = s->parts[s->part_cnt - 1], *unit;
	char *end;
	u64 n = strtoull(number, &end, 10);
	int u;

	unit = s->part_cnt == 3 ? s->parts[1] : *end ? end : "ns";
	u = find_unit(unit);
	if (end == number || *number == '-' || (s->part_cnt == 3 && *end) || u < 0) {
		ck_hint(ck, ck_error(ck, s->span, "%s is not a period", s->text),
			"%s, such as %s:s:1 or %s:10ms", providers[p->kind].form,
			providers[p->kind].name, providers[p->kind].name);
		return false;
	}
	if (!n || n > 1000000000000) {
		ck_error(ck, s->part_spans[s->part_cnt - 1],
			 "a period must be between 1 and 1e12, not %s", number);
		return false;
	}
	if (units[u].ns && n > UINT64_MAX / 2 / units[u].ns) {
		ck_error(ck, s->span, "the period is too long");
		return false;
	}
	p->period_ns = units[u].ns ? n * units[u].ns : 1000000000 / n;
	p->name = arena_printf(ck->a, "%s:%s:%llu", providers[p->kind].name, unit,
			       (unsigned long long)n);
	if (p->period_ns < 1000) {
		ck_error(ck, s->span, "a period is at least 1 us");
		return false;
	}
	return true;
}

/* software:page-faults  software:faults:1: one name for each, whatever was written. */
static bool parse_software(struct check *ck, const struct probe_spec *s, struct probe *p)
{
	const struct soft_event *e = soft_event_find(s->parts[1]);
	const char *number = s->part_cnt == 3 ? s->parts[2] : NULL;
	struct str_nearest near;
	char *end = NULL;

	if (!e) {
		str_nearest_init(&near, s->parts[1]);
		soft_event_offer_names(&near);
		ck_hint_near(ck,
			     ck_error(ck, s->part_spans[1], "no software event is called %s",
				      s->parts[1]),
			     &near);
		return false;
	}
	p->event = e->name;
	p->count = number ? strtoull(number, &end, 10) : e->count;
	if (number && (*number < '0' || *number > '9' || *end || !p->count ||
		       p->count > INT64_MAX)) {
		ck_error(ck, s->part_spans[2], "%s is not a number of events", number);
		return false;
	}
	p->name = arena_printf(ck->a, "%s:%s:%llu", providers[PROBE_SOFTWARE].name, e->name,
			       (unsigned long long)p->count);
	return true;
}

static struct probe *intern_probe(struct check *ck, const struct probe *p)
{
	struct probe *q = strmap_find(&ck->probe_by_name, str_of(p->name)), **slot;

	if (q)
		return q;
	q = arena_dup(ck->a, p, sizeof(*p));
	slot = q ? vec_push(&ck->probes) : NULL;
	if (!slot)
		return NULL;
	if (strmap_put(&ck->probe_by_name, str_of(p->name), q, NULL)) {
		ck->probes.n--;
		return NULL;
	}
	q->id = ck->probes.n - 1;
	*slot = q;
	return q;
}

/* Of a probe in the clause being expanded; a second one adds nothing. */
static bool is_first_mention(struct check *ck, const struct probe *q)
{
	u32 *seen;

	while (ck->seen.n <= q->id) {
		if (!vec_push(&ck->seen))
			return true;
	}
	seen = vec_get(&ck->seen, u32, q->id);
	if (*seen == ck->clause_no)
		return false;
	*seen = ck->clause_no;
	return true;
}

static int add_probe(struct check *ck, struct vec *out, const struct probe *p, struct span sp,
		     struct err *err)
{
	struct probe *q = intern_probe(ck, p), **slot;

	if (!q) {
		ck_limit(ck, sp, "too many probes: a script has at most %d", PROBES_MAX);
		return 0;
	}
	if (!is_first_mention(ck, q))
		return 0;
	slot = vec_push(out);
	if (!slot)
		return err_oom(err);
	*slot = q;
	return 0;
}

/* rawtracepoint:vmlinux:EVENT is the kernel's own, as is one without a module. */
static void drop_module(struct probe_spec *s)
{
	if (s->part_cnt != 3 || strcmp(s->parts[1], "vmlinux"))
		return;
	s->parts[1] = s->parts[2];
	s->part_spans[1] = s->part_spans[2];
	s->part_cnt = 2;
}

/* The spec as catalogs want it: canonical provider, three parts for a tracepoint. */
static bool normalise(struct check *ck, const struct probe_spec *s, enum probe_kind kind,
		      struct probe_spec *ret)
{
	const struct provider *pv = &providers[kind];

	*ret = *s;
	ret->parts[0] = pv->name;
	if (s->part_cnt < pv->min_parts || s->part_cnt > pv->max_parts) {
		ck_hint(ck, ck_error(ck, s->span, "%s is not a complete probe", s->text), "%s",
			pv->form);
		return false;
	}
	if (kind == PROBE_RAWTRACEPOINT)
		drop_module(ret);
	if (kind != PROBE_TRACEPOINT || s->part_cnt == 3)
		return true;
	if (!strchr(s->parts[1], '*')) {
		ck_hint(ck, ck_error(ck, s->span, "%s lacks the event", s->text), "%s", pv->form);
		return false;
	}
	ret->parts[2] = s->parts[1];
	ret->part_spans[2] = s->part_spans[1];
	ret->parts[1] = "*";
	ret->part_cnt = 3;
	return true;
}

static void hint_probes(struct check *ck, struct diag *g)
{
	struct buf b;

	buf_init(&b, 400);
	ck->cat->ops->tell_probes(ck->cat, &b);
	ck_hint(ck, g, "%s%s", buf_cstr(&b), b.is_full ? " ..." : "");
	buf_fini(&b);
}

static void report_missing(struct check *ck, const struct probe_spec *s,
			   const struct str_nearest *near)
{
	const char *level = ck->missing_probes;
	bool is_glob = strchr(s->text, '*'), is_small = ck->cat->ops->tell_probes != NULL;
	const char *before = is_glob ? "no probe matches " : is_small ? "" : "unknown probe ";
	const char *after = is_small && !is_glob ? " was not recorded" : "";
	struct diag *g;

	if (!strcmp(level, "ignore"))
		return;
	if (!strcmp(level, "warn"))
		g = ck_warn(ck, s->span, "%s%s%s", before, s->text, after);
	else
		g = ck_error(ck, s->span, "%s%s%s", before, s->text, after);
	if (is_small)
		hint_probes(ck, g);
	else if (!is_glob)
		ck_hint_near(ck, g, near);
}

static int ask_catalog(struct check *ck, const struct probe_spec *s, struct vec *out,
		       struct err *err)
{
	struct str_nearest near;
	struct vec found;
	int rc;

	str_nearest_init(&near, arena_printf(ck->a, "%s:%s%s%s", s->parts[0], s->parts[1],
					     s->part_cnt > 2 ? ":" : "",
					     s->part_cnt > 2 ? s->parts[2] : ""));
	vec_init(&found, sizeof(struct probe), PROBES_MAX);
	rc = ck->cat->ops->expand(ck->cat, s, ck->a, &found, &near, err);
	if (rc == -ENOENT) {
		report_missing(ck, s, &near);
		rc = 0;
	}
	for (size_t i = 0; !rc && i < found.n; i++)
		rc = add_probe(ck, out, vec_get(&found, struct probe, i), s->span, err);
	vec_fini(&found);
	return rc;
}

static void unknown_provider(struct check *ck, const struct probe_spec *s)
{
	struct str_nearest near;
	struct diag *g;

	str_nearest_init(&near, s->parts[0]);
	provider_offer_names(&near);
	g = ck_error(ck, s->span, "unknown kind of probe: %s", s->parts[0]);
	ck_hint_near(ck, g, &near);
}

static int expand_spec(struct check *ck, const struct probe_spec *s, struct vec *out,
		       struct err *err)
{
	enum probe_kind kind = s->part_cnt ? provider_find(s->parts[0]) : PROBE_KIND_CNT;
	struct probe p = { .kind = kind };
	struct probe_spec norm;

	if (kind == PROBE_KIND_CNT) {
		unknown_provider(ck, s);
		return 0;
	}
	if (!ck_allows(ck, s->span, arena_printf(ck->a, "the probe %s", providers[kind].name),
		       providers[kind].is_evaluated))
		return 0;
	if (!normalise(ck, s, kind, &norm))
		return 0;
	switch (kind) {
	case PROBE_BEGIN:
	case PROBE_END:
		p.name = providers[kind].name;
		return add_probe(ck, out, &p, s->span, err);
	case PROBE_INTERVAL:
	case PROBE_PROFILE:
		return parse_period(ck, s, &p) ? add_probe(ck, out, &p, s->span, err) : 0;
	case PROBE_SOFTWARE:
		return parse_software(ck, &norm, &p) ? add_probe(ck, out, &p, s->span, err) : 0;
	default:
		return ask_catalog(ck, &norm, out, err);
	}
}

int expand_clause(struct check *ck, const struct clause *c, struct vec *out, struct err *err)
{
	ck->clause_no++;
	for (const struct probe_spec *s = c->probes; s; s = s->next) {
		int rc = expand_spec(ck, s, out, err);

		if (rc)
			return rc;
	}
	return 0;
}
