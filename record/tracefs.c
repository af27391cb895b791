/*
 * record/tracefs.c -- find tracefs, list its events, read its files.
 *
 * The list is available_events: one read instead of two thousand directories.  An event that is
 * named without wildcards is looked up by its directory alone.
 */
#include "record/tracefs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"

#define EVENTS_MAX_SZ (16u << 20)
#define FORMAT_MAX_SZ (1u << 20)

const char *tracefs_find(struct err *err)
{
	static const char *const roots[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	char path[128];
	bool is_denied = false;

	for (size_t i = 0; i < countof(roots); i++) {
		snprintf(path, sizeof(path), "%s/available_events", roots[i]);
		if (!access(path, R_OK))
			return roots[i];
		if (errno == EACCES || errno == EPERM)
			is_denied = true;
	}
	if (is_denied) {
		err_set(err, -EACCES, "%s cannot be read", roots[0]);
		err_hint(err, "only root may read it: run as root, or with the capability "
			      "cap_dac_read_search");
		return NULL;
	}
	err_set(err, -ENODEV, "tracefs is not mounted");
	err_hint(err, "mount -t tracefs tracefs %s", roots[0]);
	return NULL;
}

static int cmp_name(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static int push_name(struct vec *out, struct arena *a, struct str name, struct err *err)
{
	const char **slot = vec_push(out);

	if (!slot)
		return err_oom(err);
	*slot = arena_dup(a, name.s, name.len);
	return *slot ? 0 : err_oom(err);
}

/* Lines "category:event" that match. */
static int match_lines(struct str text, const char *pattern, struct arena *a, struct vec *out,
		       struct err *err)
{
	struct str line;

	while (text.len) {
		char name[256];
		int rc;

		str_split(text, '\n', &line, &text);
		if (!line.len || line.len >= sizeof(name))
			continue;
		memcpy(name, line.s, line.len);
		name[line.len] = '\0';
		if (!str_glob(pattern, name))
			continue;
		rc = push_name(out, a, line, err);
		if (rc)
			return rc;
	}
	return 0;
}

int tracefs_list(const char *root, const char *category, const char *event, struct arena *a,
		 struct vec *out, struct err *err)
{
	char path[512], pattern[512];
	size_t first = out->n;
	struct buf b;
	int rc;

	snprintf(pattern, sizeof(pattern), "%s:%s", category, event);
	snprintf(path, sizeof(path), "%s/available_events", root);
	buf_init(&b, EVENTS_MAX_SZ);
	rc = io_read_file(path, &b, err);
	if (!rc)
		rc = match_lines((struct str){ (const char *)b.data, b.len }, pattern, a, out, err);
	buf_fini(&b);
	if (!rc && out->n > first)
		qsort(vec_at(out, first), out->n - first, sizeof(const char *), cmp_name);
	return rc;
}

/* Names come from scripts and go into paths. */
static bool is_event_name(const char *s)
{
	return *s && *s != '.' && !strchr(s, '/');
}

static int read_event_file(const char *root, const char *category, const char *event,
			   const char *file, struct buf *b, struct err *err)
{
	char path[512];
	int n;

	if (!is_event_name(category) || !is_event_name(event))
		return err_set(err, -ENOENT, "no tracepoint %s:%s", category, event);
	n = snprintf(path, sizeof(path), "%s/events/%s/%s/%s", root, category, event, file);
	if (n < 0 || (size_t)n >= sizeof(path))
		return err_set(err, -ENOENT, "no tracepoint %s:%s", category, event);
	if (access(path, F_OK) && errno == ENOENT)
		return err_set(err, -ENOENT, "no tracepoint %s:%s", category, event);
	return io_read_file(path, b, err);
}

int tracefs_event_id(const char *root, const char *category, const char *event, struct err *err)
{
	struct buf b;
	long id = 0;
	int rc;

	buf_init(&b, 64);
	rc = read_event_file(root, category, event, "id", &b, err);
	if (!rc)
		id = strtol(buf_cstr(&b), NULL, 10);
	buf_fini(&b);
	if (rc)
		return rc;
	if (id <= 0 || id > INT32_MAX)
		return err_set(err, -EBADMSG, "the id of tracepoint %s:%s is no number", category,
			       event);
	return id;
}

int tracefs_read_format(const char *root, const char *category, const char *event,
			const struct tracefs_types *types, struct arena *a, const struct type **ret,
			struct err *err)
{
	const char *name = arena_printf(a, "args of tracepoint:%s:%s", category, event);
	struct buf b;
	int rc;

	if (!name)
		return err_oom(err);
	buf_init(&b, FORMAT_MAX_SZ);
	rc = read_event_file(root, category, event, "format", &b, err);
	if (!rc) {
		struct str text = { (const char *)b.data, b.len };

		rc = tracefs_parse_format(text, name, types, a, ret, err);
		if (rc)
			err_wrap(err, rc, "format of tracepoint %s:%s", category, event);
	}
	buf_fini(&b);
	return rc;
}
