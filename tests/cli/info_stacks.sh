# info says how many stacks, frames, files and symbols are on a tape; verify checks their blocks
ln -s "$(dirname "$CLI_LIB")/../tapes/good" tapes
"$bpftape" info tapes/v1_1.tape | grep ^stacks
"$bpftape" info --json tapes/v1_1.tape | grep -o '"stacks".*'
"$bpftape" info --blocks tapes/v1_1.tape | grep -E 'FILE|MMAP|FRAME|STACK|SYM' |
	awk '{ n[$2]++ } END { for (k in n) print n[k], k }' | sort
"$bpftape" info tapes/v1_0.tape | grep -c ^stacks
"$bpftape" verify tapes/v1_1.tape
