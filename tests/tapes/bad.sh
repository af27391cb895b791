#!/usr/bin/env bash
# tests/tapes/bad.sh: what exactly is said of bad tapes (bad.py).
set -u
cd "$(dirname "$0")/../.." || exit 1
build=$(realpath "${BPFTAPE_BUILD:-build-dev}")
[ -x "$build/bin/bpftape" ] || { echo "no $build/bin/bpftape: build first"; exit 77; }
PYTHONDONTWRITEBYTECODE=1 python3 tests/tapes/bad.py "$build"
