#!/usr/bin/env bash
# tests/docs/pairs.sh [FILE...]: run the scripts in the documentation of the language and compare
# what they print (pairs.py says how).  Needs root, as recording does.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=$(realpath "${BPFTAPE_BUILD:-build-dev}")
[ -x "$build/bin/bpftape" ] || { echo "no $build/bin/bpftape: build first"; exit 77; }
[ "$(id -u)" = 0 ] || { echo "needs root"; exit 77; }
[ $# -gt 0 ] || set -- docs/language.md
PATH="$build/bin:$PATH" python3 tests/docs/pairs.py "$@"
