/*
 * record/handover.h -- what other threads want on the tape beside rows: tasks, clocks, losses,
 * logs, maps.
 *
 * Any thread may put; the encoder writes all of it at its next flush.  Texts are copied.  Without
 * memory a put is dropped and counted as a side-band loss.
 */
#pragma once

#include "format/writer.h"

struct handover;

struct handover *handover_new(void); /* NULL: no memory */
void handover_free(struct handover *h);

void handover_put_task(void *handover, const struct tape_task *t); /* a task_row_fn */
void handover_put_clock(struct handover *h, const struct tape_clock *c);
void handover_put_loss(struct handover *h, const struct tape_loss *l);
void handover_put_log(struct handover *h, enum tape_log_level level, const char *text);

/* What system() or cat() of one firing came to. */
void handover_put_output(struct handover *h, const struct tape_log *l);

/*
 * A map snapshot: made and filled by one thread, taken over here.  Everything in it lies in its
 * arena.
 */
struct map_copy {
	struct arena arena;
	struct tape_mapsnap snap;
	struct map_copy *next;
};
struct map_copy *map_copy_new(size_t max_sz); /* NULL: no memory */
void map_copy_free(struct map_copy *m);
void handover_take_map(struct handover *h, struct map_copy *m);

/*
 * Control records up to @ts have been dealt with: a checkpoint's promise waits for it.  At first
 * none; it only grows.
 */
void handover_set_control_ts(struct handover *h, u64 ts);
u64 handover_control_ts(const struct handover *h);
/* What is known from @ts on is not whole yet: no promise reaches it.  UINT64_MAX: it is. */
void handover_hold_control(struct handover *h, u64 ts);

/* Sums of the losses put: rows that came late are on the tape and stand apart. */
void handover_losses(struct handover *h, u64 *ret_lost, u64 *ret_late);

/* Write everything that was put.  After an error what is not on the tape is still here. */
int handover_write(struct handover *h, struct tape_writer *w, u64 ts, struct err *err);
/*
 * The last time, after writing has failed: whatever finds room.  What does not is counted, and the
 * losses are written after all else, as one sum if they must be.
 */
int handover_write_rest(struct handover *h, struct tape_writer *w, u64 ts, struct err *err);
