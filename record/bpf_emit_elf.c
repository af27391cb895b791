/*
 * record/bpf_emit_elf.c -- an object in memory -> instructions, func and line info per section,
 * BTF.
 *
 * A program is a section.  Nothing in it may want relocating: functions are inlined, maps are named
 * by index, strings are built by stores.  A relocation would mean that the compiler did something
 * else, so it is refused and never guessed at.
 *
 * LLVM looks for source lines in files; a script may come from the command line.  So line info is
 * pointed at the script's own text, appended to the strings of the BTF.
 */
#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <string.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "record/bpf_emit.h"

#define LINES_MAX 65536

struct reader {
	Elf *elf;
	struct arena *a;
	struct err *err;
	struct str script;
	struct emit_object *obj;
	size_t names; /* section of section names */
	Elf_Data *btf, *ext;
	struct buf strings; /* the new strings of the BTF */
	u32 *line_offs; /* by line, 0: not yet there */
	u32 line_cnt;
};

static int broken(struct reader *r, const char *what)
{
	return err_set(r->err, -EPROTO, "internal error: the compiler's object %s", what);
}

static const char *section_name(struct reader *r, const GElf_Shdr *sh)
{
	const char *s = elf_strptr(r->elf, r->names, sh->sh_name);

	return s ? s : "";
}

/* ---- sections ---- */

static int add_code(struct reader *r, const GElf_Shdr *sh, Elf_Data *data)
{
	struct emit_code *c = &r->obj->codes[r->obj->code_cnt];

	if (data->d_size % sizeof(struct bpf_insn))
		return broken(r, "has half an instruction");
	c->name = arena_printf(r->a, "%s", section_name(r, sh));
	c->insns = arena_dup(r->a, data->d_buf, data->d_size);
	c->insn_cnt = data->d_size / sizeof(struct bpf_insn);
	if (!c->name || !c->insns)
		return err_oom(r->err);
	r->obj->code_cnt++;
	return 0;
}

/* What wants relocating in @sh, which is a relocation section. */
static int check_relocations(struct reader *r, const GElf_Shdr *sh, Elf_Data *data)
{
	Elf_Scn *to = elf_getscn(r->elf, sh->sh_info);
	GElf_Shdr to_sh;
	GElf_Rel rel;

	if (!to || !gelf_getshdr(to, &to_sh) || !(to_sh.sh_flags & SHF_EXECINSTR))
		return 0;
	if (!data->d_size || !gelf_getrel(data, 0, &rel))
		return 0;
	return err_set(r->err, -EPROTO, "internal error: %s wants a relocation at instruction %llu",
		       section_name(r, &to_sh), (unsigned long long)rel.r_offset / 8);
}

static int take_section(struct reader *r, Elf_Scn *scn)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	const char *name;
	GElf_Shdr sh;

	if (!gelf_getshdr(scn, &sh) || !data)
		return 0;
	name = section_name(r, &sh);
	if (sh.sh_type == SHT_REL || sh.sh_type == SHT_RELA)
		return check_relocations(r, &sh, data);
	if (!strcmp(name, ".BTF"))
		r->btf = data;
	else if (!strcmp(name, ".BTF.ext"))
		r->ext = data;
	else if (sh.sh_flags & SHF_EXECINSTR && data->d_size)
		return add_code(r, &sh, data);
	else if (!strncmp(name, ".rodata", 7) && data->d_size)
		return broken(r, "has constant data");
	return 0;
}

/* ---- BTF ---- */

static struct emit_code *find_code(struct emit_object *obj, const char *name)
{
	for (u32 i = 0; i < obj->code_cnt; i++) {
		if (!strcmp(obj->codes[i].name, name))
			return &obj->codes[i];
	}
	return NULL;
}

const struct emit_code *emit_find_code(const struct emit_object *obj, const char *name)
{
	for (u32 i = 0; i < obj->code_cnt; i++) {
		if (!strcmp(obj->codes[i].name, name))
			return &obj->codes[i];
	}
	return NULL;
}

static struct btf_header header_of(const struct reader *r)
{
	struct btf_header h;

	memcpy(&h, r->btf->d_buf, sizeof(h));
	return h;
}

static const char *btf_text(struct reader *r, u32 off)
{
	struct btf_header h = header_of(r);
	const char *s = (const char *)r->btf->d_buf + h.hdr_len + h.str_off;

	return off < h.str_len && memchr(s + off, '\0', h.str_len - off) ? s + off : "";
}

/* Offset of a line of the script among the new strings. */
static u32 line_off(struct reader *r, u32 line)
{
	struct str rest = r->script, text = { 0 };

	if (!line || line >= r->line_cnt)
		return 0;
	if (r->line_offs[line])
		return r->line_offs[line];
	for (u32 i = 0; i < line; i++)
		str_split(rest, '\n', &text, &rest);
	text = str_trim(text);
	if (text.len && memchr(text.s, '\0', text.len))
		return 0;
	r->line_offs[line] = r->strings.len;
	buf_put(&r->strings, text.s, text.len);
	buf_putc(&r->strings, '\0');
	return r->line_offs[line];
}

static int take_funcs(struct reader *r, struct emit_code *c, struct cursor *items, u32 n, u32 sz)
{
	c->funcs = arena_new_n(r->a, struct img_func_info, n + 1);
	if (!c->funcs)
		return err_oom(r->err);
	for (u32 i = 0; i < n; i++) {
		struct cursor item = cursor_sub(items, sz);

		c->funcs[i].insn_off = cursor_u32(&item) / 8;
		c->funcs[i].type_id = cursor_u32(&item);
	}
	c->func_cnt = n;
	return 0;
}

static int take_lines(struct reader *r, struct emit_code *c, struct cursor *items, u32 n, u32 sz)
{
	c->lines = arena_new_n(r->a, struct img_line_info, n + 1);
	if (!c->lines)
		return err_oom(r->err);
	for (u32 i = 0; i < n; i++) {
		struct cursor item = cursor_sub(items, sz);
		struct img_line_info *l = &c->lines[i];

		l->insn_off = cursor_u32(&item) / 8;
		l->file_off = cursor_u32(&item);
		cursor_skip(&item, 4);
		l->line_col = cursor_u32(&item);
		l->line_off = line_off(r, l->line_col >> 10);
	}
	c->line_cnt = n;
	return 0;
}

/* A part of .BTF.ext: u32 record size; by section: u32 name, u32 count, records. */
static int take_info(struct reader *r, struct cursor part,
		     int (*take)(struct reader *r, struct emit_code *c, struct cursor *items, u32 n,
				 u32 sz))
{
	u32 sz = cursor_u32(&part);

	if (part.is_bad || sz < 8 || sz > 64)
		return broken(r, "has line information of an unknown form");
	while (cursor_left(&part)) {
		const char *name = btf_text(r, cursor_u32(&part));
		u32 n = cursor_u32(&part);
		struct cursor items = cursor_sub(&part, (size_t)n * sz);
		struct emit_code *c = find_code(r->obj, name);
		int rc;

		if (part.is_bad)
			return broken(r, "has line information that is cut short");
		rc = c ? take(r, c, &items, n, sz) : 0;
		if (rc)
			return rc;
	}
	return 0;
}

static int take_ext(struct reader *r)
{
	struct cursor c = cursor_over(r->ext->d_buf, r->ext->d_size), funcs, lines;
	u32 hdr_len, func_off, func_len, at, line_len;

	cursor_skip(&c, 4);
	hdr_len = cursor_u32(&c);
	func_off = cursor_u32(&c);
	func_len = cursor_u32(&c);
	at = cursor_u32(&c);
	line_len = cursor_u32(&c);
	c = cursor_over(r->ext->d_buf, r->ext->d_size);
	cursor_skip(&c, (size_t)hdr_len + func_off);
	funcs = cursor_sub(&c, func_len);
	c = cursor_over(r->ext->d_buf, r->ext->d_size);
	cursor_skip(&c, (size_t)hdr_len + at);
	lines = cursor_sub(&c, line_len);
	if (funcs.is_bad || lines.is_bad || c.is_bad)
		return broken(r, "has a .BTF.ext that is cut short");
	if (func_len) {
		int rc = take_info(r, funcs, take_funcs);

		if (rc)
			return rc;
	}
	return line_len ? take_info(r, lines, take_lines) : 0;
}

/* Bytes behind a type's header; -1: none that this compiler makes. */
static int type_tail(u32 kind, u32 vlen)
{
	switch (kind) {
	case BTF_KIND_PTR:
	case BTF_KIND_FUNC:
	case BTF_KIND_CONST:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
		return 0;
	case BTF_KIND_INT:
		return 4;
	case BTF_KIND_FUNC_PROTO:
		return vlen * sizeof(struct btf_param);
	default:
		return -1;
	}
}

/* The kernel wants names for a function's arguments. */
static int name_params(struct reader *r, u8 *types, u32 sz)
{
	u32 name = r->strings.len, at = 0;

	buf_put(&r->strings, "ctx", 4);
	while (at + sizeof(struct btf_type) <= sz) {
		struct btf_type t;
		struct btf_param p;
		int tail;

		memcpy(&t, types + at, sizeof(t));
		at += sizeof(t);
		tail = type_tail(BTF_INFO_KIND(t.info), BTF_INFO_VLEN(t.info));
		if (tail < 0 || at + tail > sz)
			return broken(r, "has types that are not expected");
		for (int i = 0; BTF_INFO_KIND(t.info) == BTF_KIND_FUNC_PROTO && i < tail;
		     i += sizeof(p)) {
			memcpy(&p, types + at + i, sizeof(p));
			p.name_off = name;
			memcpy(types + at + i, &p, sizeof(p));
		}
		at += tail;
	}
	return 0;
}

/* The types as they are but for names, the strings with the script's lines behind them. */
static int write_btf(struct reader *r)
{
	struct btf_header h = header_of(r);
	const u8 *from = (const u8 *)r->btf->d_buf + h.hdr_len + h.type_off;
	u8 *types = arena_dup(r->a, from, h.type_len);
	struct buf out;
	int rc;

	if (!types)
		return err_oom(r->err);
	rc = name_params(r, types, h.type_len);
	if (rc)
		return rc;
	if (r->strings.is_full)
		return err_oom(r->err);
	buf_init(&out, IMG_MAX_SZ);
	h.str_off = h.type_off + h.type_len;
	h.str_len = r->strings.len;
	buf_put(&out, &h, sizeof(h));
	buf_put(&out, types, h.type_len);
	buf_put(&out, r->strings.data, r->strings.len);
	r->obj->btf_sz = out.len;
	r->obj->btf = out.is_full ? NULL : arena_dup(r->a, out.data, out.len);
	buf_fini(&out);
	return r->obj->btf ? 0 : err_oom(r->err);
}

static bool header_is_sound(const struct reader *r)
{
	struct btf_header h;

	if (r->btf->d_size < sizeof(h))
		return false;
	h = header_of(r);
	return h.hdr_len == sizeof(h) && !h.type_off &&
	       (u64)h.hdr_len + h.type_len <= r->btf->d_size &&
	       (u64)h.hdr_len + h.str_off + h.str_len <= r->btf->d_size;
}

static int take_btf(struct reader *r)
{
	struct btf_header h;
	int rc;

	if (!r->btf || !r->ext)
		return 0;
	if (!header_is_sound(r))
		return broken(r, "has a strange .BTF");
	h = header_of(r);
	r->line_cnt = 2;
	for (size_t i = 0; i < r->script.len; i++)
		r->line_cnt += r->script.s[i] == '\n';
	if (r->line_cnt > LINES_MAX)
		r->line_cnt = LINES_MAX;
	r->line_offs = arena_new_n(r->a, u32, r->line_cnt);
	if (!r->line_offs)
		return err_oom(r->err);
	buf_put(&r->strings, (const u8 *)r->btf->d_buf + h.hdr_len + h.str_off, h.str_len);
	rc = take_ext(r);
	return rc ? rc : write_btf(r);
}

int emit_read_object(const void *elf, size_t sz, struct str script, struct arena *a,
		     struct emit_object *ret, struct err *err)
{
	struct reader r = { .a = a, .err = err, .script = script, .obj = ret };
	Elf_Scn *scn = NULL;
	size_t cnt = 0;
	int rc = 0;

	*ret = (struct emit_object){ 0 };
	buf_init(&r.strings, IMG_MAX_SZ);
	elf_version(EV_CURRENT);
	r.elf = elf_memory((char *)elf, sz);
	if (!r.elf || elf_getshdrnum(r.elf, &cnt) || elf_getshdrstrndx(r.elf, &r.names))
		rc = broken(&r, "is no ELF file");
	if (!rc) {
		ret->codes = arena_new_n(a, struct emit_code, cnt + 1);
		rc = ret->codes ? 0 : err_oom(err);
	}
	while (!rc && (scn = elf_nextscn(r.elf, scn)))
		rc = take_section(&r, scn);
	if (!rc)
		rc = take_btf(&r);
	if (r.elf)
		elf_end(r.elf);
	buf_fini(&r.strings);
	return rc;
}
