#!/usr/bin/env bash
# tests/kernel/debian_all.sh: what becomes of each script of Debian's bpftrace, exactly: whether it
# compiles, else every error with its place.  Those with probes that are not there yet also with
# these replaced by a raw tracepoint, so that the rest of the script is seen.
#
# debian_all.exact has the outcomes; --update writes it.  What a script says of a symbol or a field
# that this kernel lacks is listed there too; a kernel that has it compiles the script.
. "$(dirname "$0")/lib.sh"
exact=$here/debian_all.exact
stand_in=rawtracepoint:block_rq_remap
of_the_kernel='there is no kernel symbol|has no field'

outcome() { # NAME FILE
	if "$build/bin/bpftape-record" --dry-run "$2" > /dev/null 2> "$tmp/said"; then
		echo "$1: compiles"
	else
		grep -oE ':[0-9]+:[0-9]+: error: .*' "$tmp/said" | grep -vE "${3:-^$}" |
			sed "s/^:/$1: /"
	fi
}

# what the stand-in lacks is none of the script's errors
lacks=' func |retval|no func|no arg[0-9]'
probes='kprobe|kretprobe|uprobe|uretprobe'
for script in /usr/sbin/*.bt; do
	name=$(basename "$script" .bt)
	outcome "$name" "$script"
	if grep -qE "^($probes):" "$script"; then
		sed -E "s/^($probes):[^,{ ]*/$stand_in/; s/, *($probes):[^,{ ]*/, $stand_in/g" \
			"$script" > "$tmp/converted.bt"
		outcome "$name, converted" "$tmp/converted.bt" "$lacks"
	fi
done > "$tmp/outcomes"
if [ "${1:-}" = --update ]; then
	cp "$tmp/outcomes" "$exact"
	exit
fi
is "all 38 scripts are there" "$(ls /usr/sbin/*.bt | wc -l)" 38
for name in $(sed 's/[,:].*//' "$exact" "$tmp/outcomes" | sort -u); do
	grep -E "^$name[,:]" "$exact" > "$tmp/want"
	grep -E "^$name[,:]" "$tmp/outcomes" > "$tmp/got"
	# a kernel with that symbol or field
	if grep -qE "$of_the_kernel" "$tmp/want" &&
		[ "$(cat "$tmp/got")" = "$name: compiles" ]; then
		cp "$tmp/got" "$tmp/want"
	fi
	same "$name" "$tmp/want" "$tmp/got"
done
finish
