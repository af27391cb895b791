/* record/constants_priv.h -- families of constants, a file each. */
#pragma once

#include "record/constants.h"

extern const struct constant_family constants_errno, constants_open, constants_mode, constants_mmap,
	constants_clone, constants_signal, constants_poll, constants_wait, constants_socket,
	constants_inet, constants_ether, constants_limits, constants_task, constants_cap,
	constants_kernel;
