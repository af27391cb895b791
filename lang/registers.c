/*
 * lang/registers.c -- where registers lie in struct pt_regs, an architecture a table.
 */
#include "lang/registers.h"

/* clang-format off */
#if defined(__x86_64__)
static const char *const names[] = {
	"r15", "r14", "r13", "r12", "bp", "bx", "r11", "r10", "r9", "r8", "ax", "cx", "dx", "si",
	"di", "orig_ax", "ip", "cs", "flags", "sp", "ss",
};
#define MODE_REG  17 /* cs: its lowest bits are the privilege level, 3 of user code */
#define MODE_MASK 3
#define MODE_WANT 3
#elif defined(__aarch64__)
static const char *const names[] = {
	"r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "r13",
	"r14", "r15", "r16", "r17", "r18", "r19", "r20", "r21", "r22", "r23", "r24", "r25", "r26",
	"r27", "r28", "r29", "r30", "sp", "pc", "pstate",
};
#define MODE_REG  33 /* pstate: exception level 0 is user code */
#define MODE_MASK 0xc
#define MODE_WANT 0
#else
static const char *const names[] = { "" };
#define MODE_REG  0
#define MODE_MASK 0
#define MODE_WANT 0
#endif
/* clang-format on */

int register_offset(struct str name)
{
	for (size_t i = 0; name.len && i < countof(names); i++) {
		if (str_is(name, names[i]))
			return (int)i * 8;
	}
	return -1;
}

bool register_user_mode(u32 *ret_off, u64 *ret_mask, u64 *ret_want)
{
	*ret_off = MODE_REG * 8;
	*ret_mask = MODE_MASK;
	*ret_want = MODE_WANT;
	return MODE_MASK != 0;
}

void register_offer_names(struct str_nearest *n)
{
	for (size_t i = 0; i < countof(names); i++)
		str_nearest_offer(n, names[i]);
}
