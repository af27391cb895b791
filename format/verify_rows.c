/*
 * format/verify_rows.c -- rules of EVENTS and MIXED payloads: the directory, every column,
 * times, zones.
 */
#include <string.h>

#include "format/verify_priv.h"

/* Where in the tape, for messages. */
struct place {
	u64 off;
	u32 table;
};

/* What a part says of itself. */
static void check_part(struct verify *v, struct place at, u32 i, const struct tape_part *p)
{
	bool is_front = p->enc == TAPE_ENC_SCALE || p->enc == TAPE_ENC_GROUP;
	bool is_frame = p->flags & TAPE_PART_ZSTD;

	if (p->flags &
	    ~(u32)(TAPE_PART_ZSTD | TAPE_PART_ZIGZAG | TAPE_PART_ZONE | TAPE_PART_SIGNED))
		verify_report(v, at.off, "table %u: part %u has unknown flags", at.table, i);
	if (is_frame ? p->stored >= p->raw : p->stored != p->raw)
		verify_report(v, at.off, "table %u: part %u is %u bytes of %u", at.table, i,
			      p->stored, p->raw);
	if ((p->enc != TAPE_ENC_DELTA && p->flags & TAPE_PART_ZIGZAG) ||
	    (p->enc != TAPE_ENC_DELTA && p->enc != TAPE_ENC_PALETTE && p->step))
		verify_report(v, at.off, "table %u: part %u has differences and is none", at.table,
			      i);
	if (is_front && (p->stored || p->raw || p->width || p->flags))
		verify_report(v, at.off, "table %u: part %u is a %s and stores something", at.table,
			      i, p->enc == TAPE_ENC_SCALE ? "factor" : "key");
}

static void check_directory(struct verify *v, struct place at, const u8 *payload, size_t len,
			    u64 *ret_raw)
{
	struct tape_columns head;
	size_t dir, used;

	if (len < sizeof(head))
		return; /* the decoder says so */
	memcpy(&head, payload, sizeof(head));
	dir = sizeof(head) + head.n_parts * sizeof(struct tape_part);
	if (dir > len)
		return;
	if (head.pad)
		verify_report(v, at.off, "table %u: reserved bytes are not zero", at.table);
	used = dir;
	*ret_raw = dir;
	for (u32 i = 0; i < head.n_parts; i++) {
		struct tape_part p;

		memcpy(&p, payload + sizeof(head) + i * sizeof(p), sizeof(p));
		check_part(v, at, i, &p);
		if (!p.stored && !p.raw && p.off % 8 == 0 && p.off <= len)
			continue;
		if (p.off % 8 || p.off < used)
			verify_report(v, at.off, "table %u: part %u of column %u is out of place",
				      at.table, i, p.col_id);
		used = (size_t)p.off + p.stored;
		*ret_raw += (p.raw + 7ull) & ~7ull;
	}
}

static void check_times(struct verify *v, struct place at, u64 ts_min, u64 ts_max, bool is_sorted)
{
	const struct tape_column *c = tape_schema_role(tape_batch_schema(v->batch), TAPE_ROLE_TS);
	const u64 *ts = (const u64 *)tape_batch_cols(v->batch)[c->id].v;
	u64 min = UINT64_MAX, max = 0;
	bool in_order = true;

	for (u32 i = 0; ts && i < tape_batch_cnt(v->batch); i++) {
		in_order &= !i || ts[i] >= ts[i - 1];
		min = ts[i] < min ? ts[i] : min;
		max = ts[i] > max ? ts[i] : max;
		v->late_rows += ts[i] <= v->st.pub.checkpoint.watermark &&
				v->st.pub.checkpoint.watermark;
	}
	if (tape_batch_cnt(v->batch) && (min != ts_min || max != ts_max))
		verify_report(v, at.off, "table %u: the header's times are not those of the rows",
			      at.table);
	if (is_sorted && !in_order)
		verify_report(v, at.off, "table %u: rows are not sorted as the flag says",
			      at.table);
}

static void check_quantum(struct verify *v, struct place at)
{
	const struct tape_column *c = tape_schema_role(tape_batch_schema(v->batch), TAPE_ROLE_TS);
	const u64 *ts = (const u64 *)tape_batch_cols(v->batch)[c->id].v;
	u64 quantum = tape_state_num(&v->st.pub, TAPE_KEY_TS_QUANTUM, 1);
	u32 odd = 0;

	for (u32 i = 0; quantum > 1 && ts && i < tape_batch_cnt(v->batch); i++)
		odd += ts[i] % quantum != 0;
	if (odd)
		verify_report(v, at.off, "table %u: %u times are no multiples of the resolution",
			      at.table, odd);
}

static bool is_in_zone(const struct tape_column *c, const struct tape_col_info *info, u64 v)
{
	u64 flip = c->phys == TAPE_PHYS_S64 ? 1ull << 63 : 0;

	return (v ^ flip) >= (info->zone_min ^ flip) && (v ^ flip) <= (info->zone_max ^ flip);
}

static u32 value_cnt(const struct tape_batch *b, const struct tape_col *c)
{
	return c->list_off ? c->list_off[tape_batch_cnt(b)] : tape_batch_cnt(b);
}

static void check_column(struct verify *v, struct place at, u32 id)
{
	const struct tape_column *c = &tape_batch_schema(v->batch)->cols[id];
	const struct tape_col_info *info = &tape_batch_info(v->batch)[id];
	const struct tape_col *col = &tape_batch_cols(v->batch)[id];
	u32 n = value_cnt(v->batch, col), outside = 0, unknown = 0;

	if (info->is_damaged) {
		verify_costs(v, at.off, "table %u: column %u is malformed%s%s", at.table, id,
			     v->dec.beyond ? ": " : "", v->dec.beyond ? v->dec.beyond : "");
		return;
	}
	for (u32 i = 0; i < n; i++) {
		if (col->is_null && col->is_null[i])
			continue;
		if (col->v && info->has_zone)
			outside += !is_in_zone(c, info, (u64)col->v[i]);
		if (info->ids)
			unknown += !dict_get(v->st.dicts[c->dict], info->ids[i]).s;
	}
	if (outside)
		verify_report(v, at.off, "table %u: column %u has values outside its zone",
			      at.table, id);
	if (unknown)
		verify_sequel(v, at.off,
			      "table %u: column %u has ids that are not in dictionary %u", at.table,
			      id, c->dict);
}

static void check_run(struct verify *v, u64 off, const struct tape_mixed_run *run,
		      const u8 *payload, u64 *ret_raw)
{
	const struct tape_schema *s = tape_state_schema(&v->st.pub, run->stream);
	struct decode_job job = {
		.schema = s,
		.n_rows = run->n_rows,
		.payload = payload,
		.len = run->len,
		.dicts = v->st.dicts,
	};
	struct place at = { off, run->stream };
	int rc;

	if (!s) {
		verify_orphan(v, off, run);
		return;
	}
	check_directory(v, at, payload, run->len, ret_raw);
	rc = decode_rows(&v->dec, &job, v->batch);
	v->dec.before = v->dec.spent;
	if (rc != 1) {
		verify_costs(v, off, "table %u: %s", run->stream,
			     v->dec.beyond ? v->dec.beyond : "the columns are malformed");
		v->is_unusable = true;
		return;
	}
	check_times(v, at, run->ts_min, run->ts_max, run->flags & TAPE_BLOCK_SORTED);
	check_quantum(v, at);
	for (u32 i = 0; i < s->col_cnt; i++)
		check_column(v, at, i);
}

static void check_mixed(struct verify *v, const struct walk_step *b, const u8 *payload, size_t len)
{
	u64 ts_min = UINT64_MAX, ts_max = 0, raw;
	struct tape_mixed head;
	struct mixed_iter m;
	const char *fault = mixed_begin(&m, b->off, &b->h, payload, &v->o.reader.limits);
	u32 bad = 0;

	if (fault) {
		verify_costs(v, b->off, "MIXED: %s", fault);
		v->is_unusable = true;
		return;
	}
	memcpy(&head, payload, sizeof(head));
	if (head.pad)
		verify_report(v, b->off, "MIXED: reserved bytes are not zero");
	for (u32 i = 0; i < m.n_runs; i++) {
		struct tape_index_entry e;
		struct tape_mixed_run run;

		mixed_run(payload, len, i, &run);
		v->is_unusable = false;
		check_run(v, b->off, &run, payload + run.off, &raw);
		bad += v->is_unusable;
		ts_min = run.ts_min < ts_min ? run.ts_min : ts_min;
		ts_max = run.ts_max > ts_max ? run.ts_max : ts_max;
		if (run.off % 8)
			verify_report(v, b->off, "MIXED: run %u is not at a multiple of 8", i);
		if (run.pad || run.flags & ~(u32)TAPE_BLOCK_SORTED)
			verify_report(v, b->off, "MIXED: run %u has unknown flags", i);
		e = walk_run_entry(b, &run, i);
		verify_note_entry(v, &e);
	}
	v->is_unusable = m.n_runs && bad == m.n_runs;
	if (m.n_runs && (ts_min != b->h.ts_min || ts_max != b->h.ts_max))
		verify_report(v, b->off, "MIXED: the header's times are not those of the runs");
}

void verify_rows(struct verify *v, const struct walk_step *b, const u8 *payload, size_t len)
{
	u64 raw = 0;

	v->ret->rows += b->h.n_rows;
	v->dec.before = 0;
	if (b->h.type == TAPE_MIXED) {
		check_mixed(v, b, payload, len);
		return;
	}
	check_run(v, b->off,
		  &(struct tape_mixed_run){
			  .stream = b->h.stream,
			  .n_rows = b->h.n_rows,
			  .len = (u32)len,
			  .ts_min = b->h.ts_min,
			  .ts_max = b->h.ts_max,
			  .flags = b->h.flags,
		  },
		  payload, &raw);
	if (raw && raw != b->h.raw_len)
		verify_report(v, b->off, "EVENTS: raw_len is %u, the parts make %llu", b->h.raw_len,
			      (unsigned long long)raw);
}
