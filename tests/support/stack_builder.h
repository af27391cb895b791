/*
 * tests/support/stack_builder.h -- stacks written as texts onto a tape: "read+12;main+3", innermost
 * first.
 *
 * A frame is NAME+N in a symbol (of the kernel, or of /usr/bin/prog), @HEX a place there without a
 * symbol, or 0xHEX an address in nothing.  Asserts instead of failing.
 */
#pragma once

#include "format/writer.h"

struct stack_builder;

struct stack_builder *stack_builder_new(struct tape_writer *w, u64 ts);
void stack_builder_free(struct stack_builder *b);

/*
 * Its number, a new one at every call; "" is the empty stack.  @has_addrs: addresses are on the
 * tape, 0xffff800000000000 + place in the kernel, 0x400000 + place in the program.
 */
u32 stack_builder_add(struct stack_builder *b, enum tape_stack_space space, const char *frames,
		      bool has_addrs);
/* A number whose definition was lost. */
u32 stack_builder_lose(struct stack_builder *b);
