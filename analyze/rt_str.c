/*
 * analyze/rt_str.c -- what compiled code calls for functions over strings.
 */
#include <string.h>

#include "analyze/rt_priv.h"
#include "lang/number_names.h"

/* (Called from rt.c, or the linker would leave this file out: nothing else refers to it.) */
void rt_str_init(struct rt *rt, const struct rt_opts *o)
{
	rt->arch = o->arch;
}

static u8 byte_at(const u8 *p, u32 sz, u64 i)
{
	return i < sz ? p[i] : 0;
}

s64 rt_bytes_diff(const u8 *a, u32 a_sz, const u8 *b, u32 b_sz, s64 n)
{
	u64 end = a_sz > b_sz ? a_sz : b_sz;

	if ((u64)n < end)
		end = (u64)n;
	for (u64 i = 0; i < end; i++) {
		s64 d = (s64)byte_at(a, a_sz, i) - byte_at(b, b_sz, i);

		if (d)
			return d;
	}
	return 0;
}

u32 rt_name_of(struct rt *rt, u32 id, s64 n, char *dst)
{
	switch (id) {
	case BI_STRERROR:
		return names_errno(n, dst);
	case BI_SIGNAL_NAME:
		return names_signal(n, dst);
	default:
		return names_syscall(rt->arch, n, dst);
	}
}
