# record --dry-run -d STAGE prints what becomes of a script; -d TIME stays a time
cat >t.bt <<'X'
BEGIN { @x = 1.5; }
END { print(@x); }
X
for stage in ast plan llvm bpf verifier; do
	echo "$ $stage"
	"$bpftape" record --dry-run -d "$stage" t.bt
done
echo '$ a time'
"$bpftape" record --dry-run -d 5s t.bt
echo '$ no stage'
"$bpftape" record --dry-run -d ast2 t.bt
"$bpftape" record -d ast t.bt -o t.tape
"$bpftape" record -d 5x t.bt -o t.tape
exit 0
