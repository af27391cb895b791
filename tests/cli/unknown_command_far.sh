"$bpftape" frobnicate
