# tests/kernel/lib.sh -- sourced by the tests of this folder.
# $bpftape $work (workloads) $tmp (removed at the end, and where tests run); $calls is a program
# there that does what $work/calls does, $of_calls the probe and predicate of its system calls. is
# NAME GOT WANTED, same NAME WANT-FILE GOT-FILE and ok NAME COMMAND count, finish reports.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
build=$(realpath "${BPFTAPE_BUILD:-$root/build-dev}")
bpftape=$build/bin/bpftape
work=$build/workload
[ "$(id -u)" = 0 ] || { echo "needs root"; exit 77; }
[ -x "$bpftape" ] || { echo "no $bpftape"; exit 77; }
tmp=$(mktemp -d /tmp/bpftape-test.XXXXXX)
trap 'rm -rf "$tmp"' EXIT
export PATH="$build/bin:$PATH"
cd "$tmp" || exit 1
# a name that no other test beside us has
calls=calls$$
cp "$work/calls" "$tmp/$calls"
of_calls="tracepoint:syscalls:sys_enter_getppid /comm == \"$calls\"/"
passed=0 failed=0

pass() { passed=$((passed + 1)); echo "ok   $1"; }
fail() { failed=$((failed + 1)); echo "FAIL $1"; shift; [ $# = 0 ] || printf '     %s\n' "$@"; }
is() { if [ "$2" = "$3" ]; then pass "$1"; else fail "$1" "expected: $3" "got:      $2"; fi; }
ok() { local n=$1; shift; if "$@"; then pass "$n"; else fail "$n" "failed: $*"; fi; }
same() {
	if diff "$2" "$3" > "$tmp/.diff"; then
		pass "$1"
	else
		fail "$1" "$(head -20 "$tmp/.diff")"
	fi
}
finish() { echo "$passed passed, $failed failed"; [ "$failed" = 0 ]; exit; }

# sql TAPE QUERY: the answer as CSV without its header
sql() { "$bpftape" sql "$1" "$2" --format csv | tail -n +2 | tr -d '\r'; }
# record ARGS: quiet; messages in $tmp/err
record() { "$bpftape" record --force "$@" 2> "$tmp/err"; }
losses() { local n; n=$(sql "$1" "select coalesce(sum(count), 0) from loss"); echo "${n:-0}"; }
