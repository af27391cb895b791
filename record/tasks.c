/*
 * record/tasks.c -- load the task programs, scan, drain.
 *
 * The programs are attached before the scan, so no thread falls between the two; what both saw is
 * sorted out by the table.
 */
#include "record/tasks.h"

#include <errno.h>
#include <linux/types.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/io.h"
#include "kernobj/tasks.h"
#include "record/bpf/tasks_abi.h"
#include "record/features.h"
#include "record/ring.h"

#define MAX_TASKS (1u << 22)
#define LINK_MAX  8

struct tasks {
	struct bpf_object *obj;
	struct bpf_link *links[LINK_MAX];
	int link_cnt;
	struct ring ring;
	bool has_ring;
	int counters_fd;
	u32 cpu_cnt;
	u64 *counters; /* scratch of cpu_cnt */
	u64 bad_cnt; /* records that made no sense */
	struct task_table *table;
};

static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level, (void)fmt, (void)ap;
	return 0;
}

static int load_object(struct tasks *t, struct err *err)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "bpftape_tasks");
	int rc;

	libbpf_set_print(quiet);
	t->obj = bpf_object__open_mem(kernobj_tasks, (size_t)(kernobj_tasks_end - kernobj_tasks),
				      &opts);
	if (!t->obj)
		return err_set_errno(err, -errno, "opening the task programs");
	rc = bpf_object__load(t->obj);
	return rc ? err_set_errno(err, rc, "loading the task programs") : 0;
}

static int attach_programs(struct tasks *t, struct err *err)
{
	struct bpf_program *p;

	bpf_object__for_each_program(p, t->obj)
	{
		struct bpf_link *link;

		if (bpf_program__type(p) != BPF_PROG_TYPE_TRACING ||
		    bpf_program__expected_attach_type(p) == BPF_TRACE_ITER ||
		    t->link_cnt == LINK_MAX)
			continue;
		link = bpf_program__attach(p);
		if (!link)
			return err_set_errno(err, -errno, "attaching task program %s",
					     bpf_program__name(p));
		t->links[t->link_cnt++] = link;
	}
	return 0;
}

static int open_maps(struct tasks *t, struct err *err)
{
	struct bpf_map *ring = bpf_object__find_map_by_name(t->obj, "task_ring");
	struct bpf_map *counters = bpf_object__find_map_by_name(t->obj, "task_counters");
	int rc;

	if (!ring || !counters)
		return err_set(err, -ENOENT, "the task programs have no maps");
	rc = ring_open(&t->ring, bpf_map__fd(ring), bpf_map__max_entries(ring), err);
	if (rc)
		return rc;
	t->has_ring = true;
	t->counters_fd = bpf_map__fd(counters);
	return 0;
}

int tasks_open(struct tasks **ret, struct err *err)
{
	struct tasks *t = calloc(1, sizeof(*t));
	int rc;

	if (!t)
		return err_oom(err);
	t->cpu_cnt = features_cpu_cnt();
	t->counters = calloc(t->cpu_cnt, sizeof(*t->counters));
	t->table = task_table_new(MAX_TASKS);
	rc = t->counters && t->table ? load_object(t, err) : err_oom(err);
	if (!rc)
		rc = open_maps(t, err);
	if (!rc)
		rc = attach_programs(t, err);
	if (rc) {
		tasks_close(t);
		return rc;
	}
	*ret = t;
	return 0;
}

static int open_iterator(struct tasks *t, struct bpf_link **ret_link, struct err *err)
{
	struct bpf_program *p = bpf_object__find_program_by_name(t->obj, "list_tasks");
	struct bpf_link *link = p ? bpf_program__attach_iter(p, NULL) : NULL;
	int fd;

	if (!link)
		return err_set_errno(err, -errno, "attaching the task iterator");
	fd = bpf_iter_create(bpf_link__fd(link));
	if (fd < 0) {
		int rc = -errno;

		bpf_link__destroy(link);
		return err_set_errno(err, rc, "starting the task iterator");
	}
	*ret_link = link;
	return fd;
}

int tasks_scan(struct tasks *t, task_row_fn fn, void *ctx, struct err *err)
{
	struct task_rec recs[64];
	struct bpf_link *link = NULL;
	int fd = open_iterator(t, &link, err);
	ssize_t n;

	if (fd < 0)
		return fd;
	/*
	 * A read gives whole records only as long as ours are what the buffer holds: take them one
	 * buffer at a time.
	 */
	while ((n = io_read_full(fd, recs, sizeof(recs))) > 0) {
		for (size_t i = 0; i < (size_t)n / sizeof(recs[0]); i++)
			task_table_event(t->table, &recs[i], fn, ctx);
	}
	close(fd);
	bpf_link__destroy(link);
	return n < 0 ? err_set_errno(err, (int)n, "listing tasks") : 0;
}

int tasks_drain(struct tasks *t, task_row_fn fn, void *ctx)
{
	const u8 *run, *rec;
	size_t run_sz;
	int cnt = 0;

	while ((run_sz = ring_peek(&t->ring, t->ring.sz, &run)) > 0) {
		size_t off = 0;
		u32 sz;

		while (ring_run_next(run, run_sz, &off, &rec, &sz) > 0) {
			struct task_rec r;

			if (sz != sizeof(r)) {
				t->bad_cnt++;
				continue;
			}
			memcpy(&r, rec, sizeof(r));
			task_table_event(t->table, &r, fn, ctx);
			cnt++;
		}
		ring_release(&t->ring, run_sz);
	}
	return cnt;
}

u64 tasks_lost(struct tasks *t)
{
	u64 n = t->bad_cnt + task_table_lost(t->table);
	u32 key = TASK_CNT_LOST;

	if (bpf_map_lookup_elem(t->counters_fd, &key, t->counters))
		return n;
	for (u32 i = 0; i < t->cpu_cnt; i++)
		n += t->counters[i];
	return n;
}

void tasks_close(struct tasks *t)
{
	if (!t)
		return;
	for (int i = 0; i < t->link_cnt; i++)
		bpf_link__destroy(t->links[i]);
	if (t->has_ring)
		ring_close(&t->ring);
	bpf_object__close(t->obj);
	task_table_free(t->table);
	free(t->counters);
	free(t);
}
