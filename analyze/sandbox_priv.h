/* analyze/sandbox_priv.h -- the layers of the sandbox, one a file. */
#pragma once

#include "analyze/sandbox.h"

/* Sanitizers look at /proc and stop their own process to find leaks: they get what they need. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANDBOX_HAS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANDBOX_HAS_SANITIZER 1
#endif
#endif
#ifndef SANDBOX_HAS_SANITIZER
#define SANDBOX_HAS_SANITIZER 0
#endif

/* 1: it holds.  0: the kernel has no such thing, or does not let us.  Else a negative errno. */
int sandbox_limit_calls(const struct sandbox_opts *o);
int sandbox_limit_files(void);
