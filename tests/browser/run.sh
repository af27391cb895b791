#!/bin/bash
# What a browser makes of our flame graphs; skipped where there is no browser.
#
# BPFTAPE_BUILD is the build folder.  BPFTAPE_PICTURES=FOLDER keeps pictures of what was seen.
set -eu
cd "$(dirname "$0")"
export PYTHONDONTWRITEBYTECODE=1
build=${BPFTAPE_BUILD:-../../build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if ! python3 -c 'import cdp, sys; sys.exit(not cdp.find())'; then
	echo "skipped: no browser is installed (tests/deps.sh browser)"
	exit 77
fi
"$build/tests/flame_tape" "$work/t.tape"
"$build/bin/bpftape" flame "$work/t.tape" --by comm -o "$work/graph.svg"
"$build/bin/bpftape" flame "$work/t.tape" --by comm --min-width 2 -o "$work/pruned.svg"
timeout -k 5 280 python3 flame.py "$work/graph.svg" "$work/pruned.svg" \
	${BPFTAPE_PICTURES:+"$BPFTAPE_PICTURES"}
