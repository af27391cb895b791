# a program that reads tapes is told what its malloc() does, unless the user has; others are not
use_fakes
for p in bpftape-record bpftape-analyze; do
	fake $p <<'X'
echo "$(basename "$0") $1: ${GLIBC_TUNABLES:-nothing}" >&2
X
done
unset GLIBC_TUNABLES
"$bpftape" info x.tape
"$bpftape" record x.bt
GLIBC_TUNABLES=glibc.malloc.check=0 "$bpftape" sql x.tape
