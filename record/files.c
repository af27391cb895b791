/*
 * record/files.c -- files by content of their identity.
 *
 * The identity is packed into one string of bytes,
 *
 *     kind | dev | inode | path length | path | build-id
 *
 * which is the key of a hash map to the id.  Invariants
 * (1) Row i of `rows` has id i + 1; rows are never changed or removed.
 * (2) Texts lie in the arena and live as long as the table.
 */
#include "record/files.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/strmap.h"
#include "base/vec.h"
#include "format/tape.h"

#define FILES_MAX     (1u << 20)
#define FILE_TEXT_MAX (256u << 20)
#define FILE_KEY_MAX  (16u << 10)

struct files {
	struct strmap by_key; /* to the id */
	struct vec rows; /* struct file_desc */
	struct arena texts;
};

struct files *files_new(void)
{
	struct files *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	strmap_init(&f->by_key, FILES_MAX);
	vec_init(&f->rows, sizeof(struct file_desc), FILES_MAX);
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

static void put_key(const struct file_desc *d, struct buf *b)
{
	buf_put_u8(b, d->kind);
	buf_put_u64(b, d->dev);
	buf_put_u64(b, d->inode);
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

static u32 add_row(struct files *f, const struct file_desc *d, struct str key)
{
	struct file_desc row = *d, *p;
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
	*p = row;
	return (u32)id;
}

u32 files_add(struct files *f, const struct file_desc *d)
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

const struct file_desc *files_get(const struct files *f, u32 id)
{
	if (id == 0 || id > f->rows.n)
		return NULL;
	return vec_get(&f->rows, const struct file_desc, id - 1);
}

u32 files_cnt(const struct files *f)
{
	return (u32)f->rows.n;
}
