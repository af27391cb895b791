/* tests/format/test_writer.c -- what is written is what is read, on any kind of descriptor. */
#include "tests/format/make.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include "base/io.h"
#include "format/codec.h"
#include "format/verify.h"

static void every_row_comes_back_as_it_was_given(void **state)
{
	(void)state;
	for (u64 seed = 1; seed <= 12; seed++) {
		struct make_opts o = { .seed = seed, .tables = 5, .rows = 1500, .block_rows = 700 };
		int fd = make_memfd();
		struct make_counts n;

		make_tape(fd, &o);
		n = read_all(fd, seed);
		assert_int_equal(n.rc, 0);
		assert_int_equal(n.rows, 5 * 1500);
		assert_int_equal(n.damage_items, 0);
		assert_int_equal(n.losses, 1);
		assert_int_equal(n.logs, 1);
		assert_int_equal(n.snaps, 1);
		assert_int_equal(n.ends, 1);
	}
}

static void rows_of_many_quiet_tables_come_back_from_mixed_blocks(void **state)
{
	struct make_opts o = { .seed = 77, .tables = 40, .rows = 60, .mixed_every = 20 };
	int fd = make_memfd();
	struct make_counts n;

	(void)state;
	make_tape(fd, &o);
	n = read_all(fd, 77);
	assert_int_equal(n.rc, 0);
	assert_int_equal(n.rows, 40 * 60);
	assert_int_equal(n.damage_items, 0);
	assert_int_equal(n.checkpoints, 4);
}

struct drain {
	int fd;
	struct buf got;
};

static void *drain_pipe(void *arg)
{
	struct drain *d = arg;
	char chunk[777];
	ssize_t n;

	while ((n = read(d->fd, chunk, sizeof(chunk))) > 0)
		buf_put(&d->got, chunk, (size_t)n);
	return NULL;
}

static void a_pipe_gets_the_same_bytes_as_a_file(void **state)
{
	struct make_opts o = {
		.seed = 5, .tables = 3, .rows = 3000, .mixed_every = 400, .repeat_bytes = 50000
	};
	struct drain d;
	pthread_t thread;
	int p[2];
	size_t sz;
	u8 *bytes = make_bytes(&o, &sz);

	(void)state;
	assert_int_equal(pipe(p), 0);
	d.fd = p[0];
	buf_init(&d.got, 64 << 20);
	assert_int_equal(pthread_create(&thread, NULL, drain_pipe, &d), 0);
	make_tape(p[1], &o);
	close(p[1]);
	pthread_join(thread, NULL);
	close(p[0]);
	assert_int_equal(d.got.len, sz);
	assert_memory_equal(d.got.data, bytes, sz);
	buf_fini(&d.got);
	free(bytes);
}

static void meta_schema_plan_and_types_are_repeated(void **state)
{
	struct make_opts o = {
		.seed = 6, .tables = 2, .rows = 4000, .mixed_every = 500, .repeat_bytes = 20000
	};
	u32 repeated = 0;
	struct tape_reader *r;
	struct tape_item it;
	int fd = make_memfd();

	(void)state;
	make_tape(fd, &o);
	assert_int_equal(tape_reader_open(fd, NULL, &r, NULL), 0);
	while (tape_reader_next(r, &it, NULL) > 0)
		repeated += it.kind == TAPE_ITEM_TABLES && it.block.flags & TAPE_BLOCK_REPEAT;
	assert_true(repeated >= 8);
	assert_int_equal(repeated % 4, 0);
	assert_int_equal(tape_reader_state(r)->meta_cnt, 3);
	assert_int_equal(tape_reader_state(r)->schema_cnt, 2);
	assert_int_equal(tape_reader_state(r)->types->fact_cnt, 1);
	tape_reader_close(r);
}

static void a_full_disk_leaves_whole_blocks_and_the_rows_in_the_batch(void **state)
{
	struct rlimit old, low = { 40000, RLIM_INFINITY };
	struct make_opts o = { .seed = 9, .tables = 1 };
	struct tape_writer_opts wo = { .uuid = { 9 } };
	struct tape_schema s[1];
	struct tape_writer_stats st;
	struct tape_writer *w;
	struct row_batch *b;
	struct err err;
	char path[] = "/tmp/test_writer.XXXXXX";
	int fd = mkstemp(path), rc = 0;

	(void)state;
	assert_true(fd >= 0);
	unlink(path);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(tape_writer_open(fd, &wo, &w, NULL), 0);
	make_head(w, &o, s);
	s[0] = make_schema(0);
	assert_int_equal(tape_writer_put_schemas(w, 1, &s[0], 0, NULL), 0);
	assert_int_equal(row_batch_new(&s[0], NULL, &b, NULL), 0);
	low.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
	for (u32 i = 0; !rc && i < 100000; i++) {
		struct make_row row;

		make_row(&row, 9, 0, i);
		assert_true(row_batch_add(b, row.cells) >= 0);
		if (row_batch_cnt(b) == 500)
			rc = tape_writer_put_rows(w, b, &err);
	}
	assert_int_equal(rc, -EFBIG);
	assert_int_equal(row_batch_cnt(b), 500);
	st = tape_writer_stats(w);
	assert_int_equal(lseek(fd, 0, SEEK_END), (off_t)st.bytes);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(tape_writer_put_rows(w, b, &err), 0);
	assert_int_equal(tape_writer_finish(w, 1, NULL, 0, &err), 0);
	tape_writer_close(w);
	row_batch_free(b);
	lseek(fd, 0, SEEK_SET);
	{
		struct make_counts n = read_all(fd, 9);

		assert_int_equal(n.rc, 0);
		assert_int_equal(n.rows, st.rows + 500);
		assert_int_equal(n.damage_items, 0);
	}
}

static void a_closed_pipe_is_an_error_that_stays(void **state)
{
	struct tape_writer_opts wo = { .uuid = { 9 } };
	struct tape_log log = { .ts = 1, .text = STR("x") };
	struct tape_writer *w;
	struct err err;
	int p[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(p), 0);
	assert_int_equal(tape_writer_open(p[1], &wo, &w, NULL), 0);
	close(p[0]);
	assert_int_equal(tape_writer_put_logs(w, 1, &log, 1, &err), -EPIPE);
	assert_int_equal(tape_writer_put_logs(w, 1, &log, 1, &err), -EPIPE);
	assert_string_equal(err.msg, "writing the tape: Broken pipe");
	tape_writer_close(w);
	close(p[1]);
}

static u64 count_breaches(int fd)
{
	struct tape_verify_result ret;

	lseek(fd, 0, SEEK_SET);
	assert_int_equal(tape_verify(fd, &(struct tape_verify_opts){ 0 }, &ret, NULL), 0);
	lseek(fd, 0, SEEK_SET);
	return ret.breaches;
}

/* Rows as long as they fit; then losses, and the end.  How many rows there are. */
static u64 fill_up(int fd, u64 max, u32 block_rows)
{
	struct make_opts o = { .seed = 9, .tables = 1 };
	struct tape_writer_opts wo = { .uuid = { 9 }, .max_bytes = max };
	struct tape_loss loss = { .cause = TAPE_LOSS_WRITE, .count = 1, .cpu = TAPE_NONE };
	struct tape_meta_item last = { .key = STR("end"), .num = 5 };
	struct tape_schema s[1];
	struct tape_writer *w;
	struct row_batch *b;
	struct err err;
	int rc = 0;
	u64 rows;

	assert_int_equal(tape_writer_open(fd, &wo, &w, NULL), 0);
	make_head(w, &o, s);
	assert_int_equal(row_batch_new(&s[0], NULL, &b, NULL), 0);
	for (u32 i = 0; !rc && i < 100000; i++) {
		struct make_row row;

		make_row(&row, 9, 0, i);
		assert_true(row_batch_add(b, row.cells) >= 0);
		if (row_batch_cnt(b) == block_rows)
			rc = tape_writer_put_rows(w, b, &err);
	}
	assert_int_equal(rc, -EFBIG);
	assert_true(tape_writer_stats(w).is_at_max);
	rows = tape_writer_stats(w).rows;
	tape_writer_rows_end(w);
	for (u32 i = 0; i < 20; i++)
		assert_int_equal(tape_writer_put_losses(w, 5, &loss, 1, &err), 0);
	assert_int_equal(tape_writer_finish(w, 5, &last, 1, &err), 0);
	assert_true(tape_writer_stats(w).bytes <= max);
	tape_writer_close(w);
	row_batch_free(b);
	return rows;
}

static void a_tape_never_gets_larger_than_it_may_and_has_its_end(void **state)
{
	static const u32 sizes[] = { 1, 17, 500 };

	(void)state;
	for (u64 max = 64 << 10; max < 300 << 10; max += 29989) {
		for (size_t i = 0; i < countof(sizes); i++) {
			int fd = make_memfd();
			u64 rows = fill_up(fd, max, sizes[i]);
			struct make_counts n;

			assert_true((u64)lseek(fd, 0, SEEK_END) <= max);
			lseek(fd, 0, SEEK_SET);
			assert_int_equal(count_breaches(fd), 0);
			n = read_all(fd, 9);
			assert_int_equal(n.rows, rows);
			assert_int_equal(n.damage_items, 0);
			assert_int_equal(n.ends, 1);
			close(fd);
		}
	}
}

static void a_reader_that_stops_is_waited_for_as_long_as_was_said(void **state)
{
	struct tape_writer_opts wo = { .uuid = { 9 } };
	static char text[60000];
	struct tape_log log = { .ts = 1, .text = { text, sizeof(text) } };
	struct tape_writer *w;
	struct err err;
	int p[2], rc = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)mix(i);
	assert_int_equal(pipe(p), 0);
	assert_int_equal(fcntl(p[1], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(tape_writer_open(p[1], &wo, &w, NULL), 0);
	tape_writer_set_patience(w, 100000000);
	for (int i = 0; i < 10 && !rc; i++)
		rc = tape_writer_put_logs(w, 1, &log, 1, &err);
	assert_int_equal(rc, -ETIMEDOUT);
	assert_string_equal(err.msg, "writing the tape: nobody reads it");
	assert_int_equal(tape_writer_finish(w, 1, NULL, 0, &err), -ETIMEDOUT);
	tape_writer_close(w);
	close(p[0]);
	close(p[1]);
}

static void a_file_that_is_appended_to_is_cut_back_to_where_the_tape_is(void **state)
{
	struct rlimit old, low = { 4096, RLIM_INFINITY };
	struct tape_writer_opts wo = { .uuid = { 9 } };
	static char text[60000];
	struct tape_log log = { .ts = 1, .text = { text, sizeof(text) } };
	char path[] = "/tmp/test_writer.XXXXXX";
	int fd = mkstemp(path);
	struct tape_writer *w;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)mix(i);
	assert_int_equal(write(fd, "before", 6), 6);
	close(fd);
	fd = open(path, O_WRONLY | O_APPEND);
	unlink(path);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(tape_writer_open(fd, &wo, &w, NULL), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	low.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
	assert_int_equal(tape_writer_put_logs(w, 1, &log, 1, &err), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(lseek(fd, 0, SEEK_END), 6 + (off_t)tape_writer_stats(w).bytes);
	tape_writer_close(w);
	close(fd);
}

static void rows_before_their_schema_are_refused(void **state)
{
	struct tape_writer_opts wo = { .uuid = { 9 } };
	struct tape_schema s = make_schema(3);
	struct make_row row;
	struct tape_writer *w;
	struct row_batch *b;
	struct err err;
	int fd = make_memfd();

	(void)state;
	assert_int_equal(tape_writer_open(fd, &wo, &w, NULL), 0);
	assert_int_equal(row_batch_new(&s, NULL, &b, NULL), 0);
	make_row(&row, 1, 3, 0);
	assert_int_equal(row_batch_add(b, row.cells), 0);
	assert_int_equal(tape_writer_put_rows(w, b, &err), -EINVAL);
	assert_string_equal(err.msg, "rows of table 3 before its schema");
	row_batch_free(b);
	tape_writer_close(w);
	close(fd);
}

static void the_same_rows_give_the_same_bytes(void **state)
{
	struct make_opts o = { .seed = 21, .tables = 4, .rows = 2000, .mixed_every = 300 };
	size_t a_sz, b_sz;
	u8 *a = make_bytes(&o, &a_sz), *b = make_bytes(&o, &b_sz);

	(void)state;
	assert_int_equal(a_sz, b_sz);
	assert_memory_equal(a, b, a_sz);
	free(a);
	free(b);
}

static void many_blocks_make_a_chain_of_indexes(void **state)
{
	struct tape_writer_opts wo = { .uuid = { 9 } };
	struct tape_schema s = make_schema(0);
	struct tape_log log = { .ts = 1, .text = STR("x") };
	struct tape_reader *r;
	struct tape_writer *w;
	struct row_batch *b;
	int fd = make_memfd();
	u32 n;

	(void)state;
	assert_int_equal(tape_writer_open(fd, &wo, &w, NULL), 0);
	assert_int_equal(tape_writer_put_schemas(w, 1, &s, 1, NULL), 0);
	assert_int_equal(row_batch_new(&s, NULL, &b, NULL), 0);
	for (u32 i = 0; i < 140000; i++) {
		struct make_row row;

		assert_int_equal(tape_writer_put_logs(w, 1, &log, 1, NULL), 0);
		if (i % 20000)
			continue;
		make_row(&row, 9, 0, i);
		assert_int_equal(row_batch_add(b, row.cells), 0);
		assert_int_equal(tape_writer_put_rows(w, b, NULL), 0);
	}
	assert_int_equal(tape_writer_checkpoint(w, 1, 1, NULL), 0);
	assert_int_equal(tape_writer_finish(w, 1, NULL, 0, NULL), 0);
	row_batch_free(b);
	tape_writer_close(w);
	assert_int_equal(count_breaches(fd), 0);
	assert_int_equal(tape_reader_open(fd, NULL, &r, NULL), 0);
	assert_int_equal(tape_reader_load(r, NULL), 0);
	tape_reader_entries(r, &n);
	assert_int_equal(n, 7);
	assert_int_equal(tape_reader_state(r)->log_cnt, 140000);
	assert_true(tape_reader_state(r)->has_end);
	assert_true(tape_reader_state(r)->checkpoint.index_off > 0);
	tape_reader_close(r);
}

static void what_shrinks_too_well_is_stored_as_it_is(void **state)
{
	struct tape_writer_opts wo = { .uuid = { 9 } };
	struct row_batch_opts bo = { .max_bytes = 1 << 20 };
	struct tape_column cols[2] = { make_cols[MAKE_TS], make_cols[MAKE_BUF] };
	struct tape_schema s = { .name = STR("t"), .cols = cols, .col_cnt = 2 };
	struct row_cell cells[2] = { { .word = 5 }, { .len = TAPE_MAX_STR } };
	struct tape_batch *batch = tape_batch_new();
	char *text = calloc(1, TAPE_MAX_STR);
	u32 blocks = 0, rows = 0;
	struct tape_reader *r;
	struct tape_writer *w;
	struct tape_item it;
	struct row_batch *b;
	int fd = make_memfd();

	(void)state;
	cols[1].id = 1;
	cells[1].p = text;
	assert_int_equal(tape_writer_open(fd, &wo, &w, NULL), 0);
	assert_int_equal(tape_writer_put_schemas(w, 1, &s, 1, NULL), 0);
	assert_int_equal(row_batch_new(&s, &bo, &b, NULL), 0);
	for (u32 i = 0; i < 100; i++) {
		if (row_batch_add(b, cells) == 1)
			assert_int_equal(tape_writer_put_rows(w, b, NULL), 0);
	}
	assert_int_equal(tape_writer_flush(w, &b, 1, NULL), 0);
	assert_int_equal(tape_writer_finish(w, 1, NULL, 0, NULL), 0);
	assert_int_equal(count_breaches(fd), 0);
	assert_int_equal(tape_reader_open(fd, NULL, &r, NULL), 0);
	while (tape_reader_next(r, &it, NULL) > 0) {
		if (it.kind != TAPE_ITEM_ROWS)
			continue;
		blocks++;
		rows += it.n_rows;
		assert_int_equal(tape_reader_decode(r, batch, NULL), 1);
		assert_int_equal(tape_batch_cols(batch)[1].off[it.n_rows],
				 it.n_rows * TAPE_MAX_STR);
		assert_memory_equal(tape_batch_cols(batch)[1].bytes, text, TAPE_MAX_STR);
	}
	assert_int_equal(rows, 100);
	assert_true(blocks >= 6);
	tape_reader_close(r);
	tape_batch_free(batch);
	row_batch_free(b);
	tape_writer_close(w);
	free(text);
}

/* So many tables with columns whose names are words, as system calls have them. */
static void put_many_schemas(int fd, u32 n)
{
	static const char *const words[] = { "fd",    "flags", "buf",	"count", "pathname",
					     "mode",  "addr",  "len",	"prot",	 "offset",
					     "which", "pid",   "uaddr", "val",	 "timeout" };
	struct tape_writer_opts wo = { .uuid = { 9 } };
	struct tape_schema *s = calloc(n, sizeof(*s));
	struct tape_column *cols = calloc(n, 4 * sizeof(*cols));
	char(*names)[40] = calloc(n, sizeof(*names));
	struct tape_writer *w;
	u64 x = 1;

	for (u32 i = 0; i < n; i++) {
		snprintf(names[i], sizeof(names[i]), "sys_%s_%s%u", i % 2 ? "enter" : "exit",
			 words[i % 15], i / 15);
		for (u32 k = 0; k < 4; k++) {
			x = x * 6364136223846793005ull + 1442695040888963407ull;
			cols[i * 4 + k] = make_cols[k];
			cols[i * 4 + k].id = k;
			if (k)
				cols[i * 4 + k].name = str_of(words[(x >> 33) % 15]);
		}
		s[i] = (struct tape_schema){
			.id = i, .name = str_of(names[i]), .cols = cols + i * 4, .col_cnt = 4
		};
	}
	assert_int_equal(tape_writer_open(fd, &wo, &w, NULL), 0);
	assert_int_equal(tape_writer_put_schemas(w, 1, s, n, NULL), 0);
	assert_int_equal(tape_writer_finish(w, 1, NULL, 0, NULL), 0);
	tape_writer_close(w);
	free(s);
	free(cols);
	free(names);
}

static void descriptions_are_packed_with_more_care_than_other_blocks(void **state)
{
	struct tape_block_header h;
	struct codec *codec = codec_new(1);
	u8 *stored, *raw;
	struct buf again;
	int fd = make_memfd();

	(void)state;
	put_many_schemas(fd, 300);
	assert_int_equal(io_pread_full(fd, &h, sizeof(h), sizeof(struct tape_file_header)),
			 sizeof(h));
	assert_int_equal(h.type, TAPE_SCHEMA);
	assert_int_equal(h.codec, TAPE_CODEC_ZSTD);
	stored = malloc(h.stored_len);
	raw = malloc(h.raw_len);
	assert_int_equal(io_pread_full(fd, stored, h.stored_len,
				       sizeof(struct tape_file_header) + sizeof(h)),
			 h.stored_len);
	assert_int_equal(codec_unpack(codec, stored, h.stored_len, raw, h.raw_len), 0);
	buf_init(&again, 1 << 20);
	assert_int_equal(codec_pack_block(codec, raw, h.raw_len, &again), 1);
	assert_in_range(h.stored_len, 1, again.len * 99 / 100);
	buf_fini(&again);
	codec_free(codec);
	free(stored);
	free(raw);
	close(fd);
}

static void a_finished_tape_takes_no_more(void **state)
{
	struct tape_writer_opts wo = { .uuid = { 9 } };
	struct tape_log log = { .ts = 1, .text = STR("x") };
	struct tape_writer *w;
	struct err err;
	int fd = make_memfd();

	(void)state;
	assert_int_equal(tape_writer_open(fd, &wo, &w, NULL), 0);
	assert_int_equal(tape_writer_finish(w, 1, NULL, 0, NULL), 0);
	assert_int_equal(tape_writer_put_logs(w, 1, &log, 1, &err), -EINVAL);
	assert_int_equal(tape_writer_checkpoint(w, 1, 1, &err), -EINVAL);
	assert_int_equal(tape_writer_finish(w, 1, NULL, 0, &err), -EINVAL);
	assert_string_equal(err.msg, "the tape is finished");
	tape_writer_close(w);
	assert_int_equal(count_breaches(fd), 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_comes_back_as_it_was_given),
		cmocka_unit_test(rows_of_many_quiet_tables_come_back_from_mixed_blocks),
		cmocka_unit_test(a_pipe_gets_the_same_bytes_as_a_file),
		cmocka_unit_test(meta_schema_plan_and_types_are_repeated),
		cmocka_unit_test(a_full_disk_leaves_whole_blocks_and_the_rows_in_the_batch),
		cmocka_unit_test(a_closed_pipe_is_an_error_that_stays),
		cmocka_unit_test(a_tape_never_gets_larger_than_it_may_and_has_its_end),
		cmocka_unit_test(a_reader_that_stops_is_waited_for_as_long_as_was_said),
		cmocka_unit_test(a_file_that_is_appended_to_is_cut_back_to_where_the_tape_is),
		cmocka_unit_test(rows_before_their_schema_are_refused),
		cmocka_unit_test(the_same_rows_give_the_same_bytes),
		cmocka_unit_test(many_blocks_make_a_chain_of_indexes),
		cmocka_unit_test(what_shrinks_too_well_is_stored_as_it_is),
		cmocka_unit_test(descriptions_are_packed_with_more_care_than_other_blocks),
		cmocka_unit_test(a_finished_tape_takes_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
