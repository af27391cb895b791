# the analyzer is nobody, or the user behind sudo, for good; its folder may be below a closed one
need_root
use_fakes
mkdir closed
mv bin closed/bin
bpftape=$WORK/closed/bin/bpftape
chmod 700 closed
fake_in_closed() {
	mkdir -p bin
	fake "$1"
	mv "bin/$1" closed/bin
}
fake_in_closed bpftape-record <<'X'
id -u >&2
echo tape
X
fake_in_closed bpftape-analyze <<'X'
cat
echo "$(id -u):$(id -g):$(id -G)"
grep -E '^(NoNewPrivs|CapPrm|CapEff):' /proc/self/status
X
"$bpftape" run x.bt
SUDO_UID=1234 SUDO_GID=2345 "$bpftape" run x.bt
SUDO_UID=0 SUDO_GID=0 "$bpftape" run x.bt
SUDO_UID=12x4 SUDO_GID=1 "$bpftape" run x.bt
