#!/usr/bin/env bash
# tests/kernel/live.sh: run: pipes that end, ^C, delay, and not seeing ourselves.
. "$(dirname "$0")/lib.sh"
timeout 20 "$bpftape" run -e 'tracepoint:syscalls:sys_enter_getppid /comm == "calls"/ { printf("call\n"); }' \
	-c "$work/calls 100000" 2> err | head -3 > out
is "| head -3" "$(tr '\n' ' ' < out)" "call call call "
ok "| head -3 ends without a complaint" test "$(grep -c -i -e error -e broken err)" = 0

"$bpftape" run -e 'tracepoint:syscalls:sys_enter_getppid /comm == "calls"/ { @ = count(); }' > out 2> err &
pid=$!
for _ in $(seq 100); do grep -q armed err && break; sleep 0.05; done
"$work/calls" 4321
sleep 0.3
kill -INT $pid
wait $pid
is "^C: exit code" $? 0
is "^C prints the maps" "$(grep '^@' out)" "@: 4321"

# a printf appears within 200 ms of the event
"$bpftape" run -e 'tracepoint:syscalls:sys_enter_getppid /comm == "calls"/ { printf("seen\n"); }' > out 2> err &
pid=$!
for _ in $(seq 100); do grep -q armed err && break; sleep 0.05; done
sleep 0.5
worst=0
for i in 1 2 3 4 5; do
	before=$(date +%s%N)
	"$work/calls" 1
	for _ in $(seq 400); do [ "$(wc -l < out)" -ge $i ] && break; sleep 0.005; done
	ms=$((($(date +%s%N) - before) / 1000000))
	[ $ms -gt $worst ] && worst=$ms
	sleep 0.13
done
kill -INT $pid
wait $pid
ok "a printf appears within 200 ms (worst of five: $worst)" [ $worst -le 200 ]

timeout 20 "$bpftape" run -d 2 -e 'tracepoint:syscalls:sys_enter_write { printf("%s %d\n", comm, pid); }' > out 2> err
is "run does not see its own writes" "$(grep -c bpftape out)" 0
finish
