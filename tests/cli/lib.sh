# What every case of tests/cli has at hand.  $WORK is its folder, and the working directory.
export LC_ALL=C TZ=UTC
unset SUDO_UID SUDO_GID
bpftape=$BPFTAPE_BUILD/bin/bpftape

skip() {	# REASON
	echo "$*"
	exit 77
}

need_root() {
	[ "$(id -u)" = 0 ] || skip "needs root"
}

# The dispatcher alone, in a folder where fake() puts the programs it looks for beside itself.
use_fakes() {
	mkdir -p "$WORK/bin"
	cp "$bpftape" "$WORK/bin/bpftape"
	bpftape=$WORK/bin/bpftape
}

fake() {	# NAME <SCRIPT: a program of that name
	{ echo '#!/bin/bash'; cat; } >"$WORK/bin/$1"
	chmod 755 "$WORK/bin/$1"
}

# Wait until a command succeeds; 10 seconds at most.
await() {
	local i
	for ((i = 0; i < 200; i++)); do
		if "$@" 2>/dev/null; then return 0; fi
		sleep 0.05
	done
	echo "never: $*"
	return 1
}

# A tape of 8 dd (reads of several sizes) and 8 cat, 5.28 s long, recorded by
#	tracepoint:syscalls:sys_enter_read /comm == "dd" || comm == "cat"/ { @start[tid] = nsecs; }
#	tracepoint:syscalls:sys_exit_read /@start[tid]/
#		{ emit(args.ret, comm, nsecs - @start[tid]); delete(@start, tid); }
#	tracepoint:syscalls:sys_enter_openat /comm == "dd" || comm == "cat"/ { emit(args); }
reads_tape() {
	cp "$(dirname "$CLI_LIB")/../tapes/reads.tape" .
}
