#!/usr/bin/env bash
# samples/quickstart.sh: from a bare Debian 12 machine (root) to answers.  Installs what is missing,
# builds, records a few seconds of this machine's system calls and of its CPUs' stacks, and asks the
# two tapes.
#
# usage: quickstart.sh [TAPE]     default quickstart.tape
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD build=$PWD/build-release tape=${1:-quickstart.tape}
stacks=${tape%.tape}-cpu.tape svg=${tape%.tape}.svg

say() { printf '\n== %s\n' "$*"; }

if [ "$(id -u)" != 0 ]; then
	echo "quickstart needs root: it installs packages and loads BPF programs" >&2
	exit 1
fi
say "packages"
tests/deps.sh build

say "build (in build-release)"
[ -f "$build/build.ninja" ] || cmake --preset release -DBUILD_TESTING=OFF > /dev/null
ninja -C "$build" | tail -1
export PATH="$build/bin:$PATH"
mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing

say "record: every read() on this machine for 3 seconds, and some work to see"
sed '1,/\*\//d' samples/readlat.bt
some_work() {
	sleep 0.5
	find /usr -xdev -type f -name '*.h' -print0 2> /dev/null |
		xargs -0 -n 200 cat > /dev/null 2>&1 || true
}
some_work &
bpftape record --force -d 3 -o "$tape" samples/readlat.bt
wait

say "replay: the script's own answer, a latency histogram"
bpftape replay "$tape"

say "another question to the same tape: bytes by command"
cmd='tracepoint:syscalls:sys_exit_read /args.ret > 0/ { @bytes[comm] = sum(args.ret); }'
echo "bpftape replay $tape -e '$cmd'"
bpftape replay "$tape" -e "$cmd"

say "SQL: who reads most often, and the largest read"
query='select comm, count(*) reads, max(ret) largest from sys_exit_read
	group by comm order by reads desc limit 5'
echo "bpftape sql $tape \"$query\""
bpftape sql "$tape" "$query"

say "record: what the CPUs do, 99 times a second for 3 seconds"
some_work &
bpftape record --force -d 3 -o "$stacks" samples/cpuprofile.bt
wait

say "fold: the stacks seen most often, their outermost frame first"
echo "bpftape fold $stacks --by comm"
bpftape fold "$stacks" --by comm | awk '{ print $NF, $0 }' | sort -rn |
	sed -n '1,5s/^[0-9]* //p' | cut -c -160

say "flame: the same as a picture, for a browser"
echo "bpftape flame $stacks --by comm -o $svg"
bpftape flame "$stacks" --by comm -o "$svg"

say "tapes: $root/$tape, $root/$stacks; picture: $root/$svg; try: bpftape info $tape"
