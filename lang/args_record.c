/*
 * lang/args_record.c -- `args` as a value: the record (f = args.f, ...) of its fields.
 *
 * Each field is a leaf of its own, as if it had been written out: so it works however the probe is
 * attached, and strings are strings.
 */
#include "lang/builtin.h"
#include "lang/check_priv.h"

static bool become_record(struct check *ck, struct node *n, const struct type *rec)
{
	const char **names = arena_new_n(ck->a, const char *, (size_t)rec->field_cnt + 1);
	struct node *head = NULL, **tail = &head;
	u32 cnt = 0;

	if (!names)
		return false;
	for (u32 i = 0; i < rec->field_cnt; i++) {
		if (!rec->fields[i].name)
			continue;
		*tail = ck_args_field(ck, n->span, rec->fields[i].name);
		if (!*tail)
			return false;
		tail = &(*tail)->next;
		names[cnt++] = rec->fields[i].name;
	}
	node_become(n, NODE_TUPLE);
	n->list.items = head;
	n->list.cnt = cnt;
	n->list.names = names;
	return true;
}

const struct type *check_whole_args(struct check *ck, struct node *n)
{
	const struct type *rec = ck->in->args;

	if (!rec || !rec->field_cnt) {
		ck_error(ck, n->span, "%s has no args", ck->in->probes[0]->name);
		return &type_unknown;
	}
	if (!become_record(ck, n, rec))
		return &type_unknown;
	return check_expr(ck, n);
}
