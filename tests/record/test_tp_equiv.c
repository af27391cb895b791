/*
 * tests/record/test_tp_equiv.c -- rows of the table over BTF that the test builds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <bpf/btf.h>

#include "lang/type.h"
#include "record/ktypes.h"
#include "record/rawtp.h"
#include "record/tp_equiv.h"

static struct {
	struct btf *btf;
	struct ktypes *k;
	struct rawtp *r;
	struct arena arena;
} fx;

struct param {
	const char *name;
	int type;
};

static void add_event(const char *event, const struct param *params, int n)
{
	struct btf *b = fx.btf;
	char name[64];
	int proto;

	for (int is_func = 0; is_func < 2; is_func++) {
		proto = btf__add_func_proto(b, 0);
		btf__add_func_param(b, is_func ? "__data" : NULL, 0);
		for (int i = 0; i < n; i++)
			btf__add_func_param(b, is_func ? params[i].name : NULL, params[i].type);
		snprintf(name, sizeof(name), "%s%s", is_func ? "__traceiter_" : "btf_trace_",
			 event);
		if (is_func)
			btf__add_func(b, name, BTF_FUNC_STATIC, proto);
		else
			btf__add_typedef(b, name, btf__add_ptr(b, proto));
	}
}

/* A kernel whose tasks have no thread_info and whose requests are older than their disk. */
static int setup(void **state)
{
	struct btf *b = fx.btf = btf__new_empty();
	int i32 = btf__add_int(b, "int", 4, BTF_INT_SIGNED);
	int u32t = btf__add_int(b, "unsigned int", 4, 0);
	int chr = btf__add_int(b, "char", 1, 0), half = btf__add_int(b, "short", 2, BTF_INT_SIGNED);
	int comm = btf__add_array(b, i32, chr, 16), chars = btf__add_ptr(b, chr);
	int signal, task, bprm, work, p;
	const void *data;
	u32 sz;

	(void)state;
	signal = btf__add_struct(b, "signal_struct", 16);
	btf__add_field(b, "oom_score_adj", half, 64, 0);
	p = btf__add_ptr(b, signal);
	task = btf__add_struct(b, "task_struct", 128);
	btf__add_field(b, "pid", i32, 32, 0);
	btf__add_field(b, "prio", i32, 64, 0);
	btf__add_field(b, "comm", comm, 128, 0);
	btf__add_field(b, "signal", p, 320, 0);
	task = btf__add_ptr(b, task);
	bprm = btf__add_struct(b, "linux_binprm", 32);
	btf__add_field(b, "filename", chars, 192, 0);
	bprm = btf__add_ptr(b, bprm);
	work = btf__add_struct(b, "wb_writeback_work", 16);
	btf__add_field(b, "first", u32t, 0, 1);
	btf__add_field(b, "for_kupdate", u32t, 1, 1);
	work = btf__add_ptr(b, work);
	add_event("sched_wakeup", (struct param[]){ { "p", task } }, 1);
	add_event("task_newtask", (struct param[]){ { "task", task }, { "clone_flags", u32t } }, 2);
	add_event("sched_process_exec",
		  (struct param[]){ { "p", task }, { "old_pid", i32 }, { "bprm", bprm } }, 3);
	add_event("writeback_start", (struct param[]){ { "wb", task }, { "work", work } }, 2);
	add_event("hrtimer_expire_entry",
		  (struct param[]){ { "hrtimer", task }, { "now", btf__add_ptr(b, i32) } }, 2);
	data = btf__raw_data(b, &sz);
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

/* The record of an event: words and, from the first that begins with '$', strings. */
static const struct tp_event *resolve(const char *category, const char *event,
				      const char *const *names, u32 n)
{
	struct field *f = arena_new_n(&fx.arena, struct field, n);
	struct type *t = arena_new(&fx.arena, struct type);

	for (u32 i = 0; i < n; i++) {
		bool is_str = names[i][0] == '$';

		f[i].name = names[i] + is_str;
		f[i].type = is_str ? type_str(&fx.arena, 16) : &type_s32;
		f[i].off = 8 + 16 * i;
	}
	*t = (struct type){ .kind = TYPE_STRUCT, .name = "r", .fields = f, .field_cnt = n };
	return tp_equiv_resolve(fx.r, category, event, t, 6 << 16 | 18 << 8, &fx.arena);
}

#define RESOLVE(category, event, ...)                                  \
	resolve(category, event, (const char *const[]){ __VA_ARGS__ }, \
		sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

static void members_and_arrays_of_characters_are_one_read(void **state)
{
	const struct tp_event *e = RESOLVE("sched", "sched_wakeup", "$comm", "pid", "target_cpu");
	const struct tp_value *v = tp_event_find(e, "pid");

	(void)state;
	assert_non_null(v);
	assert_int_equal(v->kind, TP_WORD);
	assert_int_equal(v->path[0].arg, 0);
	assert_int_equal(v->path[0].read_cnt, 0);
	assert_int_equal(v->path[0].last_off, 4);
	assert_int_equal(v->path[0].size, 4);
	assert_true(v->path[0].is_signed);
	v = tp_event_find(e, "comm");
	assert_non_null(v);
	assert_int_equal(v->kind, TP_CHARS);
	assert_int_equal(v->path[0].last_off, 16);
}

static void what_the_kernel_lacks_is_not_covered(void **state)
{
	const struct tp_event *e = RESOLVE("sched", "sched_wakeup", "$comm", "target_cpu");

	(void)state;
	assert_null(tp_event_find(e, "target_cpu"));
	assert_null(RESOLVE("block", "block_rq_issue", "dev", "sector"));
	assert_null(RESOLVE("sched", "sched_nosuch", "pid"));
	/* a word where the record has a string, and the reverse */
	assert_null(RESOLVE("sched", "sched_wakeup", "comm", "$pid"));
}

static void pointers_between_are_read_on_the_way(void **state)
{
	const struct tp_event *e = RESOLVE("task", "task_newtask", "oom_score_adj", "clone_flags");
	const struct tp_value *v = tp_event_find(e, "oom_score_adj");

	(void)state;
	assert_non_null(v);
	assert_int_equal(v->path[0].read_cnt, 1);
	assert_int_equal(v->path[0].off[0], 40);
	assert_int_equal(v->path[0].last_off, 8);
	assert_int_equal(v->path[0].size, 2);
	v = tp_event_find(e, "clone_flags");
	assert_non_null(v);
	assert_int_equal(v->path[0].arg, 1);
	assert_int_equal(v->path[0].size, 0);
	assert_int_equal(v->path[0].arg_size, 4);
	assert_true(v->path[0].is_loadable);
}

static void a_string_behind_a_pointer_costs_one_read_more(void **state)
{
	const struct tp_event *e = RESOLVE("sched", "sched_process_exec", "$filename", "old_pid");
	const struct tp_value *v = tp_event_find(e, "filename");

	(void)state;
	assert_non_null(v);
	assert_int_equal(v->kind, TP_CHARS);
	assert_int_equal(v->path[0].arg, 2);
	assert_int_equal(v->path[0].read_cnt, 1);
	assert_int_equal(v->path[0].off[0], 24);
	assert_int_equal(v->path[0].last_off, 0);
}

static void bit_fields_and_what_a_pointer_leads_to(void **state)
{
	const struct tp_event *e = RESOLVE("writeback", "writeback_start", "for_kupdate");
	const struct tp_value *v = tp_event_find(e, "for_kupdate");

	(void)state;
	assert_non_null(v);
	assert_int_equal(v->path[0].bit_off, 1);
	assert_int_equal(v->path[0].bit_sz, 1);
	e = RESOLVE("timer", "hrtimer_expire_entry", "now");
	v = tp_event_find(e, "now");
	assert_non_null(v);
	assert_int_equal(v->path[0].arg, 1);
	assert_int_equal(v->path[0].size, 4);
	assert_int_equal(v->path[0].last_off, 0);
	assert_false(v->path[0].is_loadable);
}

static void every_row_is_well_formed(void **state)
{
	const struct tp_row *row;
	u32 n = 0;

	(void)state;
	for (; (row = tp_equiv_row(n)); n++) {
		char first[64];

		snprintf(first, sizeof(first), "%.*s", (int)strcspn(row->events, " "), row->events);
		assert_true(tp_equiv_has(row->category, first));
		assert_true(strlen(row->expr) > 0);
		assert_null(strstr(row->events, "  "));
	}
	assert_true(n > 80);
	assert_false(tp_equiv_has("sched", "sched"));
	assert_false(tp_equiv_has("sched", "sched_wakeup_ne"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_and_arrays_of_characters_are_one_read),
		cmocka_unit_test(what_the_kernel_lacks_is_not_covered),
		cmocka_unit_test(pointers_between_are_read_on_the_way),
		cmocka_unit_test(a_string_behind_a_pointer_costs_one_read_more),
		cmocka_unit_test(bit_fields_and_what_a_pointer_leads_to),
		cmocka_unit_test(every_row_is_well_formed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
