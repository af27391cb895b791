/*
 * lang/pton.c -- internet addresses that a script writes out.
 */
#include "lang/pton.h"

#include <arpa/inet.h>
#include <string.h>

u32 pton_parse(struct str text, u8 ret[PTON_MAX])
{
	char s[INET6_ADDRSTRLEN];

	if (text.len >= sizeof(s) || memchr(text.s, 0, text.len))
		return 0;
	memcpy(s, text.s, text.len);
	s[text.len] = '\0';
	if (inet_pton(AF_INET, s, ret) == 1)
		return 4;
	return inet_pton(AF_INET6, s, ret) == 1 ? 16 : 0;
}
