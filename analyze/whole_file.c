/*
 * Files without a name (O_TMPFILE) that are linked when they are whole: whatever ends the process,
 * nothing is left.  Where the file system has none, a file of another name that a signal removes.
 */
#include "analyze/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

static char *pending; /* removed by a signal */

static void remove_pending(int sig)
{
	if (pending)
		unlink(pending);
	signal(sig, SIG_DFL);
	raise(sig);
}

static char *join(const char *a, const char *b)
{
	char *s;

	return asprintf(&s, "%s%s", a, b) < 0 ? NULL : s;
}

static char *folder_of(const char *name)
{
	const char *slash = strrchr(name, '/');

	if (!slash)
		return strdup(".");
	return slash == name ? strdup("/") : strndup(name, (size_t)(slash - name));
}

/* A file of another name beside it; *ret_part. */
static int open_beside(const char *name, char **ret_part)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	char *part = join(name, ".XXXXXX");
	int fd = part ? mkostemp(part, O_CLOEXEC) : -1;

	if (fd < 0) {
		free(part);
		return -1;
	}
	*ret_part = pending = part;
	for (size_t i = 0; i < countof(signals); i++)
		signal(signals[i], remove_pending);
	return fd;
}

static int open_nameless(const char *name)
{
	char *folder = folder_of(name);
	int fd = folder ? open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) : -1;

	free(folder);
	return fd;
}

int whole_file_open(const char *name, bool replaces, struct whole_file *ret, struct err *err)
{
	*ret = (struct whole_file){ .name = name, .fd = -1, .replaces = replaces };
	if (!replaces && !access(name, F_OK))
		return err_set_errno(err, -EEXIST, "%s", name);
	ret->fd = open_nameless(name);
	if (ret->fd < 0)
		ret->fd = open_beside(name, &ret->part);
	return ret->fd < 0 ? err_set_errno(err, -errno, "%s", name) : 0;
}

/* A name for what has none. */
static int link_as(int fd, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, path, AT_FDCWD, name, AT_SYMLINK_FOLLOW);
}

/* There is a file of that name: a new name beside it, and then in its place. */
static int replace(const struct whole_file *f)
{
	char suffix[32], *part;
	int rc;

	snprintf(suffix, sizeof(suffix), ".%ld", (long)getpid());
	part = join(f->name, suffix);
	if (!part)
		return -1;
	rc = link_as(f->fd, part);
	if (!rc && rename(part, f->name)) {
		rc = -1;
		unlink(part);
	}
	free(part);
	return rc;
}

int whole_file_keep(struct whole_file *f, struct err *err)
{
	int rc;

	if (f->part && f->replaces)
		rc = rename(f->part, f->name);
	else if (f->part)
		rc = link(f->part, f->name);
	else
		rc = link_as(f->fd, f->name);
	if (rc && errno == EEXIST && f->replaces)
		rc = replace(f);
	if (rc)
		return err_set_errno(err, -errno, "%s", f->name);
	if (f->part && f->replaces)
		pending = NULL;
	return 0;
}

void whole_file_close(struct whole_file *f)
{
	if (pending)
		unlink(pending);
	pending = NULL;
	free(f->part);
	f->part = NULL;
	io_close(&f->fd);
}

int whole_file_scratch(const char *name, struct err *err)
{
	char *part = NULL;
	int fd = open_nameless(name);

	if (fd < 0)
		fd = open_beside(name, &part);
	if (fd < 0)
		return err_set_errno(err, -errno, "%s", name);
	if (part)
		unlink(part);
	pending = NULL;
	free(part);
	return fd;
}
