# a recording that never began leaves no file; a link is not followed, but replaced with --force
use_fakes
fake bpftape-record <<'X'
exit 1
X
fake bpftape-analyze <<'X'
cat
X
"$bpftape" run x.bt -o kept
echo "exit $?"
ls kept 2>/dev/null
fake bpftape-record <<'X'
echo tape
X
echo precious >target
ln -s target kept
"$bpftape" run x.bt -o kept
echo "exit $?"
"$bpftape" run x.bt -o kept --force
cat target kept
