/* analyze/format_addr.h -- addresses of networks as text. */
#pragma once

#include "base/buf.h"
#include "base/str.h"

/* 4 bytes are IPv4, 16 are IPv6, others nothing. */
void format_inet(struct str bytes, struct buf *out);
void format_mac(struct str bytes, struct buf *out); /* AA:BB:CC:DD:EE:FF */
