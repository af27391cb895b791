/*
 * lang/float_text.c -- double-precision numbers as text.
 */
#include "lang/float_text.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

void float_text(double v, char out[FLOAT_TEXT_MAX])
{
	int digits = fabs(v) < DBL_MIN ? 1 : 15; /* any 15 digits of a normal one read back */

	if (isnan(v) || isinf(v)) {
		snprintf(out, FLOAT_TEXT_MAX, "%s", isnan(v) ? "nan" : v < 0 ? "-inf" : "inf");
		return;
	}
	v += 0.0; /* -0 is 0 */
	do { /* 17 digits always read back */
		snprintf(out, FLOAT_TEXT_MAX, "%.*g", digits, v);
	} while (digits++ < 17 && strtod(out, NULL) != v);
}

const char *float_parse(struct str text, double *ret)
{
	char plain[128], *end;
	size_t n = 0;

	for (size_t i = 0; i < text.len && n < sizeof(plain) - 1; i++) {
		if (text.s[i] != '_')
			plain[n++] = text.s[i];
	}
	plain[n] = '\0';
	if (text.len >= sizeof(plain))
		return "this number is too long";
	*ret = strtod(plain, &end);
	if (end == plain || *end)
		return "a number with a fraction takes no unit and no suffix";
	return isinf(*ret) ? "this number does not fit in 64 bits" : NULL;
}
