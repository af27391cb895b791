/*
 * Folding as a query: the values are the nodes of the table's stacks, the key is what --by says,
 * and the engine sums the weights of each.
 */
#include "analyze/fold_query.h"

#include <errno.h>
#include <string.h>

#include "analyze/query.h"

struct folder {
	const struct fold_opts *opts;
	struct query query;
	struct stackfold *fold;
	struct value_fmt fmt;
	const struct type *by;
	u32 user, kernel; /* indices of values; UINT32_MAX: none */
};

/* ---- which columns of which table ---- */

static bool is_stack_of(const struct plan_col *c, enum addr_space space)
{
	return c->role == COL_LEAF && !c->is_list && c->type->kind == TYPE_STACK &&
	       c->type->aspace == space;
}

/* What names the first such column in an expression; NULL: there is none. */
static const char *find_col(const struct tape_table *t, enum addr_space space)
{
	for (u32 i = COL_FIXED_CNT; i < t->col_cnt; i++) {
		bool is_first = true;

		if (!is_stack_of(&t->cols[i], space))
			continue;
		for (u32 k = COL_FIXED_CNT; k < i; k++)
			is_first &= strcmp(t->cols[k].leaf, t->cols[i].leaf) != 0;
		return is_first ? t->cols[i].leaf : t->cols[i].name;
	}
	return NULL;
}

static bool wants(const struct folder *f, enum addr_space space)
{
	if (f->opts->kernel == f->opts->user)
		return true;
	return space == ASPACE_KERNEL ? f->opts->kernel : f->opts->user;
}

static bool has_stacks(const struct folder *f, const struct tape_plan_view *v, u32 i)
{
	const struct tape_table *t = &v->tables[i];

	if (!query_has_rows(v, i))
		return false;
	return (wants(f, ASPACE_KERNEL) && find_col(t, ASPACE_KERNEL)) ||
	       (wants(f, ASPACE_USER) && find_col(t, ASPACE_USER));
}

static const char *wanted_name(const struct folder *f)
{
	if (f->opts->kernel == f->opts->user)
		return "";
	return f->opts->kernel ? "kernel " : "user ";
}

static int none(const struct folder *f, struct err *err)
{
	const char *what = wanted_name(f);

	if (f->opts->table)
		err_set(err, -ENODATA, "table %s has no %sstacks", f->opts->table, what);
	else
		err_set(err, -ENODATA, "the tape has no %sstacks", what);
	err_hint(err, "record some: bpftape record -t PROBES --stacks kernel,user, or a "
		      "script that uses kstack or ustack");
	return -ENODATA;
}

static int several(const struct folder *f, const struct tape_plan_view *v, struct err *err)
{
	struct buf names;

	buf_init(&names, 512);
	for (u32 i = 0; i < v->table_cnt; i++)
		if (has_stacks(f, v, i))
			buf_printf(&names, "%s%s", names.len ? ", " : "", v->tables[i].name);
	err_set(err, -EINVAL, "several tables have %sstacks: %s%s", wanted_name(f),
		buf_cstr(&names), names.is_full ? ", ..." : "");
	err_hint(err, "choose one with --table");
	buf_fini(&names);
	return -EINVAL;
}

static void add_value(struct folder *f, const struct tape_table *t, enum addr_space space,
		      u32 *ret_idx)
{
	const char *col = wants(f, space) ? find_col(t, space) : NULL;

	*ret_idx = UINT32_MAX;
	if (!col)
		return;
	*ret_idx = f->query.val_cnt;
	f->query.vals[f->query.val_cnt++] = (struct query_expr){ col, col };
}

static int prepare(void *ctx, const struct tape_plan_view *v, struct err *err)
{
	struct folder *f = ctx;
	const struct tape_table *found = NULL;
	u32 cnt = 0;

	for (u32 i = 0; i < v->table_cnt; i++) {
		const struct tape_table *t = &v->tables[i];

		if (f->opts->table && strcmp(f->opts->table, t->name) != 0)
			continue;
		if (!has_stacks(f, v, i)) {
			if (f->opts->table)
				return none(f, err);
			continue;
		}
		found = t;
		cnt++;
	}
	if (!cnt && f->opts->table)
		return 0; /* the query says which there are */
	if (!cnt)
		return none(f, err);
	if (cnt > 1)
		return several(f, v, err);
	f->query.table = found->name;
	add_value(f, found, ASPACE_USER, &f->user);
	add_value(f, found, ASPACE_KERNEL, &f->kernel);
	return 0;
}

/* ---- groups ---- */

static int start(void *ctx, const struct query_types *t, struct err *err)
{
	struct folder *f = ctx;

	f->by = t->by;
	f->fmt = *t->fmt;
	f->fmt.is_folded = true; /* a label is one line */
	f->fold = stackfold_new(t->fmt->symbols);
	return f->fold ? 0 : err_oom(err);
}

#define BY_MAX 16

/* Each value of --by is a frame. */
static int label_of(struct folder *f, struct str key, u32 *ret, struct err *err)
{
	bool is_list = f->by && f->query.by.text && f->by->kind == TYPE_TUPLE;
	u32 n = !f->by ? 0 : is_list ? f->by->elem_cnt : 1, ends[BY_MAX];
	struct cursor c = cursor_over(key.s, key.len);
	struct str frames[BY_MAX];
	struct buf text;
	int rc;

	if (n > BY_MAX)
		return err_set(err, -E2BIG, "--by: more than %d expressions", BY_MAX);
	buf_init(&text, 1 << 20);
	for (u32 i = 0; i < n; i++) {
		format_value(&f->fmt, is_list ? f->by->members[i] : f->by, &c, &text);
		ends[i] = (u32)text.len;
	}
	for (u32 i = 0; i < n; i++) {
		u32 from = i ? ends[i - 1] : 0;

		frames[i] = (struct str){ (const char *)text.data + from, ends[i] - from };
	}
	rc = stackfold_label(f->fold, frames, n, ret, err);
	buf_fini(&text);
	return rc;
}

static int group(void *ctx, const s64 *vals, struct str key, s64 sum, struct err *err)
{
	struct folder *f = ctx;
	u64 user = f->user == UINT32_MAX ? 0 : (u64)vals[f->user];
	u64 kernel = f->kernel == UINT32_MAX ? 0 : (u64)vals[f->kernel];
	u32 label;
	int rc = label_of(f, key, &label, err);

	return rc ? rc : stackfold_add(f->fold, label, user, kernel, sum, err);
}

static int end(void *ctx, struct err *err)
{
	struct folder *f = ctx;

	return stackfold_finish(f->fold, err);
}

int fold_query_run(const struct fold_opts *opts, const struct engine_opts *o,
		   struct stackfold **ret, struct engine_result *ret_result, struct err *err)
{
	struct folder f = { .opts = opts };
	const struct query_sink sink = { .ctx = &f, .start = start, .group = group, .end = end };
	struct engine_opts own = *o;
	int rc;

	f.query = (struct query){
		.table = opts->table,
		.where = { "--where", opts->where },
		.by = { "--by", opts->by },
		.weight = { "--weight", opts->weight },
		.out = QUERY_GROUPS,
		.sink = &sink,
		.prepare = prepare,
		.prepare_ctx = &f,
	};
	own.format = &render_text;
	rc = query_run(&f.query, &own, ret_result, err);
	if (rc) {
		stackfold_free(f.fold);
		return rc;
	}
	*ret = f.fold;
	return 0;
}
