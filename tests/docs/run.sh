#!/usr/bin/env bash
# tests/docs/run.sh [FILE...]: run the ```console examples of the documentation and compare what
# they print (examples.py says how).  Needs root, as recording does.  Without FILE also the manual.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=$(realpath "${BPFTAPE_BUILD:-build-dev}")
[ -x "$build/bin/bpftape" ] || { echo "no $build/bin/bpftape: build first"; exit 77; }
[ "$(id -u)" = 0 ] || { echo "needs root"; exit 77; }
code=0
if [ $# = 0 ]; then
	BPFTAPE_BUILD=$build python3 tests/docs/manual.py || code=1
	set -- README.md docs/guide.md
fi
PATH="$build/bin:$build/workload:$PATH" python3 tests/docs/examples.py "$@" || code=1
exit $code
