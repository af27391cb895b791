/*
 * record/names.c -- the encoder's side of names.
 *
 *     encoder:  find, want, write  --lock-->  thread: side-band, maps, files  --socket-->  child
 *
 * The encoder never opens a file or reads another process's memory map: it leaves that to the
 * thread and waits a limited time.  Invariants
 * (1) If the thread does not move (a file system that does not answer), the encoder waits for it
 *     once, and then not again until it has moved; nor a second time for one slow answer.
 * (2) The FILE table is the encoder's: a file gets its id when the first frame or mapping needs it.
 */
#include "record/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mono.h"
#include "record/clock.h"
#include "record/names_priv.h"

#define SPACE_MAX      (128u << 10)
#define RANGE_MAX      (2u << 20)
#define QUEUE_MAX      (1u << 20)
#define KNOWN_MAX      (4u << 20)
#define UNREADABLE_MAX 1024
#define OPEN_MAX       512
#define SCAN_MAX       4
#define FIND_WAIT_MS   300
#define MMAP_MAX       (1u << 20)

/* ---- life ---- */

static void raise_open_limit(void)
{
	struct rlimit lim;

	if (!getrlimit(RLIMIT_NOFILE, &lim) && lim.rlim_cur < lim.rlim_max) {
		lim.rlim_cur = lim.rlim_max;
		setrlimit(RLIMIT_NOFILE, &lim); /* not allowed: fewer files stay open */
	}
}

/* Descriptors that files may take: a quarter of what we may have. */
static u32 max_open(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) || lim.rlim_cur / 4 > OPEN_MAX)
		return OPEN_MAX;
	return (u32)lim.rlim_cur / 4;
}

static void init_vecs(struct names *n)
{
	vec_init(&n->to_open, sizeof(u32), QUEUE_MAX);
	vec_init(&n->to_scan, sizeof(u32), QUEUE_MAX);
	vec_init(&n->to_ask, sizeof(u32), QUEUE_MAX);
	vec_init(&n->unreadable, sizeof(u32), UNREADABLE_MAX);
	vec_init(&n->got_id, sizeof(u32), QUEUE_MAX);
	vec_init(&n->got_names, sizeof(struct name_out), QUEUE_MAX);
	vec_init(&n->file_objects, sizeof(u32), TAPE_MAX_FILES + 1);
	vec_init(&n->mmaps, sizeof(struct tape_mmap), MMAP_MAX);
	vec_init(&n->syms, sizeof(struct tape_sym), QUEUE_MAX);
	strmap_init(&n->known, KNOWN_MAX);
}

static struct names *names_new(const struct names_opts *o)
{
	struct names *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->o = *o;
	n->child.fd = -1;
	n->asked = -1;
	n->stuck_rounds = n->slow_ask = UINT64_MAX;
	init_vecs(n);
	pthread_mutex_init(&n->lock, NULL);
	mono_cond_init(&n->changed);
	n->kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	n->maps = mappings_new(SPACE_MAX, RANGE_MAX);
	n->objects = objects_new(max_open());
	if (n->kick_fd >= 0 && n->maps && n->objects)
		return n;
	names_close(n);
	return NULL;
}

int names_open(const struct names_opts *o, struct names **ret, struct err *err)
{
	struct names *n;
	int rc;

	raise_open_limit();
	n = names_new(o);
	if (!n)
		return err_oom(err);
	rc = names_child_start(&n->child, err);
	if (!rc)
		rc = sideband_open(o->cpu_cnt, &n->side, err);
	if (!rc)
		rc = names_thread_start(n, err);
	if (rc) {
		names_close(n);
		return rc;
	}
	*ret = n;
	return 0;
}

static void free_texts(struct names *n)
{
	for (size_t i = 0; i < n->got_names.n; i++)
		free(vec_get(&n->got_names, struct name_out, i)->name);
	for (size_t i = 0; i < n->syms.n; i++)
		free((char *)(uintptr_t)vec_get(&n->syms, struct tape_sym, i)->name.s);
}

void names_close(struct names *n)
{
	if (!n || !names_thread_stop(n))
		return;
	names_child_stop(&n->child);
	sideband_close(n->side);
	mappings_free(n->maps);
	objects_free(n->objects);
	free_texts(n);
	vec_fini(&n->to_open);
	vec_fini(&n->to_scan);
	vec_fini(&n->to_ask);
	vec_fini(&n->unreadable);
	vec_fini(&n->got_id);
	vec_fini(&n->got_names);
	vec_fini(&n->file_objects);
	vec_fini(&n->mmaps);
	vec_fini(&n->syms);
	strmap_fini(&n->known);
	pthread_mutex_destroy(&n->lock);
	pthread_cond_destroy(&n->changed);
	io_close(&n->kick_fd);
	free(n);
}

u32 names_own_pids(struct names *n, u32 ret[2])
{
	pthread_mutex_lock(&n->lock);
	ret[0] = (u32)n->child.pid;
	ret[1] = (u32)n->child.reader_pid;
	pthread_mutex_unlock(&n->lock);
	return ret[1] ? 2 : 1;
}

u64 names_lost(struct names *n)
{
	u64 ret;

	pthread_mutex_lock(&n->lock);
	ret = sideband_lost(n->side) + mappings_lost(n->maps) + n->lost_cnt;
	pthread_mutex_unlock(&n->lock);
	return ret;
}

bool names_trouble(struct names *n, struct buf *out)
{
	const char *sep = "names of user functions: ";
	size_t before = out->len;

	pthread_mutex_lock(&n->lock);
	if (n->is_child_gone || !n->child.reader_pid) {
		buf_printf(out, "%sthe process that reads symbols does not answer", sep);
		sep = "; ";
	}
	if (n->stuck_rounds == n->rounds) {
		buf_printf(out, "%sa file or a process cannot be read: it does not answer", sep);
		sep = "; ";
	}
	if (n->unreadable_cnt) {
		buf_printf(out,
			   "%s%llu addresses are in processes whose memory maps may not be read "
			   "(CAP_SYS_PTRACE)",
			   sep, (unsigned long long)n->unreadable_cnt);
		sep = "; ";
	}
	if (n->unasked_cnt)
		buf_printf(out, "%s%llu functions are in files that could not be read", sep,
			   (unsigned long long)n->unasked_cnt);
	pthread_mutex_unlock(&n->lock);
	return out->len > before;
}

/* ---- waiting for the thread; under the lock ---- */

/* Until @is_done, at most @ms: (1). */
static void wait_for(struct names *n, u32 ms, bool (*is_done)(struct names *n, const void *arg),
		     const void *arg)
{
	u64 end;

	if (is_done(n, arg) || n->stuck_rounds == n->rounds)
		return;
	n->stuck_rounds = UINT64_MAX;
	names_kick(n);
	end = mono_now_ns() + ms * 1000000ull;
	while (!is_done(n, arg)) {
		u64 before = n->rounds;

		if (!mono_cond_wait(&n->changed, &n->lock, end))
			continue;
		if (before == n->rounds)
			n->stuck_rounds = n->rounds;
		return;
	}
}

struct moment {
	u32 pid, whom;
	u64 ts;
};

static bool is_scanned(struct names *n, const void *arg)
{
	const struct moment *m = arg;

	return mappings_to_scan(n->maps, m->pid, m->ts) != m->whom;
}

/* A process may need its parents' mappings, too. */
static void wait_for_scans(struct names *n, u32 pid, u64 ts)
{
	for (int i = 0; i < SCAN_MAX; i++) {
		const struct moment m = { pid, mappings_to_scan(n->maps, pid, ts), ts };

		if (!m.whom)
			return;
		names_queue_first(&n->to_scan, m.whom);
		wait_for(n, FIND_WAIT_MS, is_scanned, &m);
	}
}

static bool is_opened(struct names *n, const void *arg)
{
	(void)n;
	return ((const struct object *)arg)->state != OBJECT_NEW;
}

static bool is_answered(struct names *n, const void *arg)
{
	(void)arg;
	return n->asked < 0 && !n->to_ask.n;
}

static bool has_ids(struct names *n, const void *arg)
{
	(void)arg;
	return !n->ids_pending;
}

/* For the child, within what is left of @patience. */
static void wait_for_child(struct names *n, enum names_patience patience,
			   bool (*is_done)(struct names *n, const void *arg))
{
	static const u32 patience_ms[] = { 20, 200, 30000 };
	u64 begin = clock_now_ns(), waited_ms = n->waited_ns / 1000000;

	if (waited_ms >= patience_ms[patience] || is_done(n, NULL) ||
	    (n->slow_ask == n->ask_cnt && patience != NAMES_END))
		return;
	wait_for(n, patience_ms[patience] - (u32)waited_ms, is_done, NULL);
	n->slow_ask = is_done(n, NULL) ? UINT64_MAX : n->ask_cnt;
	n->waited_ns += clock_now_ns() - begin;
}

/* ---- questions ---- */

static void queue_ask(struct names *n, u32 idx, struct object *ob)
{
	if (ob->is_queued || ob->state == OBJECT_BAD)
		return;
	ob->is_queued = true;
	names_queue(&n->to_ask, idx);
}

/* Remember which object a file is. */
static void note_file(struct names *n, u32 idx, struct object *ob, u32 file)
{
	while (n->file_objects.n <= file)
		if (!vec_push(&n->file_objects))
			return;
	*vec_get(&n->file_objects, u32, file) = idx + 1;
	ob->file = file;
	if (ob->kind != TAPE_FILE_ELF && ob->kind != TAPE_FILE_VDSO)
		return;
	if (ob->is_queued || ob->state == OBJECT_BAD)
		return;
	ob->needs_id = ob->is_id_pending = ob->is_queued = true;
	n->ids_pending++;
	names_queue_first(&n->to_ask, idx); /* before names: it is asked for in no time */
}

/* (2); under the lock, which waiting gives up for a while. */
static u32 file_of(struct names *n, u32 idx)
{
	struct object *ob = objects_get(n->objects, idx);
	struct tape_file f;
	u32 file;

	if (ob->file)
		return ob->file;
	wait_for(n, FIND_WAIT_MS, is_opened, ob);
	f = (struct tape_file){ .kind = ob->kind,
				.path = str_of(ob->path),
				.dev = ob->dev,
				.inode = ob->inode,
				.size = ob->size,
				.mtime_ns = ob->mtime_ns };
	file = files_add(n->o.files, &f);
	if (file != TAPE_NONE)
		note_file(n, idx, ob, file);
	return file;
}

void names_drain(struct names *n)
{
	pthread_mutex_lock(&n->lock);
	names_apply(n);
	pthread_mutex_unlock(&n->lock);
}

static bool is_unreadable(const struct names *n, u32 pid)
{
	for (size_t i = 0; i < n->unreadable.n; i++)
		if (*vec_get(&n->unreadable, u32, i) == pid)
			return true;
	return false;
}

void names_find_user(struct names *n, u32 pid, u64 ts, u64 addr, u32 *ret_file, u64 *ret_off)
{
	struct mapping m;

	*ret_file = TAPE_NONE;
	*ret_off = addr;
	pthread_mutex_lock(&n->lock);
	wait_for_scans(n, pid, ts);
	if (mappings_find(n->maps, pid, ts, addr, &m)) {
		*ret_file = file_of(n, m.object);
		if (*ret_file != TAPE_NONE)
			*ret_off = addr - m.start + m.off;
	} else {
		n->unreadable_cnt += is_unreadable(n, pid);
	}
	pthread_mutex_unlock(&n->lock);
}

void names_want(struct names *n, u32 file, u64 off)
{
	struct object *ob;
	u32 idx;
	u64 *p;

	if (file >= n->file_objects.n || !*vec_get(&n->file_objects, u32, file))
		return;
	idx = *vec_get(&n->file_objects, u32, file) - 1;
	pthread_mutex_lock(&n->lock);
	ob = objects_get(n->objects, idx);
	if (ob->state == OBJECT_BAD || (ob->kind != TAPE_FILE_ELF && ob->kind != TAPE_FILE_VDSO)) {
		pthread_mutex_unlock(&n->lock);
		return;
	}
	p = vec_push(&ob->wants);
	if (p)
		*p = off;
	queue_ask(n, idx, ob);
	pthread_mutex_unlock(&n->lock);
}

/* ---- to the tape ---- */

static void take_row(void *ctx, enum mapping_row_kind kind, u32 pid, u64 ts,
		     const struct mapping *map)
{
	static const u8 kinds[] = { TAPE_MMAP_MAP, TAPE_MMAP_EXEC, TAPE_MMAP_EXIT };
	struct names *n = ctx;
	struct tape_mmap *m = vec_push(&n->mmaps);

	if (!m) {
		n->lost_cnt++;
		return;
	}
	*m = (struct tape_mmap){ .ts = ts, .pid = pid, .kind = kinds[kind], .file = TAPE_NONE };
	if (!map)
		return;
	/* The object for now: its file may have to be waited for. */
	m->file = map->object;
	m->start = map->start;
	m->len = map->end - map->start;
	m->off = map->off;
	m->prot = map->prot;
}

/* Rows of mappings, with files; those without one (no room in the table) are left out. */
static void take_rows(struct names *n)
{
	size_t first = n->mmaps.n, to = first;

	mappings_take_rows(n->maps, take_row, n);
	for (size_t i = first; i < n->mmaps.n; i++) {
		struct tape_mmap *m = vec_get(&n->mmaps, struct tape_mmap, i);

		if (m->kind == TAPE_MMAP_MAP) {
			m->file = file_of(n, m->file);
			if (m->file == TAPE_NONE)
				continue;
		}
		*vec_get(&n->mmaps, struct tape_mmap, to) = *m;
		to++;
	}
	n->mmaps.n = to;
}

static void take_ids(struct names *n)
{
	for (size_t i = 0; i < n->got_id.n; i++) {
		const struct object *ob = objects_get(n->objects, *vec_get(&n->got_id, u32, i));

		files_set_build_id(n->o.files, ob->file,
				   (struct str){ (const char *)ob->build_id, ob->build_id_len });
	}
	vec_reset(&n->got_id);
}

static void take_names(struct names *n)
{
	for (size_t i = 0; i < n->got_names.n; i++) {
		struct name_out *out = vec_get(&n->got_names, struct name_out, i);
		struct tape_sym *s = out->name ? vec_push(&n->syms) : NULL;

		if (s)
			*s = (struct tape_sym){
				.file = objects_get(n->objects, out->object)->file,
				.off = out->off,
				.size = out->size,
				.name = { out->name, out->len },
			};
		else
			free(out->name);
	}
	vec_reset(&n->got_names);
	n->got_bytes = 0;
}

static int write_syms(struct names *n, struct tape_writer *w, u64 ts, struct err *err)
{
	int rc = n->syms.n ? tape_writer_put_syms(w, ts, n->syms.items, (u32)n->syms.n, err) : 0;

	if (rc)
		return rc;
	for (size_t i = 0; i < n->syms.n; i++)
		free((char *)(uintptr_t)vec_get(&n->syms, struct tape_sym, i)->name.s);
	vec_reset(&n->syms);
	return 0;
}

static int write_mmaps(struct names *n, struct tape_writer *w, u64 ts, struct err *err)
{
	int rc = n->mmaps.n ? tape_writer_put_mmaps(w, ts, n->mmaps.items, (u32)n->mmaps.n, err) :
			      0;

	if (!rc)
		vec_reset(&n->mmaps);
	return rc;
}

void names_settle(struct names *n, enum names_patience patience)
{
	pthread_mutex_lock(&n->lock);
	n->written_ts = clock_now_ns();
	take_rows(n);
	wait_for_child(n, patience, has_ids);
	take_ids(n);
	pthread_mutex_unlock(&n->lock);
}

int names_write(struct names *n, struct tape_writer *w, u64 ts, enum names_patience patience,
		struct err *err)
{
	int rc;

	names_settle(n, patience);
	pthread_mutex_lock(&n->lock);
	wait_for_child(n, patience, is_answered);
	n->waited_ns = 0;
	take_ids(n);
	take_names(n);
	pthread_mutex_unlock(&n->lock);
	rc = files_write(n->o.files, w, ts, err);
	if (!rc)
		rc = write_mmaps(n, w, ts, err);
	return rc ? rc : write_syms(n, w, ts, err);
}
