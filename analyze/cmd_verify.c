/*
 * bpftape verify: every structural rule, every breach.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "analyze/cmd.h"
#include "analyze/reader_args.h"
#include "analyze/recording.h"
#include "analyze/sink.h"
#include "base/escape.h"
#include "base/io.h"
#include "base/log.h"
#include "format/verify.h"

struct verify_args {
	bool is_quiet;
	struct reader_args reader;
};

#define R(field) offsetof(struct verify_args, reader.field)
static const struct opt opts[] = {
	{ "quiet", 'q', OPT_FLAG, offsetof(struct verify_args, is_quiet), NULL,
	  "only the exit code" },
	READER_ROWS,
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};
#undef R

static const struct opt_spec spec = {
	.usage = "bpftape verify TAPE",
	.about =
		"Check a tape against every rule of the format.  TAPE may be '-'.  Exit code 0: "
		"nothing is wrong, "
		"3: something is damaged, 1: nothing could be checked.",
	.opts = opts,
	.min_operands = 1,
	.max_operands = 1,
};

static void put_line(void *ctx, u64 off, const char *prefix, const char *text)
{
	struct sink *out = ctx;
	struct buf line;

	buf_init(&line, 1 << 16);
	buf_printf(&line, "byte %" PRIu64 ": %s", off, prefix);
	escape_put(&line, text, strlen(text), "");
	buf_putc(&line, '\n');
	sink_put(out, line.data, line.len);
	buf_fini(&line);
}

static void report(void *ctx, u64 off, const char *text)
{
	put_line(ctx, off, "", text);
}

static void note(void *ctx, u64 off, const char *text)
{
	put_line(ctx, off, "known: ", text);
}

static void put_summary(struct sink *out, const char *name, const struct tape_verify_result *r)
{
	struct buf line;

	buf_init(&line, 1 << 14);
	escape_put(&line, name, strlen(name), "");
	buf_printf(&line, ": %" PRIu64 " blocks, %" PRIu64 " rows", r->blocks, r->rows);
	if (r->breaches)
		buf_printf(&line, ", %" PRIu64 " breaches, %" PRIu64 " rows lost", r->breaches,
			   r->lost_rows);
	else if (r->lost_rows)
		buf_printf(&line, ", nothing wrong, %" PRIu64 " rows known to be lost",
			   r->lost_rows);
	else
		buf_puts(&line, ", nothing wrong");
	buf_puts(&line, r->has_end ? "\n" : "; not finished\n");
	sink_put(out, line.data, line.len);
	buf_fini(&line);
}

int cmd_verify(int argc, char **argv)
{
	struct verify_args a = { 0 };
	struct tape_verify_result result;
	struct tape_verify_opts o = { .ctx = NULL };
	struct sandbox_opts sandbox;
	struct err err = { 0 };
	struct sink out;
	int n, rc, fd;

	if (cmd_parse(&spec, argc, argv, &a, &n, &rc))
		return rc;
	if (reader_args_opts(&a.reader, &o.reader, &err)) {
		cmd_fail(&err);
		return EXIT_USAGE;
	}
	fd = recording_open_fd(argv[1], &err);
	if (fd < 0)
		return cmd_fail(&err);
	sink_init(&out, STDOUT_FILENO);
	sandbox = cmd_sandbox(&a.reader);
	if (sandbox_enter(&sandbox, &err) < 0)
		return cmd_fail(&err);
	o.report = a.is_quiet ? NULL : report;
	o.note = a.is_quiet ? NULL : note;
	o.ctx = &out;
	rc = tape_verify(fd, &o, &result, &err);
	if (!rc && !a.is_quiet)
		put_summary(&out, argv[1], &result);
	io_close(&fd);
	if (rc)
		err_wrap(&err, rc, "%s", argv[1]);
	else
		rc = sink_finish(&out, &err);
	sink_fini(&out);
	if (rc)
		return cmd_fail(&err);
	return result.breaches ? EXIT_LOSSY : 0;
}
