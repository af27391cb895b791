/*
 * lang/codegen/host.h -- hooks that all targets share whose code runs in this process.
 *
 * Maps, actions and the step budget are calls of the runtime's C functions (analyze/rt.h) by name;
 * bytes are handled with memmove and memcmp.  cg->tctx of such a target begins with a struct
 * cg_host.
 */
#pragma once

#include "lang/codegen/target.h"

struct cg_host {
	LLVMValueRef rt; /* struct rt *; set by the target's fn_begin */
};

LLVMValueRef host_scratch(struct cg *cg, u32 off, u32 size);
LLVMValueRef host_literal(struct cg *cg, struct str s);
void host_copy(struct cg *cg, LLVMValueRef dst, u32 cap, struct cg_val src);
struct cg_val host_text(struct cg *cg, LLVMValueRef p, u32 cap);
LLVMValueRef host_bytes_eq(struct cg *cg, struct cg_val a, struct cg_val b);
LLVMValueRef host_bytes_cmp(struct cg *cg, struct cg_val a, struct cg_val b);
LLVMValueRef host_bytes_find(struct cg *cg, struct cg_val a, struct cg_val b);
LLVMValueRef host_bytes_diff(struct cg *cg, struct cg_val a, struct cg_val b, LLVMValueRef n);
void host_bytes_append(struct cg *cg, LLVMValueRef dst, LLVMValueRef off, u32 off_max,
		       struct cg_val src);
LLVMValueRef host_name_of(struct cg *cg, enum builtin_id id, LLVMValueRef n, LLVMValueRef dst);
LLVMValueRef host_loop_step(struct cg *cg, LLVMValueRef trip);

LLVMValueRef host_map_get_int(struct cg *cg, const struct map_info *m, struct cg_val key);
LLVMValueRef host_map_get(struct cg *cg, const struct map_info *m, struct cg_val key,
			  struct cg_val dst);
void host_map_set_int(struct cg *cg, const struct map_info *m, struct cg_val key, LLVMValueRef v);
void host_map_set(struct cg *cg, const struct map_info *m, struct cg_val key, struct cg_val v);
LLVMValueRef host_map_add(struct cg *cg, const struct map_info *m, struct cg_val key,
			  LLVMValueRef delta);
LLVMValueRef host_map_delete(struct cg *cg, const struct map_info *m, struct cg_val key);
LLVMValueRef host_map_has(struct cg *cg, const struct map_info *m, struct cg_val key);
LLVMValueRef host_map_len(struct cg *cg, const struct map_info *m);
void host_map_agg(struct cg *cg, const struct map_info *m, struct cg_val key, LLVMValueRef v);
LLVMValueRef host_map_agg_read(struct cg *cg, const struct map_info *m, struct cg_val key);
void host_map_agg_at(struct cg *cg, const struct map_info *m, struct cg_val key, LLVMValueRef v,
		     LLVMValueRef ts);
LLVMValueRef host_bytes_hash(struct cg *cg, struct cg_val a);
void host_for_begin(struct cg *cg, const struct map_info *m, const struct action *a);
LLVMValueRef host_for_next(struct cg *cg, LLVMValueRef *ret_len);
void host_for_end(struct cg *cg);
void host_trouble(struct cg *cg, const struct node *n, enum trouble_kind kind, LLVMValueRef cond);
void host_action(struct cg *cg, const struct action *a, struct cg_val args);

/* The rows of a target's table that are the same for all hosts. */
#define CG_HOST_HOOKS                                                                              \
	.scratch = host_scratch, .literal = host_literal, .copy = host_copy,                       \
	.text = host_text,                                                                         \
	.bytes_eq = host_bytes_eq, .bytes_cmp = host_bytes_cmp,                                    \
	.bytes_find = host_bytes_find, .bytes_diff = host_bytes_diff,                              \
	.bytes_append = host_bytes_append, .name_of = host_name_of, .loop_step = host_loop_step,   \
	.map_get_int = host_map_get_int, .map_get = host_map_get, .map_set_int = host_map_set_int, \
	.map_set = host_map_set, .map_add = host_map_add, .map_delete = host_map_delete,           \
	.map_has = host_map_has, .map_len = host_map_len, .map_agg = host_map_agg,                 \
	.map_agg_at = host_map_agg_at, .bytes_hash = host_bytes_hash,                              \
	.map_agg_read = host_map_agg_read, .for_begin = host_for_begin,                            \
	.for_next = host_for_next, .for_end = host_for_end, .action = host_action
