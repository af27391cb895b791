/*
 * record/bpf_text.c -- a disassembler for what our compiler makes.
 *
 * A table for each field of an instruction.  What is in none of them is printed as its bytes.
 */
#include "record/bpf_text.h"

#include <inttypes.h>
#include <linux/bpf.h>

static const char *const sizes[] = { "u32", "u16", "u8", "u64" }; /* by code >> 3 & 3 */

static const char *const alu_ops[16] = {
	"+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=", NULL, "%=", "^=", "=", "s>>=",
};

static const char *const jump_ops[16] = {
	NULL, "==", ">", ">=", "&", "!=", "s>", "s>=", NULL, NULL, "<", "<=", "s<", "s<=",
};

#define HELPER(x) [BPF_FUNC_##x] = #x
static const char *const helpers[] = { __BPF_FUNC_MAPPER(HELPER) };
#undef HELPER

static const char *size_of(const struct bpf_insn *in)
{
	return sizes[in->code >> 3 & 3];
}

/* A 64-bit constant, or an address in a map of the image. */
static void put_wide(const struct bpf_image *img, const struct bpf_insn *in, struct buf *out)
{
	u64 v = (u32)in[0].imm | (u64)(u32)in[1].imm << 32;
	bool is_map = in->src_reg == BPF_PSEUDO_MAP_IDX || in->src_reg == BPF_PSEUDO_MAP_IDX_VALUE;

	buf_printf(out, "r%u = ", in->dst_reg);
	if (!is_map || (u32)in->imm >= img->map_cnt)
		buf_printf(out, "0x%" PRIx64, v);
	else if (in->src_reg == BPF_PSEUDO_MAP_IDX)
		buf_printf(out, "map %s", img->maps[in->imm].name);
	else
		buf_printf(out, "map %s value +%u", img->maps[in->imm].name, (u32)in[1].imm);
}

static void put_alu(const struct bpf_insn *in, struct buf *out)
{
	char reg = BPF_CLASS(in->code) == BPF_ALU64 ? 'r' : 'w';
	const char *op = alu_ops[BPF_OP(in->code) >> 4];

	if (BPF_OP(in->code) == BPF_NEG)
		buf_printf(out, "%c%u = -%c%u", reg, in->dst_reg, reg, in->dst_reg);
	else if (BPF_OP(in->code) == BPF_END)
		buf_printf(out, "r%u = %s%d r%u", in->dst_reg,
			   BPF_SRC(in->code) == BPF_TO_BE ? "be" : "le", in->imm, in->dst_reg);
	else if (!op)
		buf_printf(out, "code 0x%02x", in->code);
	else if (BPF_SRC(in->code) == BPF_X)
		buf_printf(out, "%c%u %s %c%u", reg, in->dst_reg, op, reg, in->src_reg);
	else
		buf_printf(out, "%c%u %s %d", reg, in->dst_reg, op, in->imm);
}

static void put_call(const struct bpf_insn *in, u32 at, struct buf *out)
{
	if (in->src_reg == BPF_PSEUDO_CALL)
		buf_printf(out, "call %d", (s32)at + 1 + in->imm);
	else if (in->src_reg)
		buf_printf(out, "call kernel function %d", in->imm);
	else if ((u32)in->imm < countof(helpers) && helpers[in->imm])
		buf_printf(out, "call %s", helpers[in->imm]);
	else
		buf_printf(out, "call helper %d", in->imm);
}

static void put_jump(const struct bpf_insn *in, u32 at, struct buf *out)
{
	char reg = BPF_CLASS(in->code) == BPF_JMP ? 'r' : 'w';
	const char *op = jump_ops[BPF_OP(in->code) >> 4];
	s32 to = (s32)at + 1 + in->off;

	if (BPF_OP(in->code) == BPF_CALL)
		put_call(in, at, out);
	else if (BPF_OP(in->code) == BPF_EXIT)
		buf_puts(out, "exit");
	else if (BPF_OP(in->code) == BPF_JA)
		buf_printf(out, "goto %d", to);
	else if (!op)
		buf_printf(out, "code 0x%02x", in->code);
	else if (BPF_SRC(in->code) == BPF_X)
		buf_printf(out, "if %c%u %s %c%u goto %d", reg, in->dst_reg, op, reg, in->src_reg,
			   to);
	else
		buf_printf(out, "if %c%u %s %d goto %d", reg, in->dst_reg, op, in->imm, to);
}

static void put_place(const struct bpf_insn *in, u32 base, struct buf *out)
{
	buf_printf(out, "*(%s *)(r%u %+d)", size_of(in), base, in->off);
}

static void put_store(const struct bpf_insn *in, struct buf *out)
{
	bool is_atomic = BPF_CLASS(in->code) == BPF_STX && BPF_MODE(in->code) == BPF_ATOMIC;

	if (is_atomic)
		buf_printf(out, "atomic 0x%x ", (u32)in->imm);
	put_place(in, in->dst_reg, out);
	if (BPF_CLASS(in->code) == BPF_ST)
		buf_printf(out, " = %d", in->imm);
	else
		buf_printf(out, " %s r%u", is_atomic ? "," : "=", in->src_reg);
}

static void put_insn(const struct bpf_image *img, const struct bpf_insn *in, u32 at,
		     struct buf *out)
{
	switch (BPF_CLASS(in->code)) {
	case BPF_LD:
		put_wide(img, in, out);
		break;
	case BPF_LDX:
		buf_printf(out, "r%u = ", in->dst_reg);
		put_place(in, in->src_reg, out);
		break;
	case BPF_ST:
	case BPF_STX:
		put_store(in, out);
		break;
	case BPF_ALU:
	case BPF_ALU64:
		put_alu(in, out);
		break;
	default:
		put_jump(in, at, out);
	}
}

static bool is_wide(const struct bpf_insn *in)
{
	return in->code == (BPF_LD | BPF_DW | BPF_IMM);
}

void bpf_text_prog(const struct bpf_image *img, const struct img_prog *p, struct buf *out)
{
	u32 line = 0, last = 0;

	buf_printf(out, "program %s, %u instructions\n", p->name, p->insn_cnt);
	for (u32 i = 0; i < p->insn_cnt; i++) {
		const struct bpf_insn *in = &p->insns[i];

		for (; line < p->line_cnt && p->lines[line].insn_off <= i; line++) {
			const struct img_line_info *l = &p->lines[line];
			const char *text = image_btf_str(img, l->line_off);

			if (l->line_col >> 10 != last && text)
				buf_printf(out, "; %u: %s\n", l->line_col >> 10, text);
			last = l->line_col >> 10;
		}
		if (is_wide(in) && i + 1 == p->insn_cnt)
			break;
		buf_printf(out, "%5u  ", i);
		put_insn(img, in, i, out);
		buf_putc(out, '\n');
		i += is_wide(in);
	}
	buf_putc(out, '\n');
}
