# a recorder that writes no tape has said why; the analyzer is never started
use_fakes
fake bpftape-record <<'X'
echo "x.bt:1:1: error: no such probe" >&2
exit 1
X
fake bpftape-analyze <<'X'
echo "must not run"
X
"$bpftape" run x.bt
