/*
 * record/bpf_load.c -- make maps, load programs.
 *
 * Programs name maps by index (BPF_PSEUDO_MAP_IDX), so the kernel gets the array of descriptors
 * and the instructions stay as the compiler wrote them.  A program is loaded without a log first:
 * writing one costs more than verifying.  Refused, it is loaded again for the log, of which the
 * last line and the script's line are told.
 */
#include "record/bpf_load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "base/io.h"
#include "record/bpf/capture_abi.h"
#include "record/machine_facts.h"

#define LOG_ALL	     (2 | 4) /* every instruction with its state, and statistics */
#define LOG_STATS    (1 | 4) /* of a program that is refused its path, else statistics */
#define LOG_SZ	     (8u << 20)
#define KNOWN_STACKS 32768 /* an entry has about 80 bytes */

/* ---- maps ---- */

static int make_rings(struct bpf_loaded *l, const struct img_map *m, struct err *err)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts);
	int fd;

	for (u32 i = 0; i < l->cpu_cnt; i++) {
		char name[24];

		snprintf(name, sizeof(name), "bt_ring_%u", i);
		fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, name, 0, 0, l->ring_sz, NULL);
		if (fd < 0)
			return err_set_errno(err, fd, "making a ring of %llu bytes",
					     (unsigned long long)l->ring_sz);
		l->ring_fds[i] = fd;
	}
	opts.inner_map_fd = l->ring_fds[0];
	fd = bpf_map_create(m->type, m->name, 4, 4, l->cpu_cnt, &opts);
	if (fd < 0)
		return err_set_errno(err, fd, "making the array of rings");
	for (u32 i = 0; i < l->cpu_cnt; i++) {
		int rc = bpf_map_update_elem(fd, &i, &l->ring_fds[i], 0);

		if (rc) {
			close(fd);
			return err_set_errno(err, rc, "filling the array of rings");
		}
	}
	return fd;
}

static int make_map(struct bpf_loaded *l, const struct img_map *m, struct err *err)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = m->flags);
	u32 key = 0, entries = m->role == IMG_CTL   ? l->ctl_sz :
			       m->role == IMG_KNOWN ? l->known_cnt :
						      m->max_entries;
	int fd, rc;

	if (m->role == IMG_RINGS)
		return make_rings(l, m, err);
	fd = bpf_map_create(m->type, m->name, m->key_sz, m->value_sz, entries, &opts);
	if (fd < 0)
		return err_set_errno(err, fd, "making the map %s", m->name);
	rc = m->init_sz ? bpf_map_update_elem(fd, &key, m->init, 0) : 0;
	if (rc) {
		close(fd);
		return err_set_errno(err, rc, "filling the map %s", m->name);
	}
	return fd;
}

static int map_state(struct bpf_loaded *l, int fd, struct err *err)
{
	void *p = mmap(NULL, sizeof(*l->state), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return err_set_errno(err, -errno, "mapping the state of the programs");
	l->state = p;
	return 0;
}

static int make_maps(struct bpf_loaded *l, struct err *err)
{
	for (u32 i = 0; i < l->img.map_cnt; i++) {
		const struct img_map *m = &l->img.maps[i];
		int fd = make_map(l, m, err);
		int rc;

		if (fd < 0)
			return fd;
		l->map_fds[i] = fd;
		rc = m->role == IMG_STATE ? map_state(l, fd, err) : 0;
		if (rc)
			return rc;
	}
	return 0;
}

/* ---- programs ---- */

static enum bpf_prog_type type_of(enum img_prog_kind k)
{
	static const enum bpf_prog_type types[IMG_PROG_KIND_CNT] = {
		[IMG_PROG_RUN] = BPF_PROG_TYPE_RAW_TRACEPOINT,
		[IMG_PROG_TP_BTF] = BPF_PROG_TYPE_TRACING,
		[IMG_PROG_TP] = BPF_PROG_TYPE_TRACEPOINT,
		[IMG_PROG_PERF] = BPF_PROG_TYPE_PERF_EVENT,
	};

	return types[k];
}

static const struct img_line_info *line_at(const struct img_prog *p, u32 insn)
{
	const struct img_line_info *best = NULL;

	for (u32 i = 0; i < p->line_cnt && p->lines[i].insn_off <= insn; i++)
		best = &p->lines[i];
	return best;
}

/* The last non-empty line of the log that is no statistics, and the instruction it is about. */
static void read_log(char *log, const char **ret_msg, u32 *ret_insn)
{
	char *save = NULL;

	*ret_msg = "no reason given";
	*ret_insn = 0;
	for (char *line = strtok_r(log, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *end;
		unsigned long insn = strtoul(line, &end, 10);

		if (end != line && (!strncmp(end, ": (", 3)))
			*ret_insn = insn;
		else if (strncmp(line, "processed ", 10) &&
			 strncmp(line, "verification time", 17) && strncmp(line, "stack depth", 11))
			*ret_msg = line;
	}
}

static int tell_refusal(const struct bpf_loaded *l, const struct img_prog *p, const char *script,
			char *log, int rc, struct err *err)
{
	const struct img_line_info *line;
	const char *msg;
	u32 insn;

	read_log(log, &msg, &insn);
	line = line_at(p, insn);
	if (!line)
		return err_set(err, -EINVAL, "the kernel refused program %s (%s): %s", p->name,
			       strerror(-rc), msg);
	err_set(err, -EINVAL, "%s:%u: the kernel refused program %s: %s", script,
		line->line_col >> 10, p->name, msg);
	if (image_btf_str(&l->img, line->line_off))
		err_hint(err, "at: %s", image_btf_str(&l->img, line->line_off));
	return -EINVAL;
}

static int load_prog(const struct bpf_loaded *l, const struct img_prog *p,
		     const struct bpf_load_opts *o, struct err *err)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .fd_array = l->map_fds);
	int fd, rc;
	char *log;

	if (l->btf_fd >= 0 && p->func_cnt) {
		opts.prog_btf_fd = l->btf_fd;
		opts.func_info_rec_size = sizeof(*p->funcs);
		opts.func_info = p->funcs;
		opts.func_info_cnt = p->func_cnt;
		opts.line_info_rec_size = sizeof(*p->lines);
		opts.line_info = p->lines;
		opts.line_info_cnt = p->line_cnt;
	}
	if (p->kind == IMG_PROG_TP_BTF) {
		opts.expected_attach_type = BPF_TRACE_RAW_TP;
		opts.attach_btf_id = machine_facts_raw_event(o->facts, p->target);
		if (!opts.attach_btf_id)
			return err_set(err, -ENOENT, "the kernel has no raw tracepoint %s",
				       p->target);
	}
	fd = o->log ? -EINVAL : bpf_prog_load(type_of(p->kind), p->name, "GPL", p->insns,
					      p->insn_cnt, &opts);
	if (fd >= 0)
		return fd;
	rc = fd;
	if (rc == -EPERM)
		return err_set_errno(err, rc, "loading program %s", p->name);
	log = calloc(1, LOG_SZ);
	if (!log)
		return err_oom(err);
	opts.log_buf = log;
	opts.log_size = LOG_SZ;
	opts.log_level = o->log ? LOG_ALL : 1;
	fd = bpf_prog_load(type_of(p->kind), p->name, "GPL", p->insns, p->insn_cnt, &opts);
	if (fd == -ENOSPC && o->log) { /* the log does not fit */
		opts.log_level = LOG_STATS;
		fd = bpf_prog_load(type_of(p->kind), p->name, "GPL", p->insns, p->insn_cnt, &opts);
	}
	if (o->log)
		o->log(o->log_ctx, p, log);
	if (fd < 0)
		fd = tell_refusal(l, p, o->script_name ? o->script_name : "script", log, fd, err);
	free(log);
	return fd;
}

static int load_progs(struct bpf_loaded *l, const struct bpf_load_opts *o, struct err *err)
{
	LIBBPF_OPTS(bpf_btf_load_opts, opts);

	if (l->img.btf_sz) {
		l->btf_fd = bpf_btf_load(l->img.btf, l->img.btf_sz, &opts);
		if (l->btf_fd < 0)
			return err_set_errno(err, l->btf_fd, "loading the programs' BTF");
	}
	for (u32 i = 0; i < l->img.prog_cnt; i++) {
		int fd = load_prog(l, &l->img.progs[i], o, err);

		if (fd < 0)
			return fd;
		l->prog_fds[i] = fd;
	}
	return 0;
}

static int link_tails(struct bpf_loaded *l, struct err *err)
{
	for (u32 i = 0; i < l->img.tail_cnt; i++) {
		const struct img_tail *t = &l->img.tails[i];
		int rc = bpf_map_update_elem(l->map_fds[t->map], &t->key, &l->prog_fds[t->prog], 0);

		if (rc)
			return err_set_errno(err, rc, "chaining program %s",
					     l->img.progs[t->prog].name);
	}
	return 0;
}

static int *no_fds(u32 n)
{
	int *fds = malloc((n + 1) * sizeof(*fds));

	for (u32 i = 0; fds && i <= n; i++)
		fds[i] = -1;
	return fds;
}

static void close_all(int *fds, u32 n)
{
	for (u32 i = 0; fds && i < n; i++)
		io_close(&fds[i]);
	free(fds);
}

int bpf_load(const struct bpf_image *img, const struct bpf_load_opts *o, struct bpf_loaded *l,
	     struct err *err)
{
	int rc;

	*l = (struct bpf_loaded){ .img = *img,
				  .cpu_cnt = o->facts->cpu_cnt,
				  .ring_sz = o->ring_sz,
				  .ctl_sz = o->ctl_sz,
				  .known_cnt = o->known_cnt ? o->known_cnt : KNOWN_STACKS,
				  .btf_fd = -1 };
	l->map_fds = no_fds(img->map_cnt);
	l->prog_fds = no_fds(img->prog_cnt);
	l->ring_fds = no_fds(l->cpu_cnt);
	if (!l->map_fds || !l->prog_fds || !l->ring_fds)
		rc = err_oom(err);
	else
		rc = make_maps(l, err);
	if (!rc)
		rc = load_progs(l, o, err);
	if (!rc)
		rc = link_tails(l, err);
	if (rc)
		bpf_unload(l);
	return rc;
}

void bpf_unload(struct bpf_loaded *l)
{
	if (l->state)
		munmap(l->state, sizeof(*l->state));
	close_all(l->prog_fds, l->img.prog_cnt);
	close_all(l->map_fds, l->img.map_cnt);
	close_all(l->ring_fds, l->cpu_cnt);
	io_close(&l->btf_fd);
	*l = (struct bpf_loaded){ .btf_fd = -1 };
}

int bpf_loaded_map(const struct bpf_loaded *l, enum img_map_role role, u32 plan_map)
{
	for (u32 i = 0; i < l->img.map_cnt; i++) {
		const struct img_map *m = &l->img.maps[i];

		if (m->role == role && (role != IMG_KMAP || m->plan_map == plan_map))
			return l->map_fds[i];
	}
	return -1;
}
