/*
 * record/tp_equiv_rows.c -- the table: what each field of a tracepoint's record is made of.
 *
 * A text whose pointer may be NULL has no row: the record then has a text of the kernel's own.
 *
 * Names are those of the kernel's source: of the arguments of the tracepoint, of the members
 * behind them; `current` is the running task.  tests/kernel/equiv.sh compares every row with the
 * record of the same firings.
 */
#include <stddef.h>

#include "record/tp_equiv.h"

#define VERSION(a, b) ((a) << 16 | (b) << 8)
#define WAKEUPS	 "sched_wakeup sched_wakeup_new sched_waking"
#define ENDS	 "sched_process_exit sched_process_free"
#define STATS	 "sched_stat_wait sched_stat_sleep sched_stat_iowait sched_stat_blocked"
#define RUNTIME	 STATS " sched_stat_runtime"
#define REQUESTS "block_rq_issue block_rq_insert block_rq_merge block_io_start block_io_done"
#define ENDED	 "block_rq_complete block_rq_error"
#define BIOS	 "block_bio_queue block_bio_backmerge block_bio_frontmerge block_getrq"
#define SOFTIRQS "softirq_entry softirq_exit softirq_raise"
#define WORKS	 "writeback_queue writeback_exec writeback_start writeback_written writeback_wait"
#define EXPIRES	 "hrtimer_expire_exit hrtimer_cancel"
#define FAULTS	 "page_fault_user page_fault_kernel"

static const struct tp_row rows[] = {
	{ "sched", "sched_switch", "prev_comm", "prev.comm", 0 },
	{ "sched", "sched_switch", "prev_pid", "prev.pid", 0 },
	{ "sched", "sched_switch", "prev_prio", "prev.prio", 0 },
	/* what a task that waits is called has changed before */
	{ "sched", "sched_switch", "prev_state", "state(preempt, prev_state, prev.exit_state)",
	  VERSION(6, 7) },
	{ "sched", "sched_switch", "next_comm", "next.comm", 0 },
	{ "sched", "sched_switch", "next_pid", "next.pid", 0 },
	{ "sched", "sched_switch", "next_prio", "next.prio", 0 },
	{ "sched", WAKEUPS, "comm", "p.comm", 0 },
	{ "sched", WAKEUPS, "pid", "p.pid", 0 },
	{ "sched", WAKEUPS, "prio", "p.prio", 0 },
	{ "sched", WAKEUPS, "target_cpu", "p.thread_info.cpu", 0 },
	{ "sched", "sched_process_fork", "parent_comm", "parent.comm", 0 },
	{ "sched", "sched_process_fork", "parent_pid", "parent.pid", 0 },
	{ "sched", "sched_process_fork", "child_comm", "child.comm", 0 },
	{ "sched", "sched_process_fork", "child_pid", "child.pid", 0 },
	{ "sched", "sched_process_exec", "filename", "bprm.filename", 0 },
	{ "sched", "sched_process_exec", "pid", "p.pid", 0 },
	{ "sched", "sched_process_exec", "old_pid", "old_pid", 0 },
	{ "sched", ENDS, "comm", "p.comm", 0 },
	{ "sched", ENDS, "pid", "p.pid", 0 },
	{ "sched", ENDS, "prio", "p.prio", 0 },
	{ "sched", "sched_process_exit", "group_dead", "group_dead", 0 },
	{ "sched", "sched_process_wait", "comm", "current.comm", 0 },
	{ "sched", "sched_process_wait", "pid", "pid.numbers[0].nr", 0 },
	{ "sched", "sched_process_wait", "prio", "current.prio", 0 },
	{ "sched", "sched_migrate_task", "comm", "p.comm", 0 },
	{ "sched", "sched_migrate_task", "pid", "p.pid", 0 },
	{ "sched", "sched_migrate_task", "prio", "p.prio", 0 },
	{ "sched", "sched_migrate_task", "orig_cpu", "p.thread_info.cpu", 0 },
	{ "sched", "sched_migrate_task", "dest_cpu", "dest_cpu", 0 },
	{ "sched", RUNTIME, "comm", "tsk.comm", 0 },
	{ "sched", RUNTIME, "pid", "tsk.pid", 0 },
	{ "sched", STATS, "delay", "delay", 0 },
	{ "sched", "sched_stat_runtime", "runtime", "runtime", 0 },
	{ "sched", "sched_stat_runtime", "vruntime", "vruntime", 0 },
	{ "sched", "sched_process_hang", "comm", "tsk.comm", 0 },
	{ "sched", "sched_process_hang", "pid", "tsk.pid", 0 },

	{ "block", REQUESTS, "dev", "devt(rq.q.disk.major, rq.q.disk.first_minor)", 0 },
	{ "block", REQUESTS, "sector", "sector(rq.cmd_flags, rq.__sector)", 0 },
	{ "block", REQUESTS, "nr_sector", "nr_sector(rq.cmd_flags, rq.__data_len)", 0 },
	{ "block", REQUESTS, "bytes", "rq.__data_len", 0 },
	{ "block", REQUESTS, "comm", "current.comm", 0 },
	{ "block", ENDED, "dev", "devt(rq.q.disk.major, rq.q.disk.first_minor)", 0 },
	{ "block", ENDED, "sector", "rq.__sector", 0 },
	{ "block", ENDED, "nr_sector", "sectors(nr_bytes)", 0 },
	{ "block", BIOS, "dev", "bio.bi_bdev.bd_dev", 0 },
	{ "block", BIOS, "sector", "bio.bi_iter.bi_sector", 0 },
	{ "block", BIOS, "nr_sector", "sectors(bio.bi_iter.bi_size)", 0 },
	{ "block", BIOS, "comm", "current.comm", 0 },
	{ "block", "block_plug block_unplug", "comm", "current.comm", 0 },

	{ "irq", "irq_handler_entry irq_handler_exit", "irq", "irq", 0 },
	{ "irq", "irq_handler_exit", "ret", "ret", 0 },
	{ "irq", SOFTIRQS, "vec", "vec_nr", 0 },
	{ "irq", "tasklet_entry tasklet_exit", "tasklet", "t", 0 },
	{ "irq", "tasklet_entry tasklet_exit", "func", "func", 0 },

	{ "signal", "signal_generate signal_deliver", "sig", "sig", 0 },
	{ "signal", "signal_generate signal_deliver", "errno", "info.si_errno", 0 },
	{ "signal", "signal_generate signal_deliver", "code", "sigcode(info, info.si_code)", 0 },
	{ "signal", "signal_generate", "comm", "task.comm", 0 },
	{ "signal", "signal_generate", "pid", "task.pid", 0 },
	{ "signal", "signal_generate", "group", "group", 0 },
	{ "signal", "signal_generate", "result", "result", 0 },
	{ "signal", "signal_deliver", "sa_handler", "ka.sa.sa_handler", 0 },
	{ "signal", "signal_deliver", "sa_flags", "ka.sa.sa_flags", 0 },

	{ "writeback", WORKS, "nr_pages", "work.nr_pages", 0 },
	{ "writeback", WORKS, "sb_dev", "work.sb.s_dev", 0 },
	{ "writeback", WORKS, "sync_mode", "work.sync_mode", 0 },
	{ "writeback", WORKS, "for_kupdate", "work.for_kupdate", 0 },
	{ "writeback", WORKS, "range_cyclic", "work.range_cyclic", 0 },
	{ "writeback", WORKS, "for_background", "work.for_background", 0 },
	{ "writeback", WORKS, "reason", "work.reason", 0 },
	{ "writeback", WORKS, "cgroup_ino", "wb.memcg_css.cgroup.kn.id", 0 },

	{ "timer", "hrtimer_init hrtimer_setup", "hrtimer", "hrtimer", 0 },
	{ "timer", "hrtimer_init hrtimer_setup", "clockid", "clockid", 0 },
	{ "timer", "hrtimer_init hrtimer_setup", "mode", "mode", 0 },
	{ "timer", "hrtimer_start", "hrtimer", "hrtimer", 0 },
	{ "timer", "hrtimer_start", "function", "hrtimer.function", 0 },
	{ "timer", "hrtimer_start", "expires", "hrtimer.node.expires", 0 },
	{ "timer", "hrtimer_start", "softexpires", "hrtimer._softexpires", 0 },
	{ "timer", "hrtimer_start", "mode", "mode", 0 },
	{ "timer", "hrtimer_start", "was_armed", "was_armed", 0 },
	{ "timer", "hrtimer_expire_entry", "hrtimer", "hrtimer", 0 },
	{ "timer", "hrtimer_expire_entry", "now", "*now", 0 },
	{ "timer", "hrtimer_expire_entry", "function", "hrtimer.function", 0 },
	{ "timer", EXPIRES, "hrtimer", "hrtimer", 0 },

	{ "power", "cpu_frequency", "state", "frequency", 0 },
	{ "power", "cpu_frequency", "cpu_id", "cpu_id", 0 },
	{ "power", "cpu_idle", "state", "state", 0 },
	{ "power", "cpu_idle", "cpu_id", "cpu_id", 0 },

	{ "task", "task_newtask", "pid", "task.pid", 0 },
	{ "task", "task_newtask", "comm", "task.comm", 0 },
	{ "task", "task_newtask", "clone_flags", "clone_flags", 0 },
	{ "task", "task_newtask", "oom_score_adj", "task.signal.oom_score_adj", 0 },
	{ "task", "task_rename", "pid", "task.pid", 0 },
	{ "task", "task_rename", "oldcomm", "task.comm", 0 },
	{ "task", "task_rename", "newcomm", "comm", 0 },
	{ "task", "task_rename", "oom_score_adj", "task.signal.oom_score_adj", 0 },

	{ "kmem", "mm_page_alloc mm_page_free", "order", "order", 0 },
	{ "kmem", "mm_page_alloc", "gfp_flags", "gfp_flags", 0 },
	{ "kmem", "mm_page_alloc", "migratetype", "migratetype", 0 },
	{ "kmem", "kmalloc kfree kmem_cache_alloc kmem_cache_free", "call_site", "call_site", 0 },
	{ "kmem", "kmalloc kfree kmem_cache_alloc kmem_cache_free", "ptr", "ptr", 0 },
	{ "kmem", "kmalloc", "bytes_req", "bytes_req", 0 },
	{ "kmem", "kmalloc", "bytes_alloc", "bytes_alloc", 0 },
	{ "kmem", "kmalloc kmem_cache_alloc", "gfp_flags", "gfp_flags", 0 },
	{ "kmem", "kmem_cache_alloc", "bytes_req", "s.object_size", 0 },
	{ "kmem", "kmem_cache_alloc", "bytes_alloc", "s.size", 0 },
	{ "kmem", "kmem_cache_alloc kmem_cache_free", "name", "s.name", 0 },

	{ "exceptions", FAULTS, "address", "address", 0 },
	{ "exceptions", FAULTS, "ip", "regs.ip", 0 },
	{ "exceptions", FAULTS, "error_code", "error_code", 0 },
};

const struct tp_row *tp_equiv_row(u32 i)
{
	return i < countof(rows) ? &rows[i] : NULL;
}
