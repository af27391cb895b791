/*
 * record/machine_const.c -- numbers of this machine that a script names.
 *
 * They are looked up while the script is compiled and go to the tape with its other constants, so
 * that nobody has to ask a machine again.
 */
#include "record/machine_const.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"

#define ARG_MAX_SZ 4096
#define SYMBOL_MAX 1024
#define CLOCK_TRIES 8
#define HANDLE_SZ  8 /* of a directory of cgroup2: its id */

/* Symbols without an address (kptr_restrict) are as good as none. */
static bool find_symbol(const char *name, s64 *ret)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char line[SYMBOL_MAX], sym[SYMBOL_MAX];
	bool found = false;
	u64 addr;

	while (f && !found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%" SCNx64 " %*c %1023s", &addr, sym) == 2 && addr &&
			!strcmp(sym, name);
	if (f)
		fclose(f);
	if (found)
		*ret = (s64)addr;
	return found;
}

static bool find_cgroup(const char *path, s64 *ret)
{
	struct file_handle *h = calloc(1, sizeof(*h) + HANDLE_SZ);
	bool found = false;
	struct statfs fs;
	int mount;

	if (!h || statfs(path, &fs) || fs.f_type != CGROUP2_SUPER_MAGIC) {
		free(h);
		return false;
	}
	h->handle_bytes = HANDLE_SZ;
	if (!name_to_handle_at(AT_FDCWD, path, h, &mount, 0) && h->handle_bytes == HANDLE_SZ) {
		memcpy(ret, h->f_handle, HANDLE_SZ);
		found = true;
	}
	free(h);
	return found;
}

static u64 clock_ns(clockid_t id)
{
	struct timespec t;

	return clock_gettime(id, &t) ? 0 : (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

/* How far a clock is ahead of the one of nsecs: the reading with the least time around it. */
static bool find_clock(const char *name, s64 *ret)
{
	clockid_t id = strcmp(name, "tai") ? CLOCK_MONOTONIC : CLOCK_TAI;
	u64 best = UINT64_MAX;

	for (int i = 0; i < CLOCK_TRIES; i++) {
		u64 before = clock_ns(CLOCK_BOOTTIME), at = clock_ns(id),
		    took = clock_ns(CLOCK_BOOTTIME) - before;

		if (took >= best)
			continue;
		best = took;
		*ret = (s64)(at - (before + took / 2));
	}
	return true;
}

static const struct {
	const char *func;
	bool (*find)(const char *arg, s64 *ret);
} finders[] = {
	{ "kaddr", find_symbol },
	{ "cgroupid", find_cgroup },
	{ "nsecs", find_clock },
};

bool machine_const_find(const char *name, s64 *ret)
{
	size_t len = strlen(name);
	char arg[ARG_MAX_SZ];

	if (!strcmp(name, "ncpus")) {
		*ret = sysconf(_SC_NPROCESSORS_ONLN);
		return *ret > 0;
	}
	if (!strcmp(name, "ncpus(possible)")) { /* all that there may be */
		*ret = sysconf(_SC_NPROCESSORS_CONF);
		return *ret > 0;
	}
	for (size_t i = 0; i < countof(finders); i++) {
		size_t n = strlen(finders[i].func);

		if (strncmp(name, finders[i].func, n) || name[n] != '(' || name[len - 1] != ')' ||
		    len - n - 2 >= sizeof(arg))
			continue;
		memcpy(arg, name + n + 1, len - n - 2);
		arg[len - n - 2] = '\0';
		return finders[i].find(arg, ret);
	}
	return false;
}
