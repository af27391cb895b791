# with -o the file has every byte and the analyzer saw the same
use_fakes
fake bpftape-record <<'X'
head -c 3000000 /dev/zero | tr '\0' 'x'
sleep 0.1
echo end
exit 4
X
fake bpftape-analyze <<'X'
cksum
X
"$bpftape" run x.bt -o kept
echo "exit $?"
cksum <kept
stat -c %a kept
