# settings of the environment: they hold when recorded and when replayed, and the block decides
printf '1234567890' > file
script='BEGIN { print(strcap(str_concat("a", "b"))); cat("file"); @a = 1; exit(); }'
BPFTRACE_MAX_STRLEN=10 BPFTRACE_MAX_CAT_BYTES=4 BPFTRACE_PRINT_MAPS_ON_EXIT=0 BPFTRACE_BTF=/none \
	"$bpftape" record -q -o t.tape -e "$script"
"$bpftape" replay t.tape
echo
BPFTRACE_STRLEN=12 "$bpftape" run -e 'BEGIN { print(strcap(str_concat("a", "b"))); exit(); }'
block='config = { max_strlen = 20 } BEGIN { print(strcap(str_concat("a", "b"))); exit(); }'
BPFTRACE_MAX_STRLEN=10 "$bpftape" run -e "$block"
BPFTRACE_MAX_STRLEN=1 "$bpftape" record --dry-run -e 'BEGIN { exit(); }' || echo "code $?"
