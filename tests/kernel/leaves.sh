#!/usr/bin/env bash
# tests/kernel/leaves.sh: clocks, leaders of processes, debugf() and signal_thread().
. "$(dirname "$0")/lib.sh"

# Clocks: nsecs(tai) is what clock_gettime says, to within what the run takes.
cat > clocks.py <<'P'
import time
print(time.clock_gettime_ns(time.CLOCK_TAI), time.clock_gettime_ns(time.CLOCK_MONOTONIC))
P
script="$of_calls { printf(\"%llu %llu %d\n\", nsecs(tai), nsecs(monotonic), nsecs(sw_tai) ==
	nsecs(tai) && nsecs(boot) == nsecs); }"
python3 clocks.py > before
"$bpftape" run -o t.tape -e "$script" -c "./$calls 10" 2> err | grep . > live
python3 clocks.py > after
is "lines" "$(wc -l < live)" 10
is "between the readings around it" "$(cat before live after |
	awk 'NR > 1 && ($1 < tai || $2 < mono) { bad++ } { tai = $1; mono = $2 }
		NF == 3 && $3 != 1 { bad++ } END { print bad + 0 }')" 0
"$bpftape" replay t.tape | grep . > replayed
same "the tape says the same" live replayed

# A thread with a name of its own.
cat > names.py <<'P'
import os, threading
def work():
	open("/proc/self/task/%d/comm" % threading.get_native_id(), "w").write("worker")
	os.getppid()
t = threading.Thread(target=work)
t.start()
t.join()
P
"$bpftape" run -e 'tracepoint:syscalls:sys_enter_getppid
	/comm == "worker" && leader_comm != comm/ {
	printf("%s %s %d %d\n", comm, leader_comm, leader_tid == pid, leader_tid == tid); }' \
	-c "python3 names.py" 2> err | grep . > live
is "leader" "$(sed "s,python[0-9.]*,python," live)" "worker python 1 0"

# debugf() appears in the trace, with the time at which it was done.
"$bpftape" run -e "BEGIN { debugf(\"begin $calls %d\n\", 42); }
	$of_calls { debugf(\"call $calls %d %s %x\n\", -1, comm, 255); }" \
	-c "./$calls 3" > live 2> err
is "debugf runs" $? 0
is "in the trace, from BEGIN" "$(grep -c "bpf_trace_printk: begin $calls 42" \
	/sys/kernel/tracing/trace)" 1
is "in the trace" "$(grep -c "bpf_trace_printk: call $calls -1 $calls ff" \
	/sys/kernel/tracing/trace)" 3

# signal_thread() needs --unsafe, and ends the process like signal().
"$bpftape" run -e "$of_calls { signal_thread(\"KILL\"); }" -c "./$calls 3" > live 2> err
is "signal_thread unasked" $? 1
"$bpftape" run --unsafe -e "$of_calls { signal_thread(\"KILL\"); }" -c "./$calls 3" > live 2> err
is "signal_thread" $? 137
finish
