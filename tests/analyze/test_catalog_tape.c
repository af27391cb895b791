/* tests/analyze/test_catalog_tape.c -- what the front end is told comes from the tape alone. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <errno.h>
#include <string.h>
#include <cmocka.h>

#include "analyze/catalog_tape.h"

/* A tape's tables as its reader would hand them out. */
struct fixture {
	struct tape_type_field fields[4];
	struct tape_type_record records[1];
	struct tape_type_const consts[2];
	struct tape_expansion_probe probes[3];
	struct tape_expansion expansions[2];
	struct tape_types types;
	struct tape_state state;
	struct catalog_tape *tape;
	struct catalog catalog;
	struct arena arena;
};

static void fill(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	f->fields[0] =
		(struct tape_type_field){ .name = STR("fd"), .type = STR("uint32"), .off = 16 };
	f->fields[1] =
		(struct tape_type_field){ .name = STR("buf"), .type = STR("int8 *"), .off = 24 };
	f->fields[2] =
		(struct tape_type_field){ .name = STR("odd"), .type = STR("type of the future") };
	f->fields[3] = (struct tape_type_field){ .name = STR("wraps"),
						 .type = STR("(string[4294967290],int8)") };
	f->records[0] = (struct tape_type_record){ STR("args of read"), 40, f->fields, 4 };
	f->consts[0] = (struct tape_type_const){ STR("AF_INET"), STR("int32"), 2 };
	f->consts[1] = (struct tape_type_const){ STR("AT_FDCWD"), STR("int32"), (u64)-100 };
	f->probes[0] = (struct tape_expansion_probe){ 0,
						      STR("tracepoint:syscalls:sys_enter_pread64"),
						      STR("args of read") };
	f->probes[1] = (struct tape_expansion_probe){ 1, STR("tracepoint:syscalls:sys_enter_read"),
						      STR("args of read") };
	f->probes[2] = (struct tape_expansion_probe){ 2,
						      STR("tracepoint:sched:sched_switch"),
						      { NULL, 0 } };
	f->expansions[0] =
		(struct tape_expansion){ STR("tracepoint:syscalls:sys_enter_*"), f->probes, 2 };
	f->expansions[1] =
		(struct tape_expansion){ STR("tracepoint:sched:sched_switch"), f->probes + 2, 1 };
	f->types = (struct tape_types){ f->records, 1, f->consts, 2, f->expansions, 2, NULL, 0 };
	f->state.types = &f->types;
}

static int setup(void **state)
{
	static struct fixture f;
	struct err err;

	fill(&f);
	arena_init(&f.arena, 1 << 20);
	assert_int_equal(catalog_tape_new(&f.state, &f.tape, &err), 0);
	f.catalog = catalog_tape_get(f.tape);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	catalog_tape_free(f->tape);
	arena_fini(&f->arena);
	return 0;
}

static int expand(struct fixture *f, const char *category, const char *event, struct vec *out,
		  struct str_nearest *near)
{
	struct probe_spec spec = { .text = "",
				   .parts = { "tracepoint", category, event },
				   .part_cnt = 3 };
	struct err err;

	vec_init(out, sizeof(struct probe), 100);
	return f->catalog.ops->expand(&f->catalog, &spec, &f->arena, out, near, &err);
}

static void a_recorded_pattern_expands_as_it_did(void **state)
{
	struct fixture *f = *state;
	struct vec out;
	const struct probe *p;

	assert_int_equal(expand(f, "syscalls", "sys_enter_*", &out, NULL), 0);
	assert_int_equal(out.n, 2);
	p = vec_get(&out, struct probe, 1);
	assert_string_equal(p->name, "tracepoint:syscalls:sys_enter_read");
	assert_string_equal(p->category, "syscalls");
	assert_string_equal(p->event, "sys_enter_read");
	assert_int_equal(p->kind, PROBE_TRACEPOINT);
	vec_fini(&out);
}

static void another_pattern_finds_all_probes_of_the_tape_sorted(void **state)
{
	struct vec out;

	assert_int_equal(expand(*state, "*", "*", &out, NULL), 0);
	assert_int_equal(out.n, 3);
	assert_string_equal(vec_get(&out, struct probe, 0)->name, "tracepoint:sched:sched_switch");
	assert_null(vec_get(&out, struct probe, 0)->args);
	assert_string_equal(vec_get(&out, struct probe, 2)->name,
			    "tracepoint:syscalls:sys_enter_read");
	vec_fini(&out);
}

static void an_unknown_probe_offers_the_nearest(void **state)
{
	struct str_nearest near;
	struct vec out;

	str_nearest_init(&near, "syscalls:sys_enter_raed");
	assert_int_equal(expand(*state, "syscalls", "sys_enter_raed", &out, &near), -ENOENT);
	assert_string_equal(near.best[0].text, "syscalls:sys_enter_read");
	vec_fini(&out);
}

static void fields_of_unknown_types_are_not_offered(void **state)
{
	struct fixture *f = *state;
	const struct type *t = f->catalog.ops->find_type(&f->catalog, &f->arena, "args of read");

	assert_non_null(t);
	assert_int_equal(t->kind, TYPE_STRUCT);
	assert_int_equal(t->size, 40);
	assert_int_equal(t->field_cnt, 2);
	assert_int_equal(type_field(t, "fd")->off, 16);
	assert_int_equal(type_field(t, "fd")->type->size, 4);
	assert_int_equal(type_field(t, "buf")->type->kind, TYPE_PTR);
	assert_null(f->catalog.ops->find_type(&f->catalog, &f->arena, "struct task_struct"));
}

static void constants_keep_value_and_type(void **state)
{
	struct fixture *f = *state;
	const struct type *t;
	s64 v;

	assert_true(f->catalog.ops->find_const(&f->catalog, &f->arena, "AT_FDCWD", &v, &t));
	assert_int_equal(v, -100);
	assert_true(t->is_signed);
	assert_int_equal(t->size, 4);
	assert_false(f->catalog.ops->find_const(&f->catalog, &f->arena, "O_CREAT", &v, &t));
}

static void facts_are_found_by_space_and_key(void **state)
{
	struct fixture *f = *state;
	struct tape_fact facts[] = { { STR("uid"), STR("0"), STR("root") },
				     { STR("param"), STR("0"), STR("x") } };

	f->types.facts = facts;
	f->types.fact_cnt = 2;
	assert_true(str_is(catalog_tape_fact(&f->types, "param", "0"), "x"));
	assert_null(catalog_tape_fact(&f->types, "param", "1").s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_recorded_pattern_expands_as_it_did, setup,
						teardown),
		cmocka_unit_test_setup_teardown(another_pattern_finds_all_probes_of_the_tape_sorted,
						setup, teardown),
		cmocka_unit_test_setup_teardown(an_unknown_probe_offers_the_nearest, setup,
						teardown),
		cmocka_unit_test_setup_teardown(fields_of_unknown_types_are_not_offered, setup,
						teardown),
		cmocka_unit_test_setup_teardown(constants_keep_value_and_type, setup, teardown),
		cmocka_unit_test_setup_teardown(facts_are_found_by_space_and_key, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
