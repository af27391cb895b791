/* record/session_priv.h -- the parts of a recording; seen by session*.c only. */
#pragma once

#include <signal.h>

#include "base/disk.h"
#include "base/output.h"
#include "format/writer.h"
#include "record/attach.h"
#include "record/clock.h"
#include "record/command.h"
#include "record/compile.h"
#include "record/control.h"
#include "record/counters.h"
#include "record/deeds.h"
#include "record/drain.h"
#include "record/machine_facts.h"
#include "record/own_rows.h"
#include "record/report.h"
#include "record/script.h"
#include "record/session.h"
#include "record/spool.h"
#include "record/tasks.h"

#define GUARD_NS      10000000ull
#define FLUSH_FILE_NS 850000000ull /* with what it takes: at most a second is missing */
#define FLUSH_LIVE_NS 100000000ull
#define SLOW_FILE_NS  50000000ull
#define SLOW_LIVE_NS  10000000ull

/* Why the recording ended. */
enum session_end {
	END_NOT_YET,
	END_SIGNAL,
	END_DURATION,
	END_COMMAND, /* of -c */
	END_TARGET, /* the process of -p */
	END_EXIT, /* exit() of the script */
	END_SIZE,
	END_FILE_LIMIT, /* RLIMIT_FSIZE */
	END_DISK,
	END_WRITE, /* the tape could not be written */
	END_READER, /* nobody reads the other end of the pipe */
	END_FAILED,
};

struct session {
	const struct record_opts *o;
	struct arena arena;
	struct script script;
	struct report report;
	struct command command;
	int target_fd;		/* of -p; -1: none */
	struct output output;
	struct disk *disk; /* NULL: the tape is no file */
	u64 start_ns; /* boot time, rounded: `elapsed` and replay --from +T count from here */
	u64 armed_ns;
	struct clock_sample clock; /* last one on the tape */
	bool is_live;
	u32 cpu_cnt;

	/* the tape */
	struct schema_out out;
	struct row_layout *layouts;
	struct tape_writer *writer;
	struct handover *handover;
	struct spool *spool;
	struct own_rows own;

	/* the kernel's side; nothing of it if the script needs no kernel */
	struct machine_facts facts;
	bool has_facts;
	struct bpf_image image;
	struct bpf_loaded loaded;
	bool is_loaded;
	struct attach_set *attached;
	struct ring *rings;
	struct queue *queue;
	struct drain *drain;
	struct control control;
	/* stacks and symbols; NULL where the script has none (of user space) */
	struct files *files;
	struct ksyms *ksyms;
	struct names *names;
	struct stacks *stacks;
	u32 kernel_depth; /* kernel.perf_event_max_stack */
	struct deeds *deeds;	/* NULL: the script has none */
	struct counters *counters;
	struct tasks *tasks;
	u64 tasks_lost, names_lost;
	u32 hidden_reader; /* of symbols, as the kernel has it among our own processes */

	/* how it went */
	enum session_end end;
	u64 max_bytes; /* of the tape; 0: any */
	enum session_end max_end; /* what it is when that is reached */
	bool has_exit;
	s64 exit_code; /* of exit() */
	bool has_command_code;
	int command_code;
	int fail_fd; /* eventfd: writing failed, or there is hardly room for more */
	u64 end_ts;
};

/* The session starts now: start_ns. */
void session_start(struct session *s);
/* Probes that fire between BEGIN and END. */
u32 session_attached_cnt(const struct session *s);

/* session_tape.c: open the tape and say on it what is known before the first row. */
int session_open_tape(struct session *s, int argc, char **argv, struct err *err);
/* What is handed over at the end, and META's last items. */
int session_close_tape(struct session *s, struct err *err);
void session_put_clock(struct session *s);

/* session_kernel.c */
int session_compile(struct session *s, struct err *err);
int session_load(struct session *s, struct err *err);
int session_arm(struct session *s, struct err *err);
/* Tasks, control records and loss counters; @is_full: all of it, else only what must be quick. */
int session_poll(struct session *s, bool is_full, struct err *err);
/* Detach, empty the rings, read what is left. */
int session_disarm(struct session *s, struct err *err);
void session_unload(struct session *s);

/* session_loop.c: until something ends it. */
int session_loop(struct session *s, struct err *err);
struct report_sums session_sums(const struct session *s);

/* session_signals.c; @how as for sigprocmask() */
void session_block_signals(int how);
/* The recording has ended: from now on signals make us less patient. */
void session_let_signals_through(struct session *s);
/* Before anything of the session is freed: from now on only the third one has an effect. */
void session_is_over(void);
const volatile sig_atomic_t *session_is_hurried(void);

/* session_stacks.c */
u32 session_known_stacks(void); /* 0: as many as there should be */
int session_open_stacks(struct session *s, struct err *err);
void session_poll_stacks(struct session *s); /* count what the side-band lost */
void session_check_stacks(struct session *s); /* say what could not be had; at the end */
/* Once the last names were written: what kept others away. */
void session_check_names(struct session *s);
void session_close_stacks(struct session *s);
