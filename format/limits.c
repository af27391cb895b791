/*
 * format/limits.c -- the table of limits: names, defaults, and how far each can be raised.
 */
#include "format/limits.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>

#include "base/units.h"
#include "format/tape.h"

#define WIDTH_U16 ((u64)UINT16_MAX)
#define WIDTH_U32 ((u64)UINT32_MAX)

#define ROW(field, dflt, max, is_bytes, text)                                           \
	{                                                                               \
#field, offsetof(struct tape_limits, field), dflt, max, is_bytes, text, \
			text " beyond the limit: --limit " #field "=N admits more"      \
	}

/* clang-format off */
const struct tape_limit tape_limit_rows[] = {
	ROW(stored_len, TAPE_MAX_STORED, WIDTH_U32, true, "stored bytes of a block"),
	ROW(raw_len, TAPE_MAX_RAW, WIDTH_U32, true, "bytes of a block unpacked"),
	ROW(ratio, TAPE_MAX_RATIO, WIDTH_U32, false, "raw_len / stored_len"),
	ROW(rows, TAPE_MAX_ROWS, WIDTH_U32 - 1, false, "rows of a block"),
	ROW(elems, TAPE_MAX_ELEMS, WIDTH_U32 - 1, false, "list elements of a column of a block"),
	ROW(cols, TAPE_MAX_COLS, TAPE_COLS_EVER, false, "columns of a table"),
	ROW(tables, TAPE_MAX_TABLES, TAPE_TABLES_EVER, false, "tables"),
	ROW(runs, TAPE_MAX_RUNS, WIDTH_U16, false, "runs of a MIXED block"),
	ROW(str, TAPE_MAX_STR, WIDTH_U32 - 1, true, "bytes of a string in a column"),
	ROW(col_bytes, TAPE_MAX_COL_BYTES, WIDTH_U32, true, "string bytes of a column of a block"),
	ROW(batch, TAPE_MAX_BATCH, 1ull << 40, true, "memory of a block's decoded columns"),
	ROW(dicts, TAPE_MAX_DICTS, 1u << 24, false, "dictionaries"),
	ROW(dict_entries, TAPE_MAX_DICT_ENTRIES, WIDTH_U32 - 1, false,
	    "entries of all dictionaries"),
	ROW(dict_bytes, TAPE_MAX_DICT_BYTES, 1ull << 40, true, "bytes of a dictionary"),
	ROW(keys, TAPE_MAX_KEYS, 1u << 16, false, "records of META"),
	ROW(parts, TAPE_MAX_PARTS, 1u << 24, false, "parts of META, SCHEMA, PLAN, TYPES each"),
	ROW(files, TAPE_MAX_FILES, WIDTH_U32 - 1, false, "files"),
	ROW(frames, TAPE_MAX_FRAMES, WIDTH_U32 - 1, false, "frames"),
	ROW(nodes, TAPE_MAX_NODES, WIDTH_U32 - 1, false, "nodes"),
	ROW(stacks, TAPE_MAX_STACKS, WIDTH_U32 - 1, false, "stacks"),
	ROW(syms, TAPE_MAX_SYMS, WIDTH_U32 - 1, false, "symbols"),
	ROW(depth, TAPE_MAX_DEPTH, TAPE_DEPTH_EVER, false, "frames of a stack that are looked at"),
	ROW(window_log, TAPE_ZSTD_WINDOW_LOG, 31, false, "window of a zstd frame (log2)"),
	{ NULL, 0, 0, 0, false, NULL, NULL },
};
/* clang-format on */

const struct tape_limits tape_limits_default = {
	.stored_len = TAPE_MAX_STORED,
	.raw_len = TAPE_MAX_RAW,
	.ratio = TAPE_MAX_RATIO,
	.rows = TAPE_MAX_ROWS,
	.elems = TAPE_MAX_ELEMS,
	.cols = TAPE_MAX_COLS,
	.tables = TAPE_MAX_TABLES,
	.runs = TAPE_MAX_RUNS,
	.str = TAPE_MAX_STR,
	.col_bytes = TAPE_MAX_COL_BYTES,
	.batch = TAPE_MAX_BATCH,
	.dicts = TAPE_MAX_DICTS,
	.dict_entries = TAPE_MAX_DICT_ENTRIES,
	.dict_bytes = TAPE_MAX_DICT_BYTES,
	.keys = TAPE_MAX_KEYS,
	.parts = TAPE_MAX_PARTS,
	.files = TAPE_MAX_FILES,
	.frames = TAPE_MAX_FRAMES,
	.nodes = TAPE_MAX_NODES,
	.stacks = TAPE_MAX_STACKS,
	.syms = TAPE_MAX_SYMS,
	.depth = TAPE_MAX_DEPTH,
	.window_log = TAPE_ZSTD_WINDOW_LOG,
};

static u64 *field_of(struct tape_limits *l, const struct tape_limit *row)
{
	return (u64 *)((u8 *)l + row->off);
}

void tape_limits_fill(struct tape_limits *l)
{
	for (const struct tape_limit *r = tape_limit_rows; r->name; r++) {
		if (!*field_of(l, r))
			*field_of(l, r) = r->dflt;
	}
}

void tape_limits_put(struct buf *out)
{
	for (const struct tape_limit *r = tape_limit_rows; r->name; r++) {
		u64 n = r->dflt;
		const char *unit = "";

		for (int i = 0; i < 3 && n && !(n & 1023); i++) {
			n >>= 10;
			unit = (const char *[]){ "K", "M", "G" }[i];
		}
		buf_printf(out, "%s%s (%llu%s)", r == tape_limit_rows ? "" : ", ", r->name,
			   (unsigned long long)n, unit);
	}
}

static const struct tape_limit *find_row(const char *name, size_t len)
{
	for (const struct tape_limit *r = tape_limit_rows; r->name; r++) {
		if (strlen(r->name) == len && !memcmp(r->name, name, len))
			return r;
	}
	return NULL;
}

static int refuse_name(const char *one, struct err *err)
{
	struct buf names;

	buf_init(&names, ERR_HINT_MAX);
	tape_limits_put(&names);
	buf_putc(&names, '\0');
	err_set(err, -EINVAL, "--limit %s: there is no such limit", one);
	err_hint(err, "names and defaults: %s", names.len ? (const char *)names.data : "");
	buf_fini(&names);
	return -EINVAL;
}

/* "NAME=N" */
static int parse_one(struct tape_limits *l, const char *one, struct err *err)
{
	const char *eq = strchr(one, '=');
	const struct tape_limit *r = find_row(one, eq ? (size_t)(eq - one) : strlen(one));
	u64 n;

	if (!r)
		return refuse_name(one, err);
	if (!eq || units_parse_bytes(eq + 1, &n))
		return err_set(err, -EINVAL, "--limit %s: not %s=N", one, r->name);
	if (!n || n > r->max)
		return err_set(err, -EINVAL, "--limit %s: from 1 to %llu", one,
			       (unsigned long long)r->max);
	*field_of(l, r) = n;
	return 0;
}

int tape_limits_parse(struct tape_limits *l, const char *text, struct err *err)
{
	while (*text) {
		size_t n = strcspn(text, ",");
		char one[128];
		int rc;

		snprintf(one, sizeof(one), "%.*s", (int)(n < 127 ? n : 127), text);
		rc = parse_one(l, one, err);
		if (rc)
			return rc;
		text += n + (text[n] == ',');
	}
	return 0;
}

u32 tape_limit_bit(const char *reason)
{
	for (u32 i = 0; reason && tape_limit_rows[i].name; i++) {
		if (tape_limit_rows[i].beyond == reason)
			return 1u << i;
	}
	return 0;
}

u64 tape_limits_mem(void)
{
	struct sysinfo s;

	if (sysinfo(&s))
		return 1ull << 30;
	return (u64)s.totalram * s.mem_unit / 4;
}
