/*
 * Stacks and symbols as text, as bpftrace writes them:
 *
 *	bpftrace	"        name+12\n"		0x7f00 without a name
 *	perf		"\t7f00 name+12 (/path)\n"	"\t7f00 name+12\n" in the kernel
 *	raw		"7f00\n"
 *
 * What has no name is given by its place in the file, file+0x1f00, which means the same on any
 * machine and in any process; bpftrace has the bare address there.
 */
#include "analyze/symbol/stack_text.h"

#include <inttypes.h>
#include <string.h>

static const char unknown[] = "[unknown stack]";

static bool is_kernel(const struct tape_file *file)
{
	return file && (file->kind == TAPE_FILE_KERNEL || file->kind == TAPE_FILE_MODULE ||
			file->kind == TAPE_FILE_BPF);
}

static void put_name_off(struct symbols *s, u32 frame, const struct frame_info *f, struct buf *out)
{
	symbols_put_name(s, frame, out);
	if (f->name.s && f->name.len)
		buf_printf(out, "+%" PRIu64, f->name_off);
}

static u64 ip_of(const struct frame_info *f)
{
	return f->addr || f->file ? f->addr : f->off;
}

static void put_perf(struct symbols *s, u32 frame, const struct frame_info *f, struct buf *out)
{
	struct str path = f->file && f->file->path.s ? f->file->path : STR("[unknown]");

	buf_printf(out, "\t%" PRIx64 " ", ip_of(f));
	put_name_off(s, frame, f, out);
	if (!is_kernel(f->file))
		buf_printf(out, " (" STR_FMT ")", STR_ARG(path));
}

static void put_line(struct symbols *s, u32 frame, const struct stack_form *form, struct buf *out)
{
	const char *mode = form->mode ? form->mode : "";
	struct frame_info f;

	symbols_frame(s, frame, &f);
	if (!strcmp(mode, "perf")) {
		put_perf(s, frame, &f, out);
	} else if (!strcmp(mode, "raw") && (ip_of(&f) || !f.file)) {
		buf_printf(out, "%" PRIx64, ip_of(&f));
	} else {
		buf_fill(out, ' ', form->indent);
		put_name_off(s, frame, &f, out);
	}
	buf_putc(out, '\n');
}

void stack_put_lines(struct symbols *s, u64 node, const struct stack_form *form, struct buf *out)
{
	u32 frames[SYMBOLS_DEPTH_MAX], n;

	buf_putc(out, '\n');
	if (!node)
		return;
	n = s ? symbols_frames(s, node, frames) : 0;
	for (u32 i = 0; i < n; i++)
		put_line(s, frames[i], form, out);
	if (!n) {
		buf_fill(out, ' ', form->indent);
		buf_printf(out, "%s\n", unknown);
	}
}

void stack_put_plain(struct str name, struct buf *out)
{
	size_t len = name.s ? name.len : 0, end = len;

	while (end && (name.s[end - 1] == ' ' || name.s[end - 1] == '\t'))
		end--;
	for (size_t i = 0; i < len; i++) {
		u8 c = (u8)name.s[i];

		if (c == ';')
			buf_putc(out, ':');
		else
			buf_putc(out, c < 32 || c == 127 || i >= end ? '_' : (char)c);
	}
	if (!len)
		buf_putc(out, '_');
}

void stack_put_folded(struct symbols *s, u64 node, struct buf *out)
{
	u32 frames[SYMBOLS_DEPTH_MAX], n;
	struct buf name;

	if (!node)
		return;
	n = s ? symbols_frames(s, node, frames) : 0;
	if (!n)
		buf_puts(out, unknown);
	buf_init(&name, DEMANGLE_MAX + TAPE_MAX_STR);
	for (u32 i = n; i > 0; i--) {
		buf_reset(&name);
		symbols_put_name(s, frames[i - 1], &name);
		stack_put_plain((struct str){ (const char *)name.data, name.len }, out);
		if (i > 1)
			buf_putc(out, ';');
	}
	buf_fini(&name);
}

void stack_put_symbol(struct symbols *s, u64 node, struct buf *out)
{
	u32 frames[SYMBOLS_DEPTH_MAX];

	if (!node)
		buf_puts(out, "0x0");
	else if (!s || !symbols_frames(s, node, frames))
		buf_puts(out, "[unknown]");
	else
		symbols_put_name(s, frames[0], out);
}
