/* tests/base/check.h -- cmocka and what its header needs, in the order it needs it. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
