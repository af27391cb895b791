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
#include "analyze/out_file.h"
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
	const char *output;
	bool is_forced, is_quiet;
	struct reader_args reader;
};

#define R(field) offsetof(struct repair_args, reader.field)
static const struct opt opts[] = {
	{ "output", 'o', OPT_STR, offsetof(struct repair_args, output), "FILE",
	  "leave TAPE as it is and write what is good of it to a new tape" },
	{ "force", 0, OPT_FLAG, offsetof(struct repair_args, is_forced), NULL,
	  "replace FILE if it exists" },
	{ "quiet", 'q', OPT_FLAG, offsetof(struct repair_args, is_quiet), NULL,
	  "only the exit code" },
	READER_ROWS,
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};
#undef R

static const struct opt_spec spec = {
	.usage = "bpftape repair TAPE [-o FILE]",
	.about =
		"Complete a tape that was cut off or damaged, and say what is lost.  What is on it "
		"stays as it is; what is missing is put behind it, with a record of each damaged "
		"stretch.  With -o TAPE may be '-'.  Exit code 0: nothing is lost, 3: something "
		"is, 1: nothing can be read.",
	.opts = opts,
	.min_operands = 1,
	.max_operands = 1,
	.epilogue = "examples:\n  bpftape repair t.tape\n"
		    "  bpftape repair broken.tape -o good.tape",
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
	if (r->is_lossy)
		buf_printf(&line, "; %" PRIu64 " block%s and %" PRIu64 " row%s known to be lost",
			   r->lost_blocks, r->lost_blocks == 1 ? "" : "s", r->lost_rows,
			   r->lost_rows == 1 ? "" : "s");
	else
		buf_puts(&line, r->is_whole ? "; whole" : "; nothing lost");
	if (r->written)
		buf_printf(&line, "; %s written\n", units_bytes(r->written, size));
	else
		buf_puts(&line, ", nothing to do\n");
	sink_put(&o->sink, line.data, line.len);
	buf_fini(&line);
}

/* What a repair reads, writes (-1: in place) and says. */
struct repair_run {
	const struct repair_args *a;
	const struct tape_reader_opts *reader;
	const char *name;
	int in, out;
};

static int repair(const struct repair_run *f, struct err *err)
{
	struct repair_out out = { .has_time = false };
	struct tape_repair_opts o = { .report = f->a->is_quiet ? NULL : report,
				      .ctx = &out,
				      .reader = *f->reader };
	struct sandbox_opts sandbox = cmd_sandbox(&f->a->reader);
	struct tape_repair_result r;
	int rc;

	sink_init(&out.sink, STDOUT_FILENO);
	if (sandbox_enter(&sandbox, err) < 0)
		return EXIT_FAILED;
	timefmt_init(&out.time);
	rc = f->out < 0 ? tape_repair_append(f->in, &o, &r, err) :
			  tape_repair_copy(f->in, f->out, &o, &r, err);
	if (rc)
		err_wrap(err, rc, "%s", f->name);
	else if (!f->a->is_quiet)
		put_summary(&out, f->name, &r);
	if (!rc)
		rc = sink_finish(&out.sink, err);
	timefmt_fini(&out.time);
	sink_fini(&out.sink);
	return rc ? EXIT_FAILED : r.is_lossy ? EXIT_LOSSY : 0;
}

static int in_place(struct repair_run *f, struct err *err)
{
	int code;

	f->in = open(f->name, O_RDWR | O_CLOEXEC);
	if (f->in < 0) {
		err_set_errno(err, -errno, "%s", f->name);
		return EXIT_FAILED;
	}
	code = repair(f, err);
	io_close(&f->in);
	return code;
}

/* A tape that comes through a pipe is read twice: it is kept beside the new one. */
static int open_input(const char *name, const char *output, struct err *err)
{
	static u8 bytes[1 << 16];
	int fd = recording_open_fd(name, err), copy;
	ssize_t n;
	int rc = 0;

	if (fd < 0)
		return fd;
	if (lseek(fd, 0, SEEK_CUR) >= 0)
		return fd;
	copy = out_file_scratch(output, err);
	if (copy < 0) {
		io_close(&fd);
		return copy;
	}
	while ((n = io_read_full(fd, bytes, sizeof(bytes))) > 0 && !rc)
		rc = io_write_full(copy, bytes, (size_t)n);
	io_close(&fd);
	rc = n < 0 ? (int)n : rc;
	if (!rc && lseek(copy, 0, SEEK_SET) < 0)
		rc = -errno;
	if (!rc)
		return copy;
	io_close(&copy);
	return err_set_errno(err, rc, "%s", name);
}

static int to_file(struct repair_run *f, struct err *err)
{
	struct out_opts o = { .name = f->a->output,
			      .replaces = f->a->is_forced,
			      .is_private = true,
			      .is_file = true };
	struct out_file out;
	int code = EXIT_FAILED;

	if (out_file_open(&o, &out, err)) {
		if (err->code == -EEXIST)
			err_hint(err, "--force replaces it");
		return EXIT_FAILED;
	}
	f->in = open_input(f->name, o.name, err);
	f->out = out.fd;
	if (f->in >= 0)
		code = repair(f, err);
	if (out_file_close(&out, code != EXIT_FAILED, err))
		code = EXIT_FAILED;
	io_close(&f->in);
	return code;
}

/* A command line that cannot be meant so. */
static int check_args(const struct repair_args *a, const char *name, struct err *err)
{
	if (!a->output && !strcmp(name, "-"))
		return err_set(err, -EINVAL, "a pipe cannot be repaired in place: -o FILE");
	if (a->output && !strcmp(a->output, "-"))
		return err_set(err, -EINVAL, "-o -: a repaired tape is written to a file");
	if (!a->output && a->is_forced)
		return err_set(err, -EINVAL, "--force is for the file of -o: there is none");
	return 0;
}

int cmd_repair(int argc, char **argv)
{
	struct tape_reader_opts reader = { .mem_max = 0 };
	struct repair_args a = { 0 };
	struct repair_run f = { &a, &reader, NULL, -1, -1 };
	struct err err = { 0 };
	int n, rc;

	if (cmd_parse(&spec, argc, argv, &a, &n, &rc))
		return rc;
	f.name = argv[1];
	rc = reader_args_opts(&a.reader, &reader, &err);
	rc = rc ? rc : check_args(&a, f.name, &err);
	if (rc) {
		cmd_fail(&err);
		return EXIT_USAGE;
	}
	signal(SIGXFSZ, SIG_IGN); /* seen as EFBIG where it is written */
	rc = a.output ? to_file(&f, &err) : in_place(&f, &err);
	if (rc == EXIT_FAILED && err.code) /* of a bad file header it is told, and read on */
		cmd_fail(&err);
	return rc;
}
