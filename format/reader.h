/*
 * format/reader.h -- read a tape front to back (file or pipe), or any of its blocks (file).
 *
 * Front to back, tape_reader_next() hands out one item after another; table blocks have then
 * already been added to tape_reader_state().  Damage never ends the reading: bad stretches are
 * skipped to the next good block and reported as items.  Memory is bounded by the limits in
 * format/tape.h and opts.mem_max.
 *
 * Rows are handed out undecoded; tape_reader_decode() fills a batch with the columns selected.
 */
#pragma once

#include "format/batch.h"
#include "format/limits.h"

struct tape_reader;
struct idtab;

struct tape_reader_opts {
	struct tape_limits limits;	/* 0: the default */
	u64 mem_max;		/* of tables and dictionaries; 0: tape_limits_mem() */
	bool ignore_crc;	/* fuzzing only */
	bool keeps_fd;		/* the descriptor stays the caller's, who closes it later */
};

/*
 * Everything that the table blocks read so far say.  Borrowed; pointers into arrays are good
 * until the next call.
 */
struct tape_state {
	struct tape_file_header header;	/* major 0: damaged, block sync was used */
	const struct tape_meta_item *meta;		/* latest value of each key, in order of
							 * first mention */
	u32 meta_cnt;
	const struct tape_schema *const *schemas;	/* in order of appearance */
	u32 schema_cnt;
	const struct tape_schema *const *by_id;		/* NULL: no such table */
	u32 by_id_cnt;
	const struct tape_plan *plan;			/* NULL: not seen yet */
	const struct tape_types *types;			/* all parts joined; never NULL */
	const struct tape_task *tasks;
	u32 task_cnt;
	const struct tape_clock *clocks;
	u32 clock_cnt;
	const struct tape_loss *losses;			/* also what the reader found damaged:
							 * TAPE_LOSS_CORRUPT */
	u32 loss_cnt;
	const struct tape_log *logs;
	u32 log_cnt;
	/*
	 * By id, from 1: ask tape_state_file() and so on.  Up to _cnt; _known of them are there,
	 * the others are lost.  References may lead to what is lost.
	 */
	const struct idtab *files, *frames, *nodes, *stacks;
	u32 file_cnt, frame_cnt, node_cnt, stack_cnt;
	u32 file_known, frame_known, stack_known;
	const struct tape_mmap *mmaps;			/* in order of writing */
	u32 mmap_cnt;
	const struct tape_sym *syms;			/* likewise */
	u32 sym_cnt;
	struct tape_checkpoint checkpoint;	/* the last one; watermark 0: none */
	bool has_end;				/* END seen: the tape is complete */
	struct tape_end end;
	u64 rows, blocks, bytes;		/* read or skipped so far */
	u64 damaged_blocks, damaged_rows;	/* as far as a header or a hole in seq says */
	u32 limits_hit;				/* of which damage was: bit i: tape_limit_rows[i] */
	u32 depth_max;				/* frames of a stack that are to be looked at */
	u32 *hits;	/* limits that those who look at the state meet; NULL: nobody asks */
};

enum tape_item_kind {
	TAPE_ITEM_TABLES,	/* META SCHEMA PLAN TYPES DICT TASK CLOCK FILE MMAP FRAME STACK SYM:
				 * state grew; block.type says which */
	TAPE_ITEM_ROWS,
	TAPE_ITEM_LOSS,		/* state->losses[first .. first + cnt) are new */
	TAPE_ITEM_LOG,		/* likewise logs */
	TAPE_ITEM_MAPSNAP,	/* snaps[0 .. cnt) */
	TAPE_ITEM_CHECKPOINT,	/* state->checkpoint is new */
	TAPE_ITEM_DAMAGE,	/* bytes [off, off + damage_len) were skipped;
				 * state->losses[first] says what is lost */
	TAPE_ITEM_END,		/* END block; others may follow */
	TAPE_ITEM_OTHER,	/* INDEX, TAIL, an unknown ancillary block */
};

struct tape_item {
	enum tape_item_kind kind;
	u64 off;				/* of the block in the file */
	struct tape_block_header block;		/* not of DAMAGE */
	const struct tape_schema *schema;	/* ROWS */
	u32 n_rows;
	u64 ts_min, ts_max;
	bool is_sorted;
	u32 first, cnt;
	const struct tape_mapsnap *snaps;
	struct tape_checkpoint checkpoint;	/* CHECKPOINT */
	u64 damage_len;
	const char *damage;			/* reason, static text */
};

/*
 * Check the file header.  Owns @fd on success only.  A damaged header is survived if blocks can
 * be found. -EPROTO: not a tape.  -ENOTSUP: newer major version.  -ENODATA: empty.  -EIO and
 * others: read failed.
 */
int tape_reader_open(int fd, const struct tape_reader_opts *o, struct tape_reader **ret,
		     struct err *err);
void tape_reader_close(struct tape_reader *r);

const struct tape_state *tape_reader_state(const struct tape_reader *r);
/* What was met beside the losses in the state, also by readers of single blocks. */
struct tape_reader_notes {
	u32 limits_hit;		/* bit i: something is beyond the limit tape_limit_rows[i] */
	bool has_lost_columns;	/* columns that were wanted are damaged in some blocks: NULL */
};
struct tape_reader_notes tape_reader_notes(const struct tape_reader *r);
/* How long reading has waited for who writes a pipe; of a file 0. */
u64 tape_reader_waited_ns(const struct tape_reader *r);
const struct tape_meta_item *tape_state_meta(const struct tape_state *s,
					     const char *key); /* NULL: no such key */
struct str tape_state_text(const struct tape_state *s, const char *key); /* absent unless a text */
u64 tape_state_num(const struct tape_state *s, const char *key, u64 dflt);
const struct tape_schema *tape_state_schema(const struct tape_state *s,
					    u32 id);	/* NULL: no such table */

/* A stack has more than depth_max frames: the rest is not looked at. */
void tape_state_note_depth(const struct tape_state *s);

/* What a number means; NULL: unknown (never said, lost, or 0). */
const struct tape_file *tape_state_file(const struct tape_state *s, u32 id);
const struct tape_frame *tape_state_frame(const struct tape_state *s, u32 id);
const struct tape_node *tape_state_node(const struct tape_state *s, u32 id);
const struct tape_stack_id *tape_state_stack(const struct tape_state *s, u64 number);

/*
 * What the reader of rows wants; before the first call everything.  May be called for tables
 * that come later. Blocks outside are skipped without being decoded (and, in a file, without
 * being read).
 */
void tape_reader_set_range(struct tape_reader *r, u64 ts_from,
			   u64 ts_to);	/* inclusive; rows outside may still come */
/*
 * @want: a byte a column id, 0: leave out (NULL: all).  @n 0 with @want: skip the table.  -ENOMEM.
 */
int tape_reader_select(struct tape_reader *r, u32 table, const u8 *want, u32 n);
/* Blocks where all words of the column lie outside [min, max] are skipped.  -ENOMEM. */
int tape_reader_set_zone(struct tape_reader *r, u32 table, u32 col, u64 min, u64 max);

/*
 * 1 and *ret filled (borrowed until the next call), 0 at the end of the input, <0 on an error
 * that ends the reading: -EIO ..., -ENOTSUP an unknown critical block (its number is in the
 * message), -ENOMEM beyond mem_max.
 */
int tape_reader_next(struct tape_reader *r, struct tape_item *ret, struct err *err);

/*
 * Decode the rows of the ROWS item just handed out: 1; 0: the zones say that nothing of it is
 * wanted (the batch is empty).  Damage in a column makes it NULL; -EBADMSG: nothing is usable,
 * which is noted as a loss.
 */
int tape_reader_decode(struct tape_reader *r, struct tape_batch *b, struct err *err);

/*
 * How the rows of the ROWS item just handed out are stored: parts of their directory, at most @max;
 * how many.  Not checked: what a tape says.
 */
u32 tape_reader_parts(const struct tape_reader *r, struct tape_part *ret, u32 max);
const char *tape_enc_name(u8 enc); /* "DELTA"; "unknown" */

/* ---- any block of a file ---- */

/*
 * Read all table blocks and the list of all row blocks: by the INDEX where there is a good one,
 * else by walking the headers.  Do this before tape_reader_next() or instead of it; the two
 * have places of their own, so that afterwards next() still starts at the front (tables are not
 * added twice).  -ESPIPE: not seekable.
 */
int tape_reader_load(struct tape_reader *r, struct err *err);
bool tape_reader_is_seekable(const struct tape_reader *r);

/* EVENTS blocks and runs of MIXED blocks in order of the file; valid after load. */
const struct tape_index_entry *tape_reader_entries(const struct tape_reader *r, u32 *ret_n);

/*
 * Reads blocks by entry.  Several may be used by several threads while the reader itself is not
 * advanced.
 */
struct tape_access;
struct tape_access *tape_access_new(const struct tape_reader *r); /* NULL without memory */
void tape_access_free(struct tape_access *a);
/* 1: decoded, 0: nothing of it is wanted (selection, range, zones).  -EBADMSG: damaged. */
int tape_access_read(struct tape_access *a, const struct tape_index_entry *e, struct tape_batch *b,
		     struct err *err);
/* The same with a selection of the caller's own (NULL: all columns) instead of the reader's. */
int tape_access_read_cols(struct tape_access *a, const struct tape_index_entry *e, const u8 *want,
			  struct tape_batch *b, struct err *err);
