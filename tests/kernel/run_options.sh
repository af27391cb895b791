#!/usr/bin/env bash
# tests/kernel/run_options.sh: run with each option of the contract, to its answer and exit code.
. "$(dirname "$0")/lib.sh"

count="$of_calls { @ = count(); }"
run() { timeout 60 "$bpftape" run "$@" > out 2> err; }
answer() { grep -v '^$' out | tr '\n' ' '; }

cat > count.bt <<S
#!/usr/bin/env bpftape
$of_calls { @[\$1, str(\$2)] = count(); }
S
run count.bt 42 abc -c "$tmp/$calls 70"
is "a script with arguments" "$(answer)" "@[42, abc]: 70 "
chmod +x count.bt
timeout 60 "$bpftape" ./count.bt 7 x -c "$tmp/$calls 3" > out 2> err
is "SCRIPT.bt means run" "$(answer)" "@[7, x]: 3 "
run -e "$count" -c "$tmp/$calls 80"
is "-e -c" "$(answer)" "@: 80 "
grep -q 'armed: ' err
is "says when it is armed" $? 0
run -q -f json -e "$count" -c "$tmp/$calls 80"
is "-f json" "$(tail -1 out)" '{"type": "map", "data": {"@": 80}}'
is "-q says nothing" "$(cat err)" ""
run -e "$count" -c "$tmp/$calls 90" -o kept.tape
is "-o" "$(answer)" "@: 90 "
is "-o keeps the tape" "$("$bpftape" replay kept.tape | grep '^@')" "@: 90"
run -e "$count" -c "$tmp/$calls 1" -o kept.tape
is "an existing tape is not overwritten" "$?" 1
run --force -e "$count" -c "$tmp/$calls 91" -o kept.tape
is "--force" "$("$bpftape" replay kept.tape | grep '^@')" "@: 91"
SECONDS=0
run -d 1s -e 'interval:ms:100 { @ = count(); }'
is "-d: exit code" $? 0
ok "-d ends after a second ($SECONDS s)" [ "$SECONDS" -le "${BPFTAPE_IS_SLOW:-20}" ]
ok "-d: intervals ($(answer))" grep -qE '^@: ([7-9]|10)$' out

run -e "$count" -c 'sh -c "exit 7"'
is "the command's exit code" $? 7
run -e "$count" -c 'sh -c "kill -9 $$"'
is "128 and its signal" $? 137
run -e 'BEGIN { exit(3); }'
is "exit(3)" $? 3
run -e "$of_calls { exit(5); }" -c "$tmp/$calls 9"
is "exit(n) before the command's code" $? 5
run -e 'BEGIN { x'
is "an error in the script" $? 1
run --nonsense -e 'BEGIN { }'
is "an unknown option" $? 2
run
is "no script" $? 2

"$tmp/$calls" 2000000 &
pid=$!
run -p $pid -d 500ms -e 'tracepoint:syscalls:sys_enter_getppid { @[pid] = count(); }'
kill $pid 2> kill.err
wait $pid 2> kill.err
is "-p filters" "$(grep -c '^@\[' out) $(grep -c "^@\[$pid\]" out)" "1 1"
run --defer -e "$count" -c "$tmp/$calls 60"
is "--defer" "$(answer)" "@: 60 "
run --strict --buffer 4M -e "$count" -c "$tmp/$calls 5000"
is "--strict, nothing lost" $? 0
is "--buffer" "$(answer)" "@: 5000 "
run --max-size 1M -e "$of_calls { @ = sum(nsecs & rand); }" -c "$tmp/$calls 3000000"
ok "--max-size ends it and says so" grep -q 'max-size' err
run --unsafe -q -e 'BEGIN { system("echo %d", 42); exit(); }'
is "--unsafe" "$(answer)" "42 "
run -q -e 'BEGIN { system("echo"); exit(); }'
is "without it" $? 1
drain='BEGIN { @ = 1; print(@); @ = 2; exit(); }'
run -q -e "$drain"
is "print acts where it stands" "$(answer)" "@: 1 @: 2 "
run -q --compat 0.27 -e "$drain"
is "--compat: it acts behind the clause" "$(answer)" "@: 2 @: 2 "
run -v --dry-run -e "$count"
ok "--dry-run -v prints the split" grep -q 'sys_enter_getppid' out
finish
