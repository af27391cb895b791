# info --blocks says of each block and column how it is stored, and what that came to
ln -s "$(dirname "$CLI_LIB")/../tapes/good" tapes
"$bpftape" info --blocks tapes/calls.tape | grep -A14 ' EVENTS' | head -15
"$bpftape" info --blocks --json tapes/calls.tape | python3 -c '
import json, sys
blocks = json.load(sys.stdin)["blocks"]
b = [b for b in blocks if b["type"] == "EVENTS"][0]
print(b["rows"], b["stored"], b["raw"], b["table"])
for c in b["columns"][:4]:
    print(c)
assert sum((c["stored"] + 7) // 8 * 8 for c in b["columns"]) <= b["stored"]'
