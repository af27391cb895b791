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

/* Length of a UTF-8 sequence that is no control character; 0: none. */
static unsigned int plain_len(const unsigned char *p, unsigned long left)
{
	unsigned int n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 :
			 p[0] < 0xf5 ? 4 : 0;

	if (n > left || (n == 1 && (p[0] < 0x20 || p[0] == 0x7f)) ||
	    (n == 2 && p[0] == 0xc2 && p[1] < 0xa0))
		return 0;
	for (unsigned int i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

void cmd_put_escaped(struct buf *out, const char *s, unsigned long len)
{
	for (unsigned long i = 0; i < len;) {
		unsigned int n = plain_len((const unsigned char *)s + i, len - i);

		if (n)
			buf_put(out, s + i, n);
		else
			buf_printf(out, "\\x%02x", (unsigned char)s[i]);
		i += n ? n : 1;
	}
}
