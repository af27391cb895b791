#!/usr/bin/env bash
# tests/docs/run.sh [FILE...]: run the ```console examples of the documentation and compare what
# they print (examples.py says how).  Needs root, as recording does.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=$(realpath "${BPFTAPE_BUILD:-build-dev}")
[ -x "$build/bin/bpftape" ] || { echo "no $build/bin/bpftape: build first"; exit 77; }
[ "$(id -u)" = 0 ] || { echo "needs root"; exit 77; }
[ $# -gt 0 ] || set -- README.md docs/guide.md
PATH="$build/bin:$build/workload:$PATH" exec python3 tests/docs/examples.py "$@"
