#!/usr/bin/env bash
# tests/kernel/several_probes.sh: rows of a clause with several probes know which one fired, though
# the script does not ask.
. "$(dirname "$0")/lib.sh"
enter=tracepoint:syscalls:sys_enter

record -o t.tape -c "$work/calls 1000 1" \
	-e "${enter}_getppid,${enter}_getuid /comm == \"calls\"/ { emit(tid); }"
is "events of the one that fired" \
	"$(sql t.tape "select count(*) from events where probe = '${enter}_getppid'")" 1000
replayed() { # TAPE PROGRAM -> what it prints of maps
	"$bpftape" replay "$1" -e "$2" 2> err | grep @
}
is "another script on it" "$(replayed t.tape "${enter}_getppid { @n = count(); }")" "@n: 1000"
is "another script on the one that did not fire" \
	"$(replayed t.tape "${enter}_getuid { @n = count(); }")" ""

both='tracepoint:syscalls:sys_*_getppid'
record -o all.tape -t "$both" -c "$work/calls 1000 1"
is "probe of a tape without a column of it" \
	"$(replayed all.tape "$both /comm == \"calls\"/ { @[probe] = count(); }")" \
	"$(printf '@[tracepoint:syscalls:sys_%s_getppid]: 1000\n' enter exit)"
# programs of one system call take their time: an interrupt, another CPU's turn
script='tracepoint:syscalls:sys_enter_getppid /comm == "calls"/ { emit(tid); }
tracepoint:syscalls:sys_enter_getppid /comm == "calls" && cpu >= 0/ { emit(tid); }'
record -o two.tape -e "$script" -c "$work/calls 50000 2"
is "two clauses with predicates of their own: one event a call" \
	"$(sql two.tape 'select count(*) from events')" 50000
is "BEGIN and END share a body" \
	"$("$bpftape" run -e 'BEGIN, END { printf("%s\n", probe); }' 2> err | grep .)" \
	"$(printf 'BEGIN\nEND')"
finish
