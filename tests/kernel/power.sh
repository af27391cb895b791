#!/usr/bin/env bash
# tests/kernel/power.sh: what a power cut leaves of a recording: what had been brought to the disk.
# The "disk" is an image whose bytes are copied while the recorder is stopped in the middle of its
# work, and read like a disk after a crash.
. "$(dirname "$0")/lib.sh"
command -v strace > /dev/null || { echo "needs strace"; exit 77; }
prog=cnt$$
cp "$work/counts" $prog
script="tracepoint:syscalls:sys_enter_lseek /comm == \"$prog\"/ { emit(args.offset); }"
cleanup() {
	for dir in disk after; do mountpoint -q "$tmp/$dir" && umount "$tmp/$dir"; done
	rm -rf "$tmp"
}
trap cleanup EXIT
boot_ns() { python3 -c 'import time; print(time.clock_gettime_ns(time.CLOCK_BOOTTIME))'; }

# syncs OPTION...: how often fdatasync() was called in two seconds, and fsync() of the directory
syncs() {
	strace -f -qq -o calls.txt -e trace=fdatasync,fsync "$build/bin/bpftape-record" --force \
		-o s.tape -d 2s -e "$script" -c "./$prog s.log" "$@" 2> err
	pkill -x $prog
	dirs=$(grep -c ' fsync(' calls.txt)
	grep -c 'fdatasync(' calls.txt
}
is "every 5 s: once, at the end" "$(syncs)" 1
n=$(syncs --sync-every 300ms)
ok "every 300 ms: $n times in 2 s" [ "$n" -ge 2 ] && ok "... and not more" [ "$n" -le 8 ]
n=$(syncs --sync-every 0 --sync-bytes 4K)
ok "every 4 kB: $n times" [ "$n" -ge 2 ]
is "never" "$(syncs --sync-every 0 --sync-bytes 0)" 0
syncs > /dev/null
is "the directory has the new name" "$dirs" 1

# cut OPTION...: rows on the disk after a power cut; the calls made 2.5 s before it
cut() {
	local rec t
	truncate -s 64M img
	mkfs.ext4 -q -F img && mkdir -p disk after && mount -o loop img disk || return
	"$build/bin/bpftape-record" --force -o disk/x.tape -e "$script" -c "./$prog log" "$@" \
		2> err &
	rec=$!
	for _ in $(seq 100); do [ -s log ] && break; sleep 0.05; done
	sleep 4.5
	kill -STOP $rec
	t=$(boot_ns)
	cp --sparse=always img cut.img
	kill -KILL $rec
	wait $rec 2> err.wait
	pkill -x $prog
	umount disk
	mount -o loop cut.img after
	rows=$(sql after/x.tape 'select count(*) from sys_enter_lseek' 2> err.sql)
	rows=${rows:-0}
	made=$(awk -v t=$((t - 2500000000)) '$2 <= t { n = $1 } END { print n + 0 }' log)
	first=$(sql after/x.tape 'select max(offset) - count(*) from sys_enter_lseek' 2> err.sql)
	umount after
	rm -f log
}
if cut --sync-every 1s; then
	ok "a power cut: the tape has what was made 2.5 s before ($rows of $made rows)" \
		[ "$rows" -ge "$made" ]
	is "... without a gap" "$first" 0
	cut --sync-every 0 --sync-bytes 0
	ok "... never brought to the disk: it may have nothing ($rows of $made rows)" \
		[ "$rows" -lt "$made" ]
else
	echo "skip power cut: no image can be mounted"
fi
finish
