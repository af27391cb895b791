#!/usr/bin/env python3
"""The script and the verdict of equiv.sh.

equiv.py script ROWS.c: two clauses for each tracepoint of the table that this kernel has, each with
all fields that the table covers; names of rows that are not here go to stderr.
equiv.py compare TAPE: the tables NAME (raw) and NAME_2 (perf) of such a recording.  A firing that
is in one only must lie at the ends of the recording, where the two programs are not armed at one
instant, or be one that the tape counts as missed: a perf tracepoint is not delivered while another
program runs.
"""
import collections
import csv
import os
import re
import subprocess
import sys

EDGE_NS = 20_000_000
BPFTAPE = os.environ.get("BPFTAPE", "bpftape")
EVENTS = "/sys/kernel/tracing/events"


def rows(path):
    text = open(path).read()
    names = dict(re.findall(r'#define (\w+)\s+((?:"[^"\n]*"|\w+(?= "))(?: "[^"\n]*")*)', text))
    def value(words):
        out = ""
        for word in re.findall(r'"[^"]*"|\w+', words):
            out += word[1:-1] if word[0] == '"' else value(names[word])
        return out
    table = text[text.index("rows[] = {"):]
    for cat, events, field in re.findall(r'\{ "(\w+)", ((?:"[^"]*"|\w+)(?: "[^"]*")*), "(\w+)",',
                                         table):
        for event in value(events).split():
            yield cat, event, field


def script(path):
    found, missing = collections.OrderedDict(), []
    for cat, event, field in rows(path):
        try:
            text = open(f"{EVENTS}/{cat}/{event}/format").read()
        except OSError:
            missing.append(f"{cat}:{event}")
            continue
        if re.search(rf"field:[^;]*\b{field}(\[[^;]*\])?;", text):
            found.setdefault((cat, event), []).append(field)
        else:
            missing.append(f"{cat}:{event}.{field}")
    for (cat, event), fields in found.items():
        args = ", ".join(f"args.{f}" for f in fields)
        for _ in range(2):
            print(f"tracepoint:{cat}:{event} {{ emit({args}); }}")
    for name in dict.fromkeys(missing):
        print("not here:", name, file=sys.stderr)


NOT_COMPARED = "ts time probe _seq uid gid".split()


def sql(tape, query):
    out = subprocess.run([BPFTAPE, "sql", tape, query, "--format", "csv"], capture_output=True,
                         text=True, check=True).stdout
    return csv.reader(out.splitlines())


def read(tape, table):
    lines = sql(tape, f'select * from "{table}" order by ts limit 30000')
    names = next(lines, ["ts"])
    keep = [i for i, n in enumerate(names) if n not in NOT_COMPARED]
    return [(int(x[names.index("ts")]), tuple(x[i] for i in keep)) for x in lines]


def compare(tape, table, missed):
    a, b = read(tape, table), read(tape, table + "_2")
    if not a or not b:
        return 77, f"did not fire: {len(a)} and {len(b)}"
    end = min(a[-1][0], b[-1][0]) + 1_000_000
    a, b = [x for x in a if x[0] <= end], [x for x in b if x[0] <= end]
    first, last = max(a[0][0], b[0][0]) + EDGE_NS, min(a[-1][0], b[-1][0]) - EDGE_NS
    only_a = collections.Counter(x for _, x in a)
    only_b = collections.Counter(x for _, x in b)
    both = sum((only_a & only_b).values())
    only_a, only_b = only_a - only_b, only_b - only_a
    inner_a = [x for t, x in a if only_a[x] and first < t < last]
    inner_b = [x for t, x in b if only_b[x] and first < t < last]
    # a value seen often is in one of the lists more often: not more than by what is at the ends
    lost_a = sum(only_b[x] for x in set(inner_b))
    lost_b = sum(only_a[x] for x in set(inner_a))
    story = f"{both} equal, {lost_b} raw only, {lost_a} perf only"
    for name, few in ("raw", inner_a[:3]), ("perf", inner_b[:3]):
        story += "".join(f"\n     {name} only: {x}" for x in few)
    edge = 4 + len(a) // 1000
    return (0 if both and lost_a <= edge and lost_b <= missed + edge else 1), story


def compare_all(tape):
    info = subprocess.run([BPFTAPE, "info", tape], capture_output=True, text=True,
                          check=True).stdout
    losses = dict(list(sql(tape, 'select "table", sum(count) from loss group by 1'))[1:])
    skipped, failed = [], 0
    for table in re.findall(r"^  (\w+)_2: [\d ]+ rows$", info, re.M):
        rc, story = compare(tape, table, int(losses.get(table + "_2", 0)))
        if rc == 77:
            skipped.append(table)
            continue
        failed += rc
        print("FAIL" if rc else "ok  ", f"{table}: {story}")
    print("skipped, did not fire here:", " ".join(skipped) or "none")
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1] == "script":
        script(sys.argv[2])
    else:
        sys.exit(compare_all(sys.argv[2]))
