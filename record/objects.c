/*
 * record/objects.c -- objects by identity.
 *
 * Descriptors are kept from the moment a file is first seen: the file may be deleted, its process
 * end, its number be used again.  At most max_open of them; then one that no frame needed goes.
 * Invariants
 * (1) An object has a descriptor iff it is OPEN.
 * (2) Pointers to objects stay valid: they are allocated one by one.
 */
#include "record/objects.h"

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/strmap.h"
#include "format/schema.h"
#include "record/maps_text.h"

#define OBJECT_MAX     (128u << 10)
#define OBJECT_KEY_MAX (8u << 10)
#define WANT_MAX       (1u << 20)

struct objects {
	struct strmap by_key; /* to the number + 1 */
	struct vec all; /* struct object * */
	u32 open_cnt, max_open;
	u32 next_close; /* where the search for one to close goes on */
	u64 vdso_sz; /* ours */
};

static u64 mtime_of(const struct stat *st)
{
	return (u64)st->st_mtim.tv_sec * 1000000000u + (u64)st->st_mtim.tv_nsec;
}

static u64 own_vdso_size(void)
{
	u64 at = getauxval(AT_SYSINFO_EHDR), ret = 0;
	struct maps_line l;
	struct str text;
	struct buf b;

	buf_init(&b, 4u << 20);
	if (at && !io_read_file("/proc/self/maps", &b, NULL)) {
		text = (struct str){ (const char *)b.data, b.len };
		while (!ret && maps_text_next(&text, &l))
			if (l.start == at)
				ret = l.end - l.start;
	}
	buf_fini(&b);
	return ret;
}

struct objects *objects_new(u32 max_open)
{
	struct objects *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	strmap_init(&o->by_key, OBJECT_MAX);
	vec_init(&o->all, sizeof(struct object *), OBJECT_MAX);
	o->max_open = max_open;
	o->vdso_sz = own_vdso_size();
	return o;
}

void objects_free(struct objects *o)
{
	if (!o)
		return;
	for (size_t i = 0; i < o->all.n; i++) {
		struct object *ob = objects_get(o, (u32)i);

		io_close(&ob->fd);
		vec_fini(&ob->wants);
		free(ob->path);
		free(ob);
	}
	vec_fini(&o->all);
	strmap_fini(&o->by_key);
	free(o);
}

struct object *objects_get(const struct objects *o, u32 idx)
{
	return *vec_get(&o->all, struct object *, idx);
}

/* A process of the other width has a vdso that is not ours. */
static u8 kind_of(const struct objects *o, const struct object_seen *seen)
{
	bool is_vdso = str_is(seen->path, "[vdso]");

	if (is_vdso && seen->end - seen->start == o->vdso_sz && seen->start >> 32)
		return TAPE_FILE_VDSO;
	if (is_vdso || str_has_prefix(seen->path, "[vsyscall") ||
	    str_has_prefix(seen->path, "[uprobes"))
		return TAPE_FILE_OTHER;
	return seen->inode && str_has_prefix(seen->path, "/") ? TAPE_FILE_ELF : TAPE_FILE_ANON;
}

static void put_key(u8 kind, const struct object_seen *seen, struct str path, struct buf *b)
{
	buf_put_u8(b, kind);
	if (kind == TAPE_FILE_ELF) {
		buf_put_u64(b, seen->dev);
		buf_put_u64(b, seen->inode);
	} else if (kind == TAPE_FILE_OTHER) {
		buf_put(b, path.s, path.len);
	}
}

static struct object *object_new(u8 kind, const struct object_seen *seen, struct str path)
{
	struct object *ob = calloc(1, sizeof(*ob));

	if (!ob)
		return NULL;
	ob->path = strndup(path.s, path.len);
	if (!ob->path) {
		free(ob);
		return NULL;
	}
	ob->kind = kind;
	ob->state = kind == TAPE_FILE_ELF ? OBJECT_NEW : OBJECT_CLOSED;
	ob->fd = -1;
	ob->pid = seen->pid;
	ob->start = seen->start;
	ob->end = seen->end;
	if (kind == TAPE_FILE_ELF) {
		ob->dev = seen->dev;
		ob->inode = seen->inode;
	}
	vec_init(&ob->wants, sizeof(u64), WANT_MAX);
	return ob;
}

static void object_free(struct object *ob)
{
	free(ob->path);
	free(ob);
}

static s64 add_object(struct objects *o, struct object *ob, struct str key)
{
	struct object **p = ob ? vec_push(&o->all) : NULL;

	if (!p) {
		if (ob)
			object_free(ob);
		return -1;
	}
	if (strmap_put(&o->by_key, key, (void *)(uintptr_t)o->all.n, NULL)) {
		o->all.n--;
		object_free(ob);
		return -1;
	}
	*p = ob;
	return (s64)o->all.n - 1;
}

/* What it was cannot be read any more. */
static bool was_rewritten(const struct object *ob)
{
	struct stat st;

	return ob->state == OBJECT_OPEN && ob->is_local && !fstat(ob->fd, &st) &&
	       ((u64)st.st_size != ob->size || mtime_of(&st) != ob->mtime_ns);
}

s64 objects_add(struct objects *o, const struct object_seen *seen, bool *ret_is_new)
{
	u8 kind = kind_of(o, seen);
	struct str path = kind == TAPE_FILE_ANON ? STR("//anon") : maps_text_path(seen->path);
	void *found = NULL;
	struct buf key;
	s64 idx = -1;

	*ret_is_new = false;
	buf_init(&key, OBJECT_KEY_MAX);
	put_key(kind, seen, path, &key);
	if (!key.is_full) {
		struct str k = { (const char *)key.data, key.len };

		found = strmap_find(&o->by_key, k);
		if (found && was_rewritten(objects_get(o, (u32)(uintptr_t)found - 1))) {
			objects_give_up(o, (u32)(uintptr_t)found - 1);
			found = NULL;
		}
		if (!found)
			idx = add_object(o, object_new(kind, seen, path), k);
		*ret_is_new = !found && idx >= 0;
	}
	buf_fini(&key);
	return found ? (s64)(uintptr_t)found - 1 : idx;
}

static void close_object(struct objects *o, struct object *ob, enum object_state state)
{
	o->open_cnt -= ob->state == OBJECT_OPEN;
	io_close(&ob->fd);
	ob->state = state; /* (1) */
}

void objects_give_up(struct objects *o, u32 idx)
{
	close_object(o, objects_get(o, idx), OBJECT_BAD);
}

/* The next one round that no frame lies in, or else any that waits for nothing. */
static void close_one(struct objects *o)
{
	for (int is_any = 0; is_any < 2; is_any++) {
		for (size_t n = 0; n < o->all.n; n++) {
			struct object *ob = objects_get(o, o->next_close++ % (u32)o->all.n);

			if (ob->state != OBJECT_OPEN || ob->is_queued || (ob->file && !is_any))
				continue;
			close_object(o, ob, OBJECT_CLOSED);
			ob->is_reopenable = true;
			return;
		}
	}
}

bool objects_reopen(struct objects *o, u32 idx)
{
	struct object *ob = objects_get(o, idx);

	if (ob->state != OBJECT_CLOSED || !ob->is_reopenable)
		return false;
	ob->state = OBJECT_NEW;
	return true;
}

void objects_set_fd(struct objects *o, u32 idx, int fd, const struct stat *st)
{
	struct object *ob = objects_get(o, idx);
	u64 size = fd < 0 ? 0 : (u64)st->st_size;
	u64 mtime_ns = fd < 0 ? 0 : mtime_of(st);

	ob->state = OBJECT_CLOSED;
	if (fd >= 0 && ob->is_reopenable && (ob->size != size || ob->mtime_ns != mtime_ns))
		io_close(&fd); /* it was rewritten since */
	ob->is_reopenable = false;
	if (fd < 0)
		return;
	if (o->open_cnt >= o->max_open)
		close_one(o);
	o->open_cnt++;
	ob->state = OBJECT_OPEN;
	ob->fd = fd;
	ob->size = size;
	ob->mtime_ns = mtime_ns;
}
