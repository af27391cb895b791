/*
 * record/catalog_machine.c -- answers of this machine to the front end's questions.
 *
 * The kernel's BTF takes some milliseconds to read, so it is read when something asks for it and
 * never twice.  A machine without BTF has no struct types and no constants; tracepoints work.
 */
#include "record/catalog_machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/constants.h"
#include "record/ktypes.h"
#include "record/machine_const.h"
#include "record/rawtp.h"
#include "record/tracefs.h"

#define EVENTS_MAX 65536

struct catalog_machine {
	struct catalog catalog;
	const char *tracefs, *btf_path;
	struct ktypes *ktypes;
	struct rawtp *rawtp;
	bool has_tried_btf;
};

static struct ktypes *types_of(struct catalog_machine *m)
{
	if (!m->has_tried_btf) {
		m->has_tried_btf = true;
		ktypes_open(m->btf_path, &m->ktypes, NULL);
	}
	return m->ktypes;
}

static bool find_ctype(void *ctx, const char *name, struct tracefs_ctype *ret)
{
	struct ktypes *k = types_of(ctx);

	return k && ktypes_find_word(k, name, ret);
}

static int fill_probe(struct catalog_machine *m, const char *name, struct arena *a, struct probe *p,
		      struct err *err)
{
	struct tracefs_types types = { .find = find_ctype, .ctx = m };
	const char *colon = strchr(name, ':');

	*p = (struct probe){ .kind = PROBE_TRACEPOINT };
	p->name = arena_printf(a, "tracepoint:%s", name);
	p->category = arena_dup(a, name, colon - name);
	p->event = colon + 1;
	if (!p->name || !p->category)
		return err_oom(err);
	return tracefs_read_format(m->tracefs, p->category, p->event, &types, a, &p->args, err);
}

static int list_names(struct catalog_machine *m, const char *category, const char *event,
		      struct arena *a, struct vec *names, struct err *err)
{
	struct err none = { 0 };
	const char **slot;
	int rc;

	if (strchr(category, '*') || strchr(event, '*'))
		return tracefs_list(m->tracefs, category, event, a, names, err);
	rc = tracefs_event_id(m->tracefs, category, event, &none);
	if (rc == -ENOENT)
		return 0;
	if (rc < 0) {
		if (err)
			*err = none;
		return rc;
	}
	slot = vec_push(names);
	if (!slot)
		return err_oom(err);
	*slot = arena_printf(a, "%s:%s", category, event);
	return *slot ? 0 : err_oom(err);
}

static void offer_all(struct catalog_machine *m, struct arena *a, struct str_nearest *near)
{
	struct vec all;

	vec_init(&all, sizeof(const char *), EVENTS_MAX);
	if (!tracefs_list(m->tracefs, "*", "*", a, &all, NULL)) {
		for (size_t i = 0; i < all.n; i++) {
			const char *event = *vec_get(&all, const char *, i);
			const char *name = arena_printf(a, "tracepoint:%s", event);

			if (name)
				str_nearest_offer(near, name);
		}
	}
	vec_fini(&all);
}

static int expand_names(struct catalog_machine *m, const struct vec *names, struct arena *a,
			struct vec *out, struct err *err)
{
	for (size_t i = 0; i < names->n; i++) {
		struct probe *p = vec_push(out);
		int rc;

		if (!p)
			return err_set(err, -E2BIG, "too many probes");
		rc = fill_probe(m, *vec_get(names, const char *, i), a, p, err);
		if (rc)
			return rc;
	}
	return 0;
}

/* ---- raw tracepoints ---- */

static int add_raw(struct catalog_machine *m, const char *event, struct arena *a, struct vec *out,
		   struct err *err)
{
	struct probe *p = vec_push(out);

	if (!p)
		return err_set(err, -E2BIG, "too many probes");
	*p = (struct probe){ .kind = PROBE_RAWTRACEPOINT };
	p->name = arena_printf(a, "rawtracepoint:%s", event);
	p->event = p->name ? strchr(p->name, ':') + 1 : NULL;
	p->args = p->name ? rawtp_args(m->rawtp, a, event, arena_printf(a, "args of %s", p->name)) :
			    NULL;
	return p->args ? 0 : err_oom(err);
}

static void offer_raw(struct arena *a, const struct vec *names, struct str_nearest *near)
{
	for (size_t i = 0; i < names->n; i++) {
		const char *name =
			arena_printf(a, "rawtracepoint:%s", *vec_get(names, const char *, i));

		if (name)
			str_nearest_offer(near, name);
	}
}

static int expand_raw(struct catalog_machine *m, const char *pattern, struct arena *a,
		      struct vec *out, struct str_nearest *near, struct err *err)
{
	struct vec names;
	int rc = 0;

	if (!types_of(m))
		return err_set(err, -ENODEV,
			       "the kernel has no BTF (%s), which says what raw "
			       "tracepoints there are",
			       m->btf_path ? m->btf_path : "/sys/kernel/btf/vmlinux");
	if (!m->rawtp)
		rc = rawtp_open(m->ktypes, &m->rawtp, err);
	if (rc)
		return rc;
	vec_init(&names, sizeof(const char *), EVENTS_MAX);
	rc = rawtp_list(m->rawtp, pattern, &names, err);
	for (size_t i = 0; !rc && i < names.n; i++)
		rc = add_raw(m, *vec_get(&names, const char *, i), a, out, err);
	if (!rc && !names.n) {
		rc = -ENOENT;
		if (near && !rawtp_list(m->rawtp, "*", &names, NULL))
			offer_raw(a, &names, near);
	}
	vec_fini(&names);
	return rc;
}

static int machine_expand(const struct catalog *c, const struct probe_spec *spec, struct arena *a,
			  struct vec *out, struct str_nearest *near, struct err *err)
{
	struct catalog_machine *m = c->ctx;
	struct vec names;
	int rc;

	if (provider_find(spec->parts[0]) == PROBE_RAWTRACEPOINT && spec->part_cnt == 2)
		return expand_raw(m, spec->parts[1], a, out, near, err);
	if (provider_find(spec->parts[0]) != PROBE_TRACEPOINT || spec->part_cnt != 3)
		return -ENOENT;
	if (!m->tracefs)
		m->tracefs = tracefs_find(err);
	if (!m->tracefs)
		return err ? err->code : -ENODEV;
	vec_init(&names, sizeof(const char *), EVENTS_MAX);
	rc = list_names(m, spec->parts[1], spec->parts[2], a, &names, err);
	if (!rc)
		rc = expand_names(m, &names, a, out, err);
	if (!rc && !names.n) {
		rc = -ENOENT;
		if (near)
			offer_all(m, a, near);
	}
	vec_fini(&names);
	return rc;
}

static const struct type *machine_find_type(const struct catalog *c, struct arena *a,
					    const char *name)
{
	struct ktypes *k = types_of(c->ctx);

	return k ? ktypes_find_record(k, a, name) : NULL;
}

static bool machine_find_const(const struct catalog *c, struct arena *a, const char *name, s64 *ret,
			       const struct type **ret_type)
{
	bool is_unsigned = false;
	struct ktypes *k;

	*ret_type = NULL;
	if (constant_find(name, ret, &is_unsigned) || machine_const_find(name, ret)) {
		*ret_type = is_unsigned ? &type_u64 : NULL;
		return true;
	}
	k = types_of(c->ctx);
	if (constant_find_gfp(k, name, ret))
		return true;
	return k && ktypes_find_const(k, a, name, ret, ret_type);
}

static const struct type *machine_find_enum(const struct catalog *c, struct arena *a,
					    const char *name)
{
	struct ktypes *k = types_of(c->ctx);

	return k ? ktypes_find_enum(k, a, name) : NULL;
}

static const struct catalog_ops machine_ops = {
	.expand = machine_expand,
	.find_type = machine_find_type,
	.find_const = machine_find_const,
	.find_enum = machine_find_enum,
};

int catalog_machine_open(const struct catalog_machine_opts *o, struct catalog_machine **ret,
			 struct err *err)
{
	struct catalog_machine *m = calloc(1, sizeof(*m));

	if (!m)
		return err_oom(err);
	m->catalog = (struct catalog){ .ops = &machine_ops, .ctx = m };
	if (o) {
		m->tracefs = o->tracefs;
		m->btf_path = o->btf;
	}
	*ret = m;
	return 0;
}

void catalog_machine_close(struct catalog_machine *m)
{
	if (!m)
		return;
	rawtp_close(m->rawtp);
	ktypes_close(m->ktypes);
	free(m);
}

const struct catalog *catalog_machine_catalog(struct catalog_machine *m)
{
	return &m->catalog;
}

const struct rawtp *catalog_machine_rawtp(struct catalog_machine *m)
{
	if (types_of(m) && !m->rawtp)
		rawtp_open(m->ktypes, &m->rawtp, NULL);
	return m->rawtp;
}
