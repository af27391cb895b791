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
"$bpftape" info --blocks --json "$tape" > "$tmp/info" || exit 1
bytes=$(stat -c %s "$tape")
# an offset to the next is the block with its header and its padding
python3 - "$tmp/info" "$bytes" "$seconds" > "$tmp/sums" << 'END' || { cat "$tmp/sums"; exit 1; }
import collections
import json
import sys

HEADER, MOST = 64, 8	# of the file and of a block; what a block may be padded by
info, end = json.load(open(sys.argv[1])), int(sys.argv[2])
lost = sum(loss["count"] for loss in info["losses"])
print("%d rows in %s s, %d bytes, %d lost" % (info["rows"], sys.argv[3], end, lost))
# a MIXED block is listed once for each of its tables
blocks = [b for _, b in sorted({b["offset"]: b for b in info["blocks"]}.items())]
cnt, size = collections.Counter(), collections.Counter()
for b, then in zip(blocks, [b["offset"] for b in blocks[1:]] + [end]):
    own = then - b["offset"]
    if not b["stored"] <= own <= b["stored"] + HEADER + MOST:
        sys.exit("FAIL the block at %d has %d bytes of which %d are stored" % (
            b["offset"], own, b["stored"]))
    cnt[b["type"]] += 1
    size[b["type"]] += own
for kind, n in size.most_common():
    print("%10d bytes in %5d blocks  %s" % (n, cnt[kind], kind))
if sum(size.values()) + HEADER != end:
    sys.exit("FAIL the blocks are %d of %d bytes" % (sum(size.values()), end - HEADER))
END
cat "$tmp/sums"
rows=$(awk 'NR == 1 { print $1 }' "$tmp/sums")
awk -v b="$bytes" -v r="$rows" -v s="$seconds" 'BEGIN {
	each = r ? b / r : 0
	printf "%.2f bytes a row\n", each
	if (s >= 60 && r >= 150 * s && each > 25) { print "FAIL more than 25"; exit 1 }
}'
