#!/usr/bin/env bash
# tests/kernel/ts_res.sh: with --ts-res times are rounded down and nothing else changes: each row is
# there, and of one CPU in the order in which it fired.
. "$(dirname "$0")/lib.sh"
n=20000
enter=tracepoint:syscalls:sys_enter_getppid exit=tracepoint:syscalls:sys_exit_getppid
mine="/comm == \"$calls\"/"
both="BEGIN { printf(\"begin\\n\"); }
$enter $mine { emit(nsecs, elapsed); }
$exit $mine { emit(args.ret); }
END { printf(\"end\\n\"); }"
# offline, by another script: each exit has its own enter before it, and no time runs backwards
pairing="$enter { if (@open[tid]) { @unpaired = count(); } @open[tid] = 1; @from[tid] = nsecs; }
$exit { if (@open[tid]) { @pairs = count(); } else { @unpaired = count(); }
	if (nsecs < @from[tid] || nsecs - @from[tid] > 60000000000) { @bad_time = count(); }
	delete(@open[tid]); delete(@from[tid]); }"
answer() { "$bpftape" replay "$1" -e "$pairing" 2> err | grep -v '^@open\|^@from' | grep @; }

for res in 10ns:10 1us:1000 1ms:1000000; do
	q=${res#*:} res=${res%:*}
	record -o t.tape --ts-res $res -e "$both" -c "./$calls $n 2"
	is "$res: rows" "$(sql t.tape 'select count(*) from events' 2> err)" $((2 * n + 2))
	is "$res: losses and late rows" "$(losses t.tape)" 0
	times=$(for t in begin sys_enter_getppid sys_exit_getppid end; do
		echo "select ts from $t union all "; done)
	is "$res: all times are multiples" \
		"$(sql t.tape "select count(*), sum(ts % $q) from (${times% union all })")" \
		"$((2 * n + 2)),0"
	is "$res: elapsed counts from the start in the same steps" \
		"$("$bpftape" replay t.tape -e "$enter { @odd = sum(elapsed % $q);
			@back = sum((uint64)(elapsed > 60000000000)); }" 2> err | grep @)" \
		"$(printf '@back: 0\n@odd: 0')"
	is "$res: info says so" "$("$bpftape" info t.tape | grep -c "^times  *rounded down to")" 1
	ok "$res: the tape is right" "$bpftape" verify t.tape > out
	first=$(sql t.tape 'select (select max(ts) from begin) < min(ts) from sys_enter_getppid')
	last=$(sql t.tape 'select (select min(ts) from end) > max(ts) from sys_exit_getppid')
	is "$res: BEGIN is the first and END the last" "$first $last" "1 1"
	is "$res: pairs of another script" "$(answer t.tape)" "@pairs: $n"
done

# the kernel's own sums: a map of times that only the kernel has, and what is computed from it
record -o k.tape --ts-res 1ms -c "./$calls $n" -e "
$enter $mine { @from[tid] = nsecs; }
$exit /@from[tid]/ { emit(nsecs - @from[tid]); \$d = nsecs - @from[tid];
	@least = min(\$d); @most = max(\$d); delete(@from[tid]); }"
is "times in the kernel's maps are rounded too" \
	"$(sql k.tape 'select count(*), sum(ts % 1000000), sum("from" % 1000000),
		min(ts >= "from"), max(ts - "from" < 60000000000) from sys_exit_getppid' 2> err |
		tail -1)" "$n,0,0,1,1"
is "and so is what the kernel adds up" \
	"$("$bpftape" replay k.tape 2> err | grep -c '^@\(least: 0\|most: [0-9]*\)$')" 2

record -o none.tape --ts-res 1ms -c "./$calls $n" -e "
$enter /comm == \"$calls\" && (nsecs % 1000000 != 0 || elapsed % 1000000 != 0)/ { emit(tid); }"
is "predicates see rounded times too" \
	"$(sql none.tape 'select count(*) from events' 2> err) $(losses none.tape)" "0 0"

# clauses of one call share a firing, with predicates of their own too
record -o two.tape --ts-res 1ms -c "./$calls $n 2" -e "$enter $mine { emit(tid); }
$enter /comm == \"$calls\" && cpu >= 0/ { emit(tid); }"
is "two clauses: one event a call" "$(sql two.tape 'select count(*) from events')" $n
record -o odd.tape --ts-res 1ms -c "./$calls $n" -e "
$enter /comm == \"$calls\" && nsecs % 2000000 == 0/ { emit(tid); }
$enter /comm == \"$calls\" && nsecs % 2000000 != 0/ { emit(tid); }"
is "clauses that exclude each other: one event each" \
	"$(sql odd.tape 'select count(*) from events')" $n

# Ticks of another script, and ranges.  One burst of calls, a pause: a tick in the pause and a range
# that ends there have all of the burst, however times are rounded.
for res in 1ns 1us 1ms; do
	case $res in 1ns) q=1 ;; 1us) q=1000 ;; 1ms) q=1000000 ;; esac
	record -o b.tape --ts-res $res -e "$enter $mine { emit(nsecs); }" \
		-c "bash -c './$calls $n; sleep 0.4; ./$calls $n'"
	# ms from the start to the middle of the pause
	at=$("$bpftape" replay b.tape 2> err -e "
		$enter { @n++; if (@n == $n) { @ = elapsed / 1000000; } }" | sed -n 's/^@: //p')
	at=$((at + 200))
	is "$res: a tick sees what was before it" "$("$bpftape" replay b.tape -e "
		interval:ms:$at { if (!@at) { @at = @n; } @odd = sum(nsecs % $q); }
		$enter { @n++; }" 2> err | grep @)" \
		"$(printf '@at: %d\n@n: %d\n@odd: 0' $n $((2 * n)))"
	for range in "--to +${at}ms" "--from +${at}ms"; do
		# shellcheck disable=SC2086
		is "$res: $range has its half" "$("$bpftape" replay b.tape $range \
			-e "$enter { @n = count(); }" 2> err | grep @)" "@n: $n"
	done
	is "$res: from the start all" "$("$bpftape" replay b.tape --from +0s \
		-e "$enter { @n = count(); }" 2> err | grep @)" "@n: $((2 * n))"
done

# one table needs no order
record -o one.tape --ts-res 1us -e "$enter $mine { emit(tid); }" -c "./$calls $n"
is "one table: no column of the order" \
	"$(for t in one t; do "$bpftape" info $t.tape | grep -c _order; done)" "$(printf '0\n4')"
record -o exact.tape --ts-res 1ns -e "$both" -c "./$calls 10"
is "1ns: nothing is said of it" "$("$bpftape" info exact.tape | grep -c '^times')" 0

# BEGIN in the kernel and of the recorder, END: in the order of the script
record -o begin.tape --ts-res 1ms -e 'BEGIN { @a = 1; printf("1 %d\n", nsecs % 1000000); }
BEGIN { printf("2 %d\n", elapsed % 1000000); } BEGIN { printf("3\n"); }
END { printf("4\n"); } END { printf("5 %d\n", nsecs % 1000000); }' -d 50ms
is "BEGIN and END are in the order of the script" \
	"$("$bpftape" replay begin.tape 2> err | grep '^[0-9]')" "$(printf '1 0\n2 0\n3\n4\n5 0')"
finish
