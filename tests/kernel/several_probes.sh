#!/usr/bin/env bash
# tests/kernel/several_probes.sh: rows of a clause with several probes know which one fired, though the script does not ask.
. "$(dirname "$0")/lib.sh"
script='tracepoint:syscalls:sys_enter_getppid,tracepoint:syscalls:sys_enter_getuid /comm == "calls"/ { emit(tid); }'

record -o t.tape -e "$script" -c "$work/calls 1000 1"
is "events of the one that fired" \
	"$(sql t.tape "select count(*) from events where probe = 'tracepoint:syscalls:sys_enter_getppid'")" 1000
is "another script on it" \
	"$("$bpftape" replay t.tape -e 'tracepoint:syscalls:sys_enter_getppid { @n = count(); }' 2> err | grep n)" "@n: 1000"
is "another script on the one that did not fire" \
	"$("$bpftape" replay t.tape -e 'tracepoint:syscalls:sys_enter_getuid { @n = count(); }' 2> err | grep n)" ""

record -o all.tape -t 'tracepoint:syscalls:sys_*_getppid' -c "$work/calls 1000 1"
is "probe of a tape without a column of it" \
	"$("$bpftape" replay all.tape 2> err -e 'tracepoint:syscalls:sys_*_getppid /comm == "calls"/ { @[probe] = count(); }' | grep @)" \
	"$(printf '@[tracepoint:syscalls:sys_%s_getppid]: 1000\n' enter exit)"
is "BEGIN and END share a body" "$("$bpftape" run -e 'BEGIN, END { printf("%s\n", probe); }' 2> err | grep .)" "$(printf 'BEGIN\nEND')"
finish
