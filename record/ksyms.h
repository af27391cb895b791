/*
 * record/ksyms.h -- names of kernel addresses, from /proc/kallsyms.
 *
 * It is read by a thread of its own as soon as this is opened, and again when an address turns up
 * that belongs to nothing known: a module or a BPF program was loaded.  One thread at a time may
 * call these, the encoder's.
 */
#pragma once

#include "base/str.h"
#include "record/files.h"

struct ksyms;

/* Call it after one's own programs are loaded.  A kernel that tells nothing is no error. */
int ksyms_open(struct ksyms **ret, struct err *err);
/* The same over a text as the kernel gives it, and one as /proc/modules.  For tests. */
int ksyms_over(struct str kallsyms, struct str modules, struct ksyms **ret, struct err *err);
void ksyms_free(struct ksyms *k);

enum ksym_kind { KSYM_NONE, KSYM_KERNEL, KSYM_MODULE, KSYM_BPF };

struct ksym_ref {
	enum ksym_kind kind;
	struct str object; /* kernel, the module's name, the program's */
	u64 base; /* of the object; offsets on a tape are from here */
	u64 start, size; /* of the symbol; absolute */
	struct str name;
};

/*
 * What @addr lies in.  KSYM_NONE: nothing known; it may be asked for again after
 * ksyms_refresh().  Texts are good until then.
 */
void ksyms_find(struct ksyms *k, u64 addr, struct ksym_ref *ret);

/*
 * An address was not found: read again what there is, if the last time is long enough ago (longer
 * each time that nothing new was found).  false: nothing was read.
 */
bool ksyms_refresh(struct ksyms *k, u64 addr);

/* NULL, or why names are missing: the kernel hides addresses.  Waits for the first reading. */
const char *ksyms_trouble(struct ksyms *k);

/* GNU build-id of the running kernel or (@module not empty) a module: bytes written to @ret. */
size_t ksyms_build_id(struct str module, u8 ret[64]);
