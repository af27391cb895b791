# run -o PIPE: what limits files limits no pipe, and a reader may be slow
use_fakes
fake bpftape-record <<'X'
head -c 3000000 /dev/zero
X
fake bpftape-analyze <<'X'
wc -c
X
mkfifo pipe
{ sleep 0.3; wc -c; } <pipe >read &
(ulimit -f 100; exec "$bpftape" run x.bt -o pipe)
echo "exit $?"
wait
cat read
ls
