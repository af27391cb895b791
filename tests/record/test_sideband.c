/* tests/record/test_sideband.c -- records of perf events as bytes, and lines of /proc/PID/maps. */
#include "record/sideband.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/io.h"
#include "record/maps_text.h"

static struct buf b;

static void begin(u32 type, u16 misc)
{
	buf_reset(&b);
	buf_put_u32(&b, type);
	buf_put_u16(&b, misc);
	buf_put_u16(&b, 0);
}

static int parse(u64 ts, struct sideband_rec *r)
{
	u16 sz;

	buf_align(&b, 8);
	buf_put_u64(&b, ts);
	sz = (u16)b.len;
	memcpy(b.data + 6, &sz, sizeof(sz));
	return sideband_parse(b.data, b.len, r);
}

static void put_map(u64 start, u64 len)
{
	begin(PERF_RECORD_MMAP2, PERF_RECORD_MISC_USER);
	buf_put_u32(&b, 10);
	buf_put_u32(&b, 11);
	buf_put_u64(&b, start);
	buf_put_u64(&b, len);
	buf_put_u64(&b, 0x3000);
	buf_put_u32(&b, 8);
	buf_put_u32(&b, 2);
	buf_put_u64(&b, 77);
	buf_put_u64(&b, 5);
	buf_put_u32(&b, PROT_READ | PROT_EXEC);
	buf_put_u32(&b, 2);
	buf_put(&b, "/bin/x", 7);
}

static void mapping_is_read(void **state)
{
	struct sideband_rec r;

	(void)state;
	put_map(0x400000, 0x2000);
	assert_int_equal(parse(99, &r), 1);
	assert_int_equal(r.kind, SIDEBAND_MAP);
	assert_int_equal(r.pid, 10);
	assert_int_equal(r.tid, 11);
	assert_int_equal(r.ts, 99);
	assert_int_equal(r.start, 0x400000);
	assert_int_equal(r.len, 0x2000);
	assert_int_equal(r.off, 0x3000);
	assert_int_equal(r.dev, makedev(8, 2));
	assert_int_equal(r.inode, 77);
	assert_int_equal(r.prot, PROT_READ | PROT_EXEC);
	assert_true(str_is(r.path, "/bin/x"));
}

static void mapping_beyond_the_end_of_memory_is_refused(void **state)
{
	struct sideband_rec r;

	(void)state;
	put_map(~0ull - 5, 7);
	assert_int_equal(parse(1, &r), -EBADMSG);
}

static void renaming_is_no_exec(void **state)
{
	struct sideband_rec r;

	(void)state;
	for (int is_exec = 0; is_exec < 2; is_exec++) {
		begin(PERF_RECORD_COMM, is_exec ? PERF_RECORD_MISC_COMM_EXEC : 0);
		buf_put_u32(&b, 5);
		buf_put_u32(&b, 5);
		buf_put(&b, "name", 5);
		assert_int_equal(parse(7, &r), is_exec);
	}
	assert_int_equal(r.kind, SIDEBAND_EXEC);
	assert_int_equal(r.pid, 5);
}

static void fork_and_exit_are_read(void **state)
{
	struct sideband_rec r;

	(void)state;
	for (int i = 0; i < 2; i++) {
		begin(i ? PERF_RECORD_EXIT : PERF_RECORD_FORK, 0);
		buf_put_u32(&b, 5);
		buf_put_u32(&b, 4);
		buf_put_u32(&b, 6);
		buf_put_u32(&b, 4);
		buf_put_u64(&b, 1234);
		assert_int_equal(parse(1235, &r), 1);
		assert_int_equal(r.kind, i ? SIDEBAND_EXIT : SIDEBAND_FORK);
		assert_int_equal(r.pid, 5);
		assert_int_equal(r.parent, 4);
		assert_int_equal(r.tid, 6);
		assert_int_equal(r.ts, 1234);
	}
}

static void every_cut_of_a_record_is_refused(void **state)
{
	struct sideband_rec r;

	(void)state;
	put_map(0x400000, 0x2000);
	assert_int_equal(parse(99, &r), 1);
	for (size_t sz = 0; sz < b.len; sz++) {
		u8 *copy = malloc(sz ? sz : 1);
		u16 said = (u16)sz;

		memcpy(copy, b.data, sz);
		assert_int_equal(sideband_parse(copy, sz, &r), -EBADMSG);
		if (sz >= 8)
			memcpy(copy + 6, &said, sizeof(said));
		/* with a size that fits only what follows the fixed part may be short */
		if (sideband_parse(copy, sz, &r) == 1)
			assert_true(sz >= 8 + 64 + 8 && r.path.len <= 8);
		free(copy);
	}
}

static void lines_of_maps_are_read(void **state)
{
	static const char text[] =
		"5581a4e00000-5581a4e01000 r-xp 00001000 fd:01 1835093      /usr/bin/a b\n"
		"what is this\n"
		"5581a5000000-5581a4e01000 r-xp 00001000 fd:01 1 /backwards\n"
		"7ffc1000-7ffc2000 rw-p 00000000 00:00 0                                  [stack]\n"
		"7f0000000000-7f0000001000 rwxp 00000000 00:00 0 \n"
		"7f0000001000-7f0000002000 r-xs 00002000 00:01 9     /memfd:jit (deleted)\n"
		"fffffffffffffffffff-1 r-xp 0 0:0 0\n";
	struct str s = { text, sizeof(text) - 1 };
	struct maps_line l;

	(void)state;
	assert_true(maps_text_next(&s, &l));
	assert_int_equal(l.start, 0x5581a4e00000);
	assert_int_equal(l.end, 0x5581a4e01000);
	assert_int_equal(l.off, 0x1000);
	assert_int_equal(l.dev, makedev(0xfd, 1));
	assert_int_equal(l.inode, 1835093);
	assert_int_equal(l.prot, PROT_READ | PROT_EXEC);
	assert_true(str_is(l.path, "/usr/bin/a b"));
	assert_true(maps_text_next(&s, &l));
	assert_true(str_is(l.path, "[stack]"));
	assert_true(maps_text_next(&s, &l));
	assert_int_equal(l.path.len, 0);
	assert_int_equal(l.prot, PROT_READ | PROT_WRITE | PROT_EXEC);
	assert_true(maps_text_next(&s, &l));
	assert_true(str_is(maps_text_path(l.path), "/memfd:jit"));
	assert_false(maps_text_next(&s, &l));
}

static void own_maps_hold_this_function(void **state)
{
	struct maps_line l;
	struct str text;
	struct buf maps;
	int found = 0;

	(void)state;
	buf_init(&maps, 16 << 20);
	assert_int_equal(io_read_file("/proc/self/maps", &maps, NULL), 0);
	text = (struct str){ (const char *)maps.data, maps.len };
	while (maps_text_next(&text, &l)) {
		u64 fn = (u64)(uintptr_t)own_maps_hold_this_function;

		found += l.start <= fn && fn < l.end && l.prot == (PROT_READ | PROT_EXEC) &&
			 l.inode && l.path.len;
	}
	assert_int_equal(found, 1);
	buf_fini(&maps);
}

static int setup(void **state)
{
	(void)state;
	buf_init(&b, 1 << 16);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	buf_fini(&b);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mapping_is_read),
		cmocka_unit_test(mapping_beyond_the_end_of_memory_is_refused),
		cmocka_unit_test(renaming_is_no_exec),
		cmocka_unit_test(fork_and_exit_are_read),
		cmocka_unit_test(every_cut_of_a_record_is_refused),
		cmocka_unit_test(lines_of_maps_are_read),
		cmocka_unit_test(own_maps_hold_this_function),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
