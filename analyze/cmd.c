/*
 * What the commands share.
 */
#include "analyze/cmd.h"

#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/log.h"
#include "base/opt.h"

int cmd_parse(const struct opt_spec *spec, int argc, char **argv, void *out, int *ret_n,
	      int *ret_exit)
{
	struct err err = { 0 };
	struct buf help;
	int rc = opt_parse(spec, argc, argv, out, ret_n, &err);

	if (!rc)
		return 0;
	if (rc < 0) {
		log_err(&err);
		*ret_exit = EXIT_USAGE;
		return rc;
	}
	buf_init(&help, 1 << 16);
	opt_help(spec, &help);
	*ret_exit = io_write_full(STDOUT_FILENO, help.data, help.len) ? EXIT_FAILED : 0;
	buf_fini(&help);
	return 1;
}

int cmd_fail(const struct err *err)
{
	log_err(err);
	return EXIT_FAILED;
}
