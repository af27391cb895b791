/*
 * tests/support/target_fake_script.c -- compile a script, read its events, run them in both ways.
 *
 * The split way is what recorder and analyzer do: the kernel's maps are one runtime, rows go
 * through bytes in order of time, the analyzer's maps are another runtime; before END and before an
 * action on a K map the analyzer gets the map as it was at the firing.  exit() in the kernel ends
 * the events.
 */
#include "tests/support/target_fake_script.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORD_MAX 4096
#define TEXT_ADDR  0x100000u

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "fake script: %s\n", what);
	abort();
}

static int tell(struct fake_script *s, int rc, struct err *err)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	diag_render(&s->diags, &s->src, &b);
	err_set(err, rc, "%s", buf_cstr(&b));
	buf_fini(&b);
	return rc;
}

int fake_script_compile(struct fake_script *s, const char *name, struct str text,
			const char *catalog, enum compat compat, bool split, struct err *err)
{
	struct check_opts co = { .compat = compat };
	struct split_opts so = { .defer_all = false };
	struct catalog cat;
	int rc;

	memset(s, 0, sizeof(*s));
	s->steps = 1000;
	arena_init(&s->arena, 256u << 20);
	diag_init(&s->diags, &s->arena);
	s->catalog = fake_catalog_new(catalog);
	must(s->catalog != NULL, "no catalog");
	cat = fake_catalog_get(s->catalog);
	rc = source_init(&s->src, &s->arena, name, text);
	if (!rc)
		rc = program_compile(&s->src, &cat, &co, &s->arena, &s->diags, &s->prog, err);
	if (!rc && split)
		rc = plan_split(s->prog, &so, &s->diags, &s->plan);
	return rc ? tell(s, rc, err) : 0;
}

void fake_script_fini(struct fake_script *s)
{
	fake_catalog_free(s->catalog);
	arena_fini(&s->arena);
}

/* ---- events ---- */

struct words {
	const char *p;
	char word[512];
};

/* The next word of the line; quotes hold blanks together and are kept.  false: the line is over. */
static bool next_word(struct words *w)
{
	size_t n = 0;
	bool quoted = false;

	while (*w->p == ' ' || *w->p == '\t')
		w->p++;
	while (*w->p && *w->p != '\n' && (quoted || (*w->p != ' ' && *w->p != '\t'))) {
		quoted ^= *w->p == '"';
		must(n + 1 < sizeof(w->word), "a long word");
		w->word[n++] = *w->p++;
	}
	w->word[n] = '\0';
	return n != 0;
}

static u64 number(const char *text)
{
	char *end;
	u64 v = text[0] == '-' ? (u64)strtoll(text, &end, 0) : strtoull(text, &end, 0);

	must(end != text && !*end, text);
	return v;
}

static const struct probe *probe_of(const struct fake_script *s, const char *name)
{
	for (u32 i = 0; i < s->prog->probe_cnt; i++) {
		if (!strcmp(s->prog->probes[i]->name, name))
			return s->prog->probes[i];
	}
	return NULL;
}

static struct fake_region *add_region(struct fake_script *s, u64 addr, enum addr_space as,
				      const void *bytes, u32 n)
{
	struct fake_region *r = &s->mem[s->mem_cnt++];

	must(s->mem_cnt <= FAKE_REGIONS_MAX, "too many regions");
	r->addr = addr;
	r->as = as;
	r->size = n;
	r->bytes = arena_dup(&s->arena, bytes, n);
	must(r->bytes != NULL, "no memory");
	return r;
}

static void set_text(struct fake_script *s, struct fake_event *ev, const struct field *f,
		     char *text)
{
	u8 *args = (u8 *)ev->args;
	u32 len = strlen(text), v;
	u64 addr;

	must(len >= 2 && text[len - 1] == '"', text);
	text[len - 1] = '\0'; /* the NUL belongs to it */
	text++;
	len--;
	if (f->type->kind == TYPE_PTR) {
		addr = TEXT_ADDR + 0x1000u * s->mem_cnt;
		add_region(s, addr, f->type->aspace, text, len);
		memcpy(args + f->off, &addr, sizeof(addr));
	} else if (f->is_data_loc) {
		must(ev->args_sz + len <= RECORD_MAX, "a long record");
		v = len << 16 | ev->args_sz;
		memcpy(args + f->off, &v, sizeof(v));
		memcpy(args + ev->args_sz, text, len);
		ev->args_sz += len;
	} else {
		must(f->type->kind == TYPE_STR, f->name);
		memcpy(args + f->off, text, len < f->type->size ? len : f->type->size);
	}
}

static u32 from_hex(const char *h, u8 *out, u32 max)
{
	u32 n = 0;

	for (; h[0] && h[1] && n < max; h += 2) {
		char pair[3] = { h[0], h[1], 0 };

		out[n++] = (u8)strtoul(pair, NULL, 16);
	}
	return n;
}

static void set_arg(struct fake_script *s, struct fake_event *ev, const char *name, char *val)
{
	const struct field *f = ev->probe->args ? type_field(ev->probe->args, name) : NULL;
	u64 v;

	must(f != NULL, name);
	if (val[0] == '"') {
		set_text(s, ev, f, val);
		return;
	}
	if (!strncmp(val, "hex:", 4)) {
		from_hex(val + 4, (u8 *)ev->args + f->off, f->type->size);
		return;
	}
	v = number(val);
	must(f->type->size <= sizeof(v), name);
	memcpy((u8 *)ev->args + f->off, &v, f->type->size);
}

static void set_value(struct fake_script *s, struct fake_event *ev, char *word)
{
	char *val = strchr(word, '=');
	const struct {
		const char *name;
		u32 *p;
	} fields[] = {
		{ "cpu", &ev->cpu }, { "pid", &ev->pid }, { "tid", &ev->tid },
		{ "uid", &ev->uid }, { "gid", &ev->gid }, { "cpid", &ev->cpid },
	};

	must(val != NULL, word);
	*val++ = '\0';
	if (!strcmp(word, "ts")) {
		ev->ts = number(val);
		return;
	}
	if (!strcmp(word, "comm")) {
		snprintf(ev->comm, sizeof(ev->comm), "%s", val);
		return;
	}
	for (size_t i = 0; i < countof(fields); i++) {
		if (!strcmp(word, fields[i].name)) {
			*fields[i].p = (u32)number(val);
			return;
		}
	}
	set_arg(s, ev, word, val);
}

static struct fake_event *add_event(struct fake_script *s, const struct probe *p)
{
	struct fake_event *ev = &s->events[s->event_cnt++];
	u32 fixed = 8;

	must(s->event_cnt <= FAKE_EVENTS_MAX, "too many events");
	for (u32 i = 0; p->args && i < p->args->field_cnt; i++) {
		const struct field *f = &p->args->fields[i];
		u32 end = f->off + (f->is_data_loc ? 4 : f->type->size);

		fixed = end > fixed ? end : fixed;
	}
	*ev = (struct fake_event){ .probe = p,
				   .ts = 1000u * s->event_cnt,
				   .cpu = 1,
				   .pid = 100,
				   .tid = 101,
				   .uid = 1000,
				   .gid = 1001,
				   .cpid = 77,
				   .comm = "fake",
				   .session_start = 500,
				   .rand = s->event_cnt,
				   .args_sz = fixed };
	ev->args = arena_alloc(&s->arena, RECORD_MAX);
	must(ev->args && fixed <= RECORD_MAX, "the record");
	return ev;
}

static void read_event(struct fake_script *s, struct words *w)
{
	struct fake_event *ev;
	const struct probe *p;

	must(next_word(w), "an event without its probe");
	p = probe_of(s, w->word);
	must(p != NULL, w->word);
	ev = add_event(s, p);
	while (next_word(w))
		set_value(s, ev, w->word);
}

static void read_mem(struct fake_script *s, struct words *w)
{
	u8 bytes[256];
	enum addr_space as;
	u64 addr;
	u32 n;

	must(next_word(w), "memory without its address");
	addr = number(w->word);
	must(next_word(w), "memory without its space");
	as = !strcmp(w->word, "user") ? ASPACE_USER : ASPACE_KERNEL;
	must(next_word(w), "memory without bytes");
	n = from_hex(w->word, bytes, sizeof(bytes));
	add_region(s, addr, as, bytes, n);
}

void fake_script_events(struct fake_script *s)
{
	const struct probe *begin = probe_of(s, "BEGIN"), *end = probe_of(s, "END");
	struct words w;

	if (begin)
		add_event(s, begin);
	for (const char *line = s->src.text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, "//@", 3))
			continue;
		w.p = line + 3;
		if (!strncmp(line, "//@mem ", 7)) {
			w.p = line + 7;
			read_mem(s, &w);
		} else if (!strncmp(line, "//@steps ", 9)) {
			w.p = line + 9;
			must(next_word(&w), "steps");
			s->steps = (u32)number(w.word);
		} else {
			read_event(s, &w);
		}
	}
	if (end)
		add_event(s, end);
	for (u32 i = 0; i < s->event_cnt; i++) {
		s->events[i].mem = s->mem;
		s->events[i].mem_cnt = s->mem_cnt;
	}
}

/* ---- running ---- */

static bool is_of(const struct inst *in, const struct probe *p)
{
	for (u32 i = 0; i < in->probe_cnt; i++) {
		if (in->probes[i] == p)
			return true;
	}
	return false;
}

static bool is_end(const struct probe *p)
{
	return p->kind == PROBE_END;
}

static void put_result(struct ref_rt *rt, struct buf *out)
{
	buf_puts(out, ref_rt_log(rt));
	ref_rt_dump(rt, NULL, NULL, out);
}

void fake_script_run_whole(struct fake_script *s, struct buf *out)
{
	struct ref_rt *rt = ref_rt_new(s->prog, false);

	for (u32 e = 0; e < s->event_cnt; e++) {
		const struct fake_event *ev = &s->events[e];

		if (is_end(ev->probe))
			ref_rt_resume(rt);
		for (u32 i = 0; i < s->prog->inst_cnt; i++) {
			if (!is_of(s->prog->insts[i], ev->probe) || ref_rt_exited(rt, NULL))
				continue;
			ref_rt_set_steps(rt, s->steps);
			fake_fire_full(s->code, i, ev, rt);
		}
	}
	put_result(rt, out);
	ref_rt_free(rt);
}

struct split_run {
	struct fake_script *s;
	struct ref_rt *kernel, *analyzer;
	struct buf row;
};

static void take_k_maps(struct split_run *r)
{
	for (u32 i = 0; i < r->s->prog->map_cnt; i++) {
		if (r->s->plan->maps[i].cls == MAP_K)
			ref_rt_copy_map(r->analyzer, r->kernel, i);
	}
}

static void analyse(struct split_run *r, u32 table, const void *row, size_t sz)
{
	fake_analyse(r->s->analysis ? r->s->analysis : r->s->code, table, row, sz, r->analyzer);
}

static void fire_split(struct split_run *r, u32 table, const struct fake_event *ev)
{
	buf_reset(&r->row);
	ref_rt_start_firing(r->kernel);
	ref_rt_set_steps(r->kernel, r->s->steps);
	ref_rt_set_steps(r->analyzer, r->s->steps);
	ref_rt_set_session_start(r->analyzer, (s64)ev->session_start);
	if (!fake_fire_capture(r->s->code, table, ev, r->kernel, &r->row))
		return;
	if (!is_end(ev->probe))
		take_k_maps(r);
	analyse(r, table, r->row.data, r->row.len);
}

void fake_script_run_split(struct fake_script *s, struct buf *out)
{
	struct split_run r = { s, ref_rt_new(s->prog, true), ref_rt_new(s->prog, false), { 0 } };
	bool in_end = false;

	ref_rt_set_kernel(r.analyzer, r.kernel);
	buf_init(&r.row, 1u << 24);
	for (u32 e = 0; e < s->event_cnt; e++) {
		const struct fake_event *ev = &s->events[e];

		if (is_end(ev->probe) && !in_end) {
			in_end = true;
			take_k_maps(&r);
			ref_rt_resume(r.kernel);
			ref_rt_resume(r.analyzer);
		}
		for (u32 i = 0; i < s->plan->table_cnt; i++) {
			if (is_of(s->plan->tables[i].inst, ev->probe) &&
			    (!ref_rt_exited(r.kernel, NULL) && !ref_rt_exited(r.analyzer, NULL)))
				fire_split(&r, i, ev);
		}
	}
	if (!in_end)
		take_k_maps(&r);
	put_result(r.analyzer, out);
	ref_rt_free(r.kernel);
	ref_rt_free(r.analyzer);
	buf_fini(&r.row);
}

/* ---- rows that come late ---- */

struct late_row {
	const struct fake_event *ev;
	u32 table, off, sz, pos;
};

static int by_cpu(const void *a, const void *b)
{
	const struct late_row *x = a, *y = b;

	if (x->ev->cpu != y->ev->cpu)
		return x->ev->cpu > y->ev->cpu ? -1 : 1;
	return x->pos < y->pos ? -1 : 1;
}

static int by_time(const void *a, const void *b)
{
	const struct late_row *x = a, *y = b;

	if (x->ev->ts != y->ev->ts)
		return x->ev->ts < y->ev->ts ? -1 : 1;
	if (x->ev->cpu != y->ev->cpu)
		return x->ev->cpu < y->ev->cpu ? -1 : 1;
	return x->pos < y->pos ? -1 : 1;
}

static void capture_all(struct split_run *r, struct vec *rows)
{
	struct fake_script *s = r->s;

	for (u32 e = 0; e < s->event_cnt; e++) {
		const struct fake_event *ev = &s->events[e];

		for (u32 i = 0; i < s->plan->table_cnt && !is_end(ev->probe); i++) {
			struct late_row *row;
			u32 off = r->row.len;

			if (!is_of(s->plan->tables[i].inst, ev->probe) ||
			    ref_rt_exited(r->kernel, NULL))
				continue;
			ref_rt_start_firing(r->kernel);
			ref_rt_set_steps(r->kernel, s->steps);
			if (!fake_fire_capture(s->code, i, ev, r->kernel, &r->row))
				continue;
			row = vec_push(rows);
			must(row != NULL, "too many rows");
			*row = (struct late_row){ ev, i, off, (u32)r->row.len - off, (u32)rows->n };
		}
	}
}

void fake_script_run_late(struct fake_script *s, struct buf *out)
{
	struct split_run r = { s, ref_rt_new(s->prog, true), ref_rt_new(s->prog, false), { 0 } };
	struct vec rows;

	vec_init(&rows, sizeof(struct late_row), 1 << 16);
	buf_init(&r.row, 1u << 24);
	ref_rt_set_kernel(r.analyzer, r.kernel);
	capture_all(&r, &rows);
	if (rows.n) {
		qsort(rows.items, rows.n, rows.item_sz, by_cpu); /* as they arrive */
		qsort(rows.items, rows.n, rows.item_sz, by_time); /* as they are evaluated */
	}
	for (size_t i = 0; i < rows.n && !ref_rt_exited(r.analyzer, NULL); i++) {
		const struct late_row *row = vec_get(&rows, struct late_row, i);

		ref_rt_set_steps(r.analyzer, s->steps);
		ref_rt_set_session_start(r.analyzer, (s64)row->ev->session_start);
		analyse(&r, row->table, r.row.data + row->off, row->sz);
	}
	take_k_maps(&r);
	put_result(r.analyzer, out);
	ref_rt_free(r.kernel);
	ref_rt_free(r.analyzer);
	vec_fini(&rows);
	buf_fini(&r.row);
}
