#!/usr/bin/env bash
# tests/kernel/equiv.sh: every row of the table of equivalences, both ways at once: a clause
# attached to the call behind the tracepoint, one to the tracepoint, all fields of all firings
# equal.
. "$(dirname "$0")/lib.sh"

workload() { # things that make the events of the table fire
	local i
	for i in 1 2; do
		sh -c 'kill -USR1 $$' 2> /dev/null
		/bin/true
		dd if=/dev/urandom of="$tmp/data" bs=64k count=8 2> /dev/null
		sync "$tmp/data"
		nice true
	done
	sync
	sleep 0.2
}

# without a shell around it a command cannot be several
cat > work.sh <<- SCRIPT
	$(declare -f workload)
	tmp=$tmp
	workload
SCRIPT
python3 "$here/equiv.py" script "$root/record/tp_equiv_rows.c" > equiv.bt 2> missing
sed 's/^/skip /' missing
BPFTAPE_TRACEPOINTS=mixed record -o equiv.tape equiv.bt -c "bash work.sh"
ok "recorded" "$bpftape" verify equiv.tape
BPFTAPE=$bpftape python3 "$here/equiv.py" compare equiv.tape > verdict
rc=$?
while read -r line; do
	case $line in
	"ok "*) pass "${line#ok }" ;;
	"FAIL "*) fail "${line#FAIL }" ;;
	*) echo "     $line" ;;
	esac
done < verdict
is "all that fired are equal" "$rc" 0
ok "many events fired" [ "$(grep -c ^ok verdict)" -ge 30 ]

# and they are attached the way that the table is for
if command -v bpftool > /dev/null; then
	"$bpftape" record --force -o kind.tape -d 2s \
		-e 'tracepoint:sched:sched_wakeup_new { emit(args.comm, args.pid); }' 2> err &
	pid=$!
	for _ in $(seq 100); do grep -q armed err && break; sleep 0.05; done
	bpftool prog list > progs 2> /dev/null
	wait $pid
	ok "a covered clause is attached to the call" \
		grep -q 'tracing  *name p0_sched_wakeup_new' progs
fi
finish
