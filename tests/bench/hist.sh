#!/usr/bin/env bash
# tests/bench/hist.sh [TAPE EXPR BY TABLE]: processor seconds of hist beside replay of the same
# script, the SQL of a tape, and sqlite3 over an exported table.  Without TAPE it records 200,000
# calls first (root).  Nothing is asserted about time.
set -uo pipefail
build=$(realpath "${BPFTAPE_BUILD:-$(dirname "$0")/../../build-dev}")
bpftape=$build/bin/bpftape
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
TIMEFORMAT='%U %S'

seconds() {	# user + system of a command, whose output goes nowhere
	{ time "$@" >/dev/null 2>&1; } 2>&1 | awk '{ printf "%.2f", $1 + $2 }'
}

if [ $# = 4 ]; then
	tape=$1 expr=$2 by=$3 table=$4
else
	tape=$work/t.tape expr=ret by=comm table=sys_exit_getppid
	"$bpftape" record -q -o "$tape" -e \
		'tracepoint:syscalls:sys_exit_getppid { emit(args.ret, comm); }' \
		-c "$build/workload/calls 200000" 2>/dev/null >/dev/null || exit 1
fi
probe=$("$bpftape" sql "$tape" --format csv "select probe from events e join $table t on
	e.ts = t.ts limit 1" 2>/dev/null | tail -1)
rows=$("$bpftape" sql "$tape" --format csv "select count(*) from $table" 2>/dev/null | tail -1)
echo "$rows rows of $probe"
replay=$(seconds "$bpftape" replay "$tape" -e "$probe { @[$by] = hist(args.$expr); }")
line() {	# NAME SECONDS
	awk -v n="$1" -v s="$2" -v r="$replay" \
		'BEGIN { printf "%-44s %8.2f s  %5.2f of replay\n", n, s, s / (r > 0 ? r : 0.01) }'
}
line replay "$replay"
line hist "$(seconds "$bpftape" hist "$tape" "$expr" --by "$by" --table "$table")"
line 'hist --quantiles 0.5,0.99,0.999' "$(seconds "$bpftape" hist "$tape" "$expr" --by "$by" \
	--table "$table" --quantiles 0.5,0.99,0.999)"
line 'sql, quantiles by group' "$(seconds "$bpftape" sql "$tape" "select $by,
	quantile($expr, 0.5), quantile($expr, 0.99) from $table group by 1")"
if command -v sqlite3 >/dev/null; then
	"$bpftape" sql "$tape" --format csv "select $by, $expr from $table" 2>/dev/null >"$work/csv"
	sqlite3 "$work/db" "create table t(k, v integer)" ".mode csv" \
		".import --skip 1 $work/csv t" || exit 1
	line 'sqlite3, the log2 histogram of a table' "$(seconds sqlite3 "$work/db" \
		"select k, case when v < 1 then v else cast(log2(v) as int) end b, count(*)
		from t group by 1, 2")"
fi
