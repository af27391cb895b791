/*
 * record/path_facts.c -- offsets of files, directory entries and mounts, from the kernel's BTF.
 *
 * Some members lie in a union without a name (file.f_path and dentry.d_name, since Linux 6.15):
 * such a union is looked up by its id in a second pass over the types.
 */
#include "record/path_facts.h"

#include <linux/btf.h>
#include <string.h>

#include "lang/program.h"
#include "record/btf_scan.h"

struct member {
	const char *record, *name;
};

static const struct member members[CAP_PATH_OFF_CNT] = {
	[CAP_PATH_TASK_FILES] = { "task_struct", "files" },
	[CAP_PATH_TASK_FS] = { "task_struct", "fs" },
	[CAP_PATH_FS_ROOT] = { "fs_struct", "root" },
	[CAP_PATH_FILES_FDT] = { "files_struct", "fdt" },
	[CAP_PATH_FDT_MAX] = { "fdtable", "max_fds" },
	[CAP_PATH_FDT_FD] = { "fdtable", "fd" },
	[CAP_PATH_FILE_PATH] = { "file", "f_path" },
	[CAP_PATH_PATH_MNT] = { "path", "mnt" },
	[CAP_PATH_PATH_DENTRY] = { "path", "dentry" },
	[CAP_PATH_MOUNT_MNT] = { "mount", "mnt" },
	[CAP_PATH_MOUNT_PARENT] = { "mount", "mnt_parent" },
	[CAP_PATH_MOUNT_POINT] = { "mount", "mnt_mountpoint" },
	[CAP_PATH_MNT_ROOT] = { "vfsmount", "mnt_root" },
	[CAP_PATH_DENTRY_PARENT] = { "dentry", "d_parent" },
	[CAP_PATH_DENTRY_NAME] = { "dentry", "d_name" },
	[CAP_PATH_DENTRY_HASH] = { "dentry", "d_hash" },
	[CAP_PATH_DENTRY_OP] = { "dentry", "d_op" },
	[CAP_PATH_DENTRY_SB] = { "dentry", "d_sb" },
	[CAP_PATH_DENTRY_INODE] = { "dentry", "d_inode" },
	[CAP_PATH_QSTR_NAME] = { "qstr", "name" },
	[CAP_PATH_HASH_PPREV] = { "hlist_bl_node", "pprev" },
	[CAP_PATH_OP_DNAME] = { "dentry_operations", "d_dname" },
	[CAP_PATH_SB_MAGIC] = { "super_block", "s_magic" },
	[CAP_PATH_INODE_INO] = { "inode", "i_ino" },
	[CAP_PATH_INODE_PRIVATE] = { "inode", "i_private" },
	[CAP_PATH_NS_OPS] = { "ns_common", "ops" },
	[CAP_PATH_OPS_NAME] = { "proc_ns_operations", "name" },
};

static bool asks(const struct node *n)
{
	return n && n->kind == NODE_CALL && n->call.b &&
	       (n->call.b->id == BI_FDPATH || n->call.b->id == BI_PATH);
}

bool path_facts_wanted(const struct program *prog)
{
	for (u32 i = 0; i < prog->inst_cnt; i++) {
		const struct inst *in = prog->insts[i];

		for (u32 k = 0; k < in->node_cnt; k++) {
			if (asks(in->nodes[k]))
				return true;
		}
	}
	return false;
}

static const struct btf_type *type_by_id(const struct btf_scan *btf, u32 id)
{
	struct btf_scan_pos pos = { 0 };
	const struct btf_type *t;

	while ((t = btf_scan_next(btf, &pos)) && pos.id < id)
		;
	return t;
}

/* Of a member without a name. */
static int find_inside(const struct btf_scan *btf, const struct btf_type *t, const char *name)
{
	const struct btf_member *m = (const void *)(t + 1);

	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++, m++) {
		u32 bits = BTF_INFO_KFLAG(t->info) ? BTF_MEMBER_BIT_OFFSET(m->offset) : m->offset;
		const struct btf_type *in = *btf_scan_str(btf, m->name_off) ?
						    NULL :
						    type_by_id(btf, m->type);
		u32 kind = in ? BTF_INFO_KIND(in->info) : BTF_KIND_UNKN;
		int off = -1;

		if (kind == BTF_KIND_UNION || kind == BTF_KIND_STRUCT)
			off = btf_scan_member(btf, in, name);
		if (off >= 0)
			return (int)(bits / 8) + off;
	}
	return -1;
}

/* The members that struct @t has of the table. */
static u32 take_struct(struct path_facts *f, const struct btf_scan *btf, const struct btf_type *t)
{
	const char *record = btf_scan_str(btf, t->name_off);
	u32 n = 0;

	for (u32 i = 0; i < CAP_PATH_OFF_CNT; i++) {
		int off;

		if (strcmp(members[i].record, record))
			continue;
		off = btf_scan_member(btf, t, members[i].name);
		if (off < 0)
			off = find_inside(btf, t, members[i].name);
		if (off < 0)
			continue;
		f->off[i] = (u32)off;
		n++;
	}
	return n;
}

void path_facts_read(struct path_facts *f)
{
	struct btf_scan_pos pos = { 0 };
	const struct btf_type *t;
	struct btf_scan btf;
	u32 found = 0;

	*f = (struct path_facts){ .is_known = false };
	if (btf_scan_open(&btf, "/sys/kernel/btf/vmlinux", NULL))
		return;
	while ((t = btf_scan_next(&btf, &pos))) {
		if (BTF_INFO_KIND(t->info) == BTF_KIND_STRUCT)
			found += take_struct(f, &btf, t);
	}
	btf_scan_close(&btf);
	f->is_known = found == CAP_PATH_OFF_CNT;
}
