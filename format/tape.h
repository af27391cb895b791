/*
 * format/tape.h -- every structure and number that is on a tape; the only definition of them.
 *
 * docs/format.md explains each and says who must do what; tests/format/test_doc.c compares the two.
 * All integers are little-endian, all blocks start at a multiple of 8.
 * Numbers of an enum here are only ever added at the end and never change their meaning.
 */
#pragma once

#include "base/compiler.h"

/* clang-format off */
#define TAPE_MAGIC "\x89" "BTAP" "\r\n\x1a"
#define TAPE_SYNC  "\xd7\x4e\x91\xc3\xb8\x06\xfa\x2d"	/* random: damaged tapes are searched for
							 * it */
/* clang-format on */
#define TAPE_MAJOR 1
#define TAPE_MINOR 3

struct tape_file_header {
	u8 magic[8];
	u16 major, minor;	/* a reader refuses a greater major */
	u32 header_len;		/* 64; blocks start there */
	u8 uuid[16];		/* of the session */
	u32 session_tag;	/* crc32c(uuid), repeated in each block */
	u32 flags;		/* 0 */
	u64 real_ns;		/* CLOCK_REALTIME at the start, for display only */
	u8 reserved[12];	/* 0 */
	u32 crc;		/* crc32c of bytes 0..59 */
};

struct tape_block_header {
	u8 sync[8];
	u16 type;		/* enum tape_block_type, TAPE_PRIVATE, TAPE_ANCILLARY */
	u8 codec;		/* enum tape_codec */
	u8 flags;		/* TAPE_BLOCK_* */
	u32 n_rows;
	u32 stored_len;		/* bytes behind this header, padding not counted */
	u32 raw_len;		/* the payload's bytes with all zstd undone */
	u64 seq;		/* 0 1 2 ... over the file: a hole counts lost blocks */
	u64 ts_min, ts_max;	/* rows: inclusive range; tables: time of writing */
	u32 stream;		/* EVENTS: table id; META SCHEMA PLAN TYPES: number of the part;
				 * else 0 */
	u32 payload_crc;	/* crc32c of the stored bytes */
	u32 session_tag;
	u32 header_crc;		/* crc32c of bytes 0..59 */
};

#define TAPE_PRIVATE   0x8000	/* not from this document */
#define TAPE_ANCILLARY 0x4000	/* a reader that does not know it may skip it */

enum tape_block_type {
	TAPE_META = 0x01,
	TAPE_SCHEMA = 0x02,
	TAPE_DICT = 0x03,
	TAPE_TASK = 0x4004,
	TAPE_FILE = 0x4005,
	TAPE_MMAP = 0x4006,
	TAPE_FRAME = 0x07,
	TAPE_STACK = 0x08,
	TAPE_SYM = 0x4009,
	TAPE_EVENTS = 0x0a,
	TAPE_LOSS = 0x0b,
	TAPE_CLOCK = 0x400c,
	TAPE_MAPSNAP = 0x0d,
	TAPE_CHECKPOINT = 0x400e,
	TAPE_LOG = 0x4010,
	TAPE_INDEX = 0x4011,
	TAPE_END = 0x12,
	TAPE_PLAN = 0x13,
	TAPE_TYPES = 0x14,
	TAPE_MIXED = 0x15,
	TAPE_TAIL = 0x4016,
};

enum tape_codec {
	TAPE_CODEC_NONE = 0,
	TAPE_CODEC_ZSTD = 1,	/* the whole payload is one frame */
	TAPE_CODEC_COLUMNS = 2,	/* EVENTS: each column part is a frame or not, as its flags say */
};

#define TAPE_BLOCK_SORTED 1	/* rows are in order of time */
#define TAPE_BLOCK_EPOCH  2	/* reserved: all tables start anew */
#define TAPE_BLOCK_REPEAT 4	/* said before, word for word */

/*
 * EVENTS payload: tape_columns, then n_parts of tape_part, then the parts' bytes, each at a
 * multiple of 8. A column is one to four parts in a row with its id:   [LIST] [NULLS] value,
 * value = SAMEAS, [SCALE] word, [GROUP] word, [GROUP] DICT or VAR RAW; word = CONST, RAW, FOR,
 * DELTA or PALETTE.
 */
struct tape_columns {
	u32 n_parts;
	u32 pad;	/* 0 */
};

struct tape_part {
	u16 col_id;
	u8 enc;		/* enum tape_encoding */
	u8 width;	/* bytes a value; 0: all are equal and nothing is stored */
	u32 flags;	/* TAPE_PART_* */
	u32 off;	/* from the start of the payload */
	u32 stored;
	u32 raw;	/* bytes once the frame is undone */
	u32 step;	/* DELTA: taken off every difference; PALETTE: how many values; else 0 */
	u64 aux;	/* CONST: the value; SAMEAS: column id; FOR DICT VAR LIST: base; DELTA:
			 * first value; NULLS: nulls; SCALE: factor; PALETTE: base; GROUP: column
			 * id */
	u64 min,
		max;	/* zone map: of the values (DICT: ids) as the column's sign orders them;
			 * else 0 */
};

enum tape_encoding {
	TAPE_ENC_CONST = 0,
	TAPE_ENC_SAMEAS = 1,
	TAPE_ENC_RAW = 2,
	TAPE_ENC_FOR = 3,
	TAPE_ENC_DELTA = 4,
	TAPE_ENC_DICT = 5,
	TAPE_ENC_VAR = 6,
	TAPE_ENC_LIST = 7,
	TAPE_ENC_NULLS = 8,
	TAPE_ENC_SCALE = 9,
	TAPE_ENC_PALETTE = 10,
	TAPE_ENC_GROUP = 11,
};

#define TAPE_PALETTE_MAX 256	/* values of a PALETTE */

#define TAPE_PART_ZSTD	 1	/* the bytes are zstd frames, one behind the other */
#define TAPE_PART_ZIGZAG 2	/* DELTA: differences are zig-zag coded */
#define TAPE_PART_ZONE	 4	/* min and max are valid */
#define TAPE_PART_SIGNED 8	/* they order as signed numbers */

/*
 * MIXED payload: tape_mixed, then n_runs of tape_mixed_run, then at each run's offset an EVENTS
 * payload.
 */
struct tape_mixed {
	u32 n_runs;
	u32 pad;	/* 0 */
};

struct tape_mixed_run {
	u32 stream;	/* table id */
	u32 n_rows;
	u32 off, len;	/* from the start of the payload; off is a multiple of 8 */
	u64 ts_min, ts_max;
	u32 flags;	/* TAPE_BLOCK_SORTED */
	u32 pad;	/* 0 */
};

/*
 * DICT payload: tape_dicts, then n_dicts sections: tape_dict_section, n_entries u32 lengths,
 * bytes, zeros to 4.
 */
struct tape_dicts {
	u32 n_dicts;
	u32 pad;	/* 0 */
};

struct tape_dict_section {
	u32 dict_id;	/* from 1 */
	u32 first_id;	/* ids are dense and never reused */
	u32 n_entries;
	u32 n_bytes;
};

/* INDEX payload: tape_index, then n_entries of tape_index_entry in order of offset. */
struct tape_index {
	u64 prev_off;	/* the INDEX before this one, 0: none */
	u32 n_entries;
	u32 pad;	/* 0 */
};

struct tape_index_entry {
	u64 off;	/* of the block header in the file; a MIXED block has an entry a run */
	u64 ts_min, ts_max;
	u32 stored_len;
	u32 n_rows;	/* of the block, or of the run */
	u32 stream;
	u16 type;
	u16 run;	/* MIXED: number of the run */
};

struct tape_end {
	u64 rows;	/* of all EVENTS and MIXED blocks before it */
	u64 blocks;	/* before it */
	u64 hash;	/* FNV-1a over {type u16, seq u64, payload_crc u32} of each block before
			 * it */
};

/*
 * TAIL has no payload: in its header ts_min is the offset of the last INDEX (0: none) and
 * ts_max that of END.
 */

/*
 * Table blocks are lists of records (format/fields.h): u32 size, then the fields; a text is u32
 * length, bytes.
 */
#define TAPE_TEXT_NULL UINT32_MAX	/* length of a text that is absent */
#define TAPE_NONE      UINT32_MAX	/* a table, clause, column or CPU that is not given */

enum tape_loss_cause {
	TAPE_LOSS_NONE = 0,
	TAPE_LOSS_RING = 1,	/* ring buffer full */
	TAPE_LOSS_MAP = 2,	/* K map full */
	TAPE_LOSS_LATE = 3,		/* rows that came after their watermark (they are on the
					 * tape) */
	TAPE_LOSS_STRING = 4,		/* strings cut */
	TAPE_LOSS_LIST = 5,		/* list elements beyond the maximum */
	TAPE_LOSS_RECURSION = 6,	/* program not run: it was running on this CPU */
	TAPE_LOSS_KRETPROBE = 7,
	TAPE_LOSS_THROTTLED = 8,
	TAPE_LOSS_SIDEBAND = 9,
	TAPE_LOSS_CONTROL = 10,		/* control ring full */
	TAPE_LOSS_PARSE = 11,		/* records that made no sense */
	TAPE_LOSS_WRITE = 12,		/* rows not written: disk full, pipe closed */
	TAPE_LOSS_CORRUPT = 13,		/* damage, found by a reader or by repair */
	TAPE_LOSS_SCRATCH = 14,		/* no scratch buffer for the row */
	TAPE_LOSS_STACK = 15,		/* definitions of stacks: their rows say "unknown" */
	TAPE_LOSS_CAUSE_CNT
};

enum tape_phys { TAPE_PHYS_U64 = 0, TAPE_PHYS_S64 = 1, TAPE_PHYS_BYTES = 2, TAPE_PHYS_CNT };

enum tape_role {
	TAPE_ROLE_LEAF = 0,
	TAPE_ROLE_TS = 1,	/* CLOCK_BOOTTIME ns; each table has exactly one */
	TAPE_ROLE_CPU = 2,
	TAPE_ROLE_PID = 3,
	TAPE_ROLE_TID = 4,
	TAPE_ROLE_SEQ = 5,	/* counter per clause and CPU: a jump is a located loss */
	TAPE_ROLE_PROBE = 6,	/* id of the probe, in clauses with several */
	TAPE_ROLE_PATH = 7,	/* bits of the branches taken */
	TAPE_ROLE_ERRNO = 8,	/* of the fault of another column */
	TAPE_ROLE_PATH_LIST = 9,
	TAPE_ROLE_TRIPS = 10,
	TAPE_ROLE_ORDER = 11,	/* place among the rows of the CPU with the same time */
	TAPE_ROLE_CNT
};

/* Limits of a reader (and so of a writer). */
#define TAPE_MAX_STORED	      (16u << 20)	/* bytes of a block */
#define TAPE_MAX_RAW	      (64u << 20)
#define TAPE_MAX_RATIO	      1024		/* raw_len / stored_len */
#define TAPE_MAX_ROWS	      (1u << 20)	/* of a block */
#define TAPE_MAX_ELEMS	      (1u << 22)	/* list elements of a column of a block */
#define TAPE_MAX_COLS	      512
#define TAPE_MAX_TABLES	      65535
#define TAPE_MAX_RUNS	      65535		/* of a MIXED block */
#define TAPE_MAX_STR	      (64u << 10)
#define TAPE_MAX_COL_BYTES    (64u << 20)	/* strings of a column of a block, dictionary ids
						 * resolved */
#define TAPE_MAX_BATCH	      (256u << 20)	/* all decoded columns of a block */
#define TAPE_MAX_DICTS	      4096
#define TAPE_MAX_DICT_ENTRIES (16u << 20)
#define TAPE_MAX_DICT_BYTES   (1u << 30)
#define TAPE_MAX_KEYS	      4096		/* of META */
#define TAPE_MAX_PARTS	      65535		/* of META, SCHEMA, PLAN, TYPES */
#define TAPE_MAX_FILES	      (1u << 20)
#define TAPE_MAX_FRAMES	      (16u << 20)
#define TAPE_MAX_NODES	      (16u << 20)
#define TAPE_MAX_STACKS	      (16u << 20)
#define TAPE_MAX_SYMS	      (16u << 20)
#define TAPE_MAX_DEPTH	      1024		/* frames of a stack that are looked at */
#define TAPE_ZSTD_WINDOW_LOG  23

_Static_assert(sizeof(struct tape_file_header) == 64, "file header");
_Static_assert(offsetof(struct tape_file_header, crc) == 60, "file header");
_Static_assert(sizeof(struct tape_block_header) == 64, "block header");
_Static_assert(offsetof(struct tape_block_header, seq) == 24, "block header");
_Static_assert(offsetof(struct tape_block_header, header_crc) == 60, "block header");
_Static_assert(sizeof(struct tape_columns) == 8, "columns");
_Static_assert(sizeof(struct tape_part) == 48, "part");
_Static_assert(offsetof(struct tape_part, aux) == 24, "part");
_Static_assert(sizeof(struct tape_mixed) == 8, "mixed");
_Static_assert(sizeof(struct tape_mixed_run) == 40, "mixed run");
_Static_assert(sizeof(struct tape_dicts) == 8, "dicts");
_Static_assert(sizeof(struct tape_dict_section) == 16, "dict section");
_Static_assert(sizeof(struct tape_index) == 16, "index");
_Static_assert(sizeof(struct tape_index_entry) == 40, "index entry");
_Static_assert(sizeof(struct tape_end) == 24, "end");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "structures are read and written in place");
