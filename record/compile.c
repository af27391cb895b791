/*
 * record/compile.c -- LLVM is loaded in a child that has no rights, and only bytes come back.
 *
 * The module is opened before the rights are gone: it may lie where only root can read.
 */
#include "record/compile.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/exe.h"
#include "record/bpf_module.h"
#include "record/catalog_machine.h"
#include "record/child.h"
#include "record/tp_equiv.h"

#define COMPILE_MAX_S 120

struct job {
	struct script *script;
	struct bpf_compile_opts opts;
	bpf_module_compile_fn *fn;
};

static int open_module(void *ctx, struct err *err)
{
	char path[EXE_PATH_MAX];
	struct job *j = ctx;
	void *so;
	int rc = exe_find_module(BPF_MODULE_FILE, path, err);

	if (rc)
		return rc;
	so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!so)
		return err_set(err, -ENOENT, "loading the compiler: %s", dlerror());
	*(void **)&j->fn = dlsym(so, BPF_MODULE_COMPILE);
	return j->fn ? 0 : err_set(err, -ENOENT, "%s has no %s", path, BPF_MODULE_COMPILE);
}

static int run_compiler(void *ctx, struct buf *out, struct err *err)
{
	struct job *j = ctx;

	return j->fn(j->script->plan, &j->opts, out, err);
}

static int run_child(struct job *j, struct buf *out, struct err *err)
{
	const struct child_job child = {
		.prepare = open_module,
		.run = run_compiler,
		.ctx = j,
		.what = "the compiler",
		.max_out_sz = IMG_MAX_SZ,
		.max_sec = COMPILE_MAX_S,
	};

	return child_run(&child, out, err);
}

static u32 kernel_version(void)
{
	unsigned int a = 0, b = 0, c = 0;
	struct utsname u;

	if (uname(&u) || sscanf(u.release, "%u.%u.%u", &a, &b, &c) < 2)
		return 0;
	return a << 16 | (b & 0xff) << 8 | (c > 255 ? 255 : c);
}

/* BPFTAPE_TRACEPOINTS=perf and =mixed: for tests that compare the two ways of attaching one. */
static bool is_way(const char *name)
{
	const char *way = getenv("BPFTAPE_TRACEPOINTS");

	return way && !strcmp(way, name);
}

/*
 * What of each tracepoint its call says as well.  That nothing is known costs only speed, so
 * nothing here is an error.
 */
static const struct tp_event *const *equivs_of(struct script *s)
{
	const struct program *prog = s->prog;
	const struct tp_event **by_id =
		arena_new_n(&s->arena, const struct tp_event *, prog->probe_cnt + 1);
	const struct rawtp *r = NULL;
	u32 version = kernel_version();

	if (!by_id || is_way("perf"))
		return NULL;
	for (u32 i = 0; i < prog->probe_cnt; i++) {
		const struct probe *p = prog->probes[i];

		if (p->kind != PROBE_TRACEPOINT || !p->args || !tp_equiv_has(p->category, p->event))
			continue;
		if (!r)
			r = catalog_machine_rawtp(s->machine);
		if (r)
			by_id[p->id] = tp_equiv_resolve(r, p->category, p->event, p->args, version,
							&s->arena);
	}
	return by_id;
}

static int compile(struct script *s, const struct compile_opts *o, bool dump_ir, struct buf *out,
		   struct err *err)
{
	struct job j = { .script = s };

	j.opts = (struct bpf_compile_opts){
		.script = { s->prog->src->text, s->prog->src->len },
		.script_name = s->src.name,
		.facts = o->facts,
		.keep_self = o->keep_self,
		.quantum = o->quantum,
		.equivs = equivs_of(s),
		.mixes_routes = is_way("mixed"),
		.dump_ir = dump_ir,
	};
	return run_child(&j, out, err);
}

int compile_to_ir(struct script *s, const struct compile_opts *o, struct buf *out, struct err *err)
{
	return compile(s, o, true, out, err);
}

int compile_script(struct script *s, const struct compile_opts *o, struct bpf_image *ret,
		   struct err *err)
{
	struct buf out;
	u8 *bytes;
	int rc;

	buf_init(&out, IMG_MAX_SZ);
	rc = compile(s, o, false, &out, err);
	bytes = rc ? NULL : arena_dup(&s->arena, out.data, out.len);
	if (!rc && !bytes)
		rc = err_oom(err);
	if (!rc)
		rc = image_parse(bytes, out.len, &s->arena, ret, err);
	buf_fini(&out);
	return rc;
}
