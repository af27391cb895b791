# a dispatcher that is killed takes the recorder along, in order
use_fakes
fake bpftape-record <<'X'
trap 'echo terminated >end; exit 0' TERM
echo >armed
for ((;;)); do sleep 0.05; done
X
fake bpftape-analyze <<'X'
cat
X
"$bpftape" run x.bt &
victim=$!
disown	# or bash tells of its end, when it likes
await test -e armed
kill -KILL $victim
await test -e end
cat end
