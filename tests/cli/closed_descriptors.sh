# standard descriptors that are closed: no message gets into a file of the user's
reads_tape
head -c $(($(stat -c %s reads.tape) - 9000)) reads.tape >cut.tape
compare() {	# NAME FILE: FILE as it is with all open, then as it is without
	if [ ! -s open ]; then
		mv "$2" open
		return
	fi
	cmp "$2" open && echo "$1: the same"
	rm -f "$2" open
}

cp cut.tape c.tape
"$bpftape" repair c.tape >/dev/null 2>&1
compare "repair" c.tape
cp cut.tape c.tape
"$bpftape" repair c.tape >&- 2>&-
echo "exit $?"
compare "repair" c.tape

"$bpftape" repair cut.tape -o c.tape >/dev/null 2>&1
compare "repair -o" c.tape
"$bpftape" repair cut.tape -o c.tape <&- 2>&- >/dev/null
echo "exit $?"
compare "repair -o" c.tape

"$bpftape" flame "$(dirname "$CLI_LIB")/../tapes/good/stacks.tape" -o c.svg -v >/dev/null 2>&1
compare "flame" c.svg
"$bpftape" flame "$(dirname "$CLI_LIB")/../tapes/good/stacks.tape" -o c.svg -v >&- 2>&-
echo "exit $?"
compare "flame" c.svg

# what cannot be written is not given
"$bpftape" info reads.tape >&-
echo "exit $?"
"$bpftape" info - <&- >/dev/null
echo "exit $?"
"$bpftape" record --dry-run -v -e 'BEGIN { }' >&-
echo "exit $?"

use_fakes
fake bpftape-record <<'X'
echo tape
sleep 0.1
X
fake bpftape-analyze <<'X'
sleep 0.3
cat
echo complaint >&2
X
"$bpftape" run x.bt -o kept <&- >&- 2>&-
echo "exit $?"
cat kept
rm kept
for closed in 0 1 2; do
	eval "\"\$bpftape\" run x.bt -o kept $closed>&- >/dev/null 2>&1"
	cat kept
	rm kept
done
