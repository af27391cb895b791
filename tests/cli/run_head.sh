# `| head` ends all three soon and quietly, also when there is nothing more to write
use_fakes
fake bpftape-record <<'X'
trap 'stop=1' INT
seq 5
while [ -z "$stop" ]; do sleep 0.05; done
head -c 300000 /dev/zero && echo done >stopped
exit 1
X
fake bpftape-analyze <<'X'
exec cat
X
"$bpftape" run x.bt | head -3
echo "exit ${PIPESTATUS[0]}"
cat stopped
"$bpftape" run x.bt -o kept | head -1
echo "exit ${PIPESTATUS[0]}"
stat -c %s kept
