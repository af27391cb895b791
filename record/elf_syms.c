/*
 * record/elf_syms.c -- symbol tables to one sorted array.
 *
 *     .symtab, or else .dynsym and .gnu_debugdata -> entries by file offset -> the best one each
 *
 * A symbol's value is an address of the file's own; the segment it lies in makes an offset of it:
 *
 *     off = value - p_vaddr + p_offset
 *
 * Names stay where they are: an entry knows its string table and the place in it.  Invariants
 * (1) Entries are sorted by `off`, one an offset.
 * (2) `reach` of an entry is the end of the furthest-reaching one up to it: a search that goes
 *     backwards stops where nothing reaches far enough.
 * (3) Offsets and sizes lie within 2^62, so that their sum does not overflow.
 */
#include "record/elf_syms.h"

#include <elf.h>
#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/vec.h"
#include "record/elf_xz.h"

#define ELF_SYM_MAX	(8u << 20)
#define ELF_TABLE_MAX	(1ull << 29)
#define ELF_MINI_MAX	(64u << 20)
#define ELF_LOAD_MAX	64
#define ELF_SECTION_MAX 65536
#define ELF_NAME_MAX	(16u << 10)
#define ELF_BACK_MAX	1024
#define OFF_MAX		(1ull << 62)

struct load {
	u64 vaddr, off, filesz;
};

struct entry {
	u64 off, size, reach; /* (2) */
	u32 name; /* in the string table */
	u16 strtab; /* section of it */
	u8 is_mini; /* in the packed file */
	u8 rank; /* lower is better, of those at one offset */
};

struct elf_syms {
	Elf *elf, *mini;
	struct buf mini_data;
	struct load loads[ELF_LOAD_MAX];
	u32 load_cnt;
	struct vec entries; /* struct entry */
	u8 build_id[ELF_BUILD_ID_MAX];
	u32 build_id_len;
};

static int bad(struct err *err, const char *what)
{
	return err_set(err, -EBADMSG, "%s: %s", what, elf_errmsg(-1));
}

/* ---- segments and the build-id ---- */

static void take_load(struct elf_syms *e, const GElf_Phdr *ph)
{
	if (!(ph->p_flags & PF_X) || e->load_cnt == ELF_LOAD_MAX)
		return;
	if (ph->p_offset >= OFF_MAX || ph->p_filesz >= OFF_MAX) /* (3) */
		return;
	e->loads[e->load_cnt++] = (struct load){ ph->p_vaddr, ph->p_offset, ph->p_filesz };
}

static void take_notes(struct elf_syms *e, const GElf_Phdr *ph)
{
	Elf_Type type = ph->p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR;
	Elf_Data *d;
	GElf_Nhdr n;
	size_t at = 0, name, desc;

	if (ph->p_filesz > ELF_SECTION_MAX || e->build_id_len)
		return;
	d = elf_getdata_rawchunk(e->elf, (int64_t)ph->p_offset, ph->p_filesz, type);
	while (d && (at = gelf_getnote(d, at, &n, &name, &desc)) > 0) {
		if (n.n_type != NT_GNU_BUILD_ID || n.n_namesz != 4 ||
		    memcmp((const u8 *)d->d_buf + name, "GNU", 4) != 0)
			continue;
		if (n.n_descsz == 0 || n.n_descsz > ELF_BUILD_ID_MAX)
			continue;
		memcpy(e->build_id, (const u8 *)d->d_buf + desc, n.n_descsz);
		e->build_id_len = n.n_descsz;
		return;
	}
}

static int read_segments(struct elf_syms *e, struct err *err)
{
	size_t cnt;

	if (elf_getphdrnum(e->elf, &cnt))
		return bad(err, "program headers");
	if (cnt > ELF_SECTION_MAX)
		return err_set(err, -EBADMSG, "%zu program headers", cnt);
	for (size_t i = 0; i < cnt; i++) {
		GElf_Phdr ph;

		if (!gelf_getphdr(e->elf, (int)i, &ph))
			return bad(err, "program headers");
		if (ph.p_type == PT_LOAD)
			take_load(e, &ph);
		else if (ph.p_type == PT_NOTE)
			take_notes(e, &ph);
	}
	return 0;
}

/* ---- symbols ---- */

static bool to_offset(const struct elf_syms *e, u64 value, u64 *ret)
{
	for (u32 i = 0; i < e->load_cnt; i++) {
		const struct load *l = &e->loads[i];

		if (value >= l->vaddr && value - l->vaddr < l->filesz) {
			*ret = value - l->vaddr + l->off;
			return true;
		}
	}
	return false;
}

/* What people write is better than what the library calls it inside. */
static u8 rank_of(const GElf_Sym *sym, const char *name)
{
	unsigned int bind = GELF_ST_BIND(sym->st_info);
	u8 rank = sym->st_size == 0 ? 64 : 0;

	rank = (u8)(rank + (bind == STB_LOCAL ? 32 : 0));
	for (int i = 0; i < 8 && name[i] == '_'; i++)
		rank = (u8)(rank + 2);
	return (u8)(rank + (bind == STB_WEAK));
}

static bool is_function(const GElf_Sym *sym)
{
	unsigned int type = GELF_ST_TYPE(sym->st_info);

	return (type == STT_FUNC || type == STT_GNU_IFUNC) && sym->st_shndx != SHN_UNDEF &&
	       sym->st_name != 0 && sym->st_size < OFF_MAX;
}

static void add_symbol(struct elf_syms *e, Elf *elf, u32 strtab, const GElf_Sym *sym)
{
	const char *name;
	struct entry *en;
	u64 off;

	if (!is_function(sym) || !to_offset(e, sym->st_value, &off))
		return;
	name = elf_strptr(elf, strtab, sym->st_name);
	if (!name || !*name || *name == '@')
		return;
	en = vec_push(&e->entries);
	if (!en)
		return;
	*en = (struct entry){
		.off = off,
		.size = sym->st_size,
		.name = sym->st_name,
		.strtab = (u16)strtab,
		.is_mini = elf == e->mini,
		.rank = rank_of(sym, name),
	};
}

static void add_table(struct elf_syms *e, Elf *elf, Elf_Scn *scn, const GElf_Shdr *sh)
{
	size_t one = gelf_fsize(elf, ELF_T_SYM, 1, EV_CURRENT), cnt;
	Elf_Data *d;

	if (!one || sh->sh_size > ELF_TABLE_MAX || sh->sh_link >= ELF_SECTION_MAX)
		return;
	d = elf_getdata(scn, NULL);
	if (!d)
		return;
	cnt = d->d_size / one;
	for (size_t i = 1; i < cnt && i < ELF_SYM_MAX; i++) {
		GElf_Sym sym;

		if (gelf_getsym(d, (int)i, &sym))
			add_symbol(e, elf, sh->sh_link, &sym);
	}
}

/* The first section of a type, or (type SHT_NULL) of a name. */
static Elf_Scn *find_section(Elf *elf, u32 type, const char *name, GElf_Shdr *ret)
{
	Elf_Scn *scn = NULL;
	size_t strs, n = 0;

	if (elf_getshdrstrndx(elf, &strs))
		return NULL;
	while ((scn = elf_nextscn(elf, scn)) && n++ < ELF_SECTION_MAX) {
		const char *s;

		if (!gelf_getshdr(scn, ret))
			continue;
		if (!name && ret->sh_type == type)
			return scn;
		s = name ? elf_strptr(elf, strs, ret->sh_name) : NULL;
		if (s && !strcmp(s, name))
			return scn;
	}
	return NULL;
}

static bool add_tables_of(struct elf_syms *e, Elf *elf, u32 type)
{
	size_t before = e->entries.n;
	GElf_Shdr sh;
	Elf_Scn *scn = find_section(elf, type, NULL, &sh);

	if (scn)
		add_table(e, elf, scn, &sh);
	return e->entries.n > before;
}

/* What the packed file says is an addition: if it cannot be read, we do without. */
static void add_mini(struct elf_syms *e)
{
	GElf_Shdr sh;
	Elf_Scn *scn = find_section(e->elf, SHT_NULL, ".gnu_debugdata", &sh);
	Elf_Data *d;

	if (!scn || sh.sh_type != SHT_PROGBITS || sh.sh_size > ELF_MINI_MAX)
		return;
	d = elf_getdata(scn, NULL);
	if (!d || !d->d_buf || elf_xz_unpack(d->d_buf, d->d_size, &e->mini_data, NULL))
		return;
	e->mini = elf_memory((char *)e->mini_data.data, e->mini_data.len);
	if (e->mini && elf_kind(e->mini) == ELF_K_ELF &&
	    gelf_getclass(e->mini) == gelf_getclass(e->elf))
		add_tables_of(e, e->mini, SHT_SYMTAB);
}

static int cmp_entries(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;

	if (a->off != b->off)
		return a->off < b->off ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	if (a->size != b->size)
		return a->size > b->size ? -1 : 1;
	return a->name < b->name ? -1 : a->name > b->name;
}

static void sort_entries(struct elf_syms *e)
{
	struct entry *all = e->entries.items;
	size_t n = 0;
	u64 reach = 0;

	if (!e->entries.n)
		return;
	qsort(all, e->entries.n, sizeof(*all), cmp_entries);
	for (size_t i = 0; i < e->entries.n; i++) {
		u64 end = all[i].off + all[i].size;

		if (n && all[n - 1].off == all[i].off) /* (1) */
			continue;
		reach = end > reach ? end : reach;
		all[n] = all[i];
		all[n++].reach = reach; /* (2) */
	}
	e->entries.n = n;
}

/* ---- life ---- */

static int load(struct elf_syms *e, struct err *err)
{
	GElf_Ehdr eh;
	int rc;

	if (!e->elf || elf_kind(e->elf) != ELF_K_ELF)
		return err_set(err, -EBADMSG, "not an ELF file");
	if (!gelf_getehdr(e->elf, &eh))
		return bad(err, "ELF header");
	if (eh.e_type != ET_EXEC && eh.e_type != ET_DYN)
		return err_set(err, -EBADMSG, "not a program or library");
	rc = read_segments(e, err);
	if (rc)
		return rc;
	if (!add_tables_of(e, e->elf, SHT_SYMTAB)) {
		add_tables_of(e, e->elf, SHT_DYNSYM);
		add_mini(e);
	}
	sort_entries(e);
	return 0;
}

static struct elf_syms *syms_new(void)
{
	struct elf_syms *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	elf_version(EV_CURRENT);
	buf_init(&e->mini_data, ELF_MINI_MAX);
	vec_init(&e->entries, sizeof(struct entry), ELF_SYM_MAX);
	return e;
}

static int finish_open(struct elf_syms *e, struct elf_syms **ret, struct err *err)
{
	int rc = load(e, err);

	if (rc) {
		elf_syms_free(e);
		return rc;
	}
	*ret = e;
	return 0;
}

int elf_syms_open(int fd, struct elf_syms **ret, struct err *err)
{
	struct elf_syms *e = syms_new();

	if (!e)
		return err_oom(err);
	e->elf = elf_begin(fd, ELF_C_READ, NULL);
	return finish_open(e, ret, err);
}

int elf_syms_over(const void *p, size_t sz, struct elf_syms **ret, struct err *err)
{
	struct elf_syms *e = syms_new();

	if (!e)
		return err_oom(err);
	e->elf = elf_memory((char *)(uintptr_t)p, sz);
	return finish_open(e, ret, err);
}

void elf_syms_free(struct elf_syms *e)
{
	if (!e)
		return;
	elf_end(e->mini);
	elf_end(e->elf);
	buf_fini(&e->mini_data);
	vec_fini(&e->entries);
	free(e);
}

size_t elf_read_build_id(int fd, u8 ret[ELF_BUILD_ID_MAX])
{
	struct elf_syms *e = syms_new();
	size_t len = 0;

	if (!e)
		return 0;
	e->elf = elf_begin(fd, ELF_C_READ, NULL);
	if (e->elf && elf_kind(e->elf) == ELF_K_ELF && !read_segments(e, NULL)) {
		len = e->build_id_len;
		memcpy(ret, e->build_id, len);
	}
	elf_syms_free(e);
	return len;
}

/* ---- questions ---- */

/* Index of the last entry at or before @off, + 1; 0: none. */
static size_t search(const struct elf_syms *e, u64 off)
{
	const struct entry *all = e->entries.items;
	size_t lo = 0, hi = e->entries.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (all[mid].off <= off)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool fill(const struct elf_syms *e, const struct entry *en, struct elf_sym *ret)
{
	const char *name = elf_strptr(en->is_mini ? e->mini : e->elf, en->strtab, en->name);
	size_t len;

	if (!name)
		return false;
	len = strnlen(name, ELF_NAME_MAX);
	for (size_t i = 1; i < len; i++)
		if (name[i] == '@')
			len = i;
	*ret = (struct elf_sym){ en->off, en->size, { name, len } };
	return true;
}

bool elf_syms_find(const struct elf_syms *e, u64 off, struct elf_sym *ret)
{
	const struct entry *all = e->entries.items;
	size_t n = search(e, off);

	if (!n)
		return false;
	if (!all[n - 1].size) /* it may end anywhere before the next one */
		return fill(e, &all[n - 1], ret);
	for (size_t i = n, steps = 0; i > 0 && steps < ELF_BACK_MAX; i--, steps++) {
		if (all[i - 1].reach <= off) /* (2) */
			return false;
		if (off - all[i - 1].off < all[i - 1].size)
			return fill(e, &all[i - 1], ret);
	}
	return false;
}

u32 elf_syms_cnt(const struct elf_syms *e)
{
	return (u32)e->entries.n;
}

struct str elf_syms_build_id(const struct elf_syms *e)
{
	return (struct str){ (const char *)e->build_id, e->build_id_len };
}
