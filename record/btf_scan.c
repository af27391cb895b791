/*
 * record/btf_scan.c -- see the header.  Every length is checked: the bytes may come from anywhere.
 */
#include "record/btf_scan.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"

#define BTF_MAX (256u << 20)

int btf_scan_over(struct btf_scan *s, const void *p, size_t sz, struct err *err)
{
	struct btf_header h;

	if (sz < sizeof(h))
		return err_set(err, -EBADMSG, "the kernel's BTF is cut short");
	memcpy(&h, p, sizeof(h));
	if (h.magic != BTF_MAGIC || (h.hdr_len + h.type_off) % 4 ||
	    (u64)h.hdr_len + h.type_off + h.type_len > sz ||
	    (u64)h.hdr_len + h.str_off + h.str_len > sz)
		return err_set(err, -EBADMSG, "the kernel's BTF is malformed");
	*s = (struct btf_scan){ .data = p, .sz = sz };
	s->types = s->data + h.hdr_len + h.type_off;
	s->types_end = s->types + h.type_len;
	s->strings = (const char *)s->data + h.hdr_len + h.str_off;
	s->strings_sz = h.str_len;
	/* texts end inside */
	if (!s->strings_sz || s->strings[s->strings_sz - 1])
		return err_set(err, -EBADMSG, "the strings of the kernel's BTF have no end");
	return 0;
}

/* NULL: it cannot be mapped. */
static void *map_file(const char *path, size_t *ret_sz)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *p = MAP_FAILED;

	if (fd < 0)
		return NULL;
	if (!fstat(fd, &st) && st.st_size > 0) {
		p = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
		*ret_sz = st.st_size;
	}
	close(fd);
	return p == MAP_FAILED ? NULL : p;
}

int btf_scan_open(struct btf_scan *s, const char *path, struct err *err)
{
	size_t sz = 0;
	void *p = map_file(path, &sz);
	struct buf b;
	int rc;

	if (p) {
		rc = btf_scan_over(s, p, sz, err);
		if (rc)
			munmap(p, sz);
		else
			s->is_mapped = true;
		return rc;
	}
	buf_init(&b, BTF_MAX);
	rc = io_read_file(path, &b, err);
	if (!rc)
		rc = btf_scan_over(s, b.data, b.len, err);
	if (rc)
		buf_fini(&b);
	return rc;
}

void btf_scan_close(struct btf_scan *s)
{
	if (s->is_mapped)
		munmap((void *)s->data, s->sz);
	else
		free((void *)s->data);
	*s = (struct btf_scan){ 0 };
}

/* Bytes behind the head of a type; -1: a kind that is not known. */
static ssize_t tail_sz(u32 info)
{
	size_t n = BTF_INFO_VLEN(info);

	switch (BTF_INFO_KIND(info)) {
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		return 0;
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return 4;
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_DATASEC:
	case BTF_KIND_ENUM64:
		return n * 12;
	case BTF_KIND_ENUM:
	case BTF_KIND_FUNC_PROTO:
		return n * 8;
	default:
		return -1;
	}
}

const struct btf_type *btf_scan_next(const struct btf_scan *s, struct btf_scan_pos *pos)
{
	size_t left = s->types_end - s->types - pos->off;
	const struct btf_type *t = (const void *)(s->types + pos->off);
	ssize_t tail;

	if (left < sizeof(*t))
		return NULL;
	tail = tail_sz(t->info);
	if (tail < 0 || left - sizeof(*t) < (size_t)tail)
		return NULL;
	pos->off += sizeof(*t) + tail;
	pos->id++;
	return t;
}

const char *btf_scan_str(const struct btf_scan *s, u32 off)
{
	return off < s->strings_sz ? s->strings + off : "";
}

int btf_scan_member(const struct btf_scan *s, const struct btf_type *t, const char *name)
{
	const struct btf_member *m = (const void *)(t + 1);

	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++, m++) {
		u32 bits = BTF_INFO_KFLAG(t->info) ? BTF_MEMBER_BIT_OFFSET(m->offset) : m->offset;

		if (!strcmp(btf_scan_str(s, m->name_off), name))
			return bits / 8;
	}
	return -ENOENT;
}
