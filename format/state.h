/* format/state.h -- what the table blocks of a tape say, gathered block by block. */
#pragma once

#include "base/vec.h"
#include "format/block.h"
#include "format/dict.h"
#include "format/reader.h"
#include "format/walk.h"

/* What a block or a stretch of damage added, so that reading it again adds nothing. */
#define STATE_KEY_DAMAGE(off)  (4 * (off))	/* between blocks, or of whole blocks */
#define STATE_KEY_BLOCK(off)   (4 * (off) + 1)
#define STATE_KEY_CONTENT(off) (4 * (off) + 2)	/* damage in a good block; of run i: off + 1 + i */

struct state_note {
	u64 key;	/* STATE_KEY_*() */
	u32 first, cnt;
};

#define STATE_STRETCHES_MAX 16384

/* Damage as one side has it (a reader, or a LOSS record), and rows that the other does not count. */
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
	struct vec files, mmaps, frames, nodes, stacks, syms;
	struct vec met, known;	/* struct state_stretch: by reading; by LOSS records */
	struct tape_types types;
	struct tape_plan plan;
	const struct tape_schema **by_id;	/* TAPE_MAX_TABLES */
	u8 *parts_seen;				/* a bit a part of META, SCHEMA, PLAN, TYPES */
	struct dict *dicts[TAPE_MAX_DICTS];
	u32 dict_top;				/* ids below it may exist */
	u64 dict_entries;
	size_t mem_max;
};

int state_init(struct state *s, size_t mem_max);	/* -ENOMEM */
void state_fini(struct state *s);

/* Bytes of all tables and dictionaries. */
size_t state_mem(const struct state *s);
/* @n items to the end of a table; -ENOMEM. */
int state_append(struct vec *v, const void *items, u32 n);
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

/* ---- state_damage.c ---- */

void state_damage_init(struct state *s);
void state_damage_fini(struct state *s);
/* Does it say which bytes are damaged? */
bool loss_has_place(const struct tape_loss *l);
/* LOSS records are new in the table of losses. */
void state_note_losses(struct state *s, u32 first, u32 cnt);
/* Damage is met: how many of its rows a LOSS record has counted already. */
u64 state_meet_damage(struct state *s, const struct walk_step *d, u32 loss, bool *is_known);
