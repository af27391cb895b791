/*
 * record/tp_event.c -- what is covered of a tracepoint, looked up; for compiler and recorder.
 */
#include <string.h>

#include "record/tp_equiv.h"

const struct tp_value *tp_event_find(const struct tp_event *e, const char *field)
{
	for (u32 i = 0; e && i < e->field_cnt; i++) {
		if (!strcmp(e->fields[i].name, field))
			return &e->fields[i].val;
	}
	return NULL;
}

static bool path_eq(const struct tp_path *a, const struct tp_path *b)
{
	if (a->arg != b->arg || a->read_cnt != b->read_cnt || a->last_off != b->last_off ||
	    a->size != b->size || a->arg_size != b->arg_size || a->bit_off != b->bit_off ||
	    a->bit_sz != b->bit_sz || a->is_signed != b->is_signed ||
	    a->is_loadable != b->is_loadable)
		return false;
	for (u32 i = 0; i < a->read_cnt; i++) {
		if (a->off[i] != b->off[i])
			return false;
	}
	return true;
}

bool tp_value_eq(const struct tp_value *a, const struct tp_value *b)
{
	if (a->kind != b->kind || a->fn != b->fn || a->path_cnt != b->path_cnt)
		return false;
	for (u32 i = 0; i < a->path_cnt; i++) {
		if (!path_eq(&a->path[i], &b->path[i]))
			return false;
	}
	return true;
}
