/*
 * record/bpf_load.h -- an image becomes maps and programs of the kernel.
 */
#pragma once

#include "record/image.h"

struct bpf_load_opts {
	u32 cpu_cnt;		/* possible CPUs: rings */
	u64 ring_sz;		/* bytes a CPU: a power of two, at least a page */
	u64 ctl_sz;
	const char *script_name;	/* for messages about verifier refusals */
};

struct bpf_loaded {
	struct bpf_image img;	/* borrowed */
	int btf_fd;
	int *map_fds;		/* img.map_cnt; -1 */
	int *ring_fds;		/* cpu_cnt */
	int *prog_fds;		/* img.prog_cnt; -1 */
	u32 cpu_cnt;
	u64 ring_sz, ctl_sz;
	struct cap_state *state;	/* the mapped IMG_STATE */
};

/*
 * Make the maps and load the programs.  -EINVAL: the verifier refused a program; @err has the
 * script's line and the last lines of the log.  @l is to be unloaded only on success.
 */
int bpf_load(const struct bpf_image *img, const struct bpf_load_opts *o, struct bpf_loaded *l,
	     struct err *err);
void bpf_unload(struct bpf_loaded *l);

/*
 * Descriptor of the map with that role (IMG_KMAP: and that map_info.idx); -1: the image has none.
 */
int bpf_loaded_map(const struct bpf_loaded *l, enum img_map_role role, u32 plan_map);
