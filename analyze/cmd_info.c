/*
 * bpftape info: what a tape says about itself.  Text is made in info_text.c, JSON in info_json.c.
 */
#include <string.h>
#include <unistd.h>

#include "analyze/cmd.h"
#include "analyze/info.h"
#include "analyze/reader_args.h"
#include "analyze/sink.h"

struct info_args {
	bool is_json, shows_blocks;
	struct reader_args reader;
};

#define R(field) offsetof(struct info_args, reader.field)
static const struct opt opts[] = {
	{ "json", 0, OPT_FLAG, offsetof(struct info_args, is_json), NULL, "one JSON object" },
	{ "blocks", 0, OPT_FLAG, offsetof(struct info_args, shows_blocks), NULL,
	  "list every block of the tape" },
	READER_ROWS,
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};
#undef R

static const struct opt_spec spec = {
	.usage = "bpftape info TAPE [--json] [--blocks]",
	.about =
		"Host, span, script, tables with their columns, rows and filters, losses.  TAPE "
		"may be '-'.",
	.opts = opts,
	.min_operands = 1,
	.max_operands = 1,
};

static int open_locked_in(const struct info_args *a, const struct tape_reader_opts *o,
			  const char *path, struct recording *ret, struct err *err)
{
	struct sandbox_opts sandbox = cmd_sandbox(&a->reader);
	int rc = recording_open_file(path, ret, err);

	if (!rc && sandbox_enter(&sandbox, err) < 0)
		rc = err->code;
	return rc ? rc : recording_load(ret, o, err);
}

static int show(const struct info_args *a, const struct tape_reader_opts *o, const char *path,
		struct err *err)
{
	const struct info_format *f = a->is_json ? &info_json : &info_text;
	struct info i = { 0 };
	struct sink out;
	int rc;

	timefmt_init(&i.time);
	sink_init(&out, STDOUT_FILENO);
	rc = open_locked_in(a, o, path, &i.rec, err);
	if (rc) {
		recording_close(&i.rec);
		return rc;
	}
	buf_init(&i.blocks, 1u << 30);
	rc = tape_stats_read(&i.rec, a->shows_blocks ? f->block : NULL, &i, &i.stats, err);
	rc = rc ? rc : recording_times(recording_state(&i.rec), &i.time, err);
	if (!rc) {
		f->put(&i, &out.buf);
		rc = sink_finish(&out, err);
	}
	sink_fini(&out);
	buf_fini(&i.blocks);
	tape_stats_fini(&i.stats);
	timefmt_fini(&i.time);
	recording_close(&i.rec);
	return rc;
}

int cmd_info(int argc, char **argv)
{
	struct info_args a = { 0 };
	struct tape_reader_opts o;
	struct err err = { 0 };
	int n, rc;

	if (cmd_parse(&spec, argc, argv, &a, &n, &rc))
		return rc;
	if (reader_args_opts(&a.reader, &o, &err)) {
		cmd_fail(&err);
		return EXIT_USAGE;
	}
	return show(&a, &o, argv[1], &err) ? cmd_fail(&err) : 0;
}
