/* record/constants_poll.c -- constants by name: poll and epoll. */
#include "record/constants_priv.h"

#include <poll.h>
#include <sys/epoll.h>

/* clang-format off */
#define C(name) { #name, (s64)(name), (name) > 0 && (s64)(name) < 0 }

static const struct constant rows[] = {
	C(EPOLLERR), C(EPOLLET), C(EPOLLEXCLUSIVE), C(EPOLLHUP), C(EPOLLIN), C(EPOLLMSG),
	C(EPOLLONESHOT), C(EPOLLOUT), C(EPOLLPRI), C(EPOLLRDBAND), C(EPOLLRDHUP), C(EPOLLRDNORM),
	C(EPOLLWAKEUP), C(EPOLLWRBAND), C(EPOLLWRNORM), C(EPOLL_CLOEXEC), C(EPOLL_CTL_ADD),
	C(EPOLL_CTL_DEL), C(EPOLL_CTL_MOD), C(POLLERR), C(POLLHUP), C(POLLIN), C(POLLMSG),
	C(POLLNVAL), C(POLLOUT), C(POLLPRI), C(POLLRDBAND), C(POLLRDHUP), C(POLLRDNORM),
	C(POLLREMOVE), C(POLLWRBAND), C(POLLWRNORM),
};
/* clang-format on */

const struct constant_family constants_poll = { "poll and epoll", rows, countof(rows) };
