/*
 * tests/format/test_verify_rules.c -- a tape for each structural rule that breaks just this one:
 * verify tells just that, at its place.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "format/block.h"
#include "format/crc32c.h"
#include "format/schema.h"
#include "format/verify.h"

struct forge {
	struct buf tape;
	struct tape_file_header file;
	u64 seq, rows, hash;
	u64 at; /* of the last block */
	u32 stored; /* of it */
};

static void begin(struct forge *f)
{
	*f = (struct forge){ .file = { .uuid = { 5 } }, .hash = BLOCK_HASH_START };
	buf_init(&f->tape, 1 << 20);
	block_seal_file(&f->file);
	buf_put(&f->tape, &f->file, sizeof(f->file));
}

/* Seal and append; lengths where they are 0. */
static u64 put(struct forge *f, struct tape_block_header h, const void *payload, size_t len)
{
	h.seq = f->seq++;
	h.stored_len = (u32)len;
	h.raw_len = h.raw_len ? h.raw_len : (u32)len;
	block_seal(&h, f->file.session_tag, payload);
	f->hash = block_hash(f->hash, &h);
	f->rows += h.type == TAPE_EVENTS || h.type == TAPE_MIXED ? h.n_rows : 0;
	f->at = f->tape.len;
	f->stored = h.stored_len;
	buf_put(&f->tape, &h, sizeof(h));
	buf_put(&f->tape, payload, len);
	buf_align(&f->tape, 8);
	return f->at;
}

static u64 put_list(struct forge *f, struct tape_block_header h, const struct fields_desc *d,
		    const void *items, u32 n)
{
	struct buf b;
	u64 at;

	buf_init(&b, 1 << 16);
	fields_put_list(d, items, n, &b);
	h.n_rows = h.n_rows ? h.n_rows : n;
	at = put(f, h, b.data, b.len);
	buf_fini(&b);
	return at;
}

/* ---- headers ---- */

static const struct tape_task task = { .tid = 1 };

static u64 put_task(struct forge *f, struct tape_block_header h)
{
	h.type = TAPE_TASK;
	return put_list(f, h, &tape_task_desc, &task, 1);
}

#define TASK(name, ...)                                                 \
	static void name(struct forge *f)                               \
	{                                                               \
		put_task(f, (struct tape_block_header){ __VA_ARGS__ }); \
	}

TASK(stream_of_none, .stream = 1)
TASK(repeat_of_none, .flags = TAPE_BLOCK_REPEAT)
TASK(sorted_of_none, .flags = TAPE_BLOCK_SORTED)
TASK(epoch, .flags = TAPE_BLOCK_EPOCH)
TASK(high_flag, .flags = 0x80)
TASK(two_times, .ts_min = 1, .ts_max = 2)
TASK(reversed, .ts_min = 2, .ts_max = 1)
TASK(count, .n_rows = 3)

static void large_frame(struct forge *f)
{
	/* A zstd frame that holds four zeros as they are. */
	static const u8 frame[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x20, 4, 0x21, 0, 0, 0, 0, 0, 0 };

	put(f, (struct tape_block_header){ .type = TAPE_TASK, .codec = 1, .raw_len = 4 }, frame,
	    sizeof(frame));
}

static void no_frame(struct forge *f)
{
	put(f, (struct tape_block_header){ .type = TAPE_TASK, .codec = 1, .raw_len = 9 }, "abcd",
	    4);
}

static void unknown_block(struct forge *f)
{
	put(f, (struct tape_block_header){ .type = 0x42 }, "abcd", 4);
}

static void padding(struct forge *f)
{
	put(f, (struct tape_block_header){ .type = 0x4077 }, "abcd", 4);
	f->tape.data[f->tape.len - 1] = 1;
}

static void cut_padding(struct forge *f)
{
	put(f, (struct tape_block_header){ .type = 0x4077 }, "abcd", 4);
	f->tape.len -= 3;
}

/* ---- records ---- */

static void behind_records(struct forge *f)
{
	put(f, (struct tape_block_header){ .type = TAPE_TASK }, "\0\0\0\0more", 8);
}

static void cut_records(struct forge *f)
{
	put(f, (struct tape_block_header){ .type = TAPE_TASK, .n_rows = 1 }, "\1\0\0\0", 4);
}

static void put_meta(struct forge *f, u32 kind, bool has_key)
{
	struct tape_meta_item m = { .kind = (u8)kind, .key = { has_key ? "k" : NULL, has_key } };

	put_list(f, (struct tape_block_header){ .type = TAPE_META }, &tape_meta_desc, &m, 1);
}

#define META(name, ...)                      \
	static void name(struct forge *f)    \
	{                                    \
		put_meta(f, __VA_ARGS__);    \
	}
META(meta_kind, 2, true)
META(meta_key, 0, false)

static u64 put_schema(struct forge *f, u32 id, const char *name, struct tape_block_header h)
{
	struct tape_column c = { .role = TAPE_ROLE_TS, .ref = TAPE_NONE, .name = STR("ts") };
	struct tape_schema s = { .id = id, .name = str_of(name), .cols = &c, .col_cnt = 1 };

	h.type = TAPE_SCHEMA;
	return put_list(f, h, &tape_schema_desc, &s, 1);
}

#define SCHEMA(name, ...)                              \
	static void name(struct forge *f)              \
	{                                              \
		put_schema(f, 1, __VA_ARGS__);         \
	}
SCHEMA(part_order, "a", (struct tape_block_header){ .stream = 5 })
SCHEMA(nameless, "", (struct tape_block_header){ .stream = 0 })

static void table_again(struct forge *f)
{
	put_schema(f, 1, "a", (struct tape_block_header){ .stream = 0 });
	put_schema(f, 1, "b", (struct tape_block_header){ .stream = 1 });
}

static void part_again(struct forge *f)
{
	put_meta(f, 1, true);
	put_meta(f, 1, true);
}

static void part_differs(struct forge *f)
{
	put_schema(f, 1, "a", (struct tape_block_header){ .stream = 0 });
	put_schema(f, 1, "b", (struct tape_block_header){ .flags = TAPE_BLOCK_REPEAT });
}

static void put_loss(struct forge *f, const struct tape_loss *l)
{
	put_list(f, (struct tape_block_header){ .type = TAPE_LOSS, .ts_min = 2, .ts_max = 5 },
		 &tape_loss_desc, l, 1);
}

#define LOSS(name, ...)                                          \
	static void name(struct forge *f)                        \
	{                                                        \
		put_loss(f, &(struct tape_loss){ __VA_ARGS__ }); \
	}

LOSS(loss_place, .cause = TAPE_LOSS_RING, .off = 64, .len = 8)
LOSS(loss_wraps, .cause = TAPE_LOSS_CORRUPT, .off = 64, .len = UINT64_MAX)
LOSS(loss_of_none, .cause = TAPE_LOSS_NONE, .count = 1)
LOSS(loss_early, .cause = TAPE_LOSS_RING, .first_ts = 1)
LOSS(loss_late, .cause = TAPE_LOSS_RING, .last_ts = 6)

static void snap_reason(struct forge *f)
{
	struct tape_mapsnap m = { .reason = 9 };

	put_list(f, (struct tape_block_header){ .type = TAPE_MAPSNAP }, &tape_mapsnap_desc, &m, 1);
}

static void log_level(struct forge *f)
{
	struct tape_log l = { .level = 9 };

	put_list(f, (struct tape_block_header){ .type = TAPE_LOG }, &tape_log_desc, &l, 1);
}

static void mmap_fields(struct forge *f)
{
	struct tape_mmap m = { .kind = TAPE_MMAP_EXIT, .file = 3 };

	put_list(f, (struct tape_block_header){ .type = TAPE_MMAP }, &tape_mmap_desc, &m, 1);
}

/* ---- DICT ---- */

/* A dictionary with the entry "abc", changed in one word. */
static void put_dict(struct forge *f, u32 word, u32 val, u32 sections)
{
	u32 p[16] = { 1, 0, 1, 0, 1, 3, 3, 0x636261, 1, 1, 1, 3, 3, 0x636261 };

	p[0] = sections;
	p[word] = val;
	put(f, (struct tape_block_header){ .type = TAPE_DICT }, p, sections == 1 ? 32 : 56);
}

#define DICT(name, ...)                   \
	static void name(struct forge *f) \
	{                                 \
		put_dict(f, __VA_ARGS__); \
	}

DICT(dict_reserved, 1, 7, 1)
DICT(dict_gap, 3, 4, 1)
DICT(dict_lengths, 6, 2, 1)
DICT(dict_zeros, 7, 0x01636261, 1)
DICT(dict_twice, 9, 1, 2)

/* ---- rows ---- */

struct events {
	struct tape_columns head;
	struct tape_part ts;
	u64 bytes[3];
};

static struct events three(void)
{
	return (struct events){
		.head = { .n_parts = 1 },
		.ts = { .enc = TAPE_ENC_RAW, .width = 8, .off = 56, .stored = 24, .raw = 24 },
		.bytes = { 5, 6, 7 },
	};
}

static struct tape_block_header of_three(void)
{
	return (struct tape_block_header){ .type = TAPE_EVENTS,
					   .codec = 2,
					   .flags = 1,
					   .n_rows = 3,
					   .ts_min = 5,
					   .ts_max = 7,
					   .stream = 1 };
}

static void put_events(struct forge *f, const struct events *e, struct tape_block_header h)
{
	put_schema(f, 1, "a", (struct tape_block_header){ .stream = 0 });
	put(f, h, e, sizeof(*e));
}

#define EVENTS(name, change)                             \
	static void name(struct forge *f)                \
	{                                                \
		struct tape_block_header h = of_three(); \
		struct events e = three();               \
		change;                                  \
		put_events(f, &e, h);                    \
	}

EVENTS(row_times, h.ts_max = 8)
EVENTS(row_order, e.bytes[0] = 7; e.bytes[2] = 5)
EVENTS(row_reserved, e.head.pad = 1)
EVENTS(part_flags, e.ts.flags = 0x40)
EVENTS(part_step, e.ts.step = 1)
EVENTS(part_zigzag, e.ts.flags = TAPE_PART_ZIGZAG)
EVENTS(raw_len, h.raw_len = 88)
EVENTS(zone, e.ts.flags = TAPE_PART_ZONE; e.ts.min = 6; e.ts.max = 7)
EVENTS(no_schema, h.stream = 2)
EVENTS(repeated_rows, h.flags |= TAPE_BLOCK_REPEAT)

struct mixed {
	struct tape_mixed head;
	struct tape_mixed_run run;
	struct events rows;
};

#define MIXED(name, change)                                                       \
	static void name(struct forge *f)                                         \
	{                                                                         \
		struct tape_block_header h = of_three();                          \
		struct mixed m = { { .n_runs = 1 },                               \
				   { .stream = 1,                                 \
				     .n_rows = 3,                                 \
				     .off = 48,                                   \
				     .len = sizeof(struct events),                \
				     .ts_min = 5,                                 \
				     .ts_max = 7 },                               \
				   three() };                                     \
		h.type = TAPE_MIXED;                                              \
		h.codec = h.flags = 0;                                            \
		h.stream = 0;                                                     \
		change;                                                           \
		put_schema(f, 1, "a", (struct tape_block_header){ .stream = 0 }); \
		put(f, h, &m, sizeof(m));                                         \
	}

MIXED(mixed_reserved, m.head.pad = 1)
MIXED(run_reserved, m.run.pad = 1)
MIXED(run_flags, m.run.flags = 8)
MIXED(mixed_times, h.ts_min = 4)
MIXED(run_times, m.run.ts_min = h.ts_min = 4)
MIXED(mixed_sum, h.n_rows = 4)

/* ---- places and sums ---- */

static void put_checkpoint(struct forge *f, struct tape_checkpoint c)
{
	put_list(f, (struct tape_block_header){ .type = TAPE_CHECKPOINT }, &tape_checkpoint_desc,
		 &c, 1);
}

static void watermark(struct forge *f)
{
	put_checkpoint(f, (struct tape_checkpoint){ .watermark = 9 });
	put_checkpoint(f, (struct tape_checkpoint){ .watermark = 8, .prev_off = f->at });
}

#define CHECKPOINT(name, ...)                                               \
	static void name(struct forge *f)                                   \
	{                                                                   \
		put_checkpoint(f, (struct tape_checkpoint){ __VA_ARGS__ }); \
	}

CHECKPOINT(checkpoint_prev, .prev_off = 8)
CHECKPOINT(checkpoint_rows, .rows = 1)
CHECKPOINT(checkpoint_lost, .lost = 1)
CHECKPOINT(checkpoint_index, .index_off = 8)

static void put_index(struct forge *f, struct tape_index head, u32 stored, u32 n_rows)
{
	u8 p[sizeof(head) + sizeof(struct tape_index_entry)] = { 0 };
	struct tape_index_entry e = {
		.off = f->at, .stored_len = stored, .n_rows = 1, .type = TAPE_TASK
	};

	memcpy(p, &head, sizeof(head));
	memcpy(p + sizeof(head), &e, sizeof(e));
	put(f, (struct tape_block_header){ .type = TAPE_INDEX, .n_rows = n_rows }, p, sizeof(p));
}

#define INDEX(name, head_pad, head_prev, add, rows)                                         \
	static void name(struct forge *f)                                                   \
	{                                                                                   \
		put_task(f, (struct tape_block_header){ .stream = 0 });                     \
		put_index(f,                                                                \
			  (struct tape_index){                                              \
				  .prev_off = head_prev, .n_entries = 1, .pad = head_pad }, \
			  f->stored + (add), rows);                                         \
	}

INDEX(index_reserved, 1, 0, 0, 1)
INDEX(index_prev, 0, 8, 0, 1)
INDEX(index_entry, 0, 0, 8, 1)
INDEX(index_count, 0, 0, 0, 2)

static void put_end(struct forge *f, u64 rows, u64 blocks, u64 hash, size_t len)
{
	u8 p[64] = { 0 };
	struct tape_end e = { f->rows + rows, f->seq + blocks, f->hash + hash };

	memcpy(p, &e, sizeof(e));
	put(f, (struct tape_block_header){ .type = TAPE_END }, p, len);
}

#define END(name, ...)                    \
	static void name(struct forge *f) \
	{                                 \
		put_end(f, __VA_ARGS__);  \
	}

END(end_rows, 1, 0, 0, 24)
END(end_blocks, 0, 1, 0, 24)
END(end_hash, 0, 0, 1, 24)
END(end_size, 0, 0, 0, 32)

static void tail_places(struct forge *f)
{
	put_end(f, 0, 0, 0, 24);
	put(f, (struct tape_block_header){ .type = TAPE_TAIL, .ts_max = f->at + 8 }, NULL, 0);
}

static void tail_payload(struct forge *f)
{
	put_end(f, 0, 0, 0, 24);
	put(f, (struct tape_block_header){ .type = TAPE_TAIL, .ts_max = f->at }, "12345678", 8);
}

/* ---- all of them ---- */

static const struct {
	void (*make)(struct forge *f);
	const char *breach;
} cases[] = {
	{ stream_of_none, "TASK: stream is 1, not 0" },
	{ repeat_of_none, "TASK: is no part and cannot be repeated" },
	{ sorted_of_none, "TASK: has no rows that were sorted" },
	{ epoch, "TASK: unknown flags" },
	{ high_flag, "TASK: unknown flags" },
	{ two_times, "TASK: two times of writing" },
	{ reversed, "TASK: times are reversed" },
	{ count, "TASK: 1 records, the header says 3" },
	{ large_frame, "TASK: the frame is not smaller than what it holds" },
	{ no_frame, "TASK: cannot be unpacked" },
	{ unknown_block, "block of unknown type 0x0042" },
	{ padding, "unknown: the padding is not zero" },
	{ cut_padding, "unknown: the padding is cut off" },
	{ behind_records, "TASK: 4 bytes behind the records" },
	{ cut_records, "TASK: records are malformed" },
	{ meta_kind, "META: unknown kind 2 of value" },
	{ meta_key, "META: a value without a key" },
	{ nameless, "SCHEMA: table 1 has no name" },
	{ table_again, "SCHEMA: table 1 again" },
	{ part_order, "SCHEMA: part 5 is out of order" },
	{ part_again, "META: part 0 again without the repeat flag" },
	{ part_differs, "SCHEMA: part 0 differs from what was said before" },
	{ loss_place, "LOSS: a place that means nothing" },
	{ loss_wraps, "LOSS: a place that means nothing" },
	{ loss_of_none, "LOSS: nothing lost, 1 times" },
	{ loss_early, "LOSS: the header's times are not those of the records" },
	{ loss_late, "LOSS: the header's times are not those of the records" },
	{ snap_reason, "MAPSNAP: unknown reason 9" },
	{ log_level, "LOG: unknown level 9" },
	{ mmap_fields, "MMAP: kind 2 has fields of another" },
	{ dict_reserved, "DICT: reserved bytes are not zero" },
	{ dict_gap, "DICT: dictionary 1 goes on at 4" },
	{ dict_lengths, "DICT: dictionary 1 has lengths that are not those of its bytes" },
	{ dict_zeros, "DICT: dictionary 1 has no zeros behind it" },
	{ dict_twice, "DICT: dictionary 1 comes twice" },
	{ row_times, "table 1: the header's times are not those of the rows" },
	{ row_order, "table 1: rows are not sorted as the flag says" },
	{ row_reserved, "table 1: reserved bytes are not zero" },
	{ part_flags, "table 1: part 0 has unknown flags" },
	{ part_step, "table 1: part 0 has differences and is none" },
	{ part_zigzag, "table 1: part 0 has differences and is none" },
	{ raw_len, "EVENTS: raw_len is 88, the parts make 80" },
	{ zone, "table 1: column 0 has values outside its zone" },
	{ no_schema, "rows of table 2 before its schema" },
	{ repeated_rows, "EVENTS: is no part and cannot be repeated" },
	{ mixed_reserved, "MIXED: reserved bytes are not zero" },
	{ run_reserved, "MIXED: run 0 has unknown flags" },
	{ run_flags, "MIXED: run 0 has unknown flags" },
	{ mixed_times, "MIXED: the header's times are not those of the runs" },
	{ run_times, "table 1: the header's times are not those of the rows" },
	{ mixed_sum, "MIXED: the block is malformed" },
	{ watermark, "CHECKPOINT: the watermark goes back" },
	{ checkpoint_prev, "CHECKPOINT: previous one is not at 8" },
	{ checkpoint_rows, "CHECKPOINT: says 1 rows, there were 0" },
	{ checkpoint_lost, "CHECKPOINT: says 1 lost, there were 0" },
	{ checkpoint_index, "CHECKPOINT: last INDEX is not at 8" },
	{ index_reserved, "INDEX: reserved bytes are not zero" },
	{ index_prev, "INDEX: previous one is not at 8" },
	{ index_entry, "INDEX: entries are not the blocks before it" },
	{ index_count, "INDEX: 1 entries, the header says 2" },
	{ end_rows, "END: says 1 rows, there were 0" },
	{ end_blocks, "END: says 1 blocks, there were 0" },
	{ end_hash, "END: the hash of the blocks is wrong" },
	{ end_size, "END: 32 bytes" },
	{ tail_places, "TAIL: offsets are not those of INDEX and END" },
	{ tail_payload, "TAIL: has a payload" },
};

static char told[4][256];
static u64 told_off[4];
static u32 told_cnt;

static void keep(void *ctx, u64 off, const char *text)
{
	(void)ctx;
	if (told_cnt < countof(told)) {
		snprintf(told[told_cnt], sizeof(told[0]), "%s", text);
		told_off[told_cnt] = off;
	}
	told_cnt++;
}

static struct tape_verify_result verify(const struct forge *f)
{
	struct tape_verify_opts o = { .report = keep, .note = keep };
	struct tape_verify_result r;
	int fd = memfd_create("tape", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, f->tape.data, f->tape.len, 0), (ssize_t)f->tape.len);
	told_cnt = 0;
	assert_int_equal(tape_verify(fd, &o, &r, NULL), 0);
	close(fd);
	return r;
}

static void each_rule_has_its_breach_at_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		struct tape_verify_result r;
		struct forge f;

		begin(&f);
		cases[i].make(&f);
		r = verify(&f);
		for (u32 k = told_cnt == 1 ? told_cnt : 0; k < told_cnt && k < countof(told); k++)
			print_message("%s: %s\n", cases[i].breach, told[k]);
		assert_int_equal(r.breaches, 1);
		assert_int_equal(told_cnt, 1);
		assert_string_equal(told[0], cases[i].breach);
		assert_int_equal(told_off[0], f.at);
		buf_fini(&f.tape);
	}
}

static void the_file_header_has_rules_too(void **state)
{
	(void)state;
	for (int how = 0; how < 2; how++) {
		struct forge f;

		begin(&f);
		if (how)
			f.file.reserved[3] = 1;
		else
			f.file.uuid[3] = 1; /* sealed with the tag of another */
		f.file.crc = 0;
		f.file.crc = crc32c(0, &f.file, offsetof(struct tape_file_header, crc));
		memcpy(f.tape.data, &f.file, sizeof(f.file));
		put_task(&f, (struct tape_block_header){ .stream = 0 });
		assert_int_equal(verify(&f).breaches, 1);
		assert_string_equal(told[0], how ? "file header: reserved bytes are not zero" :
						   "file header: the tag is not that of the uuid");
		assert_int_equal(told_off[0], 0);
		buf_fini(&f.tape);
	}
}

/* A LOSS record behind makes a note of a breach, if it has all of its bytes. */
static void what_a_record_accounts_for_is_a_note(void **state)
{
	(void)state;
	for (int shorter = 0; shorter < 2; shorter++) {
		struct tape_verify_result r;
		struct tape_loss l = { .cause = TAPE_LOSS_NONE };
		struct forge f;
		u64 len;

		begin(&f);
		stream_of_none(&f);
		len = f.tape.len - f.at;
		l.off = f.at;
		l.len = len - (u64)shorter;
		put_loss(&f, &l);
		r = verify(&f);
		assert_int_equal(r.breaches, shorter);
		assert_int_equal(r.notes, !shorter);
		assert_int_equal(told_cnt, 1);
		buf_fini(&f.tape);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_has_its_breach_at_its_place),
		cmocka_unit_test(the_file_header_has_rules_too),
		cmocka_unit_test(what_a_record_accounts_for_is_a_note),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
