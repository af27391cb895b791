/*
 * tests/fuzz/fuzz_replay.c -- any bytes as a tape that is replayed, with its own script and with
 * another one: it is answered, or refused with something to show, within memory.
 *
 * The first reserved byte of the file header says how: bit 0 machine code is made (slow, so most
 * inputs do without: a clause then reads all of its columns and prints a few), bit 1 another
 * script than the tape's, bit 2 as JSON.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "analyze/engine.h"
#include "analyze/jit_module.h"
#include "base/io.h"
#include "tests/fuzz/tape_small.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t sz);

#define MEM_MAX	   (64u << 20)
#define SCRIPT_MAX 4096 /* bytes of a script that is compiled */
#define TABLES_MAX 8 /* that have a clause made by hand */

/* ---- clauses made by hand ---- */

static const struct plan *now; /* the plan that runs */
static volatile u64 sum;

static void read_bytes(const struct rt_col *c, u32 i)
{
	for (u32 k = c->off ? c->off[i] : 0; c->off && k < c->off[i + 1]; k++)
		sum += c->bytes[k];
}

static void read_cell(const struct plan_col *p, const struct rt_col *c, u64 row)
{
	u32 i = c->list_off ? c->list_off[row] : (u32)row;
	u32 end = c->list_off ? c->list_off[row + 1] : i + 1;

	if (p && p->is_list && !c->list_off)
		return;
	for (; i < end; i++) {
		sum += c->v ? (u64)c->v[i] : 0;
		sum += c->is_null ? c->is_null[i] : 0;
		read_bytes(c, i);
	}
}

static void read_rows(u32 table, const struct rt_col *cols, u64 begin, u64 end)
{
	const struct plan_table *t = &now->tables[table];

	for (u64 row = begin; row < end; row++)
		for (u32 i = 0; i <= t->col_cnt; i++)
			read_cell(i < t->col_cnt ? &t->cols[i] : NULL, &cols[i], row);
}

#define CLAUSE(n)                                                                            \
	static void clause_##n(struct rt *rt, const struct rt_col *cols, u64 begin, u64 end) \
	{                                                                                    \
		(void)rt;                                                                    \
		read_rows(n, cols, begin, end);                                              \
	}
CLAUSE(0)
CLAUSE(1)
CLAUSE(2)
CLAUSE(3)
CLAUSE(4)
CLAUSE(5)
CLAUSE(6)
CLAUSE(7)

static int hand_compile(const struct plan *plan, struct jit **ret, struct err *err)
{
	(void)err;
	now = plan;
	*ret = NULL;
	return 0;
}

static rt_clause_fn hand_clause(const struct jit *j, u32 table)
{
	static const rt_clause_fn fns[TABLES_MAX] = { clause_0, clause_1, clause_2, clause_3,
						      clause_4, clause_5, clause_6, clause_7 };

	(void)j;
	return table < TABLES_MAX ? fns[table] : NULL;
}

static void hand_free(struct jit *j)
{
	(void)j;
}

/* A great script costs seconds in the compiler, which is not ours to find bugs in. */
static int short_compile(const struct plan *plan, struct jit **ret, struct err *err)
{
	if (plan->prog->src->len > SCRIPT_MAX)
		return err_set(err, -E2BIG, "the script is too long");
	return jit_compile(plan, ret, err);
}

/* ---- a run ---- */

static bool has_shown;

static void take_text(void *ctx, const char *text)
{
	(void)ctx;
	has_shown = has_shown || *text;
}

static void replay(const char *path, u8 how, int out_fd)
{
	static const char other[] =
		"tracepoint:*:* { @[comm, probe] = count(); @a[pid] = avg(tid); }\n"
		"tracepoint:syscalls:sys_exit_* /args.ret > 0/ { @r = hist(args.ret); }\n"
		"tracepoint:syscalls:sys_enter_* { @s[kstack, ustack(3)] = max(nsecs); }\n"
		"profile:hz:99 { @p[ustack] = count(); }\n"
		"interval:s:1 { print(@r); clear(@r); }\n"
		"END { printf(\"%s\\n\", strftime(\"%H:%M\", nsecs)); }\n";
	struct engine_opts o = {
		.tape = path,
		.reader = fuzz_reader_opts(),
		.format = how & 4 ? &render_json : &render_text,
		.read_all = how & 8,
		.threads = 1,
		.mem_max = MEM_MAX,
		.out_fd = out_fd,
		.warn = take_text,
		.show = take_text,
	};
	struct engine_result result = { 0 };
	struct err err = { 0 };
	int rc;

	if (how & 2)
		o.script = (struct script_opts){ .name = "-e", .text = STR(other) };
	if (how & 1)
		script_run_set_compiler(short_compile, jit_clause, jit_free);
	else
		script_run_set_compiler(hand_compile, hand_clause, hand_free);
	has_shown = false;
	rc = engine_run(&o, &result, &err);
	assert(!rc || has_shown || err.msg[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t sz)
{
	size_t how = offsetof(struct tape_file_header, reserved);
	static int null = -1;
	char path[64];
	int fd;

	if (null < 0)
		null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (fd < 0)
		return 0;
	if (!io_write_full(fd, data, sz)) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		replay(path, how < sz ? data[how] : 0, null);
	}
	close(fd);
	return 0;
}
