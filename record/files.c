/*
 * record/files.c -- files by content of their identity.
 *
 * The identity is packed into one string of bytes,
 *
 *     kind | dev | inode | size | mtime | path length | path | build-id
 *
 * which is the key of a hash map to the id.  Invariants
 * (1) Row i of `rows` has id i + 1; rows are never removed, and not changed once written.
 * (2) Texts lie in the arena and live as long as the table.
 */
#include "record/files.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/strmap.h"
#include "base/vec.h"

#define FILE_TEXT_MAX (256u << 20)
#define FILE_KEY_MAX  (16u << 10)

struct files {
	struct strmap by_key; /* to the id */
	struct vec rows; /* struct tape_file */
	u32 written_cnt;
	struct arena texts;
};

struct files *files_new(void)
{
	struct files *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	strmap_init(&f->by_key, TAPE_MAX_FILES);
	vec_init(&f->rows, sizeof(struct tape_file), TAPE_MAX_FILES);
	arena_init(&f->texts, FILE_TEXT_MAX);
	return f;
}

void files_free(struct files *f)
{
	if (!f)
		return;
	strmap_fini(&f->by_key);
	vec_fini(&f->rows);
	arena_fini(&f->texts);
	free(f);
}

static void put_key(const struct tape_file *d, struct buf *b)
{
	buf_put_u8(b, d->kind);
	buf_put_u64(b, d->dev);
	buf_put_u64(b, d->inode);
	buf_put_u64(b, d->size);
	buf_put_u64(b, d->mtime_ns);
	buf_put_u32(b, (u32)d->path.len);
	buf_put(b, d->path.s, d->path.len);
	buf_put(b, d->build_id.s, d->build_id.len);
}

static bool copy_text(struct files *f, struct str *s)
{
	if (!s->len) {
		*s = STR("");
		return true;
	}
	s->s = arena_dup(&f->texts, s->s, s->len);
	return s->s != NULL;
}

static u32 add_row(struct files *f, const struct tape_file *d, struct str key)
{
	struct tape_file row = *d, *p;
	uintptr_t id = f->rows.n + 1;

	if (!copy_text(f, &row.path) || !copy_text(f, &row.build_id))
		return TAPE_NONE;
	p = vec_push(&f->rows);
	if (!p)
		return TAPE_NONE;
	if (strmap_put(&f->by_key, key, (void *)id, NULL)) {
		f->rows.n--;
		return TAPE_NONE;
	}
	row.id = (u32)id;
	*p = row;
	return (u32)id;
}

u32 files_add(struct files *f, const struct tape_file *d)
{
	struct buf b;
	u32 id = TAPE_NONE;
	void *found;

	buf_init(&b, FILE_KEY_MAX);
	put_key(d, &b);
	if (!b.is_full) {
		struct str key = { (const char *)b.data, b.len };

		found = strmap_find(&f->by_key, key);
		id = found ? (u32)(uintptr_t)found : add_row(f, d, key);
	}
	buf_fini(&b);
	return id;
}

const struct tape_file *files_get(const struct files *f, u32 id)
{
	if (id == 0 || id > f->rows.n)
		return NULL;
	return vec_get(&f->rows, const struct tape_file, id - 1);
}

u32 files_cnt(const struct files *f)
{
	return (u32)f->rows.n;
}

void files_set_build_id(struct files *f, u32 id, struct str build_id)
{
	if (id == 0 || id > f->rows.n || id <= f->written_cnt || !build_id.len)
		return;
	if (copy_text(f, &build_id))
		vec_get(&f->rows, struct tape_file, id - 1)->build_id = build_id;
}

int files_write(struct files *f, struct tape_writer *w, u64 ts, struct err *err)
{
	const struct tape_file *rows = f->rows.items;
	u32 n = (u32)f->rows.n;
	int rc;

	if (f->written_cnt == n)
		return 0;
	rc = tape_writer_put_files(w, ts, rows + f->written_cnt, n - f->written_cnt, err);
	if (!rc)
		f->written_cnt = n;
	return rc;
}
