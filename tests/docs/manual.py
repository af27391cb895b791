#!/usr/bin/env python3
"""Commands of docs/bpftape.1.md are those of `bpftape --help`, each with what its --help says.

usage: manual.py [--update]     BPFTAPE_BUILD names the build folder
"""
import difflib
import os
import re
import subprocess
import sys

PAGE = "docs/bpftape.1.md"
BOUNDS = "<!-- commands -->\n", "<!-- /commands -->\n"


def help_of(*words):
    bpftape = os.path.join(os.environ.get("BPFTAPE_BUILD", "build-dev"), "bin", "bpftape")
    return subprocess.run([bpftape, *words, "--help"], check=True, stdout=subprocess.PIPE,
                          text=True).stdout


def wanted():
    commands = re.findall(r"^  ([a-z]+) +(.*)$", help_of(), re.M)
    assert len(commands) > 5, commands
    return "".join(f"### bpftape {name}\n\n{about}\n\n```\n{help_of(name).rstrip()}\n```\n\n"
                   for name, about in commands)


def main():
    with open(PAGE, encoding="utf-8") as f:
        page = f.read()
    head, rest = page.split(BOUNDS[0])
    found, tail = rest.split(BOUNDS[1])
    want = "\n" + wanted()
    if sys.argv[1:] == ["--update"]:
        with open(PAGE, "w", encoding="utf-8") as f:
            f.write(head + BOUNDS[0] + want + BOUNDS[1] + tail)
        return 0
    diff = list(difflib.unified_diff(found.splitlines(), want.splitlines(), PAGE, "--help",
                                     lineterm=""))
    if diff:
        print("\n".join(diff))
        print("tests/docs/manual.py --update takes what --help says")
        return 1
    print(f"ok   {PAGE}: {want.count('### ')} commands as --help says")
    return 0


sys.exit(main())
