/* lang/registers.h -- registers of an interrupted task by the names that scripts use. */
#pragma once

#include "base/str.h"

/* Offset in the kernel's struct pt_regs as user space sees it; -1: no such register here. */
int register_offset(struct str name);
/* Which bits of which register say that user code ran: all of @mask set; false: not known here. */
bool register_user_mode(u32 *ret_off, u64 *ret_mask, u64 *ret_want);
void register_offer_names(struct str_nearest *n);
