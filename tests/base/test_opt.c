/* tests/base/test_opt.c -- what base/opt.h promises. */
#include "base/opt.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "tests/base/check.h"

struct options {
	bool is_verbose, is_quiet;
	const char *output, *other;
	u64 number, duration_ns, size;
	struct opt_list dirs;
};

static const struct opt opts[] = {
	{ "verbose", 'v', OPT_FLAG, offsetof(struct options, is_verbose), NULL, "say more" },
	{ NULL, 'q', OPT_FLAG, offsetof(struct options, is_quiet), NULL, "say less" },
	{ "output", 'o', OPT_STR, offsetof(struct options, output), "FILE", "where to" },
	{ "number", 'n', OPT_U64, offsetof(struct options, number), "N", "how many" },
	{ "duration", 'd', OPT_NS, offsetof(struct options, duration_ns), "TIME", "how long" },
	{ "size", 0, OPT_BYTES, offsetof(struct options, size), "SIZE", "how large" },
	{ "include", 'I', OPT_STR_LIST, offsetof(struct options, dirs), "DIR", "look there, too" },
	{ "hidden", 0, OPT_STR, offsetof(struct options, other), "X", NULL },
	{},
};

static const struct opt_spec spec = {
	.usage = "bpftape info TAPE [--json]",
	.about = "Say what is on a tape.",
	.opts = opts,
	.min_operands = 0,
	.max_operands = 2,
	.epilogue = "examples:\n  bpftape info x.tape",
};

#define ARGV_MAX 80

struct call {
	struct options o;
	struct err err;
	char *argv[ARGV_MAX + 1];
	int argc, n, rc;
};

static void parse(struct call *c, const struct opt_spec *s, ...)
{
	va_list ap;
	char *arg;

	memset(c, 0, sizeof(*c));
	c->argv[c->argc++] = (char *)"info";
	va_start(ap, s);
	while ((arg = va_arg(ap, char *)))
		c->argv[c->argc++] = arg;
	va_end(ap);
	c->n = -1;
	c->rc = opt_parse(s, c->argc, c->argv, &c->o, &c->n, &c->err);
}

static void long_and_short_forms_mean_the_same(void **state UNUSED)
{
	struct call c;

	parse(&c, &spec, "--output", "a", "--number=7", "-d500ms", "--size", "64K", "-v", NULL);
	assert_int_equal(c.rc, 0);
	assert_int_equal(c.n, 0);
	assert_string_equal(c.o.output, "a");
	assert_int_equal(c.o.number, 7);
	assert_int_equal(c.o.duration_ns, 500000000);
	assert_int_equal(c.o.size, 65536);
	assert_true(c.o.is_verbose);
	parse(&c, &spec, "-oa", "-n", "0x10", "--duration=1m", "-qv", NULL);
	assert_int_equal(c.rc, 0);
	assert_string_equal(c.o.output, "a");
	assert_int_equal(c.o.number, 16);
	assert_int_equal(c.o.duration_ns, 60000000000);
	assert_true(c.o.is_verbose && c.o.is_quiet);
}

static void flags_may_lead_a_short_option_with_a_value(void **state UNUSED)
{
	struct call c;

	parse(&c, &spec, "-vofile", NULL);
	assert_int_equal(c.rc, 0);
	assert_true(c.o.is_verbose);
	assert_string_equal(c.o.output, "file");
}

static void operands_and_options_mix_and_operands_come_first(void **state UNUSED)
{
	struct call c;

	parse(&c, &spec, "x", "-v", "-", "-o", "f", NULL);
	assert_int_equal(c.rc, 0);
	assert_int_equal(c.n, 2);
	assert_string_equal(c.argv[1], "x");
	assert_string_equal(c.argv[2], "-");
	assert_true(c.o.is_verbose);
	assert_string_equal(c.o.output, "f");
}

static void a_double_dash_ends_the_options(void **state UNUSED)
{
	struct call c;

	parse(&c, &spec, "-v", "--", "-o", "--", NULL);
	assert_int_equal(c.rc, 0);
	assert_int_equal(c.n, 2);
	assert_string_equal(c.argv[1], "-o");
	assert_string_equal(c.argv[2], "--");
	assert_null(c.o.output);
}

static void parsing_stops_at_the_first_operand_where_asked(void **state UNUSED)
{
	struct opt_spec stop = spec;
	struct call c;

	stop.stop_at_operand = true;
	stop.max_operands = -1;
	parse(&c, &stop, "-v", "script.bt", "-o", "--", "--unknown", NULL);
	assert_int_equal(c.rc, 0);
	assert_int_equal(c.n, 4);
	assert_string_equal(c.argv[1], "script.bt");
	assert_string_equal(c.argv[2], "-o");
	assert_string_equal(c.argv[3], "--");
	assert_string_equal(c.argv[4], "--unknown");
}

static void a_value_may_look_like_an_option(void **state UNUSED)
{
	struct call c;

	parse(&c, &spec, "-o", "-v", "--include", "--", NULL);
	assert_int_equal(c.rc, 0);
	assert_string_equal(c.o.output, "-v");
	assert_false(c.o.is_verbose);
	assert_string_equal(c.o.dirs.items[0], "--");
}

static void a_list_option_collects_up_to_its_maximum(void **state UNUSED)
{
	struct call c;

	parse(&c, &spec, "-Ia", "-I", "b", "--include=c", NULL);
	assert_int_equal(c.rc, 0);
	assert_int_equal(c.o.dirs.n, 3);
	assert_string_equal(c.o.dirs.items[2], "c");
	memset(&c, 0, sizeof(c));
	for (c.argc = 0; c.argc < OPT_LIST_MAX + 2; c.argc++)
		c.argv[c.argc] = (char *)"-Ix";
	assert_int_equal(opt_parse(&spec, c.argc, c.argv, &c.o, &c.n, &c.err), -EINVAL);
	assert_string_equal(c.err.msg, "option '-I' given more than 64 times");
}

static void an_unknown_option_names_the_nearest(void **state UNUSED)
{
	struct call c;

	parse(&c, &spec, "--outptu=x", NULL);
	assert_int_equal(c.rc, -EINVAL);
	assert_string_equal(c.err.msg, "unknown option '--outptu'");
	assert_string_equal(c.err.hint, "did you mean '--output'?");
	parse(&c, &spec, "--xyzzy", NULL);
	assert_string_equal(c.err.hint, "see 'bpftape info --help'");
	parse(&c, &spec, "-vz", NULL);
	assert_string_equal(c.err.msg, "unknown option '-z'");
	assert_int_equal(c.n, -1);
	parse(&c, &spec, "--out", "x", NULL);
	assert_string_equal(c.err.msg, "unknown option '--out'");
}

static void missing_and_unwanted_values_are_refused(void **state UNUSED)
{
	struct call c;

	parse(&c, &spec, "--output", NULL);
	assert_string_equal(c.err.msg, "option '--output' needs FILE");
	parse(&c, &spec, "-o", NULL);
	assert_string_equal(c.err.msg, "option '-o' needs FILE");
	parse(&c, &spec, "--verbose=yes", NULL);
	assert_string_equal(c.err.msg, "option '--verbose' takes no value");
	parse(&c, &spec, "--output=", NULL);
	assert_int_equal(c.rc, 0);
	assert_string_equal(c.o.output, "");
}

static void values_are_checked(void **state UNUSED)
{
	static const struct {
		const char *arg, *msg;
	} cases[] = {
		{ "--number=", "option '--number': '' is not a number" },
		{ "--number=-1", "option '--number': '-1' is not a number" },
		{ "--number= 1", "option '--number': ' 1' is not a number" },
		{ "--number=0x", "option '--number': '0x' is not a number" },
		{ "--number=12a", "option '--number': '12a' is not a number" },
		{ "--number=99999999999999999999",
		  "option '--number': '99999999999999999999' is too large" },
		{ "-d1parsec", "option '-d': '1parsec' is not a duration such as 10s or 500ms" },
		{ "--size=many", "option '--size': 'many' is not a size such as 64K or 2G" },
		{ "--size=16E", "option '--size': '16E' is too large" },
	};
	struct call c;

	for (size_t i = 0; i < countof(cases); i++) {
		parse(&c, &spec, cases[i].arg, NULL);
		assert_int_equal(c.rc, -EINVAL);
		assert_string_equal(c.err.msg, cases[i].msg);
	}
	parse(&c, &spec, "--number=18446744073709551615", NULL);
	assert_true(c.o.number == UINT64_MAX);
}

static void the_number_of_operands_is_checked(void **state UNUSED)
{
	struct opt_spec one = spec;
	struct call c;

	one.min_operands = one.max_operands = 1;
	parse(&c, &one, NULL);
	assert_int_equal(c.rc, -EINVAL);
	assert_string_equal(c.err.msg, "arguments are missing: usage: bpftape info TAPE [--json]");
	assert_string_equal(c.err.hint, "see 'bpftape info --help'");
	parse(&c, &one, "a", "b", NULL);
	assert_string_equal(c.err.msg, "unexpected argument 'b'");
}

static void help_wins_over_missing_operands(void **state UNUSED)
{
	struct opt_spec one = spec;
	struct call c;

	one.min_operands = 1;
	parse(&c, &one, "--help", NULL);
	assert_int_equal(c.rc, 1);
	parse(&c, &one, "-h", NULL);
	assert_int_equal(c.rc, 1);
	parse(&c, &one, "--help", "--unknown", NULL);
	assert_int_equal(c.rc, 1);
}

static void a_null_err_is_allowed(void **state UNUSED)
{
	struct options o = {};
	char *argv[] = { (char *)"info", (char *)"--nope", NULL };
	int n;

	assert_int_equal(opt_parse(&spec, 2, argv, &o, &n, NULL), -EINVAL);
}

static void the_help_comes_from_the_table(void **state UNUSED)
{
	struct buf b;

	buf_init(&b, 1 << 16);
	opt_help(&spec, &b);
	assert_string_equal(buf_cstr(&b), "usage: bpftape info TAPE [--json]\n"
					  "\n"
					  "Say what is on a tape.\n"
					  "\n"
					  "options:\n"
					  "  -v, --verbose        say more\n"
					  "  -q                   say less\n"
					  "  -o, --output FILE    where to\n"
					  "  -n, --number N       how many\n"
					  "  -d, --duration TIME  how long\n"
					  "      --size SIZE      how large\n"
					  "  -I, --include DIR    look there, too\n"
					  "      --help           print this and leave\n"
					  "\n"
					  "examples:\n  bpftape info x.tape\n");
	buf_fini(&b);
}

static int run_nothing(int argc UNUSED, char **argv UNUSED)
{
	return 0;
}

static void verbs_are_found_and_typos_explained(void **state UNUSED)
{
	static const struct verb verbs[] = {
		{ "record", run_nothing, "record" },
		{ "replay", run_nothing, "replay" },
		{},
	};
	struct err err = {};

	assert_ptr_equal(verb_find(verbs, "replay", &err), &verbs[1]);
	assert_null(verb_find(verbs, "recrod", &err));
	assert_int_equal(err.code, -EINVAL);
	assert_string_equal(err.msg, "unknown command 'recrod'");
	assert_string_equal(err.hint, "did you mean 'record'?");
	assert_null(verb_find(verbs, "xyz", &err));
	assert_string_equal(err.hint, "see 'bpftape --help'");
	assert_null(verb_find(verbs, "", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_and_short_forms_mean_the_same),
		cmocka_unit_test(flags_may_lead_a_short_option_with_a_value),
		cmocka_unit_test(operands_and_options_mix_and_operands_come_first),
		cmocka_unit_test(a_double_dash_ends_the_options),
		cmocka_unit_test(parsing_stops_at_the_first_operand_where_asked),
		cmocka_unit_test(a_value_may_look_like_an_option),
		cmocka_unit_test(a_list_option_collects_up_to_its_maximum),
		cmocka_unit_test(an_unknown_option_names_the_nearest),
		cmocka_unit_test(missing_and_unwanted_values_are_refused),
		cmocka_unit_test(values_are_checked),
		cmocka_unit_test(the_number_of_operands_is_checked),
		cmocka_unit_test(help_wins_over_missing_operands),
		cmocka_unit_test(a_null_err_is_allowed),
		cmocka_unit_test(the_help_comes_from_the_table),
		cmocka_unit_test(verbs_are_found_and_typos_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
