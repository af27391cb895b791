#!/usr/bin/env bash
# tests/kernel/fdpath.sh: fdpath() of files of many kinds is what readlink(2) says of /proc/self/fd
# at that moment, byte for byte; path() of a struct path is the same; a tape keeps it.
. "$(dirname "$0")/lib.sh"
prog=fdk$$
cp "$work/fdkinds" "$prog"
mkdir dir
script="config = { max_strlen = 4200 }
tracepoint:syscalls:sys_enter_read /comm == \"$prog\" && args.count == 0/ {
	\$p = fdpath(args.fd);
	printf(\"%d=%rx\\n\", args.fd, \$p);
	@same[\$p == path(curtask->files->fdt->fd[args.fd]->f_path)] = count();
}"
"$bpftape" run -o t.tape -e "$script" -c "./$prog want dir" > live 2> err
is "runs" $? 0
sed -n 's/\\x//g; s/ //g; /^[0-9]*=/p' live > got
ok "kinds: $(wc -l < want)" [ "$(wc -l < want)" -ge 30 ]
same "as readlink says" want got
# one of them has no text: there path() and fdpath() are the same, too
is "path() says the same of each" "$(grep '^@same' live)" "@same[true]: $(wc -l < want)"
"$bpftape" replay t.tape > replayed 2> err
same "the tape says the same" live replayed

# Where the kernel decides with it, cut at max_strlen, of descriptors that are none.
script="tracepoint:syscalls:sys_enter_read
/comm == \"$prog\" && args.count == 0 && fdpath(args.fd) == \"/dev/null\"/ {
	printf(\"%s|%s|%s|\\n\", fdpath(args.fd), fdpath(-1), fdpath(1 << 20)); }
tracepoint:syscalls:sys_enter_read /comm == \"$prog\" && args.count == 0/ {
	@[strlen(fdpath(args.fd))] = count(); @n[fdpath(args.fd)]++; }
tracepoint:syscalls:sys_exit_read /@n[\"/dev/null\"] == 1 && comm == \"$prog\"/ { @seen = 1; }"
rm -rf dir && mkdir dir
"$bpftape" run -e "$script" -c "./$prog want dir" > live 2> err
is "a predicate" "$(grep '|' live)" "/dev/null|||"
is "a long path is cut at max_strlen" "$(grep -o '^@\[1023\].*' live)" "@[1023]: 1"
is "a key that the kernel reads" "$(grep '^@seen' live)" "@seen: 1"
finish
