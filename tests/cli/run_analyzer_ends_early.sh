# the analyzer ends while the recorder is quiet: the recorder is stopped and ends in order
use_fakes
fake bpftape-record <<'X'
trap 'stop=1' INT
seq 5
while [ -z "$stop" ]; do sleep 0.05; done
head -c 300000 /dev/zero && echo "closed in order" >&2
exit 1
X
fake bpftape-analyze <<'X'
head -3
X
"$bpftape" run x.bt
echo "exit $?"
"$bpftape" run x.bt -o kept
echo "exit $?"
stat -c '%s %a' kept
head -5 kept
