# a file is not overwritten unasked, and nothing is started
use_fakes
fake bpftape-record <<'X'
echo new
X
fake bpftape-analyze <<'X'
cat
X
echo old >kept
"$bpftape" run x.bt -o kept
echo "exit $?"
cat kept
"$bpftape" run x.bt -o kept --force
echo "exit $?"
cat kept
# ... nor by a recorder that cannot begin, whatever was asked for
fake bpftape-record <<'X'
exit 1
X
"$bpftape" run x.bt -o kept --force
echo "exit $?"
cat kept
"$bpftape" run x.bt -o nowhere/kept
echo "exit $?"
