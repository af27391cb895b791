# the recorder is told the dispatcher's and the analyzer's process
use_fakes
fake bpftape-record <<'X'
[ "$4 $6" = "--hide --hide" ] && [ "$5" = "$PPID" ] && echo "dispatcher hidden"
echo "analyzer $7"
X
fake bpftape-analyze <<'X'
while read -r line; do
	[ "$line" = "analyzer $$" ] && line="analyzer hidden"
	echo "$line"
done
X
"$bpftape" run x.bt
