/*
 * record/rawtp.c -- which raw tracepoints there are, and what they are called with.
 *
 * BTF has for each a typedef of a function pointer, btf_trace_EVENT, whose parameters have types
 * and no names; and a function __traceiter_EVENT, whose parameters have both.  Their first one is
 * the tracepoint's own.  One pass over the types finds all of them.
 */
#include "record/rawtp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>

#include "base/str.h"
#include "base/strmap.h"
#include "record/ktypes_priv.h"

#define EVENTS_MAX  65536
#define ARGS_MAX    12 /* of a raw tracepoint's program */
#define ARENA_MAX   (64u << 20)
#define TYPE_PREFIX "btf_trace_"
#define FUNC_PREFIX "__traceiter_"

struct event {
	const char *name;
	u32 type; /* btf_trace_NAME */
	u32 func; /* __traceiter_NAME; 0: none */
};

struct rawtp {
	struct ktypes *k;
	struct arena arena;
	struct strmap by_name;
	struct vec events; /* struct event *, sorted */
};

static int take_event(struct rawtp *r, const char *name, u32 type, u32 func)
{
	struct event *e = strmap_find(&r->by_name, str_of(name)), **slot;

	if (!e) {
		e = arena_new(&r->arena, struct event);
		slot = e ? vec_push(&r->events) : NULL;
		if (!slot)
			return -ENOMEM;
		e->name = name;
		*slot = e;
		if (strmap_put(&r->by_name, str_of(name), e, NULL))
			return -ENOMEM;
	}
	if (type)
		e->type = type;
	if (func)
		e->func = func;
	return 0;
}

static int take_type(struct rawtp *r, u32 id)
{
	const struct btf_type *t = btf__type_by_id(r->k->btf, id);
	const char *name = t ? btf__name_by_offset(r->k->btf, t->name_off) : NULL;

	if (!name)
		return 0;
	if (btf_is_typedef(t) && !strncmp(name, TYPE_PREFIX, strlen(TYPE_PREFIX)))
		return take_event(r, name + strlen(TYPE_PREFIX), id, 0);
	if (btf_is_func(t) && !strncmp(name, FUNC_PREFIX, strlen(FUNC_PREFIX)))
		return take_event(r, name + strlen(FUNC_PREFIX), 0, id);
	return 0;
}

static int cmp_event(const void *x, const void *y)
{
	const struct event *const *a = x, *const *b = y;

	return strcmp((*a)->name, (*b)->name);
}

int rawtp_open(struct ktypes *k, struct rawtp **ret, struct err *err)
{
	struct rawtp *r = calloc(1, sizeof(*r));
	u32 n = btf__type_cnt(k->btf);
	int rc = 0;

	if (!r)
		return err_oom(err);
	r->k = k;
	arena_init(&r->arena, ARENA_MAX);
	strmap_init(&r->by_name, EVENTS_MAX);
	vec_init(&r->events, sizeof(struct event *), EVENTS_MAX);
	for (u32 id = 1; !rc && id < n; id++)
		rc = take_type(r, id);
	if (rc) {
		rawtp_close(r);
		return err_set_errno(err, rc, "listing the kernel's raw tracepoints");
	}
	if (r->events.n)
		qsort(r->events.items, r->events.n, sizeof(struct event *), cmp_event);
	*ret = r;
	return 0;
}

void rawtp_close(struct rawtp *r)
{
	if (!r)
		return;
	strmap_fini(&r->by_name);
	vec_fini(&r->events);
	arena_fini(&r->arena);
	free(r);
}

int rawtp_list(const struct rawtp *r, const char *pattern, struct vec *out, struct err *err)
{
	for (size_t i = 0; i < r->events.n; i++) {
		const struct event *e = *vec_get(&r->events, struct event *, i);
		const char **slot;

		if (!e->type || !str_glob(pattern, e->name))
			continue;
		slot = vec_push(out);
		if (!slot)
			return err_oom(err);
		*slot = e->name;
	}
	return 0;
}

static const struct btf_type *proto_of(const struct rawtp *r, u32 id)
{
	const struct btf_type *t = ktypes_strip(r->k, id);

	if (t && (btf_is_ptr(t) || btf_is_func(t)))
		t = ktypes_strip(r->k, t->type);
	return t && btf_is_func_proto(t) ? t : NULL;
}

/* As the source calls parameter @i; NULL: unknown. */
static const char *param_name(const struct rawtp *r, const struct btf_type *named, u32 i)
{
	const char *s = NULL;

	if (named && i < btf_vlen(named))
		s = btf__name_by_offset(r->k->btf, btf_params(named)[i].name_off);
	return s && *s ? s : NULL;
}

/* An argument of no type that the language has is a byte record, which no script can read. */
static const struct type *param_type(const struct rawtp *r, struct arena *a, u32 id)
{
	const struct type *t = ktypes_convert(r->k, a, id);
	struct type *unknown;

	if (t || a->is_full)
		return t;
	unknown = arena_new(a, struct type);
	if (unknown)
		*unknown = (struct type){ .kind = TYPE_STRUCT, .name = "struct unknown" };
	return unknown;
}

const struct type *rawtp_args(const struct rawtp *r, struct arena *a, const char *event,
			      const char *name)
{
	const struct event *e = strmap_find(&r->by_name, str_of(event));
	const struct btf_type *proto = e && e->type ? proto_of(r, e->type) : NULL;
	const struct btf_type *named = proto && e->func ? proto_of(r, e->func) : NULL;
	u32 n = proto && btf_vlen(proto) ? btf_vlen(proto) - 1u : 0;
	struct type *t = proto ? arena_new(a, struct type) : NULL;
	struct field *f = t ? arena_new_n(a, struct field, n + 1) : NULL;

	if (!f)
		return NULL;
	n = n > ARGS_MAX ? ARGS_MAX : n;
	*t = (struct type){ .kind = TYPE_STRUCT, .size = n * 8, .fields = f, .field_cnt = n };
	t->name = arena_printf(a, "%s", name);
	for (u32 i = 0; i < n; i++) {
		const char *s = param_name(r, named, i + 1);

		f[i].name = s ? arena_printf(a, "%s", s) : arena_printf(a, "arg%u", i);
		f[i].type = param_type(r, a, btf_params(proto)[i + 1].type);
		f[i].off = i * 8;
		if (!f[i].name || !f[i].type)
			return NULL;
	}
	return t->name ? t : NULL;
}

const struct ktypes *rawtp_types(const struct rawtp *r)
{
	return r->k;
}

bool rawtp_find_arg(const struct rawtp *r, const char *event, const char *name, u32 *ret_no,
		    u32 *ret_type)
{
	const struct event *e = strmap_find(&r->by_name, str_of(event));
	const struct btf_type *proto = e && e->type ? proto_of(r, e->type) : NULL;
	const struct btf_type *named = proto && e->func ? proto_of(r, e->func) : NULL;

	for (u32 i = 1; proto && i < btf_vlen(proto) && i <= ARGS_MAX; i++) {
		const char *s = param_name(r, named, i);

		if (!s || strcmp(s, name))
			continue;
		*ret_no = i - 1;
		*ret_type = btf_params(proto)[i].type;
		return true;
	}
	return false;
}
