#!/usr/bin/env bash
# tests/kernel/debian.sh: Debian's opensnoop, syscount, bitesize and execsnoop as they are, recorded
# and replayed, and opensnoop over a tape made with -t: the rows that bpftrace prints beside it on
# the same fixed workload.
. "$(dirname "$0")/lib.sh"
dir=/usr/sbin
if [ ! -f $dir/opensnoop.bt ] || ! command -v bpftrace > /dev/null; then
	echo "bpftrace is not installed"
	exit 77
fi

# rows of opensnoop by our workload, without the pid
opens() { awk '$2 == "opens" { $1 = ""; print }' "$1"; }
bpftrace -c "$work/opens" $dir/opensnoop.bt > want.txt 2> /dev/null
opens want.txt > want
record -o o.tape -c "$work/opens" $dir/opensnoop.bt
"$bpftape" replay o.tape > got.txt 2> err
opens got.txt > got
ok "opensnoop: bpftrace saw the workload" [ "$(wc -l < want)" -ge 8 ]
same "opensnoop: replayed" want got
s=tracepoint:syscalls:sys
record -o t.tape -t "${s}_enter_open,${s}_enter_openat,${s}_exit_open,${s}_exit_openat" \
	-c "$work/opens"
"$bpftape" replay t.tape $dir/opensnoop.bt > got.txt 2> err
opens got.txt > got
same "opensnoop: over a -t tape" want got

execs() { grep -o 'true-by-execs$' "$1"; }
bpftrace -c "$work/execs 4" $dir/execsnoop.bt > want.txt 2> /dev/null
record -o e.tape -c "$work/execs 4" $dir/execsnoop.bt
"$bpftape" replay e.tape > got.txt 2> err
execs want.txt > want
execs got.txt > got
ok "execsnoop: bpftrace saw the workload" [ "$(wc -l < want)" = 4 ]
same "execsnoop: replayed" want got

# syscount prints the ten busiest; the workload's process is by far the busiest
record -o s.tape -c "$work/calls 300000 1" $dir/syscount.bt
"$bpftape" replay s.tape > got.txt 2> err
bpftrace -c "$work/calls 300000 1" $dir/syscount.bt > want.txt 2> /dev/null
near() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a - b < 200 && b - a < 200) }'; }
calls() { awk -F': ' '/^@process\[.*calls\]/ { print $2 }' "$1"; }
got=$(calls got.txt) want=$(calls want.txt)
ok "syscount: $got calls, bpftrace $want" near "$got" "$want"
is "syscount: system call 110" \
	"$(awk -F': ' '/^@syscall\[110\]/ { print ($2 >= 300000) }' got.txt)" 1

# reads that go past the page cache; of a size that the disk's driver need not split
dd=$(realpath "$(command -v dd)")
dd if=/dev/urandom of=file bs=1M count=8 conv=fsync status=none
read_file="$dd if=$tmp/file of=/dev/null bs=64K iflag=direct status=none"
$read_file # so that dd itself is in the page cache
record -o b.tape -c "$read_file" $dir/bitesize.bt
"$bpftape" replay --compat 0.17 b.tape > got.txt 2> err
bpftrace -c "$read_file" $dir/bitesize.bt > want.txt 2> /dev/null
bites() { sed -n '/^@\[dd\]/,/^$/p' "$1"; }
bites want.txt > want
bites got.txt > got
if [ -s want ]; then
	same "bitesize: replayed" want got
else
	echo "skip bitesize: no block device under $tmp"
fi
finish
