/*
 * format/state_dicts.c -- DICT blocks into the state.
 *
 * (1) A block is looked through before anything of it is added.
 * (2) An entry that is there is never changed; a gap takes no room.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/state.h"

struct section {
	struct tape_dict_section h;
	struct cursor lens, bytes;
};

/* One section, its lengths not yet looked at. */
static int next_section(struct cursor *c, struct section *ret)
{
	const u8 *head = cursor_bytes(c, sizeof(ret->h));

	if (!head)
		return -EBADMSG;
	memcpy(&ret->h, head, sizeof(ret->h));
	if (!ret->h.dict_id || ret->h.n_entries > cursor_left(c) / 4)
		return -EBADMSG;
	ret->lens = cursor_sub(c, ret->h.n_entries * (size_t)4);
	if (ret->h.n_bytes > cursor_left(c))
		return -EBADMSG;
	ret->bytes = cursor_sub(c, ret->h.n_bytes);
	cursor_skip(c, -(size_t)ret->h.n_bytes & 3);
	return c->is_bad ? -EBADMSG : 0;
}

static u32 known(const struct state *s, u32 dict_id)
{
	return dict_id < s->dict_cap && s->dicts[dict_id] ? dict_cnt(s->dicts[dict_id]) : 0;
}

static u64 held_bytes(const struct state *s, u32 dict_id)
{
	return known(s, dict_id) ? dict_bytes(s->dicts[dict_id]) : 0;
}

static int check_section(struct state *s, struct section sec, u64 *entries)
{
	const struct tape_limits *l = s->limits;
	u64 top = (u64)sec.h.first_id + sec.h.n_entries, sum = 0;
	u32 have = known(s, sec.h.dict_id);

	if (sec.h.dict_id >= l->dicts)
		return state_beyond(s, TAPE_BEYOND(dicts));
	*entries += top > have ? top - have : 0;
	if (*entries > l->dict_entries)
		return state_beyond(s, TAPE_BEYOND(dict_entries));
	for (u32 i = 0; i < sec.h.n_entries; i++) {
		u32 len = cursor_u32(&sec.lens);

		if (len > l->str)
			return state_beyond(s, TAPE_BEYOND(str));
		sum += len;
	}
	if (sum != sec.h.n_bytes)
		return -EBADMSG;
	if (top > have && sum > l->dict_bytes - held_bytes(s, sec.h.dict_id))
		return state_beyond(s, TAPE_BEYOND(dict_bytes));
	return 0;
}

int state_grow_dicts(struct state *s, u32 dict_id)
{
	size_t was = s->dict_cap, cap = was;

	while (cap <= dict_id)
		cap = cap ? cap * 2 : 64;
	if (cap == was)
		return 0;
	if (cap * sizeof(*s->dicts) + state_mem(s) > s->mem_max ||
	    !array_grow((void **)&s->dicts, &s->dict_cap, cap, sizeof(*s->dicts)))
		return -ENOMEM;
	memset(s->dicts + was, 0, (s->dict_cap - was) * sizeof(*s->dicts));
	return 0;
}

static int add_section(struct state *s, struct section *sec)
{
	struct dict **d;
	int rc = state_grow_dicts(s, sec->h.dict_id);

	if (rc)
		return rc;
	d = &s->dicts[sec->h.dict_id];
	if (!*d)
		*d = dict_new();
	if (!*d)
		return -ENOMEM;
	dict_set_max(*d, s->limits->dict_entries, s->limits->dict_bytes);
	if (sec->h.first_id > dict_cnt(*d))
		rc = dict_skip_to(*d, sec->h.first_id);
	for (u32 i = 0; !rc && i < sec->h.n_entries; i++) {
		u32 len = cursor_u32(&sec->lens);
		const u8 *p = cursor_bytes(&sec->bytes, len);

		if (sec->h.first_id + (u64)i < dict_cnt(*d))
			continue; /* said before; entries never change */
		rc = dict_append(*d, (struct str){ p ? (const char *)p : "", len });
	}
	return rc;
}

static int add_counted(struct state *s, struct section *sec)
{
	u32 id = sec->h.dict_id, was = known(s, id);
	size_t mem = id < s->dict_cap && s->dicts[id] ? dict_mem(s->dicts[id]) : 0;
	int rc = add_section(s, sec);

	s->dict_entries += known(s, id) - was;
	if (id < s->dict_cap && s->dicts[id])
		s->dicts_mem += dict_mem(s->dicts[id]) - mem;
	return rc == -E2BIG ? -EBADMSG : rc;
}

int state_add_dicts(struct state *s, struct cursor *c)
{
	u64 entries = s->dict_entries;
	u32 n = cursor_u32(c);
	struct cursor look;
	struct section sec;
	int rc = 0;

	cursor_u32(c);
	look = *c;
	for (u32 i = 0; !rc && i < n; i++) {
		rc = next_section(&look, &sec);
		rc = rc ? rc : check_section(s, sec, &entries);
	}
	for (u32 i = 0; !rc && i < n; i++) {
		next_section(c, &sec);
		rc = add_counted(s, &sec);
	}
	return rc;
}
