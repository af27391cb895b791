# the commands come from one table
"$bpftape" --help
