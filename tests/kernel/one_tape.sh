#!/usr/bin/env bash
# tests/kernel/one_tape.sh: one tape made with -t answers many scripts; all counts equal the known
# one.
. "$(dirname "$0")/lib.sh"
n=5000
record -o t.tape -t 'tracepoint:syscalls:sys_enter_read,tracepoint:syscalls:sys_exit_read' \
	-c "dd if=/dev/zero of=/dev/null bs=512 count=$n status=none"
read=tracepoint:syscalls:sys_enter_read ret=tracepoint:syscalls:sys_exit_read
answer() { "$bpftape" replay t.tape -e "$1" 2> err; }
is "rows with 512 bytes by SQL" \
	"$(sql t.tape "select count(*) from sys_enter_read where comm = 'dd' and count = 512")" $n
pair="$read /comm == \"dd\" && args.count == 512/ { @s[tid] = nsecs; }
	$ret /@s[tid]/ { @n = count(); @us = hist((nsecs - @s[tid]) / 1000); delete(@s, tid); }"
is "a pair of clauses" "$(answer "$pair" | grep '^@n')" "@n: $n"
is "... and the rows of its histogram add up" \
	"$(answer "$pair" |
		sed -n 's/^[[(][^|]* \([0-9]*\) |.*/\1/p' | awk '{ n += $1 } END { print n }')" $n
of_dd="$ret /comm == \"dd\" && args.ret == 512/"
is "lhist" "$(answer "$of_dd { @ = lhist(args.ret, 0, 1024, 512); }" |
	awk '/^\[512, 1024\)|^\[512, 1K\)/ { print $3 }')" $n
is "by comm" \
	"$(answer "$read /args.count == 512/ { @[comm] = count(); }" | grep -F '@[dd]')" "@[dd]: $n"
is "with a filter" \
	"$(answer "$of_dd { @ = sum(args.ret); }" | grep '^@')" "@: $((n * 512))"
join='select count(*) from events e join sys_enter_read r on e.ts = r.ts and e.cpu = r.cpu'
is "from events" "$(sql t.tape "$join where r.count = 512 and e.comm = 'dd'")" $n

two="$of_calls { @a = count(); }
$of_calls { @b = sum(1); }"
record -o two.tape -e "$two" -c "$tmp/$calls 700 1"
is "two clauses on one probe: each replayed once" \
	"$("$bpftape" replay two.tape 2> err | grep -c 700)" 2
is "two clauses on one probe: events" "$(sql two.tape 'select count(*) from events')" 700
"$bpftape" replay two.tape -e 'tracepoint:syscalls:sys_enter_getppid { @ = count(); }' > out 2> err
is "two clauses, another script" "$(grep '^@' out)" "@: 700"
ok "a tape with a predicate says so in a replay" grep -q "comm == \"$calls\"" err
"$bpftape" sql two.tape 'select count(*) from events' > out 2> err
ok "... and in SQL" grep -q "comm == \"$calls\"" err
finish
