/*
 * tests/analyze/test_flame.c -- flame graphs: hostile names stay text, frames lie where their
 * weights say, what is left out is said.  What the script does is tested in a browser.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/flame/color.h"
#include "analyze/flame/flame.h"
#include "analyze/flame/layout.h"
#include "analyze/flame/xml.h"

/* ---- text ---- */

static const char *xml_of(struct str text, u32 cells)
{
	static struct buf b;

	buf_fini(&b);
	buf_init(&b, 1 << 16);
	if (cells)
		xml_put_cut(&b, text, cells);
	else
		xml_put(&b, text);
	return buf_cstr(&b);
}

static void names_are_text_whatever_they_are(void **state)
{
	static const struct {
		struct str in;
		const char *out;
	} cases[] = {
		{ STR("</title><script>x</script>"),
		  "&lt;/title&gt;&lt;script&gt;x&lt;/script&gt;" },
		{ STR("a&b \"c\" 'd'"), "a&amp;b &quot;c&quot; &#39;d&#39;" },
		{ STR("]]>"), "]]&gt;" },
		{ STR("caf\xc3\xa9"), "caf\xc3\xa9" },
		{ STR("\xff\xc3"), "\\xff\\xc3" },
		{ STR("a\0b\n\t\x1b[31m\x7f"), "a\\x00b\\x0a\\x09\\x1b[31m\\x7f" },
		{ STR("\xed\xa0\x80"), "\\xed\\xa0\\x80" }, /* a surrogate */
		{ STR("\xef\xbf\xbe"), "\\u{fffe}" }, /* no character of XML */
		{ STR("\xc2\x85"), "\\u{85}" },
		{ STR("\xe2\x80\xaegnp"), "\\u{202e}gnp" }, /* right to left */
		{ STR(""), "" },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++)
		assert_string_equal(xml_of(cases[i].in, 0), cases[i].out);
}

static void texts_are_cut_between_characters(void **state)
{
	static const struct {
		struct str in;
		u32 cells;
		const char *out;
	} cases[] = {
		{ STR("main"), 4, "main" },
		{ STR("main"), 3, "ma\xe2\x80\xa6" },
		{ STR("main"), 2, "" },
		{ STR("<<<<<"), 4, "&lt;&lt;&lt;\xe2\x80\xa6" },
		{ STR("\xe6\xbc\xa2\xe5\xad\x97"), 4, "\xe6\xbc\xa2\xe5\xad\x97" },
		{ STR("\xe6\xbc\xa2\xe5\xad\x97"), 3, "\xe6\xbc\xa2\xe2\x80\xa6" },
		{ STR("a\xff"
		      "bcdef"),
		  6, "a\\xff\xe2\x80\xa6" },
		{ STR("a\xff"
		      "b"),
		  4, "a\xe2\x80\xa6" },
		{ STR(""), 10, "" },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++)
		assert_string_equal(xml_of(cases[i].in, cases[i].cells), cases[i].out);
}

/* ---- colours ---- */

static double light(u32 c)
{
	return 0.299 * (c >> 16) + 0.587 * (c >> 8 & 0xff) + 0.114 * (c & 0xff);
}

static void kernel_frames_are_blue_and_user_frames_warm(void **state)
{
	(void)state;
	for (u32 i = 0; i < 500; i++) {
		char name[16];
		u32 user, kernel;

		snprintf(name, sizeof(name), "fn_%u", i);
		user = flame_color(FOLD_USER, str_of(name));
		kernel = flame_color(FOLD_KERNEL, str_of(name));
		assert_true(user >> 16 > (user & 0xff));
		assert_true(kernel >> 16 < (kernel & 0xff));
		/* Dark letters can be read on both. */
		assert_true(light(user) > 120 && light(kernel) > 120);
		assert_int_equal(user, flame_color(FOLD_USER, str_of(name)));
	}
	assert_true(flame_color(FOLD_USER, STR("malloc")) != flame_color(FOLD_USER, STR("free")));
	/* The same in each run and on each machine. */
	assert_int_equal(flame_color(FOLD_USER, STR("main")), 0xf6c548);
}

/* ---- pictures ---- */

/*
 * all ── a(10 own) ─┬─ b 20
 *     │             └─ c 70 (kernel)
 *     └─ tiny 1 of a million
 */
static const struct fold_node small[] = {
	{ .name = STR(""), .kind = FOLD_ROOT, .first_child = 1, .total = 100 },
	{ .name = STR("a"),
	  .kind = FOLD_USER,
	  .depth = 1,
	  .first_child = 2,
	  .self = 10,
	  .total = 100 },
	{ .name = STR("b"),
	  .kind = FOLD_USER,
	  .depth = 2,
	  .parent = 1,
	  .next = 3,
	  .self = 20,
	  .total = 20 },
	{ .name = STR("c"), .kind = FOLD_KERNEL, .depth = 2, .parent = 1, .self = 70, .total = 70 },
};

static void frames_lie_side_by_side_above_their_caller(void **state)
{
	struct flame_layout l;

	(void)state;
	assert_int_equal(flame_layout(small, countof(small), 1000, 0.1, &l), 0);
	assert_int_equal(l.shown, 4);
	assert_int_equal(l.hidden, 0);
	assert_int_equal(l.depth, 2);
	assert_true(l.total == 100 && l.w[1] == 100 && l.w[2] == 20 && l.w[3] == 70);
	assert_true(l.x[1] == 0 && l.x[2] == 0 && l.x[3] == 20);
	flame_layout_fini(&l);
}

static void weights_below_zero_have_no_width(void **state)
{
	struct fold_node nodes[countof(small)];
	struct flame_layout l;

	(void)state;
	memcpy(nodes, small, sizeof(nodes));
	nodes[2].self = nodes[2].total = -20;
	assert_int_equal(flame_layout(nodes, countof(nodes), 1000, 0.1, &l), 0);
	assert_true(l.has_negative);
	assert_true(l.total == 80 && l.w[2] == 0 && l.x[3] == 0);
	assert_false(flame_is_shown(&l, 2));
	assert_int_equal(l.hidden, 1);
	flame_layout_fini(&l);
}

/* A root with @n children of one sample each. */
static struct fold_node *make_wide(u32 n)
{
	struct fold_node *nodes = calloc(n + 1, sizeof(*nodes));

	assert_non_null(nodes);
	nodes[0] = (struct fold_node){ .name = STR(""), .first_child = 1, .total = n };
	for (u32 i = 1; i <= n; i++)
		nodes[i] = (struct fold_node){ .name = STR("f"),
					       .kind = FOLD_USER,
					       .depth = 1,
					       .next = i < n ? i + 1 : 0,
					       .self = 1,
					       .total = 1 };
	return nodes;
}

static void a_picture_has_no_more_frames_than_can_be_drawn(void **state)
{
	struct fold_node *nodes = make_wide(FLAME_FRAMES_MAX + 10);
	struct flame_layout l;

	(void)state;
	/* Each is wide enough by itself, but there are too many. */
	assert_int_equal(flame_layout(nodes, FLAME_FRAMES_MAX + 11, 1e6, 0.1, &l), 0);
	assert_true(l.shown <= FLAME_FRAMES_MAX);
	assert_true(l.min_px > 0.1);
	flame_layout_fini(&l);
	free(nodes);
}

static char *svg_of(const struct fold_node *nodes, u32 n, const struct flame_opts *o)
{
	struct err err = { 0 };
	struct sink out;
	char *text;

	sink_init(&out, -1);
	assert_int_equal(flame_put_svg(nodes, n, o, &out, &err), 0);
	assert_int_equal(out.code, 0);
	text = strndup((const char *)out.buf.data, out.buf.len);
	assert_non_null(text);
	assert_int_equal(strlen(text), out.buf.len);
	sink_fini(&out);
	return text;
}

static u32 count(const char *text, const char *part)
{
	u32 n = 0;

	for (; (text = strstr(text, part)); text++)
		n++;
	return n;
}

static void assert_has(const char *svg, const char *part)
{
	if (!strstr(svg, part))
		fail_msg("the picture has no %s", part);
}

static void a_picture_says_what_each_frame_is(void **state)
{
	struct flame_opts o = { .title = STR("reads <by> file"), .unit = STR("samples") };
	char *svg = svg_of(small, countof(small), &o);

	(void)state;
	assert_int_equal(count(svg, "<g class="), 4);
	assert_has(svg, "<title>reads &lt;by&gt; file</title>");
	assert_has(svg, "<g class=\"root\" data-x=\"0\" data-w=\"100\" data-d=\"0\">"
			"<title>all\n100 samples, 100.00 %</title>");
	assert_has(svg, "<g class=\"kernel\" data-x=\"20\" data-w=\"70\" data-d=\"2\">"
			"<title>c\n70 samples, 70.00 %</title>");
	assert_null(strstr(svg, "Left out"));
	free(svg);
}

static void a_picture_needs_nothing_but_itself(void **state)
{
	struct flame_opts o = { .unit = STR("samples") };
	char *svg = svg_of(small, countof(small), &o);

	(void)state;
	/* Names of the two languages are no addresses that anybody goes to. */
	assert_int_equal(count(svg, "http"),
			 count(svg, "\"http://www.w3.org/2000/svg\"") +
				 count(svg, "\"http://www.w3.org/1999/xhtml\""));
	assert_int_equal(count(svg, "url("), 0);
	assert_int_equal(count(svg, "@import"), 0);
	assert_int_equal(count(svg, "src="), 0);
	assert_int_equal(count(svg, "href"), 0);
	assert_int_equal(count(svg, "innerHTML"), 0);
	/* The script and the style end where we end them. */
	assert_int_equal(count(svg, "]]>"), 2);
	assert_int_equal(count(svg, "<script>"), 1);
	free(svg);
}

static void a_picture_of_nothing_says_so(void **state)
{
	static const struct fold_node root = { .name = STR("") };
	struct flame_opts o = { .unit = STR("samples") };
	char *svg = svg_of(&root, 1, &o);

	(void)state;
	assert_has(svg, "There is nothing to show.");
	assert_int_equal(count(svg, "<g class="), 1);
	assert_null(strstr(svg, "nan"));
	assert_null(strstr(svg, "inf"));
	free(svg);
}

static void what_is_lost_is_in_the_picture(void **state)
{
	struct flame_opts o = { .notes = STR("12 rows were lost\n<not> finished\n") };
	char *svg = svg_of(small, countof(small), &o), *many = malloc(200);

	(void)state;
	assert_has(svg, ">12 rows were lost</text>");
	assert_has(svg, ">&lt;not&gt; finished</text>");
	assert_int_equal(count(svg, "note warning"), 2);
	free(svg);
	/* Some are enough: all have been said on stderr. */
	assert_non_null(many);
	for (u32 i = 0; i < 100; i++)
		memcpy(many + 2 * i, i > 92 ? "x\n" : "n\n", 2);
	o.notes = (struct str){ many, 200 };
	svg = svg_of(small, countof(small), &o);
	assert_int_equal(count(svg, "note warning"), 8);
	assert_int_equal(count(svg, ">x</text>"), 7);	/* losses are told last */
	assert_has(svg, ">93 more warnings</text>");
	free(svg);
	free(many);
}

static void what_is_left_out_is_said(void **state)
{
	struct fold_node *nodes = make_wide(1000);
	struct flame_opts o = { .min_px = 2 };
	char *svg = svg_of(nodes, 1001, &o);

	(void)state;
	assert_int_equal(count(svg, "<g class="), 1);
	assert_has(svg, "Left out, and not searched: 1 000 frames narrower than 2 px of 1176.");
	free(svg);
	free(nodes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_text_whatever_they_are),
		cmocka_unit_test(texts_are_cut_between_characters),
		cmocka_unit_test(kernel_frames_are_blue_and_user_frames_warm),
		cmocka_unit_test(frames_lie_side_by_side_above_their_caller),
		cmocka_unit_test(weights_below_zero_have_no_width),
		cmocka_unit_test(a_picture_has_no_more_frames_than_can_be_drawn),
		cmocka_unit_test(a_picture_says_what_each_frame_is),
		cmocka_unit_test(a_picture_needs_nothing_but_itself),
		cmocka_unit_test(a_picture_of_nothing_says_so),
		cmocka_unit_test(what_is_lost_is_in_the_picture),
		cmocka_unit_test(what_is_left_out_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
