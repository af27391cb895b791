/*
 * tests/codegen/test_split_random.c -- seeded random programs on seeded random events: run whole,
 * and split with the rows serialised in between, the analysis compiled anew and bound to the plan
 * as a tape carries it.  Logs and maps must be the same.  Where no K map is printed, rows also come
 * late and out of order across the CPUs.
 *
 * BPFTAPE_SEED=N runs one seed and shows it; BPFTAPE_ALL=1 runs ten times as many;
 * BPFTAPE_PROGRAMS=N runs N (a build with sanitizers takes ten times as long for each).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/gen_program.h"
#include "tests/support/target_fake_script.h"

#define PROGRAMS 2000
#define BATCH	 40
#define EVENTS	 24

struct subject {
	u64 seed;
	struct buf text;
	struct fake_script s; /* whole, slice */
	struct fake_script again; /* compiled anew, bound to the plan */
	bool is_late;
};

/* ---- events ---- */

static void put_event(u64 *rng, u64 ts, struct buf *out)
{
	static const char *const strings[] = { "\"alpha\"", "\"b\"",
					       "\"\"",	    "\"a longer string of text\"",
					       "0",	    "12345" };
	static const char *const pointers[] = { "0x7000", "0x7001", "0x7008",
						"0",	  "0x9000", "0xffff800000000000" };
	u64 r = gen_next(rng);
	u32 tid = 1 + r % 3;

	buf_printf(
		out,
		"//@ tracepoint:gen:%c ts=%llu cpu=%u pid=%u tid=%u uid=%u comm=%s "
		"a=%d b=%llu c=%u d=%d s=%s p=%s\n",
		(r >> 8) & 1 ? 'a' : 'b', (unsigned long long)ts, (u32)(r >> 10) & 1, 10 + tid / 2,
		tid, (u32)(r >> 12) & 3, (r >> 14) & 1 ? "alpha" : "worker",
		(int)((r >> 16) % 9) - 4,
		(r >> 20) & 1 ? (unsigned long long)gen_next(rng) :
				(unsigned long long)((r >> 21) % 5),
		(u32)(r >> 24) & 0xff, (int)((r >> 32) % 2001) - 1000,
		strings[(r >> 44) % countof(strings)], pointers[(r >> 50) % countof(pointers)]);
}

static void put_events(u64 seed, struct buf *out)
{
	u64 rng = seed * 0x2545f4914f6cdd1dull + 7, ts = 1000;

	buf_puts(
		out,
		"//@mem 0x7000 user 0102030405060708090a0b0c0d0e0f00616c70686100ff\n"
		 "//@steps 100\n");
	for (int i = 0; i < EVENTS; i++) {
		ts += 1 + gen_next(&rng) % 1000;
		put_event(&rng, ts, out);
	}
}

/* ---- a subject ---- */

static void compile(struct fake_script *s, struct subject *sub, bool split)
{
	struct err err = { 0 };
	char name[32];

	snprintf(name, sizeof(name), "seed-%llu", (unsigned long long)sub->seed);
	if (fake_script_compile(s, name, (struct str){ buf_cstr(&sub->text), sub->text.len },
				GEN_CATALOG, COMPAT_27, split, &err)) {
		fprintf(stderr, "%s\n%s\n", buf_cstr(&sub->text), err.msg);
		fail_msg("seed %llu does not compile", (unsigned long long)sub->seed);
	}
}

/* The plan as a tape carries it, without anything that only the splitter knows. */
static void bind_again(struct subject *sub)
{
	const struct plan *plan = sub->s.plan;
	struct arena *a = &sub->again.arena;
	struct tape_table *tables = arena_new_n(a, struct tape_table, plan->table_cnt + 1);

	assert_non_null(tables);
	for (u32 i = 0; i < plan->table_cnt; i++) {
		const struct plan_table *t = &plan->tables[i];

		tables[i] = (struct tape_table){ .name = t->name,
						 .id = i,
						 .cols = t->cols,
						 .col_cnt = t->col_cnt,
						 .bits = t->bits,
						 .bit_cnt = t->bit_cnt,
						 .filter = t->filter,
						 .clause_idx = t->inst->clause->idx,
						 .emits = t->emits };
	}
	if (plan_bind_recorded(sub->again.prog, tables, plan->table_cnt, plan->maps,
			       &sub->again.diags, &sub->again.plan))
		fail_msg("seed %llu: the plan does not bind", (unsigned long long)sub->seed);
}

static bool prints_k_map(const struct plan *plan)
{
	for (u32 i = 0; i < plan->prog->action_cnt; i++) {
		const struct action *a = plan->prog->actions[i];

		if (a->map && plan->maps[a->map->idx].cls == MAP_K)
			return true;
	}
	return false;
}

static void subject_init(struct subject *sub, u64 seed)
{
	struct gen_opts o = { .with_agg_reads = seed & 1,
			      .no_loops = seed % 5 == 0,
			      .no_exit = seed % 3 == 0 };

	sub->seed = seed;
	buf_init(&sub->text, 1 << 20);
	gen_program(seed, &o, &sub->text);
	put_events(seed, &sub->text);
	compile(&sub->s, sub, true);
	compile(&sub->again, sub, false);
	bind_again(sub);
	sub->is_late = !prints_k_map(sub->s.plan);
}

static void subject_fini(struct subject *sub)
{
	fake_script_fini(&sub->s);
	fake_script_fini(&sub->again);
	buf_fini(&sub->text);
}

/* The lines around the first difference. */
static void show_difference(const char *a, const char *b)
{
	size_t same = 0, from = 0;

	for (size_t i = 0; a[i] && a[i] == b[i]; i++) {
		if (a[i] == '\n')
			same = i + 1;
	}
	for (size_t i = 0; i + 1 < same; i++) {
		if (a[i] == '\n' && i + 200 > same)
			from = from ? from : i + 1;
	}
	fprintf(stderr, "--- whole\n%.600s\n--- other\n%.600s\n", a + from, b + from);
}

static bool differs(const struct subject *sub, const char *what, struct buf *whole,
		    struct buf *other)
{
	struct buf plan;

	if (!strcmp(buf_cstr(whole), buf_cstr(other)))
		return false;
	buf_init(&plan, 1 << 20);
	plan_print(sub->s.plan, &plan);
	fprintf(stderr, "seed %llu, %s\n%s\n--- plan\n%s", (unsigned long long)sub->seed, what,
		sub->s.src.text, buf_cstr(&plan));
	show_difference(buf_cstr(whole), buf_cstr(other));
	buf_fini(&plan);
	return true;
}

static bool subject_runs_alike(struct subject *sub)
{
	struct buf whole, split, late;
	bool bad;

	buf_init(&whole, 1 << 22);
	buf_init(&split, 1 << 22);
	buf_init(&late, 1 << 22);
	fake_script_events(&sub->s);
	fake_script_run_whole(&sub->s, &whole);
	fake_script_run_split(&sub->s, &split);
	bad = differs(sub, "split", &whole, &split);
	if (!bad && sub->is_late) {
		fake_script_run_late(&sub->s, &late);
		bad = differs(sub, "late rows", &whole, &late);
	}
	buf_fini(&whole);
	buf_fini(&split);
	buf_fini(&late);
	return !bad;
}

static int run_batch(u64 first, int n, int *late_cnt)
{
	struct subject *subs = calloc(n, sizeof(*subs));
	struct fake_jit *j;
	struct err err = { 0 };
	int bad = 0;

	assert_non_null(subs);
	assert_int_equal(fake_jit_new(&j, &err), 0);
	for (int i = 0; i < n; i++) {
		subject_init(&subs[i], first + i);
		if (fake_jit_add(j, subs[i].s.prog, subs[i].s.plan, &subs[i].s.code, &err) ||
		    fake_jit_add(j, subs[i].again.prog, subs[i].again.plan, &subs[i].s.analysis,
				 &err))
			fail_msg("seed %llu: %s", (unsigned long long)first + i, err.msg);
	}
	if (fake_jit_compile(j, &err))
		fail_msg("seeds from %llu: %s", (unsigned long long)first, err.msg);
	for (int i = 0; i < n; i++) {
		bad += !subject_runs_alike(&subs[i]);
		*late_cnt += subs[i].is_late;
	}
	fake_jit_free(j);
	for (int i = 0; i < n; i++)
		subject_fini(&subs[i]);
	free(subs);
	return bad;
}

/*
 * Beyond those that are always run: a ternary that the kernel decides, inside a condition that it
 * evaluates, read a map of the analyzer's.
 */
static void what_was_wrong_once_is_not_again(void **state)
{
	static const u64 seeds[] = { 3518, 9495, 11576 };
	int late = 0;

	(void)state;
	for (size_t i = 0; i < countof(seeds); i++)
		assert_int_equal(run_batch(seeds[i], 1, &late), 0);
}

static void whole_and_split_give_the_same(void **state)
{
	const char *seed = getenv("BPFTAPE_SEED"), *few = getenv("BPFTAPE_PROGRAMS");
	int n = few ? (int)strtol(few, NULL, 0) : PROGRAMS, bad = 0, late = 0;

	(void)state;
	if (seed) {
		assert_int_equal(run_batch(strtoull(seed, NULL, 0), 1, &late), 0);
		return;
	}
	if (getenv("BPFTAPE_ALL"))
		n = PROGRAMS * 10;
	assert_true(n >= BATCH);
	for (int i = 0; i < n && bad < 3; i += BATCH)
		bad += run_batch(1 + i, BATCH, &late);
	printf("%d programs, %d of them also with late rows\n", n, late);
	assert_int_equal(bad, 0);
	assert_true(late > n / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_wrong_once_is_not_again),
		cmocka_unit_test(whole_and_split_give_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
