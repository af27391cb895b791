# repair -o: the new tape has what is good, its owner's mode, and never half of it
say() {
	echo "\$ $*"
	"$bpftape" "$@" 2>&1 | sed 's/; [0-9.]* [kM]*B written/; SIZE written/'
	echo "exit ${PIPESTATUS[0]}"
}
reads_tape
head -c 20128 reads.tape >cut.tape
cp cut.tape before
say repair cut.tape -o good.tape
stat -c '%n %a' good.tape
cmp before cut.tape && echo "the old one is as it was"
say verify good.tape
say repair good.tape
say repair cut.tape -o good.tape
say repair -q cut.tape -o good.tape --force
"$bpftape" repair -q - -o piped.tape <cut.tape
echo "exit $?"
cat cut.tape | "$bpftape" repair -q - -o piped2.tape
echo "exit $?"
cmp good.tape piped.tape && cmp good.tape piped2.tape && echo "the same from a pipe"
"$bpftape" repair -q cut.tape
say repair cut.tape -o again.tape
say verify again.tape
for query in 'select count(*) from sys_exit_read' 'select sum(count) from loss'; do
	for tape in before good.tape cut.tape again.tape; do
		"$bpftape" sql $tape "$query" 2>/dev/null | tail -n 1
	done | uniq -c
done
ls
