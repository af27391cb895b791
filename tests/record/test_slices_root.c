/*
 * tests/record/test_slices_root.c -- the slice that the kernel runs gives the rows that the fake
 * machine gives.
 *
 * Each script is compiled for both; each of its events is fired in both, by BPF_PROG_TEST_RUN
 * here, and the rows are compared byte by byte: columns, NULLs, lists, path bits.  Maps live on
 * from event to event, so that what a predicate decides depends on all that was written before.
 *
 * BPFTAPE_SEED=N runs one random program and shows it.
 */
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/io.h"
#include "record/bpf/capture_abi.h"
#include "tests/support/gen_program.h"
#include "tests/support/target_kernel.h"
#include "tests/support/target_fake_script.h"

#define CASES	 "tests/codegen/cases"
#define PROGRAMS 120
#define EVENTS	 24

static unsigned rows_compared;

/* ---- both machines ---- */

static bool fires(const struct plan_table *t, const struct probe *p)
{
	for (u32 i = 0; i < t->inst->probe_cnt; i++) {
		if (t->inst->probes[i] == p)
			return p->kind != PROBE_END;
	}
	return false;
}

static void hex(const char *what, const struct buf *b)
{
	fprintf(stderr, "%s:", what);
	for (size_t i = 0; i < b->len; i++)
		fprintf(stderr, "%s%02x", i % 8 ? "" : " ", b->data[i]);
	fprintf(stderr, "\n");
}

/* false: the machines disagree about this firing. */
static bool fire_both(struct fake_script *s, struct kernel_slice *k, struct ref_rt *krt, u32 table,
		      const struct fake_event *ev)
{
	struct buf fake, kernel;
	bool fake_sent, sent, same;

	buf_init(&fake, 1u << 20);
	buf_init(&kernel, 1u << 20);
	ref_rt_start_firing(krt);
	ref_rt_set_steps(krt, 100000);
	fake_sent = fake_fire_capture(s->code, table, ev, krt, &fake);
	sent = kernel_slice_fire(k, table, ev, &kernel, NULL);
	same = fake_sent == sent &&
	       (!sent || (fake.len == kernel.len && !memcmp(fake.data, kernel.data, fake.len)));
	rows_compared += same && sent;
	if (!same) {
		fprintf(stderr, "table %s at ts %llu: fake %s, kernel %s\n",
			s->plan->tables[table].name, (unsigned long long)ev->ts,
			fake_sent ? "sent" : "silent", sent ? "sent" : "silent");
		hex("fake  ", &fake);
		hex("kernel", &kernel);
	}
	buf_fini(&fake);
	buf_fini(&kernel);
	return same;
}

static void pin(u32 cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu % (u32)sysconf(_SC_NPROCESSORS_ONLN), &set);
	assert_int_equal(sched_setaffinity(0, sizeof(set), &set), 0);
}

/* What a process cannot make so for itself. */
static void make_real(struct fake_event *ev)
{
	ev->cpu %= (u32)sysconf(_SC_NPROCESSORS_ONLN);
	ev->uid = getuid();
	ev->gid = getgid();
}

static bool run_events(struct fake_script *s, struct kernel_slice *k, struct ref_rt *krt)
{
	for (u32 e = 0; e < s->event_cnt; e++) {
		struct fake_event *ev = &s->events[e];

		make_real(ev);
		pin(ev->cpu);
		for (u32 t = 0; t < s->plan->table_cnt; t++) {
			if (!fires(&s->plan->tables[t], ev->probe))
				continue;
			if (ref_rt_exited(krt, NULL) != (k->loaded.state->exited != 0)) {
				fprintf(stderr, "only one machine has seen exit()\n");
				return false;
			}
			if (!ref_rt_exited(krt, NULL) && !fire_both(s, k, krt, t, ev))
				return false;
		}
	}
	return true;
}

static bool map_memory(const struct fake_script *s)
{
	for (u32 i = 0; i < s->mem_cnt; i++) {
		if (s->mem[i].as == ASPACE_KERNEL || !kernel_slice_map(&s->mem[i]))
			return false;
	}
	return true;
}

enum outcome { SAME, DIFFERENT, SKIPPED };

/* A compiled and loaded script; its events are read. */
static enum outcome compare(struct fake_script *s)
{
	enum outcome result = DIFFERENT;
	struct kernel_slice k;
	struct ref_rt *krt;
	struct err err = { 0 };
	int rc;

	if (!map_memory(s))
		return SKIPPED;
	rc = kernel_slice_open(&k, s->plan, &err);
	if (rc == -ENOTSUP)
		return SKIPPED;
	if (rc) {
		fprintf(stderr, "%s\n%s\n", err.msg, err.hint);
		return DIFFERENT;
	}
	krt = ref_rt_new(s->prog, true);
	if (run_events(s, &k, krt))
		result = SAME;
	ref_rt_free(krt);
	kernel_slice_close(&k);
	for (u32 i = 0; i < s->mem_cnt; i++)
		kernel_slice_unmap(&s->mem[i]);
	return result;
}

static enum outcome run_text(const char *name, struct str text, const char *catalog)
{
	struct fake_script *s = calloc(1, sizeof(*s));
	struct fake_jit *j = NULL;
	struct err err = { 0 };
	enum outcome result;
	int rc;

	assert_non_null(s);
	rc = fake_script_compile(s, name, text, catalog, COMPAT_27, true, &err);
	if (!rc)
		rc = fake_jit_new(&j, &err);
	if (!rc)
		rc = fake_jit_add(j, s->prog, s->plan, &s->code, &err);
	if (!rc)
		rc = fake_jit_compile(j, &err);
	result = SKIPPED;
	if (rc) {
		/* what the analysis cannot do is not the kernel's business */
		fprintf(stderr, "%s: %s\n", name, err.msg);
		assert_int_equal(rc, -ENOTSUP);
	} else {
		fake_script_events(s);
		result = compare(s);
	}
	if (result == DIFFERENT) {
		struct buf plan;

		buf_init(&plan, 1u << 20);
		plan_print(s->plan, &plan);
		fprintf(stderr, "%s\n" STR_FMT "\n%s", name, STR_ARG(text), buf_cstr(&plan));
		buf_fini(&plan);
	}
	fake_jit_free(j);
	fake_script_fini(s);
	free(s);
	return result;
}

/* ---- the cases of the lowering ---- */

/* Some of the memory is the kernel's: not ours to fill. */
static bool has_kernel_memory(const char *text)
{
	for (const char *p = strstr(text, "//@mem"); p; p = strstr(p + 1, "//@mem")) {
		const char *kernel = strstr(p, " kernel ");

		if (kernel && kernel < p + strcspn(p, "\n"))
			return true;
	}
	return false;
}

static bool is_for_us(const char *text)
{
	const char *line_end = strchr(text, '\n');
	const char *whole = strstr(text, "whole only"), *old = strstr(text, "compat 0.17");

	/* rand is another one on each machine */
	return (!whole || whole > line_end) && (!old || old > line_end) && !strstr(text, "rand") &&
	       !has_kernel_memory(text);
}

static void cases_give_the_rows_of_the_fake_machine(void **state)
{
	const char *only = getenv("CASE");
	int cnt[3] = { 0 };
	struct buf catalog;
	struct dirent *e;
	DIR *d = opendir(CASES);

	(void)state;
	assert_non_null(d);
	buf_init(&catalog, 1u << 20);
	assert_int_equal(io_read_file(CASES "/catalog", &catalog, NULL), 0);
	while ((e = readdir(d))) {
		char path[512];
		struct buf text;
		const char *dot = strrchr(e->d_name, '.');

		if (!dot || strcmp(dot, ".bt") ||
		    (only && strncmp(only, e->d_name, dot - e->d_name)))
			continue;
		snprintf(path, sizeof(path), CASES "/%s", e->d_name);
		buf_init(&text, 1u << 20);
		assert_int_equal(io_read_file(path, &text, NULL), 0);
		if (is_for_us(buf_cstr(&text)))
			cnt[run_text(path, (struct str){ buf_cstr(&text), text.len },
				     buf_cstr(&catalog))]++;
		buf_fini(&text);
	}
	closedir(d);
	buf_fini(&catalog);
	printf("%d same, %d different, %d skipped\n", cnt[SAME], cnt[DIFFERENT], cnt[SKIPPED]);
	assert_int_equal(cnt[DIFFERENT], 0);
	assert_true(cnt[SAME] > (only ? 0 : 5));
}

/* ---- random programs ---- */

static void put_event(u64 *rng, u64 ts, struct buf *out)
{
	static const char *const strings[] = { "\"alpha\"", "\"b\"",
					       "\"\"",	    "\"a longer string of text\"",
					       "0",	    "12345" };
	static const char *const pointers[] = { "0x2000000", "0x2000001", "0x2000008",
						"0",	     "0x2009000", "0xffff800000000000" };
	u64 r = gen_next(rng);
	u32 tid = 1 + r % 3;

	buf_printf(
		out,
		"//@ tracepoint:gen:%c ts=%llu cpu=%u pid=%u tid=%u comm=%s "
		"a=%d b=%llu c=%u d=%d s=%s p=%s\n",
		(r >> 8) & 1 ? 'a' : 'b', (unsigned long long)ts, (u32)(r >> 10) & 1, 10 + tid / 2,
		tid, (r >> 14) & 1 ? "alpha" : "worker", (int)((r >> 16) % 9) - 4,
		(r >> 20) & 1 ? (unsigned long long)gen_next(rng) :
				(unsigned long long)((r >> 21) % 5),
		(u32)(r >> 24) & 0xff, (int)((r >> 32) % 2001) - 1000,
		strings[(r >> 44) % countof(strings)], pointers[(r >> 50) % countof(pointers)]);
}

static enum outcome run_seed(u64 seed)
{
	struct gen_opts o = { .with_agg_reads = seed & 1,
			      .no_loops = seed % 5 == 0,
			      .no_exit = seed % 3 == 0 };
	u64 rng = seed * 0x2545f4914f6cdd1dull + 7, ts = 1000;
	enum outcome result;
	struct buf text;
	char name[32];

	buf_init(&text, 1u << 20);
	gen_program(seed, &o, &text);
	buf_puts(&text, "//@mem 0x2000000 user 0102030405060708090a0b0c0d0e0f00616c70686100ff\n");
	for (int i = 0; i < EVENTS; i++) {
		ts += 1 + gen_next(&rng) % 1000;
		put_event(&rng, ts, &text);
	}
	snprintf(name, sizeof(name), "seed %llu", (unsigned long long)seed);
	result = SKIPPED;
	if (!strstr(buf_cstr(&text), "rand"))
		result = run_text(name, (struct str){ buf_cstr(&text), text.len }, GEN_CATALOG);
	buf_fini(&text);
	return result;
}

static void random_programs_give_the_rows_of_the_fake_machine(void **state)
{
	const char *seed = getenv("BPFTAPE_SEED");
	int cnt[3] = { 0 };

	(void)state;
	if (seed) {
		assert_int_equal(run_seed(strtoull(seed, NULL, 0)), SAME);
		return;
	}
	for (u64 i = 1; i <= PROGRAMS && cnt[DIFFERENT] < 3; i++)
		cnt[run_seed(i)]++;
	printf("%d same, %d different, %d skipped; %u rows\n", cnt[SAME], cnt[DIFFERENT],
	       cnt[SKIPPED], rows_compared);
	assert_int_equal(cnt[DIFFERENT], 0);
	assert_true(cnt[SAME] > PROGRAMS / 3);
	assert_true(rows_compared > 5 * PROGRAMS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cases_give_the_rows_of_the_fake_machine),
		cmocka_unit_test(random_programs_give_the_rows_of_the_fake_machine),
	};

	if (getuid()) {
		printf("needs root\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
