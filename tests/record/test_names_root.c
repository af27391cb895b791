/*
 * tests/record/test_names_root.c -- names of addresses in real processes, most of them gone.
 *
 * A program reports its pid, the time, and where a function of its own (or of a library) is; what
 * the tape then says about that address has to be the name of that function.
 */
#include "record/names.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/io.h"
#include "format/reader.h"
#include "record/bpf/capture_abi.h"
#include "record/features.h"
#include "record/stacks.h"

static char dir[] = "/tmp/bpftape-names.XXXXXX";
static struct err err;

/* What a program writes to its standard output. */
struct said {
	u64 pid, ts, addr;
	char name[32];
};

#define SAID                                                                                  \
	"#define _GNU_SOURCE\n#include <stdint.h>\n#include <stdio.h>\n#include <string.h>\n" \
	"#include <time.h>\n#include <unistd.h>\n#include <dlfcn.h>\n#include <sys/wait.h>\n" \
	"static void say(const char *name, const void *fn) {\n"                               \
	"  struct { uint64_t pid, ts, addr; char name[32]; } s = { 0 };\n"                    \
	"  struct timespec t; clock_gettime(CLOCK_BOOTTIME, &t); s.pid = getpid();\n"         \
	"  s.ts = t.tv_sec * 1000000000ull + t.tv_nsec; s.addr = (uint64_t)fn + 2;\n"         \
	"  strcpy(s.name, name); write(1, &s, sizeof(s)); }\n"                                \
	"__attribute__((noinline)) int short_lived_fn(int x) { return x * 3 + getpid(); }\n"

static const char short_src[] = SAID "int main(void) { say(\"short_lived_fn\", short_lived_fn);\n"
				     "  usleep(2000); return 0; }\n";
static const char dl_src[] = SAID
	"int main(int argc, char **argv) { void *h = dlopen(argv[1], RTLD_NOW);\n"
	"  say(\"of_library_fn\", dlsym(h, \"of_library_fn\")); usleep(2000); return 0; }\n";
static const char lib_src[] = "int of_library_fn(int x) { return x * 7 + 2; }\n";
static const char fork_src[] = SAID
	"int main(void) { for (int i = 0; i < 3; i++) if (fork()) { wait(0); return 0; }\n"
	"  say(\"short_lived_fn\", short_lived_fn); usleep(2000); return 0; }\n";
static const char wait_src[] = SAID
	"int main(void) { char c; say(\"short_lived_fn\", short_lived_fn); read(0, &c, 1);\n"
	"  if (!fork()) { say(\"short_lived_fn\", short_lived_fn); return 0; }\n"
	"  wait(0); read(0, &c, 1); return 0; }\n";

static bool sh(const char *fmt, ...) PRINTF_LIKE(1, 2);

static bool sh(const char *fmt, ...)
{
	char text[1024], cmd[1200];
	int status;
	va_list ap;
	pid_t pid;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	snprintf(cmd, sizeof(cmd), "cd %s && %s", dir, text);
	pid = fork();
	if (!pid) {
		execl("/bin/sh", "sh", "-c", cmd, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void put_source(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

/* ---- programs ---- */

struct running {
	pid_t pid;
	int in, out;
};

static struct running start(const char *cmd)
{
	struct running r;
	int in[2], out[2];

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	r.pid = fork();
	if (!r.pid) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		if (chdir(dir))
			_exit(126);
		execl("/bin/sh", "sh", "-c", cmd, (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	r.in = in[1];
	r.out = out[0];
	return r;
}

static struct said listen_to(const struct running *r)
{
	struct said s;

	assert_int_equal(io_read_full(r->out, &s, sizeof(s)), sizeof(s));
	return s;
}

static void end(struct running *r)
{
	int status;

	close(r->in);
	close(r->out);
	waitpid(r->pid, &status, 0);
}

/* Run to the end; what it said. */
static struct said run(const char *cmd)
{
	struct running r = start(cmd);
	struct said s = listen_to(&r);

	end(&r);
	return s;
}

/* ---- the tape ---- */

struct recording {
	struct files *files;
	struct names *names;
	struct tape_writer *writer;
	struct tape_reader *reader;
	int fd;
};

static struct recording open_recording(void)
{
	const struct tape_writer_opts o = { .real_ns = 1 };
	struct recording r = { .files = files_new(), .fd = memfd_create("tape", MFD_CLOEXEC) };
	const struct names_opts no = { .files = r.files, .cpu_cnt = features_cpu_cnt() };

	assert_int_equal(tape_writer_open(r.fd, &o, &r.writer, &err), 0);
	if (names_open(&no, &r.names, &err))
		fail_msg("%s", err.msg);
	return r;
}

struct place {
	u32 file;
	u64 off;
};

static struct place find(struct recording *r, const struct said *s)
{
	struct place p;

	names_drain(r->names);
	names_find_user(r->names, (u32)s->pid, s->ts, s->addr, &p.file, &p.off);
	names_want(r->names, p.file, p.off);
	return p;
}

static const struct tape_state *finish(struct recording *r)
{
	struct tape_item item;

	assert_int_equal(names_write(r->names, r->writer, 7, NAMES_END, &err), 0);
	assert_int_equal(tape_writer_finish(r->writer, 8, NULL, 0, &err), 0);
	assert_int_equal(lseek(r->fd, 0, SEEK_SET), 0);
	assert_int_equal(tape_reader_open(r->fd, NULL, &r->reader, &err), 0);
	while (tape_reader_next(r->reader, &item, &err) == 1)
		;
	assert_int_equal(names_lost(r->names), 0);
	return tape_reader_state(r->reader);
}

static void close_recording(struct recording *r)
{
	names_close(r->names);
	tape_writer_close(r->writer);
	tape_reader_close(r->reader);
	files_free(r->files);
	close(r->fd);
}

static const struct tape_sym *sym_at(const struct tape_state *st, struct place p)
{
	for (u32 i = 0; i < st->sym_cnt; i++) {
		const struct tape_sym *s = &st->syms[i];

		if (s->file == p.file && p.off >= s->off && p.off < s->off + s->size)
			return s;
	}
	return NULL;
}

static void check(const struct tape_state *st, struct place p, const struct said *s)
{
	const struct tape_sym *sym = sym_at(st, p);

	if (p.file == TAPE_NONE)
		fail_msg("pid %llu: no file for %s", (unsigned long long)s->pid, s->name);
	if (!sym)
		fail_msg("no name for %s in " STR_FMT "+0x%llx", s->name,
			 STR_ARG(tape_state_file(st, p.file)->path), (unsigned long long)p.off);
	if (!str_is(sym->name, s->name))
		fail_msg("%s is called " STR_FMT, s->name, STR_ARG(sym->name));
	assert_int_equal(p.off - sym->off, 2);
}

/* ---- tests ---- */

#define TIMES 200

static void each_process_of_2_ms_has_its_names(void **state)
{
	struct recording r = open_recording();
	static struct said said[TIMES];
	static struct place at[TIMES];
	const struct tape_state *st;

	(void)state;
	for (int i = 0; i < TIMES; i++)
		said[i] = run("exec ./short");
	for (int i = 0; i < TIMES; i++)
		at[i] = find(&r, &said[i]);
	st = finish(&r);
	for (int i = 0; i < TIMES; i++) {
		check(st, at[i], &said[i]);
		assert_int_equal(at[i].file, at[0].file);
	}
	assert_true(tape_state_file(st, at[0].file)->build_id.len == 20);
	assert_true(tape_state_file(st, at[0].file)->size > 0);
	close_recording(&r);
}

static void mappings_of_processes_with_frames_are_on_the_tape(void **state)
{
	struct recording r = open_recording();
	struct said s = run("exec ./short");
	struct place p = find(&r, &s);
	const struct tape_state *st = finish(&r);
	u32 of_pid = 0, covers = 0;

	(void)state;
	for (u32 i = 0; i < st->mmap_cnt; i++) {
		const struct tape_mmap *m = &st->mmaps[i];

		assert_int_equal(m->pid, s.pid);
		of_pid += m->kind == TAPE_MMAP_MAP;
		covers += m->file == p.file && s.addr - m->start < m->len && m->ts <= s.ts &&
			  s.addr - m->start + m->off == p.off && m->prot == (PROT_READ | PROT_EXEC);
	}
	assert_true(of_pid >= 3); /* the program, the linker, the C library, the vdso */
	assert_int_equal(covers, 1);
	close_recording(&r);
}

/* As the encoder does it; the file is written but once, when its build-id has come. */
static void files_of_frames_are_written_with_their_build_ids(void **state)
{
	struct recording r = open_recording();
	const struct stacks_opts o = { .files = r.files, .names = r.names, .kernel_depth = 127 };
	struct said s = run("exec ./short");
	struct {
		struct cap_stack d;
		u64 ip;
	} rec = { { .table = CAP_TABLE_STACK,
		    .size = sizeof(rec),
		    .hash = 1,
		    .ts = s.ts,
		    .pid = (u32)s.pid,
		    .cnt = 1,
		    .depth = 1,
		    .room = 10,
		    .flags = CAP_STACK_USER },
		  s.addr };
	char want[64] = "", cmd[256], got[64] = "";
	const struct tape_file *f;
	struct stacks *stacks;
	FILE *p;

	(void)state;
	assert_int_equal(stacks_new(&o, &stacks, &err), 0);
	assert_int_equal(stacks_define(stacks, (const u8 *)&rec, sizeof(rec)), 0);
	assert_int_equal(stacks_write(stacks, r.writer, 6, NAMES_PATIENT, &err), 0);
	assert_int_equal(stacks_take_lost(stacks), 0);
	stacks_free(stacks);
	f = tape_state_file(finish(&r), 1);
	snprintf(cmd, sizeof(cmd), "readelf -n %s/short | sed -n 's/.*Build ID: //p'", dir);
	p = popen(cmd, "r");
	assert_non_null(p);
	assert_int_equal(fscanf(p, "%63s", want), 1);
	pclose(p);
	assert_int_equal(f->build_id.len, 20);
	for (size_t i = 0; i < f->build_id.len; i++)
		snprintf(got + 2 * i, 3, "%02x", (u8)f->build_id.s[i]);
	assert_string_equal(got, want);
	close_recording(&r);
}

static void library_that_was_opened_later_has_names(void **state)
{
	struct recording r = open_recording();
	struct said s = run("exec ./dl ./lib.so");
	struct place p = find(&r, &s);

	(void)state;
	check(finish(&r), p, &s);
	close_recording(&r);
}

static void process_that_was_there_before_is_looked_up(void **state)
{
	struct running before = start("exec ./wait");
	struct said s = listen_to(&before), child;
	struct recording r = open_recording();
	struct place p = find(&r, &s), p_child;
	const struct tape_state *st;

	(void)state;
	assert_int_equal(write(before.in, "x", 1), 1);
	child = listen_to(&before);
	end(&before);
	p_child = find(&r, &child);
	st = finish(&r);
	check(st, p, &s);
	assert_int_not_equal(child.pid, s.pid);
	check(st, p_child, &child);
	assert_int_equal(p.file, p_child.file);
	close_recording(&r);
}

static void child_of_an_unknown_process_has_its_names(void **state)
{
	struct running before = start("exec ./wait");
	struct said first = listen_to(&before), child;
	struct recording r = open_recording();
	struct place p;

	(void)state;
	assert_int_equal(write(before.in, "x", 1), 1);
	child = listen_to(&before);
	usleep(50000); /* the child is gone by now, its parent waits for our end */
	p = find(&r, &child);
	end(&before);
	assert_int_not_equal(first.pid, child.pid);
	check(finish(&r), p, &child);
	close_recording(&r);
}

/* Both have ended before the first question. */
static void process_that_was_there_when_we_began_is_remembered(void **state)
{
	struct running before = start("exec ./wait");
	struct said first = listen_to(&before), child;
	struct recording r = open_recording();
	struct place p, p_child;
	const struct tape_state *st;

	(void)state;
	usleep(200000);
	assert_int_equal(write(before.in, "x", 1), 1);
	child = listen_to(&before);
	end(&before);
	p = find(&r, &first);
	p_child = find(&r, &child);
	st = finish(&r);
	check(st, p, &first);
	check(st, p_child, &child);
	close_recording(&r);
}

static void forks_without_exec_inherit(void **state)
{
	struct recording r = open_recording();
	struct said s = run("exec ./forks");
	struct place p = find(&r, &s);

	(void)state;
	check(finish(&r), p, &s);
	close_recording(&r);
}

static void deleted_program_has_names_while_it_lives(void **state)
{
	struct running gone;
	struct recording r;
	struct said s;
	struct place p;

	(void)state;
	assert_true(sh("cp wait gone"));
	gone = start("exec ./gone");
	s = listen_to(&gone);
	assert_true(sh("rm gone"));
	r = open_recording();
	p = find(&r, &s);
	check(finish(&r), p, &s);
	assert_true(str_has_prefix(files_get(r.files, p.file)->path, dir));
	end(&gone);
	close_recording(&r);
}

/* A file that is replaced under its path is not what the process runs. */
static void replaced_program_has_no_wrong_names(void **state)
{
	struct running old;
	struct recording r;
	const struct tape_sym *sym;
	struct said s;
	struct place p;

	(void)state;
	assert_true(sh("cp wait victim"));
	old = start("exec ./victim");
	s = listen_to(&old);
	assert_true(sh("gcc -O0 -o other short.c && mv other victim"));
	r = open_recording();
	p = find(&r, &s);
	sym = sym_at(finish(&r), p);
	if (sym) /* by map_files; without that right it has none */
		assert_true(str_is(sym->name, s.name));
	end(&old);
	close_recording(&r);
}

static void process_in_another_mount_namespace_has_names(void **state)
{
	struct recording r;
	struct said s;
	struct place p;

	(void)state;
	if (!sh("mkdir -p hidden && unshare -m true"))
		skip();
	r = open_recording();
	/* /tmp/.../hidden/prog exists in that namespace only */
	s = run("exec unshare -m sh -c 'mount -t tmpfs none hidden && cp short hidden/prog && "
		"hidden/prog; sleep 0.2'");
	p = find(&r, &s);
	check(finish(&r), p, &s);
	close_recording(&r);
}

static void missing_names_have_a_reason(void **state)
{
	struct recording r = open_recording();
	struct said s = run("exec ./short");
	struct buf why;
	u32 pids[2];

	(void)state;
	buf_init(&why, 1024);
	find(&r, &s);
	assert_int_equal(names_write(r.names, r.writer, 6, NAMES_END, &err), 0);
	assert_false(names_trouble(r.names, &why));
	assert_int_equal(names_own_pids(r.names, pids), 2);
	assert_int_equal(kill((pid_t)pids[0], SIGKILL), 0);
	usleep(100000);
	find(&r, &s);
	finish(&r);
	assert_true(names_trouble(r.names, &why));
	assert_non_null(strstr(buf_cstr(&why), "process that reads symbols does not answer"));
	assert_non_null(strstr(buf_cstr(&why), "1 functions are in files"));
	buf_fini(&why);
	close_recording(&r);
}

static void next_reader_is_known_when_one_died(void **state)
{
	struct recording r = open_recording();
	u32 pids[2], next[2] = { 0 };

	(void)state;
	assert_int_equal(names_own_pids(r.names, pids), 2);
	assert_int_equal(kill((pid_t)pids[1], SIGKILL), 0);
	for (int i = 0; i < 100 && (next[1] == 0 || next[1] == pids[1]); i++) {
		usleep(20000);
		names_own_pids(r.names, next);
	}
	assert_int_equal(next[0], pids[0]);
	assert_int_not_equal(next[1], pids[1]);
	assert_int_equal(kill((pid_t)next[1], 0), 0);
	close_recording(&r);
}

static void address_of_nothing_has_no_file(void **state)
{
	struct recording r = open_recording();
	struct said s = run("exec ./short");
	struct place p;

	(void)state;
	s.addr = 0x1000;
	p = find(&r, &s);
	assert_int_equal(p.file, TAPE_NONE);
	assert_int_equal(p.off, 0x1000);
	s.pid = 0;
	p = find(&r, &s);
	assert_int_equal(p.file, TAPE_NONE);
	finish(&r);
	close_recording(&r);
}

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	put_source("short.c", short_src);
	put_source("dl.c", dl_src);
	put_source("lib.c", lib_src);
	put_source("forks.c", fork_src);
	put_source("wait.c", wait_src);
	return sh("gcc -w -O1 -fno-omit-frame-pointer -o short short.c && "
		  "gcc -w -O1 -o dl dl.c && gcc -shared -fPIC -O1 -o lib.so lib.c && "
		  "gcc -w -O1 -o forks forks.c && gcc -w -O1 -o wait wait.c") ?
		       0 :
		       -1;
}

static int teardown(void **state)
{
	(void)state;
	return sh("rm -rf %s", dir) ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_process_of_2_ms_has_its_names),
		cmocka_unit_test(mappings_of_processes_with_frames_are_on_the_tape),
		cmocka_unit_test(files_of_frames_are_written_with_their_build_ids),
		cmocka_unit_test(library_that_was_opened_later_has_names),
		cmocka_unit_test(process_that_was_there_before_is_looked_up),
		cmocka_unit_test(child_of_an_unknown_process_has_its_names),
		cmocka_unit_test(process_that_was_there_when_we_began_is_remembered),
		cmocka_unit_test(forks_without_exec_inherit),
		cmocka_unit_test(deleted_program_has_names_while_it_lives),
		cmocka_unit_test(replaced_program_has_no_wrong_names),
		cmocka_unit_test(process_in_another_mount_namespace_has_names),
		cmocka_unit_test(missing_names_have_a_reason),
		cmocka_unit_test(next_reader_is_known_when_one_died),
		cmocka_unit_test(address_of_nothing_has_no_file),
	};

	if (geteuid() != 0) {
		print_message("needs root\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, setup, teardown);
}
