/*
 * tests/fuzz/fuzz_plan.c -- any bytes as the META, SCHEMA, PLAN and TYPES blocks of a tape: its own
 * script and another one are compiled and bound with them.
 *
 * Input: tape_tables.h, as corpus_plan.py takes them from tapes.  A last byte of 1 makes machine
 * code, too; that is slow and therefore rare.
 */
#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "analyze/recording.h"
#include "analyze/script_run.h"
#include "format/state.h"
#include "tests/fuzz/tape_tables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t sz);

#define MEM_MAX ((size_t)64 << 20)

static int no_compile(const struct plan *plan, struct jit **ret, struct err *err)
{
	(void)plan;
	(void)err;
	*ret = NULL;
	return 0;
}

static rt_clause_fn no_clause(const struct jit *j, u32 table)
{
	(void)j;
	(void)table;
	return NULL;
}

static void no_free(struct jit *j)
{
	(void)j;
}

/* Blocks into tables, as a reader does it; a bad one is left out. */
static void apply_blocks(struct state *s, const uint8_t *data, size_t sz)
{
	struct cursor c = cursor_over(data, sz);
	u32 parts[TAPE_MAX_PARTS] = { 0 };
	struct tables_block t;

	for (u64 off = 64; tables_next(&c, &t); off += 64) {
		struct tape_block_header h = {
			.type = t.type, .n_rows = t.n_rows, .raw_len = t.len, .stored_len = t.len
		};
		const char *reason;

		h.stream = h.type < countof(parts) ? parts[h.type]++ : 0;
		(void)!state_apply(s, off, &h, cursor_over(t.payload, t.len), NULL, &reason);
	}
}

static void check_view(const struct script_run *s)
{
	const struct tape_plan_view *v = &s->view;

	for (u32 i = 0; i < v->table_cnt; i++) {
		const struct tape_plan_cols *c = &v->cols[i];

		for (u32 k = 0; k < v->tables[i].col_cnt; k++)
			assert(c->col_of[k] == TAPE_PLAN_NO_COL ||
			       (c->schema && c->col_of[k] < c->schema->col_cnt));
	}
}

static void run(const struct state *st, const struct script_opts *o)
{
	struct err err = { 0 };
	struct script_run s;
	struct buf shown;
	int rc = script_run_open(&s, &st->pub, o, &err);

	/* errors are told: in the script, or of the tape */
	assert(rc <= 0 && (!rc || err.msg[0] || s.diags.error_cnt));
	if (!rc) {
		check_view(&s);
		(void)script_run_is_order_free(&s);
	}
	buf_init(&shown, 64 << 20);
	script_run_show(&s, &shown);
	for (size_t i = 0; i < shown.len; i++)
		assert(shown.data[i] >= 0x20 || shown.data[i] == '\n' || shown.data[i] == '\t');
	buf_fini(&shown);
	script_run_close(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t sz)
{
	static const char other[] =
		"tracepoint:*:* { @[comm, probe] = count(); emit(pid, nsecs); }\n"
		"tracepoint:syscalls:sys_exit_* /args.ret > 0/ { @r = hist(args.ret); }\n"
		"END { printf(\"%s %d\\n\", str($1), $2); }\n";
	static const char *const params[] = { "one", "2" };
	struct script_opts own = { 0 };
	struct script_opts another = {
		.name = "-e", .text = { other, sizeof(other) - 1 }, .params = params, .param_cnt = 2
	};
	struct state st;

	if (state_init(&st, &tape_limits_default, MEM_MAX))
		return 0;
	apply_blocks(&st, data, sz);
	if (sz && data[sz - 1] == 1)
		script_run_set_compiler(jit_compile, jit_clause, jit_free);
	else
		script_run_set_compiler(no_compile, no_clause, no_free);
	run(&st, &own);
	run(&st, &another);
	state_fini(&st);
	return 0;
}
