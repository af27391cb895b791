/*
 * record/bpf_emit.h -- from a plan to an image; shared by the files of the compiler module only.
 *
 * bpf_emit_progs.c decides which functions there are and where they attach, bpf_emit.c has them
 * lowered and writes the image, bpf_emit_elf.c takes the object apart.
 */
#pragma once

#include "base/vec.h"
#include "record/bpf_module.h"
#include "record/image.h"
#include "record/target_bpf.h"

#define EMIT_TEXT_MAX	    32

/* One function: a clause as one kind of program. */
struct emit_fn {
	const struct plan_table *table;
	struct bpf_fn fn;
	char name[EMIT_TEXT_MAX];	/* of the function: "p3_sys_enter_read" */
	char section[EMIT_TEXT_MAX];	/* another one than its name: LLVM minds */
	char prog_name[IMG_NAME_MAX + 1];
	const struct probe **probes;	/* those of the clause that it serves */
	u32 probe_cnt;
	int prog;			/* index of its (first) program in the image; -1 */
};

struct emit {
	const struct plan *plan;
	const struct bpf_compile_opts *o;
	struct arena arena;
	struct err *err;
	struct vec fns;			/* struct emit_fn */
	struct buf numbers;		/* value of the map of numbers */
	u32 path_offs;			/* of machine_facts.path, among them; 0: none */
	u32 *kmap_idx;
	u32 stack_maps;			/* index of IMG_KNOWN and IMG_STACKS behind it */
	/* of system calls, enter and exit; a chain has a dispatcher.  0: one clause, or none */
	u32 chain_cnt[2];
	u32 chain_set_off[2];		/* a set a chain: the numbers that have clauses in it */
	u32 chain_head[2];		/* row of the second chain's first clauses, and so on */
	struct vec maps, progs, attaches, tails;	/* img_* */
};

/* bpf_emit_progs.c */
int emit_plan_fns(struct emit *e);
/* Programs, attachments and tail calls, once code is there. */
struct emit_object;
int emit_plan_progs(struct emit *e, const struct emit_object *obj);

/* Section of the dispatcher of chain @i. */
void emit_dispatch_section(enum bpf_source src, u32 i, char out[EMIT_TEXT_MAX]);
u32 emit_chain_set(const struct emit *e, int dir, u32 i);	/* among the numbers */
u32 emit_chain_head(const struct emit *e, int dir, u32 i);	/* row */

/* bpf_emit_route.c */
enum bpf_source emit_route(const struct emit *e, const struct inst *in, const struct probe *p);
/* Number of the system call that a probe of syscalls:* is for; negative: unknown. */
int emit_probe_nr(const struct probe *p);
/* What covers the args that @in reads of a tracepoint attached raw. */
const struct tp_event *emit_equiv(const struct emit *e, const struct inst *in,
				  const struct probe *p);

/* bpf_emit_elf.c: the code of one section. */
struct emit_code {
	const char *name;
	const struct bpf_insn *insns;
	u32 insn_cnt;
	struct img_func_info *funcs;
	u32 func_cnt;
	struct img_line_info *lines;
	u32 line_cnt;
};

struct emit_object {
	struct emit_code *codes;
	u32 code_cnt;
	u8 *btf;
	u32 btf_sz;
};

/*
 * Everything is copied into @a; the script's lines become part of the BTF.  -EPROTO: the object
 * has a relocation or something else that it must not have.
 */
int emit_read_object(const void *elf, size_t sz, struct str script, struct arena *a,
		     struct emit_object *ret, struct err *err);
const struct emit_code *emit_find_code(const struct emit_object *obj, const char *name);
