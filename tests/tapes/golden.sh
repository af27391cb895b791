#!/usr/bin/env bash
# tests/tapes/golden.sh: what is said of a golden tape never changes (golden.py).
set -u
cd "$(dirname "$0")/../.." || exit 1
build=$(realpath "${BPFTAPE_BUILD:-build-dev}")
[ -x "$build/tests/tape_dump" ] || { echo "no $build/tests/tape_dump: build first"; exit 77; }
PYTHONDONTWRITEBYTECODE=1 python3 tests/tapes/golden.py "$build"
