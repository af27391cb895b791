/*
 * Lock-in: four layers, each enough for most of it, for a kernel may lack some.
 *
 *	no_new_privs	nothing that is started could gain rights (and the next two need it)
 *	rlimits		no new descriptors at all, no core files: every kernel has them
 *	Landlock	no path can be opened, made, renamed or removed (sandbox_files.c)
 *	seccomp		only the system calls of a list (sandbox_calls.c)
 *
 * Descriptors that are open stay as they are, and so does memory: what must be loaded or opened is
 * loaded and opened before.
 */
#include "analyze/sandbox.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include "analyze/sandbox_priv.h"

/*
 * A core file would be a new file, and holds the tape.  poll() counts what it is given against
 * RLIMIT_NOFILE: 3 are enough for it.  New descriptors take the lowest free number, so that one of
 * a closed standard stream would still be given; the other layers deny that.
 */
#define FILES_MAX 3

static void limit_resources(void)
{
	const struct rlimit no_core = { 0, 0 }, no_files = { FILES_MAX, FILES_MAX };

	setrlimit(RLIMIT_CORE, &no_core);
	if (!SANDBOX_HAS_SANITIZER)
		setrlimit(RLIMIT_NOFILE, &no_files);
}

static const char *describe(int layers)
{
	switch (layers) {
	case SANDBOX_FILES | SANDBOX_CALLS:
		return "sandbox: seccomp and Landlock";
	case SANDBOX_CALLS:
		return "sandbox: seccomp; this kernel has no Landlock";
	case SANDBOX_FILES:
		return "sandbox: Landlock; this kernel has no seccomp";
	default:
		return "this kernel has neither seccomp nor Landlock: the tape is read with few "
		       "of the locks that there should be";
	}
}

int sandbox_enter(const struct sandbox_opts *o, struct err *err)
{
	int files, calls, layers;

	if (!o->is_on)
		return 0;
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); /* if not, the other two say so */
	files = sandbox_limit_files();
	limit_resources(); /* that took a descriptor */
	calls = sandbox_limit_calls(o);
	if (files < 0 || calls < 0)
		return err_set_errno(err, files < 0 ? files : calls, "locking in");
	layers = (files ? SANDBOX_FILES : 0) | (calls ? SANDBOX_CALLS : 0);
	if (o->warn && (o->is_verbose || !layers))
		o->warn(o->ctx, describe(layers));
	return layers;
}
