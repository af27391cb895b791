/*
 * record/bpf_emit_progs.c -- which functions a plan needs, which programs they become, and where
 * those attach.
 *
 * Of system calls (attached raw, see bpf_emit_route.c), one clause selects its numbers itself.
 * Several share one program that jumps to the first clause for the number; each clause jumps on to
 * the next one in source order:
 *
 *   PROG_ARRAY  row 0     [number] -> first clause
 *               row k + 1 [number] -> the clause behind clause k
 *
 * A chain ends after CAP_CHAIN_MAX clauses; a second dispatcher, attached behind the first, begins
 * another one, with a row of its own for its first clauses.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

#include "lang/soft_event.h"
#include "record/bpf/capture_rt.h"
#include "record/bpf_emit.h"

/* ---- names ---- */

static void put_name(char *out, size_t sz, const char *prefix, const char *s)
{
	size_t n = strlen(prefix);

	memcpy(out, prefix, n);
	for (; *s && n + 1 < sz; s++) {
		bool is_plain = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
				(*s >= '0' && *s <= '9') || *s == '_';

		out[n++] = is_plain ? *s : '_';
	}
	out[n] = '\0';
}

static void name_fn(struct emit *e, struct emit_fn *f)
{
	const struct probe *p = f->probes[0];
	const char *s = p->event ? p->event : p->name;
	char prefix[16];
	u32 i = e->fns.n - 1, n = 0;

	prefix[n++] = 'p';
	for (u32 d = 10000; d; d /= 10) {
		if (i >= d || d == 1)
			prefix[n++] = '0' + i / d % 10;
	}
	prefix[n++] = '_';
	prefix[n] = '\0';
	put_name(f->name, sizeof(f->name), prefix, s);
	prefix[0] = 's';
	put_name(f->section, sizeof(f->section), prefix, "");
	put_name(f->prog_name, sizeof(f->prog_name), "", s);
}

/* ---- functions ---- */

static bool is_sys(const struct emit_fn *f)
{
	return f->fn.src == BPF_SRC_SYS_ENTER || f->fn.src == BPF_SRC_SYS_EXIT;
}

static u32 new_set(struct emit *e)
{
	u32 off = e->numbers.len;

	buf_fill(&e->numbers, 0, CAP_NR_MAX / 8);
	return off;
}

static void set_add(struct emit *e, u32 off, u32 nr)
{
	if (!e->numbers.is_full)
		e->numbers.data[off + nr / 8] |= 1u << nr % 8;
}

/* Numbers of a function, as constants or as a set; probe ids by number if it serves several. */
static void fill_numbers(struct emit *e, struct emit_fn *f)
{
	struct bpf_numbers *n = &f->fn.numbers;

	n->cnt = f->probe_cnt;
	n->set_off = f->probe_cnt > countof(n->nr) ? new_set(e) : 0;
	if (f->table->inst->probe_cnt > 1) {
		n->ids_off = e->numbers.len;
		buf_fill(&e->numbers, 0, CAP_NR_MAX * 4);
	}
	for (u32 i = 0; i < f->probe_cnt; i++) {
		u32 nr = emit_probe_nr(f->probes[i]);

		if (i < countof(n->nr))
			n->nr[i] = nr;
		if (f->probe_cnt > countof(n->nr))
			set_add(e, n->set_off, nr);
		if (f->table->inst->probe_cnt > 1 && !e->numbers.is_full)
			memcpy(e->numbers.data + n->ids_off + nr * 4, &f->probes[i]->id, 4);
	}
}

/*
 * Does it fire for a task that is not the running one?  A switch from one of our threads to a
 * traced task is the traced task's event, and so is an interrupt that meets one of ours.
 */
static bool concerns_others(const struct probe *p)
{
	static const char *const categories[] = { "sched", "irq",   "irq_vectors", "timer",
						  "ipi",   "power", "rcu" };
	static const char *const events[] = { "sched_",	  "irq_", "softirq_", "timer_",
					      "hrtimer_", "ipi_", "rcu_",     "cpu_" };

	if (p->kind == PROBE_PROFILE)
		return true;
	for (size_t i = 0; i < countof(categories); i++) {
		if (p->category && !strcmp(p->category, categories[i]))
			return true;
	}
	for (size_t i = 0; p->kind == PROBE_RAWTRACEPOINT && i < countof(events); i++) {
		if (!strncmp(p->event, events[i], strlen(events[i])))
			return true;
	}
	return false;
}

static bool any_concerns_others(const struct emit_fn *f)
{
	for (u32 i = 0; i < f->probe_cnt; i++) {
		if (concerns_others(f->probes[i]))
			return true;
	}
	return false;
}

static int add_fn(struct emit *e, const struct plan_table *t, enum bpf_source src)
{
	const struct inst *in = t->inst;
	struct emit_fn *f = vec_push(&e->fns);
	int rc;

	if (!f)
		return err_set(e->err, -E2BIG, "too many clauses");
	f->table = t;
	f->prog = -1;
	f->probes = arena_new_n(&e->arena, const struct probe *, in->probe_cnt);
	if (!f->probes)
		return err_oom(e->err);
	for (u32 i = 0; i < in->probe_cnt; i++) {
		if (emit_route(e, in, in->probes[i]) == src)
			f->probes[f->probe_cnt++] = in->probes[i];
	}
	f->fn = (struct bpf_fn){ .src = src,
				 .facts = e->o->facts,
				 .kmap_idx = e->kmap_idx,
				 .stack_maps = e->stack_maps,
				 .path_offs = e->path_offs,
				 .quantum = e->o->quantum,
				 .keep_self = e->o->keep_self || any_concerns_others(f) };
	if (src == BPF_SRC_RAW && in->args && f->probes[0]->kind == PROBE_TRACEPOINT)
		f->fn.equiv = emit_equiv(e, in, f->probes[0]);
	name_fn(e, f);
	rc = row_layout_init(t, &e->arena, &f->fn.layout, e->err);
	if (rc)
		return rc;
	f->fn.slots = arena_new_n(&e->arena, LLVMValueRef, f->fn.layout.word_cnt + 1);
	f->fn.set = arena_new_n(&e->arena, LLVMValueRef, f->fn.layout.set_cnt + 1);
	if (!f->fn.slots || !f->fn.set)
		return err_oom(e->err);
	if (is_sys(f))
		fill_numbers(e, f);
	return 0;
}

/* One function for each kind of program that the clause's probes need. */
static int add_clause(struct emit *e, const struct plan_table *t)
{
	const struct inst *in = t->inst;
	bool has[BPF_SRC_CNT + 1] = { 0 };
	int rc = 0;

	if (!t->emits && !t->runs_in_kernel)
		return 0;
	if (in->probe_cnt && in->probes[0]->kind == PROBE_BEGIN && !t->runs_in_kernel &&
	    !e->o->for_test_run)
		return 0;
	for (u32 i = 0; i < in->probe_cnt; i++)
		has[emit_route(e, in, in->probes[i])] = true;
	for (int s = 0; !rc && s < BPF_SRC_CNT; s++) {
		if (has[s])
			rc = add_fn(e, t, s);
	}
	return rc;
}

u32 emit_chain_set(const struct emit *e, int dir, u32 i)
{
	return e->chain_set_off[dir] + i * (CAP_NR_MAX / 8);
}

u32 emit_chain_head(const struct emit *e, int dir, u32 i)
{
	return i ? e->chain_head[dir] + i - 1 : 0;
}

/* Chain i has the numbers with more than i * CAP_CHAIN_MAX clauses. */
static void fill_chain_sets(struct emit *e, int dir, const u16 *clauses)
{
	bool is_more = true;

	for (u32 i = 0; is_more; i++) {
		u32 off = new_set(e), nr = 0;

		if (!i)
			e->chain_set_off[dir] = off;
		e->chain_cnt[dir] = i + 1;
		is_more = false;
		for (; nr < CAP_NR_MAX; nr++) {
			if (clauses[nr] > i * CAP_CHAIN_MAX)
				set_add(e, off, nr);
			is_more |= clauses[nr] > (i + 1) * CAP_CHAIN_MAX;
		}
	}
}

/* More than one clause of system calls in one direction: they are chained. */
static void chain(struct emit *e, enum bpf_source src)
{
	int dir = src == BPF_SRC_SYS_EXIT;
	u16 clauses[CAP_NR_MAX] = { 0 };
	u32 n = 0;

	for (size_t i = 0; i < e->fns.n; i++)
		n += vec_get(&e->fns, struct emit_fn, i)->fn.src == src;
	if (n < 2)
		return;
	n = 0;
	for (size_t i = 0; i < e->fns.n; i++) {
		struct emit_fn *f = vec_get(&e->fns, struct emit_fn, i);

		if (f->fn.src != src)
			continue;
		f->fn.numbers.is_chained = true;
		f->fn.numbers.row = ++n;
		for (u32 k = 0; k < f->probe_cnt; k++)
			clauses[emit_probe_nr(f->probes[k])]++;
	}
	e->chain_head[dir] = n + 1;
	fill_chain_sets(e, dir, clauses);
}

int emit_plan_fns(struct emit *e)
{
	for (u32 i = 0; i < e->plan->prog->inst_cnt; i++) {
		int rc = add_clause(e, &e->plan->tables[i]);

		if (rc)
			return rc;
	}
	chain(e, BPF_SRC_SYS_ENTER);
	chain(e, BPF_SRC_SYS_EXIT);
	return e->numbers.is_full ? err_oom(e->err) : 0;
}

/* ---- programs ---- */

static enum img_prog_kind prog_kind(enum bpf_source src)
{
	switch (src) {
	case BPF_SRC_RUN:
	case BPF_SRC_TEST:
		return IMG_PROG_RUN;
	case BPF_SRC_PERF:
	case BPF_SRC_SAMPLE:
		return IMG_PROG_PERF;
	case BPF_SRC_TP:
		return IMG_PROG_TP;
	default:
		return IMG_PROG_TP_BTF;
	}
}

static const char *target_of(enum bpf_source src, const struct probe *p)
{
	switch (src) {
	case BPF_SRC_SYS_ENTER:
	case BPF_SRC_RAW_ENTER:
		return "sys_enter";
	case BPF_SRC_SYS_EXIT:
	case BPF_SRC_RAW_EXIT:
		return "sys_exit";
	case BPF_SRC_RAW:
		return p->event;
	default:
		return "";
	}
}

static int add_prog(struct emit *e, const struct emit_object *obj, const char *section,
		    struct img_prog p)
{
	const struct emit_code *c = emit_find_code(obj, section);
	struct img_prog *slot = vec_push(&e->progs);

	if (!c)
		return err_set(e->err, -EPROTO, "internal error: no code for %s", section);
	if (!slot)
		return err_set(e->err, -E2BIG, "too many programs");
	*slot = p;
	slot->insns = c->insns;
	slot->insn_cnt = c->insn_cnt;
	slot->funcs = c->funcs;
	slot->func_cnt = c->func_cnt;
	slot->lines = c->lines;
	slot->line_cnt = c->line_cnt;
	return e->progs.n - 1;
}

static int add_attach(struct emit *e, struct img_attach a)
{
	struct img_attach *slot = vec_push(&e->attaches);

	if (!slot)
		return err_set(e->err, -E2BIG, "too many probes");
	*slot = a;
	return 0;
}

/* A copy of the program with the probe's id where it is asked for. */
static int put_probe(struct emit *e, u32 prog, u32 id)
{
	struct img_prog *p = vec_get(&e->progs, struct img_prog, prog);
	struct bpf_insn *copy = arena_dup(&e->arena, p->insns, p->insn_cnt * sizeof(*copy));

	if (!copy)
		return err_oom(e->err);
	for (u32 i = 0; i + 1 < p->insn_cnt; i++) {
		if (copy[i].code != (BPF_LD | BPF_DW | BPF_IMM))
			continue;
		if (copy[i].src_reg == CAP_PSEUDO_PROBE) {
			copy[i].src_reg = 0;
			copy[i].imm = id;
		}
		i++;
	}
	p->insns = copy;
	return 0;
}

/* Raw tracepoints: a program each, because it is loaded for its event. */
static int add_raw(struct emit *e, const struct emit_object *obj, struct emit_fn *f)
{
	for (u32 i = 0; i < f->probe_cnt; i++) {
		const struct probe *p = f->probes[i];
		struct img_prog prog = { .kind = IMG_PROG_TP_BTF,
					 .target = target_of(f->fn.src, p),
					 .table = f->table->idx };
		char *name = arena_alloc(&e->arena, IMG_NAME_MAX + 1);
		int rc;

		if (!name)
			return err_oom(e->err);
		put_name(name, IMG_NAME_MAX + 1, "", p->event);
		prog.name = name;
		rc = add_prog(e, obj, f->section, prog);
		if (rc < 0)
			return rc;
		f->prog = rc;
		if (f->fn.uses_probe_mark) {
			int err = put_probe(e, rc, p->id);

			if (err)
				return err;
		}
		rc = add_attach(e, (struct img_attach){
					   .kind = IMG_ATTACH_RAW, .prog = rc, .probe = p->id });
		if (rc)
			return rc;
	}
	return 0;
}

static void sample_of(const struct probe *p, struct img_attach *a)
{
	a->kind = p->kind == PROBE_PROFILE ? IMG_ATTACH_PROFILE : IMG_ATTACH_SOFTWARE;
	a->period = p->kind == PROBE_PROFILE ? p->period_ns : p->count;
	if (p->kind == PROBE_SOFTWARE)
		a->config = soft_event_find(p->event)->config;
}

static struct img_attach attach_of(const struct emit_fn *f, const struct probe *p)
{
	struct img_attach a = { .prog = f->prog, .probe = p->id };

	switch (f->fn.src) {
	case BPF_SRC_RUN:
	case BPF_SRC_TEST:
		a.kind = IMG_ATTACH_RUN;
		break;
	case BPF_SRC_PERF:
		a.kind = IMG_ATTACH_INTERVAL;
		a.period = p->period_ns;
		break;
	case BPF_SRC_SAMPLE:
		sample_of(p, &a);
		break;
	case BPF_SRC_TP:
		a.kind = IMG_ATTACH_TP;
		a.category = p->category;
		a.event = p->event;
		break;
	default:
		a.kind = IMG_ATTACH_RAW;
		break;
	}
	return a;
}

static int add_fn_prog(struct emit *e, const struct emit_object *obj, struct emit_fn *f)
{
	struct img_prog p = { .name = f->prog_name,
			      .kind = prog_kind(f->fn.src),
			      .target = target_of(f->fn.src, f->probes[0]),
			      .table = f->table->idx };
	int rc;

	if (f->fn.src == BPF_SRC_RAW || f->fn.src == BPF_SRC_RAW_ENTER ||
	    f->fn.src == BPF_SRC_RAW_EXIT)
		return add_raw(e, obj, f);
	rc = add_prog(e, obj, f->section, p);
	if (rc < 0)
		return rc;
	f->prog = rc;
	if (f->fn.numbers.is_chained)
		return 0;
	if (is_sys(f))
		return add_attach(e, attach_of(f, f->probes[0]));
	rc = 0;
	for (u32 i = 0; !rc && i < f->probe_cnt; i++)
		rc = add_attach(e, attach_of(f, f->probes[i]));
	return rc;
}

static int add_tail(struct emit *e, u32 map, u32 key, u32 prog)
{
	struct img_tail *t = vec_push(&e->tails);

	if (!t)
		return err_set(e->err, -E2BIG, "too many clauses of system calls");
	*t = (struct img_tail){ .map = map, .key = key, .prog = prog };
	return 0;
}

static bool serves(const struct emit_fn *f, u32 nr)
{
	for (u32 i = 0; i < f->probe_cnt; i++) {
		if ((u32)emit_probe_nr(f->probes[i]) == nr)
			return true;
	}
	return false;
}

/* The clauses of one number, in source order, over as many chains as that takes. */
static int chain_number(struct emit *e, enum bpf_source src, u32 nr)
{
	u32 map = src == BPF_SRC_SYS_ENTER ? CAP_MAP_ENTER : CAP_MAP_EXIT, row = 0, n = 0;
	int dir = src == BPF_SRC_SYS_EXIT;

	for (size_t i = 0; i < e->fns.n; i++) {
		struct emit_fn *f = vec_get(&e->fns, struct emit_fn, i);
		int rc;

		if (f->fn.src != src || !serves(f, nr))
			continue;
		if (n % CAP_CHAIN_MAX == 0)
			row = emit_chain_head(e, dir, n / CAP_CHAIN_MAX);
		n++;
		rc = add_tail(e, map, row * CAP_NR_MAX + nr, f->prog);
		if (rc)
			return rc;
		row = f->fn.numbers.row;
	}
	return 0;
}

void emit_dispatch_section(enum bpf_source src, u32 i, char out[EMIT_TEXT_MAX])
{
	snprintf(out, EMIT_TEXT_MAX, "s_%s_%u", src == BPF_SRC_SYS_ENTER ? "enter" : "exit", i);
}

static int add_dispatchers(struct emit *e, const struct emit_object *obj, enum bpf_source src)
{
	bool is_enter = src == BPF_SRC_SYS_ENTER;
	struct img_prog p = { .name = is_enter ? "sys_enter" : "sys_exit",
			      .kind = IMG_PROG_TP_BTF,
			      .target = is_enter ? "sys_enter" : "sys_exit" };
	u32 cnt = e->chain_cnt[!is_enter];
	char section[EMIT_TEXT_MAX];
	int rc = 0;

	for (u32 i = 0; i < cnt && !rc; i++) {
		emit_dispatch_section(src, i, section);
		rc = add_prog(e, obj, section, p);
		if (rc >= 0)
			rc = add_attach(e,
					(struct img_attach){ .kind = IMG_ATTACH_RAW, .prog = rc });
	}
	for (u32 nr = 0; cnt && !rc && nr < CAP_NR_MAX; nr++)
		rc = chain_number(e, src, nr);
	return rc;
}

int emit_plan_progs(struct emit *e, const struct emit_object *obj)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < e->fns.n; i++)
		rc = add_fn_prog(e, obj, vec_get(&e->fns, struct emit_fn, i));
	if (!rc)
		rc = add_dispatchers(e, obj, BPF_SRC_SYS_ENTER);
	if (!rc)
		rc = add_dispatchers(e, obj, BPF_SRC_SYS_EXIT);
	return rc;
}
