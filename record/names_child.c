/*
 * record/names_child.c -- a nanny and its child.
 *
 *     recorder --socket-- child (reads ELF)
 *                           | parent of
 *                         nanny: starts another child when one dies, and says so on the socket
 *
 * Both became nobody before the first file came.  The nanny is forked while the recorder has one
 * thread; its children are forked by it, who never has more.  Invariants
 * (1) The recorder sends the next ask only after DONE or DIED: a child that dies takes one ask
 *     with it.
 * (2) An ask has ASK_SEC seconds, then the alarm ends the child.
 */
#include "record/names_child.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "record/child.h"
#include "record/elf_syms.h"

#define HELLO_MS      2000
#define ASK_SEC	      10
#define DEATH_MAX     1000
#define CACHE_CNT     48
#define CACHE_SYM_MAX (6u << 20) /* entries in all; each takes 40 bytes */
#define MEMORY_MAX    (1ull << 30)
#define VDSO_MAX      (64u << 10)
#define ANSWER_HEAD   offsetof(struct names_answer, text)

/* ---- the child ---- */

struct cached {
	struct elf_syms *syms; /* NULL: a free place */
	u32 object;
	int fd;
	u64 used; /* when last, in asks */
};

struct reader {
	int sock;
	struct cached cache[CACHE_CNT];
	u64 asks;
	u64 sym_cnt;
};

static void drop_cached(struct reader *r, struct cached *c)
{
	if (!c->syms)
		return;
	r->sym_cnt -= elf_syms_cnt(c->syms);
	elf_syms_free(c->syms);
	c->syms = NULL;
	io_close(&c->fd);
}

static struct cached *oldest(struct reader *r)
{
	struct cached *best = &r->cache[0];

	for (int i = 0; i < CACHE_CNT; i++) {
		if (!r->cache[i].syms)
			return &r->cache[i];
		if (r->cache[i].used < best->used)
			best = &r->cache[i];
	}
	return best;
}

static struct cached *find_cached(struct reader *r, u32 object)
{
	for (int i = 0; i < CACHE_CNT; i++)
		if (r->cache[i].syms && r->cache[i].object == object)
			return &r->cache[i];
	return NULL;
}

static void make_room(struct reader *r, const struct cached *keep)
{
	for (int i = 0; i < CACHE_CNT && r->sym_cnt > CACHE_SYM_MAX; i++)
		if (&r->cache[i] != keep)
			drop_cached(r, &r->cache[i]);
}

/* As the kernel made it, its table of sections is its end; 0: that is no ELF file. */
static size_t vdso_size(const void *vdso)
{
	const Elf64_Ehdr *h = vdso;
	u64 sz = h->e_shoff + (u64)h->e_shentsize * h->e_shnum;

	return memcmp(h->e_ident, ELFMAG, SELFMAG) || sz > VDSO_MAX ? 0 : (size_t)sz;
}

static int open_syms(const struct names_ask *ask, int fd, struct elf_syms **ret)
{
	const void *vdso = (const void *)getauxval(AT_SYSINFO_EHDR);

	if (ask->kinds & NAMES_ASK_VDSO)
		return vdso ? elf_syms_over(vdso, vdso_size(vdso), ret, NULL) : -ENOENT;
	return fd >= 0 ? elf_syms_open(fd, ret, NULL) : -EBADF;
}

/* Takes @fd.  NULL: the file makes no sense. */
static struct cached *get_syms(struct reader *r, const struct names_ask *ask, int fd)
{
	struct cached *c = find_cached(r, ask->object);

	if (c) {
		io_close(&fd);
		return c;
	}
	c = oldest(r);
	drop_cached(r, c);
	if (open_syms(ask, fd, &c->syms)) {
		c->syms = NULL;
		io_close(&fd);
		return NULL;
	}
	c->object = ask->object;
	c->fd = fd;
	r->sym_cnt += elf_syms_cnt(c->syms);
	make_room(r, c);
	return c;
}

static void send_answer(struct reader *r, struct names_answer *a, struct str text)
{
	a->len = (u16)(text.len < NAMES_TEXT_MAX ? text.len : NAMES_TEXT_MAX);
	memcpy(a->text, text.s, a->len);
	if (send(r->sock, a, ANSWER_HEAD + a->len, MSG_NOSIGNAL) < 0)
		_exit(0);
}

static void answer_syms(struct reader *r, const struct names_ask *ask, const struct elf_syms *syms)
{
	static struct names_answer a;
	struct elf_sym s;

	for (u32 i = 0; i < ask->n; i++) {
		if (!elf_syms_find(syms, ask->offs[i], &s))
			continue;
		a.object = ask->object;
		a.kind = NAMES_SYM;
		a.want = ask->offs[i];
		a.off = s.off;
		a.size = s.size;
		send_answer(r, &a, s.name);
	}
}

/* Takes @fd. */
static void answer_ask(struct reader *r, const struct names_ask *ask, int fd)
{
	static struct names_answer a;
	bool is_full = ask->kinds & (NAMES_ASK_SYMS | NAMES_ASK_VDSO);
	struct cached *c = is_full ? get_syms(r, ask, fd) : find_cached(r, ask->object);
	u8 id[ELF_BUILD_ID_MAX];
	struct str id_text = { (const char *)id, 0 };

	a = (struct names_answer){ .object = ask->object, .kind = NAMES_BUILD_ID };
	if (c) {
		c->used = ++r->asks;
		id_text = elf_syms_build_id(c->syms);
	} else if (!is_full && fd >= 0) {
		id_text.len = elf_read_build_id(fd, id);
	}
	if (!is_full)
		io_close(&fd);
	if (id_text.len)
		send_answer(r, &a, id_text);
	if (c)
		answer_syms(r, ask, c->syms);
	a = (struct names_answer){ .object = ask->object, .kind = NAMES_DONE };
	send_answer(r, &a, (struct str){ "", 0 });
}

/* Bytes of the message; *fd: the descriptor that came along, or -1. */
static ssize_t receive(int sock, struct names_ask *ask, int *fd)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { ask, sizeof(*ask) };
	struct msghdr m = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	const struct cmsghdr *c;
	ssize_t n;

	*fd = -1;
	do
		n = recvmsg(sock, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	c = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
	if (c && c->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(c), sizeof(*fd));
	return n;
}

NORETURN static void child_main(int sock)
{
	static struct reader r;
	static struct names_ask ask;
	static struct names_answer hello = { .kind = NAMES_HELLO };
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	r.sock = sock;
	hello.want = (u64)getpid();
	if (send(sock, &hello, ANSWER_HEAD, MSG_NOSIGNAL) < 0)
		_exit(0);
	for (;;) {
		ssize_t n = receive(sock, &ask, &fd);

		if (n <= 0)
			_exit(0); /* the recorder is gone */
		if (n < (ssize_t)offsetof(struct names_ask, offs) || ask.n > NAMES_ASK_MAX)
			_exit(1);
		alarm(ASK_SEC); /* (2) */
		answer_ask(&r, &ask, fd);
		alarm(0);
	}
}

/* ---- the nanny ---- */

/* As much more than there is now. */
static void limit_memory(void)
{
	unsigned long long pages = 0;
	struct rlimit lim;
	FILE *f = fopen("/proc/self/statm", "re");

	if (!f || fscanf(f, "%llu", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	lim.rlim_cur = lim.rlim_max = pages * (u64)sysconf(_SC_PAGESIZE) + MEMORY_MAX;
	setrlimit(RLIMIT_AS, &lim);
}

static void ignore_signals(void)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

	for (size_t i = 0; i < countof(sigs); i++)
		signal(sigs[i], SIG_IGN);
	signal(SIGALRM, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
}

static void let_all_signals_through(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* What reads foreign files has no terminal, nor the tape; returns @sock, above them. */
static int leave_standard_fds(int sock)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return -1;
	if (sock < 3)
		sock = fcntl(sock, F_DUPFD_CLOEXEC, 3);
	for (int fd = 0; fd < 3; fd++)
		if (fd != null && dup2(null, fd) < 0)
			return -1;
	return sock;
}

/* Until the recorder is gone (the child says so by its exit code). */
static void watch_children(int sock)
{
	static const struct names_answer died = { .kind = NAMES_DIED };

	for (int i = 0; i < DEATH_MAX; i++) {
		int status = 0;
		pid_t pid = fork();

		if (!pid)
			child_main(sock);
		if (pid < 0)
			return;
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
			return;
		if (send(sock, &died, ANSWER_HEAD, MSG_NOSIGNAL) < 0)
			return;
	}
}

NORETURN static void nanny_main(int sock)
{
	struct err err;

	ignore_signals();
	let_all_signals_through();
	sock = leave_standard_fds(sock);
	if (sock < 0)
		_exit(1);
	if (sock > 3)
		syscall(SYS_close_range, 3, sock - 1, 0);
	syscall(SYS_close_range, sock + 1, ~0u, 0);
	limit_memory();
	if (child_drop_privileges(0, &err))
		_exit(1);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* becoming nobody has undone an earlier one */
	prctl(PR_SET_NAME, "bpftape-names");
	watch_children(sock);
	_exit(0);
}

/* ---- the recorder's side ---- */

/* A recording hides its own processes, so it must know them. */
static void wait_for_hello(struct names_child *c)
{
	static struct names_answer a;
	struct pollfd p = { .fd = c->fd, .events = POLLIN };

	c->reader_pid = 0;
	if (poll(&p, 1, HELLO_MS) == 1 && names_child_next(c, &a) == 1 && a.kind == NAMES_HELLO)
		c->reader_pid = (pid_t)a.want;
}

int names_child_start(struct names_child *c, struct err *err)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return err_set_errno(err, -errno, "making a socket");
	c->pid = fork();
	if (!c->pid)
		nanny_main(fds[1]);
	close(fds[1]);
	c->fd = fds[0];
	if (c->pid < 0) {
		io_close(&c->fd);
		return err_set_errno(err, -errno, "starting the reader of symbols");
	}
	wait_for_hello(c);
	return 0;
}

void names_child_stop(struct names_child *c)
{
	if (c->fd < 0)
		return;
	io_close(&c->fd);
	/* Whoever is reading a file goes with its nanny (its death is the child's signal). */
	kill(c->pid, SIGKILL);
	while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

int names_child_ask(const struct names_child *c, const struct names_ask *ask, int file)
{
	size_t sz = offsetof(struct names_ask, offs) + ask->n * sizeof(ask->offs[0]);
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { (void *)(uintptr_t)ask, sz };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (file >= 0) {
		struct cmsghdr *head;

		m.msg_control = control;
		m.msg_controllen = sizeof(control);
		head = CMSG_FIRSTHDR(&m);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(head), &file, sizeof(file));
	}
	/* One ask at a time finds room, or nobody takes them. */
	return sendmsg(c->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -EPIPE : 0;
}

int names_child_next(const struct names_child *c, struct names_answer *ret)
{
	ssize_t n = recv(c->fd, ret, sizeof(*ret), MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -EPIPE;
	if (n == 0)
		return -EPIPE;
	if (n < (ssize_t)ANSWER_HEAD || (size_t)n != ANSWER_HEAD + ret->len)
		return -EBADMSG;
	return 1;
}
