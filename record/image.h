/*
 * record/image.h -- compiled programs on their way from the unprivileged child to the recorder
 * that loads them.
 *
 * An image says which maps to make, which programs to load and where they attach.  The recorder
 * made neither the image nor the process that wrote it, so image_parse() checks every length,
 * index and enum, limits every size, and refuses instructions that could name anything but the
 * image's own maps.  What it returns borrows from the bytes and from the arena.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct bpf_insn; /* linux/bpf.h */

enum img_map_role {
	IMG_STATE,		/* ARRAY, mmapable: struct cap_state */
	IMG_COUNTERS,		/* PERCPU_ARRAY: struct cap_counters a table */
	IMG_RINGS,		/* ARRAY_OF_MAPS of ring buffers by CPU; sizes are the loader's */
	IMG_CTL,		/* RINGBUF; size is the loader's */
	IMG_SCRATCH,		/* PERCPU_ARRAY: CAP_SCRATCH_CNT values of CAP_SCRATCH_SZ */
	IMG_ENTER, IMG_EXIT,	/* PROG_ARRAY: clauses by number for the system call dispatchers */
	IMG_NUMBERS,		/* ARRAY with init: sets of system call numbers, probe ids */
	IMG_KNOWN,		/* LRU_HASH by hash of a stack; entries are the loader's */
	IMG_STACKS,		/* PERCPU_ARRAY: CAP_SCRATCH_CNT of struct cap_stack_buf */
	IMG_KMAP,		/* HASH, PERCPU_HASH or LRU of the script */
	IMG_MAP_ROLE_CNT
};

struct img_map {
	const char *name;	/* at most 15 bytes: bpftool shows it */
	enum img_map_role role;
	u32 type;		/* BPF_MAP_TYPE_* */
	u32 key_sz, value_sz, max_entries, flags;
	u32 plan_map;		/* IMG_KMAP: map_info.idx */
	const u8 *init;		/* value of entry 0; NULL: zeros */
	u32 init_sz;
};

enum img_prog_kind {
	IMG_PROG_RUN,		/* raw tracepoint type, run once by BPF_PROG_TEST_RUN: BEGIN */
	IMG_PROG_TP_BTF,	/* raw tracepoint with BTF; target is the event */
	IMG_PROG_TP,		/* perf tracepoint */
	IMG_PROG_PERF,		/* perf software event: interval, profile, software */
	IMG_PROG_KIND_CNT
};

/* As the kernel takes them. */
struct img_func_info {
	u32 insn_off, type_id;
};
struct img_line_info {
	u32 insn_off, file_off, line_off, line_col;
};

struct img_prog {
	const char *name;	/* at most 15 bytes, from the probe */
	enum img_prog_kind kind;
	const char *target;	/* TP_BTF: "sys_enter", "sched_switch"; else "" */
	u32 table;		/* plan_table.idx of its (first) clause */
	const struct bpf_insn *insns;	/* maps by BPF_PSEUDO_MAP_IDX[_VALUE] into maps[] */
	u32 insn_cnt;
	const struct img_func_info *funcs;
	u32 func_cnt;
	const struct img_line_info *lines;
	u32 line_cnt;
};

enum img_attach_kind {
	IMG_ATTACH_RUN,		/* run once before anything is attached, in order of the list */
	IMG_ATTACH_RAW,		/* the program's target */
	IMG_ATTACH_TP,		/* category:event */
	IMG_ATTACH_INTERVAL,	/* every period ns, on one CPU */
	IMG_ATTACH_PROFILE,	/* the same on every CPU */
	IMG_ATTACH_SOFTWARE,	/* every period-th event of kind config, on every CPU */
	IMG_ATTACH_KIND_CNT
};

struct img_attach {
	enum img_attach_kind kind;
	u32 prog;		/* index into progs */
	u32 probe;		/* struct probe.id; the cookie of a perf tracepoint */
	const char *category, *event;	/* TP; else "" */
	u64 period;		/* INTERVAL PROFILE SOFTWARE; else 0 */
	u32 config;		/* SOFTWARE: PERF_COUNT_SW_* */
};

/* An entry of a PROG_ARRAY. */
struct img_tail {
	u32 map, key, prog;
};

struct bpf_image {
	const struct img_map *maps;
	const struct img_prog *progs;
	const struct img_attach *attaches;
	const struct img_tail *tails;
	u32 map_cnt, prog_cnt, attach_cnt, tail_cnt;
	const u8 *btf;		/* BTF of all programs; btf_sz 0: none */
	u32 btf_sz;
};

#define IMG_MAX_SZ	 (64u << 20)
#define IMG_MAPS_MAX	 512
#define IMG_PROGS_MAX	 4096
#define IMG_ATTACHES_MAX 65536
#define IMG_TAILS_MAX	 65536
#define IMG_INSNS_MAX	 1000000
#define IMG_SOFT_EVENTS	 11	/* PERF_COUNT_SW_*: those of Linux 6.1 but the cgroup one */
#define IMG_NAME_MAX	 15

/* Append the image to @out; out->is_full says whether it found room. */
void image_write(const struct bpf_image *img, struct buf *out);
/* -EBADMSG with the reason; -ENOMEM.  *ret is untouched on failure. */
int image_parse(const u8 *p, size_t sz, struct arena *a, struct bpf_image *ret, struct err *err);

/*
 * Text at @off of the BTF strings (a line of the script, as line info names it), borrowed;
 * NULL if there is none.
 */
const char *image_btf_str(const struct bpf_image *img, u32 off);
