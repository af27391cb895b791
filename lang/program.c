/*
 * lang/program.c -- program_compile(): the list of passes (check_priv.h) and the limits.
 */
#include "lang/program.h"

#include <errno.h>
#include <string.h>

#include "lang/check_priv.h"
#include "lang/cpp.h"

#define STRLEN_17 64
#define STRLEN_27 1024
#define MAP_KEYS  4096
#define CAT_BYTES 10240

static void check_init(struct check *ck, struct program *prog, const struct catalog *cat,
		       const struct check_opts *o, struct diag_list *d)
{
	memset(ck, 0, sizeof(*ck));
	ck->prog = prog;
	ck->cat = cat;
	ck->o = o;
	ck->a = prog->arena;
	ck->d = d;
	ck->consts_tail = &prog->consts;
	decls_init(&ck->decls, cat, prog->arena);
	ck->missing_probes = o->compat == COMPAT_17 ? "warn" : "error";
	strmap_init(&ck->map_by_name, MAPS_MAX);
	strmap_init(&ck->probe_by_name, PROBES_MAX);
	strmap_init(&ck->wholes, PROBES_MAX);
	strmap_init(&ck->enums, PROBES_MAX);
	vec_init(&ck->maps, sizeof(struct map_info *), MAPS_MAX);
	vec_init(&ck->keys, sizeof(struct map_keys), MAPS_MAX);
	vec_init(&ck->probes, sizeof(struct probe *), PROBES_MAX);
	vec_init(&ck->seen, sizeof(u32), PROBES_MAX);
	vec_init(&ck->insts, sizeof(struct inst *), INSTS_MAX);
	vec_init(&ck->actions, sizeof(struct action *), ACTIONS_MAX);
	vec_init(&ck->vars, sizeof(struct scope_var), VARS_MAX);
}

static void check_fini(struct check *ck)
{
	decls_fini(&ck->decls);
	strmap_fini(&ck->map_by_name);
	strmap_fini(&ck->probe_by_name);
	strmap_fini(&ck->wholes);
	strmap_fini(&ck->enums);
	vec_fini(&ck->maps);
	vec_fini(&ck->keys);
	vec_fini(&ck->probes);
	vec_fini(&ck->seen);
	vec_fini(&ck->insts);
	vec_fini(&ck->actions);
	vec_fini(&ck->vars);
}

static void declare_maps(struct check *ck)
{
	for (const struct map_decl *md = ck->prog->ast.map_decls; md; md = md->next) {
		struct map_info *m = map_intern(ck, md->map_name, md->span);

		if (!m || !md->size)
			continue;
		if (md->size->kind != NODE_INT || md->size->integer.val < 1 ||
		    md->size->integer.val > 1 << 24)
			ck_error(ck, md->span, "the size of %s must be a number from 1 to %d",
				 md->map_name, 1 << 24);
		else
			m->max_keys = md->size->integer.val;
		m->is_lru = strstr(md->type_name, "lru") != NULL;
	}
}

static void resolve_all(struct check *ck)
{
	for (size_t i = 0; i < ck->insts.n && !ck->is_full; i++)
		resolve_inst(ck, *vec_get(&ck->insts, struct inst *, i));
	while (ck->keys.n < ck->maps.n) {
		if (!vec_push(&ck->keys))
			break;
	}
}

static void check_all(struct check *ck)
{
	for (size_t i = 0; i < ck->insts.n && !ck->is_full; i++)
		check_inst(ck, *vec_get(&ck->insts, struct inst *, i));
}

static void settle(struct check *ck)
{
	int round = 0;

	do {
		ck->is_changed = false;
		ck->is_wrong = false;
		check_all(ck);
	} while (ck->is_changed && ++round < ROUNDS_MAX && !ck->a->is_full);
}

/* What no assignment decided is a 64-bit number. */
static bool fill_unknown(struct check *ck)
{
	bool any = false;

	for (size_t i = 0; i < ck->maps.n; i++) {
		struct map_info *m = *vec_get(&ck->maps, struct map_info *, i);

		if (!m->val && m->is_written) {
			m->val = &type_s64;
			any = true;
		}
	}
	for (size_t i = 0; i < ck->insts.n; i++) {
		struct inst *in = *vec_get(&ck->insts, struct inst *, i);

		for (u32 k = 0; k < in->var_cnt; k++) {
			any = any || !in->vars[k]->type;
			if (!in->vars[k]->type)
				in->vars[k]->type = &type_s64;
		}
	}
	return any;
}

/* A map that nobody writes reads as 0. */
static void fill_unwritten(struct check *ck)
{
	for (size_t i = 0; i < ck->maps.n; i++) {
		struct map_info *m = *vec_get(&ck->maps, struct map_info *, i);

		if (!m->val)
			m->val = &type_s64;
	}
}

static int take_results(struct check *ck, struct err *err)
{
	struct program *p = ck->prog;

	p->map_cnt = ck->maps.n;
	p->probe_cnt = ck->probes.n;
	p->inst_cnt = ck->insts.n;
	p->action_cnt = ck->actions.n;
	p->maps =
		arena_dup(ck->a, ck->maps.items ? ck->maps.items : "", ck->maps.n * sizeof(void *));
	p->probes = arena_dup(ck->a, ck->probes.items ? ck->probes.items : "",
			      ck->probes.n * sizeof(void *));
	p->insts = arena_dup(ck->a, ck->insts.items ? ck->insts.items : "",
			     ck->insts.n * sizeof(void *));
	p->actions = arena_dup(ck->a, ck->actions.items ? ck->actions.items : "",
			       ck->actions.n * sizeof(void *));
	if (!p->maps || !p->probes || !p->insts || !p->actions || ck->a->is_full)
		return err_set(err, -ENOMEM, "the script needs more memory than it may use");
	return 0;
}

/* Parts that the parser recognises and leaves out. */
static void refuse_skipped(struct check *ck)
{
	for (const struct skipped_item *s = ck->prog->ast.skipped; s; s = s->next) {
		if (!strcmp(s->what, "fn"))
			ck_hint(ck, ck_error(ck, s->span, "there are no functions of a script"),
				"macro name(x) { ... } is expanded where it is called");
		else
			ck_error(ck, s->span, "imports are not supported yet");
	}
}

static void check_whole(struct check *ck)
{
	const struct program *p = ck->prog;

	if (!p->ast.clauses && !ck->d->error_cnt)
		diag_error(ck->d, (struct span){ 0, 0 }, "the script has no probes");
	else if (!ck->insts.n && !ck->d->error_cnt)
		diag_error(ck->d, p->ast.clauses->span, "no probe of the script exists");
}

static int run_passes(struct check *ck, struct err *err)
{
	int rc;

	ck->is_final = true; /* these passes run once and report */
	settings_apply(ck);
	decls_read(&ck->decls, ck->prog->src, ck->prog->ast.c_defs, ck->d);
	refuse_skipped(ck);
	macro_expand_all(ck);
	lift_blocks(ck);
	rc = instance_make_all(ck, err);
	if (rc)
		return rc;
	settings_check_probes(ck);
	declare_maps(ck);
	resolve_all(ck);
	ck->is_final = false;
	settle(ck);
	/* What an error left unknown stays so: guessing would cause more of them. */
	if (!ck->is_wrong && !ck->d->error_cnt) {
		if (fill_unknown(ck))
			settle(ck);
		fill_unwritten(ck);
		settle(ck);
	}
	ck->is_final = true;
	check_all(ck);
	check_whole(ck);
	return 0;
}

static struct program *program_new(const struct source *src, const struct check_opts *o,
				   struct arena *a)
{
	struct program *p = arena_new(a, struct program);

	if (!p)
		return NULL;
	p->arena = a;
	p->src = p->written = src;
	p->compat = o->compat;
	p->max_strlen = o->compat == COMPAT_17 ? STRLEN_17 : STRLEN_27;
	p->max_map_keys = MAP_KEYS;
	p->max_cat_bytes = CAT_BYTES;
	p->print_maps_on_exit = true;
	p->stack_mode = "bpftrace";
	return p;
}

int program_compile(const struct source *src, const struct catalog *cat, const struct check_opts *o,
		    struct arena *a, struct diag_list *d, struct program **ret, struct err *err)
{
	struct parse_opts po = { .params = o->params, .param_cnt = o->param_cnt };
	struct program *p = program_new(src, o, a);
	struct check ck;
	int rc;

	if (!p)
		return err_oom(err);
	source_forget_copies(src);
	rc = cpp_run(src, cat, a, d, &p->src, &d->map);
	d->made = p->src;
	if (rc)
		return rc == -EINVAL ? rc : err_oom(err);
	rc = parse_script(p->src, &po, a, d, &p->ast);
	if (rc && rc != -EINVAL)
		return err_set_errno(err, rc, "parsing %s", src->name);
	check_init(&ck, p, cat, o, d);
	rc = run_passes(&ck, err);
	if (!rc && !d->error_cnt) {
		for (size_t i = 0; i < ck.insts.n; i++)
			finish_inst(&ck, *vec_get(&ck.insts, struct inst *, i));
		finish_types(&ck);
	}
	if (!rc)
		rc = take_results(&ck, err);
	check_fini(&ck);
	if (rc)
		return rc;
	if (d->error_cnt)
		return -EINVAL;
	*ret = p;
	return 0;
}
