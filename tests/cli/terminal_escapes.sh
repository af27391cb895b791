# On a terminal control bytes of an answer are escaped; pipes and files get them raw.
command -v script >/dev/null || skip "no script(1)"
cat >hostile.bt <<'S'
BEGIN {
	printf("title \033]0;owned\007 tab\tend\n");
	printf("%s|%c\n", "\x1b[31mred\r", 7);
	@["key\x1b[2J\n"] = "\xff\xc3\xa4\x9b";
	print(("a\x08", 1));
}
S
"$bpftape" record -q -o t.tape hostile.bt
on_terminal() { script -qec "$*" /dev/null </dev/null | tr -d '\r'; }

echo "== terminal"
on_terminal "$bpftape replay t.tape"
echo "== file"
"$bpftape" replay t.tape >raw
cat -v raw
echo "== JSON is the same on both"
on_terminal "$bpftape replay t.tape -f json" >json.tty
"$bpftape" replay t.tape -f json | diff - json.tty && python3 -c '
import json, sys
print(sum(1 for line in open("json.tty", encoding="utf-8") if json.loads(line)), "lines")'
