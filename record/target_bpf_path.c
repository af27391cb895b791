/*
 * record/target_bpf_path.c -- path(), fdpath(): the walk is the runtime's; its room lies at the
 * start of scratch, one for all the walks of a function.
 */
#include <errno.h>

#include "lang/codegen/ir.h"
#include "record/bpf/capture_rt.h"
#include "record/target_bpf.h"

LLVMValueRef bpf_path(struct cg *cg, LLVMValueRef dst, u32 cap, LLVMValueRef what, bool is_fd)
{
	struct bpf_fn *f = bpf_fn_of(cg);
	LLVMValueRef args[] = { dst,
				ir_i32(cg, cap),
				ir_off(cg, f->scratch, sizeof(struct cap_scratch)),
				what,
				ir_i32(cg, is_fd),
				ir_i32(cg, f->path_offs) };

	f->uses_paths = true;
	if (!f->path_offs)
		cg_fail(cg, -ENOTSUP, NULL,
			"this kernel's BTF does not tell where it keeps paths of files");
	return bpf_rt(cg, "cap_path", args, 6);
}
