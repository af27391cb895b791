#!/usr/bin/env bash
# tests/docs/read_tape.sh: samples/read_tape.py, which knows docs/format.md and none of our code,
# reads what SQL reads: whole tapes, one that was cut, one with a wrong byte, and from a pipe;
# palettes and groups of real system calls, and such as no writer makes.
set -u
cd "$(dirname "$0")/../.." || exit 1
bpftape=$(realpath "${BPFTAPE_BUILD:-build-dev}")/bin/bpftape
[ -x "$bpftape" ] || { echo "no $bpftape: build first"; exit 77; }
command -v zstd >/dev/null || { echo "no zstd"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
code=0

fail() {
	echo "FAIL $*"
	code=1
}

read_tape() {
	python3 samples/read_tape.py "$@"
}

same() {	# TAPE: SQL says the same
	python3 tests/docs/same_rows.py "$bpftape" "$1" 2>>"$work/err" ||
		fail "$1: not what SQL says"
}

rows() {	# TAPE: rows of all tables, as the list of them says
	read_tape "$1" 2>"$work/damage" |
		awk -F, '!NF { on = 0 } on { n += $3 } /^table,/ { on = 1 } END { print n + 0 }'
}

record() {	# TAPE
	local me=rt$$
	cp "$(command -v dd)" "$work/$me"
	"$bpftape" record -q -o "$1" -c "$work/$me if=/dev/zero of=/dev/null bs=64 count=1500" -e "
		tracepoint:syscalls:sys_enter_read /comm == \"$me\"/
			{ emit(args.count, kstack, ustack, comm, buf(args.buf, 16)); }
		tracepoint:syscalls:sys_exit_read /comm == \"$me\"/ { emit(args.ret); }
		tracepoint:syscalls:sys_enter_openat /comm == \"$me\"/ { emit(args); }
		tracepoint:syscalls:sys_enter_write,
		tracepoint:syscalls:sys_enter_close /comm == \"$me\"/
			{ emit(probe, nsecs); }" 2>"$work/err"
}

tapes=(tests/tapes/reads.tape tests/tapes/good/*.tape)
tape=tests/tapes/reads.tape
if [ "$(id -u)" = 0 ]; then
	if record "$work/real.tape"; then
		tape=$work/real.tape
		tapes+=("$tape")
	else
		cat "$work/err"
		fail "nothing was recorded"
	fi
fi
for each in "${tapes[@]}"; do
	[ -r "$each" ] || continue
	same "$each"
	read_tape "$each" >/dev/null 2>"$work/damage" || [ "$each" = tests/tapes/good/v1_0.tape ] ||
		fail "$each: $(cat "$work/damage")"
done

# all system calls of a real program: palettes, groups, several frames in a part
calls() {	# TAPE [OPTION...]
	local to=$1
	shift
	"$bpftape" record -q -o "$to" "$@" -c 'ls -lR /usr/share/doc' -e '
		tracepoint:raw_syscalls:sys_exit
			{ emit(pid, tid, cpu, args.id, args.ret, comm); }' >/dev/null 2>"$work/err"
}
for res in 1ns 1us; do
	[ "$(id -u)" = 0 ] || break
	calls "$work/calls.tape" --force --ts-res "$res" || { cat "$work/err"; fail "no calls"; }
	same "$work/calls.tape"
	"$bpftape" info --blocks "$work/calls.tape" >"$work/blocks"
	grep -q ' PALETTE' "$work/blocks" || fail "$res: no PALETTE"
	grep -q ' GROUP' "$work/blocks" || fail "$res: no GROUP"
done

# parts that writers seldom make, and broken ones
python3 tests/docs/made_parts.py "$work" || fail "parts that were made"
same "$work/good.tape"
same "$work/bad.tape"

# a pipe is as good as a file
table=$(read_tape "$tape" 2>/dev/null | awk -F, 'on { print $1; exit } /^table,/ { on = 1 }')
cmp <(read_tape "$tape" "$table") <(cat "$tape" | read_tape - "$table") || fail "from a pipe"

# in the middle of a block that has rows: the other blocks' rows are still there
whole=$(rows "$tape")
at=$(read_tape "$tape" 2>/dev/null | awk -F, 'BEGIN { off = 64 } !NF { exit }
	$2 == "EVENTS" || $2 == "MIXED" { at = off + 64 + int($4 / 2); if (n++) exit }
	NR > 1 { off += 64 + int(($4 + 7) / 8) * 8 } END { print at }')
head -c "$at" "$tape" >"$work/cut.tape"
same "$work/cut.tape"
left=$(rows "$work/cut.tape")
if [ "$left" = 0 ] || [ "$left" -ge "$whole" ]; then
	fail "$left of $whole rows where the tape is cut"
fi
grep -q 'not finished' "$work/damage" || fail "a cut that is not noticed"

python3 - "$tape" "$at" >"$work/wrong.tape" <<-'END'
	import sys
	data = bytearray(open(sys.argv[1], "rb").read())
	data[int(sys.argv[2])] ^= 0x10
	sys.stdout.buffer.write(data)
END
same "$work/wrong.tape"
left=$(rows "$work/wrong.tape")
lost=$(sed -n 's/.*block [0-9]* ([A-Z]*, \([0-9]*\) rows) at .*/\1/p' "$work/damage")
[ $((left + ${lost:-0})) = "$whole" ] && [ "$left" -gt 0 ] && [ "${lost:-0}" -gt 0 ] ||
	fail "$left rows left and ${lost:-none} lost of $whole"

# refused: a greater major version, a needed block of an unknown kind
python3 - "$tape" "$work" <<-'END'
	import sys
	sys.path.insert(0, "samples")
	from read_tape import crc32c

	def with_bytes(data, start, at, value):
	    head = bytearray(data[start:start + 60])
	    head[at] = value
	    return data[:start] + head + crc32c(head).to_bytes(4, "little") + data[start + 64:]

	tape, work = open(sys.argv[1], "rb").read(), sys.argv[2]
	open(work + "/major.tape", "wb").write(with_bytes(tape, 0, 8, 2))
	open(work + "/kind.tape", "wb").write(with_bytes(tape, 64, 8, 0x33))
END
for refused in major kind; do
	read_tape "$work/$refused.tape" >"$work/out" 2>"$work/err"
	if [ $? != 1 ] || [ -s "$work/out" ]; then
		fail "$refused: not refused"
	fi
done
[ $code = 0 ] || cat "$work/err"
exit $code
