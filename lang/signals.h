/* lang/signals.h -- signals by name and as text. */
#pragma once

#include "base/buf.h"
#include "base/str.h"

#define SIGNAL_MAX 64

/* "KILL" or "SIGKILL": its number; -1: there is none. */
int signal_find(struct str name);
