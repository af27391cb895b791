#!/bin/bash
# Install what is missing to build and test bpftape on Debian 12 or newer.
#
# usage: deps.sh [build|test|vm|browser|bench]  packages to build and use it; or those of the tests,
#                                too (default); or also those of the tests in a guest, in a
#                                browser, or what the benchmarks compare with
#        deps.sh --list [GROUP]  only print their names
#
# This is the one list of packages; samples/quickstart.sh and tests/run.sh use it.  It needs nothing
# but bash and apt-get, asks nothing, and does nothing (not even apt-get update) when all is there.
set -eu

# package            group   what for
packages() {
	cat <<'LIST'
gcc                  build   the compiler
libc6-dev            build   headers of the C library and of the kernel's interface
cmake                build   the build
ninja-build          build   runs the build
pkg-config           build   finds the libraries below
llvm-19-dev          build   compiles scripts, in the two modules
clang-19             build   compiles the run-time C of scripts to bitcode
libbpf-dev           build   loads programs into the kernel
libelf-dev           build   object files of BPF programs
libdw-dev            build   debugging information of programs
liblzma-dev          build   symbol tables that are packed into programs
libiberty-dev        build   names of C++ functions
libzstd-dev          build   compression of tapes
libsqlite3-dev       build   SQL over tapes
libseccomp-dev       build   locks the analyzer in
libcmocka-dev        test    unit tests
libclang-rt-19-dev   test    sanitizers and fuzzing with clang
python3              test    style checks, the reader written from docs/format.md
gdb                  test    names of functions that ours are compared with
xz-utils             test    packed symbol tables
binutils             test    objcopy and readelf: the same
strace               test    what an analyzer with a hostile tape does; samples/fatrace.bt
bpftrace             test    0.17: what answers are compared with
procps               test    ps and pgrep in tests with processes
bsdutils             test    script: a terminal for tests that need one
util-linux           test    setpriv, unshare, setarch: tests without privileges, with threads
diffutils            test    diff: exact answers
qemu-system-x86      vm      another kernel to test with
busybox-static       vm      the guest's first program
cpio                 vm      the guest's first file system
kmod                 vm      finds the modules that the guest needs
chromium-headless-shell browser  looks at flame graphs
linux-perf           bench   tools that sizes and costs are compared with
trace-cmd            bench   the same
git                  bench   one of the programs of the mix that is recorded
LIST
}

wanted() {	# GROUP
	packages | while read -r name group _; do
		case $1:$group in
		*:build | test:test | vm:test | browser:test | bench:test) echo "$name" ;;
		vm:vm | browser:browser | bench:bench) echo "$name" ;;
		esac
	done
}

# Names that dpkg does not know as installed.
missing() {	# NAME...
	local name
	for name; do
		case $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) in
		installed*) ;;
		*) echo "$name" ;;
		esac
	done
}

is_list=
if [ "${1:-}" = --list ]; then
	is_list=1
	shift
fi
group=${1:-test}
case $group in
build | test | vm | browser | bench) ;;
*)
	echo "usage: deps.sh [--list] [build|test|vm|browser|bench]" >&2
	exit 2
	;;
esac
if [ -n "$is_list" ]; then
	wanted "$group"
	exit 0
fi

mapfile -t need < <(missing $(wanted "$group"))
if [ ${#need[@]} = 0 ]; then
	exit 0
fi
echo "deps: missing: ${need[*]}"
if [ "$(id -u)" != 0 ]; then
	echo "deps: as root: apt-get install ${need[*]}" >&2
	exit 1
fi
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT

run() {	# COMMAND...: say it, and show what it said only when it fails
	echo "deps: $*"
	if ! "$@" >"$log" 2>&1; then
		tail -30 "$log" >&2
		return 1
	fi
}

# a source that does not answer is no reason to stop if the others have what is needed
run apt-get update || echo "deps: going on with the lists there are"
run apt-get install -y --no-install-recommends "${need[@]}"
