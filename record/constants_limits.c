/* record/constants_limits.c -- constants by name: limits of types and names. */
#include "record/constants_priv.h"

#include <limits.h>
#include <linux/limits.h>
#include <stdint.h>

/* clang-format off */
#define C(name) { #name, (s64)(name), (name) > 0 && (s64)(name) < 0 }

static const struct constant rows[] = {
	C(CHAR_BIT), C(CHAR_MAX), C(CHAR_MIN), C(INT16_MAX), C(INT16_MIN), C(INT32_MAX),
	C(INT32_MIN), C(INT64_MAX), C(INT64_MIN), C(INT8_MAX), C(INT8_MIN), C(INTPTR_MAX),
	C(INTPTR_MIN), C(INT_MAX), C(INT_MIN), C(IOV_MAX), C(LLONG_MAX), C(LLONG_MIN),
	C(LONG_MAX), C(LONG_MIN), C(NAME_MAX), C(PATH_MAX), C(PIPE_BUF), C(SCHAR_MAX),
	C(SCHAR_MIN), C(SHRT_MAX), C(SHRT_MIN), C(SIZE_MAX), C(SSIZE_MAX), C(UCHAR_MAX),
	C(UINT16_MAX), C(UINT32_MAX), C(UINT64_MAX), C(UINT8_MAX), C(UINTPTR_MAX), C(UINT_MAX),
	C(ULLONG_MAX), C(ULONG_MAX), C(USHRT_MAX),
};
/* clang-format on */

const struct constant_family constants_limits = {
	"limits of types and names", rows, countof(rows),
};
