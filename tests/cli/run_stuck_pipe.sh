# run -o PIPE, whose reader has stopped: the first signal waits for it 5 s, a second one does not
use_fakes
fake bpftape-record <<'X'
trap 'exit 0' INT
head -c 300000 /dev/zero
for ((;;)); do sleep 0.05; done
X
fake bpftape-analyze <<'X'
wc -c
X
mkfifo pipe
stuck() {	# SIGNALS: the exit code, and whether it took the 5 s
	sleep 60 <pipe &
	local sleeper=$! pid begin i
	"$bpftape" run x.bt -o pipe &
	pid=$!
	sleep 0.5
	begin=$(date +%s%N)
	for ((i = 0; i < $1; i++)); do
		kill -INT $pid
		sleep 0.8
	done
	wait $pid
	echo "exit $?, waited: $((($(date +%s%N) - begin) >= 4500000000))"
	kill $sleeper
}
stuck 1
stuck 2
