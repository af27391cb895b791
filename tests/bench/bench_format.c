/*
 * tests/bench/bench_format.c -- what a row costs: bytes, ns to write, ns to read; beside plain
 * rows through zstd -1.
 *
 * Rows are made like those of a busy sys_exit: times a few hundred ns to some us apart, few
 * pids, skewed results, a command name.  All variants run in turn within one process, several
 * rounds, and the best round is printed. Nothing is asserted about time.   usage: bench_format
 * [rows [rounds [resolution of times in ns]]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <zstd.h>

#include "format/reader.h"
#include "format/writer.h"

enum { TS, CPU, PID, TID, SEQ, PATH, NR, RET, COMM, COLS };

static struct tape_column columns[COLS] = {
	{ TS, TAPE_PHYS_U64, TAPE_ROLE_TS, 0, TAPE_NONE, 0, { "ts", 2 }, { 0 }, { 0 } },
	{ CPU, TAPE_PHYS_U64, TAPE_ROLE_CPU, 0, TAPE_NONE, 0, { "cpu", 3 }, { 0 }, { 0 } },
	{ PID, TAPE_PHYS_U64, TAPE_ROLE_PID, 0, TAPE_NONE, 0, { "pid", 3 }, { 0 }, { 0 } },
	{ TID, TAPE_PHYS_U64, TAPE_ROLE_TID, 0, TAPE_NONE, 0, { "tid", 3 }, { 0 }, { 0 } },
	{ SEQ, TAPE_PHYS_U64, TAPE_ROLE_SEQ, 0, TAPE_NONE, 0, { "seq", 3 }, { 0 }, { 0 } },
	{ PATH, TAPE_PHYS_U64, TAPE_ROLE_PATH, 0, TAPE_NONE, 0, { "path", 4 }, { 0 }, { 0 } },
	{ NR, TAPE_PHYS_S64, 0, 0, TAPE_NONE, 0, { "nr", 2 }, { 0 }, { 0 } },
	{ RET, TAPE_PHYS_S64, 0, 0, TAPE_NONE, 0, { "ret", 3 }, { 0 }, { 0 } },
	{ COMM, TAPE_PHYS_BYTES, 0, 0, TAPE_NONE, 1, { "comm", 4 }, { 0 }, { 0 } },
};

static const struct tape_schema schema = { .id = 1, .cols = columns, .col_cnt = COLS };

struct raw_row { /* what a program without columns would keep */
	u64 ts;
	s64 ret;
	u32 pid, tid, cpu, nr;
	char comm[16];
};

/* Time of this process alone: the machine may be busy with others. */
static u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

static u64 quantum = 1; /* of times */
static u64 rng_state = 88172645463325252ull;

static u64 rng(void)
{
	rng_state ^= rng_state << 13;
	rng_state ^= rng_state >> 7;
	rng_state ^= rng_state << 17;
	return rng_state;
}

static void make_rows(struct raw_row *r, size_t n)
{
	static const u32 nrs[] = { 0, 0, 0, 1, 1, 257, 262, 3, 3, 9, 202, 232 };
	static const char *const comms[] = { "gcc", "cc1", "make", "bash", "python3", "grep" };
	u64 ts = 1000000000000ull;
	u32 who = 0;

	for (size_t i = 0; i < n; i++) {
		u64 x = rng();

		ts += 250 + (x % 16 ? x >> 8 & 511 : x >> 8 & 8191);
		who = x >> 24 & 63 ? who : (u32)(x >> 32 & 15);
		r[i] = (struct raw_row){
			.ts = ts - ts % quantum,
			.ret = x >> 40 & 7 ? (s64)(x >> 43 & 7 ? x >> 46 & 15 : x >> 46 & 4095) :
					     -(s64)(x >> 50 & 15),
			.pid = 4000 + who * 7,
			.tid = 4000 + who * 7,
			.cpu = 1,
			.nr = nrs[x >> 16 & 255 ? (x >> 20) % countof(nrs) : x % 12],
		};
		snprintf(r[i].comm, sizeof(r[i].comm), "%s", comms[who % countof(comms)]);
	}
}

struct result {
	double write_ns, read_ns, read2_ns, bytes;
};

static void best(struct result *to, const struct result *x)
{
	to->write_ns = !to->bytes || x->write_ns < to->write_ns ? x->write_ns : to->write_ns;
	to->read_ns = !to->bytes || x->read_ns < to->read_ns ? x->read_ns : to->read_ns;
	to->read2_ns = !to->bytes || x->read2_ns < to->read2_ns ? x->read2_ns : to->read2_ns;
	to->bytes = x->bytes;
}

static void write_tape(int fd, const struct raw_row *r, size_t n, u32 max_bytes)
{
	struct tape_writer_opts wo = { .uuid = { 1 }, .ts_quantum_ns = quantum };
	struct row_batch_opts bo = { .max_bytes = max_bytes };
	struct row_cell cells[COLS] = { 0 };
	struct tape_writer *w;
	struct row_batch *b;

	if (tape_writer_open(fd, &wo, &w, NULL) ||
	    tape_writer_put_schemas(w, 1, &schema, 1, NULL) ||
	    row_batch_new(&schema, &bo, &b, NULL))
		abort();
	for (size_t i = 0; i < n; i++) {
		cells[TS].word = r[i].ts;
		cells[CPU].word = r[i].cpu;
		cells[PID].word = r[i].pid;
		cells[TID].word = r[i].tid;
		cells[SEQ].word = i;
		cells[NR].word = r[i].nr;
		cells[RET].word = (u64)r[i].ret;
		cells[COMM].p = r[i].comm;
		cells[COMM].len = (u32)strlen(r[i].comm);
		if (row_batch_add(b, cells) == 1 && tape_writer_put_rows(w, b, NULL))
			abort();
	}
	if (tape_writer_put_rows(w, b, NULL) || tape_writer_finish(w, 1, NULL, 0, NULL))
		abort();
	row_batch_free(b);
	tape_writer_close(w);
}

static void read_tape(int fd, const u8 *want, size_t n)
{
	struct tape_batch *b = tape_batch_new();
	struct tape_reader *r;
	struct tape_item it;
	size_t rows = 0;

	lseek(fd, 0, SEEK_SET);
	if (tape_reader_open(dup(fd), NULL, &r, NULL))
		abort();
	if (want)
		tape_reader_select(r, 1, want, COLS);
	while (tape_reader_next(r, &it, NULL) > 0) {
		if (it.kind == TAPE_ITEM_ROWS && tape_reader_decode(r, b, NULL) == 1)
			rows += tape_batch_cnt(b);
	}
	if (rows != n)
		abort();
	tape_reader_close(r);
	tape_batch_free(b);
}

static struct result run_columns(const struct raw_row *r, size_t n, u32 max_bytes)
{
	static const u8 two[COLS] = { [RET] = 1, [COMM] = 1 };
	int fd = memfd_create("bench", 0);
	u64 t0 = now_ns(), t1, t2, t3;

	write_tape(fd, r, n, max_bytes);
	t1 = now_ns();
	read_tape(fd, NULL, n);
	t2 = now_ns();
	read_tape(fd, two, n);
	t3 = now_ns();
	n = n ? n : 1;
	{
		struct result x = {
			.write_ns = (double)(t1 - t0) / (double)n,
			.read_ns = (double)(t2 - t1) / (double)n,
			.read2_ns = (double)(t3 - t2) / (double)n,
			.bytes = (double)lseek(fd, 0, SEEK_END) / (double)n,
		};

		close(fd);
		return x;
	}
}

/* Rows as they are in blocks of 1 MiB through zstd -1. */
static struct result run_rows(const struct raw_row *r, size_t n)
{
	const size_t block = (1 << 20) / sizeof(*r), cap = ZSTD_compressBound(block * sizeof(*r));
	size_t blocks = (n + block - 1) / block, total = 0;
	size_t *sz = calloc(blocks + 1, sizeof(*sz));
	u8 *packed = malloc(blocks * cap + 1);
	struct raw_row *back = malloc(block * sizeof(*r));
	ZSTD_CCtx *c = ZSTD_createCCtx();
	ZSTD_DCtx *d = ZSTD_createDCtx();
	u64 t0 = now_ns(), t1, t2;

	if (!sz || !packed || !back || !c || !d)
		abort();
	for (size_t i = 0; i < blocks; i++) {
		size_t rows = n - i * block < block ? n - i * block : block;

		sz[i] = ZSTD_compressCCtx(c, packed + i * cap, cap, r + i * block,
					  rows * sizeof(*r), 1);
		total += sz[i];
	}
	t1 = now_ns();
	for (size_t i = 0; i < blocks; i++) {
		if (ZSTD_isError(ZSTD_decompressDCtx(d, back, block * sizeof(*r), packed + i * cap,
						     sz[i])))
			abort();
	}
	t2 = now_ns();
	ZSTD_freeCCtx(c);
	ZSTD_freeDCtx(d);
	free(sz);
	free(packed);
	free(back);
	return (struct result){
		.write_ns = (double)(t1 - t0) / (double)n,
		.read_ns = (double)(t2 - t1) / (double)n,
		.read2_ns = (double)(t2 - t1) / (double)n,
		.bytes = (double)total / (double)n,
	};
}

int main(int argc, char **argv)
{
	size_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
	int rounds = argc > 2 ? (int)strtoul(argv[2], NULL, 10) : 3;
	static const u32 sizes[] = { 256 << 10, 1 << 20, 4 << 20 };
	struct raw_row *r = malloc((n + 1) * sizeof(*r));
	struct result cols[countof(sizes)] = { 0 }, rows = { 0 };

	quantum = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
	if (!r || !n || !quantum)
		return 1;
	make_rows(r, n);
	for (int i = 0; i < rounds; i++) {
		struct result x = run_rows(r, n);

		best(&rows, &x);
		for (size_t k = 0; k < countof(sizes); k++) {
			x = run_columns(r, n, sizes[k]);
			best(&cols[k], &x);
		}
	}
	printf("%zu rows, best of %d rounds\n", n, rounds);
	printf("%-28s %8s %10s %10s %12s\n", "", "B/row", "write ns", "read ns", "2 columns ns");
	printf("%-28s %8.2f %10.1f %10.1f %12.1f\n", "rows of 48 bytes, zstd -1", rows.bytes,
	       rows.write_ns, rows.read_ns, rows.read2_ns);
	for (size_t k = 0; k < countof(sizes); k++)
		printf("tape, batches of %5u KiB    %8.2f %10.1f %10.1f %12.1f\n", sizes[k] >> 10,
		       cols[k].bytes, cols[k].write_ns, cols[k].read_ns, cols[k].read2_ns);
	free(r);
	return 0;
}
