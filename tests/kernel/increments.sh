#!/usr/bin/env bash
# tests/kernel/increments.sh: @x++ of two threads at once counts each time, in a map that the kernel
# keeps and in one that the analyzer keeps; bpftrace, which watches the same calls in the same run,
# never counts more and mostly less.
. "$(dirname "$0")/lib.sh"
command -v bpftrace > /dev/null || { echo "needs bpftrace"; exit 77; }
n=1000000 less=0

for try in 1 2 3 4 5; do
	bpftrace -e "$of_calls { @x++; }" > theirs 2> err &
	other=$!
	for _ in $(seq 300); do
		grep -q Attaching theirs && break
		sleep 0.1
	done
	sleep 1
	"$bpftape" run --force -o t.tape -e "$of_calls { @k++; @t++; }
		tracepoint:syscalls:sys_exit_getppid /@k < 0/ { @never = 1; }" \
		-c "./$calls $n 2" > ours 2> err
	kill -INT $other
	wait $other
	both=$n got=$(sed -n 's/^@x: //p' theirs)
	is "try $try: the kernel's map" "$(grep '^@k' ours)" "@k: $both"
	is "try $try: the analyzer's map" "$(grep '^@t' ours)" "@t: $both"
	ok "try $try: bpftrace counts ${got:-nothing}" [ "${got:-0}" -le $both ]
	[ "${got:-0}" -lt $both ] && { less=1; break; }
done
[ "$(nproc)" = 1 ] || is "bpftrace counts less" $less 1
finish
