/* base/mono.c -- waiting, whatever becomes of the time of day meanwhile. */
#include "base/mono.h"

#include <time.h>

u64 mono_now_ns(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts))
		return 0;
	return (u64)ts.tv_sec * 1000000000ull + (u64)ts.tv_nsec;
}

int mono_cond_init(pthread_cond_t *c)
{
	pthread_condattr_t attr;
	int rc;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	rc = pthread_cond_init(c, &attr);
	pthread_condattr_destroy(&attr);
	return rc;
}

int mono_cond_wait(pthread_cond_t *c, pthread_mutex_t *lock, u64 ns)
{
	struct timespec end = { (time_t)(ns / 1000000000), (long)(ns % 1000000000) };

	return pthread_cond_timedwait(c, lock, &end);
}
