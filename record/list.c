/*
 * record/list.c -- what there is to trace, as text.
 *
 * A pattern is matched with the whole name of a probe, its provider first.  The provider may be an
 * alias; a word without ':' or '*' matches anywhere in the name.
 */
#include "record/list.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lang/program.h"
#include "lang/soft_event.h"
#include "record/ktypes.h"

#define PROBES_MAX 65536
#define ARENA_MAX  (256u << 20)

/* As they are typed, a number behind the colon. */
static const char *const plain_probes[] = {
	"BEGIN",	"END",	       "interval:hz:", "interval:ms:", "interval:s:",
	"interval:us:", "profile:hz:", "profile:ms:",  "profile:s:",   "profile:us:"
};

/* The pattern with a canonical provider in front; in @a. */
static const char *normalise(const char *pattern, struct arena *a)
{
	const char *colon = pattern ? strchr(pattern, ':') : NULL;
	enum probe_kind kind;
	char provider[32];

	if (!pattern || !*pattern)
		return "*";
	kind = provider_find(pattern);
	if (kind != PROBE_KIND_CNT)
		return arena_printf(a, "%s*", providers[kind].name);
	if (!colon && !strchr(pattern, '*'))
		return arena_printf(a, "*%s*", pattern);
	if (!colon || (size_t)(colon - pattern) >= sizeof(provider))
		return pattern;
	memcpy(provider, pattern, colon - pattern);
	provider[colon - pattern] = '\0';
	kind = provider_find(provider);
	if (kind == PROBE_KIND_CNT)
		return pattern;
	return arena_printf(a, "%s%s", providers[kind].name, colon);
}

static void put_args(const struct type *args, struct buf *out)
{
	for (u32 i = 0; args && i < args->field_cnt; i++) {
		const struct field *f = &args->fields[i];

		if (f->name[0] == '_' && f->name[1] == '_')
			continue;
		buf_puts(out, "    ");
		if (f->is_data_loc)
			buf_puts(out, "string");
		else
			type_print(f->type, out);
		buf_printf(out, " %s\n", f->name);
	}
}

/* Could a probe of that provider match?  Saves reading two thousand files. */
static bool wants_provider(const char *pattern, enum probe_kind kind)
{
	const char *name = providers[kind].name, *colon = strchr(pattern, ':');
	size_t n = strlen(name);

	return pattern[0] == '*' || (!strncmp(pattern, name, n) && strchr(":*", pattern[n])) ||
	       strchr(pattern, '*') < colon;
}

/* Narrow what is read where the pattern is plain: "tracepoint:CATEGORY:EVENT". */
static struct probe_spec spec_for(const char *pattern, enum probe_kind kind, struct arena *a)
{
	bool is_raw = kind == PROBE_RAWTRACEPOINT;
	struct probe_spec spec = { .parts = { providers[kind].name, "*", "*" },
				   .part_cnt = is_raw ? 2 : 3 };
	size_t n = strlen(spec.parts[0]);
	const char *rest =
		strncmp(pattern, spec.parts[0], n) || pattern[n] != ':' ? NULL : pattern + n + 1;
	const char *colon = rest ? strchr(rest, ':') : NULL;

	if (rest && is_raw && !colon)
		spec.parts[1] = rest;
	if (colon && !is_raw && !strchr(colon + 1, ':')) {
		spec.parts[1] = arena_dup(a, rest, colon - rest);
		spec.parts[2] = colon + 1;
	}
	return spec;
}

static int list_kind(const struct catalog *cat, const char *pattern, enum probe_kind kind,
		     const struct list_opts *o, struct arena *a, struct buf *out,
		     struct str_nearest *near, struct err *err)
{
	struct probe_spec spec = spec_for(pattern, kind, a);
	struct vec probes;
	int rc;

	if (!wants_provider(pattern, kind))
		return 0;
	if (!spec.parts[1])
		return err_oom(err);
	vec_init(&probes, sizeof(struct probe), PROBES_MAX);
	rc = cat->ops->expand(cat, &spec, a, &probes, near, err);
	if (rc == -ENODEV && kind == PROBE_RAWTRACEPOINT && pattern[0] == '*')
		rc = -ENOENT; /* a kernel without BTF */
	for (size_t i = 0; !rc && i < probes.n; i++) {
		const struct probe *p = vec_get(&probes, struct probe, i);

		if (!str_glob(pattern, p->name))
			continue;
		buf_printf(out, "%s\n", p->name);
		if (o->verbose)
			put_args(p->args, out);
	}
	vec_fini(&probes);
	return rc == -ENOENT ? 0 : rc;
}

static int tell_none(const char *pattern, const struct str_nearest *near, struct err *err)
{
	err_set(err, -ENOENT, "no probe matches %s", pattern);
	if (near->n)
		err_hint(err, "did you mean %s?", near->best[0].text);
	return -ENOENT;
}

static void list_plain(const char *pattern, const struct list_opts *o, struct buf *out)
{
	for (size_t i = 0; i < countof(plain_probes); i++) {
		if (str_glob(pattern, plain_probes[i]))
			buf_printf(out, "%s\n", plain_probes[i]);
	}
	for (size_t i = 0; i < SOFT_EVENT_CNT; i++) {
		const struct soft_event *e = &soft_events[i];
		char name[64];

		snprintf(name, sizeof(name), "software:%s:", e->name);
		if (!str_glob(pattern, name) && strncmp(pattern, name, strlen(name) - 1))
			continue;
		buf_printf(out, "%s\n", name);
		if (o->verbose)
			buf_printf(out, "    %llu events a firing%s%s\n",
				   (unsigned long long)e->count, e->alias ? "; short: " : "",
				   e->alias ? e->alias : "");
	}
}

int list_probes(const struct catalog *cat, const char *pattern, const struct list_opts *o,
		struct buf *out, struct err *err)
{
	const char *norm;
	struct str_nearest near;
	size_t before = out->len;
	struct arena a;
	int rc = 0;

	arena_init(&a, ARENA_MAX);
	norm = normalise(pattern, &a);
	if (!norm) {
		arena_fini(&a);
		return err_oom(err);
	}
	str_nearest_init(&near, norm);
	list_plain(norm, o, out);
	rc = list_kind(cat, norm, PROBE_RAWTRACEPOINT, o, &a, out, &near, err);
	if (!rc)
		rc = list_kind(cat, norm, PROBE_TRACEPOINT, o, &a, out, &near, err);
	if (!rc && out->len == before)
		rc = tell_none(pattern, &near, err);
	arena_fini(&a);
	return rc;
}

/* ---- types ---- */

bool list_is_type(const char *pattern)
{
	return !strncmp(pattern, "struct ", 7) || !strncmp(pattern, "union ", 6) ||
	       !strncmp(pattern, "enum ", 5);
}

int list_type(const struct catalog *cat, struct ktypes *k, const char *name, struct buf *out,
	      struct err *err)
{
	const struct type *t;
	struct arena a;

	if (!strncmp(name, "enum ", 5)) {
		if (k && ktypes_print_enum(k, name + 5, out))
			return 0;
		return err_set(err, -ENOENT, "the kernel has no %s", name);
	}
	arena_init(&a, ARENA_MAX);
	t = cat->ops->find_type(cat, &a, name);
	if (t)
		buf_printf(out, "%s {\n", name);
	for (u32 i = 0; t && i < t->field_cnt; i++) {
		const struct field *f = &t->fields[i];

		buf_puts(out, "    ");
		type_print(f->type, out);
		buf_printf(out, " %s", f->name);
		if (f->bit_sz)
			buf_printf(out, " : %u", f->bit_sz);
		buf_puts(out, ";\n");
	}
	if (t)
		buf_puts(out, "};\n");
	arena_fini(&a);
	return t ? 0 : err_set(err, -ENOENT, "the kernel has no %s", name);
}
