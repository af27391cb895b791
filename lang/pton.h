/* lang/pton.h -- internet addresses that a script writes out. */
#pragma once

#include "base/str.h"

#define PTON_MAX 16

/* The bytes of an IPv4 or IPv6 address as the wire has them: 4 or 16; 0: it is none. */
u32 pton_parse(struct str text, u8 ret[PTON_MAX]);
