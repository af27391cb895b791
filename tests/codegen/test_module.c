/*
 * tests/codegen/test_module.c -- what LLVM finds wrong comes back as an error and does not end the
 * process.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "lang/codegen/codegen.h"

struct fn {
	LLVMTypeRef i64;
	LLVMBuilderRef b;
	LLVMValueRef fn;
};

static struct cg_module *bpf_module(struct err *err)
{
	struct cg_module_opts o = { .name = "m", .triple = "bpf", .cpu = "v3",
				    .codegen_level = 2 };
	struct cg_module *m = cg_module_new(&o, err);

	assert_non_null(m);
	return m;
}

/* long f(long x) { ... open */
static struct fn fn_begin(struct cg_module *m)
{
	LLVMContextRef ctx = cg_module_ctx(m);
	struct fn f = { .i64 = LLVMInt64TypeInContext(ctx), .b = LLVMCreateBuilderInContext(ctx) };

	f.fn = LLVMAddFunction(cg_module_llvm(m), "f", LLVMFunctionType(f.i64, &f.i64, 1, false));
	LLVMPositionBuilderAtEnd(f.b, LLVMAppendBasicBlockInContext(ctx, f.fn, "entry"));
	return f;
}

static void code_comes_out_of_a_good_module(void **state)
{
	struct err err = { 0 };
	struct cg_module *m = bpf_module(&err);
	struct fn f = fn_begin(m);
	LLVMMemoryBufferRef code = NULL;

	(void)state;
	LLVMBuildRet(f.b, LLVMGetParam(f.fn, 0));
	LLVMDisposeBuilder(f.b);
	assert_int_equal(cg_module_finish(m, &err), 0);
	assert_int_equal(cg_module_finish(m, &err), 0);
	assert_int_equal(cg_module_emit(m, &code, &err), 0);
	assert_memory_equal(LLVMGetBufferStart(code), "\177ELF", 4);
	LLVMDisposeMemoryBuffer(code);
	cg_module_free(m);
}

static void signed_division_for_bpf_is_an_error_and_no_exit(void **state)
{
	struct err err = { 0 };
	struct cg_module *m = bpf_module(&err);
	struct fn f = fn_begin(m);
	LLVMValueRef x = LLVMGetParam(f.fn, 0);
	LLVMMemoryBufferRef code = NULL;

	(void)state;
	LLVMBuildRet(f.b, LLVMBuildSDiv(f.b, LLVMConstInt(f.i64, 100, true), x, ""));
	LLVMDisposeBuilder(f.b);
	assert_int_equal(cg_module_finish(m, &err), 0);
	assert_int_equal(cg_module_emit(m, &code, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "signed division"));
	assert_null(code);
	cg_module_free(m);
}

static void a_large_stack_for_bpf_is_an_error_and_no_exit(void **state)
{
	struct err err = { 0 };
	struct cg_module *m = bpf_module(&err);
	struct fn f = fn_begin(m);
	LLVMTypeRef t = LLVMArrayType2(f.i64, 100);
	LLVMValueRef p = LLVMBuildAlloca(f.b, t, ""), x = LLVMGetParam(f.fn, 0), at;
	LLVMMemoryBufferRef code = NULL;

	(void)state;
	at = LLVMBuildGEP2(f.b, f.i64, p, &x, 1, "");
	LLVMSetVolatile(LLVMBuildStore(f.b, x, at), true);
	LLVMBuildRet(f.b, LLVMBuildLoad2(f.b, f.i64, p, ""));
	LLVMDisposeBuilder(f.b);
	assert_int_equal(cg_module_finish(m, &err), 0);
	assert_int_equal(cg_module_emit(m, &code, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "stack"));
	cg_module_free(m);
}

static void wrong_ir_is_found_before_any_pass(void **state)
{
	struct err err = { 0 };
	struct cg_module *m = bpf_module(&err);
	struct fn f = fn_begin(m);

	(void)state;
	LLVMBuildRetVoid(f.b);
	LLVMDisposeBuilder(f.b);
	assert_int_equal(cg_module_finish(m, &err), -EFAULT);
	assert_non_null(strstr(err.msg, "the compiler made wrong code"));
	cg_module_free(m);
}

static void an_unknown_triple_is_refused(void **state)
{
	struct cg_module_opts o = { .name = "m", .triple = "pdp11-unknown-none" };
	struct err err = { 0 };

	(void)state;
	assert_null(cg_module_new(&o, &err));
	assert_int_equal(err.code, -ENOTSUP);
	assert_non_null(strstr(err.msg, "pdp11"));
}

static void unknown_passes_are_an_error(void **state)
{
	struct err err = { 0 };
	struct cg_module *m = bpf_module(&err);

	(void)state;
	cg_module_set_passes(m, "no-such-pass");
	assert_int_equal(cg_module_finish(m, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "no-such-pass"));
	cg_module_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(code_comes_out_of_a_good_module),
		cmocka_unit_test(signed_division_for_bpf_is_an_error_and_no_exit),
		cmocka_unit_test(a_large_stack_for_bpf_is_an_error_and_no_exit),
		cmocka_unit_test(wrong_ir_is_found_before_any_pass),
		cmocka_unit_test(an_unknown_triple_is_refused),
		cmocka_unit_test(unknown_passes_are_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
