/* format/state.h -- what the table blocks of a tape say, gathered block by block. */
#pragma once

#include "base/vec.h"
#include "format/block.h"
#include "format/dict.h"
#include "format/reader.h"

/* What a block or a stretch of damage added, so that reading it again adds nothing. */
#define STATE_KEY_DAMAGE(off)  (4 * (off))	/* between blocks, or of whole blocks */
#define STATE_KEY_BLOCK(off)   (4 * (off) + 1)
#define STATE_KEY_CONTENT(off) (4 * (off) + 2)	/* damage in a good block; of run i: off + 1 + i */

struct state_note {
	u64 key;	/* STATE_KEY_*() */
	u32 first, cnt;
};

struct state {
	struct tape_state pub;
	struct arena arena;
	struct arena scratch;	/* of the block being added */
	struct vec meta, schemas, tasks, clocks, losses, logs, notes;
	struct vec records, consts, expansions, facts;
	struct vec files, mmaps, frames, nodes, stacks, syms;
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
/* Note rows that are lost; once a @key.  -ENOMEM. */
int state_add_damage(struct state *s, u64 key, const char *reason, u64 rows, u64 blocks,
		     struct state_note *ret_note);
