#!/usr/bin/env bash
# tests/kernel/many_clauses.sh: far more clauses of one system call than the kernel allows tail
# calls: each of them runs, in the order of the source and with one time, and the work of compiling
# grows with their number.
. "$(dirname "$0")/lib.sh"
n=100

# clauses N: of getppid's entry, each with its own map; the last one's lines show the order.
clauses() {
	local i
	echo "BEGIN { @last = 0; }"
	for ((i = 1; i <= $1; i++)); do
		echo "$of_calls { @n[$i] = count(); @t[nsecs] = count();"
		echo "	@back += @last > $i; @last = $i == $1 ? 0 : $i; }"
	done
}

clauses 500 > many.bt
"$bpftape" run -o t.tape many.bt -c "./$calls $n" > live 2> err
is "500 clauses" $? 0
is "each ran for each call" "$(grep -c "^@n\[[0-9]*\]: $n\$" live)" 500
is "in the order of the source" "$(grep '^@back' live)" "@back: 0"
# its program may have been interrupted between two chains
ok "with one time" [ "$(grep -c '^@t' live)" -le $((n + n / 10)) ]
is "lost" "$(losses t.tape)" 0

# user time, the least of two: the machine may be busy
cost() {
	for _ in 1 2; do
		( TIMEFORMAT=%U; time "$bpftape" record --dry-run "$1" > /dev/null 2>&1 ) 2>&1
	done | sort -n | head -1
}
clauses 100 > few.bt
clauses 200 > twice.bt
few=$(cost few.bt) twice=$(cost twice.bt)
ok "100 clauses in $few s, 200 in $twice s" \
	awk -v a="$few" -v b="$twice" 'BEGIN { exit !(b < 2.6 * a) }'
finish
