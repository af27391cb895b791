/*
 * record/session_stacks.c -- what a script with stacks or symbols needs beside its rows.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "record/session_priv.h"

#define FIRST_PID_NS 0xEFFFFFFCu /* its inode, the same on every machine */

/* Is there a value of user space in what the script captures or keeps in the kernel? */
static bool has_user(const struct type *t)
{
	if (!t)
		return false;
	for (u32 i = 0; t->kind == TYPE_TUPLE && i < t->elem_cnt; i++) {
		if (has_user(t->members[i]))
			return true;
	}
	return type_is_stack(t) && t->aspace == ASPACE_USER;
}

static bool plan_has_user(const struct plan *p)
{
	for (u32 i = 0; i < p->table_cnt; i++) {
		for (u32 c = COL_FIXED_CNT; c < p->tables[i].col_cnt; c++) {
			if (has_user(p->tables[i].cols[c].type))
				return true;
		}
	}
	for (u32 i = 0; i < p->prog->map_cnt; i++) {
		if (has_user(p->maps[i].info->key) || has_user(p->maps[i].info->val))
			return true;
	}
	return false;
}

/* Deeper stacks are cut by the kernel; 127 is what it has unless it was told otherwise. */
static u32 read_kernel_depth(void)
{
	FILE *f = fopen("/proc/sys/kernel/perf_event_max_stack", "re");
	unsigned depth = 127;

	if (f) {
		if (fscanf(f, "%u", &depth) != 1)
			depth = 127;
		fclose(f);
	}
	return depth;
}

/* For tests: how many definitions the kernel remembers. */
u32 session_known_stacks(void)
{
	const char *text = getenv("BPFTAPE_STACK_KNOWN");
	unsigned long n = text ? strtoul(text, NULL, 10) : 0;

	return n > 1000000 ? 1000000 : (u32)n;
}

static void hide_helpers(struct session *s)
{
	struct cap_state *st = s->loaded.state;
	u32 pids[2], n = names_own_pids(s->names, pids);

	for (int i = 0; st && n && i < CAP_OWN_MAX; i++) {
		if (!st->own[i])
			st->own[i] = pids[--n];
	}
	s->hidden_reader = pids[1];
}

/* Another one has taken the place of one that died. */
static void hide_next_reader(struct session *s)
{
	struct cap_state *st = s->loaded.state;
	u32 pids[2], n = names_own_pids(s->names, pids);

	if (n < 2 || pids[1] == s->hidden_reader)
		return;
	for (int i = 0; st && i < CAP_OWN_MAX; i++) {
		if (st->own[i] && st->own[i] != s->hidden_reader)
			continue;
		st->own[i] = pids[1];
		break;
	}
	s->hidden_reader = pids[1];
}

/* Events have process ids of the initial one: in another, /proc tells of other processes. */
static bool is_first_pid_namespace(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) || st.st_ino == FIRST_PID_NS;
}

static int open_names(struct session *s)
{
	const struct names_opts o = { .files = s->files, .cpu_cnt = s->cpu_cnt };
	struct err why = { 0 };

	if (!is_first_pid_namespace())
		err_set(&why, -ENOTSUP, "%s",
			"not in the initial PID namespace: the kernel's "
			"process ids are not those of /proc here");
	else if (!names_open(&o, &s->names, &why)) {
		hide_helpers(s);
		return 0;
	}
	s->names = NULL;
	handover_put_log(s->handover, TAPE_LOG_WARN, why.msg);
	report_note(&s->report, "warning: no names of user functions: %s", why.msg);
	return 0;
}

int session_open_stacks(struct session *s, struct err *err)
{
	struct stacks_opts o;
	int rc;

	if (bpf_loaded_map(&s->loaded, IMG_KNOWN, 0) < 0)
		return 0;
	s->kernel_depth = read_kernel_depth();
	s->files = files_new();
	if (!s->files)
		return err_oom(err);
	if (plan_has_user(s->script.plan))
		open_names(s);
	rc = ksyms_open(&s->ksyms, err);
	if (rc)
		return rc;
	o = (struct stacks_opts){ s->files, s->ksyms, s->names, s->kernel_depth };
	rc = stacks_new(&o, &s->stacks, err);
	s->control.stacks = s->stacks;
	return rc;
}

void session_poll_stacks(struct session *s)
{
	u64 lost = s->names ? names_lost(s->names) : 0;

	if (s->names)
		hide_next_reader(s);
	if (lost > s->names_lost)
		handover_put_loss(s->handover, &(struct tape_loss){ .cause = TAPE_LOSS_SIDEBAND,
								    .table = TAPE_NONE,
								    .cpu = TAPE_NONE,
								    .count = lost - s->names_lost,
								    .first_ts = s->start_ns,
								    .last_ts = clock_now_ns(),
								    .note = STR("mappings") });
	s->names_lost = lost;
}

static void tell(struct session *s, const char *trouble)
{
	handover_put_log(s->handover, TAPE_LOG_WARN, trouble);
	report_note(&s->report, "warning: no %s", trouble);
}

/* Once the first reading of the names is done; at the end. */
void session_check_stacks(struct session *s)
{
	const char *trouble = s->ksyms ? ksyms_trouble(s->ksyms) : NULL;

	if (trouble)
		tell(s, trouble);
}

void session_check_names(struct session *s)
{
	struct buf b;

	buf_init(&b, 1024);
	if (s->names && names_trouble(s->names, &b))
		tell(s, buf_cstr(&b));
	buf_fini(&b);
}

void session_close_stacks(struct session *s)
{
	stacks_free(s->stacks);
	names_close(s->names);
	ksyms_free(s->ksyms);
	files_free(s->files);
}
