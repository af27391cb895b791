/*
 * tests/fuzz/fuzz_image.c -- any bytes as an image from the compiling child: what is accepted may
 * be used without another look, and is the same when written and read once more.
 *
 * Inputs are without magic and version.
 */
#include <assert.h>
#include <linux/bpf.h>
#include <string.h>

#include "record/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t sz);

/* Whatever a loader touches; a wrong place is an error that a sanitizer sees. */
static u64 sum_bytes(const void *p, size_t sz)
{
	const u8 *b = p;
	u64 sum = 0;

	for (size_t i = 0; i < sz; i++)
		sum += b[i];
	return sum;
}

static u64 sum_maps(const struct bpf_image *img)
{
	u64 sum = 0;

	for (u32 i = 0; i < img->map_cnt; i++) {
		const struct img_map *m = &img->maps[i];

		assert(m->role < IMG_MAP_ROLE_CNT && strlen(m->name) <= IMG_NAME_MAX);
		assert(!m->init_sz || (m->init && m->init_sz == m->value_sz));
		sum += sum_bytes(m->init, m->init_sz);
	}
	return sum;
}

static void check_insn(const struct bpf_image *img, const struct img_prog *p, u32 *i)
{
	const struct bpf_insn *insn = &p->insns[*i];

	if (insn->code == (BPF_JMP | BPF_CALL))
		assert(insn->src_reg == 0 || insn->src_reg == BPF_PSEUDO_CALL);
	if (insn->code != (BPF_LD | BPF_DW | BPF_IMM))
		return;
	assert(*i + 1 < p->insn_cnt);
	if (insn->src_reg == BPF_PSEUDO_MAP_IDX || insn->src_reg == BPF_PSEUDO_MAP_IDX_VALUE)
		assert(insn->imm >= 0 && (u32)insn->imm < img->map_cnt);
	else
		assert(insn->src_reg == 0 || insn->src_reg == BPF_PSEUDO_FUNC);
	++*i;
}

static u64 sum_progs(const struct bpf_image *img)
{
	u64 sum = 0;

	for (u32 i = 0; i < img->prog_cnt; i++) {
		const struct img_prog *p = &img->progs[i];

		assert(p->kind < IMG_PROG_KIND_CNT && strlen(p->name) <= IMG_NAME_MAX);
		for (u32 k = 0; k < p->insn_cnt; k++)
			check_insn(img, p, &k);
		sum += strlen(p->target) + sum_bytes(p->funcs, p->func_cnt * sizeof(*p->funcs)) +
		       sum_bytes(p->lines, p->line_cnt * sizeof(*p->lines));
		for (u32 k = 0; k < p->line_cnt; k++)
			sum += image_btf_str(img, p->lines[k].line_off) != NULL;
	}
	return sum;
}

static u64 sum_attaches(const struct bpf_image *img)
{
	u64 sum = 0;

	for (u32 i = 0; i < img->attach_cnt; i++) {
		const struct img_attach *a = &img->attaches[i];

		assert(a->kind < IMG_ATTACH_KIND_CNT && a->prog < img->prog_cnt);
		sum += strlen(a->category) + strlen(a->event);
	}
	for (u32 i = 0; i < img->tail_cnt; i++) {
		const struct img_tail *t = &img->tails[i];

		assert(t->map < img->map_cnt && t->prog < img->prog_cnt);
		assert(t->key < img->maps[t->map].max_entries);
	}
	return sum + sum_bytes(img->btf, img->btf_sz);
}

static void check_writes_back(const struct bpf_image *img)
{
	struct bpf_image again;
	struct buf one, two;
	struct arena a;
	int rc;

	buf_init(&one, IMG_MAX_SZ);
	buf_init(&two, IMG_MAX_SZ);
	arena_init(&a, 64 << 20);
	image_write(img, &one);
	rc = image_parse(one.data, one.len, &a, &again, NULL);
	assert(!rc);
	image_write(&again, &two);
	assert(one.len == two.len && !memcmp(one.data, two.data, one.len));
	arena_fini(&a);
	buf_fini(&one);
	buf_fini(&two);
}

/* The input behind today's magic and version, so that a corpus outlives a version. */
static void take_input(const uint8_t *data, size_t sz, struct buf *ret)
{
	static const struct bpf_image none;

	image_write(&none, ret);
	assert(ret->len > 8);
	ret->len = 8;
	buf_put(ret, data, sz);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t sz)
{
	struct bpf_image img;
	struct buf in;
	struct arena a;
	struct err err = { 0 };
	volatile u64 sum = 0;
	int rc;

	arena_init(&a, 64 << 20);
	buf_init(&in, IMG_MAX_SZ);
	take_input(data, sz, &in);
	rc = image_parse(in.data, in.len, &a, &img, &err);
	assert(rc == 0 || (rc < 0 && err.msg[0]));
	if (!rc) {
		sum += sum_maps(&img) + sum_progs(&img) + sum_attaches(&img);
		check_writes_back(&img);
	}
	buf_fini(&in);
	arena_fini(&a);
	return 0;
}
