#!/usr/bin/env bash
# tests/kernel/int80.sh: 32-bit system calls give no rows of 64-bit system-call tracepoints.
# Skipped where the kernel refuses them (ia32_emulation=off, or another architecture).
. "$(dirname "$0")/lib.sh"
cp "$work/int80" int80
"./int80" 1 20 2> err || { echo "this kernel refuses 32-bit system calls"; exit 77; }
record -o t.tape -e '
	tracepoint:syscalls:sys_enter_writev /comm == "int80"/ { @w = count(); }
	tracepoint:syscalls:sys_enter_getpid /comm == "int80"/ { @g = count(); }
	tracepoint:raw_syscalls:sys_enter /comm == "int80" && args.id == 20/ { @raw = count(); }' \
	-c "./int80 1000 20"
is "rows of 64-bit system calls" "$(sql t.tape 'select
	(select count(*) from sys_enter_writev) + (select count(*) from sys_enter_getpid)')" 0
is "rows of raw_syscalls" "$(sql t.tape 'select count(*) from sys_enter')" 1000
finish
