/*
 * record/list_main.c -- the verb `list`: options, a script's probes, output.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/log.h"
#include "base/opt.h"
#include "lang/program.h"
#include "record/catalog_machine.h"
#include "record/ktypes.h"
#include "record/list.h"

#define OUT_MAX	  (64u << 20)
#define ARENA_MAX (256u << 20)

struct args {
	bool verbose;
};

static const struct opt opts[] = {
	{ "verbose", 'v', OPT_FLAG, offsetof(struct args, verbose), NULL, "with their arguments" },
	{ 0 },
};

static const struct opt_spec spec = {
	.usage = "bpftape list [PATTERN | SCRIPT.bt | 'struct NAME' | 'enum NAME'] [-v]",
	.about = "Probes of this machine whose names match PATTERN (* stands for anything), the "
		 "probes that a script asks for, or a type of the running kernel.",
	.opts = opts,
	.min_operands = 0,
	.max_operands = 1,
	.epilogue = "  bpftape list 'tracepoint:sched:*'\n"
		    "  bpftape list -v tracepoint:syscalls:sys_enter_openat\n"
		    "  bpftape list 'struct sockaddr_in'\n",
};

static bool is_file(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode);
}

static int list_program(const struct catalog *cat, const struct program *prog,
			const struct list_opts *o, struct buf *out, struct err *err)
{
	for (u32 i = 0; i < prog->probe_cnt; i++) {
		const struct probe *p = prog->probes[i];
		int rc = 0;

		if (p->args && o->verbose)
			rc = list_probes(cat, p->name, o, out, err);
		else
			buf_printf(out, "%s\n", p->name);
		if (rc)
			return rc;
	}
	return 0;
}

/* The probes that the clauses of a script name, in the order of the text. */
static int list_script(const struct catalog *cat, const char *path, const struct list_opts *o,
		       struct buf *out, struct err *err)
{
	struct check_opts co = { .compat = COMPAT_27, .allow_unevaluated = true };
	struct program *prog = NULL;
	struct diag_list diags;
	struct source src;
	struct arena a;
	struct buf text;
	int rc;

	arena_init(&a, ARENA_MAX);
	diag_init(&diags, &a);
	rc = source_read(path, &text, err);
	if (!rc)
		rc = source_init(&src, &a, path, (struct str){ (const char *)text.data, text.len });
	if (!rc)
		rc = program_compile(&src, cat, &co, &a, &diags, &prog, err);
	if (!rc)
		rc = list_program(cat, prog, o, out, err);
	else if (diags.error_cnt) {
		struct buf story;

		buf_init(&story, 1u << 20);
		diag_render(&diags, &src, &story);
		fputs(buf_cstr(&story), stderr);
		buf_fini(&story);
		err_set(err, rc, "%s: %d error%s", path, diags.error_cnt,
			diags.error_cnt == 1 ? "" : "s");
	}
	buf_fini(&text);
	arena_fini(&a);
	return rc;
}

static int list_to(struct buf *out, const char *what, const struct list_opts *o, struct err *err)
{
	struct catalog_machine *m;
	struct ktypes *k = NULL;
	int rc = catalog_machine_open(NULL, &m, err);

	if (rc)
		return rc;
	if (what && list_is_type(what)) {
		rc = strncmp(what, "enum ", 5) ? 0 : ktypes_open(NULL, &k, err);
		if (!rc)
			rc = list_type(catalog_machine_catalog(m), k, what, out, err);
		ktypes_close(k);
	} else if (what && is_file(what)) {
		rc = list_script(catalog_machine_catalog(m), what, o, out, err);
	} else {
		rc = list_probes(catalog_machine_catalog(m), what, o, out, err);
	}
	catalog_machine_close(m);
	return rc;
}

int list_main(int argc, char **argv)
{
	struct args args = { 0 };
	struct err err = { 0 };
	struct list_opts o;
	struct buf out;
	int n = 0, rc = opt_parse(&spec, argc, argv, &args, &n, &err);
	bool is_usage = rc < 0;

	buf_init(&out, OUT_MAX);
	o.verbose = args.verbose;
	if (rc == 1)
		opt_help(&spec, &out);
	else if (!rc)
		rc = list_to(&out, n ? argv[1] : NULL, &o, &err);
	if (rc < 0)
		log_err(&err);
	else if (fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout))
		rc = -EIO;
	buf_fini(&out);
	if (is_usage)
		return 2;
	return rc < 0 ? 1 : 0;
}
