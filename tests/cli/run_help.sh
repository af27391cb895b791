"$bpftape" run --help
# wherever it stands; behind "--" it is the script's
[ "$("$bpftape" run x.bt --help)" = "$("$bpftape" run -h)" ] && echo same
use_fakes
fake bpftape-record <<'X'
echo "${@: -1}"
X
fake bpftape-analyze <<'X'
cat
X
"$bpftape" run x.bt -- --help
