/*
 * base/opt.c -- command lines from a table.
 *
 * One pass over argv; operands are collected at the front of argv[1..] as they are met, which is
 * safe because at least as many arguments were read before as there are operands so far.
 */
#include "base/opt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/units.h"

struct parse {
	const struct opt_spec *spec;
	int argc, at; /* at: the argument being looked at */
	char **argv;
	void *out;
	int n; /* operands so far */
	bool is_help;
	struct err *err;
};

static bool is_end(const struct opt *o)
{
	return !o->name && !o->short_name;
}

/* "bpftape info" of "bpftape info TAPE [--json]": the words before the first that is not a name. */
static int command_len(const char *usage)
{
	const char *s = usage;
	int len = 0;

	while (*s >= 'a' && *s <= 'z') {
		size_t word = strcspn(s, " ");

		len = (int)(s - usage + (ptrdiff_t)word);
		s += word;
		s += strspn(s, " ");
	}
	return len;
}

static int hint_help(const struct parse *p, int rc)
{
	err_hint(p->err, "see '%.*s --help'", command_len(p->spec->usage), p->spec->usage);
	return rc;
}

static int unknown_option(const struct parse *p, const char *arg, size_t len)
{
	struct str_nearest near;
	char word[128];
	int rc = err_set(p->err, -EINVAL, "unknown option '%.*s'", (int)len, arg);

	if (len < 3 || arg[1] != '-' || len - 2 >= sizeof(word))
		return hint_help(p, rc);
	memcpy(word, arg + 2, len - 2);
	word[len - 2] = '\0';
	str_nearest_init(&near, word);
	for (const struct opt *o = p->spec->opts; !is_end(o); o++)
		if (o->name)
			str_nearest_offer(&near, o->name);
	if (!near.n)
		return hint_help(p, rc);
	err_hint(p->err, "did you mean '--%s'?", near.best[0].text);
	return rc;
}

static int parse_u64(const char *text, u64 *ret)
{
	bool is_hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = is_hex ? text + 2 : text;
	char *end;

	/* strtoull() would take blanks and a sign */
	if (!*digits ||
	    strspn(digits, is_hex ? "0123456789abcdefABCDEF" : "0123456789") != strlen(digits))
		return -EINVAL;
	errno = 0;
	*ret = strtoull(digits, &end, is_hex ? 16 : 10);
	return errno ? -ERANGE : 0;
}

static int add_to_list(struct opt_list *list, const char *val)
{
	if (list->n >= OPT_LIST_MAX)
		return -E2BIG;
	list->items[list->n++] = val;
	return 0;
}

static int store(const struct opt *o, void *out, const char *val)
{
	void *dst = (u8 *)out + o->off;
	u64 v = 0;
	int rc = 0;

	switch (o->kind) {
	case OPT_FLAG:
		*(bool *)dst = true;
		return 0;
	case OPT_STR:
		*(const char **)dst = val;
		return 0;
	case OPT_STR_LIST:
		return add_to_list(dst, val);
	case OPT_U64:
		rc = parse_u64(val, &v);
		break;
	case OPT_NS:
		rc = units_parse_ns(val, &v);
		break;
	case OPT_BYTES:
		rc = units_parse_bytes(val, &v);
		break;
	}
	if (!rc)
		*(u64 *)dst = v;
	return rc;
}

static const char *wanted(enum opt_kind kind)
{
	static const char *const names[] = {
		[OPT_U64] = "a number",
		[OPT_NS] = "a duration such as 10s or 500ms",
		[OPT_BYTES] = "a size such as 64K or 2G",
	};

	return (size_t)kind < countof(names) && names[kind] ? names[kind] : "a value";
}

/* Give @o its value: @val if it came with the option itself, else the next argument. */
static int take_value(struct parse *p, const struct opt *o, const char *as, int as_len,
		      const char *val)
{
	int rc;

	if (o->kind == OPT_FLAG && val)
		return hint_help(p, err_set(p->err, -EINVAL, "option '%.*s' takes no value", as_len,
					    as));
	if (o->kind != OPT_FLAG && !val) {
		if (p->at + 1 >= p->argc)
			return hint_help(p, err_set(p->err, -EINVAL, "option '%.*s' needs %s",
						    as_len, as, o->arg ? o->arg : "a value"));
		val = p->argv[++p->at];
	}
	rc = store(o, p->out, val);
	if (rc == -E2BIG)
		return err_set(p->err, -EINVAL, "option '%.*s' given more than %d times", as_len,
			       as, OPT_LIST_MAX);
	if (rc == -ERANGE)
		return err_set(p->err, -EINVAL, "option '%.*s': '%s' is too large", as_len, as,
			       val);
	if (rc)
		return err_set(p->err, -EINVAL, "option '%.*s': '%s' is not %s", as_len, as, val,
			       wanted(o->kind));
	return 0;
}

static int parse_long(struct parse *p, const char *arg)
{
	size_t len = strcspn(arg, "=");
	struct str name = { arg + 2, len - 2 };
	const char *val = arg[len] ? arg + len + 1 : NULL;

	for (const struct opt *o = p->spec->opts; !is_end(o); o++)
		if (o->name && str_is(name, o->name))
			return take_value(p, o, arg, (int)len, val);
	if (str_is(name, "help") && !val) {
		p->is_help = true;
		return 0;
	}
	return unknown_option(p, arg, len);
}

/* "-v", "-nVALUE", "-n VALUE"; flags may share a dash: "-vq". */
static int parse_short(struct parse *p, const char *arg)
{
	for (const char *c = arg + 1; *c; c++) {
		char as[3] = { '-', *c, '\0' };
		const struct opt *o = p->spec->opts;
		int rc;

		while (!is_end(o) && o->short_name != *c)
			o++;
		if (is_end(o)) {
			if (*c != 'h')
				return unknown_option(p, as, 2);
			p->is_help = true;
			return 0;
		}
		if (o->kind != OPT_FLAG)
			return take_value(p, o, as, 2, c[1] ? c + 1 : NULL);
		rc = take_value(p, o, as, 2, NULL);
		if (rc)
			return rc;
	}
	return 0;
}

static int check_operands(const struct parse *p)
{
	const struct opt_spec *s = p->spec;
	int rc;

	if (p->n < s->min_operands)
		rc = err_set(p->err, -EINVAL, "%s: usage: %s",
			     p->n ? "an argument is missing" : "arguments are missing", s->usage);
	else if (s->max_operands >= 0 && p->n > s->max_operands)
		rc = err_set(p->err, -EINVAL, "unexpected argument '%s'",
			     p->argv[1 + s->max_operands]);
	else
		return 0;
	return hint_help(p, rc);
}

int opt_parse(const struct opt_spec *spec, int argc, char **argv, void *out, int *ret_n,
	      struct err *err)
{
	struct parse p = { .spec = spec, .argc = argc, .argv = argv, .out = out, .err = err };
	bool is_over = false;
	int rc = 0;

	for (p.at = 1; p.at < argc && !rc && !p.is_help; p.at++) {
		char *arg = argv[p.at];

		if (is_over || arg[0] != '-' || !arg[1]) {
			argv[1 + p.n++] = arg;
			is_over = is_over || spec->stop_at_operand;
		} else if (!strcmp(arg, "--")) {
			is_over = true;
		} else if (arg[1] == '-') {
			rc = parse_long(&p, arg);
		} else {
			rc = parse_short(&p, arg);
		}
	}
	if (rc)
		return rc;
	if (p.is_help)
		return 1;
	rc = check_operands(&p);
	if (!rc)
		*ret_n = p.n;
	return rc;
}

/* "-o, --output FILE" as it stands in the help. */
static void put_names(const struct opt *o, struct buf *out)
{
	if (o->short_name)
		buf_printf(out, "-%c", o->short_name);
	else
		buf_puts(out, "  ");
	if (o->name)
		buf_printf(out, "%s --%s", o->short_name ? "," : " ", o->name);
	if (o->kind != OPT_FLAG)
		buf_printf(out, " %s", o->arg ? o->arg : "VALUE");
}

static size_t names_len(const struct opt *o)
{
	size_t len = o->short_name || o->name ? 2 : 0;

	if (o->name)
		len += 4 + strlen(o->name);
	if (o->kind != OPT_FLAG)
		len += 1 + strlen(o->arg ? o->arg : "VALUE");
	return len;
}

static void put_opt(const struct opt *o, size_t width, struct buf *out)
{
	buf_puts(out, "  ");
	put_names(o, out);
	buf_fill(out, ' ', width - names_len(o) + 2);
	buf_printf(out, "%s\n", o->help);
}

static bool ends_line(const char *text)
{
	size_t len = strlen(text);

	return len && text[len - 1] == '\n';
}

void opt_help(const struct opt_spec *spec, struct buf *out)
{
	static const struct opt help = { .name = "help", .help = "print this and leave" };
	size_t width = names_len(&help);

	buf_printf(out, "usage: %s\n", spec->usage);
	if (spec->about)
		buf_printf(out, "\n%s\n", spec->about);
	for (const struct opt *o = spec->opts; !is_end(o); o++)
		if (o->help && names_len(o) > width)
			width = names_len(o);
	buf_puts(out, "\noptions:\n");
	for (const struct opt *o = spec->opts; !is_end(o); o++)
		if (o->help)
			put_opt(o, width, out);
	put_opt(&help, width, out);
	if (spec->epilogue)
		buf_printf(out, "\n%s%s", spec->epilogue, ends_line(spec->epilogue) ? "" : "\n");
}

const struct verb *verb_find(const struct verb *verbs, const char *name, struct err *err)
{
	struct str_nearest near;

	str_nearest_init(&near, name);
	for (const struct verb *v = verbs; v->name; v++) {
		if (!strcmp(v->name, name))
			return v;
		str_nearest_offer(&near, v->name);
	}
	err_set(err, -EINVAL, "unknown command '%s'", name);
	if (near.n)
		err_hint(err, "did you mean '%s'?", near.best[0].text);
	else
		err_hint(err, "see 'bpftape --help'");
	return NULL;
}
