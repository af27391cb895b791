#!/usr/bin/env bash
# tests/oracle/run.sh [-v] [-m MODES] [CASE...]: the same script, the same workload, the same answer
# as bpftrace.
# Modes, separated by blanks (default: all that can run):
#   live      bpftape run            against the stored answer of bpftrace 0.27
#   replay    record, then replay    against the same
#   json      bpftape run -f json    against its answer with -f json
#   compat17  bpftape run --compat 0.17   against bpftrace 0.17 beside it, if it is installed
# CASE is a name in cases/ without .bt.  Needs root for those with real probes.  Exit 77: nothing
# could run.  A case is NAME.bt with NAME.27.exact; NAME.cmd is its workload (tests/workload),
# NAME.args has more arguments (--unsafe), NAME.not17 says why 0.17 cannot run it, NAME.notjson why
# its JSON is not compared.  JSON is compared line by line as lines.py writes it: a map's entries
# have no order there.
# Compared after ties.awk, which orders map entries of equal value.
#
# Cases with a workload find it by its name, so no two of them may run at once; they make one lane,
# those without a workload another beside it.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(realpath "${BPFTAPE_BUILD:-$here/../../build-dev}")
bpftape=${BPFTAPE:-$build/bin/bpftape} work=$build/workload verbose=''
modes='live replay json compat17'
while getopts vm: o; do case $o in
	v) verbose=1 ;; m) modes=$OPTARG ;; *) exit 2 ;;
esac; done
shift $((OPTIND - 1))
[ -x "$bpftape" ] || { echo "no $bpftape: build first"; exit 77; }
[ "$(id -u)" = 0 ] || { echo "not root"; exit 77; }
bpftrace --version 2> /dev/null | grep -q 'v0\.17' || modes=${modes//compat17/}
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
cd "$here/cases" || exit 1
[ $# -gt 0 ] || { set -- *.bt; set -- "${@%.bt}"; }

check() { # MODE NAME: compares $tmp/want and $tmp/got
	awk -f ../ties.awk "$tmp/want" > "$tmp/want.sorted"
	awk -f ../ties.awk "$tmp/got" > "$tmp/got.sorted"
	if diff "$tmp/want.sorted" "$tmp/got.sorted" > "$tmp/diff"; then
		echo pass >> "$tmp/counts"
		[ -z "$verbose" ] || echo "ok   $1 $2"
	else
		echo fail >> "$tmp/counts"
		echo "FAIL $1 $2"
		sed 's/^/    /' "$tmp/diff" | head -40
		grep -v -e ' armed' -e '^$' "$tmp/err" | head -5 | sed 's/^/    stderr: /'
	fi
}

run_live() {
	timeout 30 "$bpftape" run "${cmd[@]}" "$@" "$name.bt" > "$tmp/got" 2> "$tmp/err"
}

run_mode() { # MODE
	case $1 in
	live)
		cp "$name.27.exact" "$tmp/want"
		run_live
		;;
	replay)
		cp "$name.27.exact" "$tmp/want"
		timeout 30 "$bpftape" record --force -o "$tmp/t.tape" "${cmd[@]}" "$name.bt" \
			> "$tmp/got" 2> "$tmp/err" &&
			timeout 30 "$bpftape" replay "$tmp/t.tape" >> "$tmp/got" 2>> "$tmp/err"
		;;
	json)
		[ ! -f "$name.notjson" ] || { echo skip >> "$tmp/counts"; return; }
		cp "$name.27.json" "$tmp/want"
		timeout 30 "$bpftape" run -f json "${cmd[@]}" "$name.bt" 2> "$tmp/err" |
			python3 ../lines.py > "$tmp/got"
		;;
	compat17)
		[ ! -f "$name.not17" ] || { echo skip >> "$tmp/counts"; return; }
		timeout 30 bpftrace "${cmd[@]}" "$name.bt" 2> /dev/null |
			sed '/^Attaching [0-9]* probes*\.\.\.$/d' > "$tmp/want"
		run_live --compat 0.17
		;;
	*)
		echo "FAIL no mode '$1'"
		echo fail >> "$tmp/counts"
		return
		;;
	esac
	check "$1" "$name"
}

lane() { # NUMBER CASE...
	local tmp=$top/$1 name mode cmd more
	shift
	mkdir "$tmp"
	: > "$tmp/counts"
	for name; do
		cmd=()
		[ ! -f "$name.cmd" ] || cmd=(-c "$work/$(cat "$name.cmd")")
		[ ! -f "$name.args" ] || { read -ra more < "$name.args"; cmd+=("${more[@]}"); }
		for mode in $modes; do
			run_mode "$mode"
		done
	done
}

count() { cat "$top"/*/counts | grep -c "$1"; }

probes=() plain=()
for name; do
	[ -f "$name.bt" ] || { echo "no case $name"; exit 2; }
	if [ -f "$name.cmd" ]; then probes+=("$name"); else plain+=("$name"); fi
done
lane 1 "${probes[@]}" > "$top/said" &
lane 2 "${plain[@]}"
wait
cat "$top/said"
failed=$(count fail)
echo "$(count pass) passed, $failed failed, $(count skip) skipped"
[ "$failed" = 0 ]
