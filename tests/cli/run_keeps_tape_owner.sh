need_root
use_fakes
fake bpftape-record <<'X'
echo tape
X
fake bpftape-analyze <<'X'
cat
X
SUDO_UID=1234 SUDO_GID=2345 "$bpftape" run x.bt -o kept
stat -c '%u %g %a' kept
