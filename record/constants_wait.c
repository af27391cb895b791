/* record/constants_wait.c -- constants by name: wait and ptrace. */
#include "record/constants_priv.h"

#include <sys/ptrace.h>
#include <sys/wait.h>

/* clang-format off */
#define C(name) { #name, (s64)(name), (name) > 0 && (s64)(name) < 0 }

static const struct constant rows[] = {
	C(PTRACE_GETREGSET), C(PTRACE_GETSIGMASK), C(PTRACE_GET_RSEQ_CONFIGURATION),
	C(PTRACE_GET_SYSCALL_INFO), C(PTRACE_INTERRUPT), C(PTRACE_LISTEN), C(PTRACE_PEEKSIGINFO),
	C(PTRACE_SECCOMP_GET_FILTER), C(PTRACE_SECCOMP_GET_METADATA), C(PTRACE_SEIZE),
	C(PTRACE_SETREGSET), C(PTRACE_SETSIGMASK), C(WCONTINUED), C(WEXITED), C(WNOHANG),
	C(WNOWAIT), C(WSTOPPED), C(WUNTRACED), C(__WALL), C(__WCLONE), C(__WCOREFLAG),
	C(__WNOTHREAD), C(__WORDSIZE),
};
/* clang-format on */

const struct constant_family constants_wait = { "wait and ptrace", rows, countof(rows) };
