/*
 * The interactive shell of `bpftape sql`: a line is read, a statement runs when its ';' has come.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyze/cmd.h"
#include "analyze/sql/sql_priv.h"
#include "base/io.h"

#define LINE_SZ_MAX (1u << 20)

struct shell {
	struct sql_db *db;
	enum sql_format format;
	int fd;
	bool is_terminal;
	struct sink *out;
	sql_warn_fn warn;
	void *warn_ctx;
	struct buf in;			/* read, not used yet */
	struct buf statement;
	bool is_over;
};

static void say(struct shell *s, const char *text)
{
	sink_put(s->out, text, strlen(text));
}

/* Nobody types into a pipe. */
static void prompt(struct shell *s)
{
	if (s->is_terminal)
		say(s, s->statement.len ? "   ...> " : "tape> ");
	sink_flush(s->out);
}

/* One line without its newline, NUL-terminated, in @line; false at the end of the input. */
static bool read_line(struct shell *s, struct buf *line)
{
	for (;;) {
		u8 *nl = s->in.len ? memchr(s->in.data, '\n', s->in.len) : NULL;
		char chunk[4096];
		ssize_t n;

		if (nl || s->is_over) {
			size_t len = nl ? (size_t)(nl - s->in.data) : s->in.len,
			       used = len + (nl != NULL);

			if (!nl && !s->in.len)
				return false;
			buf_reset(line);
			buf_put(line, s->in.data, len);
			memmove(s->in.data, s->in.data + used, s->in.len - used);
			s->in.len -= used;
			return !line->is_full;
		}
		n = read(s->fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n > 0)
			buf_put(&s->in, chunk, (size_t)n);
		s->is_over = n <= 0 || s->in.is_full;
	}
}

static void put_error(struct shell *s, const struct err *err)
{
	s->warn(s->warn_ctx, err->msg);
}

static void do_tables(struct shell *s, const char *arg UNUSED)
{
	struct buf out;

	buf_init(&out, 16 << 20);
	sql_put_tables(s->db, &out);
	sink_put(s->out, out.data, out.len);
	buf_fini(&out);
}

static void do_schema(struct shell *s, const char *arg)
{
	struct buf out;

	buf_init(&out, 64 << 20);
	if (!sql_put_schema(s->db, *arg ? arg : NULL, &out))
		buf_printf(&out, "no such table: %s\n", arg);
	sink_put(s->out, out.data, out.len);
	buf_fini(&out);
}

static void do_quit(struct shell *s, const char *arg UNUSED)
{
	s->is_over = true;
	buf_reset(&s->in);
}

static void do_format(struct shell *s, const char *arg)
{
	if (!sql_format_find(arg, &s->format))
		say(s, "formats: table csv json line\n");
}

static void do_help(struct shell *s, const char *arg);

static const struct {
	const char *name;
	void (*run)(struct shell *s, const char *arg);
	const char *help;
} commands[] = {
	{ ".tables", do_tables, "names of all tables" },
	{ ".schema", do_schema, "[TABLE]: columns" },
	{ ".mode", do_format, "table|csv|json|line" },
	{ ".help", do_help, "this" },
	{ ".quit", do_quit, "leave" },
	{ ".exit", do_quit, "leave" },
};

static void do_help(struct shell *s, const char *arg UNUSED)
{
	for (u32 i = 0; i < countof(commands); i++) {
		struct buf line;

		buf_init(&line, 256);
		buf_printf(&line, "%-10s %s\n", commands[i].name, commands[i].help);
		sink_put(s->out, line.data, line.len);
		buf_fini(&line);
	}
	say(s, "Statements end with ';'.\n");
}

static void run_command(struct shell *s, const char *line)
{
	size_t len = strcspn(line, " \t");
	const char *arg = line + len + strspn(line + len, " \t");

	for (u32 i = 0; i < countof(commands); i++) {
		if (strlen(commands[i].name) == len && !strncmp(commands[i].name, line, len)) {
			commands[i].run(s, arg);
			return;
		}
	}
	say(s, "unknown command; see .help\n");
}

static void run_statement(struct shell *s)
{
	struct err err = { 0 };

	if (sql_run(s->db, buf_cstr(&s->statement), s->format, s->out, &err))
		put_error(s, &err);
	sink_flush(s->out);
	buf_reset(&s->statement);
}

/*
 * ^C ends the query, not the shell; between queries, and a second time, it does what it always
 * does.
 */
static struct sql_db *running;

static void on_interrupt(int sig UNUSED)
{
	if (running)
		sql_interrupt(running);
}

static void run_interruptibly(struct shell *s)
{
	struct sigaction own = { .sa_handler = on_interrupt, .sa_flags = SA_RESETHAND }, old;

	running = s->db;
	sigaction(SIGINT, &own, &old);
	run_statement(s);
	sigaction(SIGINT, &old, NULL);
	running = NULL;
}

int sql_shell(struct sql_db *db, enum sql_format format, int fd, struct sink *out, sql_warn_fn warn,
	      void *ctx, struct err *err UNUSED)
{
	struct shell s = { .db = db,
			   .format = format,
			   .fd = fd,
			   .out = out,
			   .warn = warn,
			   .warn_ctx = ctx,
			   .is_terminal = isatty(fd) };
	struct buf line;

	buf_init(&line, LINE_SZ_MAX);
	buf_init(&s.in, LINE_SZ_MAX);
	buf_init(&s.statement, LINE_SZ_MAX);
	if (s.is_terminal)
		say(&s, ".tables lists what is there, .quit leaves\n");
	for (prompt(&s); !out->code && read_line(&s, &line); prompt(&s)) {
		const char *text = buf_cstr(&line);

		if (!s.statement.len && *text == '.') {
			run_command(&s, text);
			continue;
		}
		buf_puts(&s.statement, text);
		buf_putc(&s.statement, '\n');
		if (sqlite3_complete(buf_cstr(&s.statement)))
			run_interruptibly(&s);
	}
	if (s.statement.len && strspn(buf_cstr(&s.statement), " \t\n") < s.statement.len)
		run_statement(&s);
	if (s.is_terminal)
		say(&s, "\n");
	sink_flush(out);
	buf_fini(&line);
	buf_fini(&s.in);
	buf_fini(&s.statement);
	return 0;
}
