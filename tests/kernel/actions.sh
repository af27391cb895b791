#!/usr/bin/env bash
# tests/kernel/actions.sh: system(), cat() and signal() are done once, when recorded; what came of
# them is on the tape, and whoever reads it does nothing.
. "$(dirname "$0")/lib.sh"
calls="$tmp/$calls"
as_nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups "$build/bin/bpftape-record")
replay() { "$bpftape" replay "$@" 2> "$tmp/err2"; }
lines() { tr '\n' '|' < "$1"; }

# ---- not unasked ----
record -o t.tape -e 'BEGIN { system("touch done"); } software:cpu-clock:1 { signal("KILL"); }'
is "without --unsafe: an error" $? 1
is "... each at its place" "$(grep -c 'changes what it observes and is not done unasked' err)" 2
is "... with what to do" "$(grep -c 'hint: allow it with --unsafe' err)" 2
ok "... and nothing was done" test ! -e done
is "cat() needs no --unsafe" \
	"$("$bpftape" run -q -e 'BEGIN { cat("/proc/self/comm"); exit(); }' | head -1)" \
	bpftape-record

# ---- where it stands, in order ----
cat > each.bt << EOF
$of_calls { @n++; system("echo ran %d %s >> ran; echo out %d", @n, comm, @n); printf("row\\n"); }
EOF
record -o each.tape --unsafe -c "$calls 3" each.bt
is "recorded" $? 0
is "a command for each firing, its arguments as printf has them" "$(lines ran)" \
	"ran 1 ${calls##*/}|ran 2 ${calls##*/}|ran 3 ${calls##*/}|"
rm -f ran
replay each.tape > out
is "its output stands where it was called" "$(grep . out | lines /dev/stdin)" \
	"out 1|row|out 2|row|out 3|row|@n: 3|"
ok "a replay runs nothing" test ! -e ran
is "json" "$(replay each.tape -f json | grep -c '{"type": "syscall", "data": "out [123]\\n"}')" 3
is "0.17 adds no line" "$(replay each.tape --compat 0.17 | head -2 | lines /dev/stdin)" \
	"out 1|row|"
"$bpftape" run -q --unsafe -c "$calls 3" each.bt > live 2> err
same "live is the same" out live
record -o loop.tape --unsafe -c "$calls 1" \
	-e "$of_calls { unroll(3) { system(\"echo round\"); } }"
is "in a loop: once a round" "$(replay loop.tape | grep -c round)" 3

# ---- what a command does besides ----
record -o err.tape --unsafe -e 'BEGIN { system("echo one; echo two >&2; exit 3"); exit(); }'
is "its code is not ours" $? 0
is "stderr is kept too" "$(replay err.tape | grep . | lines /dev/stdin)" "one|two|"
record -o cut.tape --unsafe -e 'BEGIN { system("yes 123456789 | head -c 200000"); exit(); }'
is "64 KiB are kept" "$(replay cut.tape | grep -c '^(cut at 65536 bytes)$')" 1
is "... and the rest is not" "$(replay cut.tape | grep -c 123456789)" 6553
record -o bg.tape --unsafe -e 'BEGIN { system("sleep 30 & echo started"); exit(); }'
is "a daemon it leaves behind holds nothing up" "$(replay bg.tape | grep -c started)" 1
record -o stdin.tape --unsafe -e 'BEGIN { system("cat; echo end"); exit(); }' < each.bt
is "it reads nothing of ours" "$(replay stdin.tape | grep . | lines /dev/stdin)" "end|"

# ---- slow ones ----
record -o slow.tape --unsafe -c "$calls 200000" \
	-e "$of_calls { @n++; if (@n == 1) { system(\"sleep 1; echo slow\"); }
		printf(\"%d\\n\", @n); }"
is "a slow command costs no rows" "$(losses slow.tape)" 0
replay slow.tape | grep -v '^$' | head -200001 > out
is "... and comes first" "$(head -3 out | lines /dev/stdin)" "slow|1|2|"
is "... before all of them" \
	"$(tail -n +2 out | awk '$1 != NR { n++ } END { print n + 0, NR }')" "0 200000"

# ---- the end does not wait for them when somebody wants it ----
# ends NAME SIGNALS SECONDS: after a signal a second, of one whose command would take ten minutes
ends() {
	local from=$SECONDS pid
	"$build/bin/bpftape-record" --force -q --unsafe -d "$3" -o ends.tape 2> err -e "
		BEGIN { system(\"echo begun; trap '' $4; sleep 600; sleep 600\");
			system(\"echo no\"); }
		interval:s:1 { @n++; }" &
	pid=$!
	for _ in $(seq "$2"); do sleep 2; kill -TERM $pid; done
	wait $pid
	is "$1: it ends in time" "$?:$((SECONDS - from <= 2 * $2 + 3))" 0:1
	is "$1: what was printed is there" "$(replay ends.tape | grep -c '^begun')" 1
	is "$1: two are lost" "$(losses ends.tape)" 2
	ok "$1: nobody is left" test -z "$(pgrep -f "sleep 600$" -s 0)"
}
ends "a signal ends the recording" 1 100s INT
ends "... and a command that ignores SIGTERM" 1 100s TERM
ends "a signal when the recording has ended" 1 1s INT

# ---- cat ----
echo before > file
record -o cat.tape -e 'BEGIN { cat("%s", "file"); cat("no/%d", 7); exit(); }'
echo after > file
is "a file as it was" "$(replay cat.tape | head -1)" before
is "one that is not there" "$(cat err2)" \
	"ERROR: failed to open file 'no/7' (No such file or directory)"
replay cat.tape --compat 0.27 > /dev/null
record -o cat.tape --compat 0.17 -e 'BEGIN { cat("no/%d", 7); exit(); }'
replay cat.tape > /dev/null
is "... in 0.17" "$(cat err2)" "ERROR: failed to open file 'no/7': No such file or directory"
cp "$build/bin/bpftape-record" with-caps && chmod 755 . with-caps && echo hidden > private &&
	chmod 600 private && mkdir -m 777 theirs
if setcap cap_bpf,cap_perfmon,cap_dac_read_search+ep with-caps 2> /dev/null; then
	setpriv --reuid 65534 --regid 65534 --clear-groups "$tmp/with-caps" -o theirs/t.tape \
		-e 'BEGIN { cat("%s", "'"$tmp"'/private"); exit(); }' 2> err
	is "a recorder with capabilities reads no more than its user may" \
		"$(replay theirs/t.tape | grep -c hidden; sed 's/.*(//' err2)" "0
Permission denied)"
fi
head -c 20000 /dev/zero | tr '\0' x > large
record -o large.tape -e 'BEGIN { cat("large"); exit(); }'
is "10240 bytes of a file" "$(replay large.tape | tr -dc x | wc -c)" 10240
record -o many.tape -c "$calls 20000" -e "$of_calls { cat(\"file\"); }"
shown=$(replay many.tape | grep -c after)
is "what is asked for faster than it is done is counted" $((shown + $(losses many.tape))) 20000

# ---- BEGIN and END ----
ok "without a kernel" "${as_nobody[@]}" -o - --unsafe \
	-e 'BEGIN { system("echo b %d", 1); exit(); } END { system("echo e %s", comm); }' > own.tape
is "... in order" "$(replay own.tape | grep . | lines /dev/stdin)" "b 1|e bpftape-record|"
record -o begin.tape --unsafe \
	-e 'BEGIN { $x = pid > 1; if ($x) { system("echo yes %d", $x); } else { system("echo no"); }
		exit(); }'
is "BEGIN with a condition runs in the kernel" "$(replay begin.tape | grep . | lines /dev/stdin)" \
	"yes 1|"
record -o end.tape --unsafe -e 'BEGIN { @x = 1; exit(); } END { if (@x) { system("echo no"); } }'
is "END under a condition: an error" $? 1

# ---- signal ----
cat > kill.bt << EOF
$of_calls { @n++; if (@n == 3) { signal("KILL"); printf("sent\\n"); } }
EOF
record -o kill.tape --unsafe -c "$calls 1000000" kill.bt
is "the process is killed" $? 137
is "... once" "$(replay kill.tape | grep . | head -2 | lines /dev/stdin)" "sent|@n: 3|"
"$bpftape" record --force -o term.tape --unsafe -c "$calls 1000000" \
	-e "$of_calls { signal(\"SIGTERM\"); exit(); }" 2> err
is "... by the whole name of the signal" $? 143
record -o no.tape --unsafe -e 'BEGIN { signal("KILL"); }'
is "BEGIN is nobody's process" "$(grep -c 'BEGIN is no event of a process' err)" 1
record -o no.tape --unsafe -e 'software:cpu-clock:1 { signal("NOSUCH"); signal(65); }'
is "no signals" "$(grep -c 'is no signal' err)" 2

# ---- a tape of somebody else ----
evil='BEGIN { system("touch hit"); cat("secret"); } END { system("touch hit"); }'
echo secret > secret
record -o evil.tape --unsafe -c "$calls 2" \
	-e "$evil $of_calls { system(\"touch hit\"); cat(\"secret\"); signal(\"USR1\"); }"
rm -f hit
strace -f -o trace -e trace=execve,execveat,kill,tgkill,tkill,open,openat,openat2,connect \
	"$build/bin/bpftape-analyze" replay evil.tape > out 2> err
strace -f -o trace2 -e trace=execve,execveat,kill,tgkill,tkill,open,openat,openat2,connect \
	"$build/bin/bpftape-analyze" replay evil.tape -e "$evil" > out2 2> err
ok "replay does nothing that the script says" test ! -e hit
is "... starts nothing, signals nobody, connects to nothing" \
	"$(cat trace trace2 | grep -v 'execve("[^"]*/bpftape-analyze"' |
		grep -cE 'exec|kill\(|connect')" 0
is "... and opens no file that it names" "$(cat trace trace2 | grep -c '"secret"')" 0
is "another script's actions print nothing" "$(grep -c . out2)" 0
finish
