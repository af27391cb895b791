/*
 * record/machine_const.h -- numbers of this machine that a script names: "kaddr(schedule)",
 * "cgroupid(/sys/fs/cgroup/x)", "ncpus".
 */
#pragma once

#include "base/compiler.h"

/* false: it is none, or what it names does not exist or cannot be seen by us. */
bool machine_const_find(const char *name, s64 *ret);
