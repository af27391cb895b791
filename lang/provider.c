/*
 * lang/provider.c -- the table of probe providers: names, forms, what their firings have.
 */
#include <string.h>
#include <strings.h>

#include "lang/catalog.h"

#define HAS_KERNEL_FN (HAS_ARGN | HAS_FUNC | HAS_CTX)

const struct provider providers[PROBE_KIND_CNT] = {
	[PROBE_BEGIN] = { "BEGIN", "", "BEGIN", 0, 1, 1, true,
			  "once, before anything else is attached" },
	[PROBE_END] = { "END", "", "END", 0, 1, 1, true,
			"once, after everything else is detached" },
	[PROBE_INTERVAL] = { "interval", "i", "interval:UNIT:N", 0, 2, 3, true,
			     "every N s, ms, us (or hz), on one CPU" },
	[PROBE_TRACEPOINT] = { "tracepoint", "t", "tracepoint:CATEGORY:EVENT", HAS_ARGS | HAS_CTX,
			       2, 3, true, "a kernel tracepoint; * in both parts" },
	[PROBE_KPROBE] = { "kprobe", "k", "kprobe:[MODULE:]FUNCTION[+OFFSET]", HAS_KERNEL_FN, 2, 3,
			   false, "a kernel function's entry" },
	[PROBE_KRETPROBE] = { "kretprobe", "kr", "kretprobe:[MODULE:]FUNCTION",
			      HAS_RETVAL | HAS_FUNC | HAS_CTX, 2, 3, false,
			      "a kernel function's return" },
	[PROBE_FENTRY] = { "fentry", "f kfunc", "fentry:[MODULE:]FUNCTION",
			   HAS_ARGS | HAS_FUNC | HAS_CTX, 2, 3, false,
			   "a kernel function's entry, with typed arguments" },
	[PROBE_FEXIT] = { "fexit", "fr kretfunc", "fexit:[MODULE:]FUNCTION",
			  HAS_ARGS | HAS_RETVAL | HAS_FUNC | HAS_CTX, 2, 3, false,
			  "a kernel function's return, with typed arguments and result" },
	[PROBE_RAWTRACEPOINT] = { "rawtracepoint", "rt", "rawtracepoint:EVENT",
				  HAS_ARGS | HAS_ARGN | HAS_CTX, 2, 3, true,
				  "a kernel tracepoint with the arguments of its call" },
	[PROBE_UPROBE] = { "uprobe", "u", "uprobe:BINARY:FUNCTION[+OFFSET]",
			   HAS_ARGN | HAS_FUNC | HAS_CTX, 2, 4, false, "a user function's entry" },
	[PROBE_URETPROBE] = { "uretprobe", "ur", "uretprobe:BINARY:FUNCTION",
			      HAS_RETVAL | HAS_FUNC | HAS_CTX, 2, 4, false,
			      "a user function's return" },
	[PROBE_USDT] = { "usdt", "U", "usdt:BINARY:[PROVIDER:]NAME", HAS_ARGN | HAS_CTX, 2, 4,
			 false, "a static probe of a program" },
	[PROBE_PROFILE] = { "profile", "p", "profile:UNIT:N", HAS_CTX, 2, 3, true,
			    "every N s, ms, us (or hz), on every CPU" },
	[PROBE_SOFTWARE] = { "software", "s", "software:EVENT[:COUNT]", HAS_CTX, 2, 3, true,
			     "a software event of the kernel" },
	[PROBE_HARDWARE] = { "hardware", "h", "hardware:EVENT[:COUNT]", HAS_CTX, 2, 3, false,
			     "a counter of the processor" },
	[PROBE_WATCHPOINT] = { "watchpoint", "w", "watchpoint:ADDRESS:LENGTH:MODE", HAS_CTX, 4, 4,
			       false, "an access to memory" },
	[PROBE_ITER] = { "iter", "it", "iter:OBJECT[:PIN]", HAS_CTX, 2, 3, false,
			 "each object of a kind in the kernel" },
	[PROBE_SELF] = { "self", "", "self:signal:NAME", 0, 3, 3, false,
			 "a signal to the recorder" },
};

/* Is @name one of the blank-separated @words? */
static bool is_word(const char *words, const char *name)
{
	size_t len = strlen(name);

	while (*words) {
		size_t n = strcspn(words, " ");

		if (n == len && !strncasecmp(words, name, n))
			return true;
		words += n;
		words += strspn(words, " ");
	}
	return false;
}

/* Aliases keep their case where two differ by it only: u is uprobe, U is usdt. */
enum probe_kind provider_find(const char *name)
{
	if (!strcmp(name, "U"))
		return PROBE_USDT;
	for (int i = 0; i < PROBE_KIND_CNT; i++) {
		if (!strcasecmp(providers[i].name, name) || is_word(providers[i].aliases, name))
			return i;
	}
	return PROBE_KIND_CNT;
}

void provider_offer_names(struct str_nearest *n)
{
	for (int i = 0; i < PROBE_KIND_CNT; i++)
		str_nearest_offer(n, providers[i].name);
}
