/*
 * format/crc32c.c -- CRC-32C of block headers and payloads.
 *
 * Reflected polynomial 0x82f63b78, start and end inverted.  Where the processor has the
 * instruction (asked once) three streams run side by side, because one crc32 has a latency of
 * three cycles; the streams are joined by advancing a crc over zeros with a table.  Elsewhere:
 * eight tables, eight bytes a step.
 */
#include "format/crc32c.h"

#include <pthread.h>
#include <string.h>

#define POLY	  0x82f63b78u
#define STREAM_SZ 1024 /* bytes of each of the three streams */

static u32 tables[8][256];
static u32 advance[4][256]; /* a crc moved over STREAM_SZ zeros, by its bytes */
static pthread_once_t tables_once = PTHREAD_ONCE_INIT;

static void make_advance(void)
{
	u32 basis[32];

	for (int bit = 0; bit < 32; bit++) {
		u32 crc = 1u << bit;

		for (int i = 0; i < STREAM_SZ; i++)
			crc = (crc >> 8) ^ tables[0][crc & 0xff];
		basis[bit] = crc;
	}
	for (int byte = 0; byte < 4; byte++) {
		for (u32 v = 0; v < 256; v++) {
			u32 crc = 0;

			for (int bit = 0; bit < 8; bit++)
				crc ^= v >> bit & 1 ? basis[byte * 8 + bit] : 0;
			advance[byte][v] = crc;
		}
	}
}

static void make_tables(void)
{
	for (u32 i = 0; i < 256; i++) {
		u32 crc = i;

		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (crc & 1 ? POLY : 0);
		tables[0][i] = crc;
	}
	for (u32 i = 0; i < 256; i++) {
		for (int t = 1; t < 8; t++)
			tables[t][i] = (tables[t - 1][i] >> 8) ^ tables[0][tables[t - 1][i] & 0xff];
	}
	make_advance();
}

static inline u64 load64(const u8 *p)
{
	u64 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

u32 crc32c_table(u32 crc, const void *data, size_t sz)
{
	const u8 *p = data;

	pthread_once(&tables_once, make_tables);
	crc = ~crc;
	for (; sz >= 8; sz -= 8, p += 8) {
		u64 v = load64(p) ^ crc;

		crc = tables[7][v & 0xff] ^ tables[6][v >> 8 & 0xff] ^ tables[5][v >> 16 & 0xff] ^
		      tables[4][v >> 24 & 0xff] ^ tables[3][v >> 32 & 0xff] ^
		      tables[2][v >> 40 & 0xff] ^ tables[1][v >> 48 & 0xff] ^ tables[0][v >> 56];
	}
	while (sz--)
		crc = (crc >> 8) ^ tables[0][(crc ^ *p++) & 0xff];
	return ~crc;
}

#if defined(__x86_64__)

static inline u32 skip_stream(u32 crc)
{
	return advance[0][crc & 0xff] ^ advance[1][crc >> 8 & 0xff] ^ advance[2][crc >> 16 & 0xff] ^
	       advance[3][crc >> 24];
}

__attribute__((target("sse4.2"))) static u32 crc32c_sse42(u32 crc, const u8 *p, size_t sz)
{
	u64 a = ~crc;

	for (; sz >= 3 * STREAM_SZ; sz -= 3 * STREAM_SZ, p += 3 * STREAM_SZ) {
		u64 b = 0, c = 0;

		for (size_t i = 0; i < STREAM_SZ; i += 8) {
			a = __builtin_ia32_crc32di(a, load64(p + i));
			b = __builtin_ia32_crc32di(b, load64(p + STREAM_SZ + i));
			c = __builtin_ia32_crc32di(c, load64(p + 2 * STREAM_SZ + i));
		}
		a = skip_stream(skip_stream((u32)a) ^ (u32)b) ^ (u32)c;
	}
	for (; sz >= 8; sz -= 8, p += 8)
		a = __builtin_ia32_crc32di(a, load64(p));
	while (sz--)
		a = __builtin_ia32_crc32qi((u32)a, *p++);
	return ~(u32)a;
}

u32 crc32c(u32 crc, const void *p, size_t sz)
{
	if (!__builtin_cpu_supports("sse4.2"))
		return crc32c_table(crc, p, sz);
	pthread_once(&tables_once, make_tables);
	return crc32c_sse42(crc, p, sz);
}

#else

u32 crc32c(u32 crc, const void *p, size_t sz)
{
	return crc32c_table(crc, p, sz);
}

#endif
