#!/usr/bin/env bash
# tests/bench/run.sh: the benchmarks run to their end and their tables have numbers (short).
set -uo pipefail
cd "$(dirname "$0")" || exit 1
out=$(./overhead.sh 1 100000 2>&1)
code=$?
echo "$out"
[ $code = 0 ] || exit $code
if grep -q 'never seen' <<< "$out"; then
	echo "FAIL a tracer did not start"
	exit 1
fi
# no tracing and two of ours, each with four numbers
if [ "$(grep -cE '^(no tracing|bpftape, )([^0-9-]*-?[0-9]+){4}' <<< "$out")" != 3 ]; then
	echo "FAIL numbers are missing"
	exit 1
fi
grep -q ' 0 lost$' <<< "$out" || { echo "FAIL rows were lost"; exit 1; }

out=$(./mix.sh 100000 2>&1)
code=$?
echo "$out"
[ $code = 0 ] || exit $code
if ! grep -qE '^bpftape +([0-9.]+ +){4}[0-9]+$' <<< "$out"; then
	echo "FAIL numbers of the mix are missing"
	exit 1
fi

out=$(./idle.sh 2 2>&1) || { echo "$out"; echo "FAIL idle.sh"; exit 1; }
./big.sh
code=$?
[ $code = 0 ] || [ $code = 77 ] || exit $code
