/*
 * record/bpf/capture_str.bpf.h -- part of capture_rt.bpf.c: functions over strings.
 *
 * The verifier walks every round of a loop, and all that follows once more for each way out of it.
 * So each loop is one pass over the longer string, its rounds have no branches but masks, and only
 * each 64th looks whether it is done.  Operands and work space lie in the scratch map, never on the
 * stack.
 */
#pragma once

#define CAP_STRIDE 64

/*
 * The same number, of which the verifier does not know that it is.  What it learns of a length in
 * each round would else hold for the length everywhere, and no two ways out were alike to it.
 */
static FN __u64 unrelated(__u64 v)
{
	v = -v;
	OPAQUE(v);
	return -v;
}

/* The first @len bytes of @p behind what is at @to already. */
FN void cap_append(void *to, __u64 off, __u32 off_max, const void *p, __u64 len, __u32 cap)
{
	OPAQUE(off);
	OPAQUE(len);
	if (off > off_max)
		off = off_max;
	if (len > cap)
		len = cap;
	bpf_probe_read_kernel(to + off, len, p);
}

/* All bits if @x < @y, else none; both below 2^63. */
static FN __u64 below(__u64 x, __u64 y)
{
	__u64 mask = (__s64)(x - y) >> 63;

	OPAQUE(mask);
	return mask;
}

static FN __u64 all_if_zero(__u64 v)
{
	__u64 mask = ~(__u64)((__s64)(v | -v) >> 63);

	OPAQUE(mask);
	return mask;
}

/*
 * Where @needle begins in @hay, or -ENOENT.  A bit of @d for each of its bytes: those up to here
 * were the last ones seen.  @work has 256 words: the places where a byte value occurs in it.
 */
FN __s64 cap_find(const __u8 *hay, __u64 n, __u32 hay_cap, const __u8 *needle, __u64 m,
		  __u32 needle_cap, __u64 *work)
{
	__u64 d = 0, looks = ~0ull, seen = 0;

	n = unrelated(n);
	m = unrelated(m);
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < 256; i++)
		*(volatile __u64 *)&work[i] = 0; /* not a memset() */
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < needle_cap; i++)
		work[needle[i]] |= below(i, m) & 1ull << i;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < hay_cap; i++) {
		if (i % CAP_STRIDE == 0 && (i >= n || !looks))
			break;
		d = (d << 1 | 1) & work[hay[i]];
		seen -= looks;
		looks &= ~(below(i, n) & -(d >> ((m - 1) & 63) & 1));
	}
	if (!m)
		return 0;
	return looks ? -CAP_ENOENT : seen - m;
}

FN __s64 cap_diff(const __u8 *a, __u64 a_len, __u32 a_cap, const __u8 *b, __u64 b_len, __u32 b_cap,
		  __u64 n)
{
	__u32 cap = a_cap > b_cap ? a_cap : b_cap;
	__u64 same = ~0ull, diff = 0;

	n = unrelated(n);
	a_len = unrelated(a_len);
	b_len = unrelated(b_len);
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < cap; i++) {
		__u64 x = i < a_cap ? a[i] & below(i, a_len) : 0;
		__u64 y = i < b_cap ? b[i] & below(i, b_len) : 0;

		if (i % CAP_STRIDE == 0 && (i >= n || !same))
			break;
		x = (x - y) & below(i, n);
		diff += x & same;
		same &= all_if_zero(x);
	}
	return diff;
}
