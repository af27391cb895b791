/*
 * record/features.c -- capabilities, CPUs, memory.
 *
 * Capabilities are read and set by the bare system calls: libcap is not worth a dependency for two
 * of them.
 */
#include "record/features.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"

#define BIT(n) (1ull << (n))

/* What recording needs, why, and which older capability contains it. */
static const struct need {
	int cap, or_cap;
	const char *name, *why;
} needs[] = {
	{ CAP_BPF, CAP_SYS_ADMIN, "CAP_BPF", "load programs" },
	{ CAP_PERFMON, CAP_SYS_ADMIN, "CAP_PERFMON", "attach them" },
	{ CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE, "CAP_DAC_READ_SEARCH", "read tracefs" },
};

u64 features_caps(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &head, data))
		return 0;
	return data[0].effective | (u64)data[1].effective << 32;
}

int features_keep_caps(u64 keep, struct err *err)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &head, data))
		return err_set_errno(err, -errno, "reading capabilities");
	for (int i = 0; i < 2; i++) {
		u32 word = (u32)(keep >> (32 * i));

		data[i].effective &= word;
		data[i].permitted &= word;
		data[i].inheritable = 0;
	}
	if (syscall(SYS_capset, &head, data))
		return err_set_errno(err, -errno, "dropping capabilities");
	return 0;
}

int features_check_caps(u64 caps, const char *exe, struct err *err)
{
	struct buf text;
	int n = 0;

	buf_init(&text, 512);
	for (size_t i = 0; i < countof(needs); i++) {
		if (caps & (BIT(needs[i].cap) | BIT(needs[i].or_cap)))
			continue;
		buf_printf(&text, "%s%s (to %s)", n++ ? ", " : "", needs[i].name, needs[i].why);
	}
	if (n) {
		err_set(err, -EPERM, "no permission to record: missing %s", buf_cstr(&text));
		err_hint(
			err,
			"run it as root, or once: sudo setcap "
			 "cap_bpf,cap_perfmon,cap_dac_read_search,cap_sys_nice+ep %s",
			exe);
	}
	buf_fini(&text);
	return n ? -EPERM : 0;
}

int features_check_privileges(struct err *err)
{
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	exe[n > 0 ? n : 0] = '\0';
	return features_check_caps(features_caps(), n > 0 ? exe : "bpftape-record", err);
}

u32 features_parse_cpu_list(const char *text)
{
	unsigned long max = 0;
	const char *p = text;

	for (;;) {
		char *end;
		unsigned long v;

		if (*p < '0' || *p > '9')
			return 0;
		v = strtoul(p, &end, 10);
		max = v > max ? v : max;
		if (*end != ',' && *end != '-')
			break;
		p = end + 1;
	}
	return max < 8192 ? (u32)max + 1 : 0;
}

u32 features_cpu_cnt(void)
{
	struct buf text;
	u32 n = 0;

	buf_init(&text, 4096);
	if (!io_read_file("/sys/devices/system/cpu/possible", &text, NULL))
		n = features_parse_cpu_list(buf_cstr(&text));
	buf_fini(&text);
	if (!n) {
		long conf = sysconf(_SC_NPROCESSORS_CONF);

		n = conf > 0 ? (u32)conf : 1;
	}
	return n;
}

u64 features_memory(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);

	return pages > 0 && page > 0 ? (u64)pages * (u64)page : 1ull << 30;
}
