# a typo names the nearest command
"$bpftape" recrod x.bt
