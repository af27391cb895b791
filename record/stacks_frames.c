/*
 * record/stacks_frames.c -- addresses become frames: a file and an offset, and for the kernel the
 * symbol there.
 *
 * A stack that was taken from a tracepoint starts in our own program and the code that calls it.
 * Which frames these are is known by name.
 */
#include <string.h>

#include "record/bpf/capture_abi.h"
#include "record/stacks_priv.h"

#define OWN_MAX	  16
#define TEXTS_MAX (256u << 20)

void frames_init(struct frames *f, const struct stacks_opts *o)
{
	*f = (struct frames){ .o = o };
	idmap_init(&f->by_place, TAPE_MAX_FRAMES);
	idmap_init(&f->by_sym, TAPE_MAX_SYMS);
	vec_init(&f->new_syms, sizeof(struct tape_sym), TAPE_MAX_SYMS);
	arena_init(&f->texts, TEXTS_MAX);
}

void frames_fini(struct frames *f)
{
	idmap_fini(&f->by_place);
	idmap_fini(&f->by_sym);
	vec_fini(&f->new_syms);
	arena_fini(&f->texts);
}

/* ---- the kernel ---- */

static void find_kernel(struct frames *f, u64 ip, struct ksym_ref *r)
{
	ksyms_find(f->o->ksyms, ip, r);
	if (r->kind != KSYM_NONE || f->was_refreshed)
		return;
	f->was_refreshed = true;
	if (!ksyms_refresh(f->o->ksyms, ip))
		return;
	f->last.kind = 0; /* another module may lie where one was unloaded */
	ksyms_find(f->o->ksyms, ip, r);
}

static bool is_machinery(const struct ksym_ref *r)
{
	static const char *const prefixes[] = {
		"bpf_trace_run", "__bpf_trace_",    "__traceiter_",    "__probestub_",
		"perf_trace_",	 "trace_call_bpf",  "bpf_dispatcher_", "bpf_trampoline_",
		"bpf_get_stack", "__bpf_get_stack",  "perf_syscall_",
	};

	/* bpf_prog_test_run_*, which runs BEGIN, is the kernel's own */
	if (r->kind == KSYM_BPF && str_has_prefix(r->name, "bpf_prog_"))
		return true;
	for (size_t i = 0; i < countof(prefixes); i++) {
		if (str_has_prefix(r->name, prefixes[i]))
			return true;
	}
	return false;
}

/* A program may have no name (net.core.bpf_jit_kallsyms): what called it has. */
u32 frames_own(struct frames *f, const u64 *ips, u32 cnt)
{
	u32 own = 0;

	for (u32 i = 0; i < cnt && i < OWN_MAX; i++) {
		struct ksym_ref r;

		find_kernel(f, ips[i], &r);
		if (r.kind == KSYM_NONE)
			continue;
		if (!is_machinery(&r))
			break;
		own = i + 1;
	}
	return own;
}

static u32 kernel_file(struct frames *f, const struct ksym_ref *r)
{
	static const u8 kinds[] = { [KSYM_KERNEL] = TAPE_FILE_KERNEL,
				    [KSYM_MODULE] = TAPE_FILE_MODULE,
				    [KSYM_BPF] = TAPE_FILE_BPF };
	struct tape_file d = { .kind = kinds[r->kind], .path = r->object };
	struct str module = r->kind == KSYM_MODULE ? r->object : (struct str){ 0 };
	u8 id[64];

	if (r->kind == KSYM_BPF)
		return files_add(f->o->files, &d);
	if (f->last.kind == (int)r->kind && f->last.base == r->base)
		return f->last.file;
	d.build_id = (struct str){ (const char *)id, ksyms_build_id(module, id) };
	f->last.kind = r->kind;
	f->last.base = r->base;
	f->last.file = files_add(f->o->files, &d);
	return f->last.file;
}

static void want_sym(struct frames *f, u32 file, const struct ksym_ref *r)
{
	const struct idmap_key key = { file, r->start - r->base, 0 };
	u32 n = f->by_sym.n;
	struct tape_sym *s;

	if (!idmap_put(&f->by_sym, key) || f->by_sym.n == n)
		return;
	s = vec_push(&f->new_syms);
	if (!s)
		return;
	*s = (struct tape_sym){ .file = file, .off = r->start - r->base, .size = r->size };
	s->name = (struct str){ arena_dup(&f->texts, r->name.s, r->name.len), r->name.len };
	if (!s->name.s)
		f->new_syms.n--;
}

static void place_kernel(struct frames *f, u64 ip, u32 *ret_file, u64 *ret_off)
{
	struct ksym_ref r;

	*ret_file = TAPE_NONE;
	*ret_off = ip;
	find_kernel(f, ip, &r);
	if (r.kind == KSYM_NONE)
		return;
	*ret_file = kernel_file(f, &r);
	if (*ret_file == TAPE_NONE)
		return;
	*ret_off = ip - r.base;
	want_sym(f, *ret_file, &r);
}

/* ---- user space ---- */

static void place_user(struct frames *f, const struct cap_stack *def, u64 ip, u32 *ret_file,
		       u64 *ret_off)
{
	*ret_file = TAPE_NONE;
	*ret_off = ip;
	if (!f->o->names)
		return;
	names_find_user(f->o->names, def->pid, def->ts, ip, ret_file, ret_off);
	if (*ret_file != TAPE_NONE)
		names_want(f->o->names, *ret_file, *ret_off);
}

u32 frames_get(struct frames *f, const struct cap_stack *def, u64 ip)
{
	struct idmap_key key = { .c = def->flags & CAP_STACK_ADDR ? ip : 0 };
	u32 file;

	if (def->flags & CAP_STACK_USER)
		place_user(f, def, ip, &file, &key.b);
	else
		place_kernel(f, ip, &file, &key.b);
	key.a = file;
	return idmap_put(&f->by_place, key);
}

/* ---- writing ---- */

#define CHUNK 4096

int frames_write(struct frames *f, struct tape_writer *w, u64 ts, struct err *err)
{
	struct tape_frame chunk[CHUNK];
	int rc = 0;

	while (!rc && f->written_cnt < f->by_place.n) {
		u32 n = f->by_place.n - f->written_cnt;

		n = n > CHUNK ? CHUNK : n;
		for (u32 i = 0; i < n; i++) {
			const struct idmap_key *k = &f->by_place.keys[f->written_cnt + i];

			chunk[i] = (struct tape_frame){ .id = f->written_cnt + i + 1,
							.file = (u32)k->a,
							.off = k->b,
							.addr = k->c };
		}
		rc = tape_writer_put_frames(w, ts, chunk, n, err);
		if (!rc)
			f->written_cnt += n;
	}
	return rc;
}

int frames_write_syms(struct frames *f, struct tape_writer *w, u64 ts, struct err *err)
{
	int rc = 0;

	if (f->new_syms.n)
		rc = tape_writer_put_syms(w, ts, f->new_syms.items, (u32)f->new_syms.n, err);
	if (rc)
		return rc;
	vec_reset(&f->new_syms);
	arena_fini(&f->texts);
	arena_init(&f->texts, TEXTS_MAX);
	f->was_refreshed = false;
	return 0;
}
