#!/usr/bin/env python3
"""Compare samples/read_tape.py with SQL: all columns of all tables of a tape, in order.

usage: same_rows.py BPFTAPE TAPE

SQL says stacks as text; here a number must always be the same text."""
import csv
import io
import json
import re
import subprocess
import sys

READER = "samples/read_tape.py"
STACKS = ("kstack", "ustack")
ORDER = ("ts", "cpu", "_order", "_seq")     # as docs/format.md has it, of the rows of one table


def rows_of(*command):
    out = subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout.decode()
    return list(csv.reader(io.StringIO(out, newline="")))


def same(ours, theirs):
    """SQL shows large unsigned numbers as negative, lists as JSON."""
    if ours == theirs:
        return True
    if theirs[:1] == "[":
        values = ["" if value is None else str(value) for value in json.loads(theirs, strict=False)]
        parts = ours.split(";") if values else []
        return len(parts) == len(values) and all(map(same, parts, values))
    numeric = re.fullmatch(r"\d+ -\d+", f"{ours} {theirs}")
    return bool(numeric) and int(ours) - int(theirs) == 1 << 64


def compare(bpftape, tape, table, name):
    """How many cells, and how many of them differ."""
    ours = rows_of(sys.executable, READER, tape, table)
    cells = ",".join(f'hex(cast("{col}" as blob))' for col in ours[0])
    order = ",".join(key for key in ORDER if key in ours[0])
    query = f'select {cells} from "{name}" order by {order}'
    theirs = rows_of(bpftape, "sql", tape, query, "-f", "csv")
    stacks, wrong = {}, 0
    if len(ours) != len(theirs):
        print(f"{name}: {len(ours) - 1} rows, {len(theirs) - 1} in SQL")
        wrong += 1
    for number, (our_row, their_row) in enumerate(zip(ours[1:], theirs[1:])):
        for col, our, their in zip(ours[0], our_row, their_row):
            their = bytes.fromhex(their).decode("utf-8", "backslashreplace")
            good = stacks.setdefault((col, our), their) == their if col in STACKS \
                else same(our, their)
            if not good:
                print(f"{name}, row {number}: {col} is {our!r}, {their!r} in SQL")
                wrong += 1
    return (len(ours) - 1) * len(ours[0]), wrong


def main(bpftape, tape):
    query = "select name, sql from sqlite_master where sql like '%tape_table(%'"
    tables = {}
    for name, sql in rows_of(bpftape, "sql", tape, query, "-f", "csv")[1:]:
        tables.setdefault(re.search(r"tape_table\((\d+)\)", sql)[1], name)
    total = bad = 0
    for table, name in tables.items():
        cells, wrong = compare(bpftape, tape, table, name)
        total, bad = total + cells, bad + wrong
    print(f"{tape}: {len(tables)} tables, {total} cells, {bad} differ")
    return 1 if bad or not total else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
