/*
 * Columns of a clause.
 *
 * What is on the tape is used where the batch has it.  Two kinds of columns are made: those of the
 * task table (comm, uid, gid, by thread and time), and the probe's id, which is the tape's and
 * must become the program's.
 */
#include "analyze/clause_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MADE_MAX ((size_t)256 << 20)

static int map_probes(struct clause_run *c, struct err *err)
{
	const struct tape_schema *s = c->src->schema;

	for (u32 i = 0; i < s->probe_cnt; i++)
		if (s->probes[i].id < TAPE_MAX_TABLES && s->probes[i].id >= c->probe_max)
			c->probe_max = s->probes[i].id + 1;
	c->probe_of = malloc((size_t)(c->probe_max + 1) * sizeof(*c->probe_of));
	if (!c->probe_of)
		return err_oom(err);
	memset(c->probe_of, 0xff, (size_t)(c->probe_max + 1) * sizeof(*c->probe_of));
	for (u32 i = 0; i < s->probe_cnt; i++)
		for (u32 k = 0; k < c->t->probe_cnt; k++)
			if (s->probes[i].id < c->probe_max &&
			    str_is(s->probes[i].name, c->t->probes[k]->name))
				c->probe_of[s->probes[i].id] = c->t->probes[k]->id;
	return 0;
}

static void find_special_cols(struct clause_run *c)
{
	c->probe_col = -1;
	for (u32 i = COL_FIXED_CNT; i < c->t->col_cnt; i++) {
		if (c->t->cols[i].role == COL_TASK)
			c->needs_tasks = true;
		else if (c->src && c->src->probe != TAPE_PLAN_NO_COL &&
			 c->src->col_of[i] == c->src->probe)
			c->probe_col = (s32)i;
	}
}

static void find_traits(struct clause_run *c)
{
	for (u32 i = 0; c->t->notes && i < c->t->inst->node_cnt; i++) {
		const struct node *n = c->t->inst->nodes[i];

		if (!n || !c->t->notes[i].in_analysis)
			continue;
		c->has_actions |= (n->kind == NODE_CALL && n->call.action >= 0) ||
				  n->kind == NODE_FOR_MAP;
		c->has_loops |= n->kind == NODE_WHILE || n->kind == NODE_FOR_MAP ||
				n->kind == NODE_FOR_RANGE || n->kind == NODE_UNROLL;
	}
}

int clause_run_init(struct clause_run *c, const struct script_run *s, u32 table,
		    const struct task_index *tasks, bool has_compat, struct err *err)
{
	int rc;

	memset(c, 0, sizeof(*c));
	buf_init(&c->words, MADE_MAX);
	buf_init(&c->offs, MADE_MAX);
	buf_init(&c->bytes, MADE_MAX);
	buf_init(&c->probe_ids, MADE_MAX);
	c->t = &s->plan->tables[table];
	c->fn = script_run_clause(s, table);
	c->tasks = tasks;
	c->kind = c->t->inst->probe_cnt ? c->t->inst->probes[0]->kind : PROBE_KIND_CNT;
	c->drains = has_compat &&
		    (c->kind == PROBE_BEGIN || c->kind == PROBE_END || c->kind == PROBE_INTERVAL);
	if (c->t->source != UINT32_MAX && s->view.cols[c->t->source].schema)
		c->src = &s->view.cols[c->t->source];
	c->cols = calloc((size_t)c->t->col_cnt + 1, sizeof(*c->cols));
	c->made = calloc((size_t)c->t->col_cnt + 1, sizeof(*c->made));
	if (!c->cols || !c->made)
		return err_oom(err);
	find_special_cols(c);
	find_traits(c);
	rc = stack_cols_init(&c->stacks, c->t, s->view.state, err);
	rc = rc ? rc : fault_cols_init(&c->faults, c->t, c->src, err);
	if (rc)
		return rc;
	return c->src && c->src->probe != TAPE_PLAN_NO_COL ? map_probes(c, err) : 0;
}

void clause_run_fini(struct clause_run *c)
{
	free(c->cols);
	free(c->made);
	free(c->probe_of);
	buf_fini(&c->words);
	buf_fini(&c->offs);
	buf_fini(&c->bytes);
	buf_fini(&c->probe_ids);
	stack_cols_fini(&c->stacks);
	fault_cols_fini(&c->faults);
	memset(c, 0, sizeof(*c));
}

static void want_col(const struct clause_run *c, s32 col, u8 *want, u32 n)
{
	u16 id;

	if (col < 0 || (u32)col >= c->t->col_cnt || c->t->cols[col].role == COL_TASK)
		return;
	id = c->src->col_of[col];
	if (id < n)
		want[id] = 1;
}

void clause_run_want(const struct clause_run *c, u8 *want, u32 n)
{
	const u16 always[] = { c->src->path, c->src->seq, c->src->cpu, c->src->probe };

	for (u32 i = 0; i < countof(always); i++)
		if (always[i] < n)
			want[always[i]] = 1;
	fault_cols_want(&c->faults, want, n);
	want_col(c, COL_TS, want, n);
	if (c->needs_tasks)
		want_col(c, COL_TID, want, n);
	for (u32 i = 0; c->t->notes && i < c->t->inst->node_cnt; i++) {
		const struct node_note *note = &c->t->notes[i];

		want_col(c, note->col, want, n);
		want_col(c, note->trips_col, want, n);
		if (note->bit_is_col)
			want_col(c, note->bit, want, n);
	}
}

/* ---- columns of the task table ---- */

static bool is_comm(const struct plan_col *c)
{
	return c->type->kind == TYPE_STR;
}

static s64 task_word(const struct plan_col *c, const struct tape_task *t)
{
	if (!t)
		return 0;
	return !strcmp(c->leaf, "gid") ? t->gid : t->uid;
}

/* Word i of column @col of row @row. */
static s64 word_at(const struct tape_batch *b, u16 col, u32 row)
{
	const struct tape_col *c = &tape_batch_cols(b)[col];

	return c->v ? c->v[row] : 0;
}

static const struct tape_task *task_at(const struct clause_run *c, const struct tape_batch *b,
				       u32 row)
{
	u16 tid = c->src->col_of[COL_TID], ts = c->src->col_of[COL_TS];

	if (tid == TAPE_PLAN_NO_COL || ts == TAPE_PLAN_NO_COL)
		return NULL;
	return task_index_find(c->tasks, (u32)word_at(b, tid, row), (u64)word_at(b, ts, row));
}

static size_t task_col_cnt(const struct clause_run *c, bool comms)
{
	size_t n = 0;

	for (u32 i = COL_FIXED_CNT; i < c->t->col_cnt; i++)
		n += c->t->cols[i].role == COL_TASK && is_comm(&c->t->cols[i]) == comms;
	return n;
}

/*
 * Task columns of rows [begin, end).  Arrays are by row of the batch, so that compiled code needs
 * no other row numbers; only the rows bound are filled.
 */
static int bind_tasks(struct clause_run *c, const struct tape_batch *b, u32 begin, u32 end,
		      struct err *err)
{
	size_t rows = (size_t)tape_batch_cnt(b) + 1;
	s64 *words;
	u32 *offs;

	buf_reset(&c->words);
	buf_reset(&c->offs);
	buf_reset(&c->bytes);
	words = buf_extend(&c->words, rows * (task_col_cnt(c, false) + 1) * sizeof(*words));
	offs = buf_extend(&c->offs, rows * (task_col_cnt(c, true) + 1) * sizeof(*offs));
	if (!words || !offs)
		return err_oom(err);
	for (u32 i = COL_FIXED_CNT; i < c->t->col_cnt; i++) {
		const struct plan_col *col = &c->t->cols[i];

		if (col->role != COL_TASK)
			continue;
		for (u32 row = begin; row < end; row++) {
			const struct tape_task *t = task_at(c, b, row);

			if (!is_comm(col)) {
				words[row] = task_word(col, t);
				continue;
			}
			offs[row] = (u32)c->bytes.len;
			buf_put(&c->bytes, t && t->comm.s ? t->comm.s : "",
				t && t->comm.s ? t->comm.len : 0);
			offs[row + 1] = (u32)c->bytes.len;
		}
		c->cols[i] = is_comm(col) ? (struct rt_col){ .off = offs } :
					    (struct rt_col){ .v = words };
		if (is_comm(col))
			offs += rows;
		else
			words += rows;
	}
	for (u32 i = COL_FIXED_CNT; i < c->t->col_cnt; i++)	/* the bytes no longer move */
		if (c->t->cols[i].role == COL_TASK && is_comm(&c->t->cols[i]))
			c->cols[i].bytes = c->bytes.data ? c->bytes.data : (const u8 *)"";
	return c->bytes.is_full ? err_oom(err) : 0;
}

/* ---- all columns ---- */

static struct rt_col tape_col(const struct tape_batch *b, u16 id)
{
	const struct tape_col *c;

	if (id == TAPE_PLAN_NO_COL)
		return (struct rt_col){ 0 };
	c = &tape_batch_cols(b)[id];
	return (struct rt_col){ .v = c->v, .bytes = c->bytes, .off = c->off,
				.list_off = c->list_off, .is_null = c->is_null };
}

static int bind_probe(struct clause_run *c, const struct tape_batch *b, u32 begin, u32 end,
		      struct err *err)
{
	size_t rows = (size_t)tape_batch_cnt(b);
	s64 *ids;

	buf_reset(&c->probe_ids);
	ids = buf_extend(&c->probe_ids, (rows + 1) * sizeof(*ids));
	if (!ids)
		return err_oom(err);
	for (u32 row = begin; row < end; row++) {
		u64 id = (u64)word_at(b, c->src->probe, row);

		ids[row] = id < c->probe_max ? (s64)(s32)c->probe_of[id] : -1;
	}
	c->cols[c->probe_col] = (struct rt_col){ .v = ids };
	return 0;
}

int clause_run_bind(struct clause_run *c, const struct tape_batch *b, u32 begin, u32 end,
		    struct err *err)
{
	u32 n = c->t->col_cnt;
	int rc = 0;

	fault_cols_bind(&c->faults, b);
	for (u32 i = 0; i < n; i++)
		if (c->t->cols[i].role != COL_TASK)
			c->cols[i] = tape_col(b, c->src->col_of[i]);
	c->cols[n] = tape_col(b, c->src->path);
	if (c->needs_tasks)
		rc = bind_tasks(c, b, begin, end, err);
	if (!rc && c->probe_col >= 0)
		rc = bind_probe(c, b, begin, end, err);
	return rc ? rc : stack_cols_bind(&c->stacks, c->cols, begin, end, err);
}

bool clause_run_takes(const struct clause_run *c, const struct tape_batch *b, u32 row)
{
	u64 id;

	if (c->t->all_probes || !c->probe_of)
		return true;
	id = (u64)word_at(b, c->src->probe, row);
	return id < c->probe_max && c->probe_of[id] != UINT32_MAX;
}

int clause_run_make(struct clause_run *c, u64 ts, u32 cpu, u32 pid, u32 tid, struct err *err)
{
	static const u32 no_bytes[2];
	const struct tape_task *t = task_index_find(c->tasks, tid, ts);

	fault_cols_bind(&c->faults, NULL);
	buf_reset(&c->bytes);
	buf_reset(&c->offs);
	buf_put(&c->bytes, t && t->comm.s ? t->comm.s : "", t && t->comm.s ? t->comm.len : 0);
	buf_put_u32(&c->offs, 0);
	buf_put_u32(&c->offs, (u32)c->bytes.len);
	if (c->bytes.is_full || c->offs.is_full)
		return err_oom(err);
	for (u32 i = 0; i < c->t->col_cnt; i++) {
		const struct plan_col *col = &c->t->cols[i];
		bool is_task = col->role == COL_TASK;

		c->made[i] = is_task ? task_word(col, t) : 0;
		c->cols[i] = (struct rt_col){ .v = &c->made[i],
					      .bytes = (const u8 *)"",
					      .off = no_bytes,
					      .list_off = col->is_list ? no_bytes : NULL };
		if (is_task && is_comm(col) && c->bytes.len) {
			c->cols[i].bytes = c->bytes.data;
			c->cols[i].off = (const u32 *)c->offs.data;
		}
	}
	c->made[COL_TS] = (s64)ts;
	c->made[COL_CPU] = cpu;
	c->made[COL_PID] = pid;
	c->made[COL_TID] = tid;
	c->made[c->t->col_cnt] = 0;
	c->cols[c->t->col_cnt] = (struct rt_col){ .v = &c->made[c->t->col_cnt] };
	return 0;
}
