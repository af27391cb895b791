/*
 * tests/bench/bench_format.c -- what a row costs: bytes, ns to write, ns to read; beside plain
 * rows through zstd -1.
 *
 * Rows are those of a tape of system calls (tests/bench/mix.sh), or made like those of a busy
 * sys_exit: times a few hundred ns to some us apart, few pids, skewed results, a command name.
 * All variants run in turn within one process, several rounds, and the best round of each is
 * printed, in CPU time.  Nothing is asserted.
 *
 * usage: bench_format [TAPE|ROWS [ROUNDS]]
 */
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <zstd.h>

#include "format/reader.h"
#include "format/writer.h"

enum { TS, CPU, PID, TID, SEQ, NR, RET, COMM, COLS };

#define CPU_MAX 64

static struct tape_column columns[COLS] = {
	{ TS, TAPE_PHYS_U64, TAPE_ROLE_TS, 0, TAPE_NONE, 0, { "ts", 2 }, { 0 }, { 0 } },
	{ CPU, TAPE_PHYS_U64, TAPE_ROLE_CPU, 0, TAPE_NONE, 0, { "cpu", 3 }, { 0 }, { 0 } },
	{ PID, TAPE_PHYS_U64, TAPE_ROLE_PID, 0, TAPE_NONE, 0, { "pid", 3 }, { 0 }, { 0 } },
	{ TID, TAPE_PHYS_U64, TAPE_ROLE_TID, 0, TAPE_NONE, 0, { "tid", 3 }, { 0 }, { 0 } },
	{ SEQ, TAPE_PHYS_U64, TAPE_ROLE_SEQ, 0, TAPE_NONE, 0, { "seq", 3 }, { 0 }, { 0 } },
	{ NR, TAPE_PHYS_S64, 0, 0, TAPE_NONE, 0, { "nr", 2 }, { 0 }, { 0 } },
	{ RET, TAPE_PHYS_S64, 0, 0, TAPE_NONE, 0, { "ret", 3 }, { 0 }, { 0 } },
	{ COMM, TAPE_PHYS_BYTES, 0, 0, TAPE_NONE, 1, { "comm", 4 }, { 0 }, { 0 } },
};

static const struct tape_schema schema = { .id = 1, .cols = columns, .col_cnt = COLS };

struct raw_row { /* what a program without columns would keep: all that the tape has */
	u64 ts;
	s64 nr, ret;
	u64 seq; /* among the rows of its CPU: tells what is missing */
	u32 pid, tid, cpu, table;
	char comm[16];
};

/* Time of this process alone: the machine may be busy with others. */
static u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

static u64 quantum = 1; /* of times: what the tape has */
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
	u32 who = 0, seq = 0;

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
			.seq = seq++,
			.nr = nrs[x >> 16 & 255 ? (x >> 20) % countof(nrs) : x % 12],
		};
		snprintf(r[i].comm, sizeof(r[i].comm), "%s", comms[who % countof(comms)]);
	}
}

/* ---- rows of a tape ---- */

struct rows {
	struct raw_row *r;
	u8 *lens; /* of the commands: a record says how long a string is */
	size_t n, cap;
};

static const u64 *words_of(const struct tape_batch *b, const char *name)
{
	const struct tape_schema *s = tape_batch_schema(b);

	for (u32 i = 0; i < s->col_cnt; i++)
		if (str_is(s->cols[i].name, name))
			return (const u64 *)tape_batch_cols(b)[i].v;
	return NULL;
}

static const struct tape_col *texts_of(const struct tape_batch *b, const char *name)
{
	const struct tape_schema *s = tape_batch_schema(b);

	for (u32 i = 0; i < s->col_cnt; i++)
		if (str_is(s->cols[i].name, name) && s->cols[i].phys == TAPE_PHYS_BYTES)
			return &tape_batch_cols(b)[i];
	return NULL;
}

static void add_rows(struct rows *all, const struct tape_batch *b)
{
	const u64 *ts = words_of(b, "ts"), *pid = words_of(b, "pid"), *tid = words_of(b, "tid");
	const u64 *cpu = words_of(b, "cpu"), *nr = words_of(b, "id"), *ret = words_of(b, "ret");
	const u64 *seq = words_of(b, "_seq");
	const struct tape_col *comm = texts_of(b, "comm");
	u32 n = tape_batch_cnt(b);

	if (!ts || !pid || !tid || !cpu || !seq || !nr || !ret || !comm)
		return;
	if (all->n + n > all->cap) {
		all->cap = 2 * (all->n + n);
		all->r = realloc(all->r, all->cap * sizeof(*all->r));
		if (!all->r)
			abort();
	}
	for (u32 i = 0; i < n; i++) {
		struct raw_row *r = &all->r[all->n++];
		u32 len = comm->off[i + 1] - comm->off[i];

		*r = (struct raw_row){ .ts = ts[i], .ret = (s64)ret[i], .nr = (s64)nr[i] };
		r->seq = seq[i];
		r->pid = (u32)pid[i];
		r->tid = (u32)tid[i];
		r->cpu = (u32)cpu[i];
		memcpy(r->comm, comm->bytes + comm->off[i], len < 16 ? len : 15);
	}
}

/* In the order of the tape: block after block, each of one CPU. */
static void load_rows(const char *path, struct rows *all)
{
	struct tape_batch *b = tape_batch_new();
	struct err err = { 0 };
	struct tape_reader *r;
	struct tape_item it;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || tape_reader_open(fd, NULL, &r, &err)) {
		fprintf(stderr, "%s: %s\n", path, err.msg);
		exit(1);
	}
	while (tape_reader_next(r, &it, NULL) > 0)
		if (it.kind == TAPE_ITEM_ROWS && tape_reader_decode(r, b, NULL) == 1)
			add_rows(all, b);
	quantum = tape_state_num(tape_reader_state(r), TAPE_KEY_TS_QUANTUM, 1);
	tape_reader_close(r);
	tape_batch_free(b);
}

/* ---- columns ---- */

struct result {
	double write_ns, read_ns, read2_ns, ts_ns, bytes;
};

static void least(double *to, double x)
{
	*to = !*to || x < *to ? x : *to;
}

static void best(struct result *to, const struct result *x)
{
	least(&to->write_ns, x->write_ns);
	least(&to->read_ns, x->read_ns);
	least(&to->read2_ns, x->read2_ns);
	least(&to->ts_ns, x->ts_ns);
	to->bytes = x->bytes;
}

/* What a recorder has warm: batches, one a CPU. */
struct sink {
	int fd;
	struct tape_writer *w;
	struct row_batch *by_cpu[CPU_MAX];
	struct row_cell cells[COLS];
};

static void sink_init(struct sink *s, const struct row_batch_opts *bo)
{
	s->fd = memfd_create("bench", 0);
	for (u32 i = 0; i < CPU_MAX; i++)
		if (s->fd < 0 || row_batch_new(&schema, bo, &s->by_cpu[i], NULL))
			abort();
}

static void sink_fini(struct sink *s)
{
	for (u32 i = 0; i < CPU_MAX; i++)
		row_batch_free(s->by_cpu[i]);
	close(s->fd);
}

/* The cells are kept from row to row, as the recorder does. */
static void put_row(struct sink *s, const struct raw_row *r, u8 comm_len)
{
	struct row_batch *b = s->by_cpu[r->cpu % CPU_MAX];
	struct row_cell *c = s->cells;

	c[TS].word = r->ts;
	c[CPU].word = r->cpu;
	c[PID].word = r->pid;
	c[TID].word = r->tid;
	c[SEQ].word = r->seq;
	c[NR].word = (u64)r->nr;
	c[RET].word = (u64)r->ret;
	c[COMM].p = r->comm;
	c[COMM].len = comm_len;
	if (row_batch_add(b, c) == 1 && tape_writer_put_rows(s->w, b, NULL))
		abort();
}

static void write_tape(struct sink *s, const struct rows *all)
{
	struct tape_writer_opts wo = { .uuid = { 1 }, .ts_quantum_ns = quantum };

	lseek(s->fd, 0, SEEK_SET);
	if (tape_writer_open(s->fd, &wo, &s->w, NULL) ||
	    tape_writer_put_schemas(s->w, 1, &schema, 1, NULL))
		abort();
	for (size_t i = 0; i < all->n; i++)
		put_row(s, &all->r[i], all->lens[i]);
	for (u32 i = 0; i < CPU_MAX; i++)
		if (tape_writer_put_rows(s->w, s->by_cpu[i], NULL))
			abort();
	if (tape_writer_finish(s->w, 1, NULL, 0, NULL))
		abort();
	tape_writer_close(s->w);
}

/* ns a row. */
static double read_tape(int fd, const u8 *want, size_t n)
{
	struct tape_batch *b = tape_batch_new();
	struct tape_reader *r;
	struct tape_item it;
	u64 t0 = now_ns();
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
	return (double)(now_ns() - t0) / (double)n;
}

static struct result run_columns(struct sink *s, const struct rows *all)
{
	static const u8 two[COLS] = { [RET] = 1, [COMM] = 1 }, ts[COLS] = { [TS] = 1 };
	u64 t0 = now_ns();
	struct result x = { 0 };

	write_tape(s, all);
	x.write_ns = (double)(now_ns() - t0) / (double)all->n;
	x.read_ns = read_tape(s->fd, NULL, all->n);
	x.read2_ns = read_tape(s->fd, two, all->n);
	x.ts_ns = read_tape(s->fd, ts, all->n);
	x.bytes = (double)lseek(s->fd, 0, SEEK_END) / (double)all->n;
	return x;
}

/* ---- rows ---- */

#define ROWS_BLOCK (64u << 10)

struct packed {
	u8 *bytes;
	size_t *sz, cap;
	struct raw_row *back;
	ZSTD_CCtx *c;
	ZSTD_DCtx *d;
};

static void packed_init(struct packed *p, size_t n)
{
	size_t blocks = (n + ROWS_BLOCK - 1) / ROWS_BLOCK;

	p->cap = ZSTD_compressBound(ROWS_BLOCK * sizeof(struct raw_row));
	p->sz = calloc(blocks + 1, sizeof(*p->sz));
	p->bytes = malloc(blocks * p->cap + 1);
	p->back = malloc(ROWS_BLOCK * sizeof(*p->back));
	p->c = ZSTD_createCCtx();
	p->d = ZSTD_createDCtx();
	if (!p->sz || !p->bytes || !p->back || !p->c || !p->d)
		abort();
}

static void packed_fini(struct packed *p)
{
	ZSTD_freeCCtx(p->c);
	ZSTD_freeDCtx(p->d);
	free(p->sz);
	free(p->bytes);
	free(p->back);
}

/* Rows as they are in blocks of 4 MiB through zstd -1. */
static struct result run_rows(struct packed *p, const struct raw_row *r, size_t n)
{
	size_t blocks = (n + ROWS_BLOCK - 1) / ROWS_BLOCK, total = 0;
	u64 t0 = now_ns(), t1;
	double read_ns;

	for (size_t i = 0; i < blocks; i++) {
		size_t rows = n - i * ROWS_BLOCK < ROWS_BLOCK ? n - i * ROWS_BLOCK : ROWS_BLOCK;

		p->sz[i] = ZSTD_compressCCtx(p->c, p->bytes + i * p->cap, p->cap,
					     r + i * ROWS_BLOCK, rows * sizeof(*r), 1);
		total += p->sz[i];
	}
	t1 = now_ns();
	for (size_t i = 0; i < blocks; i++) {
		if (ZSTD_isError(ZSTD_decompressDCtx(p->d, p->back, ROWS_BLOCK * sizeof(*r),
						     p->bytes + i * p->cap, p->sz[i])))
			abort();
	}
	read_ns = (double)(now_ns() - t1) / (double)n;
	return (struct result){ (double)(t1 - t0) / (double)n, read_ns, read_ns, read_ns,
				(double)total / (double)n };
}

/* ---- all of them ---- */

static void print_line(const char *name, const struct result *x, const struct result *rows)
{
	printf("%-28s %6.2f %9.1f %5.2f %9.1f %5.2f %9.1f %5.2f %9.1f %5.2f\n", name, x->bytes,
	       x->write_ns, rows->write_ns / x->write_ns, x->read_ns, rows->read_ns / x->read_ns,
	       x->read2_ns, rows->read2_ns / x->read2_ns, x->ts_ns, rows->ts_ns / x->ts_ns);
}

static void get_rows(const char *what, struct rows *all)
{
	if (isdigit((unsigned char)*what)) {
		all->n = strtoull(what, NULL, 10);
		all->r = malloc((all->n + 1) * sizeof(*all->r));
		if (!all->r)
			abort();
		make_rows(all->r, all->n);
	} else {
		load_rows(what, all);
	}
	all->lens = malloc(all->n + 1);
	if (!all->lens)
		abort();
	for (size_t i = 0; i < all->n; i++)
		all->lens[i] = (u8)strnlen(all->r[i].comm, sizeof(all->r[i].comm));
}

int main(int argc, char **argv)
{
	int rounds = argc > 2 ? (int)strtoul(argv[2], NULL, 10) : 3;
	static const struct row_batch_opts sizes[] = { { 16384, 2u << 20 }, { 0 } };
	struct result cols[countof(sizes)] = { 0 }, rows = { 0 };
	struct sink sinks[countof(sizes)] = { 0 };
	struct packed packed = { 0 };
	struct rows all = { 0 };

	get_rows(argc > 1 ? argv[1] : "1000000", &all);
	if (!all.n)
		return 1;
	packed_init(&packed, all.n);
	for (size_t k = 0; k < countof(sizes); k++)
		sink_init(&sinks[k], &sizes[k]);
	for (int i = 0; i < rounds; i++) {
		struct result x = run_rows(&packed, all.r, all.n);

		best(&rows, &x);
		for (size_t k = 0; k < countof(sizes); k++) {
			x = run_columns(&sinks[k], &all);
			best(&cols[k], &x);
		}
	}
	printf("%zu rows, best of %d rounds; ns of CPU a row, and how many times as fast as rows\n",
	       all.n, rounds);
	printf("%-28s %6s %15s %15s %15s %15s\n", "", "B/row", "write", "read", "two columns",
	       "time alone");
	print_line("rows of 64 bytes, zstd -1", &rows, &rows);
	print_line("tape, 16384 rows a block", &cols[0], &rows);
	print_line("tape, 32768 rows a block", &cols[1], &rows);
	for (size_t k = 0; k < countof(sizes); k++)
		sink_fini(&sinks[k]);
	packed_fini(&packed);
	free(all.r);
	free(all.lens);
	return 0;
}
