# repair: what it cannot do it says, and nothing is left behind
say() {
	echo "\$ $*"
	"$bpftape" "$@" 2>&1
	echo "exit $?"
}
reads_tape
echo hello >text
: >empty
say repair
say repair nope
say repair text
say repair text -o x
say repair empty
say repair -
say repair reads.tape -o -
say repair reads.tape --force
say repair reads.tape -o nowhere/x
say repair reads.tape -o /dev/null --force
say repair . -o x
head -c 20128 reads.tape >cut.tape
head -c 20128 reads.tape >before
echo "being recorded"
flock cut.tape "$bpftape" repair cut.tape 2>&1
echo "exit $?"
echo "a file may not grow"
(ulimit -f 20; "$bpftape" repair -q cut.tape; "$bpftape" repair -q reads.tape -o x) 2>&1
cmp before cut.tape && echo "as it was"
ls
