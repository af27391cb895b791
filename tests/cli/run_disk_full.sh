# a tape that cannot be written stops the recording, the answers so far are still given
use_fakes
fake bpftape-record <<'X'
trap 'exit 0' INT
for ((;;)); do head -c 100000 /dev/zero; sleep 0.05; done
X
fake bpftape-analyze <<'X'
[ "$(wc -c)" -ge 100000 ] && echo answer
X
"$bpftape" run x.bt -o /dev/full --force
