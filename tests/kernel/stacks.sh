#!/usr/bin/env bash
# tests/kernel/stacks.sh: kernel stacks of a workload that makes five of them, ROUNDS times each,
# and one when it ends: the weights add up, the set is bpftrace's, names are the kernel's, and
# neither a tiny table of known stacks nor a tiny ring loses anything silently.
# $BPFTRACE_NEW: another bpftrace (a command) to compare with as well.
. "$(dirname "$0")/lib.sh"
rounds=${BPFTAPE_ROUNDS:-20000} py="python3 $here/stacks.py"
prog=stacks$$
cp "$work/sends" "$tmp/$prog"
cp "$work/sends" "$tmp/end$$"
probe=tracepoint:signal:signal_generate
mine="$probe /comm == \"$prog\"/"

replay() { "$bpftape" replay "$@" 2> err; }
unknown() { grep -c "unknown stack" < "$1"; }

# ---- weights and the set ----
record -o t.tape -e "$mine { @[kstack] = count(); @few[kstack(3)] = count(); }" \
	-c "$tmp/$prog $rounds"
is "losses" "$(losses t.tape)" 0
replay t.tape -e "$mine { @[kstack] = count(); }" > t.txt
$py canon < t.txt > ours
is "sum of weights" "$($py sum < t.txt)" $((5 * rounds + 1))
is "stacks" "$(wc -l < ours)" 6
replay t.tape -e "$mine { @[kstack(3)] = count(); }" > t3.txt
$py canon < t3.txt > ours3
$py canon 2 < t3.txt > ours2
is "frames of kstack(3)" "$(grep -cE '^[0-9]+ [^;]+(;[^;]+){2}$' ours3)" "$(wc -l < ours3)"
is "none of the tracing is in them" "$(grep -cE 'bpf_|trace' ours)" 0
# with args it is attached another way
record -o a.tape -e "$mine { @[kstack] = count(); @s = sum(args.sig); }" -c "$tmp/$prog $rounds"
replay a.tape | $py canon > with_args
same "raw and perf tracepoints give the same stacks" ours with_args

# The other tracer may live in a root of its own, where our program is not: it runs beside.
beside() {	# SCRIPT COMMAND...
	local script=$1 pid
	shift
	"$@" -e "$script $probe /comm == \"end$$\"/ { exit(); }" > theirs.txt 2> theirs.err &
	pid=$!
	for _ in $(seq 400); do
		grep -q Attach theirs.txt theirs.err && break
		sleep 0.05
	done
	sleep 1
	(exec "$tmp/$prog" "$rounds")
	"$tmp/end$$" 1
	wait "$pid"
}
against() {	# NAME COMMAND...
	local name=$1
	shift
	beside "$mine { @[kstack] = count(); }" "$@"
	$py canon < theirs.txt > theirs
	same "$name: @[kstack]" theirs ours
	beside "$mine { @[kstack(3)] = count(); }" "$@"
	# theirs may have one frame of the tracing among the three
	$py canon 2 < theirs.txt > theirs3
	same "$name: @[kstack(3)]" theirs3 ours2
}
if command -v bpftrace > /dev/null; then against bpftrace bpftrace; fi
# shellcheck disable=SC2086 # a command with arguments
if [ -n "${BPFTRACE_NEW:-}" ]; then against "$BPFTRACE_NEW" $BPFTRACE_NEW; fi

# ---- names ----
record -o n.tape -e 'tracepoint:sched:sched_switch { @[kstack(perf)] = count(); }' -d 1s
replay n.tape > n.txt
cat /proc/kallsyms > kallsyms
$py names kallsyms < n.txt > n.out
ok "every name is that of /proc/kallsyms ($(tail -1 n.out))" \
	grep -q '^[1-9][0-9]* names, 0 wrong, 0 without' n.out
is "addresses are on a tape only if they were asked for" \
	"$(replay t.tape -e "$mine { @[kstack(raw)] = count(); }" | grep -c ffffffff)" 0

# ---- tiny tables ----
for known in 1 16; do
	BPFTAPE_STACK_KNOWN=$known record -o k.tape -e "$mine { @[kstack] = count(); }" \
		-c "$tmp/$prog $rounds"
	replay k.tape | $py canon > got
	is "$known known: losses" "$(losses k.tape)" 0
	same "$known known: nothing is missing" ours got
done
BPFTAPE_STACK_KNOWN=1 record --buffer 64K -o r.tape -e "$mine { @[kstack] = count(); }" \
	-c "$tmp/$prog $((rounds * 5))"
lost=$(sql r.tape "select coalesce(sum(count), 0) from loss where cause = 'ring full'")
undefined=$(sql r.tape \
	"select coalesce(sum(count), 0) from loss where cause = 'stack definition lost'")
replay r.tape > r.txt
is "1 known, 64 KB: rows and $lost losses" $(($($py sum < r.txt) + lost)) $((25 * rounds + 1))
is "1 known, 64 KB: as many unknown stacks as were counted" "$(unknown r.txt)" "$((undefined > 0))"

# ---- two CPUs ----
record -o two.tape -e "$mine { @[kstack] = count(); }" \
	-c "sh -c '$tmp/$prog $rounds & $tmp/$prog $rounds; wait'"
is "two at once" "$(replay two.tape | $py sum)" $((10 * rounds + 2))
replay two.tape | $py canon | sed 's/^[0-9]* //' > got
sed 's/^[0-9]* //' ours > want
same "two at once: the same stacks" want got

# ---- maps of the kernel ----
record -o m.tape \
	-e "$mine { @last[kstack] = nsecs; if (@last[kstack] > 0) { @n = count(); } }" \
	-c "$tmp/$prog 100"
replay m.tape > m.txt
is "stacks as keys of a map that the kernel keeps" "$(grep -c '^@last\[$' m.txt)" 6
is "which are known" "$(unknown m.txt)" 0
finish
