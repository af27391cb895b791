#!/bin/bash
# The test of the test: a tree with one breach of each rule must give exactly these complaints, and
# a clean one none.
set -u
here=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failed=0

file() {	# PATH <CONTENT
	mkdir -p "$tree/$(dirname "$1")"
	cat >"$tree/$1"
}

# A C function NAME of so many lines in all.
function_of() {	# NAME LINES
	printf 'int %s(void)\n{\n' "$1"
	for ((i = 4; i < $2; i++)); do echo "	one();"; done
	printf '	return 0;\n}\n'
}

expect() {	# WHAT EXIT-CODE <COMPLAINTS
	local code
	"$here/check.sh" "$tree" >"$tree.got" 2>/dev/null
	code=$?
	if ! diff -u --label expected --label got - "$tree.got" || [ $code != "$2" ]; then
		echo "FAIL $1: exit code $code, expected $2"
		failed=1
	else
		echo "ok   $1"
	fi
	rm -rf "$tree.got" "$tree"
	mkdir "$tree"
}

file base/good.h <<'X'
/* base/good.h */
#pragma once

extern const int table[];
int good(int (*fn)(void));
X
{
	cat <<'X'
/* base/good.c -- "TO" "DO" strings: http://example.org is no comment. */
#include "base/good.h"

#include <stdio.h>

/* sprintf(a, b); // in a comment; strcpy( in a string below */
static const char *text = "strcpy(a, b); // not a comment";
static const char quote = '"', *other = "\"// {";

static const struct {
	int a;
} rows[] = {
X
	for ((i = 0; i < 100; i++)); do echo "	{ $i },"; done
	echo "};"
	function_of longest_allowed 80
	echo "int *get_system(struct x *o) { return o->system(o); }"
} | file base/good.c
file record/target_bpf.c <<<'/* x */
#include <llvm-c/Core.h>
#include "format/tape.h"
#include "lang/codegen/target.h"'
file tests/lang/test_x.c <<<'/* x */
#include "lang/x_priv.h"
#include "tests/support/y.h"'
printf '%0200d\n' 0 | file docs/x.md	# a table in Markdown cannot be broken
expect "a clean tree has no complaint" 0 </dev/null

file base/a.c <<<'/* x */
#include "format/tape.h"
#include <zstd.h>'
file format/b.c <<<'/* x */
#include "lang/ast.h"'
file lang/c.c <<<'/* x */
#include <llvm-c/Core.h>
#include "lang/codegen/target.h"'
file lang/codegen/d.c <<<'/* x */
#include "record/ring.h"
#include "format/tape.h"'
file record/e.c <<<'/* x */
#include "analyze/agg.h"
#include <sqlite3.h>
#include <llvm-c/Core.h>'
file analyze/f.c <<<'/* x */
#include "record/ring.h"
#include <sqlite3.h>
#include <bpf/libbpf.h>'
file tests/format/test_g.c <<<'/* x */
#include "record/ring.h"'
file bpftape.c <<<'/* x */
#include "format/tape.h"'
expect "layers" 1 <<'X'
analyze/f.c:2: analyze may not include record/ring.h
analyze/f.c:3: <sqlite3.h> is not for this file
analyze/f.c:4: <bpf/libbpf.h> is not for this file
base/a.c:2: base may not include format/tape.h
base/a.c:3: <zstd.h> is not for this file
bpftape.c:2: bpftape may not include format/tape.h
format/b.c:2: format may not include lang/ast.h
lang/c.c:2: <llvm-c/Core.h> is not for this file
lang/c.c:3: lang may not include lang/codegen/target.h
lang/codegen/d.c:2: codegen may not include record/ring.h
lang/codegen/d.c:3: codegen may not include format/tape.h
record/e.c:2: record may not include analyze/agg.h
record/e.c:3: <sqlite3.h> is not for this file
record/e.c:4: <llvm-c/Core.h> is not for this file
tests/format/test_g.c:2: format may not include record/ring.h
X

{ echo "/* x */"; function_of too_long 81; } | file lang/a.c
{ echo "/* x */"; for ((i = 0; i < 600; i++)); do echo; done; } | file lang/b.c
{ echo "/* x */"; printf '	%093d\n	%092d\n' 0 0; } | file lang/c.c
{ echo "#!/bin/sh"; printf '%0101d\n' 0; } | file tests/d.sh
expect "sizes" 1 <<'X'
lang/a.c:2: function of 81 lines, at most 80
lang/b.c:601: file of 601 lines, at most 600
lang/c.c:2: 101 columns, at most 100
tests/d.sh:2: 101 columns, at most 100
X

file analyze/a.c <<'X'
/* x */
void f(void)
{
	strcpy(a, b);
	x = sprintf (a, b) + gets(c);
	atoi("1"); strtok(a, b);
	system("x");
	my_system("x");
}
typedef struct { int a; } b;
X
file lang/b.c <<'X'
/* x */
void f(void)
{
	printf("x");
	exit(1);
	buf_printf(b, "x");
}
X
expect "banned functions" 1 <<'X'
analyze/a.c:4: strcpy() is banned, use snprintf
analyze/a.c:5: gets() is banned, use fgets
analyze/a.c:5: sprintf() is banned, use snprintf
analyze/a.c:6: atoi() is banned, use a checked parser
analyze/a.c:6: strtok() is banned, use str_split
analyze/a.c:7: system() is banned, use fork and exec
analyze/a.c:10: no typedef of a struct
lang/b.c:4: printf() in library code
lang/b.c:5: exit() in library code
X

file base/a.h <<'X'
int a;
extern int b;
X
file base/a.c <<'X'
/* x */
#include <stdio.h>
#include "base/a.h"
int c;	// wrong
int d; 
X
file base/b.c <<'X'
/* x */
#include "a.h"
#include "lang/x_priv.h"
X
printf '/* x */' | file lang/a.c
expect "shape of files" 1 <<'X'
base/a.c:2: the first include is "base/a.h"
base/a.c:4: comments are /* */
base/a.c:5: blank at the end of the line
base/a.h:1: a header says #pragma once
base/a.h:1: the file does not open with a comment
base/a.h:2: no variable in a header but constant tables
base/b.c:2: include "a.h" from the root of the tree
base/b.c:3: base may not include lang/x_priv.h
base/b.c:3: lang/x_priv.h is private to lang/
lang/a.c:1: no newline at the end of the file
lang/a.c:1: the name a.c is taken by base/a.c
X

file docs/a.md <<'X'
TODO: say more
see /work/x or /home/jim/x or /root/x
as issue 12 and issue #3 say; an issue of 3 kinds
from the shared folder
XXXXXX is a template
X
file base/b.c <<'X'
/* FIXME */
int x; /* XXX */
X
expect "words" 1 <<'X'
base/b.c:1: FIXME: finish it or leave it out
base/b.c:2: XXX: finish it or leave it out
docs/a.md:1: TODO: finish it or leave it out
docs/a.md:2: '/home/j': a path of one machine
docs/a.md:2: '/root/': a path of one machine
docs/a.md:2: '/work/': a path of one machine
docs/a.md:3: 'issue 12': a number of an issue
docs/a.md:4: 'shared folder': a folder outside the repository
X
exit $failed
