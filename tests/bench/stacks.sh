#!/usr/bin/env bash
# tests/bench/stacks.sh [REPS [ROUNDS]]: what a kernel stack costs at each firing, in ns: our
# @[kstack] = count(), bpftrace's, perf record -g, interleaved (medians of the repetitions).  A
# round of the workload fires signal:signal_generate five times.  Prints a table, asserts nothing.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(realpath "${BPFTAPE_BUILD:-$here/../../build-dev}")
bpftape=$build/bin/bpftape work=$build/workload/sends
reps=${1:-5} n=${2:-100000}
[ "$(id -u)" = 0 ] || { echo "needs root"; exit 77; }
[ -x "$bpftape" ] || { echo "no $bpftape: build first"; exit 77; }
tmp=$(mktemp -d /tmp/bench.XXXXXX)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
probe=signal:signal_generate
script="tracepoint:$probe { @[kstack] = count(); }"

declare -A cost
load() {	# VARIANT: CPU time of the workload, which other load on the machine leaves alone
	local user sys TIMEFORMAT='%U %S'
	read -r user sys < <({ time "$work" "$n"; } 2>&1)
	cost[$1]="${cost[$1]:-} $(awk "BEGIN { printf \"%d\", ($user + $sys) * 1e9 / ($n * 5) }")"
}
under() {	# VARIANT READY COMMAND...
	local v=$1 ready=$2 pid
	shift 2
	: > out
	"$@" > out 2>&1 &
	pid=$!
	for _ in $(seq 100); do
		[ -z "$ready" ] || grep -q "$ready" out && break
		sleep 0.05
	done
	sleep 1
	load "$v"
	kill -INT $pid
	wait $pid 2> /dev/null
}
run() {
	case $1 in
	none) load none ;;
	emit)
		under emit armed "$bpftape" record --force -o e.tape \
			-e "tracepoint:$probe { emit(pid); }"
		;;
	kstack) under kstack armed "$bpftape" record --force -o k.tape -e "$script" ;;
	bpftrace) under bpftrace Attach bpftrace -e "$script" ;;
	perf) under perf "" perf record -q -a -g -m 8M -e "$probe" -o p.data --exclude-perf ;;
	esac
}
variants="none emit kstack"
command -v bpftrace > /dev/null && variants+=" bpftrace"
command -v perf > /dev/null && variants+=" perf"
for _ in $(seq "$reps"); do
	for v in $variants; do run "$v"; done
done
median() {
	tr ' ' '\n' | grep . | sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'
}
base=$(median <<< "${cost[none]}")
printf '%-10s %12s %12s\n' tracer "ns a firing" "more than none"
for v in $variants; do
	m=$(median <<< "${cost[$v]}")
	printf '%-10s %12s %12s\n' "$v" "$m" $((m - base))
done
