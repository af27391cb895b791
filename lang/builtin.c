/*
 * lang/builtin.c -- the table of builtins and functions, and look-up in it.
 *
 * A row is everything the front end knows about a name: what it takes, what it gives, how it is
 * described. Code that treats one name specially switches on its id; nothing else is written twice.
 *
 * (1) builtins[i].id == i.
 * (2) min_args and max_args agree with args (checked by tests/lang/test_builtin.c).
 */
#include "lang/builtin.h"

#include <string.h>

#define VAR(ID, NAME, RET, DOC) \
	[ID] = { ID, NAME, NULL, BC_VAR, true, false, 0, 0, "", RET, NAME, DOC }
#define MODE_VAR(ID, NAME, RET, SIG, DOC) \
	[ID] = { ID, NAME, NULL, BC_VAR, true, false, 0, 1, "|y", RET, SIG, DOC }
#define STACK_VAR(ID, NAME, SIG, DOC) \
	[ID] = { ID, NAME, NULL, BC_VAR, true, false, 0, 2, "|yn", "*", SIG, DOC }
#define FUNC(ID, NAME, CLS, MIN, MAX, ARGS, RET, SIG, DOC) \
	[ID] = { ID, NAME, NULL, CLS, true, true, MIN, MAX, ARGS, RET, SIG, DOC }
#define LATER_VAR(ID, NAME, MAX, ARGS, RET, SIG, DOC) \
	[ID] = { ID, NAME, NULL, BC_VAR, false, false, 0, MAX, ARGS, RET, SIG, DOC }
#define LATER(ID, NAME, CLS, MIN, MAX, ARGS, RET, SIG, DOC) \
	[ID] = { ID, NAME, NULL, CLS, false, true, MIN, MAX, ARGS, RET, SIG, DOC }

const struct builtin builtins[] = {
	VAR(BI_ARGS, "args", "*", "the fields of the probe: args.NAME, args->NAME"),
	MODE_VAR(BI_PID, "pid", "u32", "pid or pid(init)", "process id (the kernel's tgid)"),
	MODE_VAR(BI_TID, "tid", "u32", "tid or tid(init)", "thread id (the kernel's pid)"),
	VAR(BI_UID, "uid", "u64", "user id of the task"),
	VAR(BI_GID, "gid", "u64", "group id of the task"),
	VAR(BI_COMM, "comm", "string[16]", "name of the task, at most 15 bytes"),
	VAR(BI_CPU, "cpu", "u64", "number of the CPU"),
	MODE_VAR(BI_NSECS, "nsecs", "u64", "nsecs or nsecs(CLOCK)",
		 "time of the firing in ns since boot, suspend included; CLOCK: boot, monotonic, "
		 "tai or sw_tai"),
	VAR(BI_ELAPSED, "elapsed", "u64", "ns since the session began, just before BEGIN"),
	VAR(BI_PROBE, "probe", "string", "full name of the probe that fired"),
	VAR(BI_RAND, "rand", "u64", "a random number, a new one each time"),
	VAR(BI_CPID, "cpid", "u64", "process id of the command started with -c"),

	FUNC(BI_STR, "str", BC_LEAF_CALL, 1, 2, "p|i", "string", "str(ptr[, n])",
	     "the NUL-terminated string at an address, at most n bytes"),
	FUNC(BI_STRFTIME, "strftime", BC_PURE, 2, 2, "li", "*", "strftime(fmt, ns)",
	     "a time of nsecs as text; strftime(3) plus %f for microseconds"),

	FUNC(BI_COUNT, "count", BC_AGG, 0, 0, "", "*", "count()", "how often"),
	FUNC(BI_SUM, "sum", BC_AGG, 1, 1, "i", "*", "sum(n)", "sum of the values"),
	FUNC(BI_MIN, "min", BC_AGG, 1, 1, "i", "*", "min(n)", "smallest value"),
	FUNC(BI_MAX, "max", BC_AGG, 1, 1, "i", "*", "max(n)", "largest value"),
	FUNC(BI_AVG, "avg", BC_AGG, 1, 1, "i", "*", "avg(n)", "average, an integer"),
	FUNC(BI_STATS, "stats", BC_AGG, 1, 1, "i", "*", "stats(n)", "count, average and total"),
	FUNC(BI_HIST, "hist", BC_AGG, 1, 2, "i|n", "*", "hist(n[, k])",
	     "histogram by powers of two, 2^k buckets each (k 0 to 5)"),
	FUNC(BI_LHIST, "lhist", BC_AGG, 4, 4, "innn", "*", "lhist(n, min, max, step)",
	     "histogram with buckets of equal width"),
	/* the last argument is the time, which the resolver puts there */
	FUNC(BI_TSERIES, "tseries", BC_AGG, 3, 4, "inn|l", "*", "tseries(n, ns, num[, func])",
	     "value of each of the last num intervals; func: avg, max, min or sum, else the last"),
	FUNC(BI_QUANTILE, "quantile", BC_AGG, 1, 9, "i|y*", "*", "quantile(n[, percent, ...])",
	     "quantiles; 50, 90 and 99 per cent if none is said; text for fractions: \"99.9\""),
	FUNC(BI_DISTINCT, "distinct", BC_AGG, 1, 1, "e", "*", "distinct(value)",
	     "how many different values"),

	FUNC(BI_PRINTF, "printf", BC_ACTION, 1, 129, "le*", "", "printf(fmt, ...)",
	     "print formatted values"),
	FUNC(BI_PRINT, "print", BC_ACTION, 1, 4, "k|nnl", "",
	     "print(value) or print(@map[, top[, div[, order]]])",
	     "print a value, or a map sorted by value; order: key, key desc, value, value desc"),
	FUNC(BI_CLEAR, "clear", BC_ACTION, 1, 1, "m", "", "clear(@map)",
	     "remove all entries of a map"),
	FUNC(BI_ZERO, "zero", BC_ACTION, 1, 1, "m", "", "zero(@map)",
	     "set all values of a map to 0, keep its keys"),
	FUNC(BI_TIME, "time", BC_ACTION, 0, 1, "|l", "", "time([fmt])",
	     "print the wall-clock time of the firing; default \"%H:%M:%S\\n\""),
	FUNC(BI_JOIN, "join", BC_ACTION, 1, 2, "p|l", "", "join(argv[, sep])",
	     "print an array of strings such as args.argv, at most 16, on one line"),
	FUNC(BI_EXIT, "exit", BC_KERNEL_ACTION, 0, 1, "|i", "", "exit([code])",
	     "end the recording here"),
	FUNC(BI_EMIT, "emit", BC_ACTION, 1, -1, "y*", "", "emit(value, ...) or emit(args, ...)",
	     "put values on the tape and do nothing else"),
	FUNC(BI_DELETE, "delete", BC_MAP, 1, 2, "y|y", "bool", "delete(@map[, key])",
	     "remove one entry of a map"),
	FUNC(BI_LEN, "len", BC_MAP, 1, 1, "y", "i64", "len(@map)", "number of entries of a map"),
	FUNC(BI_HAS_KEY, "has_key", BC_MAP, 2, 2, "my", "bool", "has_key(@map, key)",
	     "whether a map has a key"),

	[BI_ARGN] = { BI_ARGN, "argN", NULL, BC_VAR, true, false, 0, 0, "", "i64",
		      "arg0, arg1, ...", "argument N of the function, untyped" },
	LATER_VAR(BI_RETVAL, "retval", 0, "", "*", "retval", "what the function returned"),
	LATER_VAR(BI_FUNC, "func", 0, "", "*", "func", "name of the function"),
	STACK_VAR(BI_KSTACK, "kstack", "kstack or kstack([mode][, n])",
		  "kernel stack, at most n frames (127); mode bpftrace, perf or raw"),
	STACK_VAR(BI_USTACK, "ustack", "ustack or ustack([mode][, n])",
		  "user stack of the task, by frame pointers"),
	VAR(BI_CURTASK, "curtask", "*", "the running task, a struct task_struct *"),
	VAR(BI_CGROUP, "cgroup", "u64", "cgroup v2 id of the task"),
	VAR(BI_NUMAID, "numaid", "u32", "NUMA node"),
	VAR(BI_NCPUS, "ncpus", "u64", "number of CPUs"),
	VAR(BI_JIFFIES, "jiffies", "u64", "the kernel's tick counter"),
	VAR(BI_USERNAME, "username", "*", "name of the user"),
	LATER_VAR(BI_CTX, "ctx", 0, "", "*", "ctx", "the probe's context"),
	VAR(BI_PROBETYPE, "probetype", "string", "provider of the probe"),
	VAR(BI_PPID, "ppid", "u32", "process id of the parent"),
	VAR(BI_PCOMM, "pcomm", "string[16]", "name of the parent"),
	VAR(BI_USERMODE, "usermode", "u8",
	    "1 if user code was interrupted"),
	VAR(BI_HAS_CPID, "has_cpid", "bool", "whether a command was started"),

	FUNC(BI_BUF, "buf", BC_LEAF_CALL, 1, 2, "p|i", "*", "buf(ptr[, n])",
	      "n bytes at an address"),
	FUNC(BI_KSYM, "ksym", BC_LEAF_CALL, 1, 1, "p", "*", "ksym(addr)",
	     "kernel symbol of an address"),
	FUNC(BI_USYM, "usym", BC_LEAF_CALL, 1, 1, "p", "*", "usym(addr)",
	     "symbol of an address of the task's process"),
	FUNC(BI_KADDR, "kaddr", BC_CONST, 1, 1, "l", "u64", "kaddr(name)",
	      "address of a kernel symbol"),
	LATER(BI_UADDR, "uaddr", BC_LEAF_CALL, 1, 1, "l", "*", "uaddr(name)",
	      "address of a user symbol"),
	FUNC(BI_REG, "reg", BC_VAR, 1, 1, "l", "u64", "reg(name)", "a register"),
	FUNC(BI_NTOP, "ntop", BC_PURE, 1, 2, "y|y", "*", "ntop([af, ]addr)",
	      "an IPv4 or IPv6 address as text"),
	FUNC(BI_PTON, "pton", BC_PURE, 1, 1, "l", "*", "pton(text)",
	     "the bytes of an address, an array"),
	FUNC(BI_MACADDR, "macaddr", BC_PURE, 1, 1, "y", "*", "macaddr(bytes)",
	      "a MAC address as text"),
	FUNC(BI_BSWAP, "bswap", BC_PURE, 1, 1, "i", "*", "bswap(n)",
	      "the bytes of an integer reversed"),
	FUNC(BI_STRNCMP, "strncmp", BC_PURE, 3, 3, "ssn", "u64", "strncmp(a, b, n)",
	      "0 if the first n bytes are equal"),
	FUNC(BI_STRCONTAINS, "strcontains", BC_PURE, 2, 2, "ss", "bool",
	      "strcontains(haystack, needle)", "whether a string contains another"),
	FUNC(BI_STRLEN, "strlen", BC_PURE, 1, 1, "s", "u64", "strlen(s)", "bytes of a string"),
	FUNC(BI_STRERROR, "strerror", BC_PURE, 1, 1, "i", "string[64]", "strerror(n)",
	     "text of an errno"),
	FUNC(BI_SIGNAL_NAME, "signal_name", BC_PURE, 1, 1, "i", "string[64]", "signal_name(n)",
	     "name of a signal"),
	FUNC(BI_SYSCALL_NAME, "syscall_name", BC_PURE, 1, 1, "i", "string[64]", "syscall_name(n)",
	     "name of a system call of the recorded machine"),
	FUNC(BI_STRSTR, "strstr", BC_PURE, 2, 2, "ss", "i64", "strstr(haystack, needle)",
	     "where a string begins in another; below 0: nowhere"),
	FUNC(BI_STRCAP, "strcap", BC_PURE, 1, 1, "s", "u64", "strcap(s)",
	     "bytes that a string can hold, its NUL counted"),
	FUNC(BI_STR_CONCAT, "str_concat", BC_PURE, 2, 2, "ss", "string", "str_concat(a, b)",
	     "one string behind the other"),
	FUNC(BI_MEMCMP, "memcmp", BC_PURE, 3, 3, "yyi", "i64", "memcmp(a, b, n)",
	     "0 if the first n bytes are equal, else the difference of the first that differ"),
	FUNC(BI_BUF_TO_STR, "buf_to_str", BC_PURE, 1, 1, "y", "*", "buf_to_str(buf)",
	     "the bytes of a buffer before its first NUL, as a string"),
	FUNC(BI_CGROUPID, "cgroupid", BC_CONST, 1, 1, "l", "u64", "cgroupid(path)",
	      "id of a cgroup"),
	LATER(BI_CGROUP_PATH, "cgroup_path", BC_PURE, 1, 2, "i|l", "*", "cgroup_path(id[, filter])",
	      "path of a cgroup"),
	FUNC(BI_PATH, "path", BC_LEAF_CALL, 1, 2, "y|n", "string", "path(struct path *[, n])",
	      "path of a struct path, as the task sees it"),
	FUNC(BI_FDPATH, "fdpath", BC_LEAF_CALL, 1, 1, "i", "string", "fdpath(fd)",
	      "path of the file behind a descriptor of the task"),
	FUNC(BI_KPTR, "kptr", BC_PURE, 1, 1, "p", "*", "kptr(ptr)",
	      "says that a pointer points into the kernel"),
	FUNC(BI_UPTR, "uptr", BC_PURE, 1, 1, "p", "*", "uptr(ptr)",
	      "says that a pointer points into the process"),
	FUNC(BI_ERRORF, "errorf", BC_ACTION, 1, 129, "le*", "", "errorf(fmt, ...)",
	      "print formatted values and where in the script, to the error stream"),
	FUNC(BI_WARNF, "warnf", BC_ACTION, 1, 129, "le*", "", "warnf(fmt, ...)",
	      "the same, as a warning"),
	FUNC(BI_DEBUGF, "debugf", BC_KERNEL_ACTION, 1, 4, "le*", "", "debugf(fmt, ...)",
	     "print to the kernel's trace pipe, at most three values"),
	FUNC(BI_SYSTEM, "system", BC_KERNEL_ACTION, 1, 129, "le*", "", "system(fmt, ...)",
	     "run a shell command when it is recorded; needs --unsafe"),
	FUNC(BI_CAT, "cat", BC_KERNEL_ACTION, 1, 129, "le*", "", "cat(fmt, ...)",
	     "print a file as it was when it was recorded"),
	FUNC(BI_SIGNAL, "signal", BC_KERNEL_ACTION, 1, 1, "y", "", "signal(sig)",
	     "send a signal to the process, when it is recorded; needs --unsafe"),
	LATER(BI_OVERRIDE, "override", BC_KERNEL_ACTION, 1, 1, "i", "", "override(rc)",
	      "make the function return rc at once"),
	VAR(BI_LEADER_COMM, "leader_comm", "string[16]", "name of the process's first thread"),
	VAR(BI_LEADER_TID, "leader_tid", "u32", "thread id of the process's first thread: pid"),
	FUNC(BI_PERCPU_KADDR, "percpu_kaddr", BC_CONST, 1, 2, "l|i", "u64",
	     "percpu_kaddr(name[, cpu])", "address of a CPU's copy of a kernel variable"),
	FUNC(BI_SIGNAL_THREAD, "signal_thread", BC_KERNEL_ACTION, 1, 1, "y", "",
	     "signal_thread(sig)",
	     "send a signal to the thread, when it is recorded; needs --unsafe"),
	LATER(BI_UNWATCH, "unwatch", BC_KERNEL_ACTION, 1, 1, "i", "", "unwatch(addr)",
	      "remove a watchpoint"),

	FUNC(BI_IS_STR, "is_str", BC_PURE, 1, 1, "y", "bool", "is_str(x)",
	     "whether x is a string; known while compiling"),
	FUNC(BI_IS_PTR, "is_ptr", BC_PURE, 1, 1, "y", "bool", "is_ptr(x)",
	     "whether x is a pointer"),
	FUNC(BI_IS_ARRAY, "is_array", BC_PURE, 1, 1, "y", "bool", "is_array(x)",
	     "whether x is an array; those of char are strings"),
	FUNC(BI_IS_INTEGER, "is_integer", BC_PURE, 1, 1, "y", "bool", "is_integer(x)",
	     "whether x is an integer"),
	FUNC(BI_IS_UNSIGNED, "is_unsigned_integer", BC_PURE, 1, 1, "y", "bool",
	     "is_unsigned_integer(x)", "whether x is an integer without a sign"),
	FUNC(BI_IS_LITERAL, "is_literal", BC_PURE, 1, 1, "y", "bool", "is_literal(x)",
	     "whether x is a number, string or truth value written out"),
	FUNC(BI_IS_ERR, "is_err", BC_PURE, 1, 1, "p", "bool", "is_err(ptr)",
	     "whether a pointer is one of the kernel's error values"),
	FUNC(BI_FAIL, "fail", BC_PURE, 1, -1, "y*", "", "fail(fmt, ...)",
	     "an error of the script, if this is compiled"),
	FUNC(BI_STATIC_ASSERT, "static_assert", BC_PURE, 2, 2, "yl", "", "static_assert(cond, msg)",
	     "an error of the script, unless the condition holds while compiling"),
	FUNC(BI_ASSERT, "assert", BC_ACTION, 2, 2, "yl", "", "assert(cond, msg)",
	     "errorf() and exit(1), unless the condition holds"),
};

_Static_assert(countof(builtins) == BI_CNT, "a row for each builtin");

/* Names of the language that are nothing but names to us yet. */
static const char *const known_names[] = {
	"config", "dw_ustack", "find", "getopt", "kfunc_allowed", "kfunc_exist", "offsetof",
	"skboutput", "socket_cookie", "typeinfo", "write_user",
};

const struct builtin *builtin_find(struct str name)
{
	for (int i = 0; i < BI_CNT; i++) {
		const struct builtin *b = &builtins[i];

		if (i == BI_ARGN)
			continue;
		if (str_is(name, b->name) || (b->alias && str_is(name, b->alias)))
			return b;
	}
	return NULL;
}

const struct builtin *builtin_find_argn(struct str name, s64 *ret_n)
{
	s64 n = 0;

	if (!str_has_prefix(name, "arg") || name.len < 4 || name.len > 6)
		return NULL;
	if (name.s[3] == '0' && name.len > 4)
		return NULL;
	for (size_t i = 3; i < name.len; i++) {
		if (name.s[i] < '0' || name.s[i] > '9')
			return NULL;
		n = n * 10 + (name.s[i] - '0');
	}
	*ret_n = n;
	return &builtins[BI_ARGN];
}

bool builtin_is_known_unsupported(struct str name)
{
	const struct builtin *b = builtin_find(name);
	s64 n;

	if (b)
		return !b->is_evaluated;
	if (builtin_find_argn(name, &n))
		return true;
	for (size_t i = 0; i < countof(known_names); i++) {
		if (str_is(name, known_names[i]))
			return true;
	}
	return false;
}

void builtin_offer_names(struct str_nearest *n)
{
	for (int i = 0; i < BI_CNT; i++) {
		if (i != BI_ARGN)
			str_nearest_offer(n, builtins[i].name);
	}
}
