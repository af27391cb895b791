#!/usr/bin/env bash
# tests/kernel/threads.sh: a session in which all threads of the recorder and the analyzer work at
# once. Stage tsan runs it with ThreadSanitizer in them.
. "$(dirname "$0")/lib.sh"
export TSAN_OPTIONS="exitcode=66 log_path=$tmp/race"
n=100000
# many pieces, snapshots of a map that the kernel holds
record --buffer 64K -o t.tape -e "
	$of_calls { @n = count(); @k[cpu] = nsecs; }
	tracepoint:syscalls:sys_enter_getppid /@k[cpu] && comm == \"$calls\"/ { @c[cpu] = count(); }
	interval:ms:20 { print(@k); clear(@k); }" -c "$tmp/$calls $n 2"
is "recorded" $? 0
rows=$(sql t.tape 'select count(*) from sys_enter_getppid')
ok "rows $rows" [ "${rows:-0}" -gt 0 ]
count='tracepoint:syscalls:sys_enter_getppid { @ = count(); }'
"$bpftape" replay t.tape --threads 4 -e "$count" > out 2> err
is "replayed on four threads" $? 0
is "... all rows" "$(grep -c '^@: [1-9]' out)" 1
cat race.* 2> /dev/null | head -60
is "reports of ThreadSanitizer" "$(find . -name 'race.*' | wc -l)" 0
finish
