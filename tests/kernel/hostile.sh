#!/usr/bin/env bash
# tests/kernel/hostile.sh: hostile tapes and scripts.  The analyzer opens nothing that a tape names
# and executes nothing, locked in or not, and no script keeps it busy or fills the memory.
. "$(dirname "$0")/lib.sh"
command -v strace >/dev/null || { echo "skipped: no strace"; exit 77; }
export ASAN_OPTIONS=detect_leaks=0	# which cannot be while strace looks on
analyze=$build/bin/bpftape-analyze
named=$tmp/named
mkdir -p "$named" temp
export TMPDIR=$tmp/temp
printf 'secret\n' > "$named/file"

cat > plain.bt <<'S'
tracepoint:syscalls:sys_exit_read {
	@[comm, ustack] = hist(args.ret);
	printf("%s %d\n", comm, args.ret);
}
S
make() {	# NAME < what the tape says that its script was
	cat > "$1.text"
	"$build/tests/hostile_tape" "$1.tape" plain.bt "$named/file" "$1.text" || exit 1
}
body='{ @[comm, ustack] = hist(args.ret); printf("%s %d\n", comm, args.ret); }'
"$build/tests/hostile_tape" names.tape plain.bt "$named/file" || exit 1
make include <<< "#include \"$named/file\"
#include <linux/sched.h>
tracepoint:syscalls:sys_exit_read $body"
make import <<< "import \"$named/file\"; tracepoint:syscalls:sys_exit_read $body"
make actions <<< "BEGIN { system(\"touch $named/made\"); cat(\"$named/file\"); }
tracepoint:syscalls:sys_exit_read {
	system(\"touch $named/made\");
	cat(\"$named/file\");
	printf(\"%s\\n\", str(\"$named/file\"));
}"
make user <<< "uprobe:$named/file:main { @ = count(); } usdt:$named/file:x { @ = count(); }
tracepoint:syscalls:sys_exit_read $body"
make config <<< "config = { log_dest = \"$named/made\"; symbol_source = \"$named/file\" }
tracepoint:syscalls:sys_exit_read $body"
make shebang <<< "#!$named/file
tracepoint:syscalls:sys_exit_read $body"
printf 'tracepoint:\033[2Jsyscalls:\007%s { @ = count(); }\n' "$named/file" | make controls

# What a run of the analyzer may open, by name, in any case: itself, what the loader takes, the
# tape, temporary files, and what a sanitizer wants to know.
expected="/etc/ld\.so\.(cache|preload)|(/usr)?/lib(64)?/.*|/usr/share/zoneinfo/UTC0?|/proc/self/.*"
expected="$expected|/etc/localtime|/proc/sys/vm/.*|$build/(bin|lib)/.*|$tmp/temp|$tmp/[a-z]*\.tape"
expected="$expected|$tmp/?|$tmp/out\.svg(\.[-0-9]*)?"
expected="^($expected)?$"

# traced NAME EXIT COMMAND ARG...: the analyzer under strace; every path that it gives to the
# kernel is one of the expected ones, and it starts nothing.
traced() {
	local name=$1 code=$2 got bad
	shift 2
	strace -f -qq -s 4096 -o trace \
		-e trace=%file,execve,execveat,fork,vfork,socket,connect,bpf \
		"$analyze" "$@" > out 2> err < /dev/null
	got=$?
	# paths as they were given; those that are not absolute are below $tmp
	bad=$(sed -n 's/^[0-9]* *[a-z0-9_]*([^"]*"\(\([^"\\]\|\\.\)*\)".*/\1/p' trace |
		sed "s|^\([^/]\)|$tmp/\1|" | grep -Ev "$expected" | sort -u)
	bad=$bad$(grep -E 'socket\(|connect\(|bpf\(|execveat\(|vfork\(|fork\(' trace)
	bad=$bad$(sed -n 's/^[0-9]* *[a-z0-9_]*([^"]*"\(\([^"\\]\|\\.\)*\)".*/\1/p' trace |
		grep -F "$named")
	is "$name: opens and starts nothing" "$bad$(grep -c 'execve(' trace)" 1
	[[ $code = any || $got = "$code" ]] || fail "$name" "exit code $got" "$(head -3 err)"
	if grep -q "$(printf '\033')" err; then fail "$name: control bytes"; fi
}

for tape in names include import actions user config shebang controls; do
	for how in "" --no-sandbox; do
		traced "replay $tape $how" any replay $how "$tmp/$tape.tape"
		[ $tape = names ] || continue
		traced "info $how" 0 info $how --blocks "$tmp/$tape.tape"
		traced "json $how" 0 info $how --json "$tmp/$tape.tape"
		traced "verify $how" 0 verify $how "$tmp/$tape.tape"
		traced "hist $how" 0 hist $how "$tmp/$tape.tape" ret --by comm
		traced "fold $how" 0 fold $how "$tmp/$tape.tape"
		traced "flame $how" 0 flame $how "$tmp/$tape.tape" -o "$tmp/out.svg"
		traced "sql $how" 0 sql $how "$tmp/$tape.tape" \
			'select * from events, tasks, meta, clauses order by 1'
		traced "sql of files $how" 1 sql $how "$tmp/$tape.tape" "attach '$named/file' as x"
	done
done
ok "nothing was made" [ ! -e "$named/made" ]
is "nothing else is there" "$(ls "$named" temp | tr '\n' ' ')" "$named: file  temp: "

# Locked in: from then on, no path at all.
strace -f -qq -o trace "$analyze" replay "$tmp/names.tape" > out 2> err
locked=$(sed -n '/seccomp(SECCOMP_SET_MODE_FILTER, [^,]*, {/,$p' trace | sed 1d)
if [ -z "$locked" ]; then
	echo "note: this kernel has no seccomp"
elif [ ! -v BPFTAPE_SANITIZED ] && ! grep -q asan <(ldd "$analyze"); then
	is "locked in: no path" "$(grep -E 'open|access\(|exec|stat.*"/|readlink' <<< "$locked")" ""
	is "locked in before the first byte" \
		"$(sed '/seccomp(SECCOMP_SET_MODE_FILTER, [^,]*, {/,$d' trace | grep -c BPFTAPE)" 0
fi

# ---- budgets: seconds, MB, and a message ----

cat > run.py <<'P'
import resource, subprocess, sys
seconds, megabytes = float(sys.argv[1]), int(sys.argv[2])
try:
    p = subprocess.run(sys.argv[3:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                       timeout=seconds, stdin=subprocess.DEVNULL)
except subprocess.TimeoutExpired:
    sys.exit("not over after %g s" % seconds)
used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10
first = p.stderr.decode(errors="replace").split("\n")[0]
if used > megabytes:
    print("%d MB" % used)
print(p.returncode, first)
P
more=1
if grep -q asan <(ldd "$analyze"); then more=4; fi

# ends NAME MB MESSAGE COMMAND...
ends() {
	local name=$1 mb=$2 want=$3
	shift 3
	is "$name" "$(python3 run.py 120 $((mb * more)) "$analyze" "$@" 2>&1)" "1 bpftape: $want"
}
P=tracepoint:syscalls:sys_exit_read
steps="one firing took more than 1000000 steps"
few="--max-steps 1000000"
script() { ends "$1" 300 "$steps" replay names.tape $few -e "$2"; }
ends "a loop without end" 200 "one firing took more than 67108864 steps" \
	replay names.tape -e "$P { while (1) { } }"
script "loops in loops" "$P { while (1) { \$j = 0; while (\$j < 100) { \$j++; } } }"
script "keys without end" "$P { \$i = 0; while (1) { @[\$i] = 1; \$i++; } }"
script "long keys" "$P { \$i = 0; while (1) { @[\$i, comm, probe] = \$i; \$i++; } }"
script "histograms without end" "$P { \$i = 0; while (1) { @[\$i] = hist(1); \$i++; } }"
script "a range" "$P { for (\$i : 0..9223372036854775807) { @[\$i] = 1; } }"
script "nested unroll" "$P { unroll(100) { unroll(100) { unroll(100) { unroll(9) { @++; } } } } }"
script "printf without end" "$P { while (1) { printf(\"%60000d\\n\", 1); } }"
script "maps printed without end" "$P { \$i = 0; while (1) { @[\$i] = 1; print(@); \$i++; } }"
script "BEGIN without end" "BEGIN { while (1) { @++; } }"
ends "more memory than allowed" 200 "the maps of the script need more than 8 MB" replay names.tape \
	--max-memory 8M -e "$P { \$i = 0; while (1) { @[\$i] = hist(\$i); \$i++; } }"
is "a script's output to a full disk" \
	"$("$analyze" replay names.tape -e "$P { while (1) { time(); } }" 2>&1 > /dev/full)" \
	"bpftape: writing the answer: No space left on device"

# refused NAME TEXT WORDS: an error that has these words, at once
refused() {
	printf '%s' "$2" > big.bt
	python3 run.py 60 $((600 * more)) "$analyze" replay names.tape big.bt > said 2>&1
	ok "$1" grep -q -- "$3" said
}
times() { python3 -c 'import sys; print(sys.argv[1] * int(sys.argv[2]), end="")' "$1" "$2"; }
refused "deep nesting" "BEGIN { @ = $(times '(' 100000)1$(times ')' 100000); }" "nested too deeply"
refused "deep conditions" "BEGIN { $(times 'if (1) { ' 5000)$(times '} ' 5000)}" "nested too deeply"
refused "a long clause" "$P { $(times '@a++; ' 150000)}" "too large"
refused "a long string" "$P { @ = \"$(times x 1000000)\"; }" "more than max_strlen allows"
refused "a long script" "$(times "$P { @++; } " 400000)" "a script has at most 1048576 bytes"
refused "many buckets" "$P { @ = lhist(args.ret, 0, 1000000000, 1); }" "buckets"

sql_ends() { local name=$1 want=$2; shift 2; ends "$name" 300 "$want" sql names.tape "$@"; }
recursive="with recursive n(i) as (values(1) union all select i + 1 from n)"
sql_ends "a query without end" "SQL: the query took more than 5000000 steps" \
	--max-steps 5000000 "$recursive select count(*) from n"
sql_ends "a sort without end" \
	"SQL: the query needs more than 16 MB of temporary files, or the disk is full" \
	--max-temp 16M "$recursive select i from n order by i"
sql_ends "a blob of 1 GB" "SQL: string or blob too big" "select zeroblob(1000000000)"
sql_ends "load_extension" "SQL: not authorized to use function: load_extension" \
	"select load_extension('x')"
sql_ends "VACUUM INTO" "SQL: authorization denied" "vacuum into '$named/made'"
for expr in "hist ret --where" "hist" "fold --where" "fold --by"; do
	set -- $expr
	is "$expr: no loops" "$("$analyze" "$1" names.tape ${2:+"${@:2}"} 'while (1) { }' 2>&1 |
		grep -c error)" 1
done
ok "nothing was made at the end" [ ! -e "$named/made" ]
finish
