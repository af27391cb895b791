/*
 * tests/record/test_rawtp.c -- raw tracepoints out of BTF that the test builds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <bpf/btf.h>

#include "record/ktypes.h"
#include "record/rawtp.h"

struct fixture {
	struct btf *btf;
	struct ktypes *k;
	struct rawtp *r;
	struct arena arena;
};

static struct fixture fx;

/* A function pointer type btf_trace_NAME of @n parameters behind the tracepoint's own. */
static void add_event(struct btf *b, const char *name, const int *params, int n)
{
	int proto = btf__add_func_proto(b, 0);

	btf__add_func_param(b, NULL, 0);
	for (int i = 0; i < n; i++)
		btf__add_func_param(b, NULL, params[i]);
	btf__add_typedef(b, name, btf__add_ptr(b, proto));
}

static void add_func(struct btf *b, const char *name, const char *const *names, const int *params,
		     int n)
{
	int proto = btf__add_func_proto(b, 1);

	btf__add_func_param(b, "__data", 0);
	for (int i = 0; i < n; i++)
		btf__add_func_param(b, names[i], params[i]);
	btf__add_func(b, name, BTF_FUNC_STATIC, proto);
}

static int setup(void **state)
{
	static const char *const names[] = { "preempt", "prev", "why" };
	struct btf *b = btf__new_empty();
	int i32 = btf__add_int(b, "int", 4, BTF_INT_SIGNED);
	int bool_ = btf__add_int(b, "_Bool", 1, BTF_INT_BOOL);
	int task = btf__add_struct(b, "task", 64), p, fl;
	int params[3];
	const void *data;
	u32 sz;

	(void)state;
	p = btf__add_ptr(b, task);
	fl = btf__add_float(b, "double", 8);
	params[0] = bool_;
	params[1] = p;
	params[2] = i32;
	add_event(b, "btf_trace_switch", params, 3);
	add_func(b, "__traceiter_switch", names, params, 3);
	add_event(b, "btf_trace_nameless", params + 1, 2);
	add_event(b, "btf_trace_a_none", params, 0);
	params[0] = fl;
	add_event(b, "btf_trace_odd", params, 1);
	add_func(b, "__traceiter_without_type", names, params, 1);
	data = btf__raw_data(b, &sz);
	fx.btf = b;
	arena_init(&fx.arena, 1u << 20);
	return ktypes_open_raw(data, sz, &fx.k, NULL) || rawtp_open(fx.k, &fx.r, NULL);
}

static int teardown(void **state)
{
	(void)state;
	rawtp_close(fx.r);
	ktypes_close(fx.k);
	btf__free(fx.btf);
	arena_fini(&fx.arena);
	return 0;
}

static void events_are_listed_in_order(void **state)
{
	static const char *const want[] = { "a_none", "nameless", "odd", "switch" };
	struct vec v;

	(void)state;
	vec_init(&v, sizeof(const char *), 10);
	assert_int_equal(rawtp_list(fx.r, "*", &v, NULL), 0);
	assert_int_equal(v.n, countof(want));
	for (size_t i = 0; i < v.n; i++)
		assert_string_equal(*vec_get(&v, const char *, i), want[i]);
	vec_reset(&v);
	assert_int_equal(rawtp_list(fx.r, "s*h", &v, NULL), 0);
	assert_int_equal(v.n, 1);
	vec_fini(&v);
}

static void arguments_have_types_and_the_names_of_the_source(void **state)
{
	const struct type *t = rawtp_args(fx.r, &fx.arena, "switch", "args of x");

	(void)state;
	assert_non_null(t);
	assert_string_equal(t->name, "args of x");
	assert_int_equal(t->field_cnt, 3);
	assert_string_equal(t->fields[0].name, "preempt");
	assert_int_equal(t->fields[0].type->kind, TYPE_INT);
	assert_int_equal(t->fields[0].type->size, 1);
	assert_string_equal(t->fields[1].name, "prev");
	assert_int_equal(t->fields[1].off, 8);
	assert_int_equal(t->fields[1].type->kind, TYPE_PTR);
	assert_string_equal(t->fields[1].type->elem->name, "struct task");
	assert_string_equal(t->fields[2].name, "why");
	assert_true(t->fields[2].type->is_signed);
}

static void without_names_they_are_numbered(void **state)
{
	const struct type *t = rawtp_args(fx.r, &fx.arena, "nameless", "x");

	(void)state;
	assert_non_null(t);
	assert_int_equal(t->field_cnt, 2);
	assert_string_equal(t->fields[0].name, "arg0");
	assert_string_equal(t->fields[1].name, "arg1");
	assert_int_equal(t->fields[1].off, 8);
}

static void an_event_may_have_none(void **state)
{
	const struct type *t = rawtp_args(fx.r, &fx.arena, "a_none", "x");

	(void)state;
	assert_non_null(t);
	assert_int_equal(t->field_cnt, 0);
}

static void an_argument_of_no_known_type_keeps_its_place(void **state)
{
	const struct type *t = rawtp_args(fx.r, &fx.arena, "odd", "x");

	(void)state;
	assert_non_null(t);
	assert_int_equal(t->field_cnt, 1);
	assert_int_not_equal(t->fields[0].type->kind, TYPE_INT);
}

static void unknown_events_are_not_found(void **state)
{
	(void)state;
	assert_null(rawtp_args(fx.r, &fx.arena, "nosuch", "x"));
	assert_null(rawtp_args(fx.r, &fx.arena, "without_type", "x"));
	assert_null(rawtp_args(fx.r, &fx.arena, "", "x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_are_listed_in_order),
		cmocka_unit_test(arguments_have_types_and_the_names_of_the_source),
		cmocka_unit_test(without_names_they_are_numbered),
		cmocka_unit_test(an_event_may_have_none),
		cmocka_unit_test(an_argument_of_no_known_type_keeps_its_place),
		cmocka_unit_test(unknown_events_are_not_found),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
