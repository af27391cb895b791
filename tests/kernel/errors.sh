#!/usr/bin/env bash
# tests/kernel/errors.sh: what goes wrong says so: exact text on stderr, nothing on stdout, the exit code.
. "$(dirname "$0")/lib.sh"

# says NAME CODE COMMAND...: its stderr is exactly standard input, in which DIR stands for $tmp
says() {
	local name=$1 code=$2
	shift 2
	sed "s|DIR|$tmp|g" > want
	"$@" > out 2> err
	is "$name: exit code" $? "$code"
	same "$name: stderr" want err
	is "$name: stdout" "$(wc -c < out)" 0
}
open=tracepoint:syscalls:sys_enter_openat

record -o t.tape -e "$open /comm == \"opens\"/ { @[args.dfd] = count(); }" -c "$work/opens"
says "missing leaf" 1 "$bpftape" replay t.tape -e "$open { @[str(args.filename)] = count(); }" <<'E'
-e:1:42: error: the tape has no `str(args.filename)` for tracepoint:syscalls:sys_enter_openat
    tracepoint:syscalls:sys_enter_openat { @[str(args.filename)] = count(); }
                                             ^~~~~~~~~~~~~~~~~~
    hint: captured there: args.dfd; to have it, record with `tracepoint:syscalls:sys_enter_openat { emit(str(args.filename)); }`
E
says "a probe that is not on the tape" 1 "$bpftape" replay t.tape -e 'tracepoint:syscalls:sys_exit_read { @ = count(); }' <<'E'
-e:1:1: error: tracepoint:syscalls:sys_exit_read was not recorded
    tracepoint:syscalls:sys_exit_read { @ = count(); }
    ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
    hint: on the tape: tracepoint:syscalls:sys_enter_openat
E
says "unknown probe" 1 "$bpftape" record -o x.tape -e 'tracepoint:syscalls:sys_enter_gettimeofdy { @ = count(); }' <<'E'
-e:1:1: error: unknown probe tracepoint:syscalls:sys_enter_gettimeofdy
    tracepoint:syscalls:sys_enter_gettimeofdy { @ = count(); }
    ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
    hint: did you mean tracepoint:syscalls:sys_enter_gettimeofday, tracepoint:syscalls:sys_enter_settimeofday or tracepoint:syscalls:sys_enter_getitimer?
E
says "wrong field" 1 "$bpftape" record -o x.tape -e "$open { @[args.filenam] = count(); }" <<'E'
-e:1:42: error: tracepoint:syscalls:sys_enter_openat has no field filenam
    tracepoint:syscalls:sys_enter_openat { @[args.filenam] = count(); }
                                             ^~~~~~~~~~~~
    hint: did you mean filename?
E
says "type error" 1 "$bpftape" record -o x.tape -e "$open { @x = comm + 1; }" <<'E'
-e:1:45: error: + does not work between string[16] and int8
    tracepoint:syscalls:sys_enter_openat { @x = comm + 1; }
                                                ^~~~~~~~
E
cat > three.bt <<'S'
tracepoint:syscalls:sys_enter_openat
{
	@a = "text";
	@a = 5;
	@b[args.nothing] = count();
	printf("%d\n", comm);
}
S
says "three errors in one script" 1 "$bpftape" record -o x.tape three.bt <<'E'
three.bt:4:2: error: @a is string[4]; it cannot become int8
    	@a = 5;
    	^~~~~~
three.bt:5:5: error: tracepoint:syscalls:sys_enter_openat has no field nothing
    	@b[args.nothing] = count();
    	   ^~~~~~~~~~~~
    hint: fields: __syscall_nr dfd filename flags mode
three.bt:6:17: error: %d does not print string[16]
    	printf("%d\n", comm);
    	               ^~~~
    hint: %s prints any value
E

# as nobody, from a folder that nobody can read
cp -r "$build/bin" "$build/lib" .
chmod 755 "$tmp"
as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
for verb in record run; do
	says "no privileges: $verb" 1 as_nobody bin/bpftape $verb -o /tmp/x.tape -e "$open { @ = count(); }" <<'E'
bpftape: no permission to record: missing CAP_BPF (to load programs), CAP_PERFMON (to attach them), CAP_DAC_READ_SEARCH (to read tracefs)
  hint: run it as root, or once: sudo setcap cap_bpf,cap_perfmon,cap_dac_read_search,cap_sys_nice+ep DIR/bin/bpftape-record
E
done
ok "no privileges: no file" [ ! -e /tmp/x.tape ]

without_tracefs() { unshare -m sh -c 'umount -l /sys/kernel/tracing; umount -l /sys/kernel/debug 2> /dev/null; exec "$@"' sh "$@"; }
says "tracefs not mounted" 1 without_tracefs "$bpftape" record -o x.tape -e "$open { @ = count(); }" <<'E'
bpftape: tracefs is not mounted
  hint: mount -t tracefs tracefs /sys/kernel/tracing
E
ok "no file is left of recordings that never began" [ ! -e x.tape ]

for verb in info replay verify sql; do
	says "not a tape: $verb" 1 "$bpftape" $verb /etc/passwd <<'E'
bpftape: /etc/passwd: not a tape
E
done
says "an empty file" 1 "$bpftape" replay /dev/null <<'E'
bpftape: /dev/null: the input is empty
E
says "no such file" 1 "$bpftape" replay nothing.tape <<'E'
bpftape: nothing.tape: No such file or directory
E

python3 - t.tape newer.tape <<'P'
"""The header of a tape with major version 9, and a right checksum."""
import struct
import sys

data = bytearray(open(sys.argv[1], "rb").read())
struct.pack_into("<H", data, 8, 9)
crc = 0xFFFFFFFF
for byte in data[:60]:
    crc ^= byte
    for _ in range(8):
        crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
struct.pack_into("<I", data, 60, crc ^ 0xFFFFFFFF)
open(sys.argv[2], "wb").write(data)
P
says "a newer major version" 1 "$bpftape" replay newer.tape <<'E'
bpftape: newer.tape: format version 9.0 is newer than this program's (1)
E

for verb in record run; do
	says "existing output file: $verb" 1 "$bpftape" $verb -o t.tape -e 'BEGIN { @ = 1; }' <<'E'
bpftape: t.tape exists
  hint: give another -o FILE, or --force to overwrite it
E
done
ok "the existing file is as it was" "$bpftape" verify t.tape

# script(1) gives the command a terminal
to_terminal() { script -qec "$bpftape record -o - -e 'BEGIN { @ = 1; }' 2> err.tty" /dev/null < /dev/null; local code=$?; cat err.tty >&2; return $code; }
says "stdout is a terminal" 1 to_terminal <<'E'
bpftape: a tape is not written to a terminal
  hint: -o FILE, or pipe it: bpftape record -o - ... | bpftape replay -
E

says "usage: an unknown option" 2 "$bpftape" record --bufer 1M -e 'BEGIN { }' <<'E'
bpftape: unknown option '--bufer'
  hint: did you mean '--buffer'?
E
says "usage: no script" 2 "$bpftape" record -o x.tape <<'E'
bpftape: nothing to record: give SCRIPT.bt, -e PROGRAM or -t PROBES
  hint: see bpftape record --help
E
says "usage: an unknown verb" 2 "$bpftape" rpelay t.tape <<'E'
bpftape: unknown command 'rpelay'
  hint: did you mean 'replay'?
E
finish
