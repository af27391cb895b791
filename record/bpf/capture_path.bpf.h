/*
 * record/bpf/capture_path.bpf.h -- the part of capture_rt.bpf.c that finds the path of an open
 * file; it is included there and nowhere else.
 *
 * The kernel's own way, from the file's directory entry up to the root of the task, through the
 * mounts in between; the text grows from its end to its beginning.  All that the walk remembers
 * lies in scratch, where the verifier follows no values: one round of the loop is like another.
 *
 * Nothing is locked.  A directory that is renamed at this very moment may give a path that never
 * was.
 */
#pragma once

#define PIPE_MAGIC   0x50495045
#define SOCK_MAGIC   0x534f434b
#define ANON_MAGIC   0x09041934
#define NS_MAGIC     0x6e736673
#define PID_MAGIC    0x50494446

#define EBADF_	      (-9)
#define ENOENT_	      (-2)
#define NAMETOOLONG_  (-36)
#define NAME_LEN_MAX  255

/* Up to eight characters as memory has them. */
#define CHARS(a, b, c, d, e, f, g, h)                                                   \
	((__u64)(a) | (__u64)(b) << 8 | (__u64)(c) << 16 | (__u64)(d) << 24 | (__u64)(e) << 32 | \
	 (__u64)(f) << 40 | (__u64)(g) << 48 | (__u64)(h) << 56)

static FN __u64 path_off(__u32 offs, __u32 which)
{
	const char *n = (void *)load_pseudo(BPF_PSEUDO_MAP_IDX_VALUE, CAP_MAP_NUMBERS);

	return *(const volatile __u32 *)(n + offs + which * 4);
}

static FN __u64 path_word(__u64 at, __u32 offs, __u32 which)
{
	__u64 v = 0;

	bpf_probe_read_kernel(&v, sizeof(v), (void *)(at + path_off(offs, which)));
	return v;
}

/* @len bytes before what there is. */
static FN void path_put(struct cap_path_walk *w, __u64 from, __u64 len)
{
	__u64 pos = w->pos - len;

	OPAQUE(pos);
	OPAQUE(len);
	if (pos > CAP_PATH_MAX || len > NAME_LEN_MAX) {
		w->rc = NAMETOOLONG_;
		return;
	}
	bpf_probe_read_kernel(w->text + pos, len, (void *)from);
	w->pos = pos;
}

static FN void path_chars(struct cap_path_walk *w, __u64 chars, __u32 len)
{
	w->word = chars;
	path_put(w, (__u64)&w->word, len);
}

/* The name of an entry, and a slash before it if @slash is 1. */
static FN void path_name(struct cap_path_walk *w, __u64 dentry, __u32 offs, __u32 slash)
{
	__u64 qstr = dentry + path_off(offs, CAP_PATH_DENTRY_NAME);
	__u64 len = cap_task_u32(qstr, 4); /* behind the hash, the first member */
	__u64 name = path_word(qstr, offs, CAP_PATH_QSTR_NAME), pos = w->pos - len - slash;

	OPAQUE(pos);
	OPAQUE(len);
	if (pos > CAP_PATH_MAX || len > NAME_LEN_MAX) {
		w->rc = NAMETOOLONG_;
		return;
	}
	if (slash)
		w->text[pos] = '/';
	bpf_probe_read_kernel(w->text + pos + slash, len, (void *)name);
	w->pos = pos;
}

static FN void path_deleted(struct cap_path_walk *w)
{
	path_chars(w, CHARS('e', 'd', ')', 0, 0, 0, 0, 0), 3);
	path_chars(w, CHARS(' ', '(', 'd', 'e', 'l', 'e', 't', 0), 7);
}

/* "[number]" */
static FN void path_inode(struct cap_path_walk *w, __u64 dentry, __u32 offs)
{
	__u64 ino = path_word(path_word(dentry, offs, CAP_PATH_DENTRY_INODE), offs,
			      CAP_PATH_INODE_INO);

	path_chars(w, ']', 1);
#pragma clang loop unroll(disable)
	for (int i = 0; i < 20; i++) {
		path_chars(w, '0' + ino % 10, 1);
		ino /= 10;
		if (!ino)
			break;
	}
	path_chars(w, '[', 1);
}

/* What kind of namespace an inode stands for. */
static FN void path_namespace(struct cap_path_walk *w, __u64 dentry, __u32 offs)
{
	__u64 inode = path_word(dentry, offs, CAP_PATH_DENTRY_INODE);
	__u64 ns = path_word(inode, offs, CAP_PATH_INODE_PRIVATE);
	__u64 ops = path_word(ns, offs, CAP_PATH_NS_OPS);
	__u64 name = path_word(ops, offs, CAP_PATH_OPS_NAME);
	__s64 n = bpf_probe_read_kernel_str(w->text, 32, (void *)name);

	path_chars(w, ':', 1);
	path_put(w, (__u64)w->text, n > 0 ? n - 1 : 0);
}

/* Files without a place: what their file system calls them. */
static FN void path_unnamed(struct cap_path_walk *w, __u32 offs)
{
	__u64 sb = path_word(w->dentry, offs, CAP_PATH_DENTRY_SB);
	__u64 magic = path_word(sb, offs, CAP_PATH_SB_MAGIC);

	switch (magic) {
	case PIPE_MAGIC:
		path_inode(w, w->dentry, offs);
		path_chars(w, CHARS('p', 'i', 'p', 'e', ':', 0, 0, 0), 5);
		return;
	case SOCK_MAGIC:
		path_inode(w, w->dentry, offs);
		path_chars(w, CHARS('s', 'o', 'c', 'k', 'e', 't', ':', 0), 7);
		return;
	case NS_MAGIC:
		path_inode(w, w->dentry, offs);
		path_namespace(w, w->dentry, offs);
		return;
	case PID_MAGIC:
		path_chars(w, CHARS('[', 'p', 'i', 'd', 'f', 'd', ']', 0), 7);
		break;
	case ANON_MAGIC:
		path_name(w, w->dentry, offs, 0);
		break;
	default:
		path_deleted(w);
		path_name(w, w->dentry, offs, 1);
		return;
	}
	path_chars(w, CHARS('o', 'd', 'e', ':', 0, 0, 0, 0), 4);
	path_chars(w, CHARS('a', 'n', 'o', 'n', '_', 'i', 'n', 0), 7);
}

/* One name, or from the top of a mount to where it is mounted; 0: there. */
static FN int path_step(struct cap_path_walk *w, __u32 offs)
{
	__u64 dentry = w->dentry, mount = w->mount, up;

	if (dentry == w->root_dentry && mount + path_off(offs, CAP_PATH_MOUNT_MNT) == w->root_mnt)
		return 0;
	if (dentry == w->mount_root) {
		up = path_word(mount, offs, CAP_PATH_MOUNT_PARENT);
		if (up == mount)
			return 0; /* the topmost, or one that is mounted nowhere */
		w->dentry = path_word(mount, offs, CAP_PATH_MOUNT_POINT);
		w->mount = up;
		w->mount_root = path_word(up + path_off(offs, CAP_PATH_MOUNT_MNT), offs,
					  CAP_PATH_MNT_ROOT);
		return 1;
	}
	up = path_word(dentry, offs, CAP_PATH_DENTRY_PARENT);
	if (up == dentry) { /* outside of its mount */
		w->pos = w->end;
		return 0;
	}
	path_name(w, dentry, offs, 1);
	w->dentry = up;
	return !w->rc;
}

static FN void path_walk(struct cap_path_walk *w, __u32 offs)
{
	__u64 task = bpf_get_current_task();
	__u64 fs = path_word(task, offs, CAP_PATH_TASK_FS);
	__u64 root = fs + path_off(offs, CAP_PATH_FS_ROOT);

	w->root_dentry = path_word(root, offs, CAP_PATH_PATH_DENTRY);
	w->root_mnt = path_word(root, offs, CAP_PATH_PATH_MNT);
	w->end = w->pos;
	/* what the loop came to is read from memory: nothing of its counter is left behind it */
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < CAP_PATH_STEPS; i++) {
		w->more = path_step(w, offs);
		if (!w->more)
			break;
	}
	if (*(volatile __u64 *)&w->more)
		w->rc = NAMETOOLONG_;
	else if (!w->rc && w->pos == w->end)
		path_chars(w, '/', 1);
}

/* The text of the struct path at @at. */
static FN void path_make(struct cap_path_walk *w, __u64 at, __u32 offs)
{
	__u64 mnt = path_word(at, offs, CAP_PATH_PATH_MNT), parent, op;
	__u64 dentry = path_word(at, offs, CAP_PATH_PATH_DENTRY);
	__u64 hash = dentry + path_off(offs, CAP_PATH_DENTRY_HASH);

	if (!mnt || !dentry) {
		w->rc = ENOENT_;
		return;
	}
	w->dentry = dentry;
	w->mount = mnt - path_off(offs, CAP_PATH_MOUNT_MNT);
	w->mount_root = path_word(mnt, offs, CAP_PATH_MNT_ROOT);
	parent = path_word(dentry, offs, CAP_PATH_DENTRY_PARENT);
	op = path_word(dentry, offs, CAP_PATH_DENTRY_OP);
	if (op && path_word(op, offs, CAP_PATH_OP_DNAME) &&
	    (parent != dentry || dentry != w->mount_root)) {
		path_unnamed(w, offs);
		return;
	}
	if (parent != dentry && !path_word(hash, offs, CAP_PATH_HASH_PPREV))
		path_deleted(w);
	path_walk(w, offs);
}

/* Address of the struct path behind a descriptor; 0: there is none. */
static FN __u64 path_of_fd(__u64 fd, __u32 offs)
{
	__u64 task = bpf_get_current_task();
	__u64 files = path_word(task, offs, CAP_PATH_TASK_FILES);
	__u64 fdt = path_word(files, offs, CAP_PATH_FILES_FDT);
	__u64 file = 0;

	if (fd >= cap_task_u32(fdt, path_off(offs, CAP_PATH_FDT_MAX)))
		return 0;
	bpf_probe_read_kernel(&file, sizeof(file),
			      (void *)(path_word(fdt, offs, CAP_PATH_FDT_FD) + fd * 8));
	return file ? file + path_off(offs, CAP_PATH_FILE_PATH) : 0;
}

FN __s64 cap_path(void *to, __u32 cap, struct cap_path_walk *w, __u64 what, __u32 is_fd,
		  __u32 offs)
{
	__u64 at = is_fd ? path_of_fd(what, offs) : what, len, pos;

	w->pos = CAP_PATH_MAX;
	w->rc = 0;
	if (!at)
		return is_fd ? EBADF_ : ENOENT_;
	path_make(w, at, offs);
	if (w->rc)
		return w->rc;
	pos = w->pos;
	len = CAP_PATH_MAX - pos;
	OPAQUE(pos);
	OPAQUE(len);
	if (pos > CAP_PATH_MAX)
		return NAMETOOLONG_;
	return cap_copy(to, len, cap, w->text + pos);
}
