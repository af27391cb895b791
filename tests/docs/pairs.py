#!/usr/bin/env python3
"""Run the scripts of Markdown files and compare what they print.

A block ```bt that a block ```text follows (blank lines may lie between) is a whole script and
exactly what `bpftape run` prints on stdout, but for blank lines before and behind; it has to end by
itself and with code 0.  A block ```bt alone only has to compile (`bpftape record --dry-run`).
Several run at once: each takes some tenths of a second, most of it waiting for the kernel.  With
--count the number of pairs is printed and nothing is run.
"""
import concurrent.futures
import os
import subprocess
import sys
import tempfile

WORKERS = 4
SECONDS = 30


def blocks(path):
    """(line number, info text, text, follows the block before) of each fenced block."""
    start = None
    is_next = False
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        if start is None and line.startswith("```"):
            start, info, lines = number, line[3:].strip(), []
        elif start is None:
            is_next = is_next and not line.strip()
        elif line.rstrip("\n") == "```":
            yield start, info, "".join(lines), is_next
            start, is_next = None, True
        else:
            lines.append(line)
    if start is not None:
        sys.exit(f"{path}:{start}: the block does not end")


def examples(path):
    """[line number, script, expected text or None]."""
    found = []
    is_script = False
    for number, info, text, is_next in blocks(path):
        if info == "text" and is_next and is_script:
            found[-1][2] = text
        is_script = info == "bt"
        if is_script:
            found.append([number, text, None])
    return found


def run(path, number, script, expected):
    """'' or what is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "example.bt"), "w", encoding="utf-8") as file:
            file.write(script)
        command = ["bpftape"] + (["record", "--dry-run"] if expected is None else ["run"])
        try:
            done = subprocess.run(command + ["example.bt"], cwd=folder, timeout=SECONDS,
                                  stdin=subprocess.DEVNULL, capture_output=True,
                                  env=dict(os.environ, TZ="UTC", LC_ALL="C"))
        except subprocess.TimeoutExpired:
            return f"{path}:{number}: does not end\n"
    got = done.stdout.decode(errors="replace")
    if done.returncode == 0 and (expected is None or expected.strip("\n") == got.strip("\n")):
        return ""
    said = done.stderr.decode(errors="replace")
    return (f"{path}:{number}: code {done.returncode}\n{script}--- expected\n{expected or ''}"
            f"--- got\n{got}--- stderr\n{said}")


def main():
    arguments = sys.argv[1:]
    is_count = arguments[:1] == ["--count"]
    todo = [(path, *e) for path in arguments[is_count:] for e in examples(path)]
    if is_count:
        print(sum(e[3] is not None for e in todo))
        return
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        wrong = [w for w in pool.map(lambda e: run(*e), todo) if w]
    print("\n".join(wrong), end="")
    print(f"{len(todo) - len(wrong)} passed, {len(wrong)} failed")
    sys.exit(1 if wrong or not todo else 0)


if __name__ == "__main__":
    main()
