# --from and --to: all forms of a time; rows are those that SQL finds between the same times
reads_tape
P=tracepoint:syscalls:sys_exit_read
sql() { "$bpftape" sql reads.tape --format csv "$1" 2>/dev/null | tail -1; }
start=$(sql "select value from meta where key = 'start_ts'")
end=$(sql "select value from meta where key = 'end_ts'")

check() {	# FROM TO FIRST LAST: the range in ns after the start
	local args=() got want
	[ -z "$1" ] || args+=(--from "$1")
	[ -z "$2" ] || args+=(--to "$2")
	got=$("$bpftape" replay reads.tape -e "$P { @ = count(); }" "${args[@]}" 2>/dev/null)
	want=$(sql "select count(*) from sys_exit_read
		where ts between $start + $3 and $start + $4")
	if [ "${got##* }" = "$want" ]; then
		echo "from '$1' to '$2': $want rows"
	else
		echo "from '$1' to '$2': $got, SQL has $want"
	fi
}

check '' '' 0 99000000000
check +4s '' 4000000000 99000000000
check '' +4s 0 4000000000
check +3500ms +4500ms 3500000000 4500000000
check +3500000us -500ms 3500000000 $((end - start - 500000000))
check -1s -500ms $((end - start - 1000000000)) $((end - start - 500000000))
check -1s +4.9s $((end - start - 1000000000)) 4900000000
first=$(sql "select min(ts) - $start from sys_exit_read")	# both ends belong to the range
check "+${first}ns" "+${first}ns" $first $first
check "+$((first + 1))ns" '' $((first + 1)) 99000000000
for t in 19:36:22 '2026-11-26 19:36:22' 19:36:22.5 19:36:22.000001; do
	n=$(sql "select count(*) from sys_exit_read where time >= '2026-11-26 ${t##* }'")
	got=$("$bpftape" replay reads.tape -e "$P { @ = count(); }" --from "$t" 2>/dev/null)
	[ "${got##* }" = "$n" ] && echo "from $t: $n rows"
done

# BEGIN always runs, intervals are of the tape's clock, END comes last and sees the maps
"$bpftape" replay reads.tape --from +3500ms --to +4500ms -e "
	BEGIN { printf(\"begin %d\n\", elapsed / 1000000); @n = 0; }
	interval:ms:500 { printf(\"%d ms, %d reads\n\", elapsed / 1000000, @n); }
	$P { @n++; }
	END { printf(\"end %d\n\", @n); clear(@n); }" 2>/dev/null

for bad in '--from +5s --to +1s' '--from x' '--to +1parsec' '--from 25:00:00' '--from'; do
	"$bpftape" replay reads.tape $bad 2>&1
	echo "exit $?"
done
