/*
 * bpftape repair: make a tape whole again, and say what is lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "analyze/cmd.h"
#include "analyze/reader_args.h"
#include "analyze/recording.h"
#include "analyze/sandbox.h"
#include "analyze/sink.h"
#include "base/escape.h"
#include "base/io.h"
#include "base/units.h"
#include "format/block.h"
#include "format/repair.h"

struct repair_args {
	struct reader_args reader;
};

#define R(field) offsetof(struct repair_args, reader.field)
static const struct opt opts[] = {
	READER_ROWS,
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};
#undef R

static const struct opt_spec spec = {
	.usage = "bpftape repair TAPE",
	.about =
		"Complete a tape that was cut off or damaged, and say what is lost.  What is on it "
		"stays as it is; what is missing is put behind it, with a record of each damaged "
		"stretch.  Exit code 0: nothing is lost, 3: something is, 1: nothing can be read.",
	.opts = opts,
	.min_operands = 1,
	.max_operands = 1,
};

/* What the lines are made with. */
struct repair_out {
	struct sink sink;
	struct timefmt time;
	bool has_time;
};

static void put_when(struct repair_out *o, u64 ts, struct buf *line)
{
	timefmt_strftime(&o->time, "%Y-%m-%d %H:%M:%S.%f %Z", ts, COMPAT_27, line);
}

static void put_times(struct repair_out *o, const struct tape_repair_stretch *d, struct buf *line)
{
	if (!d->ts_min && d->ts_max == UINT64_MAX)
		return;
	buf_puts(line, ", from ");
	if (d->ts_min)
		put_when(o, d->ts_min, line);
	else
		buf_puts(line, "the start");
	buf_puts(line, " to ");
	if (d->ts_max != UINT64_MAX)
		put_when(o, d->ts_max, line);
	else
		buf_puts(line, "the end");
}

static void put_cost(struct repair_out *o, const struct tape_repair_stretch *d, struct buf *line)
{
	if (!d->is_loss) {
		buf_puts(line, ", nothing lost");
		return;
	}
	if (d->blocks)
		buf_printf(line, ", %" PRIu64 "%s%s block%s", d->blocks, d->type ? " " : "",
			   d->type ? block_name(d->type) : "", d->blocks == 1 ? "" : "s");
	if (d->rows)
		buf_printf(line, ", %" PRIu64 " row%s lost", d->rows, d->rows == 1 ? "" : "s");
	else if (!d->type && !d->is_block)
		buf_puts(line, ", rows not known");
	put_times(o, d, line);
}

static void report(void *ctx, const struct tape_state *s, const struct tape_repair_stretch *d)
{
	struct repair_out *o = ctx;
	struct buf line;

	if (!o->has_time)
		o->has_time = !recording_times(s, &o->time, NULL);
	buf_init(&line, 1 << 16);
	buf_printf(&line, "byte %" PRIu64 ": ", d->off);
	if (d->len)
		buf_printf(&line, "%" PRIu64 " bytes", d->len);
	else
		buf_puts(&line, "missing before it");
	put_cost(o, d, &line);
	buf_puts(&line, ": ");
	escape_put(&line, d->reason, strlen(d->reason), "");
	buf_putc(&line, '\n');
	sink_put(&o->sink, line.data, line.len);
	buf_fini(&line);
}

static void put_summary(struct repair_out *o, const char *name, const struct tape_repair_result *r)
{
	char size[24];
	struct buf line;

	buf_init(&line, 1 << 14);
	escape_put(&line, name, strlen(name), "");
	buf_printf(&line, ": %" PRIu64 " blocks, %" PRIu64 " rows", r->blocks, r->rows);
	if (r->is_whole)
		buf_puts(&line, "; whole, nothing to do\n");
	else if (!r->is_lossy)
		buf_printf(&line, "; nothing lost; %s written\n", units_bytes(r->written, size));
	else
		buf_printf(&line, "; %" PRIu64 " rows known to be lost; %s written\n", r->lost_rows,
			   units_bytes(r->written, size));
	sink_put(&o->sink, line.data, line.len);
	buf_fini(&line);
}

static int repair(const struct repair_args *a, const char *name, int fd, struct err *err)
{
	struct repair_out out = { .has_time = false };
	struct tape_repair_opts o = { .report = report, .ctx = &out };
	struct sandbox_opts sandbox = cmd_sandbox(&a->reader);
	struct tape_repair_result r;
	int rc = reader_args_opts(&a->reader, &o.reader, err);

	if (rc)
		return EXIT_USAGE;
	if (sandbox_enter(&sandbox, err) < 0)
		return EXIT_FAILED;
	sink_init(&out.sink, STDOUT_FILENO);
	timefmt_init(&out.time);
	rc = tape_repair_append(fd, &o, &r, err);
	if (rc)
		err_wrap(err, rc, "%s", name);
	else
		put_summary(&out, name, &r);
	if (!rc)
		rc = sink_finish(&out.sink, err);
	timefmt_fini(&out.time);
	sink_fini(&out.sink);
	return rc ? EXIT_FAILED : r.is_lossy ? EXIT_LOSSY : 0;
}

int cmd_repair(int argc, char **argv)
{
	struct repair_args a = { 0 };
	struct err err = { 0 };
	int n, rc, fd;

	if (cmd_parse(&spec, argc, argv, &a, &n, &rc))
		return rc;
	signal(SIGXFSZ, SIG_IGN); /* seen as EFBIG where it is written */
	fd = open(argv[1], O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		err_set_errno(&err, -errno, "%s", argv[1]);
		return cmd_fail(&err);
	}
	rc = repair(&a, argv[1], fd, &err);
	io_close(&fd);
	if (err.code)
		cmd_fail(&err);
	return rc;
}
