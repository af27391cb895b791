/*
 * Columns of a tape's table: which there are, how they are declared, what their values are in SQL.
 *
 * Words are integers, strings TEXT, bytes BLOB; stacks are TEXT on one line, symbols their names;
 * lists and tuples are JSON arrays as TEXT.  A name is a column once: the captured ones come before
 * those that the task table could fill.
 */
#include "analyze/sql/table_columns.h"

#include "analyze/format_value.h"

static struct out_col *add_col(struct table_vtab *v, const char *name, enum out_kind kind, u16 src)
{
	struct out_col *c;

	if (v->col_cnt >= SQL_COLS_MAX)
		return NULL;
	for (u32 i = 0; i < v->col_cnt; i++)
		if (!sqlite3_stricmp(v->cols[i].name, name))
			return NULL; /* a name is a column once; the first one wins */
	c = &v->cols[v->col_cnt++];
	*c = (struct out_col){ .name = name, .kind = kind, .src = src, .is_signed = true };
	return c;
}

static const struct plan_col *plan_col_of(const struct tape_table *t,
					  const struct tape_plan_cols *cols, u16 id)
{
	for (u32 i = 0; i < t->col_cnt; i++)
		if (cols->col_of[i] == id)
			return &t->cols[i];
	return NULL;
}

static enum out_kind kind_of(const struct tape_column *c, const struct plan_col *p)
{
	if (c->phys != TAPE_PHYS_BYTES)
		return p && symbols_concern(p->type) ? OUT_STACK : OUT_WORD;
	if (p && p->type->kind == TYPE_TUPLE)
		return OUT_TUPLE;
	if (p && (p->type->kind == TYPE_STRUCT || p->type->kind == TYPE_ARRAY))
		return OUT_BYTES;
	return p && p->type->kind == TYPE_BUF ? OUT_BYTES : OUT_TEXT;
}

static void add_tape_col(struct table_vtab *v, u32 table, const struct tape_column *c)
{
	const struct plan_col *p =
		plan_col_of(&v->db->view.tables[table], &v->db->view.cols[table], c->id);
	const char *name =
		arena_dup(&v->db->arena, c->name.s ? c->name.s : "?", c->name.s ? c->name.len : 1);
	struct out_col *o = name ? add_col(v, name, kind_of(c, p), c->id) : NULL;

	if (!o)
		return;
	o->is_list = c->flags & TAPE_COL_LIST;
	o->type = p ? p->type : NULL;
	o->is_signed = c->phys == TAPE_PHYS_S64;
	o->is_hidden = c->role == TAPE_ROLE_SEQ || c->role == TAPE_ROLE_ORDER ||
		       c->role == TAPE_ROLE_PATH ||
		       c->role == TAPE_ROLE_PATH_LIST || c->role == TAPE_ROLE_TRIPS ||
		       c->role == TAPE_ROLE_ERRNO;
	if (c->role == TAPE_ROLE_PROBE)
		o->kind = OUT_PROBE;
}

void table_columns_init(struct table_vtab *v, u32 table)
{
	static const struct {
		const char *name;
		enum out_kind kind;
	} task_cols[] = {
		{ "comm", OUT_TASK_COMM },
		{ "uid", OUT_TASK_UID },
		{ "gid", OUT_TASK_GID },
	};
	const struct tape_schema *s = v->schema;
	struct out_col *o;

	for (u32 i = 0; i < s->col_cnt; i++) {
		add_tape_col(v, table, &s->cols[i]);
		if (s->cols[i].role == TAPE_ROLE_TS)
			add_col(v, "time", OUT_TIME, v->ts);
	}
	for (u32 i = 0; i < countof(task_cols); i++) {
		o = add_col(v, task_cols[i].name, task_cols[i].kind, v->tid);
		if (o)
			o->is_hidden = true;
	}
}

static const char *sql_type(const struct out_col *c)
{
	if (c->is_list || c->kind == OUT_TUPLE || c->kind == OUT_TEXT || c->kind == OUT_TIME ||
	    c->kind == OUT_STACK || c->kind == OUT_PROBE || c->kind == OUT_TASK_COMM)
		return "TEXT";
	return c->kind == OUT_BYTES ? "BLOB" : "INTEGER";
}

void table_columns_declare(const struct table_vtab *v, const char *name, struct buf *out)
{
	buf_puts(out, "CREATE TABLE ");
	sql_put_ident(out, name);
	buf_puts(out, "(");
	for (u32 i = 0; i < v->col_cnt; i++) {
		buf_puts(out, i ? ", " : "");
		sql_put_ident(out, v->cols[i].name);
		buf_printf(out, " %s%s", sql_type(&v->cols[i]),
			   v->cols[i].is_hidden ? " HIDDEN" : "");
	}
	buf_puts(out, ")");
}

/* ---- values ---- */

static struct value_fmt fmt_of(const struct sql_db *db)
{
	return (struct value_fmt){ .compat = COMPAT_17, .symbols = db->symbols, .is_folded = true };
}

/*
 * Stacks repeat: what was made of one is kept until another one needs its slot.  A tape that grows
 * cannot be asked in SQL, so it stays right.
 */
static struct str stack_text(struct sql_db *db, const struct type *t, u64 number)
{
	u64 node = symbols_node(recording_state(&db->rec), number);
	struct sql_stack_text *slot =
		&db->stack_texts[(node * 2 + (t->kind == TYPE_SYM)) % SQL_STACK_TEXTS];
	struct value_fmt f = fmt_of(db);
	struct cursor c = cursor_over(&node, sizeof(node));

	if (slot->type != t || slot->node != node) {
		if (!slot->text.max_sz)
			buf_init(&slot->text, 16 << 20);
		buf_reset(&slot->text);
		format_value(&f, t, &c, &slot->text);
		slot->type = t;
		slot->node = node;
	}
	return (struct str){ (const char *)slot->text.data, slot->text.len };
}

static void put_json_elem(struct sql_db *db, const struct out_col *o, const struct tape_col *c,
			  u32 i, struct buf *out)
{
	if (c->is_null && c->is_null[i])
		buf_puts(out, "null");
	else if (o->kind == OUT_WORD)
		format_int_json(COMPAT_17, o->is_signed, c->v ? c->v[i] : 0, out);
	else if (o->kind == OUT_STACK)
		format_str_json(stack_text(db, o->type, c->v ? (u64)c->v[i] : 0), out);
	else if (c->off)
		format_str_json((struct str){ (const char *)c->bytes + c->off[i],
					      c->off[i + 1] - c->off[i] },
				out);
	else
		buf_puts(out, "null");
}

static void result_list(struct sql_db *db, sqlite3_context *ctx, const struct out_col *o,
			const struct tape_col *c, u32 row)
{
	struct buf out;

	buf_init(&out, 16 << 20);
	buf_putc(&out, '[');
	for (u32 i = c->list_off[row]; i < c->list_off[row + 1]; i++) {
		if (i > c->list_off[row])
			buf_putc(&out, ',');
		put_json_elem(db, o, c, i, &out);
	}
	buf_putc(&out, ']');
	sql_result_str(ctx, out.data, out.len);
	buf_fini(&out);
}

static void result_tuple(struct sql_db *db, sqlite3_context *ctx, const struct out_col *o,
			 const u8 *p, size_t len)
{
	struct value_fmt f = fmt_of(db);
	struct cursor c = cursor_over(p, len);
	struct buf out, nodes;

	buf_init(&out, 16 << 20);
	buf_init(&nodes, 1 << 20);
	symbols_translate(recording_state(&db->rec), o->type, &c, &nodes);
	c = cursor_over(nodes.data, nodes.len);
	format_value_json(&f, o->type, &c, &out);
	sql_result_str(ctx, out.data, out.len);
	buf_fini(&out);
	buf_fini(&nodes);
}

static void result_bytes(struct sql_db *db, sqlite3_context *ctx, const struct out_col *o,
			 const struct tape_col *c, u32 row)
{
	const u8 *p = c->bytes ? c->bytes + c->off[row] : (const u8 *)"";
	u32 len = c->off[row + 1] - c->off[row];

	if (o->kind == OUT_TUPLE)
		result_tuple(db, ctx, o, p, len);
	else if (o->kind == OUT_BYTES)
		sqlite3_result_blob(ctx, p, (int)len, SQLITE_TRANSIENT);
	else
		sql_result_str(ctx, p, len);
}

static void result_stack(struct sql_db *db, sqlite3_context *ctx, const struct type *t, u64 number)
{
	struct str s = stack_text(db, t, number);

	sql_result_str(ctx, (const u8 *)s.s, s.len);
}

static void result_probe(sqlite3_context *ctx, const struct table_vtab *v, u64 id)
{
	for (u32 i = 0; i < v->schema->probe_cnt; i++) {
		struct str name = v->schema->probes[i].name;

		if (v->schema->probes[i].id == id) {
			sql_result_str(ctx, (const u8 *)name.s, name.len);
			return;
		}
	}
}

static void result_task(sqlite3_context *ctx, const struct table_vtab *v, enum out_kind kind,
			u32 tid, u64 ts)
{
	const struct tape_task *t = task_index_find(&v->db->tasks, tid, ts);

	if (!t)
		return;
	if (kind == OUT_TASK_COMM)
		sql_result_str(ctx, (const u8 *)t->comm.s, t->comm.s ? t->comm.len : 0);
	else
		sqlite3_result_int64(ctx, kind == OUT_TASK_UID ? t->uid : t->gid);
}

static u64 word(const struct tape_batch *b, u16 src, u32 row)
{
	const s64 *v = src < TAPE_COLS_EVER ? tape_batch_cols(b)[src].v : NULL;

	return v ? (u64)v[row] : 0;
}

void table_columns_result(struct table_vtab *v, const struct tape_batch *b, u32 row, u32 n,
			  sqlite3_context *ctx)
{
	const struct out_col *o = &v->cols[n];
	const struct tape_col *t;

	if (o->src == TAPE_PLAN_NO_COL)
		return;
	if (o->kind >= OUT_TASK_COMM) {
		result_task(ctx, v, o->kind, (u32)word(b, v->tid, row), word(b, v->ts, row));
		return;
	}
	t = &tape_batch_cols(b)[o->src];
	if (o->is_list) {
		if (t->list_off)
			result_list(v->db, ctx, o, t, row);
		return;
	}
	if (t->is_null && t->is_null[row])
		return;
	if (o->kind == OUT_TIME)
		sql_result_time(v->db, ctx, word(b, o->src, row));
	else if (o->kind == OUT_PROBE)
		result_probe(ctx, v, word(b, o->src, row));
	else if (o->kind == OUT_STACK && t->v)
		result_stack(v->db, ctx, o->type, (u64)t->v[row]);
	else if (o->kind == OUT_WORD && t->v)
		sqlite3_result_int64(ctx, t->v[row]);
	else if (o->kind != OUT_WORD && t->off)
		result_bytes(v->db, ctx, o, t, row);
}
