/*
 * record/bpf_emit.c -- compile a plan: lower, link the runtime, optimise, make an image.
 *
 * The runtime comes as bitcode and loses its own line information, so that what is inlined counts
 * as the script's line that called it.
 */
#include "record/bpf_emit.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include <llvm-c/BitReader.h>
#include <llvm-c/DebugInfo.h>
#include <llvm-c/Linker.h>
#include <llvm-c/Support.h>
#include <llvm-c/TargetMachine.h>

#include "bitcode/capture_rt.h"
#include "lang/codegen/ir.h"
#include "lang/packed.h"
#include "record/bpf/capture_rt.h"

#define ARENA_MAX   (512u << 20)
#define FNS_MAX	    CAP_TABLE_MAX
#define NUMBERS_MAX (8u << 20)
#define PASSES                                                                                \
	"always-inline,function(sroa,early-cse,instcombine<no-verify-fixpoint>,simplifycfg)," \
	"globaldce"

/* ---- the module ---- */

static int link_runtime(struct emit *e, struct cg_module *m)
{
	LLVMContextRef ctx = cg_module_ctx(m);
	LLVMModuleRef mod = cg_module_llvm(m), rt;
	size_t sz = bitcode_capture_rt_end - bitcode_capture_rt;
	LLVMMemoryBufferRef buf = LLVMCreateMemoryBufferWithMemoryRange(
		(const char *)bitcode_capture_rt, sz, "capture_rt", 0);

	if (LLVMParseBitcodeInContext2(ctx, buf, &rt)) {
		LLVMDisposeMemoryBuffer(buf);
		return err_set(e->err, -EPROTO, "internal error: the runtime is no bitcode");
	}
	LLVMDisposeMemoryBuffer(buf);
	LLVMStripModuleDebugInfo(rt);
	LLVMSetTarget(rt, LLVMGetTarget(mod));
	LLVMSetDataLayout(rt, LLVMGetDataLayoutStr(mod));
	if (LLVMLinkModules2(mod, rt))
		return err_set(e->err, -EPROTO, "internal error: the runtime does not link");
	for (LLVMValueRef f = LLVMGetFirstFunction(mod); f; f = LLVMGetNextFunction(f)) {
		if (!LLVMIsDeclaration(f))
			LLVMSetLinkage(f, LLVMInternalLinkage);
	}
	return 0;
}

/* A program that selects the system call and jumps to the first clause for it in chain @i. */
static int build_dispatcher(struct emit *e, struct cg_module *m, enum bpf_source src, u32 i)
{
	bool is_enter = src == BPF_SRC_SYS_ENTER;
	char section[EMIT_TEXT_MAX];
	struct bpf_fn f = { .src = src, .facts = e->o->facts };
	struct cg cg = { .ctx = cg_module_ctx(m),
			 .mod = cg_module_llvm(m),
			 .tctx = &f,
			 .prog = e->plan->prog,
			 .err = e->err };
	const struct machine_facts *facts = e->o->facts;
	LLVMValueRef args[7];

	cg.b = LLVMCreateBuilderInContext(cg.ctx);
	cg.i32 = LLVMInt32TypeInContext(cg.ctx);
	cg.i64 = LLVMInt64TypeInContext(cg.ctx);
	cg.ptr = LLVMPointerTypeInContext(cg.ctx, 0);
	cg.i8 = LLVMInt8TypeInContext(cg.ctx);
	emit_dispatch_section(src, i, section);
	/* another name than the section's: LLVM minds */
	cg.fn = LLVMAddFunction(cg.mod, section + 2, LLVMFunctionType(cg.i64, &cg.ptr, 1, false));
	LLVMSetSection(cg.fn, section);
	LLVMPositionBuilderAtEnd(cg.b, LLVMAppendBasicBlockInContext(cg.ctx, cg.fn, "entry"));
	f.ctx = LLVMGetParam(cg.fn, 0);
	args[0] = f.ctx;
	args[1] = ir_i32(&cg, is_enter ? CAP_MAP_ENTER : CAP_MAP_EXIT);
	args[2] = bpf_syscall_nr(&cg);
	args[3] = ir_i32(&cg, emit_chain_set(e, !is_enter, i));
	args[4] = ir_i64(&cg, (u64)facts->compat_off << 32 | facts->compat_sz);
	args[5] = ir_i64(&cg, facts->compat_mask);
	args[6] = ir_i32(&cg, emit_chain_head(e, !is_enter, i));
	bpf_rt(&cg, "cap_dispatch", args, 7);
	LLVMBuildRet(cg.b, ir_i64(&cg, 0));
	LLVMDisposeBuilder(cg.b);
	return cg.rc;
}

static int lower_fn(struct emit *e, struct cg_module *m, struct emit_fn *f)
{
	const struct inst *in = f->table->inst;
	struct cg_job job = { .fn_name = f->name,
			      .section = f->section,
			      .mode = CG_CAPTURE,
			      .target = &target_bpf,
			      .tctx = &f->fn,
			      .prog = e->plan->prog,
			      .inst = in,
			      .plan = e->plan,
			      .table = f->table,
			      .probe = in->probe_cnt == 1 ? in->probes[0] : NULL };

	return cg_lower(m, &job, e->err);
}

/*
 * Serialised values lie at multiples of their size, though the lowering, which does not know where,
 * promises nothing: without this each word would be put together from bytes.
 */
static void align_access(LLVMValueRef i, LLVMTargetDataRef layout)
{
	LLVMTypeRef t = NULL;

	if (LLVMIsALoadInst(i))
		t = LLVMTypeOf(i);
	else if (LLVMIsAStoreInst(i))
		t = LLVMTypeOf(LLVMGetOperand(i, 0));
	if (t && LLVMGetTypeKind(t) == LLVMIntegerTypeKind && LLVMGetIntTypeWidth(t) >= 8)
		LLVMSetAlignment(i, LLVMABIAlignmentOfType(layout, t));
}

static void align_accesses(LLVMModuleRef mod, LLVMValueRef f)
{
	LLVMTargetDataRef layout = LLVMGetModuleDataLayout(mod);
	LLVMBasicBlockRef bb = LLVMGetFirstBasicBlock(f);

	for (; bb; bb = LLVMGetNextBasicBlock(bb)) {
		LLVMValueRef i = LLVMGetFirstInstruction(bb);

		for (; i; i = LLVMGetNextInstruction(i))
			align_access(i, layout);
	}
}

static int build_module(struct emit *e, struct cg_module *m)
{
	LLVMModuleRef mod = cg_module_llvm(m);
	int rc = link_runtime(e, m);

	for (size_t i = 0; !rc && i < e->fns.n; i++)
		rc = lower_fn(e, m, vec_get(&e->fns, struct emit_fn, i));
	for (u32 i = 0; !rc && i < e->chain_cnt[0]; i++)
		rc = build_dispatcher(e, m, BPF_SRC_SYS_ENTER, i);
	for (u32 i = 0; !rc && i < e->chain_cnt[1]; i++)
		rc = build_dispatcher(e, m, BPF_SRC_SYS_EXIT, i);
	if (rc)
		return rc;
	for (LLVMValueRef f = LLVMGetFirstFunction(mod); f; f = LLVMGetNextFunction(f))
		align_accesses(mod, f);
	return cg_module_finish(m, e->err);
}

/* ---- the image ---- */

static const char *map_name(struct emit *e, const struct map_info *m)
{
	const char *s = m->name[1] ? m->name + 1 : "at";

	return arena_printf(&e->arena, "%.*s", IMG_NAME_MAX, s);
}

static struct img_map kmap(struct emit *e, const struct plan_map *pm)
{
	const struct map_info *m = pm->info;
	bool is_agg = m->val && m->val->kind == TYPE_AGG;
	struct img_map im = { .role = IMG_KMAP, .type = BPF_MAP_TYPE_HASH, .plan_map = m->idx };

	im.name = map_name(e, m);
	if (m->is_lru)
		im.type = is_agg ? BPF_MAP_TYPE_LRU_PERCPU_HASH : BPF_MAP_TYPE_LRU_HASH;
	else if (is_agg)
		im.type = BPF_MAP_TYPE_PERCPU_HASH;
	im.key_sz = m->key ? packed_kernel_size(m->key) : 8;
	im.value_sz = is_agg ? sizeof(struct cap_agg) : m->val ? packed_kernel_size(m->val) : 8;
	im.max_entries = m->max_keys ? m->max_keys : e->plan->prog->max_map_keys;
	if (!m->key)
		im.max_entries = 1;
	return im;
}

static int add_map(struct emit *e, struct img_map m)
{
	struct img_map *slot = vec_push(&e->maps);

	if (!slot || !m.name)
		return err_set(e->err, -E2BIG, "too many maps");
	*slot = m;
	return 0;
}

static u32 chain_rows(const struct emit *e, enum bpf_source src)
{
	u32 n = 1 + e->chain_cnt[src == BPF_SRC_SYS_EXIT];

	for (size_t i = 0; i < e->fns.n; i++)
		n += vec_get(&e->fns, struct emit_fn, i)->fn.src == src;
	return n;
}

/* Behind all others, where some program takes stacks. */
static int add_stack_maps(struct emit *e)
{
	bool uses = false;
	int rc;

	for (size_t i = 0; i < e->fns.n; i++)
		uses |= vec_get(&e->fns, struct emit_fn, i)->fn.uses_stacks;
	if (!uses)
		return 0;
	rc = add_map(e, (struct img_map){ .name = "bt_known",
					  .role = IMG_KNOWN,
					  .type = BPF_MAP_TYPE_LRU_HASH,
					  .key_sz = 8,
					  .value_sz = 4 });
	return rc ? rc : add_map(e, (struct img_map){ .name = "bt_stacks",
						      .role = IMG_STACKS,
						      .type = BPF_MAP_TYPE_PERCPU_ARRAY,
						      .key_sz = 4,
						      .value_sz = sizeof(struct cap_stack_buf),
						      .max_entries = CAP_SCRATCH_CNT });
}

/* In the order of CAP_MAP_*. */
static int add_maps(struct emit *e)
{
	u32 tables = e->plan->prog->inst_cnt ? e->plan->prog->inst_cnt : 1;
	const struct img_map own[] = {
		{ "bt_state", IMG_STATE, BPF_MAP_TYPE_ARRAY, 4, sizeof(struct cap_state), 1,
		  BPF_F_MMAPABLE, 0, NULL, 0 },
		{ "bt_counters", IMG_COUNTERS, BPF_MAP_TYPE_PERCPU_ARRAY, 4,
		  sizeof(struct cap_counters), tables, 0, 0, NULL, 0 },
		{ "bt_rings", IMG_RINGS, BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 0, 0, 0, NULL, 0 },
		{ "bt_control", IMG_CTL, BPF_MAP_TYPE_RINGBUF, 0, 0, 0, 0, 0, NULL, 0 },
		{ "bt_scratch", IMG_SCRATCH, BPF_MAP_TYPE_PERCPU_ARRAY, 4, CAP_SCRATCH_SZ,
		  CAP_SCRATCH_CNT, 0, 0, NULL, 0 },
		{ "bt_enter", IMG_ENTER, BPF_MAP_TYPE_PROG_ARRAY, 4, 4,
		  chain_rows(e, BPF_SRC_SYS_ENTER) * CAP_NR_MAX, 0, 0, NULL, 0 },
		{ "bt_exit", IMG_EXIT, BPF_MAP_TYPE_PROG_ARRAY, 4, 4,
		  chain_rows(e, BPF_SRC_SYS_EXIT) * CAP_NR_MAX, 0, 0, NULL, 0 },
		{ "bt_numbers", IMG_NUMBERS, BPF_MAP_TYPE_ARRAY, 4, e->numbers.len, 1, 0, 0,
		  e->numbers.data, e->numbers.len },
	};
	int rc = 0;

	_Static_assert(countof(own) == CAP_MAP_SCRIPT, "maps in the order of their indexes");
	for (size_t i = 0; !rc && i < countof(own); i++)
		rc = add_map(e, own[i]);
	for (u32 i = 0; !rc && i < e->plan->prog->map_cnt; i++) {
		if (e->plan->maps[i].cls == MAP_K)
			rc = add_map(e, kmap(e, &e->plan->maps[i]));
	}
	return rc ? rc : add_stack_maps(e);
}

static int write_image(struct emit *e, const struct emit_object *obj, struct buf *out)
{
	struct bpf_image img = { .btf = obj->btf, .btf_sz = obj->btf_sz };
	int rc = add_maps(e);

	if (!rc)
		rc = emit_plan_progs(e, obj);
	if (rc)
		return rc;
	img.maps = e->maps.items;
	img.map_cnt = e->maps.n;
	img.progs = e->progs.items;
	img.prog_cnt = e->progs.n;
	img.attaches = e->attaches.items;
	img.attach_cnt = e->attaches.n;
	img.tails = e->tails.items;
	img.tail_cnt = e->tails.n;
	image_write(&img, out);
	return out->is_full ? err_set(e->err, -E2BIG, "the compiled programs are too large") : 0;
}

static int emit_image(struct emit *e, struct cg_module *m, struct buf *out)
{
	struct emit_object obj;
	LLVMMemoryBufferRef code;
	int rc = cg_module_emit(m, &code, e->err);

	if (rc)
		return rc;
	rc = emit_read_object(LLVMGetBufferStart(code), LLVMGetBufferSize(code), e->o->script,
			      &e->arena, &obj, e->err);
	LLVMDisposeMemoryBuffer(code);
	return rc ? rc : write_image(e, &obj, out);
}

/*
 * Blocks stay in the order of the source: Linux before 6.8 refuses a loop whose head is placed
 * right behind its last block, which is what the placement pass likes to do.  An option of the
 * process, and this process is the compiler's child.
 */
static void keep_block_order(void)
{
	static const char *const args[] = {"bpftape", "-disable-block-placement"};
	static bool is_done;

	if (!is_done)
		LLVMParseCommandLineOptions(countof(args), args, NULL);
	is_done = true;
}

static int emit_module(struct emit *e, struct buf *out)
{
	struct cg_module_opts mo = { .name = e->o->script_name,
				     .triple = "bpfel",
				     .cpu = "v3",
				     .passes = PASSES,
				     .codegen_level = 2,
				     .src = e->plan->prog->src };
	struct cg_module *m;
	int rc;

	keep_block_order();
	m = cg_module_new(&mo, e->err);

	if (!m)
		return e->err ? e->err->code : -EINVAL;
	rc = build_module(e, m);
	if (!rc && e->o->dump_ir) {
		char *text = cg_module_text(m);

		buf_puts(out, text);
		LLVMDisposeMessage(text);
	} else if (!rc) {
		rc = emit_image(e, m, out);
	}
	cg_module_free(m);
	return rc;
}

static int init(struct emit *e)
{
	u32 next = CAP_MAP_SCRIPT;

	arena_init(&e->arena, ARENA_MAX);
	buf_init(&e->numbers, NUMBERS_MAX);
	vec_init(&e->fns, sizeof(struct emit_fn), FNS_MAX);
	vec_init(&e->maps, sizeof(struct img_map), IMG_MAPS_MAX);
	vec_init(&e->progs, sizeof(struct img_prog), IMG_PROGS_MAX);
	vec_init(&e->attaches, sizeof(struct img_attach), IMG_ATTACHES_MAX);
	vec_init(&e->tails, sizeof(struct img_tail), IMG_TAILS_MAX);
	/* never empty: a map of no size cannot be made */
	buf_fill(&e->numbers, 0, 8);
	if (e->o->facts->path.is_known) {
		e->path_offs = e->numbers.len;
		buf_put(&e->numbers, e->o->facts->path.off, sizeof(e->o->facts->path.off));
		buf_fill(&e->numbers, 0, -e->numbers.len & 7);
	}
	e->kmap_idx = arena_new_n(&e->arena, u32, e->plan->prog->map_cnt + 1);
	if (!e->kmap_idx)
		return err_oom(e->err);
	for (u32 i = 0; i < e->plan->prog->map_cnt; i++)
		e->kmap_idx[i] = e->plan->maps[i].cls == MAP_K ? next++ : 0;
	e->stack_maps = next;
	return 0;
}

int bpf_module_compile(const struct plan *plan, const struct bpf_compile_opts *o, struct buf *out,
		       struct err *err)
{
	struct err story = { 0 };
	struct emit e = { .plan = plan, .o = o, .err = &story };
	int rc = init(&e);

	if (!rc)
		rc = emit_plan_fns(&e);
	if (!rc)
		rc = emit_module(&e, out);
	vec_fini(&e.fns);
	vec_fini(&e.maps);
	vec_fini(&e.progs);
	vec_fini(&e.attaches);
	vec_fini(&e.tails);
	buf_fini(&e.numbers);
	arena_fini(&e.arena);
	if (rc && err)
		*err = story;
	return rc;
}
