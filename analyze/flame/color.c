/*
 * analyze/flame/color.c -- colours: a range of hues for each kind, a place in it for each name.
 *
 * Kernel frames are cool, user frames warm, what --by says green; what is not known is grey.
 */
#include "analyze/flame/color.h"

#include <math.h>

/* Hue in degrees, saturation and lightness in percent: least, and how far up. */
struct palette {
	double hue, hues, sat, sats, light, lights;
};

static const struct palette palettes[] = {
	[FOLD_ROOT] = { 220, 0, 8, 0, 84, 0 },
	[FOLD_LABEL] = { 96, 44, 34, 10, 74, 6 },
	[FOLD_USER] = { 14, 34, 84, 12, 62, 11 },
	[FOLD_KERNEL] = { 194, 26, 58, 16, 67, 9 },
};
static const struct palette unknown = { 220, 0, 6, 0, 76, 8 };

/* FNV-1a with a last stir: of similar names, too, all bits differ. */
static u32 hash(struct str s)
{
	u32 h = 0x811c9dc5;

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (u8)s.s[i]) * 0x01000193;
	h = (h ^ h >> 16) * 0x7feb352d;
	h = (h ^ h >> 15) * 0x846ca68b;
	return h ^ h >> 16;
}

/* One of red, green and blue; @n turns the hue to it. */
static u32 channel(double n, double hue, double sat, double light)
{
	double k = fmod(n + hue / 30, 12);
	double a = sat * (light < 0.5 ? light : 1 - light);
	double low = k - 3 < 9 - k ? k - 3 : 9 - k;

	low = low > 1 ? 1 : low < -1 ? -1 : low;
	return (u32)lround(255 * (light - a * low));
}

u32 flame_color(enum fold_kind kind, struct str name)
{
	const struct palette *p = &palettes[kind];
	u32 h = hash(name);
	double hue, sat, light;

	if (name.len && name.s[0] == '[' && kind != FOLD_ROOT)
		p = &unknown;
	hue = p->hue + p->hues * (h & 0x3ff) / 0x3ff;
	sat = (p->sat + p->sats * (h >> 10 & 0x3ff) / 0x3ff) / 100;
	light = (p->light + p->lights * (h >> 20 & 0x3ff) / 0x3ff) / 100;
	return channel(0, hue, sat, light) << 16 | channel(8, hue, sat, light) << 8 |
	       channel(4, hue, sat, light);
}
