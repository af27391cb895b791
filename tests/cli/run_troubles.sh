# what goes wrong while a script runs is told at its place, with how often, and in JSON
cat >t.bt <<'X'
let @few = hash(2);
BEGIN {
	$zero = 0;
	for ($i : 0..5) {
		@few[$i] = 1;
		@d[$i] = 7 / $zero;
	}
	$one = 1;
	$one %= $zero;
	print($one);
	print(7 / $one);
	exit();
}
X
echo '$ run'
"$bpftape" run t.bt
echo '$ json'
"$bpftape" run -f json t.bt 2>/dev/null | grep runtime_error
echo '$ 0.17'
"$bpftape" run --compat 0.17 -e 'BEGIN { $z = 0; @ = 7 / $z; @m = 7 % $z; exit(); }' 2>&1
