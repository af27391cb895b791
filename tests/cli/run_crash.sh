# a program that dies of a signal is named
use_fakes
fake bpftape-record <<'X'
echo tape
X
fake bpftape-analyze <<'X'
cat >/dev/null
kill -SEGV $$
X
"$bpftape" run x.bt
echo "exit $?"
fake bpftape-record <<'X'
kill -ABRT $$
X
"$bpftape" run x.bt
