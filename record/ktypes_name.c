/*
 * record/ktypes_name.c -- names of structs and unions, those that C leaves without one among them.
 *
 * A tape goes to other machines, so such a name must not hold a number of this kernel's BTF.  What
 * a typedef names is called so.  Else the way to it is its name:
 *
 *	union in6_addr.in6_u		of the member in6_u of struct in6_addr
 *	struct u:sigval.a.b		"u:" stands before the name of a union, "t:" of a typedef
 *
 * Members of unnamed members count as the record's own, as in C; pointers and arrays on the way are
 * passed.  The word in front is the kind of what is found, not of where the way begins.
 */
#include <string.h>

#include <bpf/btf.h>

#include "record/ktypes.h"
#include "record/ktypes_priv.h"

#define NEST_MAX 16
#define PART_MAX 128 /* bytes of a name, as in the texts of types */

const char *ktypes_anon_name(struct arena *a, const char *kind, const char *record,
			     const char *member)
{
	const char *blank = record ? strchr(record, ' ') : NULL, *root = "t:", *name;

	if (!record || !member)
		return arena_printf(a, "%s ?", kind);
	if (strchr(record, '.') || !strncmp(record, "struct ", 7))
		root = "";
	else if (!strncmp(record, "union ", 6))
		root = "u:";
	name = arena_printf(a, "%s %s%s.%s", kind, root, blank ? blank + 1 : record, member);
	if (name && strlen(name) >= PART_MAX)
		return arena_printf(a, "%s ?", kind);
	return name;
}

static const struct btf_type *find_member(const struct ktypes *k, const struct btf_type *rec,
					  const char *name, int depth)
{
	const struct btf_member *m = btf_members(rec);

	for (u16 i = 0; depth < NEST_MAX && i < btf_vlen(rec); i++, m++) {
		const char *s = btf__name_by_offset(k->btf, m->name_off);
		const struct btf_type *t = ktypes_strip(k, m->type);

		if (!t)
			continue;
		if (s && *s && !strcmp(s, name))
			return t;
		if ((!s || !*s) && btf_is_composite(t))
			t = find_member(k, t, name, depth + 1);
		else
			t = NULL;
		if (t)
			return t;
	}
	return NULL;
}

/* What a member holds, points to or has elements of. */
static const struct btf_type *innermost(const struct ktypes *k, const struct btf_type *t)
{
	for (int i = 0; t && i < NEST_MAX; i++) {
		if (btf_is_ptr(t))
			t = ktypes_strip(k, t->type);
		else if (btf_is_array(t))
			t = ktypes_strip(k, btf_array(t)->type);
		else
			return t;
	}
	return NULL;
}

static const struct btf_type *find_named(const struct ktypes *k, const char *name, u32 kind)
{
	s32 id = *name ? btf__find_by_name_kind(k->btf, name, kind) : -1;

	return id > 0 ? ktypes_strip(k, (u32)id) : NULL;
}

/* "in6_addr.in6_u" */
static const struct btf_type *find_way(const struct ktypes *k, const char *way)
{
	const struct btf_type *t = NULL;
	u32 kind = BTF_KIND_STRUCT;
	char part[PART_MAX];

	if (!strncmp(way, "u:", 2) || !strncmp(way, "t:", 2)) {
		kind = *way == 'u' ? BTF_KIND_UNION : BTF_KIND_TYPEDEF;
		way += 2;
	}
	for (bool is_root = true; is_root || (t && *way); is_root = false) {
		size_t len = strcspn(way, ".");

		if (len >= sizeof(part))
			return NULL;
		memcpy(part, way, len);
		part[len] = '\0';
		t = is_root ? find_named(k, part, kind) : innermost(k, find_member(k, t, part, 0));
		if (t && !btf_is_composite(t))
			t = NULL;
		way += len + (way[len] == '.');
	}
	return t;
}

const struct btf_type *ktypes_find_composite(const struct ktypes *k, const char *name)
{
	u32 kind = BTF_KIND_TYPEDEF;

	if (!strncmp(name, "struct ", 7)) {
		kind = BTF_KIND_STRUCT;
		name += 7;
	} else if (!strncmp(name, "union ", 6)) {
		kind = BTF_KIND_UNION;
		name += 6;
	}
	return strchr(name, '.') ? find_way(k, name) : find_named(k, name, kind);
}
