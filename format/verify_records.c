/*
 * format/verify_records.c -- the rules of what records and block headers may say.
 *
 * One breach a block is told of its records: behind it there is little sense in looking.
 */
#include <string.h>

#include "format/verify_priv.h"

/* What a block of a kind may have in its header; those that are not here are not checked. */
enum {
	HAS_ROWS = 1, /* its times are those of rows */
	HAS_STREAM = 2,
	IS_PART = 4, /* may be repeated */
	IS_ONE = 8, /* n_rows is 1 */
	IS_NONE = 16, /* n_rows is 0 */
};

static const struct {
	u16 type;
	u8 has;
} headers[] = {
	{ TAPE_META, HAS_STREAM | IS_PART },
	{ TAPE_SCHEMA, HAS_STREAM | IS_PART },
	{ TAPE_PLAN, HAS_STREAM | IS_PART | IS_ONE },
	{ TAPE_TYPES, HAS_STREAM | IS_PART | IS_ONE },
	{ TAPE_DICT, IS_NONE },
	{ TAPE_TASK, 0 },
	{ TAPE_FILE, 0 },
	{ TAPE_MMAP, 0 },
	{ TAPE_FRAME, 0 },
	{ TAPE_STACK, IS_ONE },
	{ TAPE_SYM, 0 },
	{ TAPE_EVENTS, HAS_ROWS | HAS_STREAM },
	{ TAPE_MIXED, HAS_ROWS },
	{ TAPE_LOSS, HAS_ROWS },
	{ TAPE_CLOCK, 0 },
	{ TAPE_MAPSNAP, 0 },
	{ TAPE_CHECKPOINT, IS_ONE },
	{ TAPE_LOG, 0 },
	{ TAPE_INDEX, 0 },
	{ TAPE_END, IS_NONE },
	{ TAPE_TAIL, HAS_ROWS | IS_NONE }, /* offsets where others have times */
};

static void check_kind(struct verify *v, u64 off, const struct tape_block_header *h, u32 has)
{
	const char *name = block_name(h->type);

	if (!(has & IS_PART) && h->flags & TAPE_BLOCK_REPEAT)
		verify_report(v, off, "%s: is no part and cannot be repeated", name);
	if (!(has & HAS_STREAM) && h->stream)
		verify_report(v, off, "%s: stream is %u, not 0", name, h->stream);
	if (!(has & HAS_ROWS) && h->flags & TAPE_BLOCK_SORTED)
		verify_report(v, off, "%s: has no rows that were sorted", name);
	if (!(has & HAS_ROWS) && h->ts_min < h->ts_max)
		verify_report(v, off, "%s: two times of writing", name);
	if ((has & IS_ONE && h->n_rows != 1) || (has & IS_NONE && h->n_rows))
		verify_report(v, off, "%s: the header says %u records", name, h->n_rows);
}

void verify_header(struct verify *v, u64 off, const struct tape_block_header *h)
{
	const char *name = block_name(h->type);

	if (off % 8)
		verify_report(v, off, "%s: not at a multiple of 8", name);
	if (h->flags & ~(TAPE_BLOCK_SORTED | TAPE_BLOCK_REPEAT))
		verify_report(v, off, "%s: unknown flags", name);
	if (h->ts_min > h->ts_max && h->type != TAPE_TAIL)
		verify_report(v, off, "%s: times are reversed", name);
	if (h->codec == TAPE_CODEC_ZSTD && h->raw_len <= h->stored_len)
		verify_report(v, off, "%s: the frame is not smaller than what it holds", name);
	if (!block_kind(h->type) && !(h->type & TAPE_ANCILLARY))
		verify_report(v, off, "block of unknown type 0x%04x", h->type);
	for (size_t i = 0; i < countof(headers); i++) {
		if (headers[i].type == h->type)
			check_kind(v, off, h, headers[i].has);
	}
}

/* ---- records ---- */

static void check_meta(struct verify *v, const struct walk_step *b, const void *items, u32 n)
{
	const struct tape_meta_item *m = items;

	for (u32 i = 0; i < n; i++) {
		if (m[i].kind > TAPE_META_NUM)
			return verify_report(v, b->off, "META: unknown kind %u of value",
					     m[i].kind);
		if (!m[i].key.s)
			return verify_report(v, b->off, "META: a value without a key");
	}
}

static void check_schemas(struct verify *v, const struct walk_step *b, const void *items, u32 n)
{
	const struct tape_schema *s = items;

	for (u32 i = 0; i < n; i++) {
		if (!s[i].name.len)
			return verify_report(v, b->off, "SCHEMA: table %u has no name", s[i].id);
		if (!(b->h.flags & TAPE_BLOCK_REPEAT) && tape_state_schema(&v->st.pub, s[i].id))
			return verify_sequel(v, b->off, "SCHEMA: table %u again", s[i].id);
	}
}

static void check_losses(struct verify *v, const struct walk_step *b, const void *items, u32 n)
{
	const struct tape_loss *l = items;

	for (u32 i = 0; i < n; i++)
		v->lost += l[i].count;
	for (u32 i = 0; i < n; i++) {
		if ((l[i].off || l[i].len) && !loss_has_place(&l[i]))
			return verify_report(v, b->off, "LOSS: a place that means nothing");
		if (l[i].cause == TAPE_LOSS_NONE && l[i].count)
			return verify_report(v, b->off, "LOSS: nothing lost, %llu times",
					     (unsigned long long)l[i].count);
		if ((l[i].first_ts && l[i].first_ts < b->h.ts_min) || l[i].last_ts > b->h.ts_max)
			return verify_report(
				v, b->off, "LOSS: the header's times are not those of the records");
	}
}

static void check_snaps(struct verify *v, const struct walk_step *b, const void *items, u32 n)
{
	const struct tape_mapsnap *m = items;

	for (u32 i = 0; i < n; i++) {
		if (m[i].reason > TAPE_SNAP_READ)
			return verify_report(v, b->off, "MAPSNAP: unknown reason %u", m[i].reason);
	}
}

static void check_logs(struct verify *v, const struct walk_step *b, const void *items, u32 n)
{
	const struct tape_log *l = items;

	for (u32 i = 0; i < n; i++) {
		if (l[i].level > TAPE_LOG_OUTPUT)
			return verify_report(v, b->off, "LOG: unknown level %u", l[i].level);
	}
}

static void check_checkpoints(struct verify *v, const struct walk_step *b, const void *items, u32 n)
{
	if (n == 1)
		verify_checkpoint(v, b, items);
}

static const struct {
	u16 type;
	void (*check)(struct verify *v, const struct walk_step *b, const void *items, u32 n);
} checks[] = {
	{ TAPE_META, check_meta },   { TAPE_SCHEMA, check_schemas },
	{ TAPE_LOSS, check_losses }, { TAPE_MAPSNAP, check_snaps },
	{ TAPE_LOG, check_logs },    { TAPE_CHECKPOINT, check_checkpoints },
};

void verify_records(struct verify *v, const struct walk_step *b, const void *items, u32 n)
{
	for (size_t i = 0; i < countof(checks); i++) {
		if (checks[i].type == b->h.type)
			checks[i].check(v, b, items, n);
	}
	verify_stacks(v, b, items, n);
}

/* ---- DICT ---- */

/* What of a section cannot be: NULL if nothing. */
static const char *section_fault(const struct tape_dict_section *s, struct cursor *c)
{
	struct cursor lens;
	u64 sum = 0;
	const u8 *pad;

	if (s->n_entries > cursor_left(c) / 4)
		return "ends early";
	lens = cursor_sub(c, s->n_entries * (size_t)4);
	for (u32 i = 0; i < s->n_entries; i++)
		sum += cursor_u32(&lens);
	if (sum != s->n_bytes)
		return "has lengths that are not those of its bytes";
	cursor_skip(c, s->n_bytes);
	pad = cursor_bytes(c, -(size_t)s->n_bytes & 3);
	for (size_t i = 0; pad && i < (-(size_t)s->n_bytes & 3); i++) {
		if (pad[i])
			return "has no zeros behind it";
	}
	return c->is_bad ? "ends early" : NULL;
}

/* Sections must continue their dictionaries; state_apply() only tolerates others. */
void verify_dicts(struct verify *v, const struct walk_step *b, struct cursor c)
{
	u32 n = cursor_u32(&c);
	u8 seen[TAPE_MAX_DICTS / 8] = { 0 };

	if (cursor_u32(&c))
		verify_report(v, b->off, "DICT: reserved bytes are not zero");
	for (u32 i = 0; i < n; i++) {
		const u8 *head = cursor_bytes(&c, sizeof(struct tape_dict_section));
		struct tape_dict_section s;
		const char *fault;

		if (!head)
			break;
		memcpy(&s, head, sizeof(s));
		fault = section_fault(&s, &c);
		if (!fault && s.dict_id < TAPE_MAX_DICTS &&
		    seen[s.dict_id / 8] >> s.dict_id % 8 & 1)
			fault = "comes twice";
		if (!fault && s.first_id != (s.dict_id < v->st.dict_cap && v->st.dicts[s.dict_id] ?
						     dict_cnt(v->st.dicts[s.dict_id]) :
						     0))
			verify_sequel(v, b->off, "DICT: dictionary %u goes on at %u", s.dict_id,
				      s.first_id);
		if (fault)
			return verify_report(v, b->off, "DICT: dictionary %u %s", s.dict_id, fault);
		if (s.dict_id < TAPE_MAX_DICTS)
			seen[s.dict_id / 8] |= (u8)(1 << s.dict_id % 8);
	}
	if (c.is_bad || cursor_left(&c))
		verify_report(v, b->off, "DICT: sections are malformed");
}
