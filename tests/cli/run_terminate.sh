# a signal to the dispatcher alone goes to the recorder
use_fakes
fake bpftape-record <<'X'
trap 'echo terminated; exit 0' TERM
trap 'echo interrupted; exit 0' INT
echo >armed
for ((;;)); do sleep 0.05; done
X
fake bpftape-analyze <<'X'
cat
X
for sig in TERM INT; do
	rm -f armed
	set -m
	"$bpftape" run x.bt >out &
	set +m
	await test -e armed
	kill -$sig $!
	wait $!
	echo "exit $?"
	cat out
done
