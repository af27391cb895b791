/*
 * What the commands share.
 */
#include "analyze/cmd.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "analyze/engine_args.h"
#include "analyze/render.h"
#include "base/buf.h"
#include "base/escape.h"
#include "base/io.h"
#include "base/log.h"

int cmd_parse(const struct opt_spec *spec, int argc, char **argv, void *out, int *ret_n,
	      int *ret_exit)
{
	struct err err = { 0 };
	struct buf help;
	int rc = opt_parse(spec, argc, argv, out, ret_n, &err);

	if (!rc)
		return 0;
	if (rc < 0) {
		log_err(&err);
		*ret_exit = EXIT_USAGE;
		return rc;
	}
	buf_init(&help, 1 << 16);
	opt_help(spec, &help);
	*ret_exit = io_write_full(STDOUT_FILENO, help.data, help.len) ? EXIT_FAILED : 0;
	buf_fini(&help);
	return 1;
}

int cmd_fail(const struct err *err)
{
	log_err(err);
	return EXIT_FAILED;
}

int cmd_find_format(const char *name, const struct render_ops **ret, struct err *err)
{
	*ret = render_find(name);
	return *ret ? 0 : err_set(err, -EINVAL, "-f %s: not text or json", name);
}

static void say(void *ctx UNUSED, const char *text)
{
	log_note("%s", text);
}

int engine_args_opts(const struct engine_args *a, const char *tape, struct engine_opts *ret,
		     struct err *err)
{
	*ret = (struct engine_opts){
		.tape = tape,
		.from = a->from,
		.to = a->to,
		.read_all = a->read_all,
		.is_said = a->is_said,
		.threads = (u32)a->threads,
		.steps_max = a->steps < UINT32_MAX ? (u32)a->steps : UINT32_MAX,
		.mem_max = a->memory,
		.out_fd = STDOUT_FILENO,
		.warn = cmd_warn,
		.show = cmd_show,
		.sandbox = cmd_sandbox(&a->reader),
	};
	return reader_args_opts(&a->reader, &ret->reader, err);
}

struct sandbox_opts cmd_sandbox(const struct reader_args *a)
{
	return (struct sandbox_opts){
		.is_on = !a->no_sandbox,
		.is_verbose = a->is_verbose,
		.warn = a->is_verbose ? say : cmd_warn,
	};
}

void cmd_warn(void *ctx, const char *text)
{
	(void)ctx;
	log_warn("%s", text);
}

/* Diagnostics quote the script, which may be a tape's. */
void cmd_show(void *ctx, const char *text)
{
	struct buf out;

	(void)ctx;
	buf_init(&out, 4 << 20);
	escape_put(&out, text, strlen(text), "\n\t");
	(void)!io_write_full(STDERR_FILENO, out.data, out.len);
	buf_fini(&out);
}

int cmd_engine_exit(int rc, const struct engine_result *r, bool is_strict, const struct err *err)
{
	if (rc == -EINVAL && !err->msg[0])
		return EXIT_FAILED;	/* shown already */
	if (rc)
		return cmd_fail(err);
	if (r->exit_code)
		return (int)(r->exit_code & 0xff);
	return is_strict && r->is_lossy ? EXIT_LOSSY : 0;
}
