#!/usr/bin/env bash
# tests/tapes/newer.sh: what a later version may add to a tape does not disturb this one (newer.py).
set -u
cd "$(dirname "$0")/../.." || exit 1
build=$(realpath "${BPFTAPE_BUILD:-build-dev}")
[ -x "$build/tests/tape_dump" ] || { echo "no $build/tests/tape_dump: build first"; exit 77; }
PYTHONDONTWRITEBYTECODE=1 python3 tests/tapes/newer.py "$build"
