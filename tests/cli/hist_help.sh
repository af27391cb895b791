"$bpftape" hist --help
