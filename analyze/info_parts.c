/*
 * How the columns of a block are stored, as its directory says.
 */
#include "analyze/info_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PARTS_MAX 4096

static void add_part(struct info_part *to, const struct tape_schema *s, const struct tape_part *p)
{
	size_t at = strlen(to->enc), left = sizeof(to->enc) - at;
	char detail[32] = "";

	if ((p->enc == TAPE_ENC_SAMEAS || p->enc == TAPE_ENC_GROUP) && p->aux < s->col_cnt)
		snprintf(detail, sizeof(detail), " %.*s",
			 s->cols[p->aux].name.len < 24 ? (int)s->cols[p->aux].name.len : 24,
			 s->cols[p->aux].name.s);
	else if (p->enc == TAPE_ENC_SCALE)
		snprintf(detail, sizeof(detail), "[*%" PRIu64 "]", p->aux);
	else if (p->width)
		snprintf(detail, sizeof(detail), "[%u]", p->width);
	snprintf(to->enc + at, left, "%s%s%s%s", at ? " " : "", tape_enc_name(p->enc), detail,
		 p->flags & TAPE_PART_ZSTD ? "/zstd" : "");
	to->raw += p->raw;
	to->stored += p->stored;
}

void info_each_part(const struct info *i, const struct tape_item *item,
		    void (*fn)(const struct info_part *p, struct buf *out), struct buf *out)
{
	static struct tape_part parts[PARTS_MAX];
	u32 n = tape_reader_parts(i->rec.reader, parts, PARTS_MAX);
	struct info_part one = { .col = NULL };

	for (u32 k = 0; k < n; k++) {
		bool is_last = k + 1 == n || parts[k + 1].col_id != parts[k].col_id;

		if (parts[k].col_id >= item->schema->col_cnt)
			continue;
		one.col = &item->schema->cols[parts[k].col_id];
		add_part(&one, item->schema, &parts[k]);
		if (is_last) {
			fn(&one, out);
			one = (struct info_part){ .col = NULL };
		}
	}
}
