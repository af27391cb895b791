# a folder that the unprivileged user cannot enter is explained
need_root
use_fakes
fake bpftape-record <<'X'
echo tape
X
fake bpftape-analyze <<'X'
echo "must not run"
X
chmod 700 bin
"$bpftape" run x.bt
