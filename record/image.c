/*
 * record/image.c -- images as bytes, and the distrustful reading of them.
 *
 *	u32 magic, version, map_cnt, prog_cnt, attach_cnt
 *	maps, programs, attaches, tails, BTF
 *
 * Strings are u32 length, bytes, NUL.  Arrays of fixed structs (instructions, func and line info)
 * are padded to 8 before them and used in place.  Both sides are the same build on the same
 * machine, so numbers are in its own byte order.
 *
 * (1) Instructions name maps only by BPF_PSEUDO_MAP_IDX and _VALUE with an index below map_cnt; no
 *     other pseudo load, no kernel function and no BTF variable gets past the parser, so a program
 *     reaches nothing but the maps that were made for it.
 */
#include "record/image.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "record/bpf/capture_abi.h"

#define IMAGE_MAGIC   0x676d6962u /* "bimg" */
#define IMAGE_VERSION 2
#define TEXT_MAX      256
#define MAP_BYTES_MAX (1u << 30)

_Static_assert(sizeof(struct img_func_info) == 8, "as the kernel's bpf_func_info");
_Static_assert(sizeof(struct img_line_info) == 16, "as the kernel's bpf_line_info");

/* ---- writing ---- */

static void put_text(struct buf *out, const char *s)
{
	size_t len = s ? strlen(s) : 0;

	buf_put_u32(out, len);
	buf_put(out, s ? s : "", len);
	buf_put_u8(out, 0);
}

static void put_array(struct buf *out, const void *p, u32 cnt, size_t item_sz)
{
	buf_put_u32(out, cnt);
	buf_align(out, 8);
	if (cnt)
		buf_put(out, p, cnt * item_sz);
}

static void put_map(struct buf *out, const struct img_map *m)
{
	put_text(out, m->name);
	buf_put_u32(out, m->role);
	buf_put_u32(out, m->type);
	buf_put_u32(out, m->key_sz);
	buf_put_u32(out, m->value_sz);
	buf_put_u32(out, m->max_entries);
	buf_put_u32(out, m->flags);
	buf_put_u32(out, m->plan_map);
	put_array(out, m->init, m->init_sz, 1);
}

static void put_prog(struct buf *out, const struct img_prog *p)
{
	put_text(out, p->name);
	buf_put_u32(out, p->kind);
	put_text(out, p->target);
	buf_put_u32(out, p->table);
	put_array(out, p->insns, p->insn_cnt, sizeof(struct bpf_insn));
	put_array(out, p->funcs, p->func_cnt, sizeof(*p->funcs));
	put_array(out, p->lines, p->line_cnt, sizeof(*p->lines));
}

static void put_attach(struct buf *out, const struct img_attach *a)
{
	buf_put_u32(out, a->kind);
	buf_put_u32(out, a->prog);
	buf_put_u32(out, a->probe);
	put_text(out, a->category);
	put_text(out, a->event);
	buf_put_u64(out, a->period);
	buf_put_u32(out, a->config);
}

void image_write(const struct bpf_image *img, struct buf *out)
{
	buf_put_u32(out, IMAGE_MAGIC);
	buf_put_u32(out, IMAGE_VERSION);
	buf_put_u32(out, img->map_cnt);
	buf_put_u32(out, img->prog_cnt);
	buf_put_u32(out, img->attach_cnt);
	for (u32 i = 0; i < img->map_cnt; i++)
		put_map(out, &img->maps[i]);
	for (u32 i = 0; i < img->prog_cnt; i++)
		put_prog(out, &img->progs[i]);
	for (u32 i = 0; i < img->attach_cnt; i++)
		put_attach(out, &img->attaches[i]);
	put_array(out, img->tails, img->tail_cnt, sizeof(*img->tails));
	put_array(out, img->btf, img->btf_sz, 1);
}

/* ---- reading ---- */

struct reader {
	struct cursor c;
	const u8 *start;
	struct arena *a;
	struct err *err;
	struct bpf_image img;
	struct img_map *maps;
	struct img_prog *progs;
	struct img_attach *attaches;
};

static int bad(struct reader *r, const char *what)
{
	return err_set(r->err, -EBADMSG, "compiled programs are malformed: %s", what);
}

static const char *get_text(struct reader *r, u32 max)
{
	u32 len = cursor_u32(&r->c);
	const u8 *s;

	if (r->c.is_bad || len > max)
		goto fail;
	s = cursor_bytes(&r->c, (size_t)len + 1);
	if (!s || s[len] || memchr(s, '\0', len))
		goto fail;
	return (const char *)s;
fail:
	r->c.is_bad = true;
	return "";
}

static const void *get_array(struct reader *r, u32 max, size_t item_sz, u32 *ret_cnt)
{
	u32 cnt = cursor_u32(&r->c);
	size_t off = r->c.pos - r->start;

	cursor_skip(&r->c, -off & 7);
	*ret_cnt = 0;
	if (r->c.is_bad || cnt > max || cnt > cursor_left(&r->c) / item_sz) {
		r->c.is_bad = true;
		return NULL;
	}
	*ret_cnt = cnt;
	return cursor_bytes(&r->c, cnt * item_sz);
}

/* What a map of each role may be. */
static const struct {
	u32 types[4]; /* 0: none */
	u32 key_sz, value_sz; /* 0: any */
} roles[IMG_MAP_ROLE_CNT] = {
	[IMG_STATE] = { { BPF_MAP_TYPE_ARRAY }, 4, sizeof(struct cap_state) },
	[IMG_COUNTERS] = { { BPF_MAP_TYPE_PERCPU_ARRAY }, 4, sizeof(struct cap_counters) },
	[IMG_RINGS] = { { BPF_MAP_TYPE_ARRAY_OF_MAPS }, 4, 4 },
	[IMG_CTL] = { { BPF_MAP_TYPE_RINGBUF }, 0, 0 },
	[IMG_SCRATCH] = { { BPF_MAP_TYPE_PERCPU_ARRAY }, 4, CAP_SCRATCH_SZ },
	[IMG_ENTER] = { { BPF_MAP_TYPE_PROG_ARRAY }, 4, 4 },
	[IMG_EXIT] = { { BPF_MAP_TYPE_PROG_ARRAY }, 4, 4 },
	[IMG_NUMBERS] = { { BPF_MAP_TYPE_ARRAY }, 4, 0 },
	[IMG_KNOWN] = { { BPF_MAP_TYPE_LRU_HASH }, 8, 4 },
	[IMG_STACKS] = { { BPF_MAP_TYPE_PERCPU_ARRAY }, 4, sizeof(struct cap_stack_buf) },
	[IMG_KMAP] = { { BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_PERCPU_HASH, BPF_MAP_TYPE_LRU_HASH,
			 BPF_MAP_TYPE_LRU_PERCPU_HASH },
		       0,
		       0 },
};

static bool role_allows(const struct img_map *m)
{
	bool is_type = false;

	for (size_t i = 0; i < countof(roles[0].types); i++)
		is_type |= roles[m->role].types[i] == m->type;
	if (!is_type || !m->type)
		return false;
	if (roles[m->role].key_sz && roles[m->role].key_sz != m->key_sz)
		return false;
	return !roles[m->role].value_sz || roles[m->role].value_sz == m->value_sz;
}

static int get_map(struct reader *r, struct img_map *m)
{
	u32 role;

	m->name = get_text(r, IMG_NAME_MAX);
	role = cursor_u32(&r->c);
	m->type = cursor_u32(&r->c);
	m->key_sz = cursor_u32(&r->c);
	m->value_sz = cursor_u32(&r->c);
	m->max_entries = cursor_u32(&r->c);
	m->flags = cursor_u32(&r->c);
	m->plan_map = cursor_u32(&r->c);
	m->init = get_array(r, IMG_MAX_SZ, 1, &m->init_sz);
	if (r->c.is_bad)
		return bad(r, "a map is cut short");
	if (role >= IMG_MAP_ROLE_CNT)
		return bad(r, "a map of an unknown kind");
	m->role = role;
	if (!role_allows(m))
		return bad(r, "a map does not fit its kind");
	if (m->flags & ~(BPF_F_MMAPABLE | BPF_F_NO_PREALLOC))
		return bad(r, "a map with unexpected flags");
	if (m->init_sz && (m->init_sz != m->value_sz || m->type != BPF_MAP_TYPE_ARRAY))
		return bad(r, "a map's first value does not fit");
	if ((u64)m->max_entries * (m->key_sz + (u64)m->value_sz) > MAP_BYTES_MAX)
		return bad(r, "a map is too large");
	return 0;
}

/* Invariant (1) for the two halves of a 64-bit load. */
static bool load_is_allowed(const struct reader *r, const struct bpf_insn *in)
{
	if (in[1].code || in[1].dst_reg || in[1].src_reg || in[1].off)
		return false;
	switch (in->src_reg) {
	case 0:
	case BPF_PSEUDO_FUNC:
		return true;
	case BPF_PSEUDO_MAP_IDX:
		return (u32)in->imm < r->img.map_cnt && !in[1].imm;
	case BPF_PSEUDO_MAP_IDX_VALUE:
		return (u32)in->imm < r->img.map_cnt;
	default:
		return false;
	}
}

static bool call_is_allowed(const struct bpf_insn *in)
{
	return in->src_reg == 0 || in->src_reg == BPF_PSEUDO_CALL;
}

static int check_insns(struct reader *r, const struct img_prog *p)
{
	for (u32 i = 0; i < p->insn_cnt; i++) {
		const struct bpf_insn *in = &p->insns[i];

		if (in->code == (BPF_LD | BPF_DW | BPF_IMM)) {
			if (i + 1 == p->insn_cnt || !load_is_allowed(r, in))
				return bad(r, "a program names what it must not");
			i++;
		} else if (in->code == (BPF_JMP | BPF_CALL) && !call_is_allowed(in)) {
			return bad(r, "a program calls what it must not");
		}
	}
	return 0;
}

static int get_prog(struct reader *r, struct img_prog *p)
{
	u32 kind;

	p->name = get_text(r, IMG_NAME_MAX);
	kind = cursor_u32(&r->c);
	p->target = get_text(r, TEXT_MAX);
	p->table = cursor_u32(&r->c);
	p->insns = get_array(r, IMG_INSNS_MAX, sizeof(*p->insns), &p->insn_cnt);
	p->funcs = get_array(r, IMG_INSNS_MAX, sizeof(*p->funcs), &p->func_cnt);
	p->lines = get_array(r, IMG_INSNS_MAX, sizeof(*p->lines), &p->line_cnt);
	if (r->c.is_bad)
		return bad(r, "a program is cut short");
	if (kind >= IMG_PROG_KIND_CNT)
		return bad(r, "a program of an unknown kind");
	p->kind = kind;
	if (p->table >= CAP_TABLE_MAX || !p->insn_cnt)
		return bad(r, "a program without instructions or table");
	return check_insns(r, p);
}

static bool is_sampling(enum img_attach_kind k)
{
	return k == IMG_ATTACH_INTERVAL || k == IMG_ATTACH_PROFILE || k == IMG_ATTACH_SOFTWARE;
}

static int get_attach(struct reader *r, struct img_attach *a)
{
	u32 kind = cursor_u32(&r->c);

	a->prog = cursor_u32(&r->c);
	a->probe = cursor_u32(&r->c);
	a->category = get_text(r, TEXT_MAX);
	a->event = get_text(r, TEXT_MAX);
	a->period = cursor_u64(&r->c);
	a->config = cursor_u32(&r->c);
	if (r->c.is_bad)
		return bad(r, "an attachment is cut short");
	if (kind >= IMG_ATTACH_KIND_CNT || a->prog >= r->img.prog_cnt)
		return bad(r, "an attachment of nothing known");
	a->kind = kind;
	if (is_sampling(kind) &&
	    (r->progs[a->prog].kind != IMG_PROG_PERF || !a->period || a->period > INT64_MAX))
		return bad(r, "a sampling of nothing");
	if (a->config >= IMG_SOFT_EVENTS)
		return bad(r, "an unknown software event");
	return 0;
}

static int check_tails(struct reader *r)
{
	for (u32 i = 0; i < r->img.tail_cnt; i++) {
		const struct img_tail *t = &r->img.tails[i];

		if (t->map >= r->img.map_cnt || t->prog >= r->img.prog_cnt ||
		    r->maps[t->map].type != BPF_MAP_TYPE_PROG_ARRAY ||
		    t->key >= r->maps[t->map].max_entries)
			return bad(r, "a tail call to nothing known");
	}
	return 0;
}

static int get_counts(struct reader *r)
{
	if (cursor_u32(&r->c) != IMAGE_MAGIC || cursor_u32(&r->c) != IMAGE_VERSION)
		return bad(r, "not an image");
	r->img.map_cnt = cursor_u32(&r->c);
	r->img.prog_cnt = cursor_u32(&r->c);
	r->img.attach_cnt = cursor_u32(&r->c);
	if (r->c.is_bad || r->img.map_cnt > IMG_MAPS_MAX || r->img.prog_cnt > IMG_PROGS_MAX ||
	    r->img.attach_cnt > IMG_ATTACHES_MAX)
		return bad(r, "counts out of range");
	r->maps = arena_new_n(r->a, struct img_map, r->img.map_cnt + 1);
	r->progs = arena_new_n(r->a, struct img_prog, r->img.prog_cnt + 1);
	r->attaches = arena_new_n(r->a, struct img_attach, r->img.attach_cnt + 1);
	if (!r->maps || !r->progs || !r->attaches)
		return err_oom(r->err);
	r->img.maps = r->maps;
	r->img.progs = r->progs;
	r->img.attaches = r->attaches;
	return 0;
}

static int get_rest(struct reader *r)
{
	r->img.tails = get_array(r, IMG_TAILS_MAX, sizeof(*r->img.tails), &r->img.tail_cnt);
	r->img.btf = get_array(r, IMG_MAX_SZ, 1, &r->img.btf_sz);
	if (r->c.is_bad)
		return bad(r, "the end is cut short");
	if (cursor_left(&r->c))
		return bad(r, "bytes behind the end");
	return check_tails(r);
}

int image_parse(const u8 *p, size_t sz, struct arena *a, struct bpf_image *ret, struct err *err)
{
	struct reader r = { .c = cursor_over(p, sz), .start = p, .a = a, .err = err };
	int rc = get_counts(&r);

	if ((uintptr_t)p & 7)
		return err_set(err, -EINVAL, "image bytes must be aligned to 8");
	for (u32 i = 0; !rc && i < r.img.map_cnt; i++)
		rc = get_map(&r, &r.maps[i]);
	for (u32 i = 0; !rc && i < r.img.prog_cnt; i++)
		rc = get_prog(&r, &r.progs[i]);
	for (u32 i = 0; !rc && i < r.img.attach_cnt; i++)
		rc = get_attach(&r, &r.attaches[i]);
	if (!rc)
		rc = get_rest(&r);
	if (!rc)
		*ret = r.img;
	return rc;
}

/* The header: u16 magic, u8 version, flags, u32 hdr_len, type_off, type_len, str_off, str_len. */
const char *image_btf_str(const struct bpf_image *img, u32 off)
{
	struct cursor c = cursor_over(img->btf, img->btf_sz);
	u32 hdr_len, str_off, str_len;
	u64 at;

	cursor_skip(&c, 4);
	hdr_len = cursor_u32(&c);
	cursor_skip(&c, 8);
	str_off = cursor_u32(&c);
	str_len = cursor_u32(&c);
	at = (u64)hdr_len + str_off + off;
	if (c.is_bad || off >= str_len || (u64)hdr_len + str_off + str_len > img->btf_sz)
		return NULL;
	return memchr(img->btf + at, '\0', str_len - off) ? (const char *)img->btf + at : NULL;
}
