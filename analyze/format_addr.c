/*
 * Addresses of networks as text; the bytes are in the order of the wire.
 */
#include "analyze/format_addr.h"

#include <arpa/inet.h>
#include <string.h>

void format_inet(struct str bytes, struct buf *out)
{
	int af = bytes.len == 4 ? AF_INET : AF_INET6;
	char text[INET6_ADDRSTRLEN];
	u8 addr[16] = { 0 };

	if (bytes.len != 4 && bytes.len != 16)
		return;
	memcpy(addr, bytes.s, bytes.len);
	if (inet_ntop(af, addr, text, sizeof(text)))
		buf_puts(out, text);
}

void format_mac(struct str bytes, struct buf *out)
{
	for (size_t i = 0; i < bytes.len; i++)
		buf_printf(out, "%s%02X", i ? ":" : "", (u8)bytes.s[i]);
}
