/*
 * lang/type.h -- types of the language.
 *
 * Types live in an arena and are never changed once built; compare with type_eq(), not by pointer.
 * Every integer value is held in 64 bits, extended from its type's width by its sign; an operation
 * computes in 64 bits and then wraps to its result type.  So widths are the checker's business and
 * the lowering is the same for all of them.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

enum type_kind {
	TYPE_NONE,		/* no value: statement calls, void */
	TYPE_INT,
	TYPE_BOOL,
	TYPE_STR,		/* size = most bytes it can hold, the cut applied at capture */
	TYPE_PTR,
	TYPE_STRUCT,		/* struct or union by name; fields from the catalog */
	TYPE_ARRAY,
	TYPE_TUPLE,
	TYPE_BUF,		/* bytes of variable length */
	TYPE_TIME,		/* strftime() result: ns + format, rendered by the analyzer */
	TYPE_AGG,		/* an aggregation's state; only as the value of a map */
	/* Typed by the front end so that scripts can be split; evaluated later. */
	TYPE_STACK,		/* an id; aspace: whose, elem_cnt: limit, time_fmt: mode */
	TYPE_SYM,		/* ksym(), usym(): an id, a stack of one frame; aspace: whose */
	TYPE_INET,		/* ntop(): 4 or 16 bytes, packed as BUF */
	TYPE_MAC,		/* macaddr(): 6 bytes, packed as BUF */
	TYPE_CGROUP,		/* cgroup_path(): cgroup id, one word */
	TYPE_USER,		/* username: uid, one word */
	TYPE_FLOAT,		/* "double": its bits in one word; the analyzer's */
	TYPE_KIND_CNT
};

enum agg_kind {
	AGG_COUNT, AGG_SUM, AGG_MIN, AGG_MAX, AGG_AVG, AGG_STATS, AGG_HIST, AGG_LHIST,
	/* states that grow (analyze/agg_*.c); the analyzer's only, as those from STATS on are */
	AGG_TSERIES, AGG_QUANTILE, AGG_DISTINCT,
	AGG_KIND_CNT
};

/* What tseries() makes of the values of one interval. */
enum tseries_func { TSERIES_LAST, TSERIES_AVG, TSERIES_MAX, TSERIES_MIN, TSERIES_SUM,
		    TSERIES_FUNC_CNT };
#define TSERIES_NUM_MAX 1000000
#define AGG_QUANTILES_MAX 8		/* of one quantile() */

/* ANY: decided by the address's top bit */
enum addr_space { ASPACE_ANY, ASPACE_KERNEL, ASPACE_USER };

struct field {
	const char *name;
	const struct type *type;
	u32 off;		/* bytes from the start of the record */
	u16 bit_off, bit_sz;	/* bit field: within the bytes at off; bit_sz 0: not one */
	bool is_data_loc;	/* __data_loc: u32 at off = len << 16 | offset from record start */
};

/* A constant of an enum. */
struct enumerator {
	const char *name;
	s64 val;
};

struct type {
	enum type_kind kind;
	u32 size;		/* INT 1 2 4 8, BOOL 1, STR BUF maximum, PTR 8, others bytes */
	bool is_signed;		/* INT; AGG sum/min/max/avg/stats: sign of the argument */
	enum addr_space aspace;	/* PTR: where it points; STR in a record: where it lies */
	const struct type *elem;	/* PTR pointee (NULL: void), ARRAY element, AGG argument */
	u32 elem_cnt;		/* ARRAY, TUPLE members */
	const struct type **members;	/* TUPLE */
	const char *const *names;	/* TUPLE that is a record: of its members; else NULL */
	const char *name;	/* STRUCT "struct foo"; INT of an enum: "enum foo" */
	const struct field *fields;	/* STRUCT; NULL: opaque */
	u32 field_cnt;
	u32 align;		/* STRUCT that a script defined; 0: not known */
	/* INT of an enum, where its values are printed by name; NULL: as numbers */
	const struct enumerator *enums;
	u32 enum_cnt;
	enum agg_kind agg;
	u32 hist_k;		/* AGG_HIST: 2^k buckets a power of two, 0..5 */
	s64 lhist_min, lhist_max, lhist_step;
	s64 ts_interval;	/* AGG_TSERIES: ns of one interval */
	u32 ts_num;		/* intervals kept */
	enum tseries_func ts_func;
	u32 q_cnt, q[AGG_QUANTILES_MAX];	/* AGG_QUANTILE: millionths, as written */
	const char *time_fmt;	/* TYPE_TIME */
};

/* Neither type_parse() nor the checker makes larger ones. */
#define TYPE_NEST_MAX 32	/* of tuples, and of postfixes */
#define TYPE_MEMBERS_MAX 64	/* of one tuple */
#define TUPLE_VALUES_MAX 1024	/* in a tuple and the tuples in it */
#define STR_BYTES_MAX 65536	/* of a string or buffer as a value */
#define VALUE_BYTES_MAX 16384	/* of a struct, union or array as a value */
#define TYPE_BYTES_MAX (1u << 30)	/* of a type that is pointed to, or a struct's */
#define TYPE_NAME_MAX 127	/* bytes of a name in a type's text */

#define STACK_DEPTH	127	/* frames of a stack, where no number is given */
#define STACK_DEPTH_MAX 1024

/* Shared constants. */
extern const struct type type_none, type_bool, type_double;
extern const struct type type_s8, type_s16, type_s32, type_s64;
extern const struct type type_u8, type_u16, type_u32, type_u64;

/* One of the constants; asserts the size. */
const struct type *type_int(u32 size, bool is_signed);
const struct type *type_str(struct arena *a, u32 size);
const struct type *type_ptr(struct arena *a, const struct type *to, enum addr_space as);
const struct type *type_tuple(struct arena *a, const struct type *const *members, u32 n);
/* Are the members of a tuple neither too many nor too deep? */
bool type_tuple_fits(const struct type *const *members, u32 n);
/* NULL: also if it had more than TYPE_BYTES_MAX. */
const struct type *type_array(struct arena *a, const struct type *elem, u32 n);
/* @like with other members, as many. */
const struct type *type_tuple_like(struct arena *a, const struct type *like,
				   const struct type *const *members);
/* Index of a record's member; -1: none. */
int type_member(const struct type *t, const char *name);
/* String sizes and address spaces are ignored. */
bool type_eq(const struct type *a, const struct type *b);
/* Aggregations with the same parameters, whatever their arguments are. */
bool type_same_agg(const struct type *a, const struct type *b);
bool type_is_num(const struct type *t);		/* INT, BOOL, PTR: held in one 64-bit word */
/* An aggregation of doubles: its state holds their bits. */
bool type_is_float_agg(const struct type *t);
bool type_is_stack(const struct type *t);	/* STACK, SYM: a number that names frames */
/* Name of a value of an enum; NULL: it has none, or the names are not known. */
const char *type_enum_name(const struct type *t, s64 v);
/* NULL: no such field. */
const struct field *type_field(const struct type *t, const char *name);

/*
 * Canonical text, as stored on a tape; one for each type, but for what lies behind a name (size and
 * fields of a STRUCT) and where it points (address spaces):
 *
 *	void bool int8..int64 uint8..uint64 double	void: TYPE_NONE
 *	enum color  enum color:int64			an INT with a name; uint32 is left out
 *	string[64] buffer[16] inet[16] macaddr
 *	struct task_struct  union u  typedef pid_t	STRUCT
 *	T *  T[4]					postfix: "int32[4] *" points to an array
 *	(int64,string[16])  (int64,)  ()
 *	(x=int64,y=string[16])  (x=int64,)		a record
 *	strftime("%H:%M:%S")
 *	count sum(int64) sum(double) min(uint8) max(int64) avg(int64) stats(int64)
 *	hist(0)  hist(3,uint64)  lhist(0,100,10)	argument only if it is not int64
 *	tseries(int64,1000000000,60,last)		also avg max min sum
 *	quantile(int64,500000,990000)  distinct		millionths
 *	kstack(127) ustack(127,perf) ksym usym cgroup_path username
 */
void type_print(const struct type *t, struct buf *out);
/*
 * Parse that text. NULL if it is none (or the arena is full). Structs come back opaque (fields
 * NULL, size 0).
 */
const struct type *type_parse(struct arena *a, const char *text);
