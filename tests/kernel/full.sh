#!/usr/bin/env bash
# tests/kernel/full.sh: a disk, a limit or a reader that takes no more.  The tape is whole, the
# message names the cause, and what is not on the tape is counted on it.
. "$(dirname "$0")/lib.sh"
# rows that hardly shrink, and a count of them that the kernel keeps (the predicate wants it)
wide="${of_calls%/}&& @n >= 0/ { @n++; printf(\"%d %d\\n\", nsecs, rand); }"
rec=$build/bin/bpftape-record
rows() { sql "$1" 'select count(*) from sys_enter_getppid' 2> err.sql; }
# What the kernel counted is on the tape or counted as lost.
adds_up() {	# NAME TAPE
	local all
	all=$("$bpftape" replay "$2" 2> err.replay | sed -n 's/^@n: //p')
	is "$1: what is not on the tape is counted" "$(($(rows "$2") + $(losses "$2")))" "$all"
}
whole() {	# NAME TAPE
	"$bpftape" verify "$2" > out.verify 2>&1
	is "$1: the tape is whole" "$? $(tail -1 out.verify | grep -o 'nothing wrong')" \
		"0 nothing wrong"
}
cleanup() { mountpoint -q "$tmp/full" && umount "$tmp/full"; rm -rf "$tmp"; }
trap cleanup EXIT
mkdir full

# a file system that is too small: 5 % free comes first, or not
for size in 256k 4m; do
	mount -t tmpfs -o size=$size tmpfs full || break
	"$rec" --force -o full/x.tape -e "$wide" -c "./$calls 3000000" 2> err
	is "tmpfs of $size: code" $? 1
	ok "... says so" grep -q 'No space left\|less than 5 % of the disk is free' err
	whole "tmpfs of $size" full/x.tape
	adds_up "tmpfs of $size" full/x.tape
	umount full
done
# what others write fills it at one blow: nothing is left but what was kept for the end
if mount -t tmpfs -o size=32m tmpfs full; then
	"$rec" --force -o full/x.tape -e "$wide" -c "./$calls 3000000" 2> err &
	pid=$!
	for _ in $(seq 100); do grep -q armed err && break; sleep 0.02; done
	dd if=/dev/zero of=full/other bs=1M 2> /dev/null
	wait $pid
	is "full at one blow: code" $? 1
	ok "... says so" grep -q 'No space left\|less than 5 % of the disk is free' err
	whole "full at one blow" full/x.tape
	adds_up "full at one blow" full/x.tape
	is "... nothing is left of what was kept" "$(ls full)" "$(printf 'other\nx.tape')"
	umount full
fi
# less than 5 % free
if mount -t tmpfs -o size=64m tmpfs full; then
	head -c 60M /dev/zero > full/other
	"$rec" --force -o full/x.tape -e "$wide" -c "./$calls 30000000" 2> err
	is "5 % free: code" $? 1
	ok "... says so" grep -q 'stopped: less than 5 % of the disk is free' err
	whole "5 % free" full/x.tape
	adds_up "5 % free" full/x.tape
	umount full
fi
# a quota, which may be one of the user the tape is for; the tape's size and what is kept share it
export ASAN_OPTIONS=verify_asan_link_order=0
for kb in 1500 5000; do
	QUOTA_FILE=/q.tape QUOTA_BYTES=$((kb * 1024)) LD_PRELOAD=$build/tests/quota.so \
		"$rec" --force -o q.tape -e "$wide" -c "./$calls 3000000" 2> err
	is "quota of $kb K: code" $? 1
	ok "... says so" grep -q 'Disk quota exceeded' err
	ok "... is kept" [ "$(stat -c %s q.tape)" -le $((kb * 1024)) ]
	whole "quota of $kb K" q.tape
	adds_up "quota of $kb K" q.tape
done
"$rec" -o /dev/full -e "$wide" 2> err
is "/dev/full" "$? $(cat err)" "1 bpftape: writing the tape: No space left on device"

# a limit of file sizes, and ours
for kb in 200 3000; do
	(ulimit -f $kb; exec "$rec" --force -o f.tape -e "$wide" -c "./$calls 3000000" 2> err)
	is "ulimit -f $kb: code" $? 1
	ok "... says so" grep -q 'stopped: no larger file may be written (ulimit -f)' err
	ok "... is kept" [ "$(stat -c %s f.tape)" -le $((kb * 1024)) ]
	whole "ulimit -f $kb" f.tape
	adds_up "ulimit -f $kb" f.tape
done
for size in 64K 1M 5M; do
	record --max-size $size -o m.tape -e "$wide" -c "./$calls 3000000"
	is "--max-size $size: code" $? 0
	ok "... says so" grep -q 'stopped at --max-size' err
	ok "... is kept" [ "$(stat -c %s m.tape)" -le "$(numfmt --from=iec $size)" ]
	whole "--max-size $size" m.tape
	adds_up "--max-size $size" m.tape
done
# at a moderate rate it ends before one is lost, and not long before the limit
record --max-size 256K -o m.tape -e "$of_calls { printf(\"%d\", rand); }" \
	-c "sh -c 'for i in \$(seq 400); do ./$calls 300; sleep 0.005; done'"
ok "--max-size, slowly: says so" grep -q 'stopped at --max-size' err
is "... nothing is lost" "$(losses m.tape)" 0
ok "... it is used" [ "$(stat -c %s m.tape)" -ge 128000 ]
record --max-size 63K -o m.tape -e "$wide"
is "--max-size too small" "$? $(head -1 err)" "2 bpftape: --max-size: at least 64K"

# pipes
"$bpftape" record -o - -e "$wide" -c "./$calls 3000000" 2> err | head -c 300000 > p.tape
is "closed pipe: code" "${PIPESTATUS[0]}" 1
ok "... says so" grep -q 'stopped: nobody reads the tape any more' err
n=$(rows p.tape)
ok "... what was read is a tape ($n rows)" [ "$n" -gt 1000 ]
"$bpftape" run -e "$of_calls { printf(\"%d\\n\", rand); }" \
	-c "./$calls 3000000" 2> err | head -3 > out
is "run | head" "${PIPESTATUS[0]} $(wc -l < out)" "0 3"
ok "... is quiet" [ "$(grep -c 'stopped\|nobody\|pipe' err)" = 0 ]

# the same through `run -o`, which keeps the file
fast="$of_calls { printf(\"%d %d\\n\", nsecs, rand); }"
if mount -t tmpfs -o size=8m tmpfs full; then
	"$bpftape" run -o full/x.tape -e "$fast" -c "./$calls 3000000" 2> err > /dev/null
	is "run -o, full disk: code" $? 1
	ok "... says so" grep -q 'No space left\|less than 5 % of the disk is free' err
	whole "run -o, full disk" full/x.tape
	umount full
fi
QUOTA_FILE=/s.tape QUOTA_BYTES=3000000 LD_PRELOAD=$build/tests/quota.so \
	"$bpftape" run -o s.tape -e "$fast" -c "./$calls 3000000" 2> err > /dev/null
is "run -o, quota: code" $? 1
ok "... says so" grep -q 'Disk quota exceeded' err
whole "run -o, quota" s.tape
(ulimit -f 3000; exec "$bpftape" run -o r.tape -e "$fast" -c "./$calls 3000000" 2> err > /dev/null)
is "run -o, ulimit -f: code" $? 1
ok "... says so" grep -q 'no larger file may be written' err
whole "run -o, ulimit -f" r.tape

mkfifo pipe
reader() { exec 3< pipe; exec sleep 60; }
stuck() {	# NAME SIGNALS
	local t0 code
	reader &
	sleeper=$!
	"./$calls" 1000000000 &
	load=$!
	: > err
	"$rec" -o pipe -e "$wide" 2> err &
	pid=$!
	for _ in $(seq 100); do grep -q armed err && break; sleep 0.05; done
	sleep 2
	peak=$(sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\).*/\1/p' /proc/$pid/status)
	t0=$(date +%s%N)
	for _ in $(seq "$2"); do kill -INT $pid; sleep 0.7; done
	wait $pid
	code=$?
	took=$((($(date +%s%N) - t0) / 1000000))
	kill $sleeper $load
	wait $sleeper $load 2> /dev/null
	is "$1: code" $code 1
	ok "$1: says so" grep -q 'writing the tape: nobody reads it\|told to end at once' err
	ok "$1: counted" grep -q ' LOST' err
}
stuck "a reader that stops, ^C" 1
ok "... ends within six seconds ($took ms)" [ $took -lt 6000 ]
ok "... has taken no more than 600 MB ($peak kB)" [ "$peak" -lt 600000 ]
stuck "a reader that stops, ^C twice" 2
ok "... ends within two seconds ($took ms)" [ $took -lt 2500 ]

# a slow reader costs rows, which are counted, and nothing else
"$rec" -o - -d 2s --buffer 64K -e "$wide" 2> err > >(while head -c 65536 | grep -c . > /dev/null &&
	[ ! -e done ]; do sleep 0.05; done; cat > /dev/null) &
pid=$!
"./$calls" 8000000
t0=$(date +%s%N)
touch done
wait $pid
ok "a slow reader: -d is kept" [ $((($(date +%s%N) - t0) / 1000000)) -lt 5000 ]
finish
