/*
 * record/constants.c -- macros of the kernel's interface by name.
 *
 * Enums come from BTF; macros are not in it.  Those of the installed headers have the value that
 * this program was compiled with, so they are right for its machine; others are written down.
 */
#include "record/constants.h"

#include <string.h>
#include <unistd.h>

#include "record/constants_priv.h"

const struct constant_family *const constant_families[CONSTANT_FAMILIES] = {
	&constants_errno,
	&constants_open,
	&constants_mode,
	&constants_mmap,
	&constants_clone,
	&constants_signal,
	&constants_poll,
	&constants_wait,
	&constants_socket,
	&constants_inet,
	&constants_ether,
	&constants_limits,
	&constants_task,
	&constants_cap,
	&constants_kernel,
};

static bool find_machine(const char *name, s64 *ret)
{
	u64 page = (u64)sysconf(_SC_PAGESIZE);

	if (!strcmp(name, "PAGE_SIZE"))
		*ret = (s64)page;
	else if (!strcmp(name, "PAGE_SHIFT"))
		*ret = __builtin_ctzll(page);
	else if (!strcmp(name, "PAGE_MASK"))
		*ret = (s64)~(page - 1);
	else
		return false;
	return true;
}

bool constant_find(const char *name, s64 *ret, bool *ret_unsigned)
{
	*ret_unsigned = false;
	for (size_t f = 0; f < CONSTANT_FAMILIES; f++) {
		const struct constant_family *fam = constant_families[f];

		for (size_t i = 0; i < fam->cnt; i++) {
			if (strcmp(fam->rows[i].name, name))
				continue;
			*ret = fam->rows[i].val;
			*ret_unsigned = fam->rows[i].is_unsigned;
			return true;
		}
	}
	return find_machine(name, ret);
}
