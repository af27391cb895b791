/*
 * record/names_thread.c -- whatever may have to wait for others: reads maps of processes, opens
 * files, talks to the child.
 *
 * Every TICK_MS, and when it is kicked:
 *
 *     side-band -> files to open -> maps of processes asked for -> answers -> next ask
 *
 * Files are opened this soon after they were mapped because their processes may be gone in a
 * moment.
 * It drops all rights but those to read others' files and memory maps.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "format/schema.h"
#include "record/clock.h"
#include "record/features.h"
#include "record/maps_text.h"
#include "record/names_priv.h"

#define NAMES_NICE	(-20)
#define TICK_MS		20
#define OPEN_AT_ONCE	64
#define SCAN_AT_ONCE	8
#define ANSWERS_AT_ONCE (NAMES_ASK_MAX + 44)
#define GOT_BYTES_MAX	(64u << 20)
#define ALL_MAX		4096
#define MAPS_TEXT_MAX	(8u << 20)
#define MAPS_SCAN_MAX	16384
#define FORGET_NS	10000000000ull
#define FORGET_CNT	65536
#define FORGET_TICK	100
#define STOP_SEC	2
#define BIT(x)		(1ull << (x))

#ifndef CAP_CHECKPOINT_RESTORE
#define CAP_CHECKPOINT_RESTORE 40
#endif

static bool pop(struct vec *v, u32 *ret)
{
	if (!v->n)
		return false;
	*ret = *vec_get(v, u32, 0);
	v->n--;
	memmove(v->items, (u32 *)v->items + 1, v->n * sizeof(u32));
	return true;
}

/* ---- maps of processes ---- */

static void add_line(struct names *n, u32 pid, const struct maps_line *l, struct vec *maps)
{
	const struct object_seen seen = { .pid = pid,
					  .start = l->start,
					  .end = l->end,
					  .dev = l->dev,
					  .inode = l->inode,
					  .path = l->path };
	s64 idx = l->prot & PROT_EXEC ? names_object(n, &seen) : -1;
	struct mapping *m = idx >= 0 ? vec_push(maps) : NULL;

	if (!m)
		return;
	*m = (struct mapping){
		.start = l->start, .end = l->end, .off = l->off, .object = (u32)idx, .prot = l->prot
	};
	if (objects_get(n->objects, m->object)->kind == TAPE_FILE_ANON)
		m->off = m->start;
}

static void scan_one(struct names *n, u32 pid)
{
	char path[64];
	struct maps_line l;
	struct str text;
	struct vec maps;
	struct buf b;
	int rc;

	snprintf(path, sizeof(path), "/proc/%u/maps", pid);
	buf_init(&b, MAPS_TEXT_MAX);
	vec_init(&maps, sizeof(struct mapping), MAPS_SCAN_MAX);
	rc = io_read_file(path, &b, NULL);
	if (rc)
		buf_reset(&b);
	text = (struct str){ (const char *)b.data, b.len };
	pthread_mutex_lock(&n->lock);
	if (rc == -EACCES || rc == -EPERM)
		names_queue(&n->unreadable, pid);
	names_apply(n); /* has it become another while we read? */
	while (maps_text_next(&text, &l))
		add_line(n, pid, &l, &maps);
	mappings_scan(n->maps, pid, maps.items, (u32)maps.n);
	pthread_cond_broadcast(&n->changed);
	pthread_mutex_unlock(&n->lock);
	vec_fini(&maps);
	buf_fini(&b);
}

static void scan_some(struct names *n)
{
	u32 pid;

	for (int i = 0; i < SCAN_AT_ONCE; i++) {
		bool has, is_needed;

		pthread_mutex_lock(&n->lock);
		has = pop(&n->to_scan, &pid);
		is_needed = has && mappings_to_scan(n->maps, pid, UINT64_MAX - 1) == pid;
		pthread_mutex_unlock(&n->lock);
		if (!has)
			return;
		if (is_needed)
			scan_one(n, pid);
	}
}

/*
 * Those that are there when we begin: one that ends before its first frame has reached us, or forks
 * and ends, could not be asked any more.  The youngest first.
 */
static void queue_all(struct names *n)
{
	struct dirent **list = NULL;
	int cnt = scandir("/proc", &list, NULL, versionsort);

	pthread_mutex_lock(&n->lock);
	for (int i = cnt - 1; i >= 0; i--) {
		u32 pid = (u32)strtoul(list[i]->d_name, NULL, 10);

		if (pid && cnt - i < ALL_MAX)
			names_queue(&n->to_scan, pid);
		free(list[i]);
	}
	pthread_mutex_unlock(&n->lock);
	free(list);
}

/* ---- files ---- */

static void open_one(struct names *n, u32 idx, const struct object *ob, u32 parent)
{
	/* What identifies an object never changes, so it is read without the lock. */
	const struct opener_want w = { .pid = ob->pid,
				       .parent = parent,
				       .start = ob->start,
				       .end = ob->end,
				       .path = ob->path,
				       .dev = ob->dev,
				       .inode = ob->inode };
	struct stat st;
	int fd = opener_open(&w, &st);
	bool is_local = fd >= 0 && opener_is_local(fd);

	pthread_mutex_lock(&n->lock);
	objects_set_fd(n->objects, idx, fd, &st);
	objects_get(n->objects, idx)->is_local = is_local;
	pthread_cond_broadcast(&n->changed);
	pthread_mutex_unlock(&n->lock);
}

static void open_some(struct names *n)
{
	for (int i = 0; i < OPEN_AT_ONCE; i++) {
		const struct object *ob = NULL;
		u32 idx, parent = 0;

		pthread_mutex_lock(&n->lock);
		if (pop(&n->to_open, &idx)) {
			ob = objects_get(n->objects, idx);
			parent = mappings_parent(n->maps, ob->pid);
		}
		pthread_mutex_unlock(&n->lock);
		if (!ob)
			return;
		open_one(n, idx, ob, parent);
	}
}

/* ---- the child ---- */

static void take_id(struct names *n, struct object *ob, const struct names_answer *a)
{
	if (a->len > ELF_BUILD_ID_MAX || !a->len)
		return;
	memcpy(ob->build_id, a->text, a->len);
	ob->build_id_len = (u8)a->len;
	names_queue(&n->got_id, (u32)n->asked);
}

static bool was_asked(const struct names *n, u64 off)
{
	for (u32 i = 0; i < n->ask.n; i++)
		if (n->ask.offs[i] == off)
			return true;
	return false;
}

static void take_name(struct names *n, const struct names_answer *a)
{
	struct {
		u64 off;
		u32 object;
	} __attribute__((packed)) key = { a->off, a->object };
	struct str k = { (const char *)&key, sizeof(key) };
	struct name_out *out;

	if (!was_asked(n, a->want) || a->off > a->want || n->answer_cnt++ >= n->ask.n)
		return;
	if (!a->len || strmap_find(&n->known, k))
		return;
	out = n->got_bytes + a->len <= GOT_BYTES_MAX ? vec_push(&n->got_names) : NULL;
	if (!out) {
		n->lost_cnt++;
		return;
	}
	n->got_bytes += a->len;
	*out = (struct name_out){ .object = a->object, .off = a->off, .size = a->size };
	out->name = malloc(a->len);
	out->len = out->name ? a->len : 0;
	if (out->name)
		memcpy(out->name, a->text, a->len);
	/* Not remembered: said twice. */
	if (strmap_put(&n->known, k, n, NULL))
		n->lost_cnt++;
}

static void end_ask(struct names *n)
{
	struct object *ob = objects_get(n->objects, (u32)n->asked);

	ob->is_queued = false;
	n->ask_cnt++;
	n->ids_pending -= ob->is_id_pending;
	ob->is_id_pending = false;
	if (ob->wants.n) {
		ob->is_queued = true;
		names_queue(&n->to_ask, (u32)n->asked);
	}
	n->asked = -1;
}

/* "PID (NAME) STATE PARENT": the name may have anything in it. */
static bool is_child_of(u32 pid, pid_t parent)
{
	const char *p = NULL;
	char path[64];
	struct buf b;
	int ppid = 0;

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	buf_init(&b, 4096);
	if (!io_read_file(path, &b, NULL))
		p = strrchr(buf_cstr(&b), ')');
	if (p && sscanf(p, ") %*c %d", &ppid) != 1)
		ppid = 0;
	buf_fini(&b);
	return ppid > 0 && ppid == parent;
}

/* What the child says is foreign: it may only speak of what it was asked. */
static void take_answer(struct names *n, const struct names_answer *a)
{
	struct object *ob;

	/* Nobody else may get hidden by it. */
	if (a->kind == NAMES_HELLO && is_child_of((u32)a->want, n->child.pid))
		n->child.reader_pid = (pid_t)a->want;
	if (n->asked < 0)
		return;
	ob = objects_get(n->objects, (u32)n->asked);
	if (a->kind == NAMES_DIED) {
		n->unasked_cnt += ob->wants.n + n->ask.n;
		vec_reset(&ob->wants);
		objects_give_up(n->objects, (u32)n->asked);
		end_ask(n);
		return;
	}
	if (a->object != (u32)n->asked)
		return;
	if (a->kind == NAMES_BUILD_ID)
		take_id(n, ob, a);
	else if (a->kind == NAMES_SYM)
		take_name(n, a);
	else if (a->kind == NAMES_DONE)
		end_ask(n);
}

static void take_answers(struct names *n)
{
	struct names_answer *a = &n->answer;
	int rc = 1;

	/* The lock is held for one at a time, a round has an end: whatever the child sends. */
	for (int i = 0; i < ANSWERS_AT_ONCE && rc && !n->is_child_gone; i++) {
		rc = names_child_next(&n->child, a);
		pthread_mutex_lock(&n->lock);
		if (rc == 1)
			take_answer(n, a);
		else if (rc)
			n->is_child_gone = rc != -EBADMSG;
		pthread_mutex_unlock(&n->lock);
	}
	pthread_mutex_lock(&n->lock);
	if (n->is_child_gone && n->asked >= 0)
		end_ask(n);
	pthread_cond_broadcast(&n->changed);
	pthread_mutex_unlock(&n->lock);
}

/* Fill n->ask for one object; false: there is nothing to ask it, or nobody. */
static bool make_ask(struct names *n, u32 idx, struct object *ob)
{
	struct names_ask *ask = &n->ask;
	bool is_vdso = ob->kind == TAPE_FILE_VDSO;

	if (n->is_child_gone || (ob->state != OBJECT_OPEN && !is_vdso)) {
		n->unasked_cnt += ob->wants.n;
		ob->needs_id = false;
		vec_reset(&ob->wants);
		return false;
	}
	ask->object = idx;
	ask->kinds = (u16)((ob->needs_id ? NAMES_ASK_BUILD_ID : NAMES_ASK_SYMS) |
			   (is_vdso ? NAMES_ASK_VDSO : 0));
	ask->n = (u16)(ob->wants.n < NAMES_ASK_MAX ? ob->wants.n : NAMES_ASK_MAX);
	/* Its build-id alone: to read its symbols may take long. */
	if (ob->needs_id)
		ask->n = 0;
	ob->wants.n -= ask->n;
	if (ask->n)
		memcpy(ask->offs, (u64 *)ob->wants.items + ob->wants.n, ask->n * sizeof(u64));
	ob->needs_id = false;
	n->answer_cnt = 0;
	return true;
}

static void ask_next(struct names *n)
{
	u32 idx;

	pthread_mutex_lock(&n->lock);
	while (n->asked < 0 && pop(&n->to_ask, &idx)) {
		struct object *ob = objects_get(n->objects, idx);

		if (objects_reopen(n->objects, idx))
			names_queue_first(&n->to_open, idx);
		if (ob->state == OBJECT_NEW) { /* it will be opened in the next rounds */
			names_queue(&n->to_ask, idx);
			break;
		}
		n->asked = idx;
		if (!make_ask(n, idx, ob)) {
			end_ask(n);
			continue;
		}
		/* One ask at a time always finds room in the socket. */
		if (names_child_ask(&n->child, &n->ask, ob->fd)) {
			n->is_child_gone = true;
			end_ask(n);
		}
	}
	pthread_cond_broadcast(&n->changed);
	pthread_mutex_unlock(&n->lock);
}

/* ---- the thread ---- */

static bool is_gone(u32 pid)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%u", pid);
	return access(path, F_OK) != 0;
}

/* What the encoder has passed; if it does not come, what is old. */
static void forget(struct names *n)
{
	u64 ts = mappings_cnt(n->maps) < FORGET_CNT ? n->written_ts : clock_now_ns();

	mappings_forget(n->maps, ts > FORGET_NS ? ts - FORGET_NS : 0, is_gone);
}

static bool begin_round(struct names *n)
{
	bool is_over;

	pthread_mutex_lock(&n->lock);
	names_apply(n);
	if (n->rounds % FORGET_TICK == 0)
		forget(n);
	n->rounds++;
	is_over = n->is_over;
	pthread_mutex_unlock(&n->lock);
	return !is_over;
}

static bool has_more(struct names *n)
{
	bool ret;

	pthread_mutex_lock(&n->lock);
	ret = n->to_open.n || n->to_scan.n;
	pthread_mutex_unlock(&n->lock);
	return ret;
}

static void *names_main(void *arg)
{
	struct names *n = arg;
	struct err ignored;
	u64 cnt;

	/* The kernel's rings do not wait for us. */
	setpriority(PRIO_PROCESS, 0, NAMES_NICE);
	/* A precaution; not being allowed to lower rights changes nothing. */
	if (features_keep_caps(BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_SYS_PTRACE) |
				       BIT(CAP_CHECKPOINT_RESTORE),
			       &ignored))
		ignored.code = 0;
	queue_all(n);
	while (begin_round(n)) {
		struct pollfd fds[2] = { { .fd = n->kick_fd, .events = POLLIN },
					 { .fd = n->is_child_gone ? -1 : n->child.fd,
					   .events = POLLIN } };

		open_some(n);
		scan_some(n);
		take_answers(n);
		ask_next(n);
		if (poll(fds, 2, has_more(n) ? 0 : TICK_MS) > 0 && fds[0].revents &&
		    read(n->kick_fd, &cnt, sizeof(cnt)) < 0)
			continue;
	}
	return NULL;
}

int names_thread_start(struct names *n, struct err *err)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&n->thread, NULL, names_main, n);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	n->is_running = rc == 0;
	return rc ? err_set_errno(err, -rc, "starting the thread of names") : 0;
}

bool names_thread_stop(struct names *n)
{
	struct timespec end;

	if (!n->is_running)
		return true;
	pthread_mutex_lock(&n->lock);
	n->is_over = true;
	pthread_mutex_unlock(&n->lock);
	names_kick(n);
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += STOP_SEC;
	if (pthread_timedjoin_np(n->thread, NULL, &end)) {
		pthread_detach(n->thread);
		return false;
	}
	n->is_running = false;
	return true;
}
