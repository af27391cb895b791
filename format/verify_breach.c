/*
 * format/verify_breach.c -- breaches, kept until the end of the tape.
 *
 * A LOSS record behind it may account for a breach, so none is told before everything was read.
 *
 * (1) What covers: a record that says where, whose bytes include those of the breach.
 * (2) What follows from damage before it is only noted: damage itself is what has to be told.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/verify_priv.h"

static struct breach *add_breach(struct verify *v, const char *fmt, va_list ap)
{
	struct breach *b = v->breaches.n < v->breaches.max_n ? vec_push(&v->breaches) : NULL;

	if (!b) {
		v->more_breaches++;
		return NULL;
	}
	b->text = arena_vprintf(&v->texts, fmt, ap);
	return b;
}

static struct breach *add_rule(struct verify *v, u64 off, const char *fmt, va_list ap)
{
	struct breach *b = add_breach(v, fmt, ap);

	if (!b)
		return NULL;
	b->kind = BREACH_RULE;
	b->type = v->type;
	b->off = off;
	b->len = off == v->off ? v->len : sizeof(struct tape_block_header);
	b->ts_min = v->ts_min;
	b->ts_max = v->ts_max;
	return b;
}

void verify_report(struct verify *v, u64 off, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_rule(v, off, fmt, ap);
	va_end(ap);
}

void verify_sequel(struct verify *v, u64 off, const char *fmt, ...)
{
	struct breach *b;
	va_list ap;

	va_start(ap, fmt);
	b = add_rule(v, off, fmt, ap);
	va_end(ap);
	if (b)
		b->is_note = v->has_gap;
}

void verify_orphan(struct verify *v, u64 off, const struct tape_mixed_run *run)
{
	size_t before = v->breaches.n;
	struct breach *b;

	verify_sequel(v, off, "rows of table %u before its schema", run->stream);
	if (v->breaches.n == before)
		return;
	b = vec_get(&v->breaches, struct breach, before);
	b->is_orphan = true;
	b->table = run->stream;
	b->rows = run->n_rows;
}

void verify_costs(struct verify *v, u64 off, const char *fmt, ...)
{
	struct breach *b;
	va_list ap;

	va_start(ap, fmt);
	b = add_rule(v, off, fmt, ap);
	va_end(ap);
	if (b)
		b->costs = true;
}

struct breach *verify_add(struct verify *v, enum breach_kind kind, u64 off, u64 len,
			  const char *fmt, ...)
{
	struct breach *b;
	va_list ap;

	va_start(ap, fmt);
	b = add_breach(v, fmt, ap);
	va_end(ap);
	if (b) {
		b->kind = kind;
		b->off = off;
		b->len = len;
	}
	return b;
}

static int compare_stretches(const void *a, const void *b)
{
	const struct state_stretch *x = a, *y = b;

	return x->off < y->off ? -1 : x->off > y->off;
}

/* By place, and each end the greatest up to there: one look answers what covers a place. */
static void sort_known(struct verify *v)
{
	struct state_stretch *k = v->st.known.items;

	if (v->st.known.n)
		qsort(k, v->st.known.n, sizeof(*k), compare_stretches);
	for (size_t i = 1; i < v->st.known.n; i++)
		k[i].end = k[i].end > k[i - 1].end ? k[i].end : k[i - 1].end;
}

bool verify_is_known(const struct verify *v, const struct breach *b)
{
	const struct state_stretch *k = v->st.known.items;
	size_t low = 0, high = v->st.known.n;

	if (b->kind == BREACH_CUT || b->kind == BREACH_LATE)
		return false;
	while (low < high) {
		size_t mid = (low + high) / 2;

		if (k[mid].off <= b->off)
			low = mid + 1;
		else
			high = mid;
	}
	return low && k[low - 1].end >= b->off + b->len;
}

/* A reader of a file finds a schema that comes later. */
static void settle_orphan(struct verify *v, struct breach *b)
{
	if (tape_state_schema(&v->st.pub, b->table)) {
		b->rows = 0;
		return;
	}
	b->costs = true;
	v->ret->lost_rows += b->rows;
}

void verify_settle(struct verify *v)
{
	sort_known(v);
	for (size_t i = 0; i < v->breaches.n; i++) {
		struct breach *b = vec_get(&v->breaches, struct breach, i);

		if (b->is_orphan)
			settle_orphan(v, b);
		b->is_note = b->is_note || verify_is_known(v, b);
		v->ret->breaches += !b->is_note;
		v->ret->notes += b->is_note;
	}
	v->ret->breaches += v->more_breaches;
	v->ret->lost_rows += v->st.pub.damaged_rows;
	v->ret->is_closed = v->is_closed && !v->ret->breaches;
}
