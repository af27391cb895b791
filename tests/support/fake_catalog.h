/*
 * tests/support/fake_catalog.h -- a catalog that is a text table, for tests of checker, splitter
 * and lowering.
 *
 * A line an item, '#' to the end of a line is a comment, a line that begins with a blank continues
 * the item above:
 *
 *   tracepoint CATEGORY:EVENT TYPE NAME; TYPE NAME; ...
 *   kprobe FUNCTION           also kretprobe, rawtracepoint
 *   fentry FUNCTION TYPE NAME; ... -> TYPE      (offered to fexit too)
 *   uprobe BINARY:FUNCTION    also uretprobe, usdt
 *   struct NAME TYPE NAME; ...           offered as "struct NAME"
 *   const NAME VALUE [ENUM]              with ENUM: an enum constant of "enum ENUM"
 *
 * TYPE: s8 s16 s32 s64 u8 u16 u32 u64, char[N] (a string), TYPE[N] (an array), ustr and kstr
 * (const char * into the process or the kernel), uptr and kptr (void *), str (__data_loc string),
 * argv (const char *const * into the process), struct:NAME (embedded), ptr:NAME (pointer to that
 * struct in the kernel), enum:NAME (u32). Fields are laid out as C does; those of a tracepoint
 * begin at byte 8.
 */
#pragma once

#include "lang/catalog.h"

struct fake_catalog;

/*
 * @text NULL: the built-in table, which has what the scripts in tests/lang/cases need.  NULL
 * without memory.
 */
struct fake_catalog *fake_catalog_new(const char *text);
void fake_catalog_free(struct fake_catalog *f);
struct catalog fake_catalog_get(struct fake_catalog *f);	/* borrows @f */
