/* base/units.c -- durations, sizes and counts, read and written as people write them. */
#include "base/units.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define UNITS_OUT_SZ 24

struct unit {
	const char *name;
	u64 factor;
};

/* Largest first: a compound duration ("1m30s") must go down this list. */
static const struct unit time_units[] = {
	{ "d", 86400000000000 }, { "h", 3600000000000 }, { "m", 60000000000 }, { "s", 1000000000 },
	{ "ms", 1000000 },	 { "us", 1000 },	 { "ns", 1 },
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits at *@s; false if there is none or it overflows. */
static bool take_number(const char **s, u64 *ret)
{
	u64 v = 0;

	if (!is_digit(**s))
		return false;
	for (; is_digit(**s); (*s)++)
		if (__builtin_mul_overflow(v, (u64)10, &v) ||
		    __builtin_add_overflow(v, (u64)(**s - '0'), &v))
			return false;
	*ret = v;
	return true;
}

/* Optional ".digits" as billionths; digits beyond the ninth are dropped. */
static bool take_fraction(const char **s, u64 *ret)
{
	u64 scale = 100000000;

	*ret = 0;
	if (**s != '.')
		return true;
	(*s)++;
	if (!is_digit(**s))
		return false;
	for (; is_digit(**s); (*s)++) {
		*ret += scale * (u64)(**s - '0');
		scale /= 10;
	}
	return true;
}

/* A unit's name at *@s, from row *@from of the table on; *@from is left behind it. */
static const struct unit *take_time_unit(const char **s, size_t *from)
{
	size_t len = strcspn(*s, "0123456789.");

	for (size_t i = *from; i < countof(time_units); i++) {
		if (strlen(time_units[i].name) != len || strncmp(*s, time_units[i].name, len) != 0)
			continue;
		*s += len;
		*from = i + 1;
		return &time_units[i];
	}
	return NULL;
}

static bool add_scaled(u64 *sum, u64 whole, u64 billionths, u64 factor)
{
	u64 part, frac = (u64)((unsigned __int128)billionths * factor / 1000000000);

	return !__builtin_mul_overflow(whole, factor, &part) &&
	       !__builtin_add_overflow(*sum, part, sum) && !__builtin_add_overflow(*sum, frac, sum);
}

int units_parse_ns(const char *text, u64 *ret_ns)
{
	static const struct unit seconds = { "s", 1000000000 };
	const char *s = text;
	size_t from = 0;
	u64 sum = 0;

	do {
		bool is_first = s == text;
		const struct unit *unit;
		u64 whole, billionths;

		if (!take_number(&s, &whole) || !take_fraction(&s, &billionths))
			return -EINVAL;
		unit = is_first && !*s ? &seconds : take_time_unit(&s, &from);
		if (!unit || !add_scaled(&sum, whole, billionths, unit->factor))
			return -EINVAL;
	} while (*s);
	*ret_ns = sum;
	return 0;
}

int units_parse_bytes(const char *text, u64 *ret)
{
	static const char prefixes[] = "KMGTPE";
	const char *s = text, *prefix;
	u64 v, factor = 1;

	if (!is_digit(*s))
		return -EINVAL;
	if (!take_number(&s, &v))
		return -ERANGE;
	prefix = *s ? strchr(prefixes, *s & ~0x20) : NULL;
	if (prefix && *prefix) {
		factor = (u64)1 << (10 * (prefix - prefixes + 1));
		s++;
		if (*s == 'i' && (s[1] == 'B' || s[1] == 'b'))
			s++;
	}
	if (*s == 'B' || *s == 'b')
		s++;
	if (*s)
		return -EINVAL;
	if (__builtin_mul_overflow(v, factor, &v))
		return -ERANGE;
	*ret = v;
	return 0;
}

/* Three significant digits, no zeros at the end: "1.25", "12.5", "350". */
static void print_scaled(char *out, u64 v, u64 factor, const char *name)
{
	u64 whole = v / factor, rest = v % factor;
	int digits = factor == 1 || whole >= 100 ? 0 : whole >= 10 ? 1 : 2;
	u64 scale = digits == 2 ? 100 : 10;
	unsigned int frac = digits ? (unsigned int)((unsigned __int128)rest * scale / factor) : 0;

	if (digits == 2 && frac % 10 == 0) {
		frac /= 10;
		digits = 1;
	}
	/* every caller picks the factor so that whole is below 1000 */
	if (!frac)
		snprintf(out, UNITS_OUT_SZ, "%u %s", (unsigned int)whole, name);
	else
		snprintf(out, UNITS_OUT_SZ, "%u.%0*u %s", (unsigned int)whole, digits, frac % 100,
			 name);
}

const char *units_ns(u64 ns, char *out)
{
	const u64 s = 1000000000;

	if (ns >= 3600 * s)
		snprintf(out, UNITS_OUT_SZ, "%" PRIu64 " h %" PRIu64 " min", ns / (3600 * s),
			 ns / (60 * s) % 60);
	else if (ns >= 60 * s)
		snprintf(out, UNITS_OUT_SZ, "%" PRIu64 " min %" PRIu64 " s", ns / (60 * s),
			 ns / s % 60);
	else if (ns >= s)
		print_scaled(out, ns, s, "s");
	else if (ns >= 1000000)
		print_scaled(out, ns, 1000000, "ms");
	else if (ns >= 1000)
		print_scaled(out, ns, 1000, "us");
	else
		print_scaled(out, ns, 1, "ns");
	return out;
}

const char *units_bytes(u64 n, char *out)
{
	static const char *const names[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
	u64 factor = 1;
	size_t i = 0;

	while (i + 1 < countof(names) && n / factor >= 1000) {
		factor *= 1000;
		i++;
	}
	print_scaled(out, n, factor, names[i]);
	return out;
}

/* Beyond 18 digits the blanks would not fit; such a count is printed without. */
const char *units_cnt(u64 n, char *out)
{
	char digits[UNITS_OUT_SZ];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, n), at = 0;

	if (len > 18) {
		memcpy(out, digits, (size_t)len + 1);
		return out;
	}
	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			out[at++] = ' ';
		out[at++] = digits[i];
	}
	out[at] = '\0';
	return out;
}
