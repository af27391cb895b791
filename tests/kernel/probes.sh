#!/usr/bin/env bash
# tests/kernel/probes.sh [--all]: profile, software and rawtracepoint count what there is to count.
# --all: the profile for 10 s instead of 3.
. "$(dirname "$0")/lib.sh"
seconds=5
[ "${1:-${BPFTAPE_ALL:+--all}}" != --all ] || seconds=10
cpus=$(nproc)

cat > busy.c <<- 'C'
	#include <sys/mman.h>
	#include <sys/resource.h>
	#include <stdio.h>
	#include <stdlib.h>
	#include <string.h>
	#include <unistd.h>
	int main(int argc, char **argv)
	{
		size_t n = 4096 * (argc > 1 ? strtoul(argv[1], NULL, 0) : 1000);
		struct rusage a, b;
		char *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (argc < 2)
			for (;;) ;
		madvise(p, n, MADV_NOHUGEPAGE);
		getrusage(RUSAGE_SELF, &a);
		for (size_t i = 0; i < n; i += 4096)
			p[i] = 1;
		getrusage(RUSAGE_SELF, &b);
		printf("%ld\n", b.ru_minflt - a.ru_minflt);
		fflush(stdout);
		return 0;
	}
C
busy=busy$$
cc -O1 -o "$busy" busy.c 2> cc.err || { echo "skip: no C compiler"; exit 77; }

# ---- a profile on a busy machine ----
hogs=()
for _ in $(seq "$cpus"); do "./$busy" & hogs+=($!); done
# CPU time of the recorder and its helpers so far, in ticks
ticks() {
	local pid sum=0
	for pid in "$1" $(pgrep -P "$1") $(pgrep -P "$(pgrep -d, -P "$1")" 2> /dev/null); do
		sum=$((sum + $(awk '{ print $14 + $15 }' "/proc/$pid/stat" 2> /dev/null || echo 0)))
	done
	echo $sum
}
# the samples that meet the recorder count too; what it takes for compiling and for the names of
# the first second is not what a second of recording takes
"$bpftape" record --self --force -o busy.tape -d ${seconds}s \
	-e 'profile:hz:99 { @[kstack, ustack, comm] = count(); }' 2> armed &
pid=$!
for _ in $(seq 200); do grep -q armed armed && break; sleep 0.05; done
sleep 1
before=$(ticks $pid)
sleep $((seconds - 2))
after=$(ticks $pid)
wait $pid
kill "${hogs[@]}"
wait "${hogs[@]}" 2> /dev/null
n=$(sql busy.tape 'select count(*) from events')
want=$((99 * cpus * seconds))
echo "     $n samples, $want expected"
ok "samples within 2 % of 99 a second on $cpus CPUs for $seconds s" \
	[ $((n * 100)) -ge $((want * 98)) -a $((n * 100)) -le $((want * 102)) ]
is "nothing was lost" "$(losses busy.tape)" 0
is "every CPU was sampled" "$(sql busy.tape 'select count(distinct cpu) from events')" "$cpus"
per_second=$(($(getconf CLK_TCK) * (seconds - 2)))
load=$(awk "BEGIN { printf \"%.2f\", ($after - $before) * 100 / $per_second }")
is "its CPU time could be read" "$((before > 0))" 1
echo "     recorder: $load % of one core while it recorded"
ok "the recorder takes less than 2 % of one core" awk "BEGIN { exit !($load < 2) }"

# ---- an interval stays on one CPU ----
record -o interval.tape -d 500ms -e 'interval:ms:10 { emit(cpu); }'
is "an interval is on one CPU" "$(sql interval.tape 'select count(distinct cpu) from events')" 1

# ---- page faults: all of one process, as it counts them itself ----
record -o faults.tape -e "software:page-faults:1 /comm == \"$busy\"/ { emit(comm); }" \
	-c "$tmp/$busy 5000" > own
n=$(sql faults.tape 'select count(*) from events')
own=$(cat own)
echo "     $n page faults, $own of them in the loop"
ok "every page fault of the loop is a firing" [ "$n" -ge "$own" -a "$n" -le $((own + 300)) ]
is "of the process only" "$(sql faults.tape 'select count(distinct pid) from events')" 1
record -o hundred.tape -e 'software:faults /pid == cpid/ { emit(comm); }' \
	-c "$tmp/$busy 50000" > own
n=$(sql hundred.tape 'select count(*) from events')
ok "one firing for a hundred page faults ($n)" [ "$n" -ge 470 -a "$n" -le 530 ]
"$bpftape" replay faults.tape -e 's:faults:1 { @ = count(); }' > other
ok "another script finds it by its short name" grep -q "^@: " other

# ---- raw tracepoints: exactly N, and the same as the record of the tracepoint ----
record -o raw.tape -e "rawtracepoint:sys_enter /comm == \"$calls\" && args.id == 110/ {
	@ = count(); }" -c "$tmp/$calls 12345"
is "rawtracepoint: exactly N" "$("$bpftape" replay raw.tape | grep @)" "@: 12345"
record -o both.tape -e 'rawtracepoint:sched_process_exec {
		emit(str(args.bprm->filename), args.p->pid, args.old_pid, arg1); }
	tracepoint:sched:sched_process_exec { emit(args.filename, args.pid, args.old_pid); }' \
	-c "$work/execs 20"
cat > both.bt <<- 'BT'
	rawtracepoint:sched_process_exec { printf("%s %d %d %d\n", str(args.bprm->filename),
		args.p->pid, args.old_pid, arg1); }
BT
"$bpftape" replay both.tape both.bt | sed '/^$/d' | sort > raw.out
"$bpftape" replay both.tape -e 'tracepoint:sched:sched_process_exec {
	printf("%s %d %d %d\n", args.filename, args.pid, args.old_pid, args.old_pid); }' |
	sed '/^$/d' | sort > tp.out
same "its arguments lead to what the tracepoint says" tp.out raw.out
ok "at least 20 of them" [ "$(wc -l < raw.out)" -ge 20 ]
"$bpftape" list -v rawtracepoint:sched_process_exec > listed
ok "list names its arguments" grep -q '^    struct linux_binprm \* bprm$' listed

# ---- maps of the kernel, printed and cleared in intervals ----
cat > kmap.bt <<- BT
	tracepoint:syscalls:sys_enter_getppid /comm == "$calls"/ { @k["n"]++; @t[comm] = @k["n"]; }
	tracepoint:syscalls:sys_enter_getppid /comm == "$calls" && @k["n"] > 80/ { @n = count(); }
	interval:ms:100 /@k["n"] >= 100/ { print(@k); clear(@k); printf("--\n"); }
BT
cat > work.sh <<- SH
	$tmp/$calls 100; sleep 0.6; $tmp/$calls 100; sleep 0.6
SH
printf '%s\n' '@k[n]: 100' -- '@k[n]: 100' -- "@n: 40" "@t[$calls]: 100" > want
"$bpftape" run kmap.bt -c "sh work.sh" 2> err | sed '/^$/d' > got
same "a map of the kernel printed and cleared, live" want got
record -o kmap.tape kmap.bt -c "sh work.sh"
"$bpftape" replay kmap.tape | sed '/^$/d' > got
same "and replayed" want got
finish
