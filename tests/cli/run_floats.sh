# floating-point numbers: as text, as JSON, and the same when a tape is replayed
cat >t.bt <<'X'
BEGIN {
	print((1, 0.0 / 0, -1 / 0.0));
	printf("%g %5.1f|%-6.2f|%e\n", 1e-5 * 2, 2.25, 1.5, 1);
	@avg = avg(1.5);
	@st = stats(2.5); @st = stats(1);
	@m[1.5, "x"] = 1e-3;
	@m[0.5, "x"] = -7.25;
	@m[3, "x"] = 2;
	print(@m, 2);
	exit();
}
X
"$bpftape" run t.bt >a
cat a
"$bpftape" run -f json t.bt
"$bpftape" record -q -o t.tape t.bt
"$bpftape" replay t.tape >b
cmp a b && echo 'replay: the same'
"$bpftape" replay t.tape -e 'BEGIN { @x = sum(0.5); @x = sum(0.25); }'
