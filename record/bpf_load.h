/*
 * record/bpf_load.h -- an image becomes maps and programs of the kernel.
 */
#pragma once

#include "record/image.h"

struct cap_state;
struct machine_facts;

struct bpf_load_opts {
	const struct machine_facts *facts;
	u64 ring_sz;		/* bytes a CPU: a power of two, at least a page */
	u64 ctl_sz;		/* the same for the control ring */
	u32 known_cnt;		/* stacks that the kernel knows to be defined; 0: as it should be */
	const char *script_name;	/* for what the verifier says */
	/* not NULL: what it says of each program, also of those that it accepts */
	void (*log)(void *ctx, const struct img_prog *p, const char *text);
	void *log_ctx;
};

struct bpf_loaded {
	struct bpf_image img;	/* what it borrows must live as long */
	u32 cpu_cnt;
	u64 ring_sz, ctl_sz;
	u32 known_cnt;
	int btf_fd;
	int *map_fds;		/* img.map_cnt; -1: none */
	int *ring_fds;		/* cpu_cnt */
	int *prog_fds;		/* img.prog_cnt */
	struct cap_state *state;	/* the mapped IMG_STATE; shared with the programs */
};

/*
 * Make the maps and load the programs.  -EINVAL: the verifier refused one; @err has the line of
 * the script and the last line of the log.  Unload only what was loaded with success.
 */
int bpf_load(const struct bpf_image *img, const struct bpf_load_opts *o, struct bpf_loaded *l,
	     struct err *err);
void bpf_unload(struct bpf_loaded *l);

/* The map with that role (IMG_KMAP: and that map_info.idx); -1: the image has none. */
int bpf_loaded_map(const struct bpf_loaded *l, enum img_map_role role, u32 plan_map);
