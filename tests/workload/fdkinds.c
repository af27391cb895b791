/*
 * tests/workload/fdkinds.c -- opens files of many kinds, writes what readlink(2) says of each of
 * them to a file, and reads nothing from each.
 *
 * usage: fdkinds WANT DIR    needs root: it mounts, in a mount namespace of its own, below DIR
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FDS_MAX 64
#define DEEP	200
#define LONG	25 /* names of 150 bytes */

static int fds[FDS_MAX], cnt, self;

static void need(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

/* What this kernel does not have is left out. */
static void add(int fd)
{
	if (fd >= 0 && cnt < FDS_MAX)
		fds[cnt++] = fd;
}

static int make(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT, 0600);

	need(fd >= 0, path);
	return fd;
}

static void without_place(void)
{
	int p[2];

	need(!pipe(p), "pipe");
	add(p[0]);
	add(socket(AF_UNIX, SOCK_STREAM, 0));
	add(socket(AF_INET, SOCK_DGRAM, 0));
	add(epoll_create1(0));
	add(eventfd(0, 0));
	add(memfd_create("some name", 0));
	add((int)syscall(SYS_pidfd_open, getpid(), 0));
	add((int)syscall(SYS_memfd_secret, 0));
	add(open("/proc/self/ns/mnt", O_RDONLY));
	add(open("/proc/self/ns/net", O_RDONLY));
}

static void plain(void)
{
	add(open("/", O_RDONLY));
	add(open(".", O_RDONLY));
	add(open("/dev/null", O_RDONLY));
	add(open("/proc/self/status", O_RDONLY));
	add(open("/sys/kernel", O_PATH));
	add(make("with blanks \n and \xff"));
	add(open(".", O_TMPFILE | O_RDWR, 0600));
}

static void removed(void)
{
	add(make("removed"));
	need(!unlink("removed"), "unlink");
	need(!mkdir("gone", 0700), "mkdir");
	add(make("gone/inside"));
	add(open("gone", O_RDONLY));
	need(!unlink("gone/inside") && !rmdir("gone"), "rmdir");
	add(make("moved"));
	need(!rename("moved", "now (deleted)"), "rename");
}

/* @n directories of that name, and a file; back to @home then. */
static void nest(const char *name, int n, int home)
{
	for (int i = 0; i < n; i++)
		need(!mkdir(name, 0700) && !chdir(name), "a deep directory");
	add(make("f"));
	need(!fchdir(home), "fchdir");
}

static void deep(int home)
{
	char name[151];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	nest("d", DEEP, home);
	nest(name, LONG, home);
	memset(name + 100, 'y', 50);
	nest(name, LONG + 10, home); /* too long for readlink */
}

static void mounted(void)
{
	need(!mkdir("a", 0700) && !mkdir("a/b", 0700) && !mkdir("m", 0700), "mkdir");
	add(make("a/b/before"));
	need(!mount("a", "m", NULL, MS_BIND, NULL), "bind");
	add(make("m/b/through"));
	need(!mount("m/b", "m/b", NULL, MS_BIND, NULL), "bind over itself");
	add(make("m/b/twice"));
	need(!mount("none", "a", "tmpfs", 0, NULL), "tmpfs");
	add(make("a/covering"));
	need(!mkdir("a/sub", 0700) && !mount("none", "a/sub", "tmpfs", 0, NULL), "tmpfs");
	add(make("a/sub/f"));
	add(open("a/sub", O_RDONLY));
	need(!umount2("a/sub", MNT_DETACH), "umount");
}

static void chrooted(int home)
{
	int outside = make("outside");

	need(!mkdir("jail", 0700) && !mkdir("jail/in", 0700), "mkdir");
	add(make("jail/in/f"));
	add(outside);
	need(!chroot("jail"), "chroot");
	add(open("/", O_RDONLY));
	add(make("/in/g"));
	add(home);
}

/* One line each, in the order of the descriptors: what is no text is left empty. */
static void tell(FILE *want)
{
	char name[16], text[8192], none;

	for (int i = 0; i < cnt; i++) {
		ssize_t n;

		snprintf(name, sizeof(name), "%d", fds[i]);
		n = readlinkat(self, name, text, sizeof(text));
		fprintf(want, "%s=", name);
		for (ssize_t k = 0; k < n; k++)
			fprintf(want, "%02x", (unsigned char)text[k]);
		fputc('\n', want);
	}
	fclose(want);
	for (int i = 0; i < cnt; i++)
		syscall(SYS_read, fds[i], &none, 0);
}

int main(int argc, char **argv)
{
	FILE *want = argc > 2 ? fopen(argv[1], "w") : NULL;
	int home;

	need(want != NULL, "usage: fdkinds WANT DIR");
	need(!unshare(CLONE_NEWNS) && !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL),
	     "a mount namespace");
	need(!chdir(argv[2]), argv[2]);
	home = open(".", O_RDONLY);
	self = open("/proc/self/fd", O_RDONLY | O_DIRECTORY);
	need(home >= 0 && self >= 0, "/proc/self/fd");
	without_place();
	plain();
	removed();
	deep(home);
	mounted();
	chrooted(home);
	tell(want);
	return 0;
}
