/*
 * tests/support/gen_program.c -- the grammar of the random scripts: a function a construct, weights
 * in tables.
 *
 * Depth is bounded by a budget that each construct uses up.  Literals are kept small so that
 * constant folding in the checker never refuses them.
 */
#include "tests/support/gen_program.h"

struct gen {
	u64 state;
	const struct gen_opts *o;
	struct buf *out;
	int vars; /* $v0 .. assigned so far in this clause */
	int strs; /* $t0 .. */
	int loop_depth, loops;
	bool in_begin;
};

u64 gen_next(u64 *s)
{
	*s ^= *s >> 12;
	*s ^= *s << 25;
	*s ^= *s >> 27;
	return *s * 0x2545f4914f6cdd1dull;
}

static u32 below(struct gen *g, u32 n)
{
	return (gen_next(&g->state) >> 33) % n;
}

static bool chance(struct gen *g, u32 percent)
{
	return below(g, 100) < percent;
}

static void put(struct gen *g, const char *s)
{
	buf_puts(g->out, s);
}

static void int_expr(struct gen *g, int depth);
static void str_expr(struct gen *g, int depth);
static void statements(struct gen *g, int depth, int n);

static void literal(struct gen *g)
{
	static const char *const lits[] = { "0",  "1",	 "2",	"3",	"7",	 "10",
					    "63", "100", "255", "1000", "0x7fff" };

	put(g, lits[below(g, countof(lits))]);
}

static void firing_leaf(struct gen *g)
{
	static const char *const args[] = { "args.a", "args.b", "args.c", "args.d" };
	static const char *const builtins[] = { "pid", "tid", "cpu", "uid", "nsecs" };

	if (!g->in_begin && chance(g, 60))
		put(g, args[below(g, countof(args))]);
	else
		put(g, builtins[below(g, countof(builtins))]);
}

static void key(struct gen *g, int depth)
{
	switch (below(g, 6)) {
	case 0:
		put(g, "[cpu]");
		break;
	case 1:
		put(g, "[(uint64)(");
		int_expr(g, depth - 1);
		put(g, ") % 4]");
		break;
	default:
		put(g, "[tid]");
	}
}

static void int_map(struct gen *g, int depth)
{
	if (chance(g, 40)) {
		buf_printf(g->out, "@i%u", below(g, 3));
		return;
	}
	buf_printf(g->out, "@k%u", below(g, 4));
	key(g, depth);
}

static void tuple_map(struct gen *g, int depth)
{
	put(g, "@t0[(uint64)cpu, ");
	str_expr(g, depth - 1);
	put(g, "]");
}

static void binary(struct gen *g, int depth)
{
	static const char *const ops[] = { " + ", " - ",  " * ",  " / ", " % ",	 " & ", " | ",
					   " ^ ", " == ", " != ", " < ", " <= ", " > ", " >= " };

	put(g, "((int64)(");
	int_expr(g, depth - 1);
	put(g, ")");
	put(g, ops[below(g, countof(ops))]);
	put(g, "(int64)(");
	int_expr(g, depth - 1);
	put(g, "))");
}

static void shift(struct gen *g, int depth)
{
	put(g, "((uint64)(");
	int_expr(g, depth - 1);
	put(g, chance(g, 50) ? ") << " : ") >> ");
	put(g, "((uint64)(");
	int_expr(g, depth - 1);
	put(g, ") & 63))");
}

static void logic(struct gen *g, int depth)
{
	put(g, "(int64)((int64)(");
	int_expr(g, depth - 1);
	put(g, chance(g, 50) ? ") != 0 && (int64)(" : ") != 0 || (int64)(");
	int_expr(g, depth - 1);
	put(g, ") != 0)");
}

static void ternary(struct gen *g, int depth)
{
	put(g, "((int64)(");
	int_expr(g, depth - 1);
	put(g, ") != 0 ? (int64)(");
	int_expr(g, depth - 1);
	put(g, ") : (int64)(");
	int_expr(g, depth - 1);
	put(g, "))");
}

static void compare_strings(struct gen *g, int depth)
{
	put(g, "(int64)(");
	str_expr(g, depth - 1);
	put(g, chance(g, 50) ? " == " : " != ");
	str_expr(g, depth - 1);
	put(g, ")");
}

static void memory_read(struct gen *g)
{
	if (g->in_begin)
		literal(g);
	else if (chance(g, 70))
		put(g, chance(g, 50) ? "*(uint64 *)(args.p)" : "*(uint8 *)(args.p)");
	else
		put(g, "*(uint32 *)(@q0[tid])");
}

static void inc_dec(struct gen *g, int depth)
{
	bool pre = chance(g, 50);
	const char *op = chance(g, 60) ? "++" : "--";

	put(g, "(");
	if (pre)
		put(g, op);
	if (g->vars && chance(g, 30))
		buf_printf(g->out, "$v%u", below(g, g->vars));
	else
		int_map(g, depth - 1);
	if (!pre)
		put(g, op);
	put(g, ")");
}

static void cast(struct gen *g, int depth)
{
	static const char *const types[] = { "uint8",  "int8",	"uint16", "int16",
					     "uint32", "int32", "uint64", "int64" };

	buf_printf(g->out, "(%s)(", types[below(g, countof(types))]);
	int_expr(g, depth - 1);
	put(g, ")");
}

static void agg_read(struct gen *g)
{
	static const char *const maps[] = { "(int64)@u0", "(int64)@n0", "(int64)@x0[cpu]" };

	put(g, g->o->with_agg_reads ? maps[below(g, countof(maps))] : "5");
}

static void int_expr(struct gen *g, int depth)
{
	if (depth <= 0) {
		chance(g, 40) ? literal(g) : firing_leaf(g);
		return;
	}
	switch (below(g, 20)) {
	case 0:
	case 1:
		literal(g);
		break;
	case 2:
	case 3:
	case 4:
		firing_leaf(g);
		break;
	case 5:
	case 6:
		int_map(g, depth);
		break;
	case 7:
	case 8:
	case 9:
		binary(g, depth);
		break;
	case 10:
		shift(g, depth);
		break;
	case 11:
		logic(g, depth);
		break;
	case 12:
		ternary(g, depth);
		break;
	case 13:
		compare_strings(g, depth);
		break;
	case 14:
	case 15:
		memory_read(g);
		break;
	case 16:
		inc_dec(g, depth);
		break;
	case 17:
		cast(g, depth);
		break;
	case 18:
		chance(g, 50) ? tuple_map(g, depth) : agg_read(g);
		break;
	default:
		if (g->vars)
			buf_printf(g->out, "$v%u", below(g, g->vars));
		else
			firing_leaf(g);
	}
}

static void str_expr(struct gen *g, int depth)
{
	switch (below(g, depth > 0 ? 8 : 3)) {
	case 0:
		put(g, chance(g, 50) ? "\"alpha\"" : "\"b\"");
		break;
	case 1:
		put(g, "comm");
		break;
	case 2:
	case 3:
		put(g, g->in_begin ? "\"alpha\"" : "str(args.s)");
		break;
	case 4:
		buf_printf(g->out, "@s%u[tid]", below(g, 2));
		break;
	case 5:
		put(g, g->in_begin ? "comm" : "str(@q0[tid])");
		break;
	case 6:
		put(g, "(");
		int_expr(g, depth - 1);
		put(g, " != 0 ? ");
		str_expr(g, depth - 1);
		put(g, " : ");
		str_expr(g, depth - 1);
		put(g, ")");
		break;
	default:
		if (g->strs)
			buf_printf(g->out, "$t%u", below(g, g->strs));
		else
			put(g, "comm");
	}
}

static void condition(struct gen *g, int depth)
{
	put(g, "(int64)(");
	int_expr(g, depth);
	put(g, chance(g, 50) ? ") > 0" : ") != 3");
}

static void print_stmt(struct gen *g, int depth)
{
	switch (below(g, 5)) {
	case 0:
		put(g, "printf(\"%ld %s\\n\", (int64)(");
		int_expr(g, depth);
		put(g, "), ");
		str_expr(g, depth);
		put(g, ")");
		break;
	case 1:
		put(g, "printf(\"%lu\\n\", (uint64)(");
		int_expr(g, depth);
		put(g, "))");
		break;
	case 2:
		put(g, "printf(\"%s\\n\", ");
		str_expr(g, depth);
		put(g, ")");
		break;
	case 3:
		put(g, "print((int64)(");
		int_expr(g, depth);
		put(g, "))");
		break;
	default:
		put(g, chance(g, 60) ? "print(@i0)" : "print(@k1)");
	}
	put(g, ";\n");
}

static void agg_stmt(struct gen *g, int depth)
{
	static const char *const sides[] = { "@c0[",	   "@u0 = sum(", "@x0[cpu] = max(",
					     "@n0 = min(", "@v0 = avg(", "@h0 = hist(" };
	u32 i = below(g, countof(sides));

	put(g, sides[i]);
	if (i == 0) {
		str_expr(g, depth);
		put(g, "] = count();\n");
		return;
	}
	put(g, "(int64)(");
	int_expr(g, depth);
	put(g, "));\n");
}

static void map_stmt(struct gen *g, int depth)
{
	switch (below(g, 8)) {
	case 0:
		buf_printf(g->out, "@s%u[tid] = ", below(g, 2));
		str_expr(g, depth);
		break;
	case 1:
		put(g, g->in_begin ? "@i0 = 1" : "@q0[tid] = args.p");
		break;
	case 2:
		tuple_map(g, depth);
		put(g, " = (int64)(");
		int_expr(g, depth);
		put(g, ")");
		break;
	case 3:
		int_map(g, depth);
		put(g, chance(g, 50) ? " += (int64)(" : " -= (int64)(");
		int_expr(g, depth);
		put(g, ")");
		break;
	case 4:
		inc_dec(g, depth);
		break;
	case 5:
		buf_printf(g->out, "delete(@k%u, tid)", below(g, 4));
		break;
	default:
		int_map(g, depth);
		put(g, " = (int64)(");
		int_expr(g, depth);
		put(g, ")");
	}
	put(g, ";\n");
}

static void var_stmt(struct gen *g, int depth)
{
	if (chance(g, 30) && g->strs < 2) {
		buf_printf(g->out, "$t%d = ", g->strs);
		str_expr(g, depth);
		g->strs++;
	} else if (g->vars && chance(g, 60)) {
		buf_printf(g->out, "$v%u = (int64)(", below(g, g->vars));
		int_expr(g, depth);
		put(g, ")");
	} else {
		put(g, g->vars < 3 ? "" : "$v0 = (int64)0;\n");
		buf_printf(g->out, "$v%d = (int64)(", g->vars < 3 ? g->vars : 0);
		int_expr(g, depth);
		put(g, ")");
		g->vars += g->vars < 3;
	}
	put(g, ";\n");
}

/* Variables made inside are not seen behind it: block scope. */
static void block(struct gen *g, int depth, int n)
{
	int vars = g->vars, strs = g->strs;

	put(g, "{\n");
	statements(g, depth - 1, n);
	put(g, "}\n");
	g->vars = vars;
	g->strs = strs;
}

static void if_stmt(struct gen *g, int depth)
{
	put(g, "if (");
	condition(g, depth - 1);
	put(g, ") ");
	block(g, depth, 1 + below(g, 3));
	if (chance(g, 40)) {
		put(g, "else ");
		block(g, depth, 1 + below(g, 2));
	}
}

static void loop_stmt(struct gen *g, int depth)
{
	if (g->o->no_loops || g->loop_depth >= 2) {
		if_stmt(g, depth);
		return;
	}
	g->loop_depth++;
	if (chance(g, 50)) {
		buf_printf(g->out, "unroll(%u) ", 1 + below(g, 3));
		block(g, depth, 1 + below(g, 2));
	} else {
		int id = g->loops++;

		buf_printf(g->out, "$l%d = 0;\nwhile ($l%d < %u) {\n$l%d++;\n", id, id,
			   1 + below(g, 4), id);
		block(g, depth, 1 + below(g, 2));
		if (chance(g, 30)) {
			put(g, "if (");
			condition(g, 1);
			put(g, chance(g, 50) ? ") { break; }\n" : ") { continue; }\n");
		}
		put(g, "}\n");
	}
	g->loop_depth--;
}

static void leave_stmt(struct gen *g)
{
	put(g, "if (");
	condition(g, 2);
	put(g, g->o->no_exit || chance(g, 70) ? ") { return; }\n" : ") { exit(); }\n");
}

static void statements(struct gen *g, int depth, int n)
{
	for (int i = 0; i < n; i++) {
		u32 k = below(g, 100);

		if (k < 25)
			print_stmt(g, depth);
		else if (k < 40)
			agg_stmt(g, depth);
		else if (k < 62)
			map_stmt(g, depth);
		else if (k < 75)
			var_stmt(g, depth);
		else if (k < 88 && depth > 0)
			if_stmt(g, depth);
		else if (k < 93 && depth > 0)
			loop_stmt(g, depth);
		else if (k < 96 && !g->in_begin && !g->loop_depth)
			leave_stmt(g);
		else
			map_stmt(g, 1);
	}
}

static void clause(struct gen *g, const char *probe)
{
	g->vars = g->strs = g->loops = g->loop_depth = 0;
	put(g, probe);
	if (!g->in_begin && chance(g, 50)) {
		put(g, " /");
		condition(g, 2);
		put(g, "/");
	}
	put(g, " {\n");
	statements(g, 3, 2 + below(g, 5));
	put(g, "}\n");
}

void gen_program(u64 seed, const struct gen_opts *o, struct buf *out)
{
	static const char *const probes[] = { "tracepoint:gen:a", "tracepoint:gen:b" };
	struct gen g = { .state = seed * 0x9e3779b97f4a7c15ull + 1, .o = o, .out = out };
	int n = 2 + below(&g, 3);

	for (int i = 0; i < 4; i++)
		gen_next(&g.state);
	if (chance(&g, 30)) {
		g.in_begin = true;
		clause(&g, "BEGIN");
		g.in_begin = false;
	}
	for (int i = 0; i < n; i++)
		clause(&g, probes[i < 2 ? i : (int)below(&g, 2)]);
	buf_puts(
		out,
		"tracepoint:gen:types {\n" /* never fires: gives every map its type */
		"@i0 = (int64)0; @i1 = (int64)0; @i2 = (int64)0;\n"
		"@k0[tid] = (int64)0; @k1[tid] = (int64)0;\n"
		"@k2[tid] = (int64)0; @k3[tid] = (int64)0;\n"
		"@s0[tid] = str(args.s); @s1[tid] = str(args.s); @q0[tid] = args.p;\n"
		"@t0[(uint64)1, str(args.s)] = (int64)0;\n"
		"@c0[str(args.s)] = count(); @u0 = sum((int64)1); @x0[cpu] = max((int64)1);\n"
		"@n0 = min((int64)1); @v0 = avg((int64)1); @h0 = hist((int64)1);\n}\n");
}
