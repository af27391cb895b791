#!/usr/bin/env bash
# tests/kernel/debian_more.sh: more of Debian's scripts as they are: live, replayed from the tape of
# the same run, and bpftrace beside it on the same fixed workload.
. "$(dirname "$0")/lib.sh"
dir=/usr/sbin
if [ ! -f $dir/killsnoop.bt ] || ! command -v bpftrace > /dev/null; then
	echo "bpftrace is not installed"
	exit 77
fi
name=does$$
cp "$work/does" "$tmp/$name"
does=$tmp/$name

# live SCRIPT COMMAND: what `run` prints into live.txt, the tape's replay into replayed.txt
live() {
	"$bpftape" run --force -o t.tape -c "$2" "$1" > live.txt 2> err
	"$bpftape" replay t.tape > replayed.txt 2> err
}

# rows of the workload without the fields before its name (time, pid); the child of `pass` too
rows() { sed -n "s/^.*\($name\)/\1/p" "$1"; }

# a script that prints a row a call: SCRIPT FAMILY ROUNDS ROWS
snoop() {
	bpftrace -c "$does $2 $3" $dir/$1.bt > want.txt 2> /dev/null
	rows want.txt > want
	live $dir/$1.bt "$does $2 $3"
	rows live.txt > got
	is "$1: bpftrace saw the workload" "$(wc -l < want)" "$4"
	same "$1: live" want got
	same "$1: replayed" live.txt replayed.txt
}

snoop killsnoop kill 5 20
snoop setuids setuid 5 15
snoop statsnoop stat 5 25
snoop syncsnoop sync 5 20
# its first columns are the parent, which is the tracer
snoop naptime sleep 4 4

# scripts about the whole machine: both watch the same run of COMMAND, SCRIPT COMMAND; each is
# attached when its sleep has begun, and ends with it
beside() {
	local sleep a b
	sleep=$(command -v sleep) a="^$sleep 61.$$\$" b="^$sleep 62.$$\$"
	bpftrace -c "$sleep 61.$$" "$1" > want.txt 2> /dev/null &
	live "$1" "$sleep 62.$$" &
	for _ in $(seq 300); do
		pgrep -f "$a" > /dev/null && pgrep -f "$b" > /dev/null && break
		sleep 0.1
	done
	eval "$2"
	sleep 1.2 # what is printed by the second
	pkill -f "$a"
	pkill -f "$b"
	wait
}

# pidpersec prints a line a second; who else forks in that time is in the sums as well
seconds() { awk '/^[0-9:]+ PIDs/ { n += $NF } END { print n + 0 }' "$1"; }
fork=tracepoint:sched:sched_process_fork
beside $dir/pidpersec.bt "$does fork 500"
sum=$(seconds live.txt) want=$(seconds want.txt)
ok "pidpersec: $sum forks, bpftrace $want, at least the 500 of the workload" \
	[ $((sum >= 500 && want >= 500)) = 1 ]
same "pidpersec: replayed" live.txt replayed.txt
"$bpftape" replay t.tape -e "$fork /comm == \"$name\"/ { @ = count(); }" > got 2> err
is "pidpersec: the workload's, of its tape" "$(grep @ got)" "@: 500"

# writeback of a file system that is told to sync: the same work of the same flusher
reasons() { awk '$4 == "sync" { print $2, $3, $4 }' "$1"; }
beside $dir/writeback.bt "dd if=/dev/zero of=$tmp/dirty bs=1M count=16 status=none; sync"
reasons live.txt > got
reasons want.txt > want
if [ -s want ]; then
	same "writeback: live" want got
	same "writeback: replayed" live.txt replayed.txt
else
	echo "skip writeback: nothing is written back under $tmp"
fi

# run-queue latency of two processes that pass a byte: every wait is one entry
cat > runqlat.bt << END
tracepoint:sched:sched_wakeup, tracepoint:sched:sched_wakeup_new
/args->comm == "$name"/
{
	@queued[args->pid] = nsecs;
}

tracepoint:sched:sched_switch
/args->next_comm == "$name"/
{
	\$ns = @queued[args->next_pid];
	if (\$ns) {
		@usecs = hist((nsecs - \$ns) / 1000);
	}
	delete(@queued[args->next_pid]);
}

END { clear(@queued); }
END
total() {
	sed -n 's/^[[(].*[^0-9]\([0-9][0-9]*\) |.*/\1/p' "$1" |
		awk '{ n += $1 } END { print n + 0 }'
}
beside runqlat.bt "$does pass 4000"
sum=$(total live.txt) want=$(total want.txt)
ok "runqlat: $sum waits, bpftrace $want" \
	awk -v a="$sum" -v b="$want" 'BEGIN { exit !(a > 4000 && a - b < 10 && b - a < 10) }'
same "runqlat: replayed" live.txt replayed.txt

# cpuwalk: a bucket a CPU, 99 samples a second of each; a CPU that sleeps may miss some
busy=()
for _ in $(seq "$(nproc)"); do
	while :; do :; done &
	busy+=($!)
done
"$bpftape" run --force -o t.tape -d 3s $dir/cpuwalk.bt > live.txt 2> err
"$bpftape" replay t.tape > replayed.txt 2> err
bpftrace -c "$(command -v sleep) 3" $dir/cpuwalk.bt > want.txt 2> /dev/null
kill "${busy[@]}"
buckets() { sed -n 's/^\(\[[^)]*[])]\).*/\1/p' "$1"; }
near() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a > 0.98 * b && a < 1.02 * b) }'; }
ok "cpuwalk: $(total live.txt) samples of $((297 * $(nproc)))" \
	near "$(total live.txt)" $((297 * $(nproc)))
is "cpuwalk: all CPUs as bpftrace has them" "$(buckets live.txt | wc -l)" \
	"$(buckets want.txt | wc -l)"
same "cpuwalk: replayed" live.txt replayed.txt
finish
