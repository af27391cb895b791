/*
 * tests/support/fake_catalog.c -- see the header for the format of the table.
 *
 * The table is split into items once; probes, structs and constants are built when they are asked
 * for, into the asker's arena.  A malformed table is a bug of the test: assert.
 */
#include "tests/support/fake_catalog.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ITEMS_MAX  512
#define FIELDS_MAX 64

struct item {
	char kind[16];
	char *name; /* first word behind the kind */
	char *rest; /* what follows */
};

struct fake_catalog {
	char *text;
	struct item items[ITEMS_MAX];
	int n;
};

static const char default_table[] =
	"tracepoint syscalls:sys_enter_open s32 __syscall_nr; ustr filename; s32 flags; u16 mode\n"
	"tracepoint syscalls:sys_exit_open s32 __syscall_nr; s64 ret\n"
	"tracepoint syscalls:sys_enter_openat s32 __syscall_nr; s32 dfd; ustr filename; s32 flags; "
	"u16 mode\n"
	"tracepoint syscalls:sys_exit_openat s32 __syscall_nr; s64 ret\n"
	"tracepoint syscalls:sys_enter_openat2 s32 __syscall_nr; s32 dfd; ustr filename; uptr how; "
	"u64 usize\n"
	"tracepoint syscalls:sys_exit_openat2 s32 __syscall_nr; s64 ret\n"
	"tracepoint syscalls:sys_enter_read s32 __syscall_nr; u32 fd; uptr buf; u64 count\n"
	"tracepoint syscalls:sys_exit_read s32 __syscall_nr; s64 ret\n"
	"tracepoint syscalls:sys_enter_write s32 __syscall_nr; u32 fd; uptr buf; u64 count\n"
	"tracepoint syscalls:sys_exit_write s32 __syscall_nr; s64 ret\n"
	"tracepoint syscalls:sys_enter_kill s32 __syscall_nr; s32 pid; s32 sig\n"
	"tracepoint syscalls:sys_exit_kill s32 __syscall_nr; s64 ret\n"
	"tracepoint syscalls:sys_enter_getppid s32 __syscall_nr\n"
	"tracepoint syscalls:sys_enter_execve s32 __syscall_nr; ustr filename; argv argv; argv "
	"envp\n"
	"tracepoint syscalls:sys_enter_execveat s32 __syscall_nr; s32 fd; ustr filename; argv "
	"argv; argv envp; s32 flags\n"
	"tracepoint raw_syscalls:sys_enter s64 id; u64[6] args\n"
	"tracepoint raw_syscalls:sys_exit s64 id; s64 ret\n"
	"tracepoint block:block_rq_issue u32 dev; u64 sector; u32 nr_sector; u32 bytes; char[8] "
	"rwbs; char[16] comm; str cmd\n"
	"tracepoint sched:sched_wakeup char[16] comm; s32 pid; s32 prio; s32 target_cpu\n"
	"tracepoint sched:sched_wakeup_new char[16] comm; s32 pid; s32 prio; s32 target_cpu\n"
	"tracepoint sched:sched_switch char[16] prev_comm; s32 prev_pid; s32 prev_prio; s64 "
	"prev_state;\n"
	"  char[16] next_comm; s32 next_pid; s32 next_prio\n"
	"tracepoint sched:sched_process_exec str filename; s32 pid; s32 old_pid\n"
	"tracepoint fake:types s8 i8; s16 i16; s32 i32; s64 i64; u8 u8; u16 u16; u32 u32; u64 u64; "
	"kptr p; ptr:sock sk;\n"
	"  kstr ks; ustr us; char[12] text; u32[4] nums; struct:in6_addr addr; enum:tcp_state "
	"state; s32 pid; u8 cpu\n"
	"kprobe tcp_set_state\n"
	"kprobe blk_account_io_start\n"
	"kprobe __blk_account_io_start\n"
	"kprobe blk_start_request\n"
	"kprobe blk_mq_start_request\n"
	"kprobe vfs_read\n"
	"kprobe vfs_write\n"
	"kretprobe vfs_read\n"
	"kretprobe vfs_write\n"
	"fentry vfs_read ptr:file file; uptr buf; u64 count; kptr pos -> s64\n"
	"rawtracepoint sched_switch u64 preempt; u64 prev; u64 next; u32 prev_state\n"
	"uprobe libssl:SSL_read\n"
	"uprobe libssl:SSL_write\n"
	"uprobe libssl:SSL_do_handshake\n"
	"uretprobe libssl:SSL_read\n"
	"uretprobe libssl:SSL_write\n"
	"uretprobe libssl:SSL_do_handshake\n"
	"uprobe libcrypto:rsa_ossl_public_encrypt\n"
	"uprobe libcrypto:rsa_ossl_public_decrypt\n"
	"uprobe libcrypto:rsa_ossl_private_encrypt\n"
	"uprobe libcrypto:rsa_ossl_private_decrypt\n"
	"uprobe libcrypto:RSA_sign\n"
	"uprobe libcrypto:RSA_verify\n"
	"uprobe libcrypto:ossl_ecdsa_sign\n"
	"uprobe libcrypto:ossl_ecdsa_verify\n"
	"uprobe libcrypto:ecdh_simple_compute_key\n"
	"uretprobe libcrypto:rsa_ossl_public_encrypt\n"
	"uretprobe libcrypto:rsa_ossl_public_decrypt\n"
	"uretprobe libcrypto:rsa_ossl_private_encrypt\n"
	"uretprobe libcrypto:rsa_ossl_private_decrypt\n"
	"uretprobe libcrypto:RSA_sign\n"
	"uretprobe libcrypto:RSA_verify\n"
	"uretprobe libcrypto:ossl_ecdsa_sign\n"
	"uretprobe libcrypto:ossl_ecdsa_verify\n"
	"uretprobe libcrypto:ecdh_simple_compute_key\n"
	"struct in6_u u8[16] u6_addr8\n"
	"struct in6_addr struct:in6_u in6_u\n"
	"struct sock_common u32 skc_daddr; u32 skc_rcv_saddr; u16 skc_dport; u16 skc_num; u16 "
	"skc_family;\n"
	"  struct:in6_addr skc_v6_daddr; struct:in6_addr skc_v6_rcv_saddr\n"
	"struct sock struct:sock_common __sk_common; s32 sk_rcvbuf\n"
	"struct tcp_sock struct:sock inet; u64 bytes_acked; u64 bytes_received\n"
	"struct file u32 f_flags; kptr f_inode\n"
	"struct task_struct s32 pid; s32 tgid; char[16] comm; ptr:task_struct real_parent; u64 "
	"start_time\n"
	"const TCP_ESTABLISHED 1 tcp_state\n"
	"const TCP_SYN_SENT 2 tcp_state\n"
	"const TCP_FIN_WAIT1 4 tcp_state\n"
	"const TCP_CLOSE 7 tcp_state\n"
	"const TCP_LAST_ACK 9 tcp_state\n"
	"const AF_INET 2\n"
	"const AF_INET6 10\n"
	"const AT_FDCWD -100\n"
	"const O_RDONLY 0\n"
	"const TASK_RUNNING 0\n"
	"const kaddr(x) -2130706432\n"
	"const ncpus 4\n";

/* Join continuation lines, drop comments, cut into items. */
static void split_items(struct fake_catalog *f)
{
	char *save = NULL;

	for (char *p = f->text; (p = strstr(p, "\n "));)
		*p = ' ';
	for (char *line = strtok_r(f->text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		struct item *it = &f->items[f->n];
		char *hash = strchr(line, '#'), *name, *rest = NULL;

		if (hash)
			*hash = '\0';
		name = strchr(line, ' ');
		if (!name)
			continue;
		assert(f->n < ITEMS_MAX && (size_t)(name - line) < sizeof(it->kind));
		memcpy(it->kind, line, name - line);
		it->name = name + strspn(name, " ");
		rest = strchr(it->name, ' ');
		it->rest = rest ? rest + 1 : it->name + strlen(it->name);
		if (rest)
			*rest = '\0';
		f->n++;
	}
}

struct fake_catalog *fake_catalog_new(const char *text)
{
	struct fake_catalog *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->text = strdup(text ? text : default_table);
	if (!f->text) {
		free(f);
		return NULL;
	}
	split_items(f);
	return f;
}

void fake_catalog_free(struct fake_catalog *f)
{
	if (!f)
		return;
	free(f->text);
	free(f);
}

static const struct item *find_item(const struct fake_catalog *f, const char *kind,
				    const char *name)
{
	for (int i = 0; i < f->n; i++) {
		if (!strcmp(f->items[i].kind, kind) && !strcmp(f->items[i].name, name))
			return &f->items[i];
	}
	return NULL;
}

struct field_parse {
	const struct fake_catalog *f;
	struct arena *a;
	struct field fields[FIELDS_MAX];
	u32 n, off, align_max;
};

static const struct type *build_struct(const struct fake_catalog *f, struct arena *a,
				       const char *name, int depth);

static const struct type *int_type(const char *s)
{
	static const char *const names[] = { "s8", "s16", "s32", "s64", "u8", "u16", "u32", "u64" };

	for (int i = 0; i < 8; i++) {
		if (!strcmp(s, names[i]))
			return type_int(1u << (i & 3), i < 4);
	}
	return NULL;
}

static const struct type *array_type(struct arena *a, const char *base, u32 n)
{
	const struct type *elem = int_type(base);
	struct type *t;

	if (!strcmp(base, "char"))
		return type_str(a, n);
	assert(elem);
	t = arena_new(a, struct type);
	assert(t);
	*t = (struct type){
		.kind = TYPE_ARRAY, .size = elem->size * n, .elem = elem, .elem_cnt = n
	};
	return t;
}

static const struct type *opaque_struct(struct arena *a, const char *name)
{
	struct type *t = arena_new(a, struct type);

	assert(t);
	t->kind = TYPE_STRUCT;
	t->name = arena_printf(a, "struct %s", name);
	return t;
}

static const struct type *enum_type(struct arena *a, const char *name)
{
	struct type *t = arena_new(a, struct type);

	assert(t);
	*t = type_u32;
	t->name = arena_printf(a, "enum %s", name);
	return t;
}

static const struct type *build_type(const struct fake_catalog *f, struct arena *a, char *s)
{
	char *bracket = strchr(s, '[');
	const struct type *t = int_type(s);

	if (t)
		return t;
	if (bracket) {
		*bracket = '\0';
		t = array_type(a, s, strtoul(bracket + 1, NULL, 10));
		*bracket = '[';
		return t;
	}
	if (!strcmp(s, "ustr"))
		return type_ptr(a, &type_s8, ASPACE_USER);
	if (!strcmp(s, "kstr"))
		return type_ptr(a, &type_s8, ASPACE_KERNEL);
	if (!strcmp(s, "uptr"))
		return type_ptr(a, NULL, ASPACE_USER);
	if (!strcmp(s, "kptr"))
		return type_ptr(a, NULL, ASPACE_KERNEL);
	if (!strcmp(s, "argv"))
		return type_ptr(a, type_ptr(a, &type_s8, ASPACE_USER), ASPACE_USER);
	if (!strcmp(s, "str"))
		return type_str(a, 0);
	if (!strncmp(s, "struct:", 7))
		return build_struct(f, a, s + 7, 1);
	if (!strncmp(s, "ptr:", 4))
		return type_ptr(a, opaque_struct(a, s + 4), ASPACE_KERNEL);
	if (!strncmp(s, "enum:", 5))
		return enum_type(a, s + 5);
	assert(!"a type of the table's format");
	return NULL;
}

static u32 align_of(const struct type *t)
{
	if (t->kind == TYPE_STR && t->size)
		return 1;
	if (t->kind == TYPE_STR)
		return 4;
	if (t->kind == TYPE_ARRAY)
		return t->elem->size;
	if (t->kind == TYPE_STRUCT)
		return 4;
	return t->size;
}

static void add_field(struct field_parse *fp, char *decl)
{
	struct field *fl = &fp->fields[fp->n++];
	char *name = strchr(decl, ' ');
	bool is_data_loc;
	u32 al;

	assert(fp->n <= FIELDS_MAX && name);
	*name = '\0';
	fl->type = build_type(fp->f, fp->a, decl);
	fl->name = arena_printf(fp->a, "%s", name + 1);
	is_data_loc = fl->type->kind == TYPE_STR && !fl->type->size;
	al = align_of(fl->type);
	fp->off = (fp->off + al - 1) & ~(al - 1);
	fl->off = fp->off;
	fl->is_data_loc = is_data_loc;
	fp->off += is_data_loc ? 4 : fl->type->size;
	if (al > fp->align_max)
		fp->align_max = al;
}

/* "TYPE NAME; TYPE NAME" up to " ->" */
static const struct type *build_fields(struct field_parse *fp, const char *name, const char *decls)
{
	char *copy = strdup(decls), *save = NULL, *arrow;
	struct type *t = arena_new(fp->a, struct type);
	struct field *fields;

	assert(copy && t);
	arrow = strstr(copy, "->");
	if (arrow)
		*arrow = '\0';
	for (char *d = strtok_r(copy, ";", &save); d; d = strtok_r(NULL, ";", &save)) {
		size_t len;

		d += strspn(d, " ");
		len = strlen(d);
		while (len && d[len - 1] == ' ')
			d[--len] = '\0';
		if (*d)
			add_field(fp, d);
	}
	free(copy);
	fields = arena_new_n(fp->a, struct field, fp->n + 1);
	assert(fields);
	memcpy(fields, fp->fields, fp->n * sizeof(*fields));
	fp->off = (fp->off + fp->align_max - 1) & ~(fp->align_max - 1);
	*t = (struct type){ .kind = TYPE_STRUCT,
			    .size = fp->off,
			    .name = name,
			    .fields = fields,
			    .field_cnt = fp->n };
	return t;
}

/* @depth 1: the size alone, fields left out. */
static const struct type *build_struct(const struct fake_catalog *f, struct arena *a,
				       const char *name, int depth)
{
	const struct item *it = find_item(f, "struct", name);
	struct field_parse *fp;
	const struct type *full;
	struct type *t;

	if (!it)
		return NULL;
	fp = calloc(1, sizeof(*fp));
	assert(fp);
	fp->f = f;
	fp->a = a;
	fp->align_max = 1;
	full = build_fields(fp, arena_printf(a, "struct %s", name), it->rest);
	free(fp);
	if (depth == 0)
		return full;
	t = arena_new(a, struct type);
	assert(t);
	*t = (struct type){ .kind = TYPE_STRUCT, .size = full->size, .name = full->name };
	return t;
}

static const struct type *fake_find_type(const struct catalog *c, struct arena *a, const char *name)
{
	return strncmp(name, "struct ", 7) ? NULL : build_struct(c->ctx, a, name + 7, 0);
}

static bool fake_find_const(const struct catalog *c, struct arena *a, const char *name, s64 *ret,
			    const struct type **ret_type)
{
	const struct item *it = find_item(c->ctx, "const", name);
	char *end;

	if (!it)
		return false;
	*ret = strtoll(it->rest, &end, 0);
	end += strspn(end, " ");
	*ret_type = *end ? enum_type(a, end) : NULL;
	return true;
}

/* All constants of that enum, in the order of the table. */
static const struct type *fake_find_enum(const struct catalog *c, struct arena *a, const char *name)
{
	const struct fake_catalog *f = c->ctx;
	struct enumerator *all = arena_new_n(a, struct enumerator, f->n + 1);
	struct type *t = NULL;
	const struct type *kt;
	s64 val;

	assert(all);
	for (int i = 0; i < f->n; i++) {
		const char *konst = f->items[i].name;

		if (strcmp(f->items[i].kind, "const") ||
		    !fake_find_const(c, a, konst, &val, &kt) || !kt || strcmp(kt->name, name))
			continue;
		if (!t)
			t = arena_dup(a, kt, sizeof(*kt));
		assert(t);
		all[t->enum_cnt++] = (struct enumerator){ konst, val };
	}
	if (t)
		t->enums = all;
	return t;
}

static void fill_probe(const struct fake_catalog *f, struct arena *a, const struct item *it,
		       enum probe_kind kind, struct probe *p)
{
	struct field_parse *fp = calloc(1, sizeof(*fp));
	const char *colon = strchr(it->name, ':'), *arrow = strstr(it->rest, "->");

	assert(fp);
	*p = (struct probe){ .kind = kind };
	p->name = arena_printf(a, "%s:%s", providers[kind].name, it->name);
	if (kind == PROBE_TRACEPOINT) {
		p->category = arena_printf(a, "%.*s", (int)(colon - it->name), it->name);
		p->event = arena_printf(a, "%s", colon + 1);
	}
	if (kind == PROBE_UPROBE || kind == PROBE_URETPROBE || kind == PROBE_USDT)
		p->target = arena_printf(a, "%.*s", (int)(colon - it->name), it->name);
	if (providers[kind].has & HAS_ARGS) {
		*fp = (struct field_parse){
			.f = f, .a = a, .off = kind == PROBE_TRACEPOINT ? 8 : 0, .align_max = 1
		};
		p->args = build_fields(fp, arena_printf(a, "args of %s", p->name), it->rest);
	}
	free(fp);
	if (arrow && kind == PROBE_FEXIT) {
		char *t = strdup(arrow + 3);

		assert(t);
		p->retval = build_type(f, a, t);
		free(t);
	}
}

static int cmp_probe(const void *x, const void *y)
{
	return strcmp(((const struct probe *)x)->name, ((const struct probe *)y)->name);
}

/* "a:b" of the parts behind the provider. */
static void join_parts(const struct probe_spec *spec, char *out, size_t sz)
{
	size_t n = 0;

	for (int i = 1; i < spec->part_cnt; i++) {
		int k = snprintf(out + n, sz - n, "%s%s", i > 1 ? ":" : "", spec->parts[i]);

		assert(k >= 0 && (size_t)k < sz - n);
		n += k;
	}
}

static void offer_names(const struct fake_catalog *f, struct arena *a, const char *item_kind,
			enum probe_kind kind, struct str_nearest *near)
{
	for (int i = 0; near && i < f->n; i++) {
		const char *name = f->items[i].name;

		if (!strcmp(f->items[i].kind, item_kind))
			str_nearest_offer(near,
					  arena_printf(a, "%s:%s", providers[kind].name, name));
	}
}

static int fake_expand(const struct catalog *c, const struct probe_spec *spec, struct arena *a,
		       struct vec *out, struct str_nearest *near, struct err *err)
{
	const struct fake_catalog *f = c->ctx;
	enum probe_kind kind = provider_find(spec->parts[0]);
	const char *item_kind = kind == PROBE_FEXIT ? "fentry" : providers[kind].name;
	char pattern[512];
	size_t first = out->n;

	(void)err;
	join_parts(spec, pattern, sizeof(pattern));
	for (int i = 0; i < f->n; i++) {
		const struct item *it = &f->items[i];
		struct probe *p;

		if (strcmp(it->kind, item_kind))
			continue;
		if (!str_glob(pattern, it->name))
			continue;
		p = vec_push(out);
		if (!p)
			return -ENOMEM;
		fill_probe(f, a, it, kind, p);
	}
	if (out->n == first) {
		offer_names(f, a, item_kind, kind, near);
		return -ENOENT;
	}
	qsort(vec_at(out, first), out->n - first, sizeof(struct probe), cmp_probe);
	return 0;
}

static const struct catalog_ops fake_ops = {
	.expand = fake_expand,
	.find_type = fake_find_type,
	.find_const = fake_find_const,
	.find_enum = fake_find_enum,
};

struct catalog fake_catalog_get(struct fake_catalog *f)
{
	return (struct catalog){ .ops = &fake_ops, .ctx = f };
}
