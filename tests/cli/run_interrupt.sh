# ^C to the whole group: the recorder ends, the analyzer prints what it has
use_fakes
fake bpftape-record <<'X'
trap 'echo "last rows"; exit 0' INT
echo rows
echo >armed
for ((;;)); do sleep 0.05; done
X
fake bpftape-analyze <<'X'
cat
echo maps
X
# SIGINT is ignored in background jobs of a shell without job control
set -m
"$bpftape" run x.bt >out &
set +m
await test -e armed
kill -INT -- -$!
wait $!
echo "exit $?"
cat out
