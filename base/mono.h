/* base/mono.h -- CLOCK_MONOTONIC, the clock to wait by. */
#pragma once

#include <pthread.h>

#include "base/compiler.h"

u64 mono_now_ns(void);

/* A condition with that clock; 0 or an errno. */
int mono_cond_init(pthread_cond_t *c);
/* Wait until @ns at the latest: 0 or ETIMEDOUT. */
int mono_cond_wait(pthread_cond_t *c, pthread_mutex_t *lock, u64 ns);
