#!/usr/bin/env bash
# tests/kernel/fatrace.sh: samples/fatrace.bt tells of each open, read and write what strace tells
# of it at the same time: octal modes, bytes, paths, in the order of each of two threads that do it
# at once, on two CPUs.
. "$(dirname "$0")/lib.sh"
command -v strace > /dev/null || { echo "needs strace"; exit 77; }
prog=fwork$$ n=300
cp "$work/filework" "$prog"

# What strace's line says in our form: tid, what, number, path.
told() {
	local fd='[0-9]+<(.*)>' open='openat\([^,]*, "[^"]*", ([A-Z_|]*)(, 0([0-7]*))?\)'
	sed -nE "s/^([0-9]+) +$open += $fd\$/\1 open \2,\4 \5/p
		s/^([0-9]+) +(read|write)\($fd, ?.*, [0-9]+\) += ([0-9]+)\$/\1 \2 \4 \3/p" "$1" |
		awk '{
			split($3, m, ",")
			if ($2 == "open") $3 = sprintf("%05d", m[1] ~ /O_CREAT/ ? m[2] : 0)
			if ($4 ~ "^/") print
		}'
}
ours() { awk -v c="${prog:0:15}" '$1 == c { print $2, $3, $4, $5 }' "$1"; }

mkdir dir
"$bpftape" run -o t.tape "$root/samples/fatrace.bt" \
	-c "strace -f -y -s 0 -e trace=openat,read,write -o truth ./$prog dir $n" > live 2> err
is "runs" $? 0
# with two threads strace cuts calls in two: they are put together first
awk '
	/<unfinished \.\.\.>$/ { sub(/ *<unfinished \.\.\.>$/, ""); part[$1] = $0; next }
	/<\.\.\. [a-z0-9]+ resumed>/ {
		tid = $1; sub(/^[0-9]+ +<\.\.\. [a-z0-9]+ resumed>/, ""); print part[tid] $0; next
	}
	{ print }' truth > whole
told whole | sort -s -n -k1,1 > want
ours live | sort -s -n -k1,1 > got
ok "calls: $(wc -l < want)" [ "$(wc -l < want)" -ge $((n * 10)) ]
same "as strace says" want got
is "threads" "$(grep -c "open  00000 .*/file0\$" live)" 2
is "modes" "$(grep -E "open +[0-7]+ .*/thread1/file9\$" live | awk '{ print $4 }' | head -1)" 00511
"$bpftape" replay t.tape > replayed 2> err
same "the tape says the same" live replayed

# Without strace in between the two CPUs work at once.
rm -rf dir; mkdir dir
"$bpftape" run --force -o t.tape "$root/samples/fatrace.bt" -c "./$prog dir 5000" > live 2> err
ours live > got
is "opens" "$(grep -c " open .*/thread[01]/file[0-9]*\$" got)" 20000
is "reads and writes" "$(grep -cE " (read|write) .*/thread[01]/file[0-9]*\$" got)" 30000
is "whole lines" "$(awk 'NF != 4' got | wc -l)" 0
for what in read write; do
	is "each $what is of its thread's file" "$(awk -v w=$what '
		$2 == "open" { at[$1] = $4 } $2 == w && at[$1] != $4' got | wc -l)" 0
done
is "lost" "$(losses t.tape)" 0
finish
