/*
 * tests/fuzz/fuzz_type.c -- any text as a type, as it may stand on a tape: the text of what was
 * read reads back as the same, and values of the type are stepped over within bounds.
 */
#include <assert.h>
#include <string.h>

#include "lang/packed.h"
#include "lang/type.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t sz);

static void check(const struct type *t, struct arena *a, const uint8_t *data, size_t sz)
{
	struct cursor c = cursor_over(data, sz);
	struct buf text, again;
	const struct type *t2;

	buf_init(&text, 1 << 20);
	buf_init(&again, 1 << 20);
	type_print(t, &text);
	t2 = type_parse(a, buf_cstr(&text));
	assert(t2 || a->is_full);
	if (t2) {
		type_print(t2, &again);
		assert(!strcmp(buf_cstr(&text), buf_cstr(&again)));
		assert(type_eq(t, t2) || strchr(buf_cstr(&text), '?'));
	}
	(void)packed_skip(t, &c);
	buf_reset(&again);
	(void)packed_from_kernel(t, data, sz, &again);
	buf_fini(&text);
	buf_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t sz)
{
	const struct type *t;
	struct arena a;
	char *text;

	arena_init(&a, 1 << 20);
	text = arena_dup(&a, data, sz);
	t = text ? type_parse(&a, text) : NULL;
	if (t)
		check(t, &a, data, sz);
	arena_fini(&a);
	return 0;
}
