/*
 * tests/format/test_doc.c -- docs/format.md says what format/tape.h and format/schema.c say.
 *
 * Reads the tables of the document: a line that begins with `struct NAME` or `NAME` in
 * backquotes names the structure or record that the next table describes, row by row in order.
 */
#include "tests/format/make.h"

#include "base/io.h"
#include "format/block.h"
#include "format/limits.h"
#include "format/reader.h"
#include "format/schema.h"

#define DOC "docs/format.md"

struct member {
	const char *name;
	size_t off, sz;
};

#define M(s, f)                                                       \
	{                                                             \
#f, offsetof(struct s, f), sizeof(((struct s *)0)->f) \
	}

static const struct member file_header[] = {
	M(tape_file_header, magic),
	M(tape_file_header, major),
	M(tape_file_header, minor),
	M(tape_file_header, header_len),
	M(tape_file_header, uuid),
	M(tape_file_header, session_tag),
	M(tape_file_header, flags),
	M(tape_file_header, real_ns),
	M(tape_file_header, reserved),
	M(tape_file_header, crc),
	{ NULL, sizeof(struct tape_file_header), 0 },
};
static const struct member block_header[] = {
	M(tape_block_header, sync),
	M(tape_block_header, type),
	M(tape_block_header, codec),
	M(tape_block_header, flags),
	M(tape_block_header, n_rows),
	M(tape_block_header, stored_len),
	M(tape_block_header, raw_len),
	M(tape_block_header, seq),
	M(tape_block_header, ts_min),
	M(tape_block_header, ts_max),
	M(tape_block_header, stream),
	M(tape_block_header, payload_crc),
	M(tape_block_header, session_tag),
	M(tape_block_header, header_crc),
	{ NULL, sizeof(struct tape_block_header), 0 },
};
static const struct member columns[] = {
	M(tape_columns, n_parts),
	M(tape_columns, pad),
	{ NULL, sizeof(struct tape_columns), 0 },
};
static const struct member part[] = {
	M(tape_part, col_id), M(tape_part, enc),  M(tape_part, width),
	M(tape_part, flags),  M(tape_part, off),  M(tape_part, stored),
	M(tape_part, raw),    M(tape_part, step), M(tape_part, aux),
	M(tape_part, min),    M(tape_part, max),  { NULL, sizeof(struct tape_part), 0 },
};
static const struct member mixed[] = {
	M(tape_mixed, n_runs),
	M(tape_mixed, pad),
	{ NULL, sizeof(struct tape_mixed), 0 },
};
static const struct member mixed_run_members[] = {
	M(tape_mixed_run, stream),
	M(tape_mixed_run, n_rows),
	M(tape_mixed_run, off),
	M(tape_mixed_run, len),
	M(tape_mixed_run, ts_min),
	M(tape_mixed_run, ts_max),
	M(tape_mixed_run, flags),
	M(tape_mixed_run, pad),
	{ NULL, sizeof(struct tape_mixed_run), 0 },
};
static const struct member dicts[] = {
	M(tape_dicts, n_dicts),
	M(tape_dicts, pad),
	{ NULL, sizeof(struct tape_dicts), 0 },
};
static const struct member dict_section[] = {
	M(tape_dict_section, dict_id),
	M(tape_dict_section, first_id),
	M(tape_dict_section, n_entries),
	M(tape_dict_section, n_bytes),
	{ NULL, sizeof(struct tape_dict_section), 0 },
};
static const struct member index_members[] = {
	M(tape_index, prev_off),
	M(tape_index, n_entries),
	M(tape_index, pad),
	{ NULL, sizeof(struct tape_index), 0 },
};
static const struct member index_entry[] = {
	M(tape_index_entry, off),
	M(tape_index_entry, ts_min),
	M(tape_index_entry, ts_max),
	M(tape_index_entry, stored_len),
	M(tape_index_entry, n_rows),
	M(tape_index_entry, stream),
	M(tape_index_entry, type),
	M(tape_index_entry, run),
	{ NULL, sizeof(struct tape_index_entry), 0 },
};
static const struct member end[] = {
	M(tape_end, rows),
	M(tape_end, blocks),
	M(tape_end, hash),
	{ NULL, sizeof(struct tape_end), 0 },
};

static const struct {
	const char *name;
	const struct member *members;
} structs[] = {
	{ "tape_file_header", file_header },
	{ "tape_block_header", block_header },
	{ "tape_columns", columns },
	{ "tape_part", part },
	{ "tape_mixed", mixed },
	{ "tape_mixed_run", mixed_run_members },
	{ "tape_dicts", dicts },
	{ "tape_dict_section", dict_section },
	{ "tape_index", index_members },
	{ "tape_index_entry", index_entry },
	{ "tape_end", end },
};

static char *doc;

static int read_doc(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	if (io_read_file(DOC, &b, NULL))
		return -1;
	doc = strdup(buf_cstr(&b));
	buf_fini(&b);
	return doc ? 0 : -1;
}

static int drop_doc(void **state)
{
	(void)state;
	free(doc);
	return 0;
}

/* The first row of the table below the line that begins with @heading. */
static const char *find_table(const char *heading)
{
	char at_line[128];
	const char *p;

	snprintf(at_line, sizeof(at_line), "\n%s", heading);
	p = strstr(doc, at_line);
	if (!p)
		fail_msg("%s is not in %s", heading, DOC);
	p = strstr(p, "\n|---");
	assert_non_null(p);
	return strchr(p + 1, '\n') + 1;
}

/* Cell @n of the row at @p, trimmed. */
static struct str cell(const char *p, int n)
{
	const char *end_of_line = strchr(p, '\n'), *from = p + 1, *to;

	for (;; from = to + 1) {
		to = strchr(from, '|');
		assert_true(to && to < end_of_line);
		if (!n--)
			return str_trim((struct str){ from, (size_t)(to - from) });
	}
}

static const char *next_row(const char *p)
{
	p = strchr(p, '\n') + 1;
	return *p == '|' ? p : NULL;
}

static u64 number(struct str s)
{
	return strtoull(s.s, NULL, 0);
}

static void structures_are_those_of_the_header(void **state)
{
	(void)state;
	for (size_t i = 0; i < countof(structs); i++) {
		const struct member *m = structs[i].members;
		char heading[64];
		const char *row;
		size_t off = 0;

		snprintf(heading, sizeof(heading), "`struct %s`", structs[i].name);
		for (row = find_table(heading); row; row = next_row(row), m++) {
			if (!m->name || !str_is(cell(row, 0), m->name))
				fail_msg("%s: row " STR_FMT, structs[i].name,
					 STR_ARG(cell(row, 0)));
			assert_int_equal(m->off, off);
			assert_int_equal(number(cell(row, 1)), m->sz);
			off += m->sz;
		}
		if (m->name)
			fail_msg("%s: no row for %s", structs[i].name, m->name);
		assert_int_equal(off, m->off);
	}
}

static void check_record(const struct fields_desc *d, int depth)
{
	static const char *const kinds[] = { "u8", "u16", "u32", "u64", "text" };
	const char *row;
	char want[64];
	u32 i = 0;

	assert_true(depth < 5);
	snprintf(want, sizeof(want), "`%s`", d->name);
	for (row = find_table(want); row; row = next_row(row), i++) {
		const struct fields_one *f = &d->fields[i];

		if (i == d->n || !str_is(cell(row, 0), f->name))
			fail_msg("%s: row " STR_FMT, d->name, STR_ARG(cell(row, 0)));
		snprintf(want, sizeof(want), "list of %s", f->elem ? f->elem->name : "");
		if (!str_is(cell(row, 1), f->kind == FIELDS_LIST ? want : kinds[f->kind]))
			fail_msg("%s: kind of %s", d->name, f->name);
	}
	if (i < d->n)
		fail_msg("%s: no row for %s", d->name, d->fields[i].name);
	for (i = 0; i < d->n; i++) {
		if (d->fields[i].elem)
			check_record(d->fields[i].elem, depth + 1);
	}
}

static void records_are_those_of_the_descriptions(void **state)
{
	static const struct fields_desc *const all[] = {
		&tape_meta_desc,    &tape_schema_desc, &tape_plan_desc,	      &tape_types_desc,
		&tape_task_desc,    &tape_file_desc,   &tape_mmap_desc,	      &tape_frame_desc,
		&tape_stacks_desc,  &tape_sym_desc,    &tape_clock_desc,      &tape_loss_desc,
		&tape_mapsnap_desc, &tape_log_desc,    &tape_checkpoint_desc,
	};

	(void)state;
	for (size_t i = 0; i < countof(all); i++)
		check_record(all[i], 0);
}

static void kinds_of_blocks_have_their_numbers(void **state)
{
	u32 n = 0;

	(void)state;
	for (const char *row = find_table("## Kinds of blocks"); row; row = next_row(row), n++) {
		const struct block_kind *k = block_kind((u16)number(cell(row, 0)));

		if (!k || !str_is(cell(row, 1), k->name))
			fail_msg("block " STR_FMT, STR_ARG(cell(row, 0)));
	}
	assert_int_equal(n, 21);
}

static void encodings_have_their_numbers(void **state)
{
	u32 n = 0;

	(void)state;
	for (const char *row = find_table("A column of a list has LIST"); row;
	     row = next_row(row), n++) {
		assert_int_equal(number(cell(row, 0)), n);
		assert_true(str_is(cell(row, 1), tape_enc_name((u8)n)));
	}
	assert_int_equal(n, TAPE_ENC_GROUP + 1);
}

static u64 size(struct str text)
{
	char *unit;
	u64 v = strtoull(text.s, &unit, 10);

	return v << (!strncmp(unit, " Ki", 3) ? 10 :
		     !strncmp(unit, " Mi", 3) ? 20 :
		     !strncmp(unit, " Gi", 3) ? 30 :
						0);
}

static void limits_have_their_values(void **state)
{
	const struct tape_limit *l = tape_limit_rows;

	(void)state;
	for (const char *row = find_table("## Limits"); row; row = next_row(row), l++) {
		assert_non_null(l->name);
		assert_true(str_is(cell(row, 0), l->name));
		assert_int_equal(size(cell(row, 1)), l->dflt);
		assert_int_equal(size(cell(row, 2)), l->max);
		assert_true(str_is(cell(row, 3), l->text));
	}
	assert_null(l->name);
}

#define E(prefix, name)             \
	{                           \
#name, prefix##name \
	}

/* Rows of number and name, in their order: all of them. */
struct value {
	const char *name;
	u32 number;
};

static void check_values(const char *heading, const struct value *v, u32 n)
{
	u32 i = 0;

	for (const char *row = find_table(heading); row; row = next_row(row), i++) {
		assert_true(i < n);
		assert_true(str_is(cell(row, 1), v[i].name));
		assert_int_equal(number(cell(row, 0)), v[i].number);
	}
	assert_int_equal(i, n);
}

static void roles_and_causes_have_their_numbers(void **state)
{
	static const struct value roles[] = {
		E(TAPE_ROLE_, LEAF),	  E(TAPE_ROLE_, TS),	E(TAPE_ROLE_, CPU),
		E(TAPE_ROLE_, PID),	  E(TAPE_ROLE_, TID),	E(TAPE_ROLE_, SEQ),
		E(TAPE_ROLE_, PROBE),	  E(TAPE_ROLE_, PATH),	E(TAPE_ROLE_, ERRNO),
		E(TAPE_ROLE_, PATH_LIST), E(TAPE_ROLE_, TRIPS), E(TAPE_ROLE_, ORDER),
	};
	static const struct value causes[] = {
		E(TAPE_LOSS_, NONE),	  E(TAPE_LOSS_, RING),	    E(TAPE_LOSS_, MAP),
		E(TAPE_LOSS_, LATE),	  E(TAPE_LOSS_, STRING),    E(TAPE_LOSS_, LIST),
		E(TAPE_LOSS_, RECURSION), E(TAPE_LOSS_, KRETPROBE), E(TAPE_LOSS_, THROTTLED),
		E(TAPE_LOSS_, SIDEBAND),  E(TAPE_LOSS_, CONTROL),   E(TAPE_LOSS_, PARSE),
		E(TAPE_LOSS_, WRITE),	  E(TAPE_LOSS_, CORRUPT),   E(TAPE_LOSS_, SCRATCH),
		E(TAPE_LOSS_, STACK),
	};

	(void)state;
	assert_int_equal(countof(roles), TAPE_ROLE_CNT);
	assert_int_equal(countof(causes), TAPE_LOSS_CAUSE_CNT);
	check_values("| role | name |", roles, countof(roles));
	check_values("| cause | name |", causes, countof(causes));
}

/* What is in a cell or a sentence: "0 none; 1 the payload is one zstd frame" ... */
static void numbers_in_the_text_are_those_of_the_header(void **state)
{
	static const struct {
		const char *text;
		u64 value;
	} said[] = {
		{ "0 none; 1 the payload is one zstd frame; 2 columns",
		  TAPE_CODEC_NONE | TAPE_CODEC_ZSTD << 4 | TAPE_CODEC_COLUMNS << 8 },
		{ "1 rows sorted by time; 2 epoch (reserved); 4 repetition",
		  TAPE_BLOCK_SORTED << 0 | TAPE_BLOCK_EPOCH << 4 | TAPE_BLOCK_REPEAT << 8 },
		{ "1 the bytes are zstd frames; 2 zig-zag; 4 min and max hold; 8 they are signed",
		  TAPE_PART_ZSTD | TAPE_PART_ZIGZAG << 4 | TAPE_PART_ZONE << 8 |
			  TAPE_PART_SIGNED << 12 },
		{ "0 unsigned word, 1 signed word (64 bits), 2 bytes",
		  TAPE_PHYS_U64 | TAPE_PHYS_S64 << 4 | TAPE_PHYS_BYTES << 8 },
		{ "0 information, 1 warning, 2 error, 3 output of a side effect",
		  TAPE_LOG_INFO | TAPE_LOG_WARN << 4 | TAPE_LOG_ERROR << 8 |
			  TAPE_LOG_OUTPUT << 12 },
	};

	(void)state;
	for (size_t i = 0; i < countof(said); i++) {
		u64 value = 0;
		u32 shift = 0;

		if (!strstr(doc, said[i].text))
			fail_msg("'%s' is not in %s", said[i].text, DOC);
		for (const char *p = said[i].text; *p; p++) {
			bool is_number = *p >= '0' && *p <= '9' && p[1] == ' ' &&
					 (p == said[i].text || p[-1] == ' ');

			value |= is_number ? (u64)(*p - '0') << shift : 0;
			shift += is_number ? 4 : 0;
		}
		assert_int_equal(value, said[i].value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(structures_are_those_of_the_header),
		cmocka_unit_test(records_are_those_of_the_descriptions),
		cmocka_unit_test(kinds_of_blocks_have_their_numbers),
		cmocka_unit_test(encodings_have_their_numbers),
		cmocka_unit_test(limits_have_their_values),
		cmocka_unit_test(roles_and_causes_have_their_numbers),
		cmocka_unit_test(numbers_in_the_text_are_those_of_the_header),
	};

	return cmocka_run_group_tests(tests, read_doc, drop_doc);
}
