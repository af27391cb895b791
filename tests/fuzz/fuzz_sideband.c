/*
 * tests/fuzz/fuzz_sideband.c -- any bytes as a run of records of perf events, and as the text of a
 * /proc/PID/maps: texts stay within the bytes, ranges make sense.
 */
#include <assert.h>
#include <string.h>

#include "record/maps_text.h"
#include "record/sideband.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t sz);

static void check_text(struct str s, const uint8_t *data, size_t sz)
{
	const uint8_t *p = (const uint8_t *)s.s;

	assert(!s.len || (p >= data && p + s.len <= data + sz));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t sz)
{
	struct str text = { (const char *)data, sz };
	struct maps_line l;
	struct sideband_rec r;
	size_t off = 0;

	while (maps_text_next(&text, &l)) {
		assert(l.start < l.end);
		check_text(maps_text_path(l.path), data, sz);
	}
	while (sz - off >= 8) {
		uint16_t len;

		memcpy(&len, data + off + 6, sizeof(len));
		if (len < 8 || len > sz - off)
			break;
		if (sideband_parse(data + off, len, &r) == 1 && r.kind == SIDEBAND_MAP)
			check_text(r.path, data, sz);
		off += len;
	}
	/* and as one record of whatever size the caller believes */
	(void)sideband_parse(data, sz, &r);
	return 0;
}
