/*
 * record/ktypes_enum.c -- an enum of the kernel's BTF with all its constants.
 */
#include <string.h>

#include <bpf/btf.h>

#include "record/ktypes_priv.h"

static bool fill(const struct btf *btf, const struct btf_type *t, struct arena *a, u32 i,
		 struct enumerator *ret)
{
	bool is64 = btf_is_enum64(t);
	const char *name = btf__name_by_offset(btf, is64 ? btf_enum64(t)[i].name_off :
							   btf_enum(t)[i].name_off);

	ret->name = arena_printf(a, "%s", name ? name : "");
	if (is64)
		ret->val = (s64)btf_enum64_value(&btf_enum64(t)[i]);
	else if (btf_kflag(t))
		ret->val = btf_enum(t)[i].val;
	else
		ret->val = (u32)btf_enum(t)[i].val;
	return ret->name;
}

const struct type *ktypes_find_enum(struct ktypes *k, struct arena *a, const char *name)
{
	const char *word = strncmp(name, "enum ", 5) ? name : name + 5;
	s32 id = btf__find_by_name_kind(k->btf, word, BTF_KIND_ENUM);
	const struct btf_type *t;
	struct enumerator *all;
	struct type *r;

	if (id < 0)
		id = btf__find_by_name_kind(k->btf, word, BTF_KIND_ENUM64);
	t = id > 0 ? btf__type_by_id(k->btf, (u32)id) : NULL;
	if (!t || !btf_vlen(t) || (t->size != 1 && t->size != 2 && t->size != 4 && t->size != 8))
		return NULL;
	all = arena_new_n(a, struct enumerator, btf_vlen(t));
	r = arena_dup(a, type_int(t->size, btf_kflag(t)), sizeof(*r));
	if (!all || !r)
		return NULL;
	for (u32 i = 0; i < btf_vlen(t); i++)
		if (!fill(k->btf, t, a, i, &all[i]))
			return NULL;
	r->name = arena_printf(a, "enum %s", word);
	r->enums = all;
	r->enum_cnt = btf_vlen(t);
	return r->name ? r : NULL;
}
