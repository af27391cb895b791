#!/usr/bin/env bash
# tests/bench/idle.sh [SECONDS [PID]]: bytes a row, everything included, of a recording of all
# system calls by their arguments (700 tables) while the machine does what it does by itself; or of
# one process only.  Prints where the bytes are.  At more than 150 rows a second for a minute they
# must be at most 25; with fewer the descriptions of the tables weigh more than the rows.
set -uo pipefail
build=$(realpath "${BPFTAPE_BUILD:-$(dirname "$0")/../../build-dev}")
bpftape=$build/bin/bpftape
seconds=${1:-60}
[ "$(id -u)" = 0 ] || { echo "needs root"; exit 77; }
[ -x "$bpftape" ] || { echo "no $bpftape: build first"; exit 77; }
tmp=$(mktemp -d /tmp/bench.XXXXXX)
trap 'rm -rf "$tmp"' EXIT
tape=$tmp/idle.tape
"$bpftape" record -q -o "$tape" -t 'tracepoint:syscalls:*' ${2:+-p "$2"} -d "${seconds}s" || exit 1
"$bpftape" info --blocks "$tape" > "$tmp/info" || exit 1
rows=$("$bpftape" info --json "$tape" |
	python3 -c 'import json, sys; print(json.load(sys.stdin)["rows"])')
bytes=$(stat -c %s "$tape")
echo "$rows rows in $seconds s, $bytes bytes, $(grep '^losses' "$tmp/info")"
# an offset to the next is the block with its header and its padding
awk -v end="$bytes" '
	/^blocks/ { on = 1; next }
	on && $3 ~ /^[0-9]+$/ { n++; off[n] = $1; type[n] = $2 }
	END {
		off[n + 1] = end
		for (i = 1; i <= n; i++) { cnt[type[i]]++; sum[type[i]] += off[i + 1] - off[i] }
		for (t in sum) printf "%10d bytes in %5d blocks  %s\n", sum[t], cnt[t], t
	}' "$tmp/info" | sort -rn
awk -v b="$bytes" -v r="$rows" -v s="$seconds" 'BEGIN {
	each = r ? b / r : 0
	printf "%.2f bytes a row\n", each
	if (s >= 60 && r >= 150 * s && each > 25) { print "FAIL more than 25"; exit 1 }
}'
