/* tests/analyze/test_sql.c -- a small tape in SQL. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "analyze/sql/sql.h"
#include "tests/support/stack_builder.h"
#include "tests/support/tape_builder.h"

#define MS 1000000ull

struct fixture {
	struct tape_builder *b;
	struct sql_db *db;
	struct buf notes;
};

static void row(struct tape_builder *b, const char *table, u64 ts, u32 cpu, u32 tid,
		const char *col, s64 num)
{
	tape_builder_row(b, table, ts, cpu, tid, &(struct tape_cell){ .col = col, .num = num }, 1);
}

/* Three reads by two threads, in two blocks each; and an open with a string that faulted once. */
static int setup(void **state)
{
	static const struct tape_cell name[] = { { .col = "filename_str", .str = "/etc/passwd" } };
	static const struct tape_cell fault[] = { { .col = "filename_str", .is_null = true } };
	struct fixture *f = calloc(1, sizeof(*f));
	struct err err;

	assert_non_null(f);
	f->b = tape_builder_new(
		"tracepoint:syscalls:sys_enter_read { emit(args); }\n"
		"tracepoint:syscalls:sys_exit_read { emit(args); }\n"
		"tracepoint:syscalls:sys_enter_open { emit(str(args.filename)); }\n",
		COMPAT_27);
	tape_builder_task(f->b, 10, "dd", 1000);
	tape_builder_task(f->b, 11, "cat", 0);
	row(f->b, "sys_enter_read", 100, 0, 10, "count", 512);
	row(f->b, "sys_exit_read", 150, 0, 10, "ret", 512);
	row(f->b, "sys_enter_read", 200, 1, 11, "count", 64);
	tape_builder_flush(f->b);
	row(f->b, "sys_exit_read", 250, 1, 11, "ret", -4);
	row(f->b, "sys_enter_read", 300, 0, 10, "count", 512);
	row(f->b, "sys_exit_read", 350, 0, 10, "ret", 0);
	tape_builder_row(f->b, "sys_enter_open", 400, 0, 10, name, 1);
	tape_builder_row(f->b, "sys_enter_open", 410, 0, 11, fault, 1);
	tape_builder_loss(f->b, TAPE_LOSS_RING, "sys_enter_open", 3, 100 * MS, 200 * MS);
	assert_int_equal(sql_open(tape_builder_finish(f->b, 1000 * MS), NULL, &f->db, &err), 0);
	buf_init(&f->notes, 1 << 16);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	sql_close(f->db);
	tape_builder_free(f->b);
	buf_fini(&f->notes);
	free(f);
	return 0;
}

static void ask(struct fixture *f, const char *query, enum sql_format format, const char *want)
{
	struct err err = { 0 };
	struct sink out;

	sink_init(&out, -1);
	assert_int_equal(sql_run(f->db, query, format, &out, &err), 0);
	assert_string_equal(buf_cstr(&out.buf), want);
	sink_fini(&out);
}

static void csv(void **state, const char *query, const char *want)
{
	ask(*state, query, SQL_CSV, want);
}

static void tables_have_a_short_name_and_their_probes(void **state)
{
	csv(state, "select count(*) n from sys_exit_read", "n\n3\n");
	csv(state, "select count(*) n from \"tracepoint:syscalls:sys_exit_read\"", "n\n3\n");
	csv(state, "select sum(ret) s, min(ts) t from sys_exit_read", "s,t\n508,1000000150\n");
}

static void the_task_table_gives_comm_and_uid(void **state)
{
	csv(state, "select comm, uid, count(*) n from sys_enter_read group by comm order by comm",
	    "comm,uid,n\ncat,0,1\ndd,1000,2\n");
}

static void filters_give_what_a_scan_gives(void **state)
{
	csv(state, "select count from sys_enter_read where count = 64", "count\n64\n");
	csv(state, "select count from sys_enter_read where count > 64 and count < 1000",
	    "count\n512\n512\n");
	csv(state, "select ts from sys_enter_read where ts between 1000000150 and 1000000250",
	    "ts\n1000000200\n");
	csv(state, "select ts from sys_enter_read where ts > 1000000200 and tid = 10",
	    "ts\n1000000300\n");
	csv(state, "select ts from sys_enter_read where count = '64'", "ts\n1000000200\n");
	csv(state, "select ret from sys_exit_read where ret < 0", "ret\n-4\n");
	csv(state, "select count(*) n from sys_enter_read where count > 9223372036854775806",
	    "n\n0\n");
	csv(state, "select tid from sys_enter_open where filename_str = '/etc/passwd'",
	    "tid\n10\n");
	csv(state,
	    "select count(*) n from sys_enter_open where filename_str = '/ETC/passwd' collate "
	    "nocase",
	    "n\n1\n");
	csv(state, "select count(*) n from sys_enter_open where filename_str > '/'", "n\n1\n");
}

static void a_read_that_faulted_is_null(void **state)
{
	csv(state, "select tid from sys_enter_open where filename_str is null", "tid\n11\n");
	csv(state, "select coalesce(filename_str, 'none') x from sys_enter_open order by tid",
	    "x\n/etc/passwd\nnone\n");
}

static void joins_match_rows(void **state)
{
	csv(state,
	    "select e.tid, x.ret from sys_enter_read e join sys_exit_read x on x.tid = e.tid and "
	    "x.ts = "
	    "(select min(ts) from sys_exit_read y where y.tid = e.tid and y.ts > e.ts) order by "
	    "e.ts",
	    "tid,ret\n10,512\n11,-4\n10,0\n");
	csv(state,
	    "select count(*) n from events e join sys_enter_read r on e.ts = r.ts and e.cpu = "
	    "r.cpu",
	    "n\n3\n");
}

static void events_are_in_order_and_of_all_probes(void **state)
{
	csv(state,
	    "select ts - 1000000000 t, substr(probe, 21) p, comm from events where ts < "
	    "1000000300 order by ts",
	    "t,p,comm\n100,sys_enter_read,dd\n150,sys_exit_read,dd\n200,sys_enter_read,cat\n250,"
	    "sys_exit_read,cat\n");
	csv(state, "select count(*) n from events", "n\n8\n");
}

static void wall_clock_times_are_of_the_recorded_zone(void **state)
{
	csv(state, "select time from sys_enter_read limit 1",
	    "time\n2026-11-26 12:00:00.000000100\n");
}

static void table_blocks_can_be_asked(void **state)
{
	csv(state, "select cause, count, \"table\" from loss",
	    "cause,count,table\nring full,3,sys_enter_open\n");
	csv(state, "select value from meta where key = 'script_name'", "value\nt.bt\n");
	csv(state, "select name from clauses order by clause",
	    "name\nsys_enter_read\nsys_exit_read\nsys_enter_open\n");
	csv(state, "select tid, comm from tasks order by tid", "tid,comm\n10,dd\n11,cat\n");
}

static void quantiles_are_of_nearest_rank(void **state)
{
	const char *rank = "with v(x) as (select ret from sys_exit_read where ret is not null) "
			   "select quantile(x, 0.5) = (select x from v order by x limit 1 offset "
			   "(select (count(*) * 5 + 9) / 10 - 1 from v)) ok from v";

	csv(state, rank, "ok\n1\n");
	csv(state,
	    "select median(ret) m, quantile(ret, 0) a, quantile(ret, 1) z from sys_exit_read",
	    "m,a,z\n0,-4,512\n");
	csv(state, "select tid, quantile(ret, 0.5) q from sys_exit_read group by tid order by tid",
	    "tid,q\n10,0\n11,-4\n");
	csv(state, "select median(ret) m from sys_exit_read where ret > 1000", "m\n\n");
	csv(state, "select median(column1) m from (values (2.5), (9007199254740993), (-1), (null))",
	    "m\n2.5\n");
	csv(state, "select quantile(column1, 0.00001) m from (values (5), (7))", "m\n5\n");
	csv(state, "select quantile(column1, 0.99999) m from (values (5), (7))", "m\n7\n");
	csv(state, "select quantile(column1, 0.5 + 0) m from (values (5), (7), (9))", "m\n7\n");
	csv(state, "select quantile(column1, '0.75') m from (values (9007199254740993), (-1))",
	    "m\n9007199254740993\n");
}

static void what_is_no_quantile_is_an_error(void **state)
{
	static const char *const queries[] = {
		"select quantile(ret, 1.5) from sys_exit_read",
		"select quantile(ret, 'x') from sys_exit_read",
		"select quantile(ret, null) from sys_exit_read",
		"select median('x') from sys_exit_read",
		"select quantile(ret) from sys_exit_read",
		"select quantile(column1, column1) from (values (0), (1))",
		"select quantile(column1, column2) from (values (0, 0.5), (1, null))",
		"select quantile(ret, -1e-9) from sys_exit_read",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < countof(queries); i++) {
		struct sink out;
		struct err err = { 0 };

		sink_init(&out, -1);
		assert_int_not_equal(sql_run(f->db, queries[i], SQL_CSV, &out, &err), 0);
		assert_non_null(strstr(err.msg, i == 4 ? "arguments" : "quantile(x, q)"));
		sink_fini(&out);
	}
}

static void rows_print_in_four_ways(void **state)
{
	const char *q =
		"select 1 a, 'x,\"y' b, null c, x'01ff' d union all select 22, 'z', 1.5, ''";

	ask(*state, q, SQL_TABLE,
	    " a  b       c  d\n 1  x,\"y       \\x01\\xff\n22  z     1.5  \n");
	ask(*state, "select 1 a, 'x,\"y' b, null c", SQL_CSV, "a,b,c\n1,\"x,\"\"y\",\n");
	ask(*state, "select 1 a, 'x' b, null c union all select 2, 'y', 1.5", SQL_JSON,
	    "[\n{\"a\": 1, \"b\": \"x\", \"c\": null},\n{\"a\": 2, \"b\": \"y\", \"c\": 1.5}\n]\n");
	ask(*state, "select 1 a, 'x' b", SQL_LINE, "a = 1\nb = x\n");
	ask(*state, "select 1 where 0", SQL_JSON, "[\n]\n");
}

static void control_bytes_do_not_reach_a_terminal(void **state)
{
	ask(*state, "select 'a' || char(27) || '[2J' x", SQL_TABLE, "x\na\\x1b[2J\n");
}

static void only_reading_is_allowed(void **state)
{
	static const char *const queries[] = {
		"attach '/tmp/x.db' as y",
		"create table x(a)",
		"create temp table x(a)",
		"drop table events",
		"insert into meta values(1, 2)",
		"pragma writable_schema = 1",
		"vacuum into '/tmp/x.db'",
		"select load_extension('x')",
		"select fts3_tokenizer('simple')",
		"vacuum into '/tmp/test_sql.out'",
		"attach '/etc/passwd' as x",
		"select readfile('/etc/passwd')",
		"select writefile('/tmp/test_sql.out', 'x')",
		"pragma temp_store = 2",
		"select * from pragma_database_list",
		"create temp table x(a)",
		"create virtual table x using tape_table(0)",
		"begin",
	};
	struct fixture *f = *state;

	for (u32 i = 0; i < countof(queries); i++) {
		struct err err = { 0 };
		struct sink out;

		sink_init(&out, -1);
		assert_int_equal(sql_run(f->db, queries[i], SQL_CSV, &out, &err), -EINVAL);
		assert_int_equal(out.buf.len, 0);
		sink_fini(&out);
	}
	assert_int_equal(access("/tmp/x.db", F_OK), -1);
	csv(state, "select count(*) n from events", "n\n8\n");
}

static void keep_note(void *ctx, const char *text)
{
	buf_printf(&((struct fixture *)ctx)->notes, "%s\n", text);
}

static void answers_say_what_is_missing_in_what_they_read(void **state)
{
	struct fixture *f = *state;

	assert_false(sql_notes(f->db, keep_note, f));
	csv(state, "select count(*) n from sys_exit_read", "n\n3\n");
	assert_false(sql_notes(f->db, keep_note, f));
	assert_string_equal(buf_cstr(&f->notes), "");
	csv(state, "select count(*) n from sys_enter_open", "n\n2\n");
	assert_true(sql_notes(f->db, keep_note, f));
	assert_string_equal(buf_cstr(&f->notes),
			    "3 rows were lost between +100 ms and +200 ms: 3 ring full\n");
}

/* 50 firings of two clauses on one probe, whose rows are @apart ns apart. */
static void check_events(const char *script, const char *first, const char *second, u64 apart,
			 const char *want)
{
	struct tape_builder *b = tape_builder_new(script, COMPAT_27);
	struct fixture f = { .b = b };
	void *s = &f;
	struct err err;

	for (u64 i = 0; i < 50; i++) {
		u32 cpu = (u32)(i % 2), tid = 5 + cpu;

		tape_builder_row(b, first, 1000 * i, cpu, tid, NULL, 0);
		tape_builder_row(b, second, 1000 * i + apart, cpu, tid, NULL, 0);
	}
	assert_int_equal(sql_open(tape_builder_finish(b, MS), NULL, &f.db, &err), 0);
	csv(&s, "select count(*) n from events", want);
	sql_close(f.db);
	tape_builder_free(b);
}

static void clauses_on_one_probe_are_one_event(void **state UNUSED)
{
	static const char sys[] = "tracepoint:syscalls:sys_enter_getppid { @a = count(); }\n"
				  "tracepoint:syscalls:sys_enter_getppid { @b = sum(1); }\n";
	static const char sched[] = "tracepoint:sched:sched_wakeup { @a = count(); }\n"
				    "tracepoint:sched:sched_wakeup { @b = sum(1); }\n";

	check_events(sys, "sys_enter_getppid", "sys_enter_getppid_2", 0, "n\n50\n");
	check_events(sched, "sched_wakeup", "sched_wakeup_2", 80, "n\n50\n");
}

/* Clauses of one system call have one time. */
static void system_calls_of_different_times_are_two_events(void **state UNUSED)
{
	check_events("tracepoint:syscalls:sys_enter_getppid /cpu == 0/ { @a = count(); }\n"
		     "tracepoint:syscalls:sys_enter_getppid /cpu >= 0/ { @b = sum(1); }\n",
		     "sys_enter_getppid", "sys_enter_getppid_2", 300, "n\n100\n");
}

static void tables_of_one_probe_have_names_of_their_own(void **state UNUSED)
{
	struct tape_builder *b =
		tape_builder_new("tracepoint:syscalls:sys_enter_getppid { @a = count(); }\n"
				 "tracepoint:syscalls:sys_enter_getppid { @b = sum(1); }\n",
				 COMPAT_27);
	struct fixture f = { .b = b };
	void *s = &f;
	struct err err;

	for (u64 i = 0; i < 50; i++)
		tape_builder_row(b, "sys_enter_getppid_2", 1000 * i, 0, 5, NULL, 0);
	assert_int_equal(sql_open(tape_builder_finish(b, MS), NULL, &f.db, &err), 0);
	csv(&s, "select count(*) n from sys_enter_getppid", "n\n0\n");
	csv(&s, "select count(*) n from sys_enter_getppid_2", "n\n50\n");
	csv(&s, "select count(*) n from \"tracepoint:syscalls:sys_enter_getppid_2\"", "n\n50\n");
	sql_close(f.db);
	tape_builder_free(b);
}

static void stacks_are_lines_and_symbols_are_names(void **state UNUSED)
{
	static const char script[] = "tracepoint:syscalls:sys_enter_read { emit(ustack, "
				     "kstack(perf), usym(args.fd), (1, ustack(2))); }\n";
	struct fixture f = { .b = tape_builder_new(script, COMPAT_27) };
	struct stack_builder *s = stack_builder_new(tape_builder_writer(f.b), TAPE_BUILDER_START);
	const struct tape_cell cells[] = {
		{ .col = "ustack", .num = stack_builder_add(s, 1, "read+3;b+1;main+9", false) },
		{ .col = "kstack", .num = stack_builder_add(s, 0, "vfs+3;entry+2", true) },
		{ .col = "usym_fd", .num = stack_builder_add(s, 1, "main+0", false) },
		{ .col = "ustack_2", .num = stack_builder_lose(s) },
	};

	for (u64 i = 0; i < 3; i++)
		tape_builder_row(f.b, "sys_enter_read", 100 + i, 0, 10, cells, countof(cells));
	tape_builder_row(f.b, "sys_enter_read", 200, 0, 10, NULL, 0);
	assert_int_equal(sql_open(tape_builder_finish(f.b, MS), NULL, &f.db, NULL), 0);
	ask(&f,
	    "select ustack, kstack, usym_fd, ustack_2, count(*) n from sys_enter_read "
	    "group by 1 order by n desc",
	    SQL_CSV,
	    "ustack,kstack,usym_fd,ustack_2,n\n"
	    "main;b;read,entry;vfs,main,[unknown stack],3\n,,0x0,,1\n");
	ask(&f,
	    "select count(*) n from sys_enter_read where kstack like '%vfs' and ustack = "
	    "'main;b;read'",
	    SQL_CSV, "n\n3\n");
	ask(&f, "select typeof(ustack) t from sys_enter_read limit 1", SQL_CSV, "t\ntext\n");
	sql_close(f.db);
	stack_builder_free(s);
	tape_builder_free(f.b);
}

static void a_pipe_is_refused(void **state UNUSED)
{
	struct sql_db *db;
	struct err err;
	int fds[2], saved = dup(STDIN_FILENO);

	assert_int_equal(pipe(fds), 0);
	close(fds[1]);
	dup2(fds[0], STDIN_FILENO);
	assert_true(sql_open("-", NULL, &db, &err) < 0);
	dup2(saved, STDIN_FILENO);
	close(saved);
	close(fds[0]);
}

static void the_shell_runs_statements_and_commands(void **state)
{
	static const char input[] =
		".tables\nselect count(*)\n  n from events;\nselect nonsense;\n.mode csv\n"
		"select 1 a; select 2 b;\n.quit\nselect 3;\n";
	struct fixture *f = *state;
	struct err err = { 0 };
	struct sink out;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], input, sizeof(input) - 1), sizeof(input) - 1);
	close(fds[1]);
	sink_init(&out, -1);
	assert_int_equal(sql_shell(f->db, SQL_TABLE, fds[0], &out, keep_note, f, &err), 0);
	assert_string_equal(buf_cstr(&out.buf),
			    "events\ntasks\nloss\nmeta\nclauses\nsys_enter_read\n"
			    "tracepoint:syscalls:sys_enter_read\n"
			    "sys_exit_read\ntracepoint:syscalls:sys_exit_read\nsys_enter_open\n"
			    "tracepoint:syscalls:sys_enter_open\n"
			    "n\n8\na\n1\nb\n2\n");
	assert_string_equal(buf_cstr(&f->notes), "SQL: no such column: nonsense\n");
	sink_fini(&out);
	close(fds[0]);
}

/* 400,000 rows to sort are more than sqlite keeps in memory. */
#define SORT(n)                                                                          \
	"with recursive n(i) as (values(1) union all select i + 1 from n limit " #n ") " \
	"select i from n order by i * 7 % 1000003 limit 1 offset 300000"

static void fails(struct fixture *f, const char *query, const char *want)
{
	struct err err = { 0 };
	struct sink out;

	sink_init(&out, -1);
	assert_int_equal(sql_run(f->db, query, SQL_CSV, &out, &err), -EINVAL);
	assert_string_equal(err.msg, want);
	sink_fini(&out);
}

static void large_sorts_use_temporary_files_that_are_limited(void **state)
{
	assert_int_equal(sql_temp_open(64 << 20, NULL), 0);
	csv(state, SORT(400000), "i\n242858\n");
	assert_int_equal(sql_temp_open(1 << 20, NULL), 0);
	fails(*state, SORT(400000),
	      "SQL: the query needs more than 1 MB of temporary files, or the disk is full");
	csv(state, "select count(*) n from events", "n\n8\n");
	assert_int_equal(sql_temp_open(4ull << 30, NULL), 0);
}

static void a_query_without_end_ends_with_its_steps(void **state)
{
	struct fixture *f = *state;

	sql_limit_steps(f->db, 100000);
	fails(f,
	      "with recursive n(i) as (values(1) union all select i + 1 from n) select count(*) "
	      "from n",
	      "SQL: the query took more than 100000 steps");
	csv(state, "select count(*) n from events", "n\n8\n");
}

static void few_steps_are_said_as_they_are(void **state)
{
	struct fixture *f = *state;

	sql_limit_steps(f->db, 10);
	fails(f, "select count(*) n from events", "SQL: the query took more than 10 steps");
	sql_limit_steps(f->db, 0);
	csv(state, "select count(*) n from events", "n\n8\n");
}

/* sqlite itself takes a few steps for each of these. */
static void rows_that_a_table_leaves_out_are_steps_too(void **state UNUSED)
{
	static const char *const queries[] = {
		"select count(*) n from sys_enter_read where count = 99",
		"select count(*) n from sys_enter_read where tid = 7 and count > 100000",
		"select count(*) n from events where pid = 99",
	};
	struct fixture f = {
		.b = tape_builder_new("tracepoint:syscalls:sys_enter_read { emit(args); }\n",
				      COMPAT_27),
	};
	void *state_of_f = &f;
	struct err err;

	for (u64 block = 0; block < 20; block++) {
		for (u64 i = 0; i < 1000; i++)
			row(f.b, "sys_enter_read", block * 1000 + i, 0, 10, "count", 512);
		tape_builder_flush(f.b);
	}
	assert_int_equal(sql_open(tape_builder_finish(f.b, 1000 * MS), NULL, &f.db, &err), 0);
	for (u32 i = 0; i < countof(queries); i++) {
		sql_limit_steps(f.db, 3000);
		fails(&f, queries[i], "SQL: the query took more than 3000 steps");
		sql_limit_steps(f.db, 1000000);
		csv(&state_of_f, queries[i], "n\n0\n");
	}
	sql_close(f.db);
	tape_builder_free(f.b);
}

static void nothing_is_longer_than_64_mb(void **state)
{
	fails(*state, "select length(zeroblob(100000000))", "SQL: string or blob too big");
	csv(state, "select length(zeroblob(60000000)) n", "n\n60000000\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tables_have_a_short_name_and_their_probes, setup,
						teardown),
		cmocka_unit_test_setup_teardown(the_task_table_gives_comm_and_uid, setup, teardown),
		cmocka_unit_test_setup_teardown(filters_give_what_a_scan_gives, setup, teardown),
		cmocka_unit_test_setup_teardown(a_read_that_faulted_is_null, setup, teardown),
		cmocka_unit_test_setup_teardown(joins_match_rows, setup, teardown),
		cmocka_unit_test_setup_teardown(events_are_in_order_and_of_all_probes, setup,
						teardown),
		cmocka_unit_test_setup_teardown(wall_clock_times_are_of_the_recorded_zone, setup,
						teardown),
		cmocka_unit_test_setup_teardown(table_blocks_can_be_asked, setup, teardown),
		cmocka_unit_test_setup_teardown(quantiles_are_of_nearest_rank, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_quantile_is_an_error, setup, teardown),
		cmocka_unit_test_setup_teardown(rows_print_in_four_ways, setup, teardown),
		cmocka_unit_test_setup_teardown(control_bytes_do_not_reach_a_terminal, setup,
						teardown),
		cmocka_unit_test_setup_teardown(only_reading_is_allowed, setup, teardown),
		cmocka_unit_test_setup_teardown(answers_say_what_is_missing_in_what_they_read,
						setup, teardown),
		cmocka_unit_test(clauses_on_one_probe_are_one_event),
		cmocka_unit_test(system_calls_of_different_times_are_two_events),
		cmocka_unit_test(tables_of_one_probe_have_names_of_their_own),
		cmocka_unit_test(stacks_are_lines_and_symbols_are_names),
		cmocka_unit_test(a_pipe_is_refused),
		cmocka_unit_test_setup_teardown(large_sorts_use_temporary_files_that_are_limited,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_query_without_end_ends_with_its_steps, setup,
						teardown),
		cmocka_unit_test_setup_teardown(few_steps_are_said_as_they_are, setup, teardown),
		cmocka_unit_test(rows_that_a_table_leaves_out_are_steps_too),
		cmocka_unit_test_setup_teardown(nothing_is_longer_than_64_mb, setup, teardown),
		cmocka_unit_test_setup_teardown(the_shell_runs_statements_and_commands, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
