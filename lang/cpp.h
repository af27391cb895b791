/*
 * lang/cpp.h -- preprocessor lines of a script: #define, #undef, #if and their like, #include.
 *
 * Works on the whole text before it is parsed, as C does, but opens no file: of what an #include
 * would bring, constants and types come from the catalog.
 */
#pragma once

#include "lang/catalog.h"
#include "lang/diag.h"

/*
 * *ret is @src itself if it has no such lines; else the text without them, macros replaced, as many
 * lines as before, with *ret_map back to the places in @src (lang/diag.h).  What is wrong goes to
 * @d.  -EINVAL: there is no use in reading on; -ENOMEM.
 */
int cpp_run(const struct source *src, const struct catalog *cat, struct arena *a,
	    struct diag_list *d, const struct source **ret, const struct span_map **ret_map);
