/* tests/lang/test_cpp.c -- preprocessor lines: the text that is left, and where it came from. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "lang/cpp.h"

struct fixture {
	struct arena a;
	struct source src;
	const struct source *out;
	const struct span_map *map;
	struct diag_list d;
};

static bool no_const(const struct catalog *c UNUSED, struct arena *a UNUSED, const char *name,
		     s64 *ret, const struct type **ret_type)
{
	*ret = 42;
	*ret_type = NULL;
	return !strcmp(name, "ANSWER");
}

static const struct catalog_ops ops = { .find_const = no_const };
static const struct catalog cat = { .ops = &ops };

static void run(struct fixture *f, struct str text)
{
	int rc;

	memset(f, 0, sizeof(*f));
	arena_init(&f->a, 256u << 20);
	diag_init(&f->d, &f->a);
	assert_int_equal(source_init(&f->src, &f->a, "t", text), 0);
	rc = cpp_run(&f->src, &cat, &f->a, &f->d, &f->out, &f->map);
	assert_true(!rc || (rc == -EINVAL && f->d.error_cnt));
	/* each line stays where it is */
	if (!f->d.error_cnt)
		assert_int_equal(f->out->line_cnt, f->src.line_cnt);
}

static void expect(const char *text, const char *want)
{
	struct fixture f;

	run(&f, str_of(text));
	if (f.d.head)
		print_message("%s\n", f.d.head->msg);
	assert_int_equal(f.d.error_cnt, 0);
	assert_string_equal(f.out->text, want);
	arena_fini(&f.a);
}

static void expect_error(const char *text, const char *want)
{
	struct fixture f;

	run(&f, str_of(text));
	assert_true(f.d.error_cnt > 0);
	assert_non_null(strstr(f.d.head->msg, want));
	arena_fini(&f.a);
}

static void macros_are_replaced_where_they_are_names(void **state)
{
	(void)state;
	expect("#define A 1\nA \"A\" /* A */ // A\n$A @A x.A x->A A1 1A 0..A",
	       "\n1 \"A\" /* A */ // A\n$A @A x.A x->A A1 1A 0..1");
	expect("#define A\n[A]", "\n[]");
	expect("#define f(x) x+x\nf(1) f (2) f f((3,4)) f(f(5))",
	       "\n1+1 2+2 f (3,4)+(3,4) 5+5+5+5");
	expect("#define v(x, ...) x:__VA_ARGS__\nv(1) v(1,2,3)", "\n1: 1:2,3");
	expect("#define s(x) #x\n#define p(a,b) a ## b\ns(\"q\" 1) p(x, 1)",
	       "\n\n\"\\\"q\\\" 1\" x1");
	expect("#define f(x)\\\n x \\\n+ x\nf(\n7)", "\n\n\n7 + 7\n");
	expect("#define A B\n#define B A\nA", "\n\nA");
	expect("#define A 1\n#undef A\nA", "\n\nA");
	expect("KERNEL_VERSION(1,2,3)", "KERNEL_VERSION(1,2,3)"); /* no line: no C */
}

/* Also where the text is looked through a second time, as an argument. */
static void what_is_not_replaced_stays_so(void **state)
{
	(void)state;
	expect("#define cpu (cpu + 1)\n#define ID(x) (x)\ncpu ID(cpu) ID(ID(cpu))",
	       "\n\n(cpu + 1) ((cpu + 1)) (((cpu + 1)))");
	expect("#define A B\n#define B A\n#define ID(x) x\nID(A) ID(B)", "\n\n\nA B");
	expect("#define f(x) x f\n#define ID(x) x\nID(f(1))(2)", "\n\n1 f(2)");
	expect("#define f(x) f(x + 1)\n#define ID(x) x\nID(f(1)) f(f(1))",
	       "\n\nf(1 + 1) f(f(1 + 1) + 1)");
	/* a word that ## makes is new; # shows what was written */
	expect("#define a a\n#define ab 3\n#define J(x, y) x ## y\n#define ID(x) J(x, b)\n"
	       "#define S(x) #x\n#define T(x) S(x)\nID(a) T(a) T(ID(a))",
	       "\n\n\n\n\n\n3 \"a\" \"3\"");
	expect("#if defined(x)\n#endif\n#define one one + 1\n#define ID(x) x\n"
	       "#if ID(one) == 1\nyes\n#endif",
	       "\n\n\n\n\nyes\n");
}

/* As in C, a name at the end of a text takes what follows as its arguments. */
static void a_name_takes_the_arguments_behind_it(void **state)
{
	(void)state;
	expect("#define f(x) [x]\n#define F f\n#define G() f\nF(3) G()(4) F",
	       "\n\n\n[3] [4] f");
	expect("#define f(x) [x]\n#define K(x) f\n#define ID(x) x\nID(K(1)(2)) K(1) (K(2))",
	       "\n\n\n[2] [f]");
	expect("#define f(x) [x]\n#define V $f\n#define W @f\nV(3) W(4)", "\n\n\n$f(3) @f(4)");
}

static void conditions_leave_text_out(void **state)
{
	(void)state;
	expect("#if 0\na\n#elif 1\nb\n#else\nc\n#endif\nd", "\n\n\nb\n\n\n\nd");
	expect("#ifdef BPFTRACE_HAVE_BTF\na\n#else\nb\n#endif", "\na\n\n\n");
	expect("#ifndef BPFTRACE_HAVE_BTF\na\n#else\nb\n#endif", "\n\n\nb\n");
	expect("#if 0\n#if 1\na\n#else\nb\n#endif\n#nonsense\n#endif\nc", "\n\n\n\n\n\n\n\nc");
	expect("#if defined X || !defined(Y) && ANSWER == 42 && Z == 0\na\n#endif", "\na\n");
	expect("#if 1 ? 0 : 1/0\n#elif (2 | 1) == 3 && ~0 == -1 && 7 % 4 == 3\na\n#endif",
	       "\n\na\n");
}

static void what_is_wrong_is_said(void **state)
{
	(void)state;
	expect_error("#if 1\n", "no #endif");
	expect_error("#endif", "without an #if");
	expect_error("#if (\n#endif", "condition of #if");
	expect_error("#if 1/0\n#endif", "division by zero");
	expect_error("#define f(a) a\nf(1,2)", "takes 1 argument, not 2");
	expect_error("#define f(a) a\nf(1", "takes 1 argument");
	expect_error("#define f(a #b)", "parameters");
	expect_error("#if 1\n#else\n#else\n#endif", "second #else");
}

static void places_lead_back(void **state)
{
	static const char text[] = "#define LONG 1234567\n#if 1\nx LONG y\n#endif\nz";
	struct fixture f;
	struct span sp;
	u32 off;

	(void)state;
	run(&f, STR(text));
	off = (u32)(strstr(f.out->text, "1234567") - f.out->text);
	sp = span_map_back(f.map, (struct span){ off + 2, 3 });
	assert_memory_equal(text + sp.off, "LONG", 4);
	assert_int_equal(sp.len, 4);
	off = (u32)(strchr(f.out->text, 'y') - f.out->text);
	sp = span_map_back(f.map, (struct span){ off, 1 });
	assert_int_equal(text[sp.off], 'y');
	assert_int_equal(sp.len, 1);
	off = (u32)(strchr(f.out->text, 'z') - f.out->text);
	assert_int_equal(text[span_map_back(f.map, (struct span){ off, 1 }).off], 'z');
	arena_fini(&f.a);
}

/* @text again and again, up to @len bytes. */
static struct str repeated(struct buf *b, const char *head, const char *text, size_t len)
{
	buf_init(b, SOURCE_MAX);
	buf_puts(b, head);
	while (b->len + strlen(text) < len)
		buf_puts(b, text);
	return (struct str){ buf_cstr(b), b->len };
}

static void hostile_text_is_bounded(void **state)
{
	static const struct {
		const char *head, *text;
	} rows[] = {
		{ "", "#if 1\n" },
		{ "", "#define A" },
		{ "#define A A A\n", "A " },
		{ "#define A(x) x x\n", "A(" },
		{ "#define A(x) x x\nA", "(A" },
		{ "#define A aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n", "A " },
		{ "#define A(a,b) a##b a##b\n#define B A(A,B) A(B,A)\n", "B " },
		{ "#if ", "(" },
		{ "#if ", "!" },
		{ "#if 1", "+1" },
		{ "#define X ", "\\\n" },
		{ "#define X /* ", "*" },
		{ "#define S(x) #x\nS(", "\"\\" },
		{ "#define ", "x ## y # z" },
		{ "#", "\\\n#" },
	};
	struct fixture f;
	struct buf b;

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		run(&f, repeated(&b, rows[i].head, rows[i].text, 200000));
		arena_fini(&f.a);
		buf_fini(&b);
	}
	expect_error("#define A B B B B B B B B\n#define B C C C C C C C C\n"
		     "#define C D D D D D D D D\n#define D E E E E E E E E\n"
		     "#define E F F F F F F F F\n#define F G G G G G G G G\n"
		     "#define G aaaaaaaaaaaaa\nA",
		     "macro");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(macros_are_replaced_where_they_are_names),
		cmocka_unit_test(what_is_not_replaced_stays_so),
		cmocka_unit_test(a_name_takes_the_arguments_behind_it),
		cmocka_unit_test(conditions_leave_text_out),
		cmocka_unit_test(what_is_wrong_is_said),
		cmocka_unit_test(places_lead_back),
		cmocka_unit_test(hostile_text_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
