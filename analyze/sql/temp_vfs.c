/*
 * Temporary files of sqlite, for sorting and grouping what does not fit into its memory.
 *
 * They have no names and are all made before the process locks itself in; sqlite is given one
 * after the other, and they are empty again when it closes them.  Nothing else can be opened: this
 * is the only file system that the connection knows.
 *
 * (1) All together hold no more than temp.max bytes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "analyze/sql/sql_priv.h"
#include "base/io.h"

#define FILES_MAX 32

static struct {
	struct slot {
		int fd; /* -1: none yet */
		bool is_used;
		u64 size;
	} slots[FILES_MAX];
	u64 used, max;
	bool is_ready;
} temp;

struct temp_file {
	sqlite3_file base;
	struct slot *slot;
};

static struct slot *slot_of(sqlite3_file *f)
{
	return ((struct temp_file *)f)->slot;
}

/* A file without a name; where the file system has no such thing, one that loses it at once. */
static int make_file(const char *dir)
{
	int fd = open(dir, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
	char path[512];

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT))
		return fd;
	if (snprintf(path, sizeof(path), "%s/bpftape-XXXXXX", dir) >= (int)sizeof(path))
		return -1;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

static int make_any(void)
{
	const char *dirs[] = { getenv("TMPDIR"), "/var/tmp", "/tmp" };
	int fd = -1;

	for (u32 i = 0; fd < 0 && i < countof(dirs); i++)
		if (dirs[i] && *dirs[i])
			fd = make_file(dirs[i]);
	return fd;
}

/* ---- a file ---- */

static int resize(struct slot *s, u64 size)
{
	if (size > s->size && size - s->size > temp.max - temp.used)
		return SQLITE_FULL;
	temp.used += size - s->size; /* modulo 2^64 when it shrinks */
	s->size = size;
	return SQLITE_OK;
}

static int temp_close(sqlite3_file *f)
{
	struct slot *s = slot_of(f);

	(void)!ftruncate(s->fd, 0);
	resize(s, 0);
	s->is_used = false;
	return SQLITE_OK;
}

static int temp_read(sqlite3_file *f, void *p, int n, sqlite3_int64 off)
{
	ssize_t got = io_pread_full(slot_of(f)->fd, p, (size_t)n, (off_t)off);

	if (got < 0)
		return SQLITE_IOERR_READ;
	if (got == n)
		return SQLITE_OK;
	memset((u8 *)p + got, 0, (size_t)(n - got));
	return SQLITE_IOERR_SHORT_READ;
}

static int temp_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 off)
{
	struct slot *s = slot_of(f);
	const u8 *from = p;

	if ((u64)off + (u64)n > s->size && resize(s, (u64)off + (u64)n))
		return SQLITE_FULL;
	while (n > 0) {
		ssize_t done = pwrite(s->fd, from, (size_t)n, (off_t)off);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return errno == ENOSPC ? SQLITE_FULL : SQLITE_IOERR_WRITE;
		from += done;
		off += done;
		n -= (int)done;
	}
	return SQLITE_OK;
}

static int temp_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	struct slot *s = slot_of(f);

	if (ftruncate(s->fd, (off_t)size))
		return SQLITE_IOERR_TRUNCATE;
	return resize(s, (u64)size);
}

static int temp_sync(sqlite3_file *f UNUSED, int flags UNUSED)
{
	return SQLITE_OK; /* nobody reads it after a crash */
}

static int temp_size(sqlite3_file *f, sqlite3_int64 *ret)
{
	*ret = (sqlite3_int64)slot_of(f)->size;
	return SQLITE_OK;
}

static int temp_lock(sqlite3_file *f UNUSED, int lock UNUSED)
{
	return SQLITE_OK; /* nobody else has it */
}

static int temp_is_reserved(sqlite3_file *f UNUSED, int *ret)
{
	*ret = 0;
	return SQLITE_OK;
}

static int temp_control(sqlite3_file *f UNUSED, int op UNUSED, void *arg UNUSED)
{
	return SQLITE_NOTFOUND;
}

static int temp_sector(sqlite3_file *f UNUSED)
{
	return 4096;
}

static int temp_traits(sqlite3_file *f UNUSED)
{
	return 0;
}

static const sqlite3_io_methods methods = {
	.iVersion = 1,
	.xClose = temp_close,
	.xRead = temp_read,
	.xWrite = temp_write,
	.xTruncate = temp_truncate,
	.xSync = temp_sync,
	.xFileSize = temp_size,
	.xLock = temp_lock,
	.xUnlock = temp_lock,
	.xCheckReservedLock = temp_is_reserved,
	.xFileControl = temp_control,
	.xSectorSize = temp_sector,
	.xDeviceCharacteristics = temp_traits,
};

/* ---- the file system ---- */

static int vfs_open(sqlite3_vfs *vfs UNUSED, const char *name, sqlite3_file *f, int flags,
		    int *ret_flags)
{
	struct slot *s = NULL;

	f->pMethods = NULL;
	for (u32 i = 0; !name && !s && i < FILES_MAX; i++)
		if (!temp.slots[i].is_used)
			s = &temp.slots[i];
	if (s && s->fd < 0)
		s->fd = make_any();
	if (!s || s->fd < 0)
		return SQLITE_CANTOPEN;
	s->is_used = true;
	((struct temp_file *)f)->slot = s;
	f->pMethods = &methods;
	if (ret_flags)
		*ret_flags = flags;
	return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs UNUSED, const char *name UNUSED, int syncs UNUSED)
{
	return SQLITE_IOERR_DELETE;
}

static int vfs_access(sqlite3_vfs *vfs UNUSED, const char *name UNUSED, int flags UNUSED, int *ret)
{
	*ret = 0;
	return SQLITE_OK;
}

static int vfs_path(sqlite3_vfs *vfs UNUSED, const char *name, int n, char *ret)
{
	return snprintf(ret, (size_t)n, "%s", name) < n ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int vfs_random(sqlite3_vfs *vfs UNUSED, int n, char *ret)
{
	return (int)(getrandom(ret, (size_t)n, 0) == n ? n : 0);
}

static int vfs_error(sqlite3_vfs *vfs UNUSED, int n UNUSED, char *ret UNUSED)
{
	return 0;
}

static sqlite3_vfs vfs = {
	.iVersion = 2,
	.szOsFile = sizeof(struct temp_file),
	.mxPathname = 512,
	.zName = SQL_VFS,
	.xOpen = vfs_open,
	.xDelete = vfs_delete,
	.xAccess = vfs_access,
	.xFullPathname = vfs_path,
	.xRandomness = vfs_random,
	.xGetLastError = vfs_error,
};

static int get_ready(void)
{
	const sqlite3_vfs *own;

	if (temp.is_ready)
		return 0;
	if (sqlite3_initialize())
		return -ENOMEM;
	own = sqlite3_vfs_find(NULL);
	if (!own)
		return -ENOMEM;
	vfs.xSleep = own->xSleep; /* these open nothing */
	vfs.xCurrentTime = own->xCurrentTime;
	vfs.xCurrentTimeInt64 = own->xCurrentTimeInt64;
	for (u32 i = 0; i < FILES_MAX; i++)
		temp.slots[i].fd = -1;
	temp.max = SQL_TEMP_MAX;
	/* the default one, too: sqlite asks that for random numbers */
	if (sqlite3_vfs_register(&vfs, true))
		return -ENOMEM;
	temp.is_ready = true;
	return 0;
}

int sql_temp_register(void)
{
	return get_ready();
}

u64 sql_temp_limit(void)
{
	return temp.max;
}

int sql_temp_open(u64 max, struct err *err)
{
	if (get_ready())
		return err_oom(err);
	if (max)
		temp.max = max;
	for (u32 i = 0; i < FILES_MAX; i++) {
		if (temp.slots[i].fd < 0)
			temp.slots[i].fd = make_any();
		if (temp.slots[i].fd < 0)
			break; /* told when one is needed: most queries need none */
	}
	return 0;
}
