/*
 * tests/analyze/test_mutations.c -- accidents to a real tape with stacks: whatever happens to it,
 * it is read within time and memory, each row of a block that nothing touched is there as it was,
 * and what is lost is said.
 *
 * 300 mutants, with BPFTAPE_ALL 10,000; BPFTAPE_MUTANTS=FROM-TO runs those (seeds; TO excluded).
 * They are read in children, a few mutants each: one that dies or hangs is named by its seed.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "analyze/sql/sql.h"
#include "analyze/stackfold.h"
#include "base/io.h"
#include "format/merge.h"
#include "format/repair.h"
#include "format/verify.h"
#include "tests/support/row_set.h"

#define BATCH	     25 /* mutants a child */
#define TIME_MAX     10 /* seconds of a processor a mutant, for each thing that is done with it */
#define WAIT_MAX     120 /* and seconds by the clock: other tests run as well */
#define MEM_MAX	     (64u << 20)
#define PROGRAMS_ONE 30 /* one mutant of so many is given to the programs as well */

static const char *const paths[] = {
	"tests/tapes/good/calls.tape",
	"tests/tapes/good/nulls.tape",
	"tests/tapes/good/losses.tape",
	"tests/tapes/good/grouped.tape",
};

static struct original {
	struct mutate_tape tape;
	struct row_set rows;
} originals[countof(paths)];

/* What a child is doing; shared with its parent. */
static struct shared {
	u64 seed;
	char what[256];
	const char *step;
	u64 mutants, lost, with_loss, peak;
} * shared;

static void fail_mutant(const char *why)
{
	fprintf(stderr, "%s: %s: %s\n", shared->what, shared->step, why);
	fflush(stderr);
	_exit(1);
}

#define CHECK(condition)                         \
	do {                                     \
		if (!(condition))                \
			fail_mutant(#condition); \
	} while (0)

static void begin_step(const char *step)
{
	struct itimerval cpu = { .it_value = { .tv_sec = TIME_MAX } };

	shared->step = step;
	setitimer(ITIMER_PROF, &cpu, NULL);
	alarm(WAIT_MAX);
}

/* ---- memory: what is allocated at a time ---- */

#ifdef __SANITIZE_ADDRESS__
/* gcc has no header for these. */
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
					      void (*on_free)(const volatile void *));
size_t __sanitizer_get_allocated_size(const volatile void *p);

/* Half of the time would go into pages that are never used again. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "quarantine_size_mb=16";
}

static u64 allocated;

static void note_malloc(const volatile void *p, size_t sz)
{
	u64 now = __atomic_add_fetch(&allocated, sz, __ATOMIC_RELAXED);

	(void)p;
	if (shared && now > shared->peak)
		shared->peak = now;
}

static void note_free(const volatile void *p)
{
	if (p)
		__atomic_sub_fetch(&allocated, __sanitizer_get_allocated_size(p), __ATOMIC_RELAXED);
}

static void watch_memory(void)
{
	allocated = 0;
	__sanitizer_install_malloc_and_free_hooks(note_malloc, note_free);
}

static void check_memory(void)
{
	CHECK(shared->peak < MEM_MAX);
}
#else
static void watch_memory(void)
{
}

static void check_memory(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	shared->peak = (u64)u.ru_maxrss << 10;
	CHECK(shared->peak < MEM_MAX + (64u << 20)); /* with the programs' own */
}
#endif

/* ---- what is done with a mutant ---- */

struct reading {
	struct original *o;
	const struct mutant *m;
	int fd;
	u32 lost; /* front to back */
	bool is_bad; /* damage was said, or that the tape was not finished */
	bool has_end;
	bool is_cut; /* repaired, and the tape had no END */
	bool is_tape;
};

static int reopen(const struct reading *g, int flags)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", g->fd);
	fd = open(path, flags | O_CLOEXEC);
	CHECK(fd >= 0);
	return fd;
}

static struct tape_reader *open_reader(const struct reading *g)
{
	struct tape_reader_opts o = { .mem_max = MEM_MAX };
	struct tape_reader *r = NULL;
	int fd = reopen(g, O_RDONLY);

	if (tape_reader_open(fd, &o, &r, NULL)) {
		close(fd);
		return NULL;
	}
	return r;
}

static void take(struct reading *g, const struct tape_batch *b, u32 begin, u32 end)
{
	const char *wrong = row_set_take(&g->o->rows, b, begin, end);

	if (wrong)
		fail_mutant(wrong);
}

/* No row of a block that nothing touched is missing; what is missing is said. */
static u32 check_lost(struct reading *g, bool is_streamed, bool is_said)
{
	u32 wrong, lost = row_set_lost(&g->o->rows, g->m, is_streamed, &wrong);

	CHECK(!wrong);
	/* what was cut off between two blocks is known to nobody once there is an END again */
	CHECK(!lost || is_said || g->is_cut);
	return lost;
}

static bool says_damage(const struct tape_state *s)
{
	bool is_said = !s->has_end || s->damaged_blocks || s->damaged_rows;

	for (u32 i = 0; i < s->loss_cnt; i++)
		is_said |= s->losses[i].cause == TAPE_LOSS_CORRUPT;
	return is_said;
}

static u64 column_node(const struct tape_state *s, const struct tape_batch *b, const char *name,
		       u32 row)
{
	const struct tape_schema *t = tape_batch_schema(b);

	for (u32 c = 0; c < t->col_cnt; c++) {
		if (str_is(t->cols[c].name, name))
			return symbols_node(s, (u64)tape_batch_cols(b)[c].v[row]);
	}
	return 0;
}

static void fold_rows(struct stackfold *f, const struct tape_state *s, const struct tape_batch *b)
{
	for (u32 row = 0; row < tape_batch_cnt(b); row++) {
		u64 user = column_node(s, b, "ustack", row), kernel;

		kernel = column_node(s, b, "kstack", row);
		CHECK(!stackfold_add(f, FOLD_NO_LABEL, user, kernel, 1, NULL));
	}
}

static void end_fold(struct stackfold *f, u64 rows)
{
	const struct fold_node *nodes;
	struct sink out;
	u32 n;

	CHECK(!stackfold_finish(f, NULL));
	nodes = stackfold_nodes(f, &n);
	CHECK(n && (u64)nodes[0].total == rows);
	sink_init(&out, -1);
	stackfold_put_lines(f, &out);
	CHECK(!out.code && (!rows || out.buf.len));
	sink_fini(&out);
}

/* As from a pipe: rows before any schema are lost. */
static void read_front_to_back(struct reading *g)
{
	struct tape_reader *r = open_reader(g);
	struct tape_batch *b = tape_batch_new();
	struct symbols *s;
	struct stackfold *f;
	struct tape_item it;
	u64 rows = 0;
	int rc = 0;

	row_set_start(&g->o->rows);
	g->is_tape = r;
	s = r ? symbols_new(tape_reader_state(r)) : NULL;
	f = s ? stackfold_new(s) : NULL;
	while (r && (rc = tape_reader_next(r, &it, NULL)) > 0) {
		if (it.kind != TAPE_ITEM_ROWS || tape_reader_decode(r, b, NULL) != 1)
			continue;
		take(g, b, 0, tape_batch_cnt(b));
		fold_rows(f, tape_reader_state(r), b);
		rows += tape_batch_cnt(b);
	}
	CHECK(!rc);
	g->is_bad = !r || says_damage(tape_reader_state(r));
	g->has_end = r && tape_reader_state(r)->has_end;
	g->lost = check_lost(g, true, g->is_bad);
	if (r)
		end_fold(f, rows);
	stackfold_free(f);
	symbols_free(s);
	tape_batch_free(b);
	tape_reader_close(r);
}

static void read_by_entry(struct reading *g)
{
	struct tape_reader *r = open_reader(g);
	struct tape_batch *b = tape_batch_new();
	struct tape_access *a;
	const struct tape_index_entry *e;
	bool is_bad;
	u32 n;

	CHECK(r && !tape_reader_load(r, NULL));
	row_set_start(&g->o->rows);
	is_bad = says_damage(tape_reader_state(r));
	a = tape_access_new(r);
	e = tape_reader_entries(r, &n);
	for (u32 i = 0; i < n; i++) {
		int rc = tape_access_read(a, &e[i], b, NULL);

		CHECK(rc == 1 || rc == -EBADMSG);
		if (rc == 1)
			take(g, b, 0, tape_batch_cnt(b));
		is_bad |= rc != 1;
	}
	check_lost(g, false, is_bad);
	tape_access_free(a);
	tape_batch_free(b);
	tape_reader_close(r);
}

/* As a replay does it: all tables first. */
static void read_in_order(struct reading *g)
{
	struct tape_reader *r = open_reader(g);
	struct tape_merge_opts o = { .read_all = true, .mem_max = MEM_MAX };
	struct tape_merge *m = NULL;
	struct tape_run run;
	int rc;

	row_set_start(&g->o->rows);
	CHECK(r && !tape_reader_load(r, NULL) && !tape_merge_new(r, &o, &m, NULL));
	while ((rc = tape_merge_next(m, &run, NULL)) > 0) {
		if (!run.item)
			take(g, run.batch, run.begin, run.end);
	}
	CHECK(!rc);
	CHECK(check_lost(g, false, g->is_bad) <= g->lost);
	tape_merge_free(m);
	tape_reader_close(r);
}

static void verify(struct reading *g)
{
	struct tape_verify_opts o = { .reader = { .mem_max = MEM_MAX } };
	struct tape_verify_result v;
	int fd = reopen(g, O_RDONLY), rc = tape_verify(fd, &o, &v, NULL);

	CHECK(!rc == g->is_tape);
	CHECK(rc || !g->lost || v.breaches || !v.has_end);
	close(fd);
}

/* It passes verify, and a reader gets the rows that it got before. */
static void check_repaired(const struct reading *g, int fd)
{
	struct tape_verify_opts o = { .reader = { .mem_max = MEM_MAX } };
	struct reading now = *g;
	struct tape_verify_result v;

	CHECK(!lseek(fd, 0, SEEK_SET) && !tape_verify(fd, &o, &v, NULL));
	CHECK(!v.breaches && v.has_end);
	now.fd = fd;
	now.is_cut = !g->has_end;
	read_front_to_back(&now);
	CHECK(now.lost <= g->lost);
	read_in_order(&now);
}

static void repair_copy(struct reading *g)
{
	struct tape_repair_opts o = { .reader = { .mem_max = MEM_MAX } };
	struct tape_repair_result res;
	int out = memfd_create("repaired", MFD_CLOEXEC), fd = reopen(g, O_RDONLY);
	int rc = tape_repair_copy(fd, out, &o, &res, NULL);

	CHECK(out >= 0 && (!rc || g->lost == g->o->rows.cnt));
	if (!rc)
		check_repaired(g, out);
	close(out);
	close(fd);
}

/* The mutant itself: the last that is done with it. */
static void repair_in_place(struct reading *g)
{
	struct tape_repair_opts o = { .reader = { .mem_max = MEM_MAX } };
	struct tape_repair_result res;
	int fd = reopen(g, O_RDWR), rc = tape_repair_append(fd, &o, &res, NULL);

	CHECK(!rc || g->lost == g->o->rows.cnt);
	if (!rc)
		check_repaired(g, fd);
	close(fd);
}

static void ask_table(struct sql_db *db, struct str name, struct sink *out)
{
	char query[256];

	snprintf(query, sizeof(query), "select * from \"%.*s\"", STR_ARG(name));
	CHECK(!sql_run(db, query, SQL_CSV, out, NULL));
	CHECK(out->buf.len);
	buf_reset(&out->buf);
}

static void ask_in_sql(struct reading *g)
{
	static const char *const tables[] = { "events", "tasks", "loss", "meta", "clauses" };
	struct tape_reader_opts o = { .mem_max = MEM_MAX };
	struct tape_reader *r = open_reader(g);
	const struct tape_state *s;
	struct sql_db *db;
	struct err err = { 0 };
	struct sink out;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", g->fd);
	CHECK(r && !tape_reader_load(r, NULL));
	s = tape_reader_state(r);
	if (sql_open(path, &o, &db, &err)) {
		CHECK((!s->plan || !s->schema_cnt) && err.msg[0]);
		tape_reader_close(r);
		return;
	}
	sink_init(&out, -1);
	for (size_t i = 0; i < countof(tables); i++)
		ask_table(db, str_of(tables[i]), &out);
	for (u32 i = 0; i < s->schema_cnt; i++)
		ask_table(db, s->schemas[i]->name, &out);
	sink_fini(&out);
	sql_close(db);
	tape_reader_close(r);
}

/* ---- the programs ---- */

/* The exit code; a signal, a sanitizer or too much time fail. */
static int run_program(const struct reading *g, const char *verb)
{
	char program[512], tape[64];
	int status, null;
	pid_t pid;

	snprintf(program, sizeof(program), "%s/bin/bpftape-analyze", getenv("BPFTAPE_BUILD"));
	snprintf(tape, sizeof(tape), "/proc/%d/fd/%d", getpid(), g->fd);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		null = open("/dev/null", O_RDWR);
		dup2(null, 0);
		dup2(null, 1);
		/* LeakSanitizer needs what the sandbox gives up. */
		setenv("ASAN_OPTIONS", "exitcode=99:detect_leaks=0", 1);
		setenv("UBSAN_OPTIONS", "exitcode=99", 1);
		dup2(null, 2);
		setrlimit(RLIMIT_CPU, &(struct rlimit){ TIME_MAX, TIME_MAX });
		execl(program, program, verb, tape, NULL);
		_exit(98);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void run_programs(struct reading *g)
{
	static const char *const verbs[] = { "replay", "verify", "info" };

	for (size_t i = 0; i < countof(verbs); i++) {
		int code;

		begin_step(verbs[i]);
		code = run_program(g, verbs[i]);
		CHECK(code == 0 || code == 1 || code == 3);
		CHECK(g->is_tape || code == 1);
	}
}

/* ---- mutants ---- */

static void read_mutant(u64 seed)
{
	struct original *o = &originals[seed / MUTATION_CNT % countof(paths)];
	struct mutant m;
	struct reading g = { .o = o, .m = &m };

	shared->seed = seed;
	begin_step("mutate");
	mutate(&o->tape, seed, &m);
	memcpy(shared->what, m.what, sizeof(shared->what));
	g.fd = memfd_create("mutant", MFD_CLOEXEC);
	CHECK(g.fd >= 0 && !io_write_full(g.fd, m.p, m.sz));
	begin_step("front to back");
	read_front_to_back(&g);
	begin_step("verify");
	verify(&g);
	if (g.is_tape) {
		begin_step("by entry");
		read_by_entry(&g);
		begin_step("in order");
		read_in_order(&g);
		begin_step("sql");
		ask_in_sql(&g);
	}
	if (seed % PROGRAMS_ONE == 0 && getenv("BPFTAPE_BUILD"))
		run_programs(&g);
	if (g.is_tape) {
		begin_step("repair -o");
		repair_copy(&g);
		begin_step("repair");
		repair_in_place(&g);
	}
	check_memory();
	shared->mutants++;
	shared->lost += g.lost;
	shared->with_loss += g.lost > 0;
	close(g.fd);
	mutant_fini(&m);
	alarm(0);
}

static bool is_time(int sig)
{
	return sig == SIGALRM || sig == SIGPROF;
}

static bool read_batch(u64 from, u64 to)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		watch_memory();
		for (u64 seed = from; seed < to; seed++)
			read_mutant(seed);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!status)
		return true;
	if (WIFSIGNALED(status))
		fprintf(stderr, "%s: %s: signal %d%s\n", shared->what, shared->step,
			WTERMSIG(status), is_time(WTERMSIG(status)) ? ": too slow" : "");
	else if (WEXITSTATUS(status) != 1)
		fprintf(stderr, "%s: %s: exit %d\n", shared->what, shared->step,
			WEXITSTATUS(status));
	return false;
}

static void choose(u64 *from, u64 *to)
{
	const char *range = getenv("BPFTAPE_MUTANTS");
	unsigned long long a, b;

	*from = 0;
	*to = getenv("BPFTAPE_ALL") ? 10000 : 300;
	if (range && sscanf(range, "%llu-%llu", &a, &b) == 2) {
		*from = a;
		*to = b;
	}
}

static void a_mutant_loses_only_rows_of_blocks_that_were_touched(void **state)
{
	u64 from, to, failed = 0;

	(void)state;
	choose(&from, &to);
	for (u64 at = from; at < to; at += BATCH) {
		u64 end = at + BATCH < to ? at + BATCH : to;

		while (at < end && !read_batch(at, end)) {
			failed++;
			at = shared->seed + 1;
		}
		at = end - BATCH;
	}
	printf("%llu mutants, %llu without some rows (%llu in all), peak of memory %llu kB, "
	       "%llu failed\n",
	       (unsigned long long)shared->mutants, (unsigned long long)shared->with_loss,
	       (unsigned long long)shared->lost, (unsigned long long)shared->peak >> 10,
	       (unsigned long long)failed);
	assert_int_equal(failed, 0);
	assert_true(to - from < 100 || shared->with_loss > (to - from) / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mutant_loses_only_rows_of_blocks_that_were_touched),
	};

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		return 1;
	for (size_t i = 0; i < countof(paths); i++) {
		mutate_open(&originals[i].tape, paths[i]);
		row_set_open(&originals[i].rows, &originals[i].tape);
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
