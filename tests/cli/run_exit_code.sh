# the first that applies: usage, our failure, the script's or the command's code, losses
use_fakes
fake bpftape-record <<'X'
echo tape
exit "$RECORD_CODE"
X
fake bpftape-analyze <<'X'
cat >/dev/null
exit "$ANALYZE_CODE"
X
for codes in '0 0' '2 0' '1 0' '0 1' '42 0' '42 1' '0 3' '42 3' '137 0' '3 0'; do
	RECORD_CODE=${codes% *} ANALYZE_CODE=${codes#* } "$bpftape" run x.bt
	echo "$codes: $?"
done
