/*
 * record/script.c -- the front end as the recorder runs it: no LLVM, no privileges beyond reading.
 */
#include "record/script.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "lang/unused.h"
#include "record/catalog_machine.h"
#include "record/features.h"

#define ENV_MAX	  32 /* settings in the environment */
#define ARENA_MAX (1ull << 30)

static int read_text(const struct record_opts *o, struct buf *text, struct err *err)
{
	if (o->probes)
		return record_probes_to_script(o->probes, o->stacks, text, err);
	if (!o->program)
		return source_read(strcmp(o->script_path, "-") ? o->script_path : "/dev/stdin",
				   text, err);
	buf_puts(text, o->program);
	return text->is_full ? err_oom(err) : 0;
}

static int load_source(struct script *s, const struct record_opts *o, struct err *err)
{
	const char *name = o->probes ? "-t" : o->program ? "-e" : o->script_path;
	struct buf text;
	int rc;

	buf_init(&text, SOURCE_MAX);
	rc = read_text(o, &text, err);
	if (!rc)
		rc = source_init(&s->src, &s->arena, name,
				 (struct str){ (const char *)text.data, text.len });
	if (rc && !err->code)
		source_refuse(rc, name, err);
	buf_fini(&text);
	return rc;
}

/* Trouble with rights is explained by what is missing, not by the file that could not be read. */
static int explain_rights(int rc, struct err *err)
{
	struct err why = { 0 };

	if (rc != -EPERM && rc != -EACCES)
		return rc;
	if (features_check_privileges(&why) && err)
		*err = why;
	return rc;
}

/* The settings in the environment of whoever records. */
static int take_env(struct script *s, const char ***ret, int *ret_n)
{
	int n = 0;

	for (char **e = environ; *e; e++)
		n += !strncmp(*e, SETTING_ENV, strlen(SETTING_ENV));
	*ret = arena_new_n(&s->arena, const char *, (size_t)n + 1);
	if (!*ret)
		return -ENOMEM;
	n = 0;
	for (char **e = environ; *e && n < ENV_MAX; e++) {
		if (!strncmp(*e, SETTING_ENV, strlen(SETTING_ENV)) && strlen(*e) < 256)
			(*ret)[n++] = *e;
	}
	*ret_n = n;
	return 0;
}

static int compile(struct script *s, const struct record_opts *o, struct err *err)
{
	struct check_opts check = {
		.compat = o->compat,
		.params = o->params,
		.param_cnt = o->param_cnt,
		.is_unsafe = o->unsafe,
	};
	struct split_opts split = { .defer_all = o->defer };
	struct err none = { .code = 0 };
	const char **env;
	int rc = take_env(s, &env, &check.env_cnt);

	if (rc)
		return err_oom(err);
	check.env = env;
	rc = program_compile(&s->src, catalog_log_catalog(s->log), &check, &s->arena, &s->diags,
			     &s->prog, err);
	if (rc)
		return s->diags.error_cnt ? -EINVAL : explain_rights(rc, err);
	s->prog->env = env;
	s->prog->env_cnt = check.env_cnt;
	program_warn_unused(s->prog, &s->diags);
	split.no_kernel = features_check_privileges(&none) != 0;
	rc = plan_split(s->prog, &split, &s->diags, &s->plan);
	if (rc && !s->diags.error_cnt)
		return err_set_errno(err, rc, "splitting the script");
	return rc;
}

/*
 * BEGIN that ends the session on every path makes the rest unreachable; END is the analyzer's, and
 * the recorder makes its row itself.
 */
static bool needs_kernel(const struct plan *p)
{
	bool needs = false;

	for (u32 i = 0; i < p->table_cnt; i++) {
		const struct plan_table *t = &p->tables[i];
		enum probe_kind kind = t->inst->probe_cnt ? t->inst->probes[0]->kind :
							    PROBE_KIND_CNT;

		if (kind == PROBE_BEGIN && t->exits && !t->runs_in_kernel && !needs)
			return false;
		needs |= kind != PROBE_END && (kind != PROBE_BEGIN || t->runs_in_kernel);
	}
	return needs;
}

int script_open(struct script *s, const struct record_opts *o, struct err *err)
{
	int rc;

	memset(s, 0, sizeof(*s));
	err->code = 0;
	arena_init(&s->arena, ARENA_MAX);
	diag_init(&s->diags, &s->arena);
	rc = load_source(s, o, err);
	if (rc)
		return rc;
	rc = catalog_machine_open(&(struct catalog_machine_opts){ 0 }, &s->machine, err);
	if (rc)
		return rc;
	s->log = catalog_log_new(catalog_machine_catalog(s->machine), &s->arena);
	if (!s->log)
		return err_oom(err);
	rc = compile(s, o, err);
	if (rc)
		return rc;
	s->needs_kernel = needs_kernel(s->plan);
	return 0;
}

void script_close(struct script *s)
{
	catalog_log_free(s->log);
	if (s->machine)
		catalog_machine_close(s->machine);
	arena_fini(&s->arena);
	memset(s, 0, sizeof(*s));
}

void script_show(const struct script *s, struct buf *out)
{
	diag_render(&s->diags, &s->src, out);
}
