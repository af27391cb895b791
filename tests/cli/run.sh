#!/bin/bash
# Run cases of tests/cli: all of them, or those named.
#
# A case is NAME.sh, run by bash in an empty folder of its own with lib.sh loaded.  Its stdout and
# stderr must be exactly NAME.stdout.exact and NAME.stderr.exact (empty where there is no such
# file), its exit code the number in NAME.exit (0).  Exit code 77 means skipped; the reason is its
# stdout. BPFTAPE_BUILD is the build folder.  --update writes what came out instead of comparing it.
set -u
here=$(cd "$(dirname "$0")" && pwd)
export CLI_LIB=$here/lib.sh
export BPFTAPE_BUILD=${BPFTAPE_BUILD:-$here/../../build}
is_update=
passed=0 failed=0 skipped=0

if [ "${1:-}" = --update ]; then
	is_update=1
	shift
fi

expected() {	# FILE
	if [ -e "$1" ]; then cat "$1"; fi
}

keep() {	# GOT EXPECTED-FILE: write the expectation, or remove it where it is empty
	if [ -s "$1" ]; then cp "$1" "$2"; else rm -f "$2"; fi
}

run_case() {	# NAME
	local dir code want bad=
	dir=$(mktemp -d) || return 1
	chmod 755 "$dir"
	mkdir "$dir/cwd"
	(cd "$dir/cwd" && WORK=$dir/cwd timeout -k 5 120 \
		bash -c '. "$CLI_LIB" && . "$0"' "$here/$1.sh" \
		>"$dir/stdout" 2>"$dir/stderr" </dev/null)
	code=$?
	if [ $code = 77 ]; then
		echo "skip $1: $(cat "$dir/stdout")"
		skipped=$((skipped + 1))
		rm -rf "$dir"
		return
	fi
	if [ -n "$is_update" ]; then
		keep "$dir/stdout" "$here/$1.stdout.exact"
		keep "$dir/stderr" "$here/$1.stderr.exact"
		if [ $code = 0 ]; then rm -f "$here/$1.exit"; else echo $code >"$here/$1.exit"; fi
	fi
	for stream in stdout stderr; do
		if ! diff -u --label "$1.$stream.exact" --label "$stream" \
			<(expected "$here/$1.$stream.exact") "$dir/$stream"; then
			bad=1
		fi
	done
	want=$(expected "$here/$1.exit")
	if [ $code != "${want:-0}" ]; then
		echo "$1: exit code $code, not ${want:-0}"
		bad=1
	fi
	rm -rf "$dir"
	if [ -n "$bad" ]; then
		echo "FAIL $1"
		failed=$((failed + 1))
	else
		echo "ok   $1"
		passed=$((passed + 1))
	fi
}

if [ $# = 0 ]; then
	for file in "$here"/*.sh; do
		name=$(basename "$file" .sh)
		case $name in run | lib) ;; *) set -- "$@" "$name" ;; esac
	done
fi
for name; do
	run_case "$name"
done
if [ $# -gt 1 ]; then
	echo "$passed passed, $failed failed, $skipped skipped"
fi
[ $failed = 0 ] || exit 1
[ $passed -gt 0 ] || exit 77
