/*
 * tests/fuzz/fuzz_stacks.c -- any bytes as a tape: every stack is printed in every form, folded and
 * drawn, every name demangled.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "analyze/flame/flame.h"
#include "analyze/stackfold.h"
#include "analyze/symbol/stack_text.h"
#include "base/escape.h"
#include "base/io.h"
#include "tests/fuzz/tape_small.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t sz);

#define STACKS_MAX 200

static void print(struct symbols *s, u64 node, struct buf *out)
{
	static const struct stack_form forms[] = { { "bpftrace", 8 }, { "perf", 0 }, { "raw", 0 } };

	for (u32 i = 0; i < countof(forms); i++)
		stack_put_lines(s, node, &forms[i], out);
	stack_put_folded(s, node, out);
	stack_put_symbol(s, node, out);
	buf_reset(out);
}

/* Nothing that XML has no place for. */
static void check_xml(const struct buf *b)
{
	u32 len;

	for (size_t i = 0; i < b->len; i += len) {
		assert(b->data[i] >= 0x20 || b->data[i] == '\n' || b->data[i] == '\t');
		len = utf8_len(b->data + i, b->len - i);
		assert(len);
	}
}

static void draw(const struct stackfold *f, struct str title)
{
	struct flame_opts o = { .title = title, .unit = STR("samples") };
	const struct fold_node *nodes;
	struct sink svg;
	u32 n;

	nodes = stackfold_nodes(f, &n);
	sink_init(&svg, -1);
	if (n && !flame_put_svg(nodes, n, &o, &svg, NULL))
		check_xml(&svg.buf);
	sink_fini(&svg);
}

static void look(const struct tape_state *state)
{
	struct symbols *s = symbols_new(state);
	struct stackfold *f = s ? stackfold_new(s) : NULL;
	struct sink sink;
	struct buf out;

	buf_init(&out, 1 << 20);
	sink_init(&sink, -1);
	for (u32 i = 0; f && i <= state->stack_cnt && i < STACKS_MAX; i++) {
		u64 node = symbols_node(state, i);

		print(s, node, &out);
		if (stackfold_add(f, 0, i % 2 ? node : 0, node, i, NULL))
			break;
	}
	for (u32 i = 0; i < state->sym_cnt && i < STACKS_MAX; i++) {
		demangle(state->syms[i].name, &out);
		assert(out.len <= DEMANGLE_MAX);
		buf_reset(&out);
	}
	if (f && !stackfold_finish(f, NULL)) {
		stackfold_put_lines(f, &sink);
		draw(f, state->sym_cnt ? state->syms[0].name : STR("none"));
	}
	sink_fini(&sink);
	buf_fini(&out);
	stackfold_free(f);
	symbols_free(s);
}

/* Names are asked for while the tape grows, as a live answer does it, and at its end. */
static void read_all(struct tape_reader *r)
{
	struct tape_item it;
	u32 tables = 0;

	while (tape_reader_next(r, &it, NULL) > 0)
		if (it.kind == TAPE_ITEM_TABLES && ++tables % 16 == 0)
			look(tape_reader_state(r));
	look(tape_reader_state(r));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t sz)
{
	struct tape_reader_opts o = fuzz_reader_opts();
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct tape_reader *r;

	if (fd < 0)
		return 0;
	o.ignore_crc = true;
	if (!io_write_full(fd, data, sz) && !lseek(fd, 0, SEEK_SET) &&
	    !tape_reader_open(fd, &o, &r, NULL)) {
		read_all(r);
		tape_reader_close(r);
	} else {
		close(fd);
	}
	return 0;
}
