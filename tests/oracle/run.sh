#!/usr/bin/env bash
# tests/oracle/run.sh [-v] [-m MODES] [CASE...]: the same script, the same workload, the same answer as bpftrace.
# Modes, separated by blanks (default: all that can run):
#   live      bpftape run            against the stored answer of bpftrace 0.27
#   replay    record, then replay    against the same
#   compat17  bpftape run --compat 0.17   against bpftrace 0.17 beside it, if it is installed
# CASE is a name in cases/ without .bt.  Needs root for those with real probes.  Exit 77: nothing could run.
# A case is NAME.bt with NAME.27.exact; NAME.cmd is its workload (tests/workload), NAME.not17 says why 0.17 cannot run it.
# Compared after ties.awk, which orders map entries of equal value.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(realpath "${BPFTAPE_BUILD:-$here/../../build-dev}")
bpftape=$build/bin/bpftape work=$build/workload verbose='' modes='live replay compat17'
while getopts vm: o; do case $o in
	v) verbose=1 ;; m) modes=$OPTARG ;; *) exit 2 ;;
esac; done
shift $((OPTIND - 1))
[ -x "$bpftape" ] || { echo "no $bpftape: build first"; exit 77; }
[ "$(id -u)" = 0 ] || { echo "not root"; exit 77; }
bpftrace --version 2> /dev/null | grep -q 'v0\.17' || modes=${modes//compat17/}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$here/cases" || exit 1
[ $# -gt 0 ] || { set -- *.bt; set -- "${@%.bt}"; }
pass=0 fail=0 skip=0

check() { # MODE NAME: compares $tmp/want and $tmp/got
	if diff <(awk -f ../ties.awk "$tmp/want") <(awk -f ../ties.awk "$tmp/got") > "$tmp/diff"; then
		pass=$((pass + 1))
		[ -z "$verbose" ] || echo "ok   $1 $2"
	else
		fail=$((fail + 1))
		echo "FAIL $1 $2"
		sed 's/^/    /' "$tmp/diff" | head -40
		grep -v -e ' armed' -e '^$' "$tmp/err" | head -5 | sed 's/^/    stderr: /'
	fi
}

run_live() {
	timeout 30 "$bpftape" run "${cmd[@]}" "$@" "$name.bt" > "$tmp/got" 2> "$tmp/err"
}

for name in "$@"; do
	cmd=()
	[ ! -f "$name.cmd" ] || cmd=(-c "$work/$(cat "$name.cmd")")
	for mode in $modes; do
		case $mode in
		live)
			cp "$name.27.exact" "$tmp/want"
			run_live
			;;
		replay)
			cp "$name.27.exact" "$tmp/want"
			timeout 30 "$bpftape" record --force -o "$tmp/t.tape" "${cmd[@]}" "$name.bt" > "$tmp/got" 2> "$tmp/err" &&
				timeout 30 "$bpftape" replay "$tmp/t.tape" >> "$tmp/got" 2>> "$tmp/err"
			;;
		compat17)
			[ ! -f "$name.not17" ] || { skip=$((skip + 1)); continue; }
			timeout 30 bpftrace "${cmd[@]}" "$name.bt" 2> /dev/null | sed '/^Attaching [0-9]* probes*\.\.\.$/d' > "$tmp/want"
			run_live --compat 0.17
			;;
		esac
		check "$mode" "$name"
	done
done
echo "$pass passed, $fail failed, $skip skipped"
[ "$fail" = 0 ]
