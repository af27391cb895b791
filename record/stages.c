/*
 * record/stages.c -- one function a stage; each appends text.
 *
 * The verifier is asked by loading the programs, which are attached to nothing and closed again.
 * What it refuses is told like in a recording, behind its log.
 */
#include "record/stages.h"

#include <errno.h>
#include <unistd.h>

#include "base/io.h"
#include "lang/ast_dump.h"
#include "record/bpf_text.h"
#include "record/features.h"
#include "record/session_priv.h"

#define STAGE_TEXT_MAX ((size_t)256 << 20)
#define STAGE_RING_SZ  4096 /* nothing is sent */

typedef int (*stage_fn)(struct session *s, struct buf *out, struct err *err);

static int print_ast(struct session *s, struct buf *out, struct err *err UNUSED)
{
	ast_dump(&s->script.prog->ast, out);
	return 0;
}

static int print_plan(struct session *s, struct buf *out, struct err *err UNUSED)
{
	plan_print(s->script.plan, out);
	return 0;
}

static int print_llvm(struct session *s, struct buf *out, struct err *err)
{
	const struct compile_opts o = { &s->facts, s->o->self, s->o->quantum };
	int rc = machine_facts_read(&s->facts, err);

	s->has_facts = !rc;
	return rc ? rc : compile_to_ir(&s->script, &o, out, err);
}

static int print_bpf(struct session *s, struct buf *out, struct err *err)
{
	int rc = session_compile(s, err);

	for (u32 i = 0; !rc && i < s->image.prog_cnt; i++)
		bpf_text_prog(&s->image, &s->image.progs[i], out);
	return rc;
}

static void take_log(void *ctx, const struct img_prog *p, const char *text)
{
	struct buf *out = ctx;

	buf_printf(out, "program %s, %u instructions\n", p->name, p->insn_cnt);
	buf_puts(out, text);
	buf_putc(out, '\n');
}

static int print_verifier(struct session *s, struct buf *out, struct err *err)
{
	const struct bpf_load_opts lo = {
		.facts = &s->facts,
		.ring_sz = STAGE_RING_SZ,
		.ctl_sz = STAGE_RING_SZ,
		.script_name = s->script.src.name,
		.log = take_log,
		.log_ctx = out,
	};
	int rc = features_check_privileges(err);

	rc = rc ? rc : session_compile(s, err);
	rc = rc ? rc : bpf_load(&s->image, &lo, &s->loaded, err);
	if (!rc)
		bpf_unload(&s->loaded);
	return rc;
}

static const stage_fn fns[STAGE_CNT] = {
	[STAGE_AST] = print_ast, [STAGE_PLAN] = print_plan, [STAGE_LLVM] = print_llvm,
	[STAGE_BPF] = print_bpf, [STAGE_VERIFIER] = print_verifier,
};

int stage_print(struct session *s, struct err *err)
{
	bool is_kernel = s->o->stage >= STAGE_LLVM;
	struct buf out;
	int rc = 0;

	buf_init(&out, STAGE_TEXT_MAX);
	if (is_kernel && !s->script.needs_kernel)
		buf_puts(&out, "nothing of the script runs in the kernel\n");
	else
		rc = fns[s->o->stage](s, &out, err);
	if (out.len && io_write_full(STDOUT_FILENO, out.data, out.len) && !rc)
		rc = err_set(err, -EIO, "writing to stdout");
	buf_fini(&out);
	return rc;
}
