/*
 * lang/printf_fmt.h -- the format of printf() cut into pieces.
 *
 * The form is  % [-+ #0]* [WIDTH] [.PREC] [hh h l ll j z t] CONV  with CONV one of  d i u x X o c
 * p s r, for bytes rx and rh, and gr for the kernel's GFP flags.  A '*' for WIDTH or PREC is an
 * argument of its own (printf_fmt_take_stars()), or accepted and without effect.  "%%" is
 * a percent sign.  A '%' that begins none of these is text, as in bpftrace.  For FMT_BUF the
 * letter is 'r' (as it prints), 'x' (rx) or 'h' (rh).
 */
#pragma once

#include "lang/program.h"

struct fmt_error {
	char msg[96];		/* "%f is not supported" */
	u32 off;		/* in the format */
};

#define FMT_PIECES_MAX 512

/* -EINVAL with *e filled, -ENOMEM.  *ret_args: how many arguments it takes. */
int printf_fmt_parse(struct str fmt, struct arena *a, struct fmt_piece **ret, u32 *ret_n,
		     u32 *ret_args, struct fmt_error *e);
/*
 * Give each '*' an argument, in front of the one that is printed; how many arguments the format
 * takes then.
 */
u32 printf_fmt_take_stars(struct fmt_piece *pieces, u32 n);
