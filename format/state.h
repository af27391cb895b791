/* format/state.h -- what the table blocks of a tape say, gathered block by block. */
#pragma once

#include "base/idmap.h"
#include "base/vec.h"
#include "format/block.h"
#include "format/dict.h"
#include "format/idtab.h"
#include "format/reader.h"
#include "format/walk.h"

/* What a block or a stretch of damage added, so that reading it again adds nothing. */
#define STATE_KEY_DAMAGE(off)  ((u64)(off) << 17)	/* between blocks, or of whole blocks */
#define STATE_KEY_BLOCK(off)   (STATE_KEY_DAMAGE(off) + 1)
#define STATE_KEY_CONTENT(off) (STATE_KEY_DAMAGE(off) + 2)	/* damage in a good block */
#define STATE_KEY_RUN(off, i)  (STATE_KEY_DAMAGE(off) + 3 + (i))	/* in a run of it */
#define STATE_KEY_OFF(key)     ((key) >> 17)

struct state_note {
	u64 key;	/* STATE_KEY_*() */
	u32 first, cnt;
};

#define STATE_STRETCHES_MAX 16384

/* Damage as a reader or a LOSS record has it, and rows of it that the other does not count. */
struct state_stretch {
	u64 off, end, rows;
	u32 loss;	/* its place in the table of losses */
};

struct state {
	struct tape_state pub;
	struct arena arena;
	struct arena scratch;	/* of the block being added */
	struct vec meta, schemas, tasks, clocks, losses, logs, notes;
	struct vec records, consts, expansions, facts;
	struct vec mmaps, syms;
	struct idtab files, frames, nodes, stacks;
	struct vec met, known;	/* struct state_stretch: by reading; by LOSS records */
	struct tape_types types;
	struct tape_plan plan;
	const struct tape_schema **by_id;
	size_t by_id_cap;
	u8 *parts_seen;				/* a bit a part of META, SCHEMA, PLAN, TYPES */
	struct dict **dicts;			/* by id; all that a schema names have a place */
	size_t dict_cap, dicts_mem;
	u64 dict_entries, meta_records;
	struct idmap note_ids;			/* of notes: by key, the place + 1 */
	const struct tape_limits *limits;
	const char *beyond;			/* the limit that the block at hand has met */
	size_t mem_max;
};

/* @limits is borrowed; @mem_max 0: tape_limits_mem().  -ENOMEM. */
int state_init(struct state *s, const struct tape_limits *limits, size_t mem_max);
void state_fini(struct state *s);
/* -EBADMSG, noting the limit that was met. */
int state_beyond(struct state *s, const char *beyond);

/* Bytes of all tables and dictionaries. */
size_t state_mem(const struct state *s);
/* @n items to the end of a table; -ENOMEM. */
int state_append(struct vec *v, const void *items, u32 n);
/* A DICT block; -EBADMSG, -ENOMEM. */
int state_add_dicts(struct state *s, struct cursor *c);
/* Room for that dictionary; -ENOMEM. */
int state_grow_dicts(struct state *s, u32 dict_id);
/* A FILE, MMAP, FRAME, STACK or SYM block; -EBADMSG, -ENOMEM. */
int state_add_stacks(struct state *s, u16 type, struct cursor *c);

/*
 * Add the block at @off (payload without its frame).  Nothing happens for one that was added
 * before.  *ret_note, if given, says which losses or logs are its.  -EBADMSG malformed
 * (*reason: static text), -ENOMEM beyond mem_max.
 */
int state_apply(struct state *s, u64 off, const struct tape_block_header *h, struct cursor payload,
		struct state_note *ret_note, const char **reason);
/* Note damage; once a @key.  -ENOMEM. */
int state_add_damage(struct state *s, u64 key, const struct walk_step *d,
		     struct state_note *ret_note);
/* Note that the rows of a block or a run are of a table whose SCHEMA is lost; once.  -ENOMEM. */
int state_add_orphan(struct state *s, const struct tape_index_entry *e,
		     struct walk_step *ret_damage, struct state_note *ret_note);

/* ---- state_damage.c ---- */

void state_damage_init(struct state *s);
void state_damage_fini(struct state *s);
/* Does it say which bytes are damaged? */
bool loss_has_place(const struct tape_loss *l);
/* LOSS records are new in the table of losses. */
void state_note_losses(struct state *s, u32 first, u32 cnt);
/* Damage is met: how many of its rows a LOSS record has counted already. */
u64 state_meet_damage(struct state *s, const struct walk_step *d, u32 loss, bool *is_known);
