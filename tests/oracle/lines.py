#!/usr/bin/env python3
"""Lines of JSON, each written in one way: members sorted, no blanks between them.  A line that is
no JSON is given as it is, with a mark; how many probes were attached is left out."""
import json
import sys

for line in sys.stdin.buffer:
    text = line.decode("utf-8", "backslashreplace").rstrip("\n")
    if not text:
        continue
    try:
        value = json.loads(text)
    except ValueError:
        print("not JSON: " + text)
        continue
    if isinstance(value, dict) and value.get("type") == "attached_probes":
        continue
    print(json.dumps(value, sort_keys=True, separators=(",", ":")))
