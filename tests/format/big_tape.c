/*
 * tests/format/big_tape.c -- a tape of any size from a real one: its blocks of rows again and
 * again, each time later, with checkpoints and what else is needed to read them.
 *
 * Names of tasks and the like are not repeated.  usage: big_tape FROM TO GIGABYTES [cut]
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/writer_priv.h"

#define ROUND_GAP 1000000 /* ns between the end of a round and the next */

struct big {
	struct tape_writer *w;
	u8 *from;
	u64 sz, first, last; /* times of the rows */
	u8 *work; /* a payload with later times */
	u64 shift;
	u32 round;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static bool next_block(const struct big *b, u64 *off, struct tape_block_header *h, u8 **payload)
{
	u64 at = *off;

	if (at + sizeof(*h) > b->sz)
		return false;
	memcpy(h, b->from + at, sizeof(*h));
	*payload = b->from + at + sizeof(*h);
	*off = at + block_span(h);
	return true;
}

/* The time column is the first of our recorder's tables. */
static void shift_times(struct big *b, struct tape_block_header *h, const u8 *payload)
{
	struct tape_columns head;

	memcpy(b->work, payload, h->stored_len);
	memcpy(&head, payload, sizeof(head));
	for (u32 i = 0; i < head.n_parts; i++) {
		struct tape_part *p = (void *)(b->work + sizeof(head) + i * sizeof(*p));

		if (p->col_id)
			break;
		p->aux += b->shift;
		p->min += b->shift;
		p->max += b->shift;
	}
	h->ts_min += b->shift;
	h->ts_max += b->shift;
}

static void put_block(struct big *b, struct tape_block_header *h, const u8 *payload)
{
	struct err err = { 0 };

	if (writer_begin(b->w, h->ts_max, &err) || writer_put_block(b->w, h, payload, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		exit(1);
	}
}

static void put_rows(struct big *b, struct tape_block_header *h, const u8 *payload)
{
	shift_times(b, h, payload);
	put_block(b, h, b->work);
	b->w->rows += h->n_rows;
}

/* One round; the tables only in the first. */
static void put_round(struct big *b)
{
	struct tape_block_header h;
	u64 off = sizeof(struct tape_file_header);
	u8 *payload;

	while (next_block(b, &off, &h, &payload)) {
		bool is_needed = h.type != TAPE_INDEX && h.type != TAPE_END &&
				 h.type != TAPE_TAIL && h.type != TAPE_MIXED &&
				 h.type != TAPE_CHECKPOINT;

		if (h.type == TAPE_EVENTS)
			put_rows(b, &h, payload);
		else if (h.type == TAPE_CHECKPOINT &&
			 tape_writer_checkpoint(b->w, h.ts_min + b->shift, b->shift + b->first - 1,
						NULL))
			die("checkpoint");
		else if (is_needed && !b->round)
			put_block(b, &h, payload);
	}
}

static void find_times(struct big *b)
{
	u64 off = sizeof(struct tape_file_header);
	struct tape_block_header h;
	u8 *payload;

	b->first = UINT64_MAX;
	while (next_block(b, &off, &h, &payload)) {
		if (h.type != TAPE_EVENTS)
			continue;
		b->first = h.ts_min < b->first ? h.ts_min : b->first;
		b->last = h.ts_max > b->last ? h.ts_max : b->last;
	}
}

int main(int argc, char **argv)
{
	struct tape_writer_opts wo = { .uuid = { 7 }, .repeat_bytes = UINT64_MAX / 2 };
	struct tape_meta_item end = { .key = { "end_ts", 6 }, .kind = 1 };
	static struct big b;
	struct stat st;
	int in, out;
	u64 want;

	if (argc < 4)
		return 2;
	want = (u64)(strtod(argv[3], NULL) * 1e9);
	in = open(argv[1], O_RDONLY | O_CLOEXEC);
	out = open(argv[2], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (in < 0 || out < 0 || fstat(in, &st))
		die(argv[1]);
	b.sz = (u64)st.st_size;
	b.from = mmap(NULL, b.sz, PROT_READ, MAP_PRIVATE, in, 0);
	b.work = malloc(TAPE_MAX_STORED);
	if (b.from == MAP_FAILED || !b.work || tape_writer_open(out, &wo, &b.w, NULL))
		die(argv[2]);
	find_times(&b);
	for (b.round = 0; tape_writer_stats(b.w).bytes < want; b.round++) {
		b.shift = b.round * (b.last - b.first + ROUND_GAP);
		put_round(&b);
	}
	end.num = b.last + b.shift;
	if (tape_writer_checkpoint(b.w, end.num, end.num, NULL))
		die("checkpoint");
	if (argc < 5 && tape_writer_finish(b.w, end.num, &end, 1, NULL))
		die("end");
	printf("%llu rows in %u rounds, %llu blocks, %.1f s\n",
	       (unsigned long long)tape_writer_stats(b.w).rows, b.round,
	       (unsigned long long)tape_writer_stats(b.w).blocks,
	       (double)(end.num - b.first) / 1e9);
	tape_writer_close(b.w);
	return 0;
}
