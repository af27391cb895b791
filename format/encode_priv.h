/* format/encode_priv.h -- the inside of the encoder, shared by its files. */
#pragma once

#include "format/codec.h"
#include "format/dict.h"
#include "format/encode.h"
#include "format/rows_priv.h"

#define PARTS_MAX (4 * TAPE_MAX_COLS)

/* Words as they were stored, to find columns that say the same. */
struct seen_col {
	const u64 *v;	/* dense values; NULL: not comparable */
	u64 min, max;
	bool is_signed;
};

#define ENCODE_KEYS_MAX 4

/* A column of few distinct words. */
struct encode_key {
	u16 col;
	u32 cnt;
	u64 palette[TAPE_PALETTE_MAX];	/* the words, as they came up */
	u32 starts[TAPE_PALETTE_MAX];	/* rows of the words before it */
	u8 *idx;			/* which of them each row has */
	size_t idx_cap;
	bool has_runs;			/* most rows have the word of the row before */
};

struct encoder {
	struct codec *codec;
	struct dict *dicts[TAPE_MAX_DICTS];
	u32 dict_written[TAPE_MAX_DICTS];
	u32 dict_put[TAPE_MAX_DICTS];	/* as far as the last encoder_put_dicts() went */
	u32 dict_top;			/* ids below it may exist */
	u64 dict_bytes, dict_entries;	/* of all, against the writer's own budget */
	u64 quantum;			/* of times; 0 or 1: none */

	/* of the payload being made */
	struct tape_part parts[PARTS_MAX];
	u32 n_parts;
	struct buf data;	/* the parts' bytes, each at a multiple of 8 */
	struct buf plain;	/* one part before packing */
	struct seen_col seen[TAPE_MAX_COLS];
	struct encode_key keys[ENCODE_KEYS_MAX];
	u32 key_cnt;
	u64 raw;
	bool pack, is_time;	/* is_time: the column at hand is */

	/* scratch, grown to the largest block */
	u64 *dense, *work, *scaled, *grouped;
	size_t dense_cap, work_cap, scaled_cap, grouped_cap;
	u32 *slots;
	size_t slots_cap;
	struct distinct *distinct;
	size_t distinct_cap;
	u32 *of_run;	/* which distinct string each run is */
	size_t of_run_cap;
};

/* A string of a block that is not the same as another of the block. */
struct distinct {
	const u8 *p;
	u32 len, hash;
	s64 id;	/* in the dictionary; -1: not there */
};

/* A new part of column @col; NULL if there are too many. */
struct tape_part *encode_part(struct encoder *e, u16 col, u8 enc);
/* The part's bytes, packed if that helps. */
int encode_store(struct encoder *e, struct tape_part *p, const void *bytes, size_t sz);
/* The same of @n numbers of p->width bytes in planes. */
int encode_store_planes(struct encoder *e, struct tape_part *p, const u8 *planes, u32 n);
/* FOR layout of @n numbers into part @p: base in aux, width, planes. */
int encode_for(struct encoder *e, struct tape_part *p, const u64 *v, u32 n, u64 min, u64 max);
/*
 * If all of @n words are multiples of the quantum, *v becomes the quotients (borrowed until the
 * next call) and the quantum is returned; else 1.
 */
u64 encode_scale(struct encoder *e, const u64 **v, u32 n);
/* Words of the block may become palettes and groups: it is large enough. */
bool encode_may_group(const struct encoder *e, u32 n);
/* @n words of column @col as a palette and a key for later columns; NULL: they are too many. */
struct encode_key *encode_find_key(struct encoder *e, u16 col, const u64 *v, u32 n);
/* The key that brings equal values of @v together; NULL: none does. */
const struct encode_key *encode_best_key(const struct encoder *e, const u64 *v, u32 n);
/* @v key by key; borrowed until the next call, NULL without memory. */
const u64 *encode_group(struct encoder *e, const struct encode_key *k, const u64 *v, u32 n);
/* Part @p becomes the palette with the rows' numbers in it. */
int encode_palette(struct encoder *e, struct tape_part *p, const struct encode_key *k, u32 n);
/* Another part goes in front of the last one, @p, whose new place is returned; NULL: no room. */
struct tape_part *encode_front(struct encoder *e, struct tape_part *p, u8 enc, u64 aux);
/* Value parts of @n dense words, of strings (of @col, @v says which of its runs each is). */
int encode_words(struct encoder *e, const struct tape_column *c, const u64 *v, u32 n,
		 bool may_same);
/* @may_same: they are one a row, and none is NULL. */
int encode_strings(struct encoder *e, const struct tape_column *c, const struct row_col *col,
		   const u64 *v, u32 n, bool may_same);
