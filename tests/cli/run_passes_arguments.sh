# our options are taken out wherever they stand, the recorder's come first, "--" ends them
use_fakes
fake bpftape-record <<'X'
echo "record:$(printf ' <%s>' "$@")" | sed -E 's/<[0-9]{2,}>/<PID>/g'
X
fake bpftape-analyze <<'X'
echo "analyze:$(printf ' <%s>' "$@")"
cat
X
touch plain
"$bpftape" run x.bt -f json 1 -d 5s
"$bpftape" run -vfjson --strict -e 'BEGIN { }'
"$bpftape" run --format=text x.bt -- -f -o y
"$bpftape" ./x.bt 1
"$bpftape" plain
"$bpftape" -e 'BEGIN { }'
"$bpftape" run --compat 0.17 x.bt
"$bpftape" run --compat=0.27 x.bt -- --compat 0.17
"$bpftape" run --max-steps 5 --max-memory=64K -vf json --mem 1M --limit a=1,b=2 --limit c=3 \
	--no-sandbox x.bt -o kept --sync-every 1s --force
