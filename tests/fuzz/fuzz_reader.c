/*
 * tests/fuzz/fuzz_reader.c -- any bytes as a tape: read front to back, by entry, and merged.
 *
 * Checksums are ignored, so that changed bytes get past them.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/io.h"
#include "format/merge.h"
#include "format/reader.h"
#include "format/verify.h"
#include "tests/fuzz/tape_small.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t sz);

#define MEM_MAX (64u << 20)

/* Touch every value, so that a wrong place is an error that a sanitizer sees. */
static u64 sum_batch(const struct tape_batch *b)
{
	const struct tape_schema *s = tape_batch_schema(b);
	u64 sum = 0;

	for (u32 c = 0; c < s->col_cnt; c++) {
		const struct tape_col *col = &tape_batch_cols(b)[c];
		u32 n = col->list_off ? col->list_off[tape_batch_cnt(b)] : tape_batch_cnt(b);

		for (u32 i = 0; i < n; i++) {
			sum += col->v ? (u64)col->v[i] : 0;
			sum += col->is_null ? col->is_null[i] : 0;
			for (u32 k = col->off ? col->off[i] : 0; col->off && k < col->off[i + 1];
			     k++)
				sum += col->bytes[k];
		}
	}
	return sum;
}

/* Every stack, frame by frame; a path longer than there are nodes is a cycle. */
static u64 sum_stacks(const struct tape_state *s)
{
	u64 sum = 0, steps = 0;

	for (u32 id = 1; id <= s->stack_cnt && steps < 100000; id++) {
		const struct tape_stack_id *k = tape_state_stack(s, id);
		const struct tape_node *node = k ? tape_state_node(s, k->node) : NULL;
		u32 depth = 0;

		for (; node; node = tape_state_node(s, node->parent), steps++) {
			const struct tape_frame *f = tape_state_frame(s, node->frame);
			const struct tape_file *file = f ? tape_state_file(s, f->file) : NULL;

			assert(depth++ < s->node_cnt);
			sum += file && file->path.len ? (u8)file->path.s[file->path.len - 1] : 0;
		}
	}
	for (u32 i = 0; i < s->sym_cnt; i++)
		sum += s->syms[i].name.len ? (u8)s->syms[i].name.s[0] : 0;
	for (u32 i = 0; i < s->mmap_cnt; i++)
		sum += s->mmaps[i].start;
	return sum;
}

static struct tape_reader *open_fd(int fd)
{
	struct tape_reader_opts o = fuzz_reader_opts();
	struct tape_reader *r;

	o.ignore_crc = true;

	if (!tape_reader_open(dup(fd), &o, &r, NULL))
		return r;
	return NULL;
}

static u64 read_front_to_back(int fd, struct tape_batch *b)
{
	struct tape_reader *r = open_fd(fd);
	struct tape_item it;
	u64 sum = 0;

	while (r && tape_reader_next(r, &it, NULL) > 0) {
		if (it.kind == TAPE_ITEM_MAPSNAP)
			sum += it.cnt ? it.snaps[it.cnt - 1].map.len : 0;
		if (it.kind == TAPE_ITEM_ROWS && tape_reader_decode(r, b, NULL) > 0)
			sum += sum_batch(b);
	}
	sum += r ? sum_stacks(tape_reader_state(r)) : 0;
	tape_reader_close(r);
	return sum;
}

static u64 read_by_entry(int fd, struct tape_batch *b)
{
	struct tape_reader *r = open_fd(fd);
	const struct tape_index_entry *e;
	struct tape_access *a;
	u64 sum = 0;
	u32 n;

	if (!r)
		return 0;
	a = tape_access_new(r);
	if (a && !tape_reader_load(r, NULL)) {
		e = tape_reader_entries(r, &n);
		for (u32 i = 0; i < n && i < 1000; i++) {
			if (tape_access_read(a, &e[i], b, NULL) == 1)
				sum += sum_batch(b);
		}
	}
	tape_access_free(a);
	tape_reader_close(r);
	return sum;
}

static u64 read_merged(int fd)
{
	struct tape_merge_opts o = { .read_all = true, .mem_max = MEM_MAX };
	struct tape_reader *r = open_fd(fd);
	struct tape_merge *m;
	struct tape_run run;
	u64 sum = 0;

	if (!r)
		return 0;
	if (!tape_merge_new(r, &o, &m, NULL)) {
		while (tape_merge_next(m, &run, NULL) > 0) {
			assert(run.item || run.begin < run.end);
			sum += run.item ? 0 : run.end - run.begin;
		}
		tape_merge_free(m);
	}
	tape_reader_close(r);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t sz)
{
	struct tape_batch *b = tape_batch_new();
	struct tape_verify_result result;
	volatile u64 sum = 0;
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (b && fd >= 0 && !io_write_full(fd, data, sz)) {
		lseek(fd, 0, SEEK_SET);
		sum += read_front_to_back(fd, b);
		sum += read_by_entry(fd, b);
		sum += read_merged(fd);
		sum += tape_verify(fd, &(struct tape_verify_opts){ .reader = fuzz_reader_opts() },
				   &result, NULL) == 0;
	}
	tape_batch_free(b);
	close(fd);
	return 0;
}
