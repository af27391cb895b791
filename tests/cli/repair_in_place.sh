# repair TAPE: what is lost is said, what is there stays, and verify has nothing to say afterwards
say() {
	echo "\$ $*"
	"$bpftape" "$@" 2>&1 | sed 's/; [0-9.]* [kM]*B written/; SIZE written/'
	echo "exit ${PIPESTATUS[0]}"
}
reads_tape
size=$(stat -c %s reads.tape)
say repair reads.tape
cmp reads.tape "$(dirname "$CLI_LIB")/../tapes/reads.tape" && echo "as it was"

head -c $((size - 9000)) reads.tape >cut.tape
cp cut.tape before
say verify cut.tape
say repair cut.tape
cmp -n "$(stat -c %s before)" before cut.tape && echo "nothing that was there has changed"
say verify cut.tape
say repair cut.tape
say sql cut.tape 'select cause, count, first_ts > 0, last_ts > first_ts from loss where count'
say hist cut.tape ret --strict --quantiles 0.5

# three bytes in the midst of rows, and the magic
cp reads.tape bad.tape
printf 'xyz' | dd of=bad.tape bs=1 seek=20000 conv=notrunc status=none
printf 'x' | dd of=bad.tape bs=1 seek=2 conv=notrunc status=none
say repair bad.tape
say verify bad.tape

# killed between two blocks: nothing is lost
head -c 28272 reads.tape >killed.tape
say verify killed.tape
say repair killed.tape
say verify -q killed.tape
