#!/usr/bin/env bash
# tests/oracle/update.sh ROOT [CASE.bt...]: store what bpftrace 0.27 answers to each case, as
# NAME.27.exact and (-f json) NAME.27.json.  ROOT is a Debian root that has bpftrace 0.27
# (debootstrap --variant=minbase --include=bpftrace sid ROOT); it runs there on this
# machine's kernel.  Needs root.  The workloads come from $BPFTAPE_BUILD/workload: build them
# first.
set -euo pipefail
[ $# -ge 1 ] || { sed -n '2,7p' "$0" >&2; exit 2; }
root=$(realpath -e "$1"); shift
here=$(cd "$(dirname "$0")" && pwd)
work=${BPFTAPE_BUILD:-$here/../../build-dev}/workload
mkdir -p "$root/tmp/wl"
cp "$work"/* "$root/tmp/wl/" 2> /dev/null || true
export root
oracle() {
	unshare -m --propagation private bash -c '
		mount --bind /proc "$root/proc" && mount --rbind /sys "$root/sys" &&
		mount --bind /dev "$root/dev" &&
		exec chroot "$root" env PATH=/tmp/wl:/usr/sbin:/usr/bin:/sbin:/bin bpftrace "$@"
	' bash "$@"
}
cd "$here/cases"
[ $# -gt 0 ] || set -- *.bt
for f in "$@"; do
	name=${f%.bt}
	cp "$name.bt" "$root/tmp/case.$$.bt"	# another may store its cases meanwhile
	args=(/tmp/case.$$.bt)
	[ ! -f "$name.cmd" ] || args=(-c "/tmp/wl/$(cat "$name.cmd")" "${args[@]}")
	[ ! -f "$name.args" ] || args=($(cat "$name.args") "${args[@]}")
	if ! oracle "${args[@]}" > "$name.27.exact" 2> /tmp/oracle.err; then
		echo "$name: bpftrace failed" >&2
		grep -v WARNING /tmp/oracle.err >&2 || true
	fi
	[ ! -f "$name.notjson" ] || continue
	oracle -f json "${args[@]}" 2> /tmp/oracle.err | python3 ../lines.py > "$name.27.json" ||
		echo "$name: bpftrace -f json failed" >&2
done
