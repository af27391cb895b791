/*
 * record/meta_out.c -- what a tape says about the machine and the session.
 *
 * The time zone goes onto the tape as the spans of one offset around the session (and as the zone
 * file), because whoever answers from the tape may have no zone files and is not where we are.
 */
#include "record/meta_out.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "record/features.h"
#include "record/gfp_names.h"

#define FACTS_MAX    65536
#define USERS_MAX    32768
#define DAY_S	     86400
#define SPAN_BACK_S  (400ll * DAY_S)
#define SPAN_AHEAD_S (800ll * DAY_S)

void meta_text(struct vec *v, const char *key, struct str text)
{
	struct tape_meta_item *i = vec_push(v);

	if (i)
		*i = (struct tape_meta_item){ .key = str_of(key),
					      .kind = TAPE_META_TEXT,
					      .text = text };
}

void meta_num(struct vec *v, const char *key, u64 num)
{
	struct tape_meta_item *i = vec_push(v);

	if (i)
		*i = (struct tape_meta_item){ .key = str_of(key),
					      .kind = TAPE_META_NUM,
					      .num = num };
}

static struct str keep(struct arena *a, const char *text)
{
	size_t len = strlen(text);

	return (struct str){ arena_dup(a, text, len), len };
}

static struct str file_line(struct arena *a, const char *path)
{
	struct str ret = { NULL, 0 };
	struct buf b;

	buf_init(&b, 65536);
	if (!io_read_file(path, &b, NULL)) {
		struct str line = str_trim((struct str){ (const char *)b.data, b.len });

		ret = (struct str){ arena_dup(a, line.s, line.len), line.len };
	}
	buf_fini(&b);
	return ret;
}

void meta_machine(struct vec *v, struct arena *a)
{
	struct str boot_id = file_line(a, "/proc/sys/kernel/random/boot_id");
	struct utsname u;

	if (!uname(&u)) {
		meta_text(v, TAPE_KEY_HOSTNAME, keep(a, u.nodename));
		meta_text(v, TAPE_KEY_KERNEL, keep(a, u.release));
		meta_text(v, TAPE_KEY_ARCH, keep(a, u.machine));
	}
	if (boot_id.s)
		meta_text(v, TAPE_KEY_BOOT_ID, boot_id);
	meta_text(v, TAPE_KEY_TS_CLOCK, STR("boottime"));
	meta_num(v, TAPE_KEY_NCPUS, features_cpu_cnt());
}

/* ---- facts ---- */

struct facts {
	struct arena *a;
	struct vec v; /* struct tape_fact */
	bool is_short; /* something found no memory */
};

static void add_fact(struct facts *f, const char *space, struct str key, struct str val)
{
	struct tape_fact *t = vec_push(&f->v);

	if (t && key.s && val.s)
		*t = (struct tape_fact){ str_of(space), key, val };
	else
		f->is_short = true;
}

static void add_text(struct facts *f, const char *space, const char *key, const char *val)
{
	add_fact(f, space, keep(f->a, key), keep(f->a, val));
}

static void add_num(struct facts *f, const char *space, const char *key, u64 val)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)val);
	add_text(f, space, key, text);
}

static void add_users(struct facts *f)
{
	const struct passwd *pw;

	setpwent();
	for (int n = 0; n < USERS_MAX && (pw = getpwent()); n++) {
		char uid[16];

		snprintf(uid, sizeof(uid), "%u", pw->pw_uid);
		add_text(f, "uid", uid, pw->pw_name);
	}
	endpwent();
}

struct offset {
	long off;
	int is_dst;
	char abbr[16];
};

static struct offset offset_at(s64 real_s)
{
	time_t t = (time_t)real_s;
	struct offset o = { 0 };
	struct tm tm;

	if (!localtime_r(&t, &tm))
		return o;
	o.off = tm.tm_gmtoff;
	o.is_dst = tm.tm_isdst > 0;
	snprintf(o.abbr, sizeof(o.abbr), "%s", tm.tm_zone ? tm.tm_zone : "");
	return o;
}

static bool is_same_offset(const struct offset *a, const struct offset *b)
{
	return a->off == b->off && a->is_dst == b->is_dst && !strcmp(a->abbr, b->abbr);
}

static void add_span(struct facts *f, s64 from_s, const struct offset *o)
{
	char key[24], val[64];

	snprintf(key, sizeof(key), "%lld", (long long)from_s);
	snprintf(val, sizeof(val), "%ld %d %s", o->off, o->is_dst, o->abbr);
	add_text(f, "tz_span", key, val);
}

/* The first second in (lo, hi] with the offset of hi, where lo has another. */
static s64 find_change(s64 lo, s64 hi)
{
	struct offset at_hi = offset_at(hi);

	while (hi - lo > 1) {
		s64 mid = lo + (hi - lo) / 2;
		struct offset at_mid = offset_at(mid);

		if (is_same_offset(&at_mid, &at_hi))
			hi = mid;
		else
			lo = mid;
	}
	return hi;
}

static void add_spans(struct facts *f, s64 real_s)
{
	s64 t = real_s - SPAN_BACK_S;
	struct offset now = offset_at(t);

	add_span(f, t, &now);
	for (; t < real_s + SPAN_AHEAD_S; t += DAY_S) {
		struct offset next = offset_at(t + DAY_S);

		if (is_same_offset(&now, &next))
			continue;
		add_span(f, find_change(t, t + DAY_S), &next);
		now = next;
	}
}

/* "/usr/share/zoneinfo/Europe/Berlin" -> "Europe/Berlin" */
static void add_zone(struct facts *f)
{
	const char *env = getenv("TZ"), *dir;
	char path[4096];
	ssize_t n;
	struct buf b;

	if (env) {
		add_text(f, "tz", "name", *env ? env : "UTC");
		return;
	}
	n = readlink("/etc/localtime", path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	dir = strstr(path, "zoneinfo/");
	add_text(f, "tz", "name", dir ? dir + strlen("zoneinfo/") : "UTC");
	buf_init(&b, 60000);
	if (!io_read_file("/etc/localtime", &b, NULL))
		add_fact(f, "tz", STR("tzif"),
			 (struct str){ arena_dup(f->a, b.data, b.len), b.len });
	buf_fini(&b);
}

static void add_session(struct facts *f, const struct program *prog, const char *const *params,
			int param_cnt)
{
	for (int i = 0; i < param_cnt; i++) {
		char key[16];

		snprintf(key, sizeof(key), "%d", i + 1);
		add_text(f, "param", key, params[i]);
	}
	for (int i = 0; i < prog->env_cnt; i++) {
		char key[16];

		snprintf(key, sizeof(key), "%d", i + 1);
		add_text(f, "env", key, prog->env[i]);
	}
	add_num(f, "config", "max_strlen", prog->max_strlen);
	add_num(f, "config", "max_map_keys", prog->max_map_keys);
	add_num(f, "config", "print_maps_on_exit", prog->print_maps_on_exit);
}

static bool prints_gfp(const struct program *prog)
{
	for (u32 i = 0; i < prog->action_cnt; i++) {
		const struct action *a = prog->actions[i];

		for (u32 k = 0; k < a->piece_cnt; k++) {
			if (a->pieces[k].conv == FMT_GFP)
				return true;
		}
	}
	return false;
}

static void add_gfp(struct facts *f, const struct program *prog)
{
	struct buf b;

	if (!prints_gfp(prog))
		return;
	buf_init(&b, 16384);
	gfp_names_read(&b);
	if (b.len)
		add_text(f, "gfp", "flags", buf_cstr(&b));
	buf_fini(&b);
}

static int add_consts(const struct program *prog, struct arena *a, struct tape_types *ret)
{
	u32 n = 0;

	for (const struct const_use *c = prog->consts; c; c = c->next)
		n++;
	ret->consts = arena_new_n(a, struct tape_type_const, n + 1);
	if (!ret->consts)
		return -ENOMEM;
	for (const struct const_use *c = prog->consts; c; c = c->next) {
		struct buf type;

		buf_init(&type, 4096);
		if (c->type) /* a macro has none: it is a literal */
			type_print(c->type, &type);
		ret->consts[ret->const_cnt++] = (struct tape_type_const){ str_of(c->name),
									  keep(a, buf_cstr(&type)),
									  (u64)c->val };
		buf_fini(&type);
	}
	return 0;
}

int facts_build(const struct program *prog, const char *const *params, int param_cnt, s64 real_s,
		struct arena *a, struct tape_types *ret, struct err *err)
{
	struct facts f = { .a = a };

	vec_init(&f.v, sizeof(struct tape_fact), FACTS_MAX);
	tzset();
	add_session(&f, prog, params, param_cnt);
	add_zone(&f);
	add_spans(&f, real_s);
	add_users(&f);
	add_gfp(&f, prog);
	ret->fact_cnt = (u32)f.v.n;
	ret->facts = arena_dup(a, f.v.items, f.v.n * sizeof(struct tape_fact));
	vec_fini(&f.v);
	if (f.is_short || !ret->facts || add_consts(prog, a, ret))
		return err_oom(err);
	return 0;
}
