/*
 * format/state.c -- tables of a tape, gathered.
 *
 * (1) A block is added at most once: parts of META, SCHEMA, PLAN and TYPES by their number
 *     (repetitions have it too), others by their offset.
 * (2) A block that turns out malformed half way may leave memory behind in the arena, but
 *     nothing in a table.
 * (3) The whole is bounded by mem_max.
 */
#include "format/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX (64u << 20)
#define BY_ID_MIN 64
#define PART_KINDS 4 /* META, SCHEMA, PLAN, TYPES */
#define NO_LIMIT SIZE_MAX
#define L(field) offsetof(struct tape_limits, field)

/* All tables that grow. */
static const struct {
	size_t off; /* of the vec in struct state */
	size_t item_sz;
	size_t limit; /* of its items: offset in struct tape_limits; NO_LIMIT: ROWS_MAX */
} vecs[] = {
	{ offsetof(struct state, meta), sizeof(struct tape_meta_item), L(keys) },
	{ offsetof(struct state, schemas), sizeof(struct tape_schema *), L(tables) },
	{ offsetof(struct state, tasks), sizeof(struct tape_task), NO_LIMIT },
	{ offsetof(struct state, clocks), sizeof(struct tape_clock), NO_LIMIT },
	{ offsetof(struct state, losses), sizeof(struct tape_loss), NO_LIMIT },
	{ offsetof(struct state, logs), sizeof(struct tape_log), NO_LIMIT },
	{ offsetof(struct state, notes), sizeof(struct state_note), NO_LIMIT },
	{ offsetof(struct state, records), sizeof(struct tape_type_record), NO_LIMIT },
	{ offsetof(struct state, consts), sizeof(struct tape_type_const), NO_LIMIT },
	{ offsetof(struct state, expansions), sizeof(struct tape_expansion), NO_LIMIT },
	{ offsetof(struct state, facts), sizeof(struct tape_fact), NO_LIMIT },
	{ offsetof(struct state, mmaps), sizeof(struct tape_mmap), NO_LIMIT },
	{ offsetof(struct state, syms), sizeof(struct tape_sym), L(syms) },
};

/* Those whose items have numbers. */
static const struct {
	size_t off, item_sz, limit;
} idtabs[] = {
	{ offsetof(struct state, files), sizeof(struct tape_file), L(files) },
	{ offsetof(struct state, frames), sizeof(struct tape_frame), L(frames) },
	{ offsetof(struct state, nodes), sizeof(struct tape_node), L(nodes) },
	{ offsetof(struct state, stacks), sizeof(struct tape_stack_id), L(stacks) },
};

static size_t part_bytes(const struct state *s)
{
	return s->limits->parts / 8 + 1;
}

static struct vec *vec_of(struct state *s, size_t i)
{
	return (struct vec *)((u8 *)s + vecs[i].off);
}

static struct idtab *idtab_of(struct state *s, size_t i)
{
	return (struct idtab *)((u8 *)s + idtabs[i].off);
}

static u64 limit_at(const struct state *s, size_t off)
{
	u64 n = ROWS_MAX;

	if (off != NO_LIMIT)
		memcpy(&n, (const u8 *)s->limits + off, sizeof(n));
	return n;
}

int state_init(struct state *s, const struct tape_limits *limits, size_t mem_max)
{
	memset(s, 0, sizeof(*s));
	s->limits = limits;
	s->pub.depth_max = (u32)limits->depth;
	s->mem_max = mem_max ? mem_max : tape_limits_mem();
	arena_init(&s->arena, s->mem_max);
	for (size_t i = 0; i < countof(vecs); i++)
		vec_init(vec_of(s, i), vecs[i].item_sz, limit_at(s, vecs[i].limit));
	for (size_t i = 0; i < countof(idtabs); i++)
		idtab_init(idtab_of(s, i), idtabs[i].item_sz, limit_at(s, idtabs[i].limit));
	state_damage_init(s);
	idmap_init(&s->note_ids, ROWS_MAX);
	s->parts_seen = calloc(PART_KINDS, part_bytes(s));
	s->pub.types = &s->types;
	s->pub.files = &s->files;
	s->pub.frames = &s->frames;
	s->pub.nodes = &s->nodes;
	s->pub.stacks = &s->stacks;
	return s->parts_seen ? 0 : -ENOMEM;
}

void state_fini(struct state *s)
{
	for (size_t i = 0; i < countof(vecs); i++)
		vec_fini(vec_of(s, i));
	for (size_t i = 0; i < countof(idtabs); i++)
		idtab_fini(idtab_of(s, i));
	state_damage_fini(s);
	for (size_t i = 0; i < s->dict_cap; i++)
		dict_free(s->dicts[i]);
	arena_fini(&s->arena);
	idmap_fini(&s->note_ids);
	free(s->dicts);
	free(s->by_id);
	free(s->parts_seen);
}

static void publish_ids(struct state *s)
{
	struct tape_state *p = &s->pub;

	p->file_cnt = s->files.last;
	p->file_known = s->files.used;
	p->frame_cnt = s->frames.last;
	p->frame_known = s->frames.used;
	p->node_cnt = s->nodes.last;
	p->stack_cnt = s->stacks.last;
	p->stack_known = s->stacks.used;
}

/* The public view; vecs may have moved. */
static void publish(struct state *s)
{
	struct tape_state *p = &s->pub;

	p->meta = s->meta.items;
	p->meta_cnt = (u32)s->meta.n;
	p->schemas = s->schemas.items;
	p->schema_cnt = (u32)s->schemas.n;
	p->by_id = s->by_id;
	p->by_id_cnt = (u32)s->by_id_cap;
	p->tasks = s->tasks.items;
	p->task_cnt = (u32)s->tasks.n;
	p->clocks = s->clocks.items;
	p->clock_cnt = (u32)s->clocks.n;
	p->losses = s->losses.items;
	p->loss_cnt = (u32)s->losses.n;
	p->logs = s->logs.items;
	p->log_cnt = (u32)s->logs.n;
	p->mmaps = s->mmaps.items;
	p->mmap_cnt = (u32)s->mmaps.n;
	p->syms = s->syms.items;
	p->sym_cnt = (u32)s->syms.n;
	publish_ids(s);
	s->types = (struct tape_types){
		s->records.items,    (u32)s->records.n,	   s->consts.items, (u32)s->consts.n,
		s->expansions.items, (u32)s->expansions.n, s->facts.items,  (u32)s->facts.n,
	};
}

size_t state_mem(const struct state *s)
{
	size_t sum = s->arena.used_sz + s->dicts_mem + s->dict_cap * sizeof(*s->dicts) +
		     s->by_id_cap * sizeof(*s->by_id) +
		     s->note_ids.key_cap * sizeof(struct idmap_key) +
		     s->note_ids.slot_cnt * sizeof(u32);

	for (size_t i = 0; i < countof(vecs); i++) {
		const struct vec *v = (const struct vec *)((const u8 *)s + vecs[i].off);

		sum += v->cap * v->item_sz;
	}
	for (size_t i = 0; i < countof(idtabs); i++)
		sum += ((const struct idtab *)((const u8 *)s + idtabs[i].off))->mem;
	return sum;
}

int state_beyond(struct state *s, const char *beyond)
{
	s->beyond = beyond;
	return -EBADMSG;
}

int state_append(struct vec *v, const void *items, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		void *slot = vec_push(v);

		if (!slot)
			return -ENOMEM;
		memcpy(slot, (const u8 *)items + i * v->item_sz, v->item_sz);
	}
	return 0;
}

/* Records of a block to the end of a table. */
static int add_list(struct state *s, struct vec *v, const struct fields_desc *d, struct cursor *c,
		    struct state_note *note)
{
	void *items;
	u32 n;
	int rc = fields_get_list(d, c, &s->arena, &items, &n);

	note->first = (u32)v->n;
	note->cnt = rc ? 0 : n;
	return rc ? rc : state_append(v, items, n);
}

/* Only what came of a side effect belongs to a firing; older tapes do not say to which. */
static int add_logs(struct state *s, struct cursor *c, struct state_note *note)
{
	bool is_old = s->pub.header.major == 1 && s->pub.header.minor == 0;
	int rc = add_list(s, &s->logs, &tape_log_desc, c, note);

	for (u32 i = 0; !rc && i < note->cnt; i++) {
		struct tape_log *l = vec_get(&s->logs, struct tape_log, note->first + i);

		if (l->level < TAPE_LOG_ERROR || is_old)
			l->table = l->cpu = l->action = TAPE_NONE;
	}
	return rc;
}

static int add_losses(struct state *s, struct cursor *c, struct state_note *note)
{
	int rc = add_list(s, &s->losses, &tape_loss_desc, c, note);

	if (!rc)
		state_note_losses(s, note->first, note->cnt);
	return rc;
}

static int add_meta(struct state *s, struct cursor *c)
{
	struct tape_meta_item *items;
	u32 n;
	int rc = fields_get_list(&tape_meta_desc, c, &s->arena, (void **)&items, &n);

	if (rc)
		return rc;
	/* All that come are counted, not all that stay: each is looked for among those. */
	if (n > s->limits->keys - s->meta_records)
		return state_beyond(s, TAPE_BEYOND(keys));
	s->meta_records += n;
	for (u32 i = 0; !rc && i < n; i++) {
		struct tape_meta_item *slot = NULL;

		for (size_t k = 0; k < s->meta.n && !slot; k++) {
			struct tape_meta_item *m = vec_get(&s->meta, struct tape_meta_item, k);

			slot = str_eq(m->key, items[i].key) ? m : NULL;
		}
		if (!slot)
			slot = vec_push(&s->meta);
		if (!slot)
			return -ENOMEM;
		*slot = items[i];
	}
	return rc;
}

static int check_schema(struct state *s, const struct tape_schema *t)
{
	if (t->id >= s->limits->tables)
		return state_beyond(s, TAPE_BEYOND(tables));
	if (t->col_cnt > s->limits->cols)
		return state_beyond(s, TAPE_BEYOND(cols));
	for (u32 i = 0; i < t->col_cnt; i++) {
		if (t->cols[i].dict >= s->limits->dicts)
			return state_beyond(s, TAPE_BEYOND(dicts));
	}
	return tape_schema_check_shape(t, NULL) ? -EBADMSG : 0;
}

/* A place for the table, and for the dictionaries that it names. */
static int make_places(struct state *s, const struct tape_schema *t)
{
	size_t was = s->by_id_cap, cap = was;
	int rc = 0;

	while (cap <= t->id)
		cap = cap ? cap * 2 : BY_ID_MIN;
	if (cap > was && !array_grow((void **)&s->by_id, &s->by_id_cap, cap, sizeof(*s->by_id)))
		return -ENOMEM;
	if (s->by_id_cap > was)
		memset(s->by_id + was, 0, (s->by_id_cap - was) * sizeof(*s->by_id));
	for (u32 i = 0; !rc && i < t->col_cnt; i++)
		rc = state_grow_dicts(s, t->cols[i].dict);
	return rc;
}

static int add_schemas(struct state *s, struct cursor *c)
{
	struct tape_schema *items;
	u32 n;
	int rc = fields_get_list(&tape_schema_desc, c, &s->arena, (void **)&items, &n);

	for (u32 i = 0; !rc && i < n; i++)
		rc = check_schema(s, &items[i]);
	for (u32 i = 0; !rc && i < n; i++) {
		struct tape_schema *t = &items[i];

		rc = make_places(s, t);
		if (rc || s->by_id[t->id])
			continue;
		rc = state_append(&s->schemas, &t, 1);
		if (!rc)
			s->by_id[t->id] = t;
	}
	return rc;
}

static int add_plan(struct state *s, struct cursor *c)
{
	struct tape_plan plan;
	int rc = fields_get(&tape_plan_desc, c, &s->arena, &plan);

	if (!rc && !s->pub.plan) {
		s->plan = plan;
		s->pub.plan = &s->plan;
	}
	return rc;
}

static int add_types(struct state *s, struct cursor *c)
{
	struct tape_types t;
	int rc = fields_get(&tape_types_desc, c, &s->arena, &t);

	if (!rc)
		rc = state_append(&s->records, t.records, t.record_cnt);
	if (!rc)
		rc = state_append(&s->consts, t.consts, t.const_cnt);
	if (!rc)
		rc = state_append(&s->expansions, t.expansions, t.expansion_cnt);
	if (!rc)
		rc = state_append(&s->facts, t.facts, t.fact_cnt);
	return rc;
}

static int add_checkpoint(struct state *s, struct cursor *c)
{
	struct tape_checkpoint *items;
	u32 n;
	int rc = fields_get_list(&tape_checkpoint_desc, c, &s->arena, (void **)&items, &n);

	if (!rc && n != 1)
		return -EBADMSG;
	/* the last one may be read before others */
	if (!rc && items[0].watermark >= s->pub.checkpoint.watermark)
		s->pub.checkpoint = items[0];
	return rc;
}

static int add_end(struct state *s, struct cursor *c)
{
	const u8 *p = cursor_bytes(c, sizeof(struct tape_end));

	if (!p)
		return -EBADMSG;
	memcpy(&s->pub.end, p, sizeof(s->pub.end));
	s->pub.has_end = true;
	return 0;
}

/* Number of the kind of block that is known by parts, or -1. */
static int part_kind(u16 type)
{
	static const u16 kinds[] = { TAPE_META, TAPE_SCHEMA, TAPE_PLAN, TAPE_TYPES };

	for (size_t i = 0; i < countof(kinds); i++) {
		if (kinds[i] == type)
			return (int)i;
	}
	return -1;
}

static bool is_part_seen(struct state *s, const struct tape_block_header *h, bool mark)
{
	int kind = part_kind(h->type);
	u8 *byte = s->parts_seen + (size_t)kind * part_bytes(s) + h->stream / 8;

	if (mark)
		*byte |= (u8)(1 << h->stream % 8);
	return *byte >> (h->stream % 8) & 1;
}

static int add_any(struct state *s, const struct tape_block_header *h, struct cursor *c,
		   struct state_note *note)
{
	switch (h->type) {
	case TAPE_META:
		return add_meta(s, c);
	case TAPE_SCHEMA:
		return add_schemas(s, c);
	case TAPE_PLAN:
		return add_plan(s, c);
	case TAPE_TYPES:
		return add_types(s, c);
	case TAPE_DICT:
		return state_add_dicts(s, c);
	case TAPE_TASK:
		return add_list(s, &s->tasks, &tape_task_desc, c, note);
	case TAPE_CLOCK:
		return add_list(s, &s->clocks, &tape_clock_desc, c, note);
	case TAPE_LOSS:
		return add_losses(s, c, note);
	case TAPE_LOG:
		return add_logs(s, c, note);
	case TAPE_FILE:
	case TAPE_MMAP:
	case TAPE_FRAME:
	case TAPE_STACK:
	case TAPE_SYM:
		return state_add_stacks(s, h->type, c);
	case TAPE_CHECKPOINT:
		return add_checkpoint(s, c);
	case TAPE_END:
		return add_end(s, c);
	default:
		return 0;
	}
}

static const struct state_note *find_note(const struct state *s, u64 key)
{
	u32 id = idmap_find(&s->note_ids, (struct idmap_key){ .a = key });

	return id ? vec_get(&s->notes, struct state_note, id - 1) : NULL;
}

/* -ENOMEM. */
static int add_note(struct state *s, const struct state_note *note)
{
	struct state_note *slot = vec_push(&s->notes);

	if (!slot || idmap_put(&s->note_ids, (struct idmap_key){ .a = note->key }) != s->notes.n)
		return -ENOMEM;
	*slot = *note;
	return 0;
}

int state_apply(struct state *s, u64 off, const struct tape_block_header *h, struct cursor payload,
		struct state_note *ret_note, const char **reason)
{
	bool is_part = part_kind(h->type) >= 0;
	struct state_note note = { .key = STATE_KEY_BLOCK(off) };
	const struct state_note *old = is_part ? NULL : find_note(s, note.key);
	int rc;

	*reason = "the block is malformed";
	s->beyond = NULL;
	if (is_part && h->stream >= s->limits->parts) {
		*reason = TAPE_BEYOND(parts);
		return -EBADMSG;
	}
	if (old)
		note = *old;
	if (ret_note)
		*ret_note = note;
	if (old || (is_part && is_part_seen(s, h, false)))
		return 0;
	rc = add_any(s, h, &payload, &note);
	if (!rc && is_part)
		is_part_seen(s, h, true);
	if (!rc && !is_part)
		rc = add_note(s, &note);
	publish(s);
	if (ret_note)
		*ret_note = note;
	if (rc == -EBADMSG && s->beyond)
		*reason = s->beyond;
	if (!rc && state_mem(s) > s->mem_max)
		return -ENOMEM;
	return rc;
}

int state_add_damage(struct state *s, u64 key, const struct walk_step *d,
		     struct state_note *ret_note)
{
	struct state_note note = { .key = key, .first = (u32)s->losses.n, .cnt = 1 };
	const struct state_note *old = find_note(s, key);
	struct tape_loss *l;
	bool is_known;
	u64 rows;

	if (old) {
		*ret_note = *old;
		return 0;
	}
	l = vec_push(&s->losses);
	if (!l || add_note(s, &note))
		return -ENOMEM;
	rows = d->rows - state_meet_damage(s, d, note.first, &is_known);
	*l = (struct tape_loss){
		.cause = TAPE_LOSS_CORRUPT,
		.table = TAPE_NONE,
		.cpu = TAPE_NONE,
		.count = rows,
		.note = str_of(d->reason),
		.off = d->off,
		.len = d->len,
	};
	s->pub.limits_hit |= tape_limit_bit(d->reason);
	s->pub.damaged_blocks += is_known ? 0 : d->blocks;
	s->pub.damaged_rows += rows;
	*ret_note = note;
	publish(s);
	return state_mem(s) > s->mem_max ? -ENOMEM : 0;
}
