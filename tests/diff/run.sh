#!/usr/bin/env bash
# tests/diff/run.sh: random programs give the same text by bpftrace 0.17 and by bpftape (run.py),
# and 2,000 of them contain everything that they should (not_shared.txt has what they need not; a
# function that is new belongs there or into gen.py).
# BPFTAPE_ALL=1 compares 2,000 instead of 100 (but those of open.txt), and with
# BPFTAPE_ORACLE=ROOT (a Debian root that has
# bpftrace 0.27, tests/oracle/update.sh) 500 with that one.
set -u
cd "$(dirname "$0")" || exit 1
BPFTAPE_BUILD=$(realpath "${BPFTAPE_BUILD:-../../build-dev}")
export BPFTAPE_BUILD PYTHONDONTWRITEBYTECODE=1
[ -x "$BPFTAPE_BUILD/bin/bpftape" ] || { echo "no bpftape: build first"; exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
code=0

python3 - "$tmp" << 'END' || exit 1
import sys
import gen
for first in range(1, 2001, 200):
    with open(f"{sys.argv[1]}/{first}.bt", "w", encoding="utf-8") as file:
        file.write(gen.script([gen.program(n) for n in range(first, first + 200)]))
END
"$BPFTAPE_BUILD/tests/diff_count" "$tmp"/*.bt > "$tmp/counts" || exit 1
awk -v MIN=113 '
	FNR == NR { if ($0 !~ /^#/) { sub(/: .*/, ""); is_left_out[$0] = 1 } next }
	{ what = $1 " " $2; known++ }
	$3 < 20 && !(what in is_left_out) {
		print what " occurs only " $3 " times"
		bad += $1 != "builtin"
	}
	$3 >= 20 { enough++; if (what in is_left_out) { print "FAIL " what " does occur"; bad++ } }
	END {
		print enough " of " known " kinds of nodes, operators and functions occur enough"
		exit bad != 0 || enough < MIN
	}
' not_shared.txt "$tmp/counts" || code=1

[ "$(id -u)" = 0 ] || { echo "not root: nothing is compared"; exit $code; }
if bpftrace --version 2> /dev/null | grep -q 'v0\.17'; then
	python3 run.py --count "$([ -z "${BPFTAPE_ALL:-}" ] && echo 100 || echo 2000)" || code=1
else
	echo "no bpftrace 0.17: nothing is compared"
fi
if [ -n "${BPFTAPE_ALL:-}" ] && [ -n "${BPFTAPE_ORACLE:-}" ]; then
	python3 run.py --newest "$BPFTAPE_ORACLE" --count 500 || code=1
fi
exit $code
