/*
 * record/syscall_nr.c -- system calls by the name that their tracepoints have.
 *
 * A call that is not found is attached as a perf tracepoint, so the names may lack some but must
 * not be wrong.
 */
#include "record/syscall_nr.h"

#include <string.h>
#include <sys/utsname.h>

#include "lang/number_names.h"

/*
 * The tracepoint is called after the kernel's function where that has another name; what has the
 * call's own name would be another one.
 */
static const struct {
	const char *event, *call;
} others[] = {
	{ "newfstat", "fstat" },      { "newlstat", "lstat" }, { "newstat", "stat" },
	{ "newuname", "uname" },      { "umount", "umount2" }, { "sendfile64", "sendfile" },
};

int syscall_nr_find(const char *name)
{
	struct utsname u;

	for (size_t i = 0; i < countof(others); i++) {
		if (!strcmp(name, others[i].call))
			return -1;
		if (!strcmp(name, others[i].event)) {
			name = others[i].call;
			break;
		}
	}
	return uname(&u) ? -1 : names_syscall_find(str_of(u.machine), name);
}
