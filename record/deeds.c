/*
 * record/deeds.c -- the thread that does what a script asks for.
 *
 * (1) A deed stays in the list until its output was handed over, and until then no checkpoint
 *     promises its firing or what comes later.
 * (2) The list is bounded; what finds no room is a LOSS of cause CONTROL.
 */
#include "record/deeds.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mono.h"
#include "lang/packed.h"
#include "lang/printf_text.h"
#include "lang/value_text.h"
#include "record/deed_run.h"
#include "record/features.h"

#define TEXT_MAX (1u << 20)
#define TICK_NS	 50000000ull
#define TERM_NS	 1000000000ull /* for a command to end by itself */

struct waiting {
	struct deed what;
	struct waiting *next;
	u8 args[];
};

struct deeds {
	const struct program *prog;
	struct handover *handover;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct waiting *head, **tail;
	u32 cnt;
	bool is_over, is_started;
	bool may_not_read; /* the thread's alone: rights could not be dropped */
	pthread_t thread;
	struct deed_running running; /* the command under way */
};

const struct type *deed_arg_type(const struct action *a, u32 i)
{
	return a->arg_types[i]->kind == TYPE_AGG ? &type_s64 : a->arg_types[i];
}

int deed_pack_args(const struct action *a, const u8 *p, size_t sz, struct buf *out)
{
	for (u32 i = 0; i < a->arg_cnt; i++) {
		const struct type *t = deed_arg_type(a, i);
		size_t n = packed_kernel_size(t);
		int rc = n <= sz ? packed_from_kernel(t, p, n, out) : -EBADMSG;

		if (rc)
			return rc;
		p += n;
		sz -= n;
	}
	return 0;
}

/* ---- doing one ---- */

static void put_value(const void *ctx UNUSED, const struct type *t, struct cursor *c,
		      struct buf *out)
{
	value_text(t->kind == TYPE_AGG ? &type_s64 : t, c, out);
}

static void report(struct deeds *d, const struct deed *what, enum tape_log_level level,
		   const struct buf *text)
{
	const struct tape_log row = {
		.ts = what->ts,
		.level = (u8)level,
		.text = { text->data ? (const char *)text->data : "", text->len },
		.table = what->table,
		.cpu = what->cpu,
		.seq = what->seq,
		.action = what->action,
	};

	handover_put_output(d->handover, &row);
}

static void do_cat(struct deeds *d, const struct deed *what, const char *path, struct buf *out)
{
	const char *fmt = d->prog->compat == COMPAT_17 ? "ERROR: failed to open file '%s': %s\n" :
							 "ERROR: failed to open file '%s' (%s)\n";
	int rc = d->may_not_read ? -EPERM : deed_read_file(path, d->prog->max_cat_bytes, out);

	if (!rc) {
		report(d, what, TAPE_LOG_OUTPUT, out);
		return;
	}
	buf_reset(out);
	buf_printf(out, fmt, path, strerror(-rc));
	report(d, what, TAPE_LOG_ERROR, out);
}

static void do_system(struct deeds *d, const struct deed *what, const char *command,
		      struct buf *out)
{
	int rc = deed_run_command(&d->running, command, DEED_OUTPUT_MAX, out);

	if (rc) {
		buf_reset(out);
		buf_printf(out, "system(): %s\n", strerror(-rc));
	}
	report(d, what, rc ? TAPE_LOG_ERROR : TAPE_LOG_OUTPUT, out);
}

static void do_one(struct deeds *d, const struct deed *what)
{
	const struct action *a = d->prog->actions[what->action];
	struct printf_form form = { .compat = d->prog->compat, .value = put_value };
	struct buf text, out;

	buf_init(&text, TEXT_MAX);
	buf_init(&out, DEED_OUTPUT_MAX + 4096);
	printf_text(&form, a, cursor_over(what->args.s, what->args.len), &text);
	if (a->b->id == BI_CAT)
		do_cat(d, what, buf_cstr(&text), &out);
	else
		do_system(d, what, buf_cstr(&text), &out);
	buf_fini(&text);
	buf_fini(&out);
}

static void hold(struct deeds *d)
{
	u64 ts = UINT64_MAX;

	for (const struct waiting *w = d->head; w; w = w->next)
		ts = w->what.ts < ts ? w->what.ts : ts;
	handover_hold_control(d->handover, ts);
}

static void drop_first(struct deeds *d)
{
	struct waiting *w = d->head;

	d->head = w->next;
	if (!d->head)
		d->tail = &d->head;
	d->cnt--;
	free(w);
	hold(d);
}

static void *thread_main(void *arg)
{
	struct deeds *d = arg;
	struct err ignored;

	/*
	 * cat() may not read for a user what the recorder alone is allowed to; capabilities are a
	 * thread's own.  Of root they add nothing.
	 */
	if (geteuid() != 0 && features_keep_caps(0, &ignored))
		d->may_not_read = true;
	pthread_mutex_lock(&d->lock);
	for (;;) {
		while (!d->head && !d->is_over)
			pthread_cond_wait(&d->changed, &d->lock);
		if (d->is_over)
			break;
		pthread_mutex_unlock(&d->lock);
		do_one(d, &d->head->what); /* only this thread takes it out */
		pthread_mutex_lock(&d->lock);
		drop_first(d);
		pthread_cond_broadcast(&d->changed);
	}
	pthread_mutex_unlock(&d->lock);
	return NULL;
}

/* ---- the list ---- */

static bool has_deeds(const struct program *prog)
{
	for (u32 i = 0; i < prog->action_cnt; i++) {
		enum builtin_id id = prog->actions[i]->b->id;

		if (id == BI_SYSTEM || id == BI_CAT)
			return true;
	}
	return false;
}

int deeds_new(const struct program *prog, struct handover *h, struct deeds **ret, struct err *err)
{
	struct deeds *d;

	*ret = NULL;
	if (!has_deeds(prog))
		return 0;
	d = calloc(1, sizeof(*d));
	if (!d)
		return err_oom(err);
	d->prog = prog;
	d->handover = h;
	d->tail = &d->head;
	pthread_mutex_init(&d->lock, NULL);
	mono_cond_init(&d->changed);
	*ret = d;
	return 0;
}

static bool has_room(struct deeds *d)
{
	if (d->cnt >= DEEDS_WAITING_MAX)
		return false;
	if (!d->is_started)
		d->is_started = !pthread_create(&d->thread, NULL, thread_main, d);
	return d->is_started;
}

static void count_loss(struct deeds *d, const struct deed *what)
{
	const struct tape_loss l = { .cause = TAPE_LOSS_CONTROL,
				     .table = what->table,
				     .cpu = what->cpu,
				     .count = 1,
				     .first_ts = what->ts,
				     .last_ts = what->ts };

	handover_put_loss(d->handover, &l);
}

void deeds_put(struct deeds *d, const struct deed *what)
{
	struct waiting *w = malloc(sizeof(*w) + what->args.len);
	bool is_taken;

	if (w) {
		*w = (struct waiting){ .what = *what };
		if (what->args.len)
			memcpy(w->args, what->args.s, what->args.len);
		w->what.args.s = (const char *)w->args;
	}
	pthread_mutex_lock(&d->lock);
	is_taken = w && has_room(d);
	if (is_taken) {
		*d->tail = w;
		d->tail = &w->next;
		d->cnt++;
		hold(d);
		pthread_cond_broadcast(&d->changed);
	}
	pthread_mutex_unlock(&d->lock);
	if (is_taken)
		return;
	free(w);
	count_loss(d, what);
}

/* Until nothing waits, or @end (0: never); under the lock. */
static void wait_until(struct deeds *d, u64 end, const volatile sig_atomic_t *is_hurried)
{
	while (d->head && !(is_hurried && *is_hurried) && (!end || mono_now_ns() < end))
		mono_cond_wait(&d->changed, &d->lock, mono_now_ns() + TICK_NS);
}

/* End the command under way, forget what waits; under the lock. */
static void give_up(struct deeds *d)
{
	struct waiting *w = d->head, *next;

	if (!w)
		return;
	count_loss(d, &w->what);
	for (next = w->next; next; next = w->next) {
		count_loss(d, &next->what);
		w->next = next->next;
		free(next);
		d->cnt--;
	}
	d->tail = &w->next;
	deed_end_command(&d->running, SIGTERM);
	wait_until(d, mono_now_ns() + TERM_NS, NULL);
	deed_end_command(&d->running, SIGKILL);
	wait_until(d, mono_now_ns() + TERM_NS, NULL);
}

void deeds_free(struct deeds *d)
{
	if (!d)
		return;
	pthread_mutex_lock(&d->lock);
	d->is_over = true;
	give_up(d);
	pthread_cond_broadcast(&d->changed);
	pthread_mutex_unlock(&d->lock);
	if (d->is_started)
		pthread_join(d->thread, NULL);
	while (d->head)
		drop_first(d);
	pthread_mutex_destroy(&d->lock);
	pthread_cond_destroy(&d->changed);
	free(d);
}

void deeds_finish(struct deeds *d, u64 max_ns, const volatile sig_atomic_t *is_hurried)
{
	if (!d)
		return;
	pthread_mutex_lock(&d->lock);
	wait_until(d, max_ns ? mono_now_ns() + max_ns : 0, is_hurried);
	give_up(d);
	pthread_mutex_unlock(&d->lock);
}
