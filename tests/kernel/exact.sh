#!/usr/bin/env bash
# tests/kernel/exact.sh: a workload of exactly N calls gives exactly N rows, or rows and counted
# losses that add up to N.
. "$(dirname "$0")/lib.sh"
n=${BPFTAPE_CALLS:-1000000}
script="$of_calls"' { @[comm] = count(); }'

for threads in ${BPFTAPE_THREADS:-1 2}; do
	record -o t.tape -e "$script" -c "$tmp/$calls $n $threads"
	is "$threads threads: rows of the default buffers" \
		"$(sql t.tape 'select count(*) from sys_enter_getppid')" $n
	is "$threads threads: losses of the default buffers" "$(losses t.tape)" 0
	is "$threads threads: replay" "$("$bpftape" replay t.tape | grep calls)" "@[$calls]: $n"

	record --buffer 4K -o small.tape -e "$script" -c "$tmp/$calls $n $threads"
	rows=$(sql small.tape 'select count(*) from sys_enter_getppid')
	lost=$(losses small.tape)
	is "$threads threads, 4 KB: rows $rows + losses $lost" $((rows + lost)) $n
	"$bpftape" replay small.tape > out 2> err
	ok "$threads threads, 4 KB: must lose" [ "$lost" -gt 0 ]
	ok "$threads threads, 4 KB: replay says that rows were lost" grep -q lost err
done
finish
