/* tests/lang/test_ast_dump.c -- canonical texts: one spelling for one meaning. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "lang/ast_dump.h"
#include "lang/builtin.h"
#include "lang/parser.h"

struct fixture {
	struct arena a;
	struct diag_list d;
	struct source src;
	struct buf out;
};

static struct node *parse(struct fixture *f, const char *text)
{
	struct node *n = NULL;

	arena_init(&f->a, 1 << 20);
	diag_init(&f->d, &f->a);
	buf_init(&f->out, 1 << 16);
	assert_int_equal(source_init(&f->src, &f->a, "-e", str_of(text)), 0);
	if (parse_expression(&f->src, &f->a, &f->d, &n))
		fail_msg("does not parse: %s", text);
	return n;
}

static void teardown(struct fixture *f)
{
	buf_fini(&f->out);
	arena_fini(&f->a);
}

static void assert_prints(const char *text, const char *want)
{
	struct fixture f;
	struct node *n = parse(&f, text);

	expr_print(n, &f.out);
	assert_string_equal(buf_cstr(&f.out), want);
	teardown(&f);
}

static void spellings_of_one_meaning_are_one_text(void **state UNUSED)
{
	static const char *const rows[][2] = {
		{ "args->ret", "args.ret" },
		{ "args . ret", "args.ret" },
		{ "$p->a->b.c", "$p.a.b.c" },
		{ "0x10+010", "16 + 8" },
		{ "1e3", "1000" },
		{ "10ms", "10000000" },
		{ "0xffffffffffffffff", "18446744073709551615" },
		{ "5ull", "5" },
		{ "@m[(1,2)]", "@m[1, 2]" },
		{ "@m[1,2]", "@m[1, 2]" },
		{ "@m[((1))]", "@m[1]" },
		{ "@m[(1,)]", "@m[(1,)]" },
		{ "@[pid,comm]", "@[pid, comm]" },
		{ "str( args->filename,10 )", "str(args.filename, 10)" },
		{ "f(1,)", "f(1)" },
		{ "pid/*x*/==\n1", "pid == 1" },
		{ "((pid))", "pid" },
		{ "$#+$1", "$# + $1" },
		{ "true?false:1", "true ? false : 1" },
		{ "$a?:$b", "$a ?: $b" },
		{ "\"a\\x41\\n\\\"\\\\\\001\\xe9\"", "\"aA\\n\\\"\\\\\\x01\\xe9\"" },
		{ "( uint64 )x", "(uint64)x" },
		{ "(struct  foo*)x", "(struct foo *)x" },
		{ "(struct foo**)x", "(struct foo **)x" },
		{ "(uint8 [ 4 ])x", "(uint8[4])x" },
		{ "(uint8[])x", "(uint8[])x" },
		{ "(unsigned  long)x", "(unsigned long)x" },
		{ "(1,2)", "(1, 2)" },
		{ "(1,)", "(1,)" },
		{ "()", "()" },
		{ "(a=1,b=2)", "(a = 1, b = 2)" },
		{ "sizeof( struct foo )", "sizeof(struct foo)" },
		{ "sizeof($x)", "sizeof($x)" },
		{ "offsetof(struct foo,a . b)", "offsetof(struct foo, a.b)" },
		{ "comptime(1+2)", "comptime (1 + 2)" },
		{ "{1}", "{...}" },
	};

	for (size_t i = 0; i < countof(rows); i++)
		assert_prints(rows[i][0], rows[i][1]);
}

static void parentheses_stand_only_where_the_tree_needs_them(void **state UNUSED)
{
	static const char *const rows[][2] = {
		{ "(1*2)+3", "1 * 2 + 3" },
		{ "1*(2+3)", "1 * (2 + 3)" },
		{ "(1-2)-3", "1 - 2 - 3" },
		{ "1-(2-3)", "1 - (2 - 3)" },
		{ "1+(2+3)", "1 + (2 + 3)" },
		{ "(1&2)==3", "(1 & 2) == 3" },
		{ "1&(2==3)", "1 & 2 == 3" },
		{ "(a||b)&&c", "(a || b) && c" },
		{ "a||(b&&c)", "a || b && c" },
		{ "(a?b:c)?d:e", "(a ? b : c) ? d : e" },
		{ "a?(b?c:d):(e?f:g)", "a ? b ? c : d : e ? f : g" },
		{ "(a?b:c)+1", "(a ? b : c) + 1" },
		{ "-(1+2)", "-(1 + 2)" },
		{ "-(-1)", "-(-1)" },
		{ "- -$x", "-(-$x)" },
		{ "-(--$x)", "-(--$x)" },
		{ "+(+1)", "+(+1)" },
		{ "+(++$x)", "+(++$x)" },
		{ "&(&x)", "&(&x)" },
		{ "-+-1", "-+-1" },
		{ "!(!x)", "!!x" },
		{ "~-1", "~-1" },
		{ "*(*p)", "**p" },
		{ "*(p+1)", "*(p + 1)" },
		{ "(*p).a", "(*p).a" },
		{ "*(p.a)", "*p.a" },
		{ "((struct s *)p)->a", "((struct s *)p).a" },
		{ "(struct s *)(p->a)", "(struct s *)p.a" },
		{ "1 . 2", "(1).2" },
		{ "1 . a", "(1).a" },
		{ "(1).2.3", "(1).2.3" },
		{ "(uint8)(a+b)", "(uint8)(a + b)" },
		{ "(uint8)(-1)", "(uint8)-1" },
		{ "-((uint8)x)", "-(uint8)x" },
		{ "(a+b)[1]", "(a + b)[1]" },
		{ "$t.0.1", "$t.0.1" },
		{ "@x++ + ++@x", "@x++ + ++@x" },
		{ "(a,b).0", "(a, b).0" },
		{ "f((a+b),(c))", "f(a + b, c)" },
	};

	for (size_t i = 0; i < countof(rows); i++)
		assert_prints(rows[i][0], rows[i][1]);
}

static void nodes_made_by_the_checker_print_by_main_name(void **state UNUSED)
{
	struct fixture f;
	struct node *n = parse(&f, "x + y(1)"), *call = n->binary.r;

	n->binary.l->kind = NODE_BUILTIN;
	n->binary.l->builtin.b = &builtins[BI_ARGN];
	n->binary.l->builtin.arg = 3;
	call->call.b = &builtins[BI_STR];
	call->call.args->integer.val = -5;
	expr_print(n, &f.out);
	assert_string_equal(buf_cstr(&f.out), "arg3 + str(-5)");
	buf_reset(&f.out);
	n->binary.l->builtin.b = &builtins[BI_PID];
	n->binary.r = call->call.args;
	n->binary.op = OP_SUB;
	expr_print(n, &f.out);
	assert_string_equal(buf_cstr(&f.out), "pid - -5");
	teardown(&f);
}

/* A folded number below an operator: it must not join with it, nor be taken for a member's base. */
static void negative_numbers_are_kept_apart(void **state UNUSED)
{
	struct fixture f;
	struct node *n = parse(&f, "-(1)");

	n->unary.arg->integer.val = -1;
	expr_print(n, &f.out);
	assert_string_equal(buf_cstr(&f.out), "-(-1)");
	n->unary.op = OP_PLUS;
	buf_reset(&f.out);
	expr_print(n, &f.out);
	assert_string_equal(buf_cstr(&f.out), "+-1");
	n->unary.arg->integer.is_unsigned = true;
	n->unary.op = OP_NEG;
	buf_reset(&f.out);
	expr_print(n, &f.out);
	assert_string_equal(buf_cstr(&f.out), "-18446744073709551615");
	teardown(&f);
}

static void every_kind_and_operator_has_a_name(void **state UNUSED)
{
	for (int k = 0; k < NODE_KIND_CNT; k++)
		assert_true(strlen(node_kind_name(k)) > 1);
	for (int op = OP_ADD; op < OP_CNT; op++)
		assert_true(strlen(op_text(op)) > 0);
	assert_string_equal(op_text(OP_NONE), "");
}

static void statements_print_as_one_line(void **state UNUSED)
{
	static const char *const rows[][2] = {
		{ "@x+=1;", "@x += 1" },
		{ "@x[1]=2;", "@x[1] = 2" },
		{ "let $x:uint64=1;", "let $x : uint64 = 1" },
		{ "let $x;", "let $x" },
		{ "return 1+2;", "return 1 + 2" },
		{ "return;", "return" },
		{ "if(pid){}", "if (pid)" },
		{ "while(pid){}", "while (pid)" },
		{ "unroll(3){}", "unroll (3)" },
		{ "for($x:@m){}", "for ($x : @m)" },
		{ "for($x:0..5){}", "for ($x : 0..5)" },
		{ "f(1);", "f(1)" },
		{ "break;", "break" },
		{ "continue;", "continue" },
		{ "{ }", "{...}" },
	};

	for (size_t i = 0; i < countof(rows); i++) {
		char text[128];
		struct fixture f;
		struct ast ast;

		snprintf(text, sizeof(text), "BEGIN { %s }", rows[i][0]);
		arena_init(&f.a, 1 << 20);
		diag_init(&f.d, &f.a);
		buf_init(&f.out, 1 << 16);
		assert_int_equal(source_init(&f.src, &f.a, "-e", str_of(text)), 0);
		assert_int_equal(parse_script(&f.src, NULL, &f.a, &f.d, &ast), 0);
		expr_print(ast.clauses->body, &f.out);
		assert_string_equal(buf_cstr(&f.out), rows[i][1]);
		teardown(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spellings_of_one_meaning_are_one_text),
		cmocka_unit_test(parentheses_stand_only_where_the_tree_needs_them),
		cmocka_unit_test(nodes_made_by_the_checker_print_by_main_name),
		cmocka_unit_test(negative_numbers_are_kept_apart),
		cmocka_unit_test(every_kind_and_operator_has_a_name),
		cmocka_unit_test(statements_print_as_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
