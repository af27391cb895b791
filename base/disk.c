/*
 * base/disk.c -- fdatasync(), write-out ahead of it, free space.
 *
 * Writing out is started every few megabytes, so that fdatasync() finds little to wait for, and the
 * kernel has no reason to stop the encoder because too much is dirty.
 *
 * Invariants
 * (1) Only the thread calls what may wait for the disk; the others read and write words.
 * (2) After an error of the disk it is not tried again: the kernel tells such an error once, and a
 *     later success would mean nothing.
 */
#include "base/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/mono.h"

#define PACE_NS	    100000000ull
#define AHEAD_BYTES (4ull << 20)

struct disk {
	struct disk_opts o;
	pthread_t thread;
	pthread_mutex_t lock; /* for waiting only */
	pthread_cond_t has_end;
	bool should_stop; /* under the lock */
	bool is_dir_synced;
	u64 written; /* atomic */
	u64 started, synced; /* bytes whose writing out has begun, that are on the disk */
	u64 synced_ns;
	bool is_full; /* atomic */
	int rc; /* atomic; (2) */
};

static void check_room(struct disk *d)
{
	struct statvfs v;

	if (fstatvfs(d->o.fd, &v) || !v.f_blocks)
		return;
	__atomic_store_n(&d->is_full, v.f_bavail < v.f_blocks / 20, __ATOMIC_RELAXED);
}

static void start_writing_out(struct disk *d, u64 written)
{
	if (written - d->started < AHEAD_BYTES)
		return;
	/* Only a help: what it cannot do, fdatasync() does. */
	sync_file_range(d->o.fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	d->started = written;
}

static void sync_now(struct disk *d, u64 written)
{
	int rc = fdatasync(d->o.fd) ? -errno : 0;

	if (!rc && d->o.dir_fd >= 0 && !d->is_dir_synced) {
		/* A new file is nothing without its name.  Not all file systems can do this. */
		fsync(d->o.dir_fd);
		d->is_dir_synced = true;
	}
	if (rc && rc != -EINVAL && rc != -EROFS) /* those: nothing here that could be synced */
		__atomic_store_n(&d->rc, rc, __ATOMIC_RELEASE);
	d->started = d->synced = written;
	d->synced_ns = mono_now_ns();
}

static bool is_due(const struct disk *d, u64 written, bool is_end)
{
	u64 bytes = written - d->synced;

	if (!bytes || (!d->o.sync_ns && !d->o.sync_bytes))
		return false;
	if (is_end || (d->o.sync_bytes && bytes >= d->o.sync_bytes))
		return true;
	return d->o.sync_ns && mono_now_ns() - d->synced_ns >= d->o.sync_ns;
}

static void look_after(struct disk *d, bool is_end)
{
	u64 written = __atomic_load_n(&d->written, __ATOMIC_ACQUIRE);

	check_room(d);
	if (d->rc) /* (2) */
		return;
	if (is_due(d, written, is_end))
		sync_now(d, written);
	else if (d->o.sync_ns || d->o.sync_bytes)
		start_writing_out(d, written);
}

/* Until it is time to look again, or the end has come: then true. */
static bool wait_a_while(struct disk *d)
{
	u64 until = mono_now_ns() + PACE_NS;
	bool ret;

	pthread_mutex_lock(&d->lock);
	while (!d->should_stop && !mono_cond_wait(&d->has_end, &d->lock, until))
		;
	ret = d->should_stop;
	pthread_mutex_unlock(&d->lock);
	return ret;
}

static void *disk_main(void *arg)
{
	struct disk *d = arg;
	bool is_end = false;

	while (!is_end) {
		is_end = wait_a_while(d);
		look_after(d, is_end);
	}
	return NULL;
}

static void free_disk(struct disk *d)
{
	pthread_cond_destroy(&d->has_end);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

int disk_start(const struct disk_opts *o, struct disk **ret, struct err *err)
{
	struct disk *d = calloc(1, sizeof(*d));
	int rc;

	if (!d)
		return err_oom(err);
	d->o = *o;
	d->synced_ns = mono_now_ns();
	pthread_mutex_init(&d->lock, NULL);
	mono_cond_init(&d->has_end);
	rc = pthread_create(&d->thread, NULL, disk_main, d);
	if (rc) {
		free_disk(d);
		return err_set_errno(err, -rc, "starting what looks after the disk");
	}
	*ret = d;
	return 0;
}

void disk_note(struct disk *d, u64 bytes)
{
	if (d)
		__atomic_store_n(&d->written, bytes, __ATOMIC_RELEASE);
}

bool disk_is_full(const struct disk *d)
{
	return d && __atomic_load_n(&d->is_full, __ATOMIC_RELAXED);
}

int disk_error(const struct disk *d)
{
	return d ? __atomic_load_n(&d->rc, __ATOMIC_ACQUIRE) : 0;
}

int disk_stop(struct disk *d, struct err *err)
{
	int rc;

	if (!d)
		return 0;
	pthread_mutex_lock(&d->lock);
	d->should_stop = true;
	pthread_cond_signal(&d->has_end);
	pthread_mutex_unlock(&d->lock);
	pthread_join(d->thread, NULL);
	rc = d->rc;
	free_disk(d);
	return rc ? err_set_errno(err, rc, "bringing the tape to the disk") : 0;
}
