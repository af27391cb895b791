/* analyze/symbol/demangle.h -- names of C++ functions as a person writes them. */
#pragma once

#include "base/buf.h"
#include "base/str.h"

#define DEMANGLE_MAX 8192 /* bytes; what would be longer stays as it is */

/*
 * Append the demangled form: true.  false: @name is not a mangled one, or its form would be too
 * long; nothing is appended.  Takes bounded time and stack whatever @name is.
 */
bool demangle(struct str name, struct buf *out);
