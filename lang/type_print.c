/*
 * lang/type_print.c -- types as text.  The spellings are listed in type.h; type_parse.c reads them.
 *
 * Names may come from a tape: what could not be read back as a name is printed as '?'.
 */
#include "lang/type.h"

#include <ctype.h>
#include <string.h>

static const char *const agg_names[AGG_KIND_CNT] = {
	[AGG_COUNT] = "count", [AGG_SUM] = "sum",     [AGG_MIN] = "min",   [AGG_MAX] = "max",
	[AGG_AVG] = "avg",     [AGG_STATS] = "stats", [AGG_HIST] = "hist", [AGG_LHIST] = "lhist",
	[AGG_TSERIES] = "tseries", [AGG_QUANTILE] = "quantile", [AGG_DISTINCT] = "distinct",
};

static const char *const ts_funcs[TSERIES_FUNC_CNT] = { "last", "avg", "max", "min", "sum" };

static void put_name(const char *name, struct buf *out)
{
	for (; *name; name++)
		buf_putc(out, isalnum((u8)*name) || strchr("_.:$ ", *name) ? *name : '?');
}

static void put_int(u32 size, bool is_signed, struct buf *out)
{
	buf_printf(out, "%sint%u", is_signed ? "" : "u", size * 8);
}

static void print_int(const struct type *t, struct buf *out)
{
	if (!t->name) {
		put_int(t->size, t->is_signed, out);
		return;
	}
	put_name(t->name, out);
	if (t->size != 4 || t->is_signed) {
		buf_putc(out, ':');
		put_int(t->size, t->is_signed, out);
	}
}

static void print_struct(const struct type *t, struct buf *out)
{
	const char *name = t->name ? t->name : "struct ?";

	if (strncmp(name, "struct ", 7) && strncmp(name, "union ", 6))
		buf_puts(out, "typedef ");
	put_name(name, out);
}

static void print_tuple(const struct type *t, struct buf *out)
{
	buf_putc(out, '(');
	for (u32 i = 0; i < t->elem_cnt; i++) {
		if (i)
			buf_putc(out, ',');
		if (t->names) {
			put_name(t->names[i], out);
			buf_putc(out, '=');
		}
		type_print(t->members[i], out);
	}
	buf_puts(out, t->elem_cnt == 1 ? ",)" : ")");
}

static void print_ptr(const struct type *t, struct buf *out)
{
	if (t->elem)
		type_print(t->elem, out);
	else
		buf_puts(out, "void");
	buf_puts(out, t->elem && t->elem->kind == TYPE_PTR ? "*" : " *");
}

/* "\xNN" for what would end the quotes or the line. */
static void put_quoted(const char *s, struct buf *out)
{
	buf_putc(out, '"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\' || (u8)*s < 0x20 || *s == 0x7f)
			buf_printf(out, "\\x%02x", (u8)*s);
		else
			buf_putc(out, *s);
	}
	buf_putc(out, '"');
}

static void print_time(const struct type *t, struct buf *out)
{
	buf_puts(out, "strftime(");
	put_quoted(t->time_fmt ? t->time_fmt : "", out);
	buf_putc(out, ')');
}

/* The sign is the aggregation's own: an argument that fits both counts as what was decided. */
static u32 agg_arg_size(const struct type *t)
{
	return t->elem && t->elem->kind == TYPE_INT ? t->elem->size : 8;
}

static void print_hist_arg(const struct type *t, struct buf *out)
{
	bool is_signed = !t->elem || (t->elem->kind == TYPE_INT && t->elem->is_signed);

	if (agg_arg_size(t) != 8 || !is_signed) {
		buf_putc(out, ',');
		put_int(agg_arg_size(t), is_signed, out);
	}
	buf_putc(out, ')');
}

static void print_sketch(const struct type *t, struct buf *out)
{
	buf_putc(out, '(');
	put_int(agg_arg_size(t), t->is_signed, out);
	if (t->agg == AGG_TSERIES)
		buf_printf(out, ",%lld,%u,%s", (long long)t->ts_interval, t->ts_num,
			   ts_funcs[t->ts_func]);
	for (u32 i = 0; i < t->q_cnt; i++)
		buf_printf(out, ",%u", t->q[i]);
	buf_putc(out, ')');
}

static void print_agg(const struct type *t, struct buf *out)
{
	buf_puts(out, agg_names[t->agg]);
	switch (t->agg) {
	case AGG_COUNT:
	case AGG_DISTINCT:
		break;
	case AGG_TSERIES:
	case AGG_QUANTILE:
		print_sketch(t, out);
		break;
	case AGG_HIST:
		buf_printf(out, "(%u", t->hist_k);
		print_hist_arg(t, out);
		break;
	case AGG_LHIST:
		buf_printf(out, "(%lld,%lld,%lld", (long long)t->lhist_min, (long long)t->lhist_max,
			   (long long)t->lhist_step);
		print_hist_arg(t, out);
		break;
	default:
		buf_putc(out, '(');
		if (type_is_float_agg(t))
			buf_puts(out, "double");
		else
			put_int(agg_arg_size(t), t->is_signed, out);
		buf_putc(out, ')');
	}
}

static void print_stack(const struct type *t, struct buf *out)
{
	buf_printf(out, "%cstack(%u", t->aspace == ASPACE_USER ? 'u' : 'k', t->elem_cnt);
	if (t->time_fmt) {
		buf_putc(out, ',');
		put_name(t->time_fmt, out);
	}
	buf_putc(out, ')');
}

void type_print(const struct type *t, struct buf *out)
{
	switch (t->kind) {
	case TYPE_INT: print_int(t, out); break;
	case TYPE_BOOL: buf_puts(out, "bool"); break;
	case TYPE_FLOAT: buf_puts(out, "double"); break;
	case TYPE_STR: buf_printf(out, "string[%u]", t->size); break;
	case TYPE_BUF: buf_printf(out, "buffer[%u]", t->size); break;
	case TYPE_INET: buf_printf(out, "inet[%u]", t->size); break;
	case TYPE_MAC: buf_puts(out, "macaddr"); break;
	case TYPE_PTR: print_ptr(t, out); break;
	case TYPE_ARRAY:
		if (t->elem)
			type_print(t->elem, out);
		buf_printf(out, "[%u]", t->elem_cnt);
		break;
	case TYPE_STRUCT: print_struct(t, out); break;
	case TYPE_TUPLE: print_tuple(t, out); break;
	case TYPE_TIME: print_time(t, out); break;
	case TYPE_AGG: print_agg(t, out); break;
	case TYPE_STACK: print_stack(t, out); break;
	case TYPE_SYM: buf_puts(out, t->aspace == ASPACE_USER ? "usym" : "ksym"); break;
	case TYPE_CGROUP: buf_puts(out, "cgroup_path"); break;
	case TYPE_USER: buf_puts(out, "username"); break;
	default: buf_puts(out, "void");
	}
}
