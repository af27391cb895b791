/*
 * record/ksyms.c -- kallsyms into arrays sorted by address.
 *
 * Lines are "ADDRESS TYPE NAME[\t[OBJECT]]"; without an object it is the kernel's own.  Of several
 * names of one address the first counts, as in the kernel's own look-up.
 *
 * (1) syms[] is sorted by address, stably; names and objects point into the text that was read.
 * (2) An address of the kernel proper lies between _text and its last symbol; others belong to the
 *     symbol before them if that has an object.  Behind the last symbol of all a reach is assumed.
 */
#include "record/ksyms.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "base/io.h"
#include "base/vec.h"
#include "record/clock.h"

#define TEXT_MAX     (256u << 20)
#define SYMS_MAX     (16u << 20)
#define MODULES_MAX  65536
#define KERNEL_HALF  (1ull << 63)
#define BPF_REACH    (1u << 20) /* most bytes of a program behind its last known symbol */
#define KERNEL_REACH (64u << 10)
#define MODULE_REACH (64u << 20)
#define PAUSE_NS     1000000000ull
#define PAUSE_MAX_NS 64000000000ull

struct sym {
	u64 addr;
	u32 name, name_len; /* in the text */
	u32 object, object_len; /* 0: the kernel's */
};

struct module {
	struct str name;
	u64 base, size;
};

struct table {
	struct buf text, modules_text;
	struct vec syms; /* struct sym */
	struct vec modules; /* struct module */
	u64 text_start, text_end;
};

struct ksyms {
	struct table t;
	pthread_t thread;
	bool is_reading, is_fixed;
	u64 read_ns, pause_ns;
};

static void table_init(struct table *t)
{
	buf_init(&t->text, TEXT_MAX);
	buf_init(&t->modules_text, TEXT_MAX);
	vec_init(&t->syms, sizeof(struct sym), SYMS_MAX);
	vec_init(&t->modules, sizeof(struct module), MODULES_MAX);
	t->text_start = t->text_end = 0;
}

static void table_fini(struct table *t)
{
	buf_fini(&t->text);
	buf_fini(&t->modules_text);
	vec_fini(&t->syms);
	vec_fini(&t->modules);
}

/* ---- parsing ---- */

static const char *get_hex(const char *p, const char *end, u64 *ret)
{
	u64 v = 0;
	int n = 0;

	for (; p < end && n <= 16; p++, n++) {
		unsigned c = (u8)*p, d = c - '0';

		if (d > 9) {
			d = (c | 0x20) - 'a' + 10;
			if (d < 10 || d > 15)
				break;
		}
		v = v << 4 | d;
	}
	*ret = v;
	return n >= 1 && n <= 16 ? p : NULL;
}

static struct str text_at(const struct table *t, u32 off, u32 len)
{
	return (struct str){ (const char *)t->text.data + off, len };
}

/* "NAME" or "NAME\t[OBJECT]" up to @end. */
static bool split_name(const char *base, const char *p, const char *end, struct sym *s)
{
	const char *tab = memchr(p, '\t', (size_t)(end - p));
	const char *stop = tab ? tab : end;

	s->name = (u32)(p - base);
	s->name_len = (u32)(stop - p);
	if (tab && end - tab > 3 && tab[1] == '[' && end[-1] == ']') {
		s->object = (u32)(tab + 2 - base);
		s->object_len = (u32)(end - tab - 3);
	}
	return s->name_len > 0;
}

static bool take_line(struct table *t, const char *base, const char *p, const char *end)
{
	struct sym s = { 0 }, *slot;
	struct str name;

	p = get_hex(p, end, &s.addr);
	if (!p || end - p < 4 || p[0] != ' ' || p[2] != ' ')
		return true; /* not a line that we know */
	if (s.addr < KERNEL_HALF || !split_name(base, p + 3, end, &s))
		return true;
	name = text_at(t, s.name, s.name_len);
	if (!s.object_len && (str_is(name, "_text") || (str_is(name, "_stext") && !t->text_start)))
		t->text_start = s.addr;
	if (!s.object_len && s.addr >= t->text_end)
		t->text_end = s.addr + KERNEL_REACH;
	slot = vec_push(&t->syms);
	if (slot)
		*slot = s;
	return slot != NULL;
}

/* Stable: equal addresses stay in the order of their names' places. */
static int by_addr(const void *a, const void *b)
{
	const struct sym *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

static void parse_syms(struct table *t)
{
	const char *base = (const char *)t->text.data, *p = base, *end = base + t->text.len;
	bool is_sorted = true, ok = true;

	while (p < end && ok) {
		const char *nl = memchr(p, '\n', (size_t)(end - p)), *stop = nl ? nl : end;
		size_t n = t->syms.n;

		ok = take_line(t, base, p, stop);
		if (t->syms.n > n && n)
			is_sorted &= vec_get(&t->syms, struct sym, n - 1)->addr <=
				     vec_get(&t->syms, struct sym, n)->addr;
		p = stop + 1;
	}
	if (!is_sorted)
		qsort(t->syms.items, t->syms.n, sizeof(struct sym), by_addr);
}

/* "NAME SIZE REFS DEPS STATE 0xBASE" */
static void take_module(struct table *t, char *line)
{
	unsigned long long size, base;
	char *name = line, *sp = strchr(line, ' ');
	struct module *m;

	if (!sp || sscanf(sp, " %llu %*s %*s %*s 0x%llx", &size, &base) != 2 || !base)
		return;
	m = vec_push(&t->modules);
	if (m)
		*m = (struct module){ { name, (size_t)(sp - name) }, base, size };
}

static void parse_modules(struct table *t)
{
	char *save = NULL, *line;

	buf_put_u8(&t->modules_text, 0);
	if (t->modules_text.is_full)
		return;
	line = strtok_r((char *)t->modules_text.data, "\n", &save);
	for (; line; line = strtok_r(NULL, "\n", &save))
		take_module(t, line);
}

static void read_table(struct table *t)
{
	/* a kernel without modules has no such file */
	if (!io_read_file("/proc/modules", &t->modules_text, NULL))
		parse_modules(t);
	if (!io_read_file("/proc/kallsyms", &t->text, NULL))
		parse_syms(t);
}

/* ---- life ---- */

static void *read_main(void *arg)
{
	read_table(arg);
	return NULL;
}

static void wait_ready(struct ksyms *k)
{
	if (k->is_reading)
		pthread_join(k->thread, NULL);
	k->is_reading = false;
}

int ksyms_open(struct ksyms **ret, struct err *err)
{
	struct ksyms *k = calloc(1, sizeof(*k));

	if (!k)
		return err_oom(err);
	table_init(&k->t);
	k->read_ns = clock_now_ns();
	k->pause_ns = PAUSE_NS;
	k->is_reading = !pthread_create(&k->thread, NULL, read_main, &k->t);
	if (!k->is_reading)
		read_table(&k->t);
	*ret = k;
	return 0;
}

int ksyms_over(struct str kallsyms, struct str modules, struct ksyms **ret, struct err *err)
{
	struct ksyms *k = calloc(1, sizeof(*k));

	if (!k)
		return err_oom(err);
	k->is_fixed = true;
	table_init(&k->t);
	buf_put(&k->t.text, kallsyms.s, kallsyms.len);
	buf_put(&k->t.modules_text, modules.s, modules.len);
	parse_modules(&k->t);
	parse_syms(&k->t);
	*ret = k;
	return 0;
}

void ksyms_free(struct ksyms *k)
{
	if (!k)
		return;
	wait_ready(k);
	table_fini(&k->t);
	free(k);
}

/* ---- look-up ---- */

/* Index of the first symbol above @addr. */
static size_t above(const struct table *t, u64 addr)
{
	const struct sym *s = t->syms.items;
	size_t lo = 0, hi = t->syms.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static const struct module *find_module(const struct table *t, struct str name, u64 addr)
{
	for (size_t i = 0; i < t->modules.n; i++) {
		const struct module *m = vec_get(&t->modules, struct module, i);

		if (str_eq(m->name, name) && addr >= m->base && addr - m->base < m->size)
			return m;
	}
	return NULL;
}

/* No list of modules: the module begins with its lowest symbol. */
static u64 lowest_of(const struct table *t, struct str name, size_t i)
{
	const struct sym *s = t->syms.items;
	u64 base = s[i].addr;

	while (i-- && str_eq(text_at(t, s[i].object, s[i].object_len), name))
		base = s[i].addr;
	return base;
}

static void find_object(const struct table *t, size_t i, u64 addr, struct ksym_ref *r)
{
	const struct sym *s = vec_get(&t->syms, struct sym, i);
	struct str object = text_at(t, s->object, s->object_len);
	const struct module *m;
	bool is_bpf = str_is(object, "bpf") || str_has_prefix(object, "__builtin__");

	if (addr - s->addr >= (is_bpf ? BPF_REACH : MODULE_REACH))
		return;
	if (is_bpf) {
		r->kind = KSYM_BPF;
		r->object = r->name;
		r->base = s->addr;
		return;
	}
	m = find_module(t, object, addr);
	if (!m && t->modules.n)
		return;
	r->kind = KSYM_MODULE;
	r->object = object;
	r->base = m ? m->base : lowest_of(t, object, i);
}

void ksyms_find(struct ksyms *k, u64 addr, struct ksym_ref *r)
{
	const struct table *t = &k->t;
	const struct sym *s;
	size_t end, i;

	*r = (struct ksym_ref){ .kind = KSYM_NONE };
	wait_ready(k);
	end = above(t, addr);
	if (!end)
		return;
	i = end - 1;
	s = t->syms.items;
	while (i && s[i - 1].addr == s[i].addr)
		i--;
	r->start = s[i].addr;
	r->size = end < t->syms.n ? s[end].addr - s[i].addr : 0;
	r->name = text_at(t, s[i].name, s[i].name_len);
	if (s[i].object_len) {
		find_object(t, i, addr, r);
	} else if (t->text_start && addr >= t->text_start && addr < t->text_end) {
		r->kind = KSYM_KERNEL;
		r->object = STR("kernel");
		r->base = t->text_start;
	}
}

bool ksyms_refresh(struct ksyms *k, u64 addr)
{
	u64 now = clock_now_ns();
	struct ksym_ref r;

	wait_ready(k);
	if (k->is_fixed || addr < KERNEL_HALF || now - k->read_ns < k->pause_ns)
		return false;
	table_fini(&k->t);
	table_init(&k->t);
	read_table(&k->t);
	k->read_ns = clock_now_ns();
	ksyms_find(k, addr, &r);
	if (r.kind != KSYM_NONE)
		k->pause_ns = PAUSE_NS;
	else if (k->pause_ns < PAUSE_MAX_NS)
		k->pause_ns *= 2;
	return true;
}

const char *ksyms_trouble(struct ksyms *k)
{
	wait_ready(k);
	if (!k->t.syms.n)
		return "names of kernel functions: /proc/kallsyms hides addresses (CAP_SYSLOG, "
		       "kernel.kptr_restrict); kernel stacks begin with frames of the "
		       "tracing itself";
	return NULL;
}

/* ---- build-ids ---- */

#define NOTE_GNU_BUILD_ID 3

/* The notes of one file: u32 name size, descriptor size, type, then both padded to 4. */
static size_t find_build_id(const struct buf *b, u8 ret[64])
{
	struct cursor c = cursor_over(b->data, b->len);

	while (cursor_left(&c) >= 12) {
		u32 name_sz = cursor_u32(&c), desc_sz = cursor_u32(&c), type = cursor_u32(&c);
		const u8 *name = cursor_bytes(&c, ((u64)name_sz + 3) & ~3ull), *desc;

		desc = name ? cursor_bytes(&c, desc_sz) : NULL;
		if (!desc)
			break;
		if (type == NOTE_GNU_BUILD_ID && name_sz == 4 && !memcmp(name, "GNU", 4) &&
		    desc_sz <= 64) {
			memcpy(ret, desc, desc_sz);
			return desc_sz;
		}
		cursor_skip(&c, -desc_sz & 3);
	}
	return 0;
}

size_t ksyms_build_id(struct str module, u8 ret[64])
{
	char path[256] = "/sys/kernel/notes";
	struct buf b;
	size_t n = 0;

	if (module.len > 100 || memchr(module.s ? module.s : "", '/', module.len))
		return 0;
	if (module.len)
		snprintf(path, sizeof(path), "/sys/module/%.*s/notes/.note.gnu.build-id",
			 (int)module.len, module.s);
	buf_init(&b, 1u << 20);
	if (!io_read_file(path, &b, NULL))
		n = find_build_id(&b, ret);
	buf_fini(&b);
	return n;
}
