#!/usr/bin/env bash
# tests/kernel/samples.sh: each script of samples/ answers a small workload live with what is known
# of it, the tape kept meanwhile answers the same, and so do the lines of its "Ask the tape again".
. "$(dirname "$0")/lib.sh"
n=200000
head -c 100000 /dev/zero > data$$
cp "$(command -v cat)" cat$$
cat > load.sh <<S
./cat$$ data$$ data$$ > /dev/null
./cat$$ nothing$$ 2> /dev/null
sleep 10 &
kill -USR1 \$!
./$calls $n
S

# What a sample says of the workload: a pattern for grep -E.
declare -A says=(
	[cpuprofile]="$calls\]: [0-9]+\$"
	[execs]="load.sh.* \./cat$$ data$$ data$$\$|bash +\./cat$$ data$$ data$$\$"
	[fatrace]="^cat$$ +[0-9]+ read  +[0-9]+ .*/data$$\$"
	[faults]="^@\[$calls, \$"
	[offcpu]="^ +(__schedule|schedule)\+[0-9]+\$"
	[opens]="^cat$$ +-2 nothing$$\$"
	[readlat]="^\[[0-9K]+(, [0-9KM]+\)|\]) +[0-9]+ \|"
	[runqlat]="^@mean_us\[$calls\]: [0-9]+\$"
	[signals]="^bash +[0-9]+ +10  bash"
	[slowreads]="^@us\[data$$\]: \{ \.count = [4-9]"
	[syscalls]="^@\[$calls, 110\]: $n\$"
	[syslat]="^@total_us\[[0-9]+\]: [0-9]+\$"
)

# The lines below "Ask the tape again", what explains them (behind two tabs) left out.
asks() { sed -n '/Ask the tape again/,/\*\//s/^ \*\t\(bpftape [^\t]*\).*/\1/p' "$1"; }

for file in "$root"/samples/*.bt; do
	name=$(basename "$file" .bt)
	timeout 60 "$bpftape" run --force -o t.tape "$file" -c 'bash load.sh' > live 2> err
	is "$name: runs" $? 0
	ok "$name: says ${says[$name]:-nothing known}" grep -qE -- "${says[$name]:-^$}" live
	"$bpftape" replay t.tape > replayed 2> err
	same "$name: the tape says the same" live replayed
	while read -r line; do
		bash -c "$line" > answer 2> err < /dev/null
		code=$?
		[ $code = 0 ] && [[ $line = *" -o "* || -s answer ]]
		is "$name: $line" "$? $(grep -i error err)" "0 "
	done < <(asks "$file")
done
finish
