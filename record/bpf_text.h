/*
 * record/bpf_text.h -- instructions of compiled programs as text, below the lines of the script
 * that they come from.
 */
#pragma once

#include "record/image.h"

/* In the spelling of the kernel's verifier: "r1 = *(u64 *)(r10 -8)". */
void bpf_text_prog(const struct bpf_image *img, const struct img_prog *p, struct buf *out);
