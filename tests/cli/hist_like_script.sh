# hist prints what a script with hist() or lhist() prints, and says the same of the tape
reads_tape
P=tracepoint:syscalls:sys_exit_read

same() {	# SCRIPT HIST-ARGUMENTS
	local script=$1
	shift
	"$bpftape" replay reads.tape -e "$script" >a 2>a.err || echo "replay: $?"
	"$bpftape" hist reads.tape "$@" >b 2>b.err || echo "hist: $?"
	# of a script with its place
	sed -i -n 's/^-e:[0-9:]* warning: /bpftape: warning: /; /^bpftape:/p' a.err
	if [ -s a ] && cmp a b && cmp a.err b.err; then
		echo "same, $(wc -l <a) lines: $*"
	else
		echo "DIFFERENT: $*"
	fi
}

same "$P { @ = hist(args.ret); }" ret
same "$P { @ = hist(args.ret, 0); }" args.ret --log2
same "$P { @ = hist(args.ret, 3); }" ret --log2 3
same "$P { @ = hist(args.ret, 5); }" --log2=5 ret
same "$P { @ = lhist(args.ret, 0, 7000, 500); }" ret --linear 0,7000,500
same "$P { @[comm] = hist(args.ret); }" ret --by comm
same "$P { @[comm, args.ret > 1000] = hist(args.ret / 10); }" 'ret / 10' --by 'comm, ret > 1000'
same "$P /comm == \"dd\" && args.ret/ { @[pid, tid, cpu] = lhist(args.ret, 0, 5000, 1000); }" \
	ret --by pid,tid,cpu --where 'comm == "dd" && args.ret' --linear 0,5000,1000
same "tracepoint:syscalls:sys_enter_openat { @[str(args.filename)] = hist(args.flags); }" \
	flags --by filename_str
same "tracepoint:syscalls:sys_enter_openat /args.dfd == -100/ { @ = hist(args.dfd); }" \
	dfd --where 'dfd == -100'
same "$P { @[comm] = hist(nsecs); }" nsecs --by comm --table sys_exit_read
same "tracepoint:syscalls:sys_enter_openat { @ = hist(pid); }" pid --table sys_enter_openat
for range in '--from +4s' '--to +4s' '--from +3500ms --to -500ms' \
	'--from 19:36:21.5 --to 19:36:22.2'; do
	"$bpftape" replay reads.tape -e "$P { @[comm] = hist(args.ret); }" $range >a 2>/dev/null
	"$bpftape" hist reads.tape ret --by comm $range >b 2>/dev/null
	cmp a b && echo "same, $(wc -l <a) lines: $range"
done
"$bpftape" replay reads.tape -f json -e "$P { @[comm] = hist(args.ret); }" 2>/dev/null |
	grep -v attached >a
"$bpftape" hist reads.tape -f json ret --by comm 2>/dev/null >b
cmp a b && echo 'same: json'
"$bpftape" hist - ret --by comm <reads.tape >a 2>/dev/null
cat reads.tape | "$bpftape" hist - ret --by comm >b 2>/dev/null
"$bpftape" hist reads.tape ret --by comm --threads 1 >c 2>/dev/null
"$bpftape" hist reads.tape ret --by comm >d 2>/dev/null
cmp a b && cmp a c && cmp a d && echo 'same: a pipe, one thread'
