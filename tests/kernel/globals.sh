#!/usr/bin/env bash
# tests/kernel/globals.sh: variables of the kernel by name.  Skipped where /proc/kallsyms lists none
# (CONFIG_KALLSYMS_ALL is off); tests/vm/run.sh globals runs it on Debian's kernel.
. "$(dirname "$0")/lib.sh"
grep -q ' jiffies_64$' /proc/kallsyms || { echo "no variables in /proc/kallsyms"; exit 77; }
script="BEGIN {
	\$j = *(uint64 *)kaddr(\"jiffies_64\");
	print(jiffies - \$j < 10);
	print(strcontains(str(kaddr(\"linux_banner\")), \"Linux version $(uname -r) \"));
	\$rq = (struct rq *)percpu_kaddr(\"runqueues\");
	\$first = (struct rq *)percpu_kaddr(\"runqueues\", 0);
	print(\$rq->cpu == cpu);
	print(\$first->cpu);
	print(percpu_kaddr(\"runqueues\", 100000));
	print(percpu_kaddr(\"runqueues\", -1));
}
tracepoint:raw_syscalls:sys_enter /comm == \"$calls\" && args.id == 110/ {
	@[ksym(*(kaddr(\"sys_call_table\") + (uint64)args.id * 8))] = count();
}"
"$bpftape" run -o t.tape -e "$script" -c "./$calls 10" > live 2> err
is "runs" $? 0
is "values" "$(head -6 live | tr '\n' ' ')" "true true true 0 0 0 "
is "a table of the kernel" "$(grep '^@' live)" "@[__x64_sys_getppid]: 10"
"$bpftape" replay t.tape > replayed 2> err
same "the tape says the same" live replayed
"$bpftape" run -e 'BEGIN { print(percpu_kaddr("no_such_variable")); }' > live 2> err
is "an unknown one" "$(grep -c 'no kernel variable "no_such_variable"' err)" 1
finish
