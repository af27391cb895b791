/*
 * lang/settings.c -- the config block: one row a key.
 *
 * Keys of bpftrace that mean nothing here are accepted and ignored, so that its scripts run; old
 * spellings are accepted with a warning, and the names of the environment variables as they are.
 * The environment of whoever records comes first, so that the block decides.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lang/check_priv.h"

enum setting_id {
	SET_MAX_STRLEN,
	SET_MAX_CAT_BYTES,
	SET_MAX_PROBES,
	SET_MAX_MAP_KEYS,
	SET_PRINT_MAPS,
	SET_STACK_MODE,
	SET_MISSING_PROBES,
	SET_IGNORED,
	SET_CPP_DEMANGLE, /* these two are not done, and that is said */
	SET_TRAILER,
};

enum setting_kind { SET_NUMBER, SET_BOOL, SET_WORD, SET_ANY };

struct setting {
	const char *name;
	const char *old; /* former name, NULL: none */
	enum setting_id id;
	enum setting_kind kind;
	s64 min, max; /* NUMBER */
	const char *words; /* WORD: blank-separated */
};

#define IGNORED(NAME, OLD)                                  \
	{                                                   \
		NAME, OLD, SET_IGNORED, SET_ANY, 0, 0, NULL \
	}

static const struct setting settings[] = {
	{ "max_strlen", "strlen", SET_MAX_STRLEN, SET_NUMBER, 2, STR_BYTES_MAX, NULL },
	{ "max_map_keys", "map_keys_max", SET_MAX_MAP_KEYS, SET_NUMBER, 1, 1 << 24, NULL },
	{ "max_cat_bytes", "cat_bytes_max", SET_MAX_CAT_BYTES, SET_NUMBER, 0, 10240, NULL },
	{ "max_probes", NULL, SET_MAX_PROBES, SET_NUMBER, 1, PROBES_MAX, NULL },
	{ "print_maps_on_exit", NULL, SET_PRINT_MAPS, SET_BOOL, 0, 0, NULL },
	{ "stack_mode", NULL, SET_STACK_MODE, SET_WORD, 0, 0, "bpftrace perf raw" },
	{ "missing_probes", NULL, SET_MISSING_PROBES, SET_WORD, 0, 0, "error warn ignore" },
	IGNORED("cache_user_symbols", NULL),
	{ "cpp_demangle", "no_cpp_demangle", SET_CPP_DEMANGLE, SET_ANY, 0, 0, NULL },
	IGNORED("lazy_symbolication", NULL),
	IGNORED("license", NULL),
	IGNORED("log_size", NULL),
	IGNORED("max_bpf_progs", NULL),
	IGNORED("max_type_res_iterations", NULL),
	IGNORED("on_stack_limit", NULL),
	IGNORED("perf_rb_pages", NULL),
	IGNORED("show_debug_info", NULL),
	{ "str_trunc_trailer", NULL, SET_TRAILER, SET_ANY, 0, 0, NULL },
	IGNORED("use_blazesym", NULL),
	IGNORED("unstable_dw_ustack", NULL),
	IGNORED("unstable_import", NULL),
	IGNORED("unstable_import_statement", NULL),
	IGNORED("unstable_map_decl", NULL),
	IGNORED("unstable_tseries", NULL),
	IGNORED("unstable_typeinfo", NULL),
};

static bool is_setting(const struct setting *s, const char *key, bool *ret_is_old)
{
	const char *bare = strncasecmp(key, "BPFTRACE_", 9) ? key : key + 9;

	*ret_is_old = s->old && !strcasecmp(bare, s->old);
	return !strcasecmp(bare, s->name) || (s->old && !strcasecmp(bare, s->old));
}

static const struct setting *find_setting(struct check *ck, const struct config_item *it)
{
	struct str_nearest near;
	bool is_old = false;
	struct diag *g;

	for (size_t i = 0; i < countof(settings); i++) {
		if (!is_setting(&settings[i], it->key, &is_old))
			continue;
		if (is_old)
			ck_warn(ck, it->span, "%s is now called %s", it->key, settings[i].name);
		return &settings[i];
	}
	str_nearest_init(&near, it->key);
	for (size_t i = 0; i < countof(settings); i++)
		str_nearest_offer(&near, settings[i].name);
	g = ck_error(ck, it->span, "unknown setting %s", it->key);
	ck_hint_near(ck, g, &near);
	return NULL;
}

static bool read_number(const struct node *v, s64 *ret)
{
	if (v->kind != NODE_INT && v->kind != NODE_BOOL)
		return false;
	*ret = v->integer.val;
	return true;
}

static const char *read_word(struct check *ck, const struct node *v)
{
	if (v->kind == NODE_IDENT)
		return v->ident.name;
	return v->kind == NODE_STR ? arena_dup(ck->a, v->text.s.s, v->text.s.len) : NULL;
}

static bool is_word_of(const char *words, const char *w)
{
	size_t len = strlen(w);

	for (; *words; words += strspn(words, " ")) {
		size_t n = strcspn(words, " ");

		if (n == len && !strncmp(words, w, n))
			return true;
		words += n;
	}
	return false;
}

static void apply_number(struct check *ck, const struct setting *s, const struct config_item *it)
{
	s64 v = 0;

	if (!read_number(it->val, &v) || v < s->min || v > s->max) {
		ck_error(ck, it->span, "%s must be a number from %lld to %lld", s->name,
			 (long long)s->min, (long long)s->max);
		return;
	}
	switch (s->id) {
	case SET_MAX_STRLEN:
		ck->prog->max_strlen = v;
		break;
	case SET_MAX_CAT_BYTES:
		ck->prog->max_cat_bytes = v;
		break;
	case SET_MAX_PROBES:
		ck->max_probes = v;
		break;
	default:
		ck->prog->max_map_keys = ck->max_keys = v;
	}
}

static void apply_bool(struct check *ck, const struct setting *s, const struct config_item *it)
{
	const char *w = read_word(ck, it->val);
	s64 v = 0;

	if (w && (!strcmp(w, "true") || !strcmp(w, "false"))) {
		v = *w == 't';
	} else if (!read_number(it->val, &v) || v < 0 || v > 1) {
		ck_error(ck, it->span, "%s must be true or false", s->name);
		return;
	}
	ck->prog->print_maps_on_exit = v;
}

static void apply_word(struct check *ck, const struct setting *s, const struct config_item *it)
{
	const char *w = read_word(ck, it->val);

	if (!w || !is_word_of(s->words, w)) {
		ck_hint(ck, ck_error(ck, it->span, "%s does not have this value", s->name), "%s",
			s->words);
		return;
	}
	if (s->id == SET_STACK_MODE)
		ck->prog->stack_mode = w;
	else
		ck->missing_probes = w;
}

/* What asks for something that we do not do. */
static void apply_undone(struct check *ck, const struct setting *s, const struct config_item *it)
{
	bool is_negated = !strcasecmp(it->key, "no_cpp_demangle");
	const char *w = read_word(ck, it->val);
	s64 v = !w || strcmp(w, "false") != 0;

	read_number(it->val, &v);
	if (s->id == SET_TRAILER)
		ck_warn(ck, it->span, "str_trunc_trailer has no effect: nothing stands behind a "
			"string that is cut");
	else if (!v != is_negated)
		ck_warn(ck, it->span, "cpp_demangle has no effect: names of C++ are demangled");
}

static void apply(struct check *ck, const struct setting *s, const struct config_item *it)
{
	if (s->id == SET_IGNORED || !it->val)
		return;
	if (s->id == SET_TRAILER || s->id == SET_CPP_DEMANGLE) {
		apply_undone(ck, s, it);
		return;
	}
	switch (s->kind) {
	case SET_NUMBER:
		apply_number(ck, s, it);
		break;
	case SET_BOOL:
		apply_bool(ck, s, it);
		break;
	default:
		apply_word(ck, s, it);
		break;
	}
}

static bool is_number(const char *s, s64 *ret)
{
	char *end;

	errno = 0;
	*ret = strtoll(s, &end, 10);
	return end != s && !*end && !errno;
}

/* "BPFTRACE_MAX_STRLEN=64".  Names that are no settings mean something to bpftrace alone. */
static void apply_env(struct check *ck, const char *item)
{
	const char *eq = strchr(item, '=');
	struct node *val = node_new(ck->a, NODE_IDENT, (struct span){ 0, 0 });
	struct config_item it = { .val = val };
	bool is_old;
	s64 v;

	if (!eq || !val || strncmp(item, SETTING_ENV, strlen(SETTING_ENV)))
		return;
	it.key = arena_dup(ck->a, item, (size_t)(eq - item));
	if (!it.key)
		return;
	val->ident.name = eq + 1;
	if (is_number(eq + 1, &v)) {
		node_become(val, NODE_INT);
		val->integer.val = v;
	}
	for (size_t i = 0; i < countof(settings); i++) {
		if (is_setting(&settings[i], it.key, &is_old))
			apply(ck, &settings[i], &it);
	}
}

void settings_apply(struct check *ck)
{
	for (int i = 0; i < ck->o->env_cnt; i++)
		apply_env(ck, ck->o->env[i]);
	for (const struct config_item *it = ck->prog->ast.config; it; it = it->next) {
		const struct setting *s = find_setting(ck, it);

		if (s)
			apply(ck, s, it);
	}
}

void settings_check_probes(struct check *ck)
{
	if (!ck->max_probes || ck->probes.n <= ck->max_probes)
		return;
	ck_hint(ck,
		ck_error(ck, (struct span){ 0, 0 }, "the script has %zu probes; max_probes is %u",
			 ck->probes.n, ck->max_probes),
		"config = { max_probes = %zu }", ck->probes.n);
}
