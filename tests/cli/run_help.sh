"$bpftape" run --help
