#!/usr/bin/env bash
# tests/bench/mix.sh [ROWS [TAPE]]: bytes a row of a realistic mix of system calls (at least ROWS,
# 5,000,000), recorded at the same time by bpftape (time, pid, tid, CPU, number, result, command;
# at 1 ns, and at 1 us), perf record -z and trace-cmd with zstd; then encoding and decoding of the
# tape's rows beside plain rows through zstd -1.  TAPE: keep the tape under this name.
#
# Each program of the mix runs until it has its share of the rows, one lane a CPU.  Exit code 1:
# a size is beyond what we promise (from a million rows on: files have a constant part).  Nothing
# is asserted about time.  Needs root; perf and trace-cmd are measured where they are installed.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(realpath "${BPFTAPE_BUILD:-$here/../../build-dev}")
bpftape=$build/bin/bpftape
want=${1:-5000000} keep=${2:+$(realpath "$2")}
[ "$(id -u)" = 0 ] || { echo "needs root"; exit 77; }
[ -x "$bpftape" ] || { echo "no $bpftape: build first"; exit 77; }
tmp=$(mktemp -d /tmp/bench.XXXXXX)
pids=()
clean() {
	if [ ${#pids[@]} != 0 ]; then kill -INT "${pids[@]}" 2> /dev/null; fi
	wait
	rm -rf "$tmp"
}
trap clean EXIT
cd "$tmp" || exit 1
failed=0
fail() { echo "FAIL $*"; failed=1; }

# ---- the mix ----

# share of the rows in percent, and the program
declare -A share=([find]=15 [tar]=15 [gcc]=5 [python]=10 [grep]=15 [git]=10 [dd]=10 [ls]=20)
programs=(find tar gcc python grep git dd ls)
one() {	# PROGRAM
	case $1 in
	find) find /usr/share/doc /usr/lib/python3* -newermt 2030-01-01 ;;
	tar) tar -cf - -C /usr/include linux asm-generic | gzip -1 | cat ;;
	gcc) gcc -O1 -c main.c -o "main.$BASHPID.o" ;;
	python) python3 walk.py ;;
	grep) grep -rc define /usr/include/linux /usr/include/asm-generic ;;
	git) git -C repo status --porcelain && git -C repo log --stat -p ;;
	dd) dd if=/dev/zero of=/dev/null bs=512 count=5000 ;;
	ls) ls -lR /usr/share/doc ;;
	esac > /dev/null 2>&1
}
prepare() {
	printf '#include <%s>\n' stdio.h stdlib.h string.h unistd.h sys/stat.h > main.c
	echo 'int main(void) { return puts("x") + (int)strlen("y"); }' >> main.c
	cat > walk.py <<- 'PY'
		import json, os, random
		for base in "/usr/include/linux", "/usr/share/doc":
		    for d, _, names in os.walk(base):
		        for n in names[:4]:
		            p = os.path.join(d, n)
		            if os.stat(p).st_size < 4096 and random.random() < 0.3:
		                with open(p, "rb") as f:
		                    f.read()
	PY
	mkdir repo
	cp -r /usr/include/linux repo
	export HOME=$tmp
	git -C repo init -q
	for i in 1 2 3; do
		echo "$i" > repo/file
		git -C repo add -A
		git -C repo -c user.name=x -c user.email=x@x commit -qm "$i"
	done
}

# What one run of each program is worth; without perf all are taken as equal.
declare -A calls
calibrate() {
	local p n
	for p in "${programs[@]}"; do
		one "$p"
		n=$(export -f one
			perf stat -x, -e raw_syscalls:sys_exit bash -c "one $p" 2>&1 |
				awk -F, '/sys_exit/ { print $1 }')
		case $n in '' | *[!0-9]* | 0) n=10000 ;; esac
		calls[$p]=$n
	done
}

lane() {	# ROWS FIRST: always the program that is furthest behind its share
	local -A got
	local p next sum=0 i n=${#programs[@]}
	for p in "${programs[@]}"; do got[$p]=0; done
	while [ $sum -lt "$1" ]; do
		next=${programs[$2 % n]}
		for ((i = 0; i < n; i++)); do
			p=${programs[($2 + i) % n]}
			if [ $((got[$p] * share[$next])) -lt $((got[$next] * share[$p])) ]; then
				next=$p
			fi
		done
		one "$next"
		got[$next]=$((got[$next] + calls[$next]))
		sum=$((sum + calls[$next]))
	done
}

# ---- the recorders ----

emit='tracepoint:raw_syscalls:sys_exit { emit(pid, tid, cpu, args.id, args.ret, comm); }'
tools=(ns)
declare -A title=([ns]="bpftape" [us]="bpftape --ts-res 1us" [perf]="perf record -z"
	[tracecmd]="trace-cmd, zstd") rows lost size

has_us() { "$bpftape" record --help 2>&1 | grep -q -- --ts-res; }
if has_us; then tools+=(us); else echo "skipped: bpftape record has no --ts-res"; fi
for t in perf trace-cmd; do
	if command -v $t > /dev/null; then
		tools+=("${t/-/}")
	else
		echo "skipped: no $t"
	fi
done

# Where function tracing may not be set (a guest, a container) trace-cmd gives up although it needs
# none of it: it gets files of its own in their place, in a mount namespace of its own.
run_tracecmd() {
	local enabled=/proc/sys/kernel/ftrace_enabled f
	if ! cat $enabled 2> /dev/null > $enabled; then
		mount --make-rprivate /
		for f in $enabled /sys/kernel/tracing/set_ftrace_{filter,notrace,pid}; do
			echo > "$tmp/${f##*/}"
			mount --bind "$tmp/${f##*/}" "$f"
		done
	fi
	exec trace-cmd record -q --compression zstd -b 16384 -e raw_syscalls:sys_exit \
		-o tracecmd.out
}
start() {	# TOOL
	case $1 in
	ns) "$bpftape" record --force -o ns.out -e "$emit" 2> ns.err & ;;
	us) "$bpftape" record --force -o us.out --ts-res 1us -e "$emit" 2> us.err & ;;
	perf) perf record -q -a -z -m 8M -e raw_syscalls:sys_exit --exclude-perf -o perf.out \
		2> perf.err & ;;
	tracecmd)
		export -f run_tracecmd
		export tmp
		unshare -m bash -c run_tracecmd > tracecmd.err 2>&1 &
		;;
	esac
	pids+=($!)
}
is_ready() {	# TOOL
	case $1 in
	ns | us) grep -q armed "$1.err" ;;
	perf) [ -s perf.out ] ;;
	tracecmd) [ -e tracecmd.out.cpu0 ] ;;
	esac 2> /dev/null
}
sql() { "$bpftape" sql "$1" "$2" --format csv 2> /dev/null | tail -n +2 | tr -d '\r'; }
measure() {	# TOOL
	local f=$1.out
	size[$1]=$(stat -c %s "$f" 2> /dev/null || echo 0)
	case $1 in
	ns | us)
		rows[$1]=$(sql "$f" 'select count(*) from sys_exit')
		lost[$1]=$(sql "$f" 'select coalesce(sum(count), 0) from loss')
		;;
	perf)
		perf report --stats -i "$f" > stats 2> /dev/null
		rows[$1]=$(awk '/SAMPLE events/ { print $3; exit }' stats)
		lost[$1]=$(awk '/LOST(_SAMPLES)? events/ { s += $3 } END { print s + 0 }' stats)
		;;
	tracecmd)
		trace-cmd report --stat -i "$f" > stats 2> /dev/null
		rows[$1]=$(trace-cmd report -i "$f" 2> /dev/null | grep -c sys_exit:)
		lost[$1]=$(awk '/^(overrun|dropped events)/ { s += $NF } END { print s + 0 }' stats)
		;;
	esac
}

prepare
calibrate
tracing_on=$(cat /sys/kernel/tracing/tracing_on)
buffer_kb=$(awk '{ print $1 }' /sys/kernel/tracing/buffer_size_kb)
for t in "${tools[@]}"; do start "$t"; done
for t in "${tools[@]}"; do
	for _ in $(seq 200); do
		is_ready "$t" && break
		sleep 0.05
	done
	is_ready "$t" || fail "$t did not start: $(cat "$t.err")"
done
sleep 1
lanes=$(nproc)
workers=()
for ((k = 0; k < lanes; k++)); do
	lane $((want / lanes)) $((k * 3)) &
	workers+=($!)
done
wait "${workers[@]}"
sleep 0.5
# Ours first: what trace-cmd keeps of /proc/kallsyms must not lose our programs while it is read.
for t in ours others; do
	stopped=()
	for k in "${!tools[@]}"; do
		case $t/${tools[k]} in
		ours/ns | ours/us | others/perf | others/tracecmd) stopped+=("${pids[k]}") ;;
		esac
	done
	if [ ${#stopped[@]} = 0 ]; then continue; fi
	kill -INT "${stopped[@]}"
	wait "${stopped[@]}"
done
pids=()
echo "$tracing_on" > /sys/kernel/tracing/tracing_on
echo "$buffer_kb" > /sys/kernel/tracing/buffer_size_kb

# ---- the table ----

ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", b ? a / b : 0 }'; }
is_above() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a > b) }'; }
for t in "${tools[@]}"; do measure "$t"; done
if [ -n "$keep" ]; then cp ns.out "$keep"; fi
echo "shares of the rows by command, in percent:" "$(sql ns.out "select group_concat(comm || ' ' ||
	share, ', ') x from (select comm, round(count(*) * 100.0 / ${rows[ns]:-1}, 1) share
	from sys_exit group by comm order by 2 desc limit 14)")"
printf '\n%-24s %10s %12s %8s %14s %8s\n' "" rows bytes "B/row" "of bpftape's" lost
own=$(ratio "${size[ns]}" "${rows[ns]:-0}")
for t in "${tools[@]}"; do
	each=$(ratio "${size[$t]}" "${rows[$t]:-0}")
	printf '%-24s %10s %12s %8s %14s %8s\n' "${title[$t]}" "${rows[$t]:--}" "${size[$t]}" \
		"$each" "$(ratio "$each" "$own")" "${lost[$t]:--}"
	if [ "${rows[$t]:-0}" -lt 1 ]; then fail "$t has no rows"; fi
done
promise() {	# NAME BYTES-A-ROW LIMIT
	if is_above "$2" "$3"; then fail "$1: $2 bytes a row, not below $3"; fi
}
if [ "$want" -ge 1000000 ]; then
	promise bpftape "$own" 2.1
	for t in "${tools[@]}"; do
		each=$(ratio "${size[$t]}" "${rows[$t]:-0}")
		case $t in
		us) promise "bpftape at 1 us" "$each" 1.0 ;;
		perf) promise "half of perf record -z" "$own" "$(ratio "$each" 2)" ;;
		tracecmd) promise "two thirds of trace-cmd" "$own" "$(ratio "$each" 1.5)" ;;
		esac
	done
fi
if [ -x "$build/tests/bench_format" ]; then
	echo
	"$build/tests/bench_format" ns.out
fi
exit $failed
