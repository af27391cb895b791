/*
 * tests/support/row_set.c -- rows by name.
 *
 * (1) A table is lost if all copies of each SCHEMA block that has it are touched; here: all copies
 *     of any part of the SCHEMA, as recorders write a single one.
 */
#include "tests/support/row_set.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/io.h"
#include "format/reader.h"

#define FNV	  0xcbf29ce484222325ull
#define LOST_TEXT 1 /* hash of a cell with strings that are lost: equal to any */

struct row_ref {
	u32 table, cpu;
	u64 seq;
	u32 block;
	size_t hashes;
	bool is_delivered;
};

static u64 fnv(u64 h, const void *p, size_t n)
{
	const u8 *b = p;

	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * 0x100000001b3ull;
	return h;
}

static bool is_lost_text(const struct tape_col *c, u32 at)
{
	return c->off && c->off[at + 1] - c->off[at] > 11 &&
	       !memcmp(c->bytes + c->off[at], "<lost dict ", 11);
}

static u64 hash_value(u64 h, const struct tape_col *c, u32 at)
{
	u8 null = c->is_null ? c->is_null[at] : 0;
	u32 len = c->off ? c->off[at + 1] - c->off[at] : 0;

	h = fnv(h, &null, 1);
	if (c->v)
		return fnv(h, &c->v[at], 8);
	h = fnv(h, &len, 4);
	return fnv(h, c->bytes + c->off[at], len);
}

static u64 hash_cell(const struct tape_col *c, u32 row)
{
	u32 from = c->list_off ? c->list_off[row] : row;
	u32 to = c->list_off ? c->list_off[row + 1] : row + 1;
	u64 h = fnv(FNV, &(u32){ to - from }, 4);

	for (u32 i = from; i < to; i++) {
		if (is_lost_text(c, i))
			return LOST_TEXT;
		h = hash_value(h, c, i);
	}
	return h;
}

static u32 slot_of(const struct row_set *s, u32 table, u32 cpu, u64 seq)
{
	u64 h = fnv(fnv(fnv(FNV, &table, 4), &cpu, 4), &seq, 8);
	u32 at = (u32)(h >> 20) & (s->slot_cnt - 1);

	for (; s->slots[at]; at = (at + 1) & (s->slot_cnt - 1)) {
		const struct row_ref *r = &s->rows[s->slots[at] - 1];

		if (r->table == table && r->cpu == cpu && r->seq == seq)
			break;
	}
	return at;
}

static s64 role_value(const struct tape_batch *b, enum tape_role role, u32 row)
{
	const struct tape_column *c = tape_schema_role(tape_batch_schema(b), role);

	assert(c);
	return tape_batch_cols(b)[c->id].v[row];
}

static u32 find(const struct row_set *s, const struct tape_batch *b, u32 row)
{
	return slot_of(s, tape_batch_schema(b)->id, (u32)role_value(b, TAPE_ROLE_CPU, row),
		       (u64)role_value(b, TAPE_ROLE_SEQ, row));
}

static void add_row(struct row_set *s, const struct tape_batch *b, u32 row, u32 block)
{
	u32 at = find(s, b, row), cols = tape_batch_schema(b)->col_cnt;

	assert(!s->slots[at] && s->cnt < s->cap);
	s->rows[s->cnt] = (struct row_ref){
		.table = tape_batch_schema(b)->id,
		.cpu = (u32)role_value(b, TAPE_ROLE_CPU, row),
		.seq = (u64)role_value(b, TAPE_ROLE_SEQ, row),
		.block = block,
		.hashes = s->hash_cnt,
	};
	s->slots[at] = ++s->cnt;
	if (s->hash_cnt + cols > s->hash_cap) {
		s->hash_cap = (s->hash_cnt + cols) * 2;
		s->hashes = realloc(s->hashes, s->hash_cap * sizeof(*s->hashes));
		assert(s->hashes);
	}
	for (u32 c = 0; c < cols; c++)
		s->hashes[s->hash_cnt++] = hash_cell(&tape_batch_cols(b)[c], row);
}

static u32 block_at(const struct mutate_tape *t, u64 off)
{
	for (u32 i = 0; i < t->block_cnt; i++) {
		if (t->blocks[i].off == off)
			return i;
	}
	abort();
}

static void reserve(struct row_set *s, const struct mutate_tape *t)
{
	for (u32 i = 0; i < t->block_cnt; i++) {
		const struct tape_block_header *h = &t->blocks[i].h;

		s->cap += h->type == TAPE_EVENTS || h->type == TAPE_MIXED ? h->n_rows : 0;
	}
	for (s->slot_cnt = 64; s->slot_cnt < 2 * s->cap;)
		s->slot_cnt *= 2;
	s->rows = calloc((size_t)s->cap + 1, sizeof(*s->rows));
	s->slots = calloc(s->slot_cnt, sizeof(*s->slots));
	assert(s->rows && s->slots);
}

void row_set_open(struct row_set *s, const struct mutate_tape *t)
{
	int fd = memfd_create("rows", MFD_CLOEXEC);
	struct tape_batch *b = tape_batch_new();
	struct tape_reader *r;
	struct tape_item it;

	memset(s, 0, sizeof(*s));
	reserve(s, t);
	assert(fd >= 0 && b && !io_write_full(fd, t->p, t->sz) && !lseek(fd, 0, SEEK_SET));
	assert(!tape_reader_open(fd, NULL, &r, NULL));
	while (tape_reader_next(r, &it, NULL) > 0) {
		assert(it.kind != TAPE_ITEM_DAMAGE);
		if (it.kind != TAPE_ITEM_ROWS)
			continue;
		assert(tape_reader_decode(r, b, NULL) == 1);
		for (u32 row = 0; row < tape_batch_cnt(b); row++)
			add_row(s, b, row, block_at(t, it.off));
	}
	assert(s->cnt == s->cap);
	tape_batch_free(b);
	tape_reader_close(r);
}

void row_set_close(struct row_set *s)
{
	free(s->rows);
	free(s->slots);
	free(s->hashes);
}

void row_set_start(struct row_set *s)
{
	for (u32 i = 0; i < s->cnt; i++)
		s->rows[i].is_delivered = false;
}

static const char *take_row(struct row_set *s, const struct tape_batch *b, u32 row)
{
	const struct tape_col *cols = tape_batch_cols(b);
	u32 at = s->slots[find(s, b, row)];
	struct row_ref *r;

	if (!at)
		return "a row that the original does not have";
	r = &s->rows[at - 1];
	if (r->is_delivered)
		return "a row came twice";
	r->is_delivered = true;
	for (u32 c = 0; c < tape_batch_schema(b)->col_cnt; c++) {
		u64 h = hash_cell(&cols[c], row);

		if (h != s->hashes[r->hashes + c] && h != LOST_TEXT)
			return "a cell has another value";
	}
	return NULL;
}

const char *row_set_take(struct row_set *s, const struct tape_batch *b, u32 begin, u32 end)
{
	const char *wrong = NULL;

	for (u32 row = begin; !wrong && row < end; row++)
		wrong = take_row(s, b, row);
	return wrong;
}

/* Invariant (1): of the blocks before @end. */
static bool is_schema_lost(const struct mutant *m, u32 end)
{
	bool is_lost = true;

	for (u32 i = 0; i < end; i++)
		is_lost &= m->tape->blocks[i].h.type != TAPE_SCHEMA || m->is_touched[i];
	return is_lost;
}

u32 row_set_lost(const struct row_set *s, const struct mutant *m, bool is_streamed, u32 *ret_wrong)
{
	bool is_lost = is_schema_lost(m, m->tape->block_cnt);
	u32 lost = 0;

	*ret_wrong = 0;
	for (u32 i = 0; i < s->cnt; i++) {
		u32 block = s->rows[i].block;

		if (s->rows[i].is_delivered)
			continue;
		lost++;
		if (!m->is_touched[block] && !is_lost && !(is_streamed && is_schema_lost(m, block)))
			++*ret_wrong;
	}
	return lost;
}
