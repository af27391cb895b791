/*
 * base/exe.c -- find our programs and modules relative to /proc/self/exe.
 *
 * Where /proc is not mounted (the analyzer runs in an empty root) the path that execve() was given
 * stands in for it.  Where the program may not enter its own folder by its path (nobody, below a
 * closed home folder) the working directory will do if it is that folder: the running program must
 * be in it.
 */
#include "base/exe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const module_dirs[] = { "", "../lib/bpftape/", NULL };
static const char *const program_dirs[] = { "", "../libexec/bpftape/", "../libexec/", NULL };

static bool is_in_working_dir(const char *name)
{
	struct stat self, there;

	return !stat("/proc/self/exe", &self) && !lstat(name, &there) &&
	       self.st_dev == there.st_dev && self.st_ino == there.st_ino;
}

/* Folder of the running program with its last slash. */
static int own_dir(char *ret)
{
	ssize_t n = readlink("/proc/self/exe", ret, EXE_PATH_MAX - 1);
	char *slash, name[EXE_PATH_MAX];

	if (n >= 0) {
		ret[n] = '\0';
	} else {
		const char *path = (const char *)getauxval(AT_EXECFN);
		int len = path ? snprintf(ret, EXE_PATH_MAX, "%s", path) : -1;

		if (len < 0 || len >= EXE_PATH_MAX)
			return -ENOENT;
	}
	slash = strrchr(ret, '/');
	if (!slash)
		return -ENOENT;
	snprintf(name, sizeof(name), "%s", slash + 1);
	slash[1] = '\0';
	if (access(ret, X_OK) && is_in_working_dir(name))
		memcpy(ret, "./", 3);
	return 0;
}

static int find(const char *name, const char *const *dirs, char *ret, struct err *err)
{
	char own[EXE_PATH_MAX], path[EXE_PATH_MAX];
	int rc = own_dir(own);

	if (rc)
		return err_set_errno(err, rc, "finding the folder of this program");
	for (; *dirs; dirs++) {
		int len = snprintf(path, sizeof(path), "%s%s%s", own, *dirs, name);

		if (len < 0 || (size_t)len >= sizeof(path))
			return err_set_errno(err, -ENAMETOOLONG, "%s%s", own, name);
		if (!access(path, R_OK)) {
			memcpy(ret, path, (size_t)len + 1);
			return 0;
		}
	}
	return err_set(err, -ENOENT, "%s is missing: not in %s and not where it is installed", name,
		       own);
}

int exe_find_module(const char *name, char *ret, struct err *err)
{
	return find(name, module_dirs, ret, err);
}

int exe_find_program(const char *name, char *ret, struct err *err)
{
	return find(name, program_dirs, ret, err);
}
