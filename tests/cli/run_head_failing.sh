# what the analyzer says when its reader went away does not matter; its own failure does
use_fakes
fake bpftape-record <<'X'
trap 'exit 0' INT
echo tape
for ((;;)); do sleep 0.05; done
X
fake bpftape-analyze <<'X'
echo one
cat >/dev/null
exit 1
X
"$bpftape" run x.bt | head -1
echo "exit ${PIPESTATUS[0]}"
fake bpftape-analyze <<'X'
exit 1
X
"$bpftape" run x.bt
echo "exit $?"
