#!/usr/bin/env bash
# tests/kernel/session.sh: what ends a recording, with which code, and what is left of it.
. "$(dirname "$0")/lib.sh"
# a name of its own, so that workloads of other tests do not count
cp "$work/calls" "$tmp/sess"
calls="$tmp/sess"
probe=tracepoint:syscalls:sys_enter_getppid
script="$probe /comm == \"sess\"/ { @ = count(); }"
wide="$probe /comm == \"sess\"/ { printf(\"%d %d\\n\", nsecs, rand); }"
as_nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups "$build/bin/bpftape-record")
code() { "$bpftape" record --force -o t.tape "$@" 2> err; echo $?; }
rows() {
	"$bpftape" sql "$1" 'select count(*) from sys_enter_getppid' --format csv 2> err2 |
		tail -1 | tr -d '\r'
}
wait_armed() { for _ in $(seq 200); do grep -q armed "$1" && return 0; sleep 0.05; done; return 1; }

is "-c: the command's code" "$(code -e "$script" -c "sh -c 'exit 5'")" 5
is "-c: the command's signal" "$(code -e "$script" -c "sh -c 'kill -TERM \$\$'")" 143
is "-c: code 0" "$(code -e "$script" -c "$calls 100")" 0
is "... and its rows" "$(rows t.tape)" 100
is "-c: no such program" "$(code -e "$script" -c /nonexistent/program)" 1
is "... says so" "$(cat err)" \
	"bpftape: -c: cannot execute '/nonexistent/program': No such file or directory"

# what the command prints goes where it would go without us, never into the tape
"$bpftape" run --force -o c.tape -c "echo heard" -e "$script" > out 2> err
is "run -c: its output" "$(cat out)" "$(printf 'heard\n\n')"
ok "... is not on the tape" "$bpftape" verify c.tape
"$bpftape" record -o - -c "echo heard" -e "$script" > c.tape 2> err
ok "record -o - -c: the tape is whole" "$bpftape" verify c.tape
is "... and the output on stderr" "$(grep -cx heard err)" 1

is "exit(n) before the command's code" \
	"$(code -e "$probe /comm == \"sess\"/ { exit(7); }" -c "$calls 100000")" 7
is "BEGIN { exit(3) }" "$(code -e "BEGIN { exit(3); } $probe { @ = count(); }")" 3
ok "... attaches nothing" test "$(grep -c armed err)" = 0
is "-d ends it" "$(code -d 200ms -e "$script")" 0
is "usage" "$(code --nosuch)" 2
is "script with errors" "$(code -e 'BEGIN { @x = nosuch(); }')" 1
is "-p of nobody" "$(code -p 4194000 -e "$script")" 1
is "... says so" "$(cat err)" "bpftape: -p 4194000: No such process"

# -p: only that process, and its end is the end
sh -c "while [ ! -e go ]; do sleep 0.05; done; exec $calls 300" &
pid=$!
"$bpftape" record --force -o p.tape -p $pid -e "$probe { @ = count(); }" 2> err &
rec=$!
wait_armed err
"$calls" 500
touch go
wait $pid
wait $rec
is "-p: ends with the process" $? 0
is "-p: its rows alone" "$(rows p.tape)" 300

# signals
for sig in INT TERM HUP; do
	"$bpftape" record --force -o s.tape -e "$script" 2> err &
	rec=$!
	wait_armed err
	"$calls" 1000
	kill -$sig $rec
	wait $rec
	is "SIG$sig: code" $? 0
	is "SIG$sig: rows" "$(rows s.tape)" 1000
	ok "SIG$sig: the tape is closed" "$bpftape" verify s.tape
done
# timeout(1) signals its child and then its whole group
timeout -s INT 2 "$bpftape" run -o twice.tape -e "$script" > out 2> err
ok "a signal that comes twice: the tape is closed" \
	sh -c "'$bpftape' verify twice.tape > out && ! grep 'not finished' out"

# limits
is "--max-size stops" "$(code --max-size 100K -e "$script" -c "$calls 30000000 2")" 0
ok "... says so" grep -q 'stopped at --max-size' err
ok "... near it" test "$(stat -c %s t.tape)" -lt 3000000
mkdir full
if mount -t tmpfs -o size=256k tmpfs full 2> /dev/null; then
	"$bpftape" record --force -o full/x.tape -e "$wide" -c "$calls 3000000" 2> err
	is "full disk: code" $? 1
	ok "full disk: says so" grep -q 'stopped: ' err
	ok "full disk: the tape says what is not on it" \
		sh -c "'$bpftape' info full/x.tape | grep 'losses.*not written'"
	n=$(rows full/x.tape)
	ok "full disk: what was written answers ($n rows)" test "$n" -gt 0
	umount full
fi
(ulimit -f 200
 exec "$build/bin/bpftape-record" --force -o f.tape -e "$wide" -c "$calls 3000000" 2> err)
is "file size limit: code" $? 1
n=$(rows f.tape)
ok "file size limit: what was written answers ($n rows)" test "$n" -gt 0

# the file
rm -f t.tape
SUDO_UID=1234 SUDO_GID=2345 "$bpftape" record -o t.tape -e 'BEGIN { exit(); }' 2> err
is "owner and mode" "$(stat -c '%u %g %a' t.tape)" "1234 2345 600"
"$bpftape" record -o t.tape -e 'BEGIN { exit(); }' 2> err
is "existing file: code" $? 1
is "existing file" "$(cat err)" "bpftape: t.tape exists
  hint: give another -o FILE, or --force to overwrite it"
printf 'BEGIN { exit(); }' > named.bt
"$bpftape" record named.bt 2> err
ok "default name" test "$(ls named-2*-*.tape | wc -l)" = 1

# without rights
chmod 755 "$tmp"
touch err.nobody && chmod 666 err.nobody
"${as_nobody[@]}" -o /dev/null -t $probe 2> err.nobody
is "no rights: code" $? 1
is "no rights" "$(head -1 err.nobody)" "bpftape: no permission to record: missing CAP_BPF (to load \
programs), CAP_PERFMON (to attach them), CAP_DAC_READ_SEARCH (to read tracefs)"
caps=cap_bpf,cap_perfmon,cap_dac_read_search,cap_sys_nice+ep
ok "no rights: the setcap line" \
	grep -q "hint: run it as root, or once: sudo setcap $caps .*bpftape-record" err.nobody
"${as_nobody[@]}" -q -o /dev/null -e 'BEGIN { printf("x"); }'
is "no rights are needed for BEGIN" $? 0
finish
