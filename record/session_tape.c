/*
 * record/session_tape.c -- the beginning and the end of a tape.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/vec.h"
#include "record/meta_out.h"
#include "record/session_priv.h"

#define META_MAX	  64
#define SESSION_TYPES_MAX (256u << 20)

static struct str command_text(struct session *s, int argc, char **argv)
{
	struct str ret = { NULL, 0 };
	struct buf b;

	buf_init(&b, 1u << 20);
	for (int i = 0; i < argc; i++)
		buf_printf(&b, "%s%s", i ? " " : "", argv[i]);
	ret.s = arena_dup(&s->arena, buf_cstr(&b), b.len);
	ret.len = ret.s ? b.len : 0;
	buf_fini(&b);
	return ret;
}

static void put_script_meta(struct session *s, struct vec *v)
{
	const struct source *src = &s->script.src;

	meta_text(v, TAPE_KEY_SCRIPT_NAME, str_of(src->name));
	meta_text(v, TAPE_KEY_SCRIPT, (struct str){ src->text, src->len });
	meta_text(v, TAPE_KEY_COMPAT, str_of(s->o->compat == COMPAT_17 ? "0.17" : "0.27"));
	if (s->o->quantum > 1)
		meta_num(v, TAPE_KEY_TS_QUANTUM, s->o->quantum);
	if (s->o->defer)
		meta_num(v, "defer", 1);
	if (s->o->pid)
		meta_num(v, TAPE_KEY_FILTER_PID, s->o->pid);
	if (s->command.pid)
		meta_num(v, TAPE_KEY_CPID, (u64)s->command.pid);
}

static int put_meta(struct session *s, int argc, char **argv, struct err *err)
{
	struct vec v;
	int rc;

	vec_init(&v, sizeof(struct tape_meta_item), META_MAX);
	meta_text(&v, TAPE_KEY_TOOL, STR("bpftape " BT_VERSION));
	meta_text(&v, TAPE_KEY_COMMAND, command_text(s, argc, argv));
	put_script_meta(s, &v);
	meta_machine(&v, &s->arena);
	meta_num(&v, TAPE_KEY_UID, getuid());
	meta_num(&v, TAPE_KEY_START, s->start_ns);
	meta_num(&v, TAPE_KEY_START_REAL, s->clock.real - (s->clock.boot - s->start_ns));
	if (s->is_loaded) {
		meta_num(&v, "ring_bytes", s->loaded.ring_sz);
		meta_num(&v, "guard_ns", GUARD_NS);
		if (s->stacks)
			meta_num(&v, "stack_depth_max", s->kernel_depth);
	}
	rc = tape_writer_put_meta(s->writer, s->start_ns, v.items, (u32)v.n, err);
	vec_fini(&v);
	return rc;
}

static int put_types(struct session *s, struct err *err)
{
	struct tape_types types = { 0 };
	struct arena a;
	int rc;

	arena_init(&a, SESSION_TYPES_MAX);
	rc = catalog_log_types(s->script.log, &a, &types, err);
	if (!rc)
		rc = facts_build(s->script.prog, s->o->params, s->o->param_cnt,
				 (s64)(s->clock.real / 1000000000), &a, &types, err);
	if (!rc)
		rc = tape_writer_put_types(s->writer, s->start_ns, &types, err);
	arena_fini(&a);
	return rc;
}

static int put_tables(struct session *s, int argc, char **argv, struct err *err)
{
	int rc = put_meta(s, argc, argv, err);

	if (!rc && s->out.schema_cnt)
		rc = tape_writer_put_schemas(s->writer, s->start_ns, s->out.schemas,
					     s->out.schema_cnt, err);
	if (!rc)
		rc = tape_writer_put_plan(s->writer, s->start_ns, &s->out.plan, err);
	return rc ? rc : put_types(s, err);
}

static const char *output_path(struct session *s, struct err *err)
{
	const char *ret = s->o->out;
	struct buf b;

	if (ret)
		return ret;
	buf_init(&b, 4096);
	record_default_file(s->o, (s64)(s->clock.real / 1000000000), &b);
	ret = arena_dup(&s->arena, buf_cstr(&b), b.len);
	buf_fini(&b);
	if (!ret)
		err_oom(err);
	return ret;
}

/* How large the tape may be, and what it means when it is. */
static void set_limit(struct session *s)
{
	u64 limit = output_limit(&s->output);

	s->max_bytes = s->o->max_sz;
	s->max_end = END_SIZE;
	if (!limit || (s->max_bytes && s->max_bytes <= limit))
		return;
	s->max_bytes = limit;
	s->max_end = END_FILE_LIMIT;
}

static int open_writer(struct session *s, struct err *err)
{
	struct tape_writer_opts o = { .real_ns = s->clock.real, .ts_quantum_ns = s->o->quantum };

	set_limit(s);
	o.max_bytes = s->max_bytes;
	if (getrandom(o.uuid, sizeof(o.uuid), 0) != sizeof(o.uuid))
		return err_set_errno(err, -errno, "making a session id");
	return tape_writer_open(s->output.fd, &o, &s->writer, err);
}

static int open_spool(struct session *s, struct err *err)
{
	const struct spool_opts o = {
		.plan = s->script.plan,
		.out = &s->out,
		.layouts = s->layouts,
		.writer = s->writer,
		.handover = s->handover,
		.stacks = s->stacks,
		.queue = s->queue,
		.cpu_cnt = s->cpu_cnt,
		.quantum = s->o->quantum,
		.flush_ns = s->is_live ? FLUSH_LIVE_NS : FLUSH_FILE_NS,
		.fail_fd = s->fail_fd,
		.max_bytes = s->max_bytes,
	};
	int rc = spool_new(&o, &s->spool, err);

	s->own = (struct own_rows){
		.deeds = s->deeds,
		.plan = s->script.plan,
		.out = &s->out,
		.spool = s->spool,
		.session_start_ns = s->start_ns,
		.quantum = s->o->quantum,
		.cpid = (u32)s->command.pid,
	};
	return rc;
}

static int start_disk(struct session *s, struct err *err)
{
	const struct disk_opts o = { .fd = s->output.fd,
				     .dir_fd = s->output.dir_fd,
				     .sync_ns = s->o->sync_ns,
				     .sync_bytes = s->o->sync_bytes };

	return disk_start(&o, &s->disk, err);
}

int session_open_tape(struct session *s, int argc, char **argv, struct err *err)
{
	const char *path = output_path(s, err);
	int rc;

	if (!path)
		return -ENOMEM;
	rc = output_open(&s->output, path, s->o->force, err);
	if (rc)
		return rc;
	s->is_live = s->o->live || s->output.is_stream;
	rc = open_writer(s, err);
	if (!rc)
		rc = put_tables(s, argc, argv, err);
	if (!rc)
		rc = open_spool(s, err);
	if (!rc && s->output.is_regular)
		rc = start_disk(s, err);
	if (!rc)
		session_put_clock(s);
	return rc;
}

void session_put_clock(struct session *s)
{
	const struct clock_sample *c = &s->clock;

	handover_put_clock(s->handover, &(struct tape_clock){ .boot = c->boot,
							      .mono = c->mono,
							      .raw = c->mono_raw,
							      .real = c->real,
							      .tai = c->tai,
							      .width_ns = c->width });
}

/* Also what could be written of a tape that failed belongs on the disk.  The first error. */
static int close_disk(struct session *s, int rc, struct err *err)
{
	int disk_rc;

	disk_note(s->disk, tape_writer_stats(s->writer).bytes);
	disk_rc = disk_stop(s->disk, rc ? NULL : err);
	s->disk = NULL;
	return rc ? rc : disk_rc;
}

/* A disk that is full has what was kept for the end, and no more is used. */
static void write_rest(struct session *s)
{
	u64 room = output_make_room(&s->output);
	u64 max = tape_writer_stats(s->writer).bytes + room;

	if (room && (!s->max_bytes || max < s->max_bytes))
		tape_writer_set_max(s->writer, max);
	tape_writer_rows_end(s->writer);
	spool_write_rest(s->spool, NULL);
}

int session_close_tape(struct session *s, struct err *err)
{
	struct vec v;
	int rc, write_rc;

	clock_read(&s->clock);
	session_put_clock(s);
	write_rc = spool_stop(s->spool, s->end_ts, err);
	session_check_names(s);
	if (!write_rc)
		write_rc = handover_write(s->handover, s->writer, clock_now_ns(), err);
	if (write_rc)
		write_rest(s);
	vec_init(&v, sizeof(struct tape_meta_item), META_MAX);
	meta_num(&v, TAPE_KEY_END, s->end_ts);
	if (s->has_exit)
		meta_num(&v, TAPE_KEY_EXIT_CODE, (u64)s->exit_code);
	if (s->is_loaded && s->loaded.state && s->loaded.state->exited)
		meta_num(&v, "exit_ts", s->loaded.state->exit_ts);
	/* Also after a failed write: a file was cut back to its last whole block. */
	rc = tape_writer_finish(s->writer, s->end_ts, v.items, (u32)v.n, write_rc ? NULL : err);
	vec_fini(&v);
	rc = write_rc ? write_rc : rc;
	return close_disk(s, rc, err);
}
