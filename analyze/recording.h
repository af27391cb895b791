/*
 * analyze/recording.h -- an opened tape and what its tables say about the session: times, losses.
 */
#pragma once

#include "analyze/timefmt.h"
#include "format/reader.h"

struct recording {
	const char *name;		/* as given; borrowed */
	struct tape_reader *reader;
	int fd;				/* the reader's; for poll() */
	bool is_open;
	bool is_loaded;			/* all of its tables are known (a file, not a pipe) */
	struct tape_reader_notes notes;	/* of other readers of it, which are closed */
};

/* A descriptor to read a tape from; "-" is standard input, a copy of it. */
int recording_open_fd(const char *path, struct err *err);
/* @path may be "-": standard input.  Nothing is read yet: this is the moment to lock in. */
int recording_open_file(const char *path, struct recording *ret, struct err *err);
/* Read what is needed to begin; of a file all tables.  @o NULL: the defaults. */
int recording_load(struct recording *r, const struct tape_reader_opts *o, struct err *err);
/* Both. */
int recording_open(const char *path, const struct tape_reader_opts *o, struct recording *ret,
		   struct err *err);
void recording_close(struct recording *r);	/* one of zeros or not loaded is fine */
const struct tape_state *recording_state(const struct recording *r);
/*
 * Call @say for each limit that the tape is beyond, and for columns that are damaged; true: there
 * was something to say.
 */
bool recording_notes(const struct recording *r, void (*say)(void *ctx, const char *text),
		     void *ctx);

u64 recording_start(const struct tape_state *s);
/* What times of rows were rounded down to multiples of; 1: they were not. */
u64 recording_quantum(const struct tape_state *s);
/*
 * Of the last row that counts: END's time, or of an unfinished tape its last watermark; UINT64_MAX
 * while unknown.
 */
u64 recording_end(const struct tape_state *s);
enum compat recording_compat(const struct tape_state *s);
/* 0 and *ret; -EINVAL: unknown version. */
int compat_parse(const char *text, enum compat *ret, struct err *err);

/*
 * Clock readings and time zone that came since *f was filled last; call again when the state has
 * grown.
 */
int recording_times(const struct tape_state *s, struct timefmt *f, struct err *err);

/*
 * A time as given to --from and --to: "+2s" after the start, "-500ms" before the end, or on the
 * recorded machine's wall clock "2026-11-26 12:30:00[.5]", "12:30:00".  -EINVAL.
 */
int recording_parse_time(const struct tape_state *s, const struct timefmt *f, const char *text,
			 u64 *ret, struct err *err);

/* What is missing in [from, to]: losses of the tables with want[table id] (NULL: all). */
struct loss_sum {
	/* rows that the kernel could not deliver; that a reader could not read */
	u64 lost, damaged;
	u64 first_ts, last_ts;		/* last_ts 0: not known; UINT64_MAX: to the end */
	/* rows out of order: on the tape, but in another place than they happened */
	u64 late;
	/* definitions of stacks: the rows are there, their stacks may be unknown */
	u64 stacks;
	/* rows of tables whose SCHEMA is lost, whatever is wanted: not among the damaged */
	u64 orphans;
	/* stretches of damage of which nobody knows what was in them */
	u64 places;
	struct buf text;		/* "120 ring full, 3 map full (@start)" */
};
/* What to say of places: how many, "s" if not one. */
#define RECORDING_PLACES                                                                       \
	"the tape is damaged in %llu place%s: rows or names may be missing ('bpftape verify' " \
	"says where)"

void loss_sum_init(struct loss_sum *l);
void loss_sum_fini(struct loss_sum *l);
void recording_losses(const struct tape_state *s, u64 from, u64 to, const u8 *want, u32 want_n,
		      struct loss_sum *ret);
/*
 * Call @say for the tables of which nothing can be read, as their SCHEMA is lost; true: there are
 * some.
 */
bool recording_lost_tables(const struct tape_state *s, void (*say)(void *ctx, const char *text),
			   void *ctx);
/* "12 rows were lost between +100 ms and +200 ms: 12 ring full"; of none nothing. */
void recording_put_lost(const struct tape_state *s, const struct loss_sum *l, struct buf *out);
