# an answer that could not be written is a failure, whatever the question
"$bpftape" record -q -o t.tape -e 'BEGIN { printf("x\n"); exit(); }'
for verb in info 'info --json' replay verify "sql -f csv"; do
	# shellcheck disable=SC2086
	set -- $verb
	query=
	[ "$1" = sql ] && query='select 1'
	"$bpftape" "$@" t.tape ${query:+"$query"} >/dev/full 2>err
	echo "$verb: exit $?, $(cat err)"
done
