# run -o brings the tape to the disk as record does, also while it grows, or not at all
[ -n "$(type -P strace)" ] || skip "no strace"
use_fakes
export ASAN_OPTIONS=detect_leaks=0	# which cannot be while strace looks on
fake bpftape-record <<'X'
echo one; sleep 1.5; echo two
X
fake bpftape-analyze <<'X'
cat
X
syncs() {
	strace -qq -f -e trace=fdatasync -o trace "$bpftape" run x.bt -o kept --force "$@"
	echo "$* $(grep -c 'fdatasync(.* = 0' trace)"
}
syncs
syncs --sync-every 100ms
syncs --sync-bytes 1 --sync-every 0
syncs --sync-every 0 --sync-bytes 0
