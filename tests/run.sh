#!/bin/bash
# Build bpftape and run its tests: installs what is missing, needs nothing but Debian 12 and root.
#
# usage: tests/run.sh [--all] [--no-deps] [STAGE...]
#        tests/run.sh --fuzz MINUTES      all fuzz targets, that long in all
#        tests/run.sh --clean-root        build and unit tests in a new Debian 12 root that holds
#                                         only the packages of tests/deps.sh
#
# Stages, in this order (default: all):
#   style        house rules of the sources
#   unit         unit tests and cases, corpora of the fuzzers, no privileges needed
#   asan         the same, built with AddressSanitizer and UBSan
#   tsan         what has threads, built with ThreadSanitizer
#   clang        built with clang, warnings are errors
#   root         tests with a kernel, one at a time
#   vm           some of them on Debian's kernel, in a QEMU guest
#   oracle       the same answers as bpftrace
#   cli          exact messages and exit codes
#   docs         examples of the documentation
#   browser      flame graphs in a browser
#   bench-smoke  the benchmarks run (short)
#
# --all sets BPFTAPE_ALL=1: tests run their long versions.  The last line is
# "N passed, N failed, N skipped"; the exit code is 0 only if nothing failed.
#
# --fuzz builds preset fuzz (libFuzzer, AddressSanitizer, UBSan) and divides the time among the
# targets, one a processor.  A target stops at the first input that it fails on (also: longer than
# 10 s, more than 2 GB); the input is kept as build-fuzz/found/TARGET/crash-HASH (timeout-, oom-),
# the command that runs it again is printed, and the exit code is 1.  Inputs that reach new code
# are kept in build-fuzz/corpus/TARGET for the next time; seeds are tests/fuzz/corpus.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

stages="style unit asan tsan clang root vm oracle cli docs browser bench-smoke"
passed=0 failed=0 skipped=0
jobs=$(nproc)
steady=		# what a stage puts before ctest
build=build-dev
export BPFTAPE_BUILD=$PWD/$build

# Seconds a stage should take on two cores; the sum with the builds is below 25 minutes.
budget() {
	case $1 in
	style) echo 20 ;; unit) echo 150 ;; asan) echo 240 ;; tsan) echo 90 ;;
	clang) echo 100 ;; root) echo 300 ;; vm) echo 180 ;; oracle) echo 240 ;; cli) echo 90 ;;
	docs) echo 60 ;; browser) echo 60 ;; bench-smoke) echo 90 ;;
	fuzz) echo $((240 + minutes * 60)) ;; *) echo 240 ;;
	esac
}

usage() {
	sed -n '2,/^set /s/^# \{0,1\}//p' tests/run.sh
}

finish() {
	echo
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ]
	exit
}

fail() {	# WHAT
	failed=$((failed + 1))
	echo "  failed:  $1"
}

skip() {	# WHAT
	skipped=$((skipped + 1))
	echo "  skipped: $1"
}

start_stage() {	# NAME
	stage=$1
	stage_start=$SECONDS
	echo "== $stage (budget $(budget "$stage") s)"
}

end_stage() {	# SUMMARY
	local took=$((SECONDS - stage_start)) over=
	if [ $took -gt "$(budget "$stage")" ]; then over=", OVER BUDGET"; fi
	echo "   $stage: $1 ($took s$over)"
}

# Configure and build a preset; what it says is shown only if it fails.
build_preset() {	# PRESET [TARGET]
	local dir=build-$1 log
	mkdir -p "$dir"
	log=$dir/build.log
	if cmake --preset "$1" >"$log" 2>&1 &&
		cmake --build "$dir" -j "$jobs" --target "${2:-all}" >>"$log" 2>&1; then
		return 0
	fi
	grep -E 'error|FAILED|CMake Error' -A4 "$log" | head -60
	fail "build $1 (all of it: $log)"
	return 1
}

# Run the tests of a label (a pattern) of a build folder; adds to the counts.
run_label() {	# PATTERN DIR JOBS
	local log=$2/$stage.log xml=$PWD/$2/$stage.xml p f s
	if ctest --test-dir "$2" -L "$1" -N 2>/dev/null | grep -qx 'Total Tests: 0'; then
		end_stage "no tests"
		return
	fi
	$steady ctest --test-dir "$2" -L "$1" -j "$3" --output-on-failure --output-junit "$xml" \
		>"$log" 2>&1
	if ! read -r p f s < <(python3 tests/junit.py "$xml") || [ -z "${s:-}" ]; then
		tail -20 "$log"
		fail "ctest of $stage"
		end_stage "failed"
		return
	fi
	if [ "$f" != 0 ]; then
		sed -n '/Start\|Test .*Passed/!p' "$log" | tail -n +2 | head -150
	fi
	python3 tests/junit.py "$xml" | tail -n +2
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	end_stage "$p passed, $f failed, $s skipped"
}

run_stage() {	# NAME
	start_stage "$1"
	case $1 in
	unit) run_label '^(unit|fuzz)$' $build "$jobs" ;;
	asan)
		# the first 200 random programs; stage unit runs all
		build_preset asan &&
			BPFTAPE_PROGRAMS=200 run_label '^(unit|fuzz)$' build-asan "$jobs"
		;;
	tsan)
		# newer kernels move memory about by more bits than ThreadSanitizer can bear
		if [ "$(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null || echo 0)" -gt 28 ]; then
			steady="setarch -R"
		fi
		build_preset tsan threads && run_label '^threads$' build-tsan 1
		steady=
		;;
	clang) build_preset clang && passed=$((passed + 1)) && end_stage "built" ;;
	root)
		if [ "$(id -u)" = 0 ]; then
			run_label '^root$' $build 1
		else
			skip "root: not root"
			end_stage "skipped"
		fi
		;;
	oracle | cli | docs | style) run_label "^$1\$" $build "$jobs" ;;
	vm | browser)
		# their programs are many: only for these stages
		if [ -n "$is_deps" ] && ! tests/deps.sh "$1"; then
			skip "$1: its packages cannot be installed"
			end_stage "skipped"
		else
			run_label "^$1\$" $build 1
		fi
		;;
	bench-smoke)
		# what is not there is not compared with
		[ -z "$is_deps" ] || tests/deps.sh bench || skip "bench-smoke: peers are missing"
		run_label "^$1\$" $build 1
		;;
	*)
		echo "no stage '$1'; there are: $stages"
		exit 2
		;;
	esac
}

# One target for so long.  What it found is in build-fuzz/found/NAME, the inputs that reach new code
# in build-fuzz/corpus/NAME: the next run goes on from them.
fuzz_one() {	# SECONDS NAME CORPUS...
	local seconds=$1 name=$2 dir corpora=()
	shift 2
	for dir in "$@"; do
		if [ -d "$dir" ]; then corpora+=("$dir"); fi
	done
	mkdir -p "build-fuzz/found/$name" "build-fuzz/corpus/$name"
	exec nice "build-fuzz/tests/$name" -max_total_time="$seconds" -timeout=10 \
		-rss_limit_mb=2048 -malloc_limit_mb=1024 -print_final_stats=1 \
		-artifact_prefix="build-fuzz/found/$name/" \
		"build-fuzz/corpus/$name" "${corpora[@]}" \
		>"build-fuzz/$name.log" 2>&1 </dev/null
}

# What libFuzzer said last: edges and features covered, inputs a second.
fuzz_summary() {	# NAME
	grep -oE 'cov: [0-9]+ ft: [0-9]+ corp: [0-9]+' "build-fuzz/$1.log" | tail -1
	grep -oE 'stat::(number_of_executed_units|average_exec_per_sec): *[0-9]+' \
		"build-fuzz/$1.log" | sed 's/stat:://; s/: */ /'
}

fuzz_end() {	# NAME CODE
	local found
	if [ "$2" = 0 ]; then
		passed=$((passed + 1))
		echo "   $1: $(fuzz_summary "$1" | paste -sd' ')"
		return
	fi
	grep -E 'ERROR:|SUMMARY:|runtime error:|Assertion|^    #[0-9]+ .* in ' \
		"build-fuzz/$1.log" | head -16
	found=$(find "build-fuzz/found/$1" -type f -newer build-fuzz/fuzz.start | paste -sd' ')
	fail "$1: ${found:-no input was kept} (build-fuzz/$1.log)"
	if [ -n "$found" ]; then echo "           again: build-fuzz/tests/$1 ${found%% *}"; fi
}

fuzz() {	# MINUTES
	local seconds count line pid code
	local -A running=()
	start_stage fuzz
	if ! [[ $1 =~ ^[0-9]+$ ]] || [ "$1" = 0 ]; then
		echo "--fuzz $1: not a number of minutes" >&2
		exit 2
	fi
	build_preset fuzz || finish
	touch build-fuzz/fuzz.start
	count=$(wc -l <build-fuzz/fuzz_targets.txt)
	# a target has one processor, and all together the time in as many rounds as there must be
	seconds=$(($1 * 60 / ((count + jobs - 1) / jobs)))
	echo "   $count targets, $seconds s each, $jobs at a time"
	while read -r -a line; do
		if [ ${#running[@]} -ge "$jobs" ]; then
			wait -n -p pid
			code=$?
			fuzz_end "${running[$pid]}" $code
			unset "running[$pid]"
		fi
		fuzz_one $seconds "${line[@]}" &
		running[$!]=${line[0]}
	done <build-fuzz/fuzz_targets.txt
	while [ ${#running[@]} -gt 0 ]; do
		wait -n -p pid
		code=$?
		fuzz_end "${running[$pid]}" $code
		unset "running[$pid]"
	done
	end_stage "$count targets"
	finish
}

# Where this machine gets Debian from.
mirror() {
	local found
	found=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
		grep -oE 'https?://[^ ]*/debian/?( |$)' | head -1)
	echo "${found:-http://deb.debian.org/debian}" | tr -d ' '
}

clean_root() {
	local from
	if ! command -v debootstrap >/dev/null; then
		echo "== installing debootstrap"
		apt-get install -y --no-install-recommends debootstrap >/dev/null || exit 1
	fi
	root=$(mktemp -d) || exit 1	# not local: the trap needs it
	trap 'rm -rf --one-file-system "$root"' EXIT
	chmod 755 "$root"
	from=$(mirror)
	echo "== a new Debian 12 root from $from"
	if ! debootstrap --variant=minbase bookworm "$root" "$from" >"$root.log" 2>&1; then
		tail -20 "$root.log"
		fail "debootstrap"
		finish
	fi
	rm -f "$root.log"
	cp /etc/resolv.conf "$root/etc/resolv.conf"
	cp /etc/apt/apt.conf.d/*proxy* "$root/etc/apt/apt.conf.d/" 2>/dev/null
	mkdir "$root/src"
	tar -c --exclude='./build*' --exclude=./.git . | tar -x -C "$root/src"
	# a mount namespace of its own: nothing stays mounted whatever happens
	unshare --mount --pid --fork chroot "$root" /bin/bash -c '
		mount -t proc proc /proc && mount -t devtmpfs dev /dev
		mount -t tmpfs tmpfs /dev/shm 2>/dev/null
		cd /src && tests/run.sh unit'
	exit
}

arguments=()
is_deps=1
while [ $# -gt 0 ]; do
	case $1 in
	--all) export BPFTAPE_ALL=1 ;;
	--no-deps) is_deps= ;;
	--clean-root) clean_root ;;
	--fuzz) minutes=${2:?--fuzz needs a number of minutes} && shift ;;
	-h | --help) usage && exit 0 ;;
	-*) usage >&2 && exit 2 ;;
	*) arguments+=("$1") ;;
	esac
	shift
done
if [ ${#arguments[@]} -gt 0 ]; then stages=${arguments[*]}; fi

if [ -n "$is_deps" ] && ! tests/deps.sh test; then
	fail "installing what is missing"
	finish
fi
if [ -n "${minutes:-}" ]; then fuzz "$minutes"; fi
start_stage build
build_preset dev || finish
end_stage "built"
for name in $stages; do
	run_stage "$name"
done
finish
