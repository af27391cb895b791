/*
 * record/bpf_emit_route.c -- which kind of program serves a probe.
 *
 * A raw tracepoint is used where it is the same as the perf one (it costs less, loses nothing that
 * happens while another program runs, and parts 700 times faster):
 *   - the clause reads no args of it,
 *   - raw_syscalls:*,
 *   - syscalls:*, by number,
 *   - what it reads is covered by the table of record/tp_equiv_rows.c.
 */
#include <string.h>

#include "record/bpf_emit.h"
#include "record/syscall_nr.h"

#define RAW_PROBES_MAX 128 /* of a clause: each is a program of its own */

int emit_probe_nr(const struct probe *p)
{
	const char *s = p->event;

	if (!strncmp(s, "sys_enter_", 10))
		return syscall_nr_find(s + 10);
	return !strncmp(s, "sys_exit_", 9) ? syscall_nr_find(s + 9) : -1;
}

/* ---- fields that the call behind a tracepoint has as well ---- */

static const struct tp_event *equiv_of(const struct emit *e, const struct probe *p)
{
	return e->o->equivs ? e->o->equivs[p->id] : NULL;
}

static bool is_args(const struct node *n)
{
	return n->kind == NODE_BUILTIN && n->builtin.b->id == BI_ARGS;
}

/* All that the clause reads of the record; false: that is not known. */
static bool each_field(const struct inst *in, bool (*is_fine)(void *ctx, const char *name),
		       void *ctx)
{
	u32 whole = 0;

	for (u32 i = 0; i < in->node_cnt; i++) {
		const struct node *n = in->nodes[i];

		whole += is_args(n);
		if (n->kind != NODE_FIELD || !is_args(n->field.base))
			continue;
		whole--;
		if (!is_fine(ctx, n->field.name))
			return false;
	}
	for (u32 i = 0; whole && i < in->args->field_cnt; i++) {
		if (!is_fine(ctx, in->args->fields[i].name))
			return false;
	}
	return true;
}

static bool is_covered(void *ctx, const char *name)
{
	return tp_event_find(ctx, name) != NULL;
}

struct equiv_pair {
	const struct tp_event *a, *b;
};

static bool is_equal(void *ctx, const char *name)
{
	struct equiv_pair *p = ctx;
	const struct tp_value *a = tp_event_find(p->a, name), *b = tp_event_find(p->b, name);

	return a && b && tp_value_eq(a, b);
}

/*
 * One function serves all probes of the clause that are attached to calls, so they have to be
 * covered in the same way as the first that is covered.
 */
const struct tp_event *emit_equiv(const struct emit *e, const struct inst *in,
				  const struct probe *p)
{
	struct equiv_pair pair = { .b = equiv_of(e, p) };

	if (e->o->mixes_routes && in->idx % 2)
		return NULL;
	for (u32 i = 0; !pair.a && i < in->probe_cnt; i++) {
		const struct tp_event *ev = equiv_of(e, in->probes[i]);

		if (ev && each_field(in, is_covered, (void *)ev))
			pair.a = ev;
	}
	return pair.a && pair.b && each_field(in, is_equal, &pair) ? pair.b : NULL;
}

static enum bpf_source tracepoint_route(const struct emit *e, const struct inst *in,
					const struct probe *p)
{
	const struct machine_facts *m = e->o->facts;
	bool is_enter = !strncmp(p->event, "sys_enter", 9);
	int nr;

	if (!m->has_btf)
		return BPF_SRC_TP;
	if (!strcmp(p->category, "raw_syscalls"))
		return m->has_syscalls ? (is_enter ? BPF_SRC_RAW_ENTER : BPF_SRC_RAW_EXIT) :
					 BPF_SRC_TP;
	if (!strcmp(p->category, "syscalls")) {
		nr = emit_probe_nr(p);
		if (!m->has_syscalls || nr < 0 || nr >= CAP_NR_MAX)
			return BPF_SRC_TP;
		return is_enter ? BPF_SRC_SYS_ENTER : BPF_SRC_SYS_EXIT;
	}
	if (in->probe_cnt > RAW_PROBES_MAX || !machine_facts_raw_event(m, p->event) ||
	    (in->args && !emit_equiv(e, in, p)))
		return BPF_SRC_TP;
	return BPF_SRC_RAW;
}

enum bpf_source emit_route(const struct emit *e, const struct inst *in, const struct probe *p)
{
	if (e->o->for_test_run)
		return p->kind == PROBE_END ? BPF_SRC_CNT : BPF_SRC_TEST;
	switch (p->kind) {
	case PROBE_BEGIN:
		return BPF_SRC_RUN;
	case PROBE_INTERVAL:
		return BPF_SRC_PERF;
	case PROBE_PROFILE:
	case PROBE_SOFTWARE:
		return BPF_SRC_SAMPLE;
	case PROBE_TRACEPOINT:
		return tracepoint_route(e, in, p);
	case PROBE_RAWTRACEPOINT:
		return BPF_SRC_RAW;
	default:
		return BPF_SRC_CNT;
	}
}
