# fold: lines of a tape that was made by hand; its expressions, its refusals, its notes
tape=$(dirname "$CLI_LIB")/../tapes/good/stacks.tape
say() {
	echo "\$ fold $*"
	"$bpftape" fold "$tape" "$@" 2>&1 | sed "s|$tape|TAPE|"
	echo "exit ${PIPESTATUS[0]}"
}
say
say --user --by comm,tid
say --kernel --weight count --where 'comm == "cat"'
say --kernel --from +1s --to +1100ms
say --where 'count > 100000'
say --table sys_exit_read
say --table nope
say --by nope
say --kernel --weight '"text"'
"$bpftape" fold - --kernel <"$tape"
"$bpftape" fold 2>&1 | head -2
"$bpftape" replay "$tape" --from +1s --to +1100ms \
	-e 'tracepoint:syscalls:sys_enter_read { @[kstack] = count(); }'
"$bpftape" replay "$tape" --to nonsense 2>&1 || true
