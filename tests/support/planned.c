/* tests/support/planned.c -- see planned.h. */
#include "tests/support/planned.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void complain(struct planned *p)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	diag_render(&p->diags, &p->src, &b);
	print_error("%s\n", buf_cstr(&b));
	buf_fini(&b);
	fail();
}

void planned_init(struct planned *p, const char *catalog, const char *script)
{
	const struct check_opts check = { .compat = COMPAT_27 };
	const struct split_opts split = { 0 };
	struct err err = { 0 };

	memset(p, 0, sizeof(*p));
	arena_init(&p->arena, 1u << 28);
	diag_init(&p->diags, &p->arena);
	p->fake = fake_catalog_new(catalog);
	assert_non_null(p->fake);
	p->catalog = fake_catalog_get(p->fake);
	assert_int_equal(source_init(&p->src, &p->arena, "test.bt", str_of(script)), 0);
	if (program_compile(&p->src, &p->catalog, &check, &p->arena, &p->diags, &p->prog, &err) ||
	    plan_split(p->prog, &split, &p->diags, &p->plan))
		complain(p);
}

void planned_fini(struct planned *p)
{
	fake_catalog_free(p->fake);
	arena_fini(&p->arena);
}
