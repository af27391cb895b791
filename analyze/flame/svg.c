/*
 * analyze/flame/svg.c -- a flame graph as one SVG file.
 *
 * Frames are drawn for a width of FLAME_WIDTH; the script lays them out anew for the window.  Each
 * is a group that carries what the script needs: place and weight (data-x, data-w), depth (data-d)
 * and, as its title, the whole name and a line of numbers.
 *
 * (1) Every text from a tape goes through xml_put(): names are hostile.
 * (2) Nothing outside is referred to.
 */
#include <inttypes.h>
#include <math.h>

#include "analyze/flame/color.h"
#include "analyze/flame/flame.h"
#include "analyze/flame/layout.h"
#include "analyze/flame/xml.h"
#include "base/units.h"
#include "flame/resources.h"

#define PAD	  12 /* at both sides */
#define TOP	  96 /* above the frames: titles, box, details */
#define BOTTOM	  36 /* below: notes, legend */
#define ROW	  18
#define NOTE_ROW  16
#define NOTES_MAX 8
#define CELL	  7.25 /* width of a character of the frames' font */
#define NAME_PAD  4

struct svg {
	const struct flame_opts *o;
	const struct fold_node *nodes;
	u32 n;
	struct flame_layout l;
	u32 notes; /* lines of o->notes */
	double scale; /* pixels a weight */
	u32 height;
	struct sink *out;
	struct buf tmp;
};

static void put(struct svg *s)
{
	sink_put(s->out, s->tmp.data, s->tmp.len);
	buf_reset(&s->tmp);
}

static void put_resource(struct svg *s, const unsigned char *begin, const unsigned char *end)
{
	buf_puts(&s->tmp, "<![CDATA[\n");
	put(s);
	sink_put(s->out, begin, (size_t)(end - begin));
	buf_puts(&s->tmp, "]]>");
}

static void put_head(struct svg *s)
{
	struct str title = s->o->title.s ? s->o->title : STR("Flame graph");

	buf_printf(&s->tmp,
		   "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
		   "<svg xmlns=\"http://www.w3.org/2000/svg\" id=\"flame\" width=\"%u\" "
		   "height=\"%u\" viewBox=\"0 0 %u %u\" data-pad=\"%u\" data-row=\"%u\">\n<title>",
		   FLAME_WIDTH, s->height, FLAME_WIDTH, s->height, PAD, ROW);
	xml_put(&s->tmp, title);
	buf_puts(&s->tmp, "</title>\n<style>");
	put_resource(s, flame_css, flame_css_end);
	buf_puts(&s->tmp, "</style>\n<rect class=\"page\" width=\"100%\" height=\"100%\"/>\n");
	put(s);
}

/* "1 234 samples, 12.34 %" */
static void put_numbers(struct svg *s, s64 total)
{
	char text[32];
	u64 n = total < 0 ? -(u64)total : (u64)total;

	buf_puts(&s->tmp, total < 0 ? "-" : "");
	buf_puts(&s->tmp, units_cnt(n, text));
	if (s->o->unit.len) {
		buf_putc(&s->tmp, ' ');
		xml_put(&s->tmp, s->o->unit);
	}
	if (s->nodes[0].total > 0)
		buf_printf(&s->tmp, ", %.2f %%", 100 * (double)total / (double)s->nodes[0].total);
}

static void put_frame(struct svg *s, u32 i)
{
	static const char *const classes[] = { "root", "label", "user", "kernel" };
	const struct fold_node *n = &s->nodes[i];
	struct str name = i ? n->name : STR("all");
	double x = PAD + s->l.x[i] * s->scale, w = s->l.w[i] * s->scale;
	u32 y = TOP + (s->l.depth - n->depth) * ROW;

	buf_printf(&s->tmp, "<g class=\"%s\" data-x=\"%.0f\" data-w=\"%.0f\" data-d=\"%u\"><title>",
		   classes[n->kind], s->l.x[i], s->l.w[i], n->depth);
	xml_put(&s->tmp, name);
	buf_putc(&s->tmp, '\n');
	put_numbers(s, n->total);
	buf_printf(&s->tmp,
		   "</title><rect x=\"%.2f\" y=\"%u\" width=\"%.2f\" height=\"%u\" rx=\"2\" "
		   "fill=\"#%06x\"/><text x=\"%.2f\" y=\"%u\">",
		   x, y, w > 1 ? w - 0.5 : w, ROW - 1, flame_color(n->kind, n->name), x + NAME_PAD,
		   y + 13);
	if (w > 2 * NAME_PAD)
		xml_put_cut(&s->tmp, name, (u32)((w - 2 * NAME_PAD) / CELL));
	buf_puts(&s->tmp, "</text></g>\n");
	put(s);
}

static void put_frames(struct svg *s)
{
	buf_puts(&s->tmp, "<g id=\"frames\">\n");
	put(s);
	for (u32 i = 0; i < s->n; i++) {
		if (flame_is_shown(&s->l, i))
			put_frame(s, i);
	}
	buf_puts(&s->tmp, "</g>\n");
	put(s);
}

/* What a program puts into its place; it stays in sight when the page is scrolled. */
static void put_bar(struct svg *s)
{
	struct str title = s->o->title.s ? s->o->title : STR("Flame graph");
	u32 cells = (FLAME_WIDTH - 2 * PAD) / 9;

	buf_printf(&s->tmp,
		   "<g id=\"bar\"><rect class=\"page\" width=\"100%%\" height=\"%u\"/>\n"
		   "<text id=\"title\" x=\"%u\" y=\"30\">",
		   TOP - 6, PAD);
	xml_put_cut(&s->tmp, title, cells);
	buf_printf(&s->tmp, "</text>\n<text id=\"subtitle\" x=\"%u\" y=\"50\">", PAD);
	xml_put_cut(&s->tmp, s->o->subtitle, cells);
	buf_printf(&s->tmp, "</text>\n<text id=\"details\" x=\"%u\" y=\"76\">", PAD);
	put_numbers(s, s->nodes[0].total);
	buf_printf(&s->tmp,
		   "</text>\n"
		   "<g id=\"tools\" transform=\"translate(%u,14)\" style=\"display:none\">"
		   "<g id=\"reset\" role=\"button\" style=\"display:none\">"
		   "<rect x=\"-104\" width=\"92\" height=\"26\" rx=\"5\"/>"
		   "<text x=\"-58\" y=\"17\">Reset zoom</text></g>"
		   "<foreignObject width=\"260\" height=\"28\">"
		   "<input xmlns=\"http://www.w3.org/1999/xhtml\" id=\"search\" type=\"search\" "
		   "placeholder=\"Search: regular expression (Ctrl-F)\" autocomplete=\"off\" "
		   "spellcheck=\"false\"/></foreignObject>"
		   "<text id=\"matched\" x=\"260\" y=\"48\"/></g></g>\n",
		   FLAME_WIDTH - PAD - 260);
	put(s);
}

static void put_legend(struct svg *s, u32 y)
{
	static const struct {
		enum fold_kind kind;
		const char *text;
	} kinds[] = { { FOLD_USER, "user" }, { FOLD_KERNEL, "kernel" } };

	buf_printf(&s->tmp, "<g id=\"legend\" transform=\"translate(%u,0)\">",
		   FLAME_WIDTH - PAD - 140);
	for (u32 i = 0; i < countof(kinds); i++)
		buf_printf(&s->tmp,
			   "<rect x=\"%u\" y=\"%u\" width=\"12\" height=\"12\" rx=\"2\" "
			   "fill=\"#%06x\"/><text class=\"note\" x=\"%u\" y=\"%u\">%s</text>",
			   70 * i, y - 10, flame_color(kinds[i].kind, STR("legend")), 70 * i + 18,
			   y, kinds[i].text);
	buf_puts(&s->tmp, "</g>\n");
}

/* A line of the foot, the last one being s->notes. */
static void begin_note(struct svg *s, u32 line, const char *class)
{
	buf_printf(&s->tmp, "<text class=\"note %s\" x=\"%u\" y=\"%u\">", class, PAD,
		   s->height - 12 - (s->notes - line) * NOTE_ROW);
}

static u32 count_lines(struct str text)
{
	u32 n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += text.s[i] == '\n';
	return n;
}

/* The last ones are shown, as what is missing is told at the end. */
static void put_notes(struct svg *s)
{
	u32 all = count_lines(s->o->notes), skip = all > NOTES_MAX ? all - NOTES_MAX + 1 : 0;
	struct str rest = s->o->notes, line;
	u32 at = 0;

	if (skip) {
		begin_note(s, at++, "warning");
		buf_printf(&s->tmp, "%u more warnings</text>\n", skip);
	}
	for (u32 i = 0; i < all; i++) {
		str_split(rest, '\n', &line, &rest);
		if (i < skip)
			continue;
		begin_note(s, at++, "warning");
		xml_put_cut(&s->tmp, line, (FLAME_WIDTH - 2 * PAD) / 7);
		buf_puts(&s->tmp, "</text>\n");
	}
}

static void put_foot(struct svg *s)
{
	char text[32];

	put_notes(s);
	begin_note(s, s->notes, "");
	if (s->l.total <= 0)
		buf_puts(&s->tmp, "There is nothing to show. ");
	if (s->l.hidden)
		buf_printf(&s->tmp,
			   "Left out, and not searched: %s frame%s narrower than %g px of %u. ",
			   units_cnt(s->l.hidden, text), s->l.hidden == 1 ? "" : "s", s->l.min_px,
			   FLAME_WIDTH - 2 * PAD);
	if (s->l.has_negative)
		buf_puts(&s->tmp, "Weights below 0 have no width.");
	buf_puts(&s->tmp, "</text>\n");
	put_legend(s, s->height - 12);
	buf_puts(&s->tmp, "<script>");
	put_resource(s, flame_js, flame_js_end);
	buf_puts(&s->tmp, "</script>\n</svg>\n");
	put(s);
}

int flame_put_svg(const struct fold_node *nodes, u32 n, const struct flame_opts *o,
		  struct sink *out, struct err *err)
{
	struct svg s = { .o = o, .nodes = nodes, .n = n, .out = out };
	double px = FLAME_WIDTH - 2 * PAD;

	if (flame_layout(nodes, n, px, o->min_px > 0 ? o->min_px : FLAME_MIN_PX, &s.l))
		return err_oom(err);
	buf_init(&s.tmp, 8 << 20);
	s.scale = s.l.total > 0 ? px / s.l.total : 0;
	s.notes = count_lines(o->notes);
	if (s.notes > NOTES_MAX)
		s.notes = NOTES_MAX;
	s.height = TOP + (s.l.depth + 1) * ROW + s.notes * NOTE_ROW + BOTTOM;
	put_head(&s);
	put_frames(&s);
	put_bar(&s);
	put_foot(&s);
	buf_fini(&s.tmp);
	flame_layout_fini(&s.l);
	return 0;
}
