#!/usr/bin/env bash
# tests/bench/overhead.sh [REPS [CALLS]]: what tracing costs: ns a system call more than without
# tracing, all tools in one interleaved run (medians), with losses and bytes an event, then speed of
# answers and start-up times.  Prints tables, asserts nothing.  Needs root; perf and bpftrace are
# measured where they are installed.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(realpath "${BPFTAPE_BUILD:-$here/../../build-dev}")
bpftape=$build/bin/bpftape calls=$build/workload/calls
reps=${1:-5} n=${2:-1000000}
slow_n=$((n / 10))	# of what costs microseconds a call
[ "$(id -u)" = 0 ] || { echo "needs root"; exit 77; }
[ -x "$bpftape" ] || { echo "no $bpftape: build first"; exit 77; }
tmp=$(mktemp -d /tmp/bench.XXXXXX)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
enter=tracepoint:syscalls:sys_enter_getppid

now() { date +%s%N; }
median() {
	tr ' ' '\n' | grep . | sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'
}
size() { stat -c %s "$1" 2> /dev/null || echo 0; }
wait_for() {	# FILE TEXT
	for _ in $(seq 200); do
		grep -q "$2" "$1" 2> /dev/null && return
		sleep 0.05
	done
	echo "never seen in $1: $2" >&2
}

# Wall time of CALLS calls shared by THREADS, as ns a call of a thread, added to
# cost[VARIANT THREADS].
declare -A cost bytes
load() {	# VARIANT THREADS CALLS
	local t0 t1
	t0=$(now)
	"$calls" "$3" "$2"
	t1=$(now)
	cost[$1$2]="${cost[$1$2]:-} $(((t1 - t0) * $2 / $3))"
}
# The same while a tracer runs: start, wait until READY is in FILE (or for a second), stop it by ^C.
under() {	# VARIANT THREADS CALLS FILE READY COMMAND...
	local v=$1 threads=$2 count=$3 file=$4 ready=$5 pid
	shift 5
	: > out
	: > err
	"$@" > out 2> err &
	pid=$!
	if [ -n "$ready" ]; then wait_for "$file" "$ready"; fi
	sleep 0.5
	load "$v" "$threads" "$count"
	sleep 0.2
	kill -INT $pid
	wait $pid 2> /dev/null
}

record=("$bpftape" record --force)
perf=(perf record -q -a -m 8M -e syscalls:sys_enter_getppid --exclude-perf)
# VARIANT: what it is called in the table
declare -A title=(
	[none]="no tracing" [emit]="bpftape, emit(args)" [count]="bpftape, count()"
	[bt_count]="bpftrace, count()" [bt_printf]="bpftrace, printf of 3"
	[perf]="perf record" [perf_z]="perf record -z")
variants="none emit count"
command -v bpftrace > /dev/null && variants+=" bt_count bt_printf"
command -v perf > /dev/null && variants+=" perf perf_z"

run_variant() {	# VARIANT THREADS
	local p="printf(\"%d %d %d\\n\", pid, tid, nsecs);"
	case $1 in
	none) load none "$2" "$n" ;;
	emit)
		under emit "$2" "$n" err armed "${record[@]}" -o r.tape \
			-e "$enter { emit(args); }"
		;;
	count)
		under count "$2" "$n" err armed "${record[@]}" -o c.tape \
			-e "$enter { @ = count(); }"
		;;
	bt_count) under bt_count "$2" "$n" out Attaching bpftrace -e "$enter { @ = count(); }" ;;
	bt_printf) under bt_printf "$2" $slow_n out Attaching bpftrace -e "$enter { $p }" ;;
	perf) under perf "$2" "$n" err '' "${perf[@]}" -o p.data ;;
	perf_z) under perf_z "$2" "$n" err '' "${perf[@]}" -z -o z.data ;;
	esac
}

for _ in $(seq "$reps"); do
	for threads in 1 2; do
		for v in $variants; do run_variant "$v" $threads; done
	done
done
sql() { "$bpftape" sql "$1" "$2" --format csv 2> /dev/null | tail -n +2 | tr -d '\r'; }
rows=$(sql r.tape 'select count(*) from sys_enter_getppid')
lost=$(sql r.tape 'select coalesce(sum(count), 0) from loss')
each() { awk -v s="$(size "$1")" -v n="$2" 'BEGIN { printf "%.2f", s / (n ? n : 1) }'; }
bytes=([emit]=$(each r.tape "$rows") [count]=$(each c.tape "$n")
	[perf]=$(each p.data "$n") [perf_z]=$(each z.data "$n"))
line='%-24s %10s %10s   %10s %10s   %10s\n'
echo "ns a call of getppid(), medians of $reps; bytes an event, all of the file"
printf "$line" "" "1 thread" "2 threads" "over none" "2 threads" bytes
base1=$(median <<< "${cost[none1]}") base2=$(median <<< "${cost[none2]}")
for v in $variants; do
	a=$(median <<< "${cost[${v}1]}") b=$(median <<< "${cost[${v}2]}")
	printf "$line" "${title[$v]}" "$a" "$b" $((a - base1)) $((b - base2)) "${bytes[$v]:--}"
done

rate=$(awk -v ns="$(median <<< "${cost[emit2]}")" 'BEGIN { printf "%.1f", 2000 / ns }')
echo
echo "as fast as 2 threads can call: $rate M events/s; the last tape: $rows rows, $lost lost"

timed() {	# TITLE COMMAND...
	local t0 t1 what=$1
	shift
	t0=$(now)
	"$@" > /dev/null 2>&1
	t1=$(now)
	awk -v w="$what" -v n="$rows" -v t=$((t1 - t0)) \
		'BEGIN { printf "%-36s %7.1f M rows/s, %d ms in all\n", w, n / t * 1000, t / 1e6 }'
}
timed "replay, count by pid" "$bpftape" replay r.tape -e "$enter { @[pid] = count(); }"
timed "replay, hist of intervals, in order" "$bpftape" replay r.tape \
	-e "$enter { @d = hist(nsecs - @t[tid]); @t[tid] = nsecs; }"
timed "SQL, count by pid" "$bpftape" sql r.tape \
	'select pid, count(*) from sys_enter_getppid group by pid'

runs() {	# TITLE COMMAND...
	local i t0 t1 what=$1
	shift
	for i in 1 2 3 4 5; do
		t0=$(now)
		"$@" > /dev/null 2>&1
		t1=$(now)
		echo $(((t1 - t0) / 1000000))
	done | median | xargs printf '%-36s %7s ms\n' "$what"
}
echo
echo "from start to end, medians of 5"
one="$enter { @ = count(); }"
runs "info TAPE" "$bpftape" info r.tape
runs "replay, BEGIN only" "$bpftape" replay r.tape -e 'BEGIN { exit(); }'
runs "record, BEGIN only" "$bpftape" record --force -o s.tape -e 'BEGIN { exit(); }'
runs "record, one tracepoint, -c true" "$bpftape" record --force -o s.tape -e "$one" -c true
runs "run, one tracepoint, -c true" "$bpftape" run -e "$one" -c true
if command -v bpftrace > /dev/null; then
	runs "bpftrace, one tracepoint, -c true" bpftrace -e "$one" -c /usr/bin/true
fi
exit 0
