#!/usr/bin/env bash
# tests/kernel/live.sh: run: pipes that end, ^C, delay, and not seeing ourselves.
. "$(dirname "$0")/lib.sh"
# seconds that a start may take; an emulated processor is slow
patience=${BPFTAPE_IS_SLOW:+120}
patience=${patience:-20}
timeout $patience "$bpftape" run -e "$of_calls { printf(\"call\\n\"); }" \
	-c "$tmp/$calls 100000" 2> err | head -3 > out
is "| head -3" "$(tr '\n' ' ' < out)" "call call call "
ok "| head -3 ends without a complaint" test "$(grep -c -i -e error -e broken err)" = 0

"$bpftape" run -e "$of_calls { @ = count(); }" > out 2> err &
pid=$!
for _ in $(seq $((patience * 5))); do grep -q armed err && break; sleep 0.05; done
"$tmp/$calls" 4321
sleep 0.3
kill -INT $pid
wait $pid
is "^C: exit code" $? 0
is "^C prints the maps" "$(grep '^@' out)" "@: 4321"

# How long after its event a printf appears; those that wait for the analyzer's start do not count.
# Says nothing on an emulated processor.
delays() {
	mkfifo printed
	python3 "$here/delay.py" < printed > delays &
	reader=$!
	"$bpftape" run -e "$of_calls { printf(\"%lld\\n\", nsecs); }" > printed 2> err &
	pid=$!
	for _ in $(seq 100); do [ -s delays ] && break; "$tmp/$calls" 1; sleep 0.1; done
	sleep 1
	before=$(wc -l < delays)
	for i in $(seq 15); do
		"$tmp/$calls" 1
		sleep 0.0$i
	done
	sleep 0.5
	kill -INT $pid
	wait $pid $reader
	tail -n +$((before + 1)) delays | sort -n > sorted
	is "printfs seen" "$(wc -l < sorted)" 15
	median=$(sed -n 8p sorted)
	echo "     longest $(tail -1 sorted) ms," \
		"first of all (analyzer starts) $(head -1 delays) ms"
	ok "a printf appears within 200 ms (median $median ms)" [ "$median" -le 200 ]
}
[ -n "${BPFTAPE_IS_SLOW:-}" ] || delays

# our processes are those of a session of their own, others may run bpftape beside us
writes='tracepoint:syscalls:sys_enter_write { printf("%d\n", pid); }'
setsid timeout $patience "$bpftape" run -d $((patience / 6)) -e "$writes" > out 2> err &
pid=$!
for _ in $(seq $((patience * 5))); do grep -q armed err && break; sleep 0.05; done
pgrep -s $pid | sort > ours
dd if=/dev/zero of=/dev/null bs=1 count=100 status=none
wait $pid
ok "run: $(wc -l < ours) processes" [ "$(wc -l < ours)" -ge 3 ]
ok "run sees writes ($(wc -l < out))" [ "$(wc -l < out)" -ge 100 ]
is "run does not see its own writes" "$(sort -u out | join - ours | wc -l)" 0
finish
