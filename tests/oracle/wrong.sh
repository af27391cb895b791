#!/usr/bin/env bash
# tests/oracle/wrong.sh: a test of the test.  An analyzer that is wrong on purpose in one way
# (wrong_render.c) must make run.sh fail, each way; the same program without a mistake must not.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(realpath "${BPFTAPE_BUILD:-$here/../../build-dev}")
wrong=$build/wrong/bin/bpftape-analyze
[ -x "$wrong" ] || { echo "no $wrong: build first"; exit 77; }
[ "$(id -u)" = 0 ] || { echo "not root"; exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/bin"
# the programs find each other, and the modules, beside where they are
cp "$build/bin/bpftape" "$build/bin/bpftape-record" "$wrong" "$tmp/bin/"
ln -s "$build/lib" "$tmp/lib"
cases='avg_keyed exit_midway hist_edges print_top_div print_value printf_int tuple_keys'
failed=0

suite() { # WRONG -> exit code of the suite
	WRONG_RENDERER=$1 BPFTAPE=$tmp/bin/bpftape BPFTAPE_BUILD=$build \
		"$here/run.sh" -m replay $cases > "$tmp/out" 2>&1
}

if suite nothing; then
	echo "ok   nothing wrong: $(tail -1 "$tmp/out")"
else
	echo "FAIL nothing wrong"
	cat "$tmp/out"
	failed=1
fi
for how in map_backwards map_short map_whole map_swapped text_short value_twice exit_one_line; do
	if suite $how || ! grep -q '^FAIL replay' "$tmp/out"; then
		echo "FAIL $how was not noticed"
		failed=1
	else
		echo "ok   $how: $(tail -1 "$tmp/out")"
	fi
done
exit $failed
