/* analyze/sql/table_columns.h -- columns of a tape's table as SQL sees them. */
#pragma once

#include "analyze/sql/sql_priv.h"

#define SQL_COLS_MAX (TAPE_COLS_EVER + 16)

enum out_kind {
	OUT_WORD, OUT_BYTES, OUT_TEXT, OUT_TUPLE, OUT_STACK, OUT_TIME, OUT_PROBE,
	/* by thread and time; the last of the kinds */
	OUT_TASK_COMM, OUT_TASK_UID, OUT_TASK_GID,
};

struct out_col {
	const char *name;
	enum out_kind kind;
	u16 src;			/* column of the tape */
	bool is_list, is_hidden;
	bool is_signed;
	const struct type *type;	/* as captured; may be NULL */
};

/* Times of SQL_GROUP blocks one after the other. */
#define SQL_GROUP 64
struct table_group {
	u64 max_so_far, min_from_here;	/* ts up to its last block, from its first on */
};

struct table_vtab {
	sqlite3_vtab base;
	struct sql_db *db;
	const struct tape_schema *schema;
	struct out_col cols[SQL_COLS_MAX];
	u32 col_cnt;
	u16 ts, tid;			/* columns of the tape */
	double rows;			/* like the rest: set when first asked */
	u32 *blocks;			/* places in the reader's list; NULL: not asked yet */
	u32 block_cnt;
	struct table_group *groups;
};

/* Columns of table @table of the view. */
void table_columns_init(struct table_vtab *v, u32 table);
/* CREATE TABLE "name"(...) */
void table_columns_declare(const struct table_vtab *v, const char *name, struct buf *out);
/* Value of column @n in row @row of a batch. */
void table_columns_result(struct table_vtab *v, const struct tape_batch *b, u32 row, u32 n,
			  sqlite3_context *ctx);
