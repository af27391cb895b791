#!/usr/bin/env bash
# tests/kernel/errors.sh [--update]: what goes wrong says so: exact text on stderr, nothing on
# stdout, the exit code.
is_update=${1:-}
. "$(dirname "$0")/lib.sh"

# says NAME CODE COMMAND...: its stderr is errors/NAME.exact, in which DIR stands for $tmp
says() {
	local name=$1 code=$2 got
	shift 2
	"$@" > out 2> err
	got=$?
	sed -i "s|$tmp|DIR|g" err
	[ "$is_update" != --update ] || cp err "$here/errors/$name.exact"
	is "$name: exit code" $got "$code"
	same "$name: stderr" "$here/errors/$name.exact" err
	is "$name: stdout" "$(wc -c < out)" 0
}
open=tracepoint:syscalls:sys_enter_openat

record -o t.tape -e "$open /comm == \"opens\"/ { @[args.dfd] = count(); }" -c "$work/opens"
says missing_leaf 1 "$bpftape" replay t.tape -e "$open { @[str(args.filename)] = count(); }"
says a_probe_that_is_not_on_the_tape 1 "$bpftape" replay t.tape \
	-e 'tracepoint:syscalls:sys_exit_read { @ = count(); }'
says unknown_probe 1 "$bpftape" record -o x.tape \
	-e 'tracepoint:syscalls:sys_enter_gettimeofdy { @ = count(); }'
says wrong_field 1 "$bpftape" record -o x.tape -e "$open { @[args.filenam] = count(); }"
says type_error 1 "$bpftape" record -o x.tape -e "$open { @x = comm + 1; }"
cat > three.bt <<'S'
tracepoint:syscalls:sys_enter_openat
{
	@a = "text";
	@a = 5;
	@b[args.nothing] = count();
	printf("%d\n", comm);
}
S
says three_errors_in_one_script 1 "$bpftape" record -o x.tape three.bt

# as nobody, from a folder that nobody can read
cp -r "$build/bin" "$build/lib" .
chmod 755 "$tmp"
as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
for verb in record run; do
	says no_privileges 1 as_nobody bin/bpftape $verb -o /tmp/nobody.$$.tape \
		-e "$open { @ = count(); }"
done
ok "no privileges: no file" [ ! -e /tmp/nobody.$$.tape ]

without_tracefs() {
	unshare -m sh -c 'umount -l /sys/kernel/tracing
		umount -l /sys/kernel/debug 2> /dev/null
		exec "$@"' sh "$@"
}
says tracefs_not_mounted 1 without_tracefs "$bpftape" record -o x.tape \
	-e "$open { @ = count(); }"
ok "no file is left of recordings that never began" [ ! -e x.tape ]

for verb in info replay verify sql; do
	says not_a_tape 1 "$bpftape" $verb /etc/passwd
done
says an_empty_file 1 "$bpftape" replay /dev/null
says no_such_file 1 "$bpftape" replay nothing.tape

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
says a_newer_major_version 1 "$bpftape" replay newer.tape

for verb in record run; do
	says existing_output_file 1 "$bpftape" $verb -o t.tape -e 'BEGIN { @ = 1; }'
done
ok "the existing file is as it was" "$bpftape" verify t.tape

# script(1) gives the command a terminal
to_terminal() {
	local code
	script -qec "$bpftape record -o - -e 'BEGIN { @ = 1; }' 2> err.tty" /dev/null < /dev/null
	code=$?
	cat err.tty >&2
	return $code
}
says stdout_is_a_terminal 1 to_terminal

says usage_an_unknown_option 2 "$bpftape" record --bufer 1M -e 'BEGIN { }'
says usage_no_script 2 "$bpftape" record -o x.tape
says usage_an_unknown_verb 2 "$bpftape" rpelay t.tape
finish
