/*
 * Escaping for terminals.  A string from a tape may hold sequences that move the cursor, change
 * titles or answer queries; as \xNN they are only text.
 */
#include "base/escape.h"

#include <string.h>

u32 utf8_len(const u8 *p, size_t left)
{
	u32 n = p[0] < 0x80 ? 1 :
		p[0] < 0xc2 ? 0 :
		p[0] < 0xe0 ? 2 :
		p[0] < 0xf0 ? 3 :
		p[0] < 0xf5 ? 4 :
			      0;

	if (n > left)
		return 0;
	for (u32 i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

/* Length of the plain character at @p; 0: its first byte must be escaped. */
static u32 plain_len(const u8 *p, size_t left, const char *keep)
{
	u32 n = utf8_len(p, left);

	if (n == 1 && p[0] == '\r' && left > 1 && p[1] == '\n')
		return strchr(keep, '\n') ? 1 : 0;
	if (n == 1 && (p[0] < 0x20 || p[0] == 0x7f))
		return p[0] && strchr(keep, p[0]) ? 1 : 0;
	if (n == 2 && p[0] == 0xc2 && p[1] < 0xa0)
		return 0;
	return n;
}

void escape_put(struct buf *out, const char *s, size_t len, const char *keep)
{
	size_t from = 0, i = 0;

	while (i < len) {
		u32 n = plain_len((const u8 *)s + i, len - i, keep);

		if (n) {
			i += n;
			continue;
		}
		buf_put(out, s + from, i - from);
		buf_printf(out, "\\x%02x", (u8)s[i++]);
		from = i;
	}
	buf_put(out, s + from, len - from);
}
