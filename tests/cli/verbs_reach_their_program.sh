# which program gets what
use_fakes
fake bpftape-record <<'X'
echo "record:$(printf ' <%s>' "$@")"
X
fake bpftape-analyze <<'X'
echo "analyze:$(printf ' <%s>' "$@")"
exit 7
X
"$bpftape" record -t 'a,b' -- 'x y'
"$bpftape" list 'tracepoint:*' -v
"$bpftape" info x.tape --json
echo "exit $?"
"$bpftape" replay - -e 'END { }'
"$bpftape" sql x.tape 'SELECT 1'
"$bpftape" verify x.tape
