#!/usr/bin/env bash
# tests/bench/overhead.sh [REPS [CALLS]]: what tracing costs, as ns a system call over no tracing, all tools in one
# interleaved run (medians), and bytes an event, losses, replay speed and start-up times.  Prints a table, asserts nothing.
# Needs root; perf, trace-cmd and bpftrace are measured where they are installed.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(realpath "${BPFTAPE_BUILD:-$here/../../build-dev}")
bpftape=$build/bin/bpftape calls=$build/workload/calls
reps=${1:-5} n=${2:-1000000} slow_n=20000
[ "$(id -u)" = 0 ] || { echo "needs root"; exit 77; }
[ -x "$bpftape" ] || { echo "no $bpftape"; exit 77; }
tmp=$(mktemp -d /tmp/bench.XXXXXX)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
enter=tracepoint:syscalls:sys_enter_getppid

now() { date +%s%N; }
load() { # THREADS CALLS -> ns a call
	local t0 t1
	t0=$(now); "$calls" "$2" "$1"; t1=$(now)
	echo $(((t1 - t0) / $2))
}
wait_for() { for _ in $(seq 200); do grep -q "$2" "$1" 2> /dev/null && return; sleep 0.05; done; }
stop() { kill -INT "$1" 2> /dev/null; wait "$1" 2> /dev/null; }

declare -A cost
note() { cost[$1]="${cost[$1]:-} $2"; }

v_none() { load "$1" "$n"; }
v_bpftape() {
	"$bpftape" record --force -o r.tape -e "$enter { emit(args); }" > /dev/null 2> err & local p=$!
	wait_for err armed; load "$1" "$n"; stop $p
}
v_bpftape_count() {
	"$bpftape" record --force -o c.tape -e "$enter { @ = count(); }" > /dev/null 2> err & local p=$!
	wait_for err armed; load "$1" "$n"; stop $p
}
v_bpftrace_count() {
	bpftrace -e "$enter { @ = count(); }" > out 2> err & local p=$!
	wait_for out Attaching; sleep 0.5; load "$1" "$n"; stop $p
}
v_bpftrace_printf() {
	bpftrace -e "$enter { printf(\"%d %d %d\\n\", pid, tid, nsecs); }" > out 2> err & local p=$!
	wait_for out Attaching; sleep 0.5; load "$1" $slow_n; stop $p
}
v_perf() {
	perf record -q -a --exclude-perf -m 8M -e syscalls:sys_enter_getppid -o p.data > /dev/null 2> err & local p=$!
	sleep 1; load "$1" "$n"; stop $p
}
v_perf_z() {
	perf record -z -q -a --exclude-perf -m 8M -e syscalls:sys_enter_getppid -o pz.data > /dev/null 2> err & local p=$!
	sleep 1; load "$1" "$n"; stop $p
}
variants="none bpftape bpftape_count"
command -v bpftrace > /dev/null && variants+=" bpftrace_count bpftrace_printf"
command -v perf > /dev/null && variants+=" perf perf_z"

for _ in $(seq "$reps"); do
	for threads in 1 2; do
		for v in $variants; do note "$v$threads" "$(v_$v $threads)"; done
	done
done
median() { tr ' ' '\n' | grep . | sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'; }
size() { stat -c %s "$1" 2> /dev/null || echo 0; }
printf '%-28s %14s %14s %14s %12s\n' "getppid() in a loop" "1 thread, ns" "2 threads, ns" "over none, ns" "bytes/event"
base1=$(median <<< "${cost[none1]}") base2=$(median <<< "${cost[none2]}")
for v in $variants; do
	a=$(median <<< "${cost[${v}1]}") b=$(median <<< "${cost[${v}2]}") bytes=-
	case $v in
	bpftape) bytes=$(awk -v s="$(size r.tape)" -v n="$n" 'BEGIN { printf "%.2f", s / n }') ;;
	bpftape_count) bytes=$(awk -v s="$(size c.tape)" -v n="$n" 'BEGIN { printf "%.2f", s / n }') ;;
	perf) bytes=$(awk -v s="$(size p.data)" -v n="$n" 'BEGIN { printf "%.2f", s / n }') ;;
	perf_z) bytes=$(awk -v s="$(size pz.data)" -v n="$n" 'BEGIN { printf "%.2f", s / n }') ;;
	esac
	printf '%-28s %14s %14s %6s %7s %12s\n' "$v" "$a" "$b" $((a - base1)) $((b - base2)) "$bytes"
done

echo
rows=$("$bpftape" sql r.tape 'select count(*) from sys_enter_getppid' --format csv | tail -1)
lost=$("$bpftape" sql r.tape 'select coalesce(sum(count), 0) from loss' --format csv | tail -1)
echo "last tape of $n calls by 2 threads: $rows rows, $lost lost"
rate() { awk -v n="$1" -v t="$2" 'BEGIN { printf "%.1f M rows/s", n / t * 1000 }'; }
t0=$(now); "$bpftape" replay r.tape -e "$enter { @[pid] = count(); }" > /dev/null 2>&1; t1=$(now)
echo "replay, count by pid:    $(rate "$rows" $((t1 - t0)))  ($(((t1 - t0) / 1000000)) ms in all)"
t0=$(now); "$bpftape" sql r.tape 'select pid, count(*) from sys_enter_getppid group by pid' > /dev/null; t1=$(now)
echo "SQL, count by pid:       $(rate "$rows" $((t1 - t0)))  ($(((t1 - t0) / 1000000)) ms in all)"
runs() { local i t0 t1; for i in 1 2 3 4 5; do t0=$(now); "$@" > /dev/null 2>&1; t1=$(now); echo $(((t1 - t0) / 1000000)); done | median; }
echo "start-up and end, ms (median of 5):"
echo "    info TAPE                          $(runs "$bpftape" info r.tape)"
echo "    record -e BEGIN                    $(runs "$bpftape" record --force -o s.tape -e 'BEGIN { exit(); }')"
echo "    record one tracepoint, true        $(runs "$bpftape" record --force -o s.tape -e "$enter { @ = count(); }" -c true)"
command -v bpftrace > /dev/null && echo "    bpftrace one tracepoint, true      $(runs bpftrace -e "$enter { @ = count(); }" -c true)"
exit 0
