#!/usr/bin/env bash
# tests/kernel/killed.sh [COUNT [SEED]]: SIGKILL at any time, pipes instead of files.
. "$(dirname "$0")/lib.sh"
script="$of_calls"' { @ = count(); printf("%d\n", 1); }'
"$bpftape" record -o k.tape -e "$script" 2> err &
pid=$!
for _ in $(seq 100); do grep -q armed err && break; sleep 0.05; done
ok "armed" grep -q armed err
for _ in $(seq 30); do "$tmp/$calls" 1000; sleep 0.1; done
"$bpftape" repair k.tape > out 2> err2
is "a tape that is being recorded is not repaired" "$? $(head -1 err2)" \
	"1 bpftape: k.tape: is being recorded"
"$tmp/$calls" 0
sleep 1.2
{ kill -KILL $(pgrep -P $pid) $pid; wait $pid; } 2> /dev/null
is "rows of a killed recording, all older than a second" \
	"$(sql k.tape 'select count(*) from sys_enter_getppid' 2> err)" 30000
is "its replay" "$("$bpftape" replay k.tape 2> err | grep '^@')" "@: 30000"

script="$of_calls"' { @ = count(); }'
"$bpftape" record -o - -e "$script" -c "$tmp/$calls 5000" 2> err | cat > x.tape
ok "a tape from a pipe verifies" "$bpftape" verify x.tape
is "a tape from a pipe answers" "$("$bpftape" replay x.tape 2> err | grep '^@')" "@: 5000"
is "a tape on standard input answers" \
	"$(cat x.tape | "$bpftape" replay - 2> err | grep '^@')" "@: 5000"
"$bpftape" record --force -o y.tape -e 'BEGIN { printf("x\n"); }' 2> err
ok "a short tape verifies" "$bpftape" verify y.tape
count=${1:-20}
if [ -n "${BPFTAPE_ALL:-}" ]; then count=${1:-200}; fi
ok "$count recordings of stacks, killed at random: what is on their tapes" \
	python3 "$here/killed.py" "$build" "$count" "${2:-1}"
finish
