#!/usr/bin/env python3
"""Run the ```console blocks of Markdown files and compare their output.

In a block a line that begins with "# " or "$ " is a command ("# ": as root, which this is);
a command goes on over lines that end with a backslash, and over lines that begin with ">".  What
follows is its output, standard error included.  In expected output … stands for any text within a
line, and a line of … alone for any lines.  All blocks of a file run in one new folder, in order.
"""
import os
import re
import subprocess
import sys
import tempfile


def blocks(path):
    block = None
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        line = line.rstrip("\n")
        if block is None and line == "```console":
            block = []
        elif block is not None and line == "```":
            yield block
            block = None
        elif block is not None:
            block.append((number, line))


def commands(block):
    """(line number, command, expected lines) of a block."""
    found = []
    open_line = False
    for number, line in block:
        if open_line or (found and not found[-1][2] and line.startswith(">")):
            found[-1][1] += "\n" + re.sub("^> ?", "", line)
            open_line = line.endswith("\\")
        elif re.match(r"[#$] ", line):
            found.append([number, line[2:], []])
            open_line = line.endswith("\\")
        elif found:
            found[-1][2].append(line)
    return found


def pattern(lines):
    out = []
    for line in lines:
        if line == "…":
            out.append(r"(?:[^\n]*\n)*?")
        else:
            out.append(".*?".join(re.escape(part) for part in line.split("…")) + r"[ \t]*\n")
    return re.compile("".join(out) + r"\Z")


def run(path):
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for block in blocks(path):
            for number, command, expected in commands(block):
                done = subprocess.run(["bash", "-c", command], cwd=folder, text=True, timeout=120,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                      stdin=subprocess.DEVNULL, errors="replace")
                got = done.stdout if done.stdout.endswith("\n") or not done.stdout \
                    else done.stdout + "\n"
                if pattern(expected).match(got):
                    passed += 1
                else:
                    failed += 1
                    print(f"{path}:{number}: {command}\n--- expected")
                    print("\n".join(expected))
                    print("--- got\n" + got)
    return passed, failed


def main():
    totals = [run(path) for path in sys.argv[1:]]
    passed, failed = sum(t[0] for t in totals), sum(t[1] for t in totals)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
