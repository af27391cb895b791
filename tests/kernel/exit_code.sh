#!/usr/bin/env bash
# tests/kernel/exit_code.sh: record, replay and run end with the code that the script gave exit().
. "$(dirname "$0")/lib.sh"

# of record/replay/run
codes() {
	local r
	record -o t.tape -e "$script" > record.out
	r=$?
	"$bpftape" replay t.tape > replay.out 2> err2
	r+="/$?"
	"$bpftape" run -q -e "$script" > run.out 2> err2
	echo "$r/$?"
	rm -f t.tape
}

while read -r want script; do
	is "$script" "$(codes)" "$want/$want/$want"
	is "... the same is printed" "$(< replay.out)" "$(< run.out)"
done << 'E'
3 BEGIN { exit(3); }
4 BEGIN { if (pid > 1) { exit(4); } }
0 BEGIN { if (pid < 1) { exit(4); } }
5 BEGIN { $c = 5; exit($c); }
6 BEGIN { if (pid < 1) { exit(4); } print("yes"); exit(6); }
1 BEGIN { $x = 2; assert($x == 3, "bad"); }
9 BEGIN { @x = 5; print(@x); if (@x == 5) { printf("five\n"); exit(9); } print("no"); }
8 BEGIN { print("1st"); } BEGIN { print("2nd"); if (pid) { exit(8); } } BEGIN { print("no"); }
5 END { exit(5); }
5 BEGIN { exit(3); } END { exit(5); }
3 BEGIN { exit(3); } END { print(1); }
0 BEGIN { exit(3); } END { exit(); }
E

# what only the analyzer can evaluate, record does not know
script='BEGIN { $f = 1.5; if ($f > 1.0) { print("yes"); exit(9); } print("no"); }'
is "a condition of floats" "$(codes)" 0/9/9
is "... is no error" "$(< run.out)" yes

# without the kernel the same is printed
is "unprivileged" "$(cd / && setpriv --reuid 65534 --regid 65534 --clear-groups "$bpftape" run -q \
	-e 'BEGIN { $c = 5; print("yes"); exit($c); }'; echo "$?")" $'yes\n\n\n5'
finish
