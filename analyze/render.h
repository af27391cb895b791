/*
 * analyze/render.h -- how answers look: one table of functions a format.
 *
 * The runtime says what happened (a line was printed, a map was asked for); a renderer decides the
 * bytes.
 */
#pragma once

#include "analyze/format_value.h"
#include "analyze/maps.h"
#include "analyze/sink.h"

struct render;

/* What a line of text is. */
enum render_text { RENDER_PRINTF, RENDER_TIME, RENDER_JOIN, RENDER_CAT, RENDER_SYSTEM };

/* What a script says of itself, and where it does. */
struct render_said {
	bool is_error;
	struct str msg;
	const char *file;
	u32 line, col, end_line, end_col;	/* end_col: behind the last byte */
};

struct map_view {
	const struct map_info *info;
	struct tmap_entry *const *entries;	/* in printing order */
	u32 cnt;
	s64 top, div;				/* 0: not given */
	bool is_exit;				/* one of the maps printed at the end */
};

struct render_trouble {
	const char *file, *text;
	u32 line, col;
	u64 cnt;
};

struct render_ops {
	const char *name;			/* "text" "json" */
	void (*start)(struct render *r, u32 probe_cnt);
	void (*text)(struct render *r, enum render_text kind, struct str s);
	void (*value)(struct render *r, const struct type *t, struct cursor c);	/* print(expr) */
	void (*map)(struct render *r, const struct map_view *m);
	/* errorf(), warnf() */
	void (*said)(struct render *r, const struct render_said *s);
	/* print(@m[k]) of an aggregation with several values; of the view only info and div */
	void (*entry)(struct render *r, const struct map_view *m, const struct tmap_entry *e);
	void (*exit)(struct render *r);		/* before the maps of the end */
	/* what an answer has to say about itself */
	void (*warning)(struct render *r, const char *text);
	/* what went wrong at a place of the script, and how often */
	void (*trouble)(struct render *r, const struct render_trouble *t);
};

struct render {
	const struct render_ops *ops;
	struct value_fmt fmt;
	struct sink *out;
	struct sink *said;			/* of errorf() as text; NULL: dropped */
	struct buf tmp;
};

extern const struct render_ops render_text, render_json;

const struct render_ops *render_find(const char *name);	/* NULL: no such format */
void render_init(struct render *r, const struct render_ops *ops, struct sink *out,
		 enum compat compat, const struct timefmt *time);
void render_fini(struct render *r);

/* ---- for renderers ---- */

/* render_sketch.c: what stands behind the name of an entry. */
void render_tseries_text(struct render *r, const struct map_view *m, const struct tmap_entry *e);
void render_tseries_json(struct render *r, const struct map_view *m, const struct tmap_entry *e);
void render_quantile_text(struct render *r, const struct map_view *m, const struct tmap_entry *e);
void render_quantile_json(struct render *r, const struct map_view *m, const struct tmap_entry *e);

/* Entries before this index are cut off by @top. */
u32 map_view_first(const struct map_view *m);
/* What map_view_num() gives: of an aggregation a number. */
const struct type *map_view_type(const struct map_view *m);
/* An aggregation's or number's value with @div applied, and whether it prints as signed. */
s64 map_view_num(const struct map_view *m, const struct tmap_entry *e, bool *ret_is_signed);
/* First and last bucket with values; false: there is none. */
bool hist_span(const struct render *r, const struct type *t, const struct agg *a, u32 *ret_first,
	       u32 *ret_last);
/* Values in a bucket as printed: 0.17 has everything from 2^31 on in one. */
u64 hist_count(const struct render *r, const struct type *t, const struct agg *a, u32 idx);
