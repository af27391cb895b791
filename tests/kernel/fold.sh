#!/usr/bin/env bash
# tests/kernel/fold.sh: folded stacks of real tapes: weights add up to the rows, the set is that of
# the script's own @[kstack] = count(), and anybody may fold what root recorded.
. "$(dirname "$0")/lib.sh"
n=3000
record -o t.tape -e "$of_calls { @k[kstack] = count(); @u[ustack] = count(); @b[comm] = count(); }
tracepoint:syscalls:sys_enter_openat /comm == \"$calls\"/ { @o[kstack(3)] = count(); }" \
	-c "$tmp/$calls $n 2"
is "recorded" $? 0
is "lost" "$(losses t.tape)" 0
fold() { "$bpftape" fold t.tape --table sys_enter_getppid "$@" 2> err; }
sum() { awk '{ n += $NF } END { print n + 0 }'; }
# @M[...] of an answer as folded lines: root first, without offsets; SUFFIX behind each frame
folded() {	# MAP SUFFIX
	awk -v map="@$1[" -v suffix="$2" '
		index($0, map) == 1 { path = ""; on = 1; next }
		on && /^        / {
			f = substr($0, 9)
			sub(/\+[0-9]+$/, "", f)
			path = f suffix (path == "" ? "" : ";" path)
			next
		}
		on && /^\]: / { count[path == "" ? "[no stack]" : path] += $2; on = 0 }
		END { for (p in count) print p, count[p] }' | LC_ALL=C sort
}
"$bpftape" replay t.tape > answer 2> err

is "weights of both" "$(fold | sum)" $n
is "weights by thread" "$(fold --by 'comm, tid' | sum)" $n
is "... are each thread's rows" "$(fold --by tid | cut -d';' -f1 | sort -u | wc -l)" \
	"$(sql t.tape 'select count(distinct tid) from sys_enter_getppid')"
is "weights of one CPU" "$(fold --where 'cpu == 0' | sum)" \
	"$(sql t.tape 'select count(*) from sys_enter_getppid where cpu = 0')"
is "sums of an expression" "$(fold --kernel --weight 'cpu + 1' | sum)" \
	"$(sql t.tape 'select sum(cpu + 1) from sys_enter_getppid')"
fold --kernel | LC_ALL=C sort > got
folded k '_[k]' < answer > want
same "kernel stacks are those of the script" want got
ok "... and there are some" grep -q 'do_syscall_64_\[k\]' got
fold --user | LC_ALL=C sort > got
folded u '' < answer > want
same "user stacks are those of the script" want got
ok "... with names" grep -Eq '(^|;)syscall [0-9]+$' got
sql t.tape 'select kstack, count(*) from sys_enter_getppid group by 1' |
	sed 's/,\([0-9]*\)$/ \1/; s/"//g' | sed 's/;/_[k];/g; s/ \([0-9]*\)$/_[k] \1/' |
	LC_ALL=C sort > got
fold --kernel | LC_ALL=C sort > want
same "SQL groups by the same lines" want got

"$bpftape" fold t.tape > out 2> err
is "two tables with stacks: exit code" $? 1
ok "... and both are named" grep -q 'sys_enter_getppid.*sys_enter_openat' err
"$bpftape" fold - --table sys_enter_getppid < t.tape > got 2> err
fold > want
same "from a pipe" want got
chmod 755 "$tmp"; chmod 644 t.tape
setpriv --reuid 65534 --regid 65534 --clear-groups "$bpftape" fold t.tape \
	--table sys_enter_getppid > got 2> err
same "as nobody" want got
record -o none.tape -e "$of_calls { @ = count(); }" -c "$tmp/$calls 10 1"
"$bpftape" fold none.tape > out 2> err
is "a tape without stacks: exit code" $? 1
is "... says what to record" "$(grep -c 'has no stacks\|--stacks kernel,user' err)" 2
finish
