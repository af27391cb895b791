/*
 * record/options.c -- the options of `bpftape record` as a table, and what is derived from them.
 *
 * Options and operands may be mixed; behind "--" everything is an operand.  The first operand is
 * the script where neither -e nor -t is given, all others are $1, $2 ...
 */
#include "record/options.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/disk.h"
#include "base/units.h"
#include "lang/catalog.h"

#define O(field) offsetof(struct record_opts, field)

static const struct opt record_opt_table[] = {
	{ "eval", 'e', OPT_STR, O(program), "PROGRAM", "record this program" },
	{ "trace", 't', OPT_STR, O(probes), "PROBE[,PROBE]",
	  "record all arguments of these probes" },
	{ "stacks", 0, OPT_STR, O(stacks), "kernel,user", "with -t: record these stacks as well" },
	{ "output", 'o', OPT_STR, O(out), "FILE",
	  "the tape; - is stdout (default ./NAME-YYYYMMDD-HHMMSS.tape)" },
	{ "command", 'c', OPT_STR, O(cmd), "CMD", "start CMD when armed, end with it" },
	{ "pid", 'p', OPT_U64, O(pid), "PID", "only firings of this process" },
	{ "duration", 'd', OPT_STR, O(duration), "TIME",
	  "stop after this time (10s, 500ms, 1m30s); with --dry-run also a STAGE to print: "
	  "ast, plan, llvm, bpf, verifier" },
	{ "buffer", 0, OPT_BYTES, O(buffer_sz), "SIZE",
	  "ring buffer of each CPU (rounded up to a power of two)" },
	{ "max-size", 0, OPT_BYTES, O(max_sz), "SIZE",
	  "stop before the tape is larger (64K at least)" },
	{ "sync-every", 0, OPT_NS, O(sync_ns), "TIME",
	  "bring the tape to the disk this often (5s; 0: never for the time)" },
	{ "sync-bytes", 0, OPT_BYTES, O(sync_bytes), "SIZE",
	  "... and after so much of it (64M; 0: never for the size)" },
	{ "ts-res", 0, OPT_STR, O(ts_res), "TIME",
	  "round times down: 1ns (default), 10ns, 100ns, 1us, 10us, 100us, 1ms" },
	{ "compat", 0, OPT_STR, O(compat_text), "0.17|0.27",
	  "whose defaults the script was written for (0.27)" },
	{ "defer", 0, OPT_FLAG, O(defer), NULL,
	  "record every firing, apply predicates when the tape is read" },
	{ "unsafe", 0, OPT_FLAG, O(unsafe), NULL, "allow system(), signal() and signal_thread()" },
	{ "self", 0, OPT_FLAG, O(self), NULL,
	  "keep what the recorder itself does (switches and interrupts always are)" },
	{ "force", 0, OPT_FLAG, O(force), NULL, "overwrite an existing file" },
	{ "dry-run", 0, OPT_FLAG, O(dry_run), NULL,
	  "check and compile, attach nothing; with -v print the split" },
	{ "strict", 0, OPT_FLAG, O(strict), NULL, "exit with 3 if anything was lost" },
	{ "verbose", 'v', OPT_FLAG, O(verbose), NULL, "say more" },
	{ "quiet", 'q', OPT_FLAG, O(quiet), NULL, "only errors on stderr" },
	{ "live", 0, OPT_FLAG, O(live), NULL, NULL },
	{ "hide", 0, OPT_STR_LIST, O(hide), "PID", NULL },
	{ "answers-fd", 0, OPT_U64, O(answers_fd), "N", NULL },
	{ "version", 'V', OPT_FLAG, O(version), NULL, "print the version" },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};

static const struct opt_spec record_spec = {
	.usage = "bpftape record [-o FILE|-] (SCRIPT.bt | -e PROGRAM | -t PROBES) [ARG...] "
		 "[-c CMD | -p PID] [-d TIME]",
	.about = "Record what a script needs to answer, and everything it would need to be asked\n"
		 "again, onto a tape.",
	.opts = record_opt_table,
	.min_operands = 0,
	.max_operands = -1,
	.epilogue = "examples:\n"
		    "  bpftape record -t tracepoint:syscalls:sys_enter_openat -d 10s\n"
		    "  bpftape record opensnoop.bt -c 'make -j4' -o make.tape\n",
};

void record_help(struct buf *out)
{
	opt_help(&record_spec, out);
}

static int usage(struct err *err, const char *msg)
{
	err_set(err, -EINVAL, "%s", msg);
	err_hint(err, "see bpftape record --help");
	return -EINVAL;
}

static int parse_compat(struct record_opts *o, struct err *err)
{
	o->compat = COMPAT_27;
	if (!o->compat_text || !strcmp(o->compat_text, "0.27"))
		return 0;
	if (strcmp(o->compat_text, "0.17")) {
		err_set(err, -EINVAL, "--compat %s: unknown version", o->compat_text);
		err_hint(err, "0.17 and 0.27 are known");
		return -EINVAL;
	}
	o->compat = COMPAT_17;
	return 0;
}

static int parse_ts_res(struct record_opts *o, struct err *err)
{
	u64 ns = 1;

	o->quantum = 1;
	if (!o->ts_res)
		return 0;
	if (units_parse_ns(o->ts_res, &o->quantum))
		o->quantum = 0;
	while (ns < o->quantum && ns < RECORD_MAX_QUANTUM)
		ns *= 10;
	if (ns == o->quantum)
		return 0;
	err_set(err, -EINVAL, "--ts-res %s: no such resolution of times", o->ts_res);
	err_hint(err, "it can be 1ns, 10ns, 100ns, 1us, 10us, 100us or 1ms");
	return -EINVAL;
}

static const char *const stages[STAGE_CNT] = {
	[STAGE_AST] = "ast", [STAGE_PLAN] = "plan", [STAGE_LLVM] = "llvm",
	[STAGE_BPF] = "bpf", [STAGE_VERIFIER] = "verifier",
};

static enum record_stage find_stage(const char *name)
{
	for (int i = STAGE_NONE + 1; i < STAGE_CNT; i++) {
		if (!strcmp(name, stages[i]))
			return i;
	}
	return STAGE_NONE;
}

/* -d TIME, and with --dry-run -d STAGE: nothing runs then that a time could end. */
static int parse_duration(struct record_opts *o, struct err *err)
{
	enum record_stage stage = o->duration ? find_stage(o->duration) : STAGE_NONE;

	if (!o->duration)
		return 0;
	if (stage && o->dry_run) {
		o->stage = stage;
		return 0;
	}
	if (!stage && !units_parse_ns(o->duration, &o->duration_ns))
		return 0;
	err_set(err, -EINVAL, "option '-d': '%s' is not a duration such as 10s or 500ms",
		o->duration);
	if (stage)
		err_hint(err, "--dry-run -d %s prints that stage", o->duration);
	else if (o->dry_run)
		err_hint(err, "stages are ast, plan, llvm, bpf and verifier");
	else
		err_hint(err, "see bpftape record --help");
	return -EINVAL;
}

static int parse_pid_text(const char *text, u32 *ret)
{
	u64 v = 0;

	for (const char *p = text; *p; p++) {
		if (*p < '0' || *p > '9' || v > INT32_MAX / 10)
			return -EINVAL;
		v = v * 10 + (u64)(*p - '0');
	}
	if (!v || v > INT32_MAX)
		return -EINVAL;
	*ret = (u32)v;
	return 0;
}

static int check_numbers(struct record_opts *o, struct err *err)
{
	if (o->pid > INT32_MAX)
		return usage(err, "-p: not a process id");
	if (o->answers_fd > 1023)
		return usage(err, "--answers-fd: not a descriptor");
	if (o->max_sz && o->max_sz < RECORD_MIN_SIZE)
		return usage(err, "--max-size: at least 64K");
	if (o->buffer_sz > (1ull << 30))
		return usage(err, "--buffer: at most 1G a CPU");
	for (int i = 0; i < o->hide.n; i++) {
		if (parse_pid_text(o->hide.items[i], &o->hide_pids[i]))
			return usage(err, "--hide: not a process id");
	}
	return 0;
}

static int take_operands(struct record_opts *o, int n, char **argv, struct err *err)
{
	char **rest = argv + 1;

	if (o->program && o->probes)
		return usage(err, "-e and -t exclude each other");
	if (!o->program && !o->probes) {
		if (!n)
			return usage(err,
				     "nothing to record: give SCRIPT.bt, -e PROGRAM or -t PROBES");
		o->script_path = rest[0];
		rest++;
		n--;
	}
	o->params = (const char *const *)rest;
	o->param_cnt = n;
	return 0;
}

int record_opts_parse(struct record_opts *o, int argc, char **argv, struct err *err)
{
	int n, rc;

	memset(o, 0, sizeof(*o));
	o->sync_ns = DISK_SYNC_NS;
	o->sync_bytes = DISK_SYNC_BYTES;
	rc = opt_parse(&record_spec, argc, argv, o, &n, err);
	if (rc || o->version)
		return rc;
	rc = take_operands(o, n, argv, err);
	if (rc)
		return rc;
	if (o->stacks && !o->probes)
		return usage(err, "--stacks goes with -t; a script writes kstack and ustack");
	if (o->cmd && o->pid)
		return usage(err, "-c and -p exclude each other");
	rc = parse_compat(o, err);
	rc = rc ? rc : parse_ts_res(o, err);
	rc = rc ? rc : parse_duration(o, err);
	return rc ? rc : check_numbers(o, err);
}

/* "kernel,user" as arguments of emit() behind others. */
static int put_stacks(const char *stacks, struct buf *out, struct err *err)
{
	struct str rest = str_of(stacks), one;

	while (rest.len) {
		str_split(rest, ',', &one, &rest);
		one = str_trim(one);
		if (str_is(one, "kernel"))
			buf_puts(out, ", kstack");
		else if (str_is(one, "user"))
			buf_puts(out, ", ustack");
		else
			return usage(err, "--stacks takes kernel, user, or both: kernel,user");
	}
	return 0;
}

/* What a firing of the probe has of its own; of a timer or counter it is who was interrupted. */
static const char *own_leaf(struct str probe)
{
	enum probe_kind kind;
	char name[32];
	struct str head, rest;

	str_split(probe, ':', &head, &rest);
	if (head.len >= sizeof(name))
		return "args";
	memcpy(name, head.s, head.len);
	name[head.len] = '\0';
	kind = provider_find(name);
	return kind == PROBE_KIND_CNT || providers[kind].has & HAS_ARGS ? "args" : "comm";
}

static int put_clause(struct str probe, const char *stacks, struct buf *out, struct err *err)
{
	int rc;

	buf_put(out, probe.s, probe.len);
	buf_printf(out, " { emit(%s", own_leaf(probe));
	rc = put_stacks(stacks, out, err);
	buf_puts(out, "); }\n");
	return rc;
}

int record_probes_to_script(const char *probes, const char *stacks, struct buf *out,
			    struct err *err)
{
	bool is_quoted = false;
	const char *start = probes;

	for (const char *p = probes;; p++) {
		struct str one;
		int rc;

		if (*p == '"')
			is_quoted = !is_quoted;
		if (*p && (*p != ',' || is_quoted))
			continue;
		one = str_trim((struct str){ start, (size_t)(p - start) });
		if (!one.len)
			return usage(err, "-t: a probe is empty");
		rc = put_clause(one, stacks, out, err);
		if (rc)
			return rc;
		if (!*p)
			break;
		start = p + 1;
	}
	return out->is_full ? err_oom(err) : 0;
}

void record_default_file(const struct record_opts *o, s64 unix_sec, struct buf *out)
{
	const char *name = "trace", *slash;
	time_t t = (time_t)unix_sec;
	size_t len = 5;
	char when[32];
	struct tm tm;

	if (o->script_path && strcmp(o->script_path, "-")) {
		slash = strrchr(o->script_path, '/');
		name = slash ? slash + 1 : o->script_path;
		len = strlen(name);
		if (len > 3 && !strcmp(name + len - 3, ".bt"))
			len -= 3;
	}
	localtime_r(&t, &tm);
	strftime(when, sizeof(when), "%Y%m%d-%H%M%S", &tm);
	buf_printf(out, "./%.*s-%s.tape", (int)len, name, when);
}
