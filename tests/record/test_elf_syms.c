/*
 * tests/record/test_elf_syms.c -- symbol tables of real files: programs and libraries built here
 * in each of the usual ways, then damaged.
 *
 * Where functions are is found independently, with readelf.
 */
#include "record/elf_syms.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/io.h"

static char dir[] = "/tmp/bpftape-elf.XXXXXX";
static struct err err;

static const char source[] =
	"#include <stdio.h>\n"
	"__attribute__((noinline)) int alpha_fn(int x) { return x * 3 + 1; }\n"
	"__attribute__((noinline)) static int beta_fn(int x) { return x * 5 + alpha_fn(x); }\n"
	"int __gamma_fn(int x) { return beta_fn(x) + 7; }\n"
	"int gamma_fn(int x) __attribute__((weak, alias(\"__gamma_fn\")));\n"
	"int main(void) { return gamma_fn(3) == 0; }\n";

/* Run a shell command in the folder; false: it failed. */
static bool sh(const char *fmt, ...) PRINTF_LIKE(1, 2);

static bool sh(const char *fmt, ...)
{
	char text[2048];
	va_list ap;
	pid_t pid;
	int status = 1;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	pid = fork();
	if (!pid) {
		if (chdir(dir))
			_exit(1);
		execl("/bin/sh", "sh", "-c", text, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static struct elf_syms *open_file(const char *name, int *fd)
{
	struct elf_syms *e = NULL;
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	*fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(*fd >= 0);
	assert_int_equal(elf_syms_open(*fd, &e, &err), 0);
	return e;
}

static u64 read_hex(const char *name)
{
	char path[256];
	struct buf b;
	u64 v;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	buf_init(&b, 4096);
	assert_int_equal(io_read_file(path, &b, &err), 0);
	v = strtoull(buf_cstr(&b), NULL, 16);
	buf_fini(&b);
	return v;
}

/* Offset in the file of a function, by readelf; the segment with code is the only R E. */
static u64 offset_of(const char *file, const char *sym)
{
	u64 value, vaddr, off;

	assert_true(sh("readelf -sW %s | awk '$8 == \"%s\" && $7 != \"UND\" {print $2; exit}' > v; "
		       "readelf -lW %s | awk '$1 == \"LOAD\" && /R E/ {print $3 > \"a\"; "
		       "print $2 > \"o\"}'",
		       file, sym, file));
	value = read_hex("v");
	vaddr = read_hex("a");
	off = read_hex("o");
	assert_true(value >= vaddr);
	return value - vaddr + off;
}

static void check_name(const struct elf_syms *e, u64 off, u64 in, const char *want)
{
	struct elf_sym s;

	assert_true(elf_syms_find(e, off + in, &s));
	if (!str_is(s.name, want))
		fail_msg("%.*s instead of %s", STR_ARG(s.name), want);
	assert_int_equal(s.off, off);
	assert_true(s.size > in);
}

static void check_program(const char *flags)
{
	struct elf_syms *e;
	int fd;

	assert_true(sh("gcc -O1 %s -o prog prog.c", flags));
	e = open_file("prog", &fd);
	check_name(e, offset_of("prog", "alpha_fn"), 0, "alpha_fn");
	check_name(e, offset_of("prog", "alpha_fn"), 2, "alpha_fn");
	check_name(e, offset_of("prog", "beta_fn"), 1, "beta_fn");
	check_name(e, offset_of("prog", "main"), 3, "main");
	/* of two names of a place, the one without underscores */
	check_name(e, offset_of("prog", "__gamma_fn"), 0, "gamma_fn");
	elf_syms_free(e);
	close(fd);
}

static void names_of_programs_with_a_symbol_table(void **state)
{
	(void)state;
	check_program("-pie");
	check_program("-no-pie");
	check_program("-static");
	check_program("-static-pie");
	check_program("-pie -Wl,-z,noseparate-code");
	check_program("-pie -Wl,-Ttext-segment=0x7000000");
}

static void stripped_program_has_only_exported_names(void **state)
{
	struct elf_syms *e;
	struct elf_sym s;
	u64 alpha, beta;
	int fd;

	(void)state;
	assert_true(sh("gcc -O1 -rdynamic -o prog prog.c && strip -o stripped prog"));
	alpha = offset_of("prog", "alpha_fn");
	beta = offset_of("prog", "beta_fn");
	e = open_file("stripped", &fd);
	check_name(e, alpha, 1, "alpha_fn");
	assert_false(elf_syms_find(e, beta, &s));
	elf_syms_free(e);
	close(fd);

	assert_true(sh("gcc -O1 -o prog prog.c && strip -o stripped prog"));
	e = open_file("stripped", &fd);
	assert_int_equal(elf_syms_cnt(e), 0);
	assert_false(elf_syms_find(e, alpha, &s));
	assert_true(elf_syms_build_id(e).len == 20);
	elf_syms_free(e);
	close(fd);
}

static void packed_symbol_table_is_read(void **state)
{
	struct elf_syms *e;
	int fd;

	(void)state;
	if (!sh("gcc -O1 -rdynamic -o prog prog.c && "
		"objcopy --only-keep-debug prog mini && strip -g mini && xz -kf mini && "
		"strip -o packed prog && objcopy --add-section .gnu_debugdata=mini.xz packed"))
		skip();
	e = open_file("packed", &fd);
	check_name(e, offset_of("prog", "beta_fn"), 1, "beta_fn");
	check_name(e, offset_of("prog", "alpha_fn"), 1, "alpha_fn");
	elf_syms_free(e);
	close(fd);

	/* half of it is none of it, and no reason to fail */
	assert_true(sh("head -c 300 mini.xz > half && strip -o packed prog && "
		       "objcopy --add-section .gnu_debugdata=half packed"));
	e = open_file("packed", &fd);
	check_name(e, offset_of("prog", "alpha_fn"), 1, "alpha_fn");
	elf_syms_free(e);
	close(fd);
}

static void versions_are_dropped_from_names(void **state)
{
	struct elf_syms *e;
	int fd;

	(void)state;
	assert_true(sh("echo 'V1 { global: alpha_fn; };' > map && "
		       "gcc -O1 -fPIC -shared -Wl,--version-script=map -o lib.so prog.c && "
		       "readelf -sW lib.so | grep -q alpha_fn@@V1"));
	e = open_file("lib.so", &fd);
	assert_true(sh("readelf -sW lib.so | "
		       "awk '$8 ~ /^alpha_fn/ {print $2; exit}' > v; "
		       "readelf -lW lib.so | awk '$1 == \"LOAD\" && /R E/ {print $3 > \"a\"; "
		       "print $2 > \"o\"}'"));
	check_name(e, read_hex("v") - read_hex("a") + read_hex("o"), 0, "alpha_fn");
	elf_syms_free(e);
	close(fd);
}

/* An assembler's function of size 0 reaches to the next; a large one contains small ones. */
static void sizes_decide_what_an_offset_belongs_to(void **state)
{
	static const char text[] =
		".text\n.globl outer\n.type outer,@function\nouter: .skip 16\n"
		".globl inner\n.type inner,@function\ninner: .skip 16\n.size inner, 16\n"
		".skip 16\n.size outer, 48\n"
		".skip 16\n"
		".globl open_end\n.type open_end,@function\nopen_end: .skip 32\n"
		".globl last\n.type last,@function\nlast: .skip 16\n.size last, 16\n.skip 16\n";
	struct elf_syms *e;
	struct elf_sym s;
	char path[256];
	FILE *f;
	u64 at;
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/a.s", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_true(sh("gcc -nostdlib -shared -o a.so a.s"));
	e = open_file("a.so", &fd);
	at = offset_of("a.so", "outer");
	check_name(e, at, 0, "outer");
	check_name(e, at, 47, "outer");
	check_name(e, at + 16, 15, "inner");
	assert_false(elf_syms_find(e, at + 48, &s));
	assert_true(elf_syms_find(e, at + 64 + 31, &s));
	assert_true(str_is(s.name, "open_end"));
	assert_int_equal(s.size, 0);
	check_name(e, at + 96, 15, "last");
	assert_false(elf_syms_find(e, at + 112, &s));
	assert_false(elf_syms_find(e, ~0ull, &s));
	assert_false(elf_syms_find(e, 0, &s));
	elf_syms_free(e);
	close(fd);
}

static void vdso_of_this_process_has_names(void **state)
{
	const void *vdso = (const void *)getauxval(AT_SYSINFO_EHDR);
	struct elf_syms *e = NULL;
	struct elf_sym s;
	bool found = false;

	(void)state;
	if (!vdso)
		skip();
	assert_int_equal(elf_syms_over(vdso, 8192, &e, &err), 0);
	for (u64 off = 0; off < 8192; off++)
		found |= elf_syms_find(e, off, &s) && str_is(s.name, "__vdso_gettimeofday");
	assert_true(found || elf_syms_cnt(e) > 0);
	elf_syms_free(e);
}

static void what_is_no_program_is_refused(void **state)
{
	struct elf_syms *e = NULL;

	(void)state;
	assert_int_equal(elf_syms_over("", 0, &e, &err), -EBADMSG);
	assert_int_equal(elf_syms_over("#!/bin/sh\n", 10, &e, &err), -EBADMSG);
	assert_int_equal(elf_syms_over("\177ELF\2\1\1", 7, &e, &err), -EBADMSG);
	assert_true(sh("gcc -O1 -c -o prog.o prog.c"));
	assert_int_equal(elf_syms_open(-1, &e, &err), -EBADMSG);
	assert_null(e);
}

/* Does not crash, does not read beyond (the bytes are an exact allocation), and ends soon. */
static void try_bytes(const u8 *p, size_t sz)
{
	struct elf_syms *e = NULL;
	struct elf_sym s;
	u8 *copy = malloc(sz ? sz : 1);
	size_t sum = 0;

	memcpy(copy, p, sz);
	if (!elf_syms_over(copy, sz, &e, NULL)) {
		for (u64 off = 0; off < sz + 4096; off += 61)
			if (elf_syms_find(e, off, &s) && s.name.len)
				sum += (u8)s.name.s[s.name.len - 1];
		elf_syms_free(e);
	}
	free(copy);
	assert_true(sum < (size_t)-1);
}

static void damage(u8 *p, size_t sz, u32 seed)
{
	srandom(seed);
	for (u32 n = 1 + (u32)random() % 8; n > 0; n--) {
		/* half of the hits go where structure is */
		size_t at = (size_t)random() % (random() % 2 ? sz : 64 + 56 * 12);

		p[at] = random() % 4 ? (u8)random() : (u8)(random() % 2 ? 0xff : 0);
	}
}

static void damaged_files_do_no_harm(void **state)
{
	char path[256];
	struct buf b, copy;

	(void)state;
	assert_true(sh("gcc -O1 -o prog prog.c && "
		       "(objcopy --only-keep-debug prog mini && xz -kf mini && strip prog && "
		       "objcopy --add-section .gnu_debugdata=mini.xz prog || true)"));
	snprintf(path, sizeof(path), "%s/prog", dir);
	buf_init(&b, 1 << 20);
	buf_init(&copy, 1 << 20);
	assert_int_equal(io_read_file(path, &b, &err), 0);
	for (u32 i = 0; i < 2000; i++) {
		buf_reset(&copy);
		buf_put(&copy, b.data, b.len);
		damage(copy.data, copy.len, i);
		try_bytes(copy.data, i % 3 ? copy.len : (size_t)random() % copy.len);
	}
	buf_fini(&copy);
	buf_fini(&b);
}

static int setup(void **state)
{
	char path[256];
	FILE *f;

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/prog.c", dir);
	f = fopen(path, "w");
	if (!f)
		return -1;
	fputs(source, f);
	return fclose(f);
}

static int teardown(void **state)
{
	(void)state;
	return sh("rm -rf %s", dir) ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_programs_with_a_symbol_table),
		cmocka_unit_test(stripped_program_has_only_exported_names),
		cmocka_unit_test(packed_symbol_table_is_read),
		cmocka_unit_test(versions_are_dropped_from_names),
		cmocka_unit_test(sizes_decide_what_an_offset_belongs_to),
		cmocka_unit_test(vdso_of_this_process_has_names),
		cmocka_unit_test(what_is_no_program_is_refused),
		cmocka_unit_test(damaged_files_do_no_harm),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
