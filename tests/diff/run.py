#!/usr/bin/env python3
"""tests/diff/run.py: random programs (gen.py) by bpftrace and by bpftape, the same text.

usage: run.py [--newest ROOT] [--count N] [--seed S] [--batch N] [--jobs N] [--shrink]

Beside bpftrace 0.17, with --compat 0.17; or, with --newest, beside bpftrace 0.27 in the Debian root
ROOT (tests/oracle/update.sh says how it is made), with --compat 0.27.  BATCH programs make one
script, as a start of bpftrace takes longer than its programs.  Where the answers differ each
program is run alone, and those that do differ are printed with both answers; with --shrink
statements are taken away as long as they differ.  Programs of which bpftrace makes code that the
kernel refuses are left out and counted; more than some are a failure.  Lines are compared program
by program: which of two programs that fire at once is first is left to chance.  Needs root.
"""
import argparse
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import threading

import gen

WORK = "/tmp/bpftape-diff"  # the same path in both roots: programs print it
SHOWN_MAX = 20
TIMEOUT = 90
REFUSED_MAX = 0.03  # of the programs: bpftrace makes code of them that the kernel does not take
NOISE = re.compile(r"Attaching \d+ probes?\.\.\.|Attached \d+ probes?|\s*")
CHROOT = """
mount --bind /proc "$ROOT/proc" && mount --rbind /sys "$ROOT/sys" &&
mount --bind /dev "$ROOT/dev" && exec chroot "$ROOT" bpftrace "$@"
"""


class Refused(Exception):
    pass


def cgroup():
    for line in open("/proc/mounts", encoding="utf-8"):
        fields = line.split()
        if fields[2] == "cgroup2":
            return fields[1]
    return "/sys/fs/cgroup"


def entries(lines):
    """Map and value (of a histogram the counts together) of each entry, and its lines; None and
    None for other lines."""
    found = []
    for line in lines:
        head = re.match(r"(@\w+)\[.*\]: (.*)", line)
        row = re.match(r"[\[(].*[\])] +(\d+) \|", line)
        if head:
            found.append([head.group(1), head.group(2), [line]])
        elif row and found and found[-1][0]:
            found[-1][1] = int(found[-1][1] or 0) + int(row.group(1))
            found[-1][2].append(line)
        else:
            found.append([None, None, [line]])
    return found


def order_entries(lines):
    """Entries of one map that have equal values have no order: by text."""
    out, run, last = [], [], None
    for name, value, text in entries(lines):
        if (name, value) != last:
            out += sorted(run)
            run = []
        last = name, value
        if name:
            run.append(text)
        else:
            out.append(text)
    return [line for text in out + sorted(run) for line in text]


def by_program(text):
    """number: its lines"""
    answers = {}
    current = None
    for line in text.split("\n"):
        marked = re.match(r"(\d+)\|(sys )?", line)
        own = re.match(r"@p(\d+)_", line)
        if marked and marked.group(2):  # a command's own output: it comes when it comes
            answers.setdefault(int(marked.group(1)), [[], []])[1].append(line)
            continue
        if marked or own:
            current = int((marked or own).group(1))
        if not marked and not NOISE.fullmatch(line):
            answers.setdefault(current, [[], []])[0].append(line)
    return {n: order_entries(a) + sorted(b) for n, (a, b) in answers.items()}


class Runner:
    def __init__(self, args):
        self.root = args.newest
        self.version = "0.27" if self.root else "0.17"
        self.bpftape = os.path.join(os.environ["BPFTAPE_BUILD"], "bin/bpftape")
        for root in ["", self.root] if self.root else [""]:
            os.makedirs(root + WORK, exist_ok=True)
            shutil.copy(os.path.join(os.environ["BPFTAPE_BUILD"], "workload/values"), root + WORK)
        self.is_shrinking = args.shrink
        self.reported = self.refused = 0
        self.printing = threading.Lock()

    def close(self):
        for root in ["", self.root] if self.root else [""]:
            shutil.rmtree(root + WORK, ignore_errors=True)

    def execute(self, command, env=None):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False,
                              timeout=TIMEOUT, env=env)
        if done.returncode:
            said = done.stderr.decode(errors="replace")
            raise Refused(f"code {done.returncode}: " + "\n".join(
                [line for line in said.split("\n") if "rror" in line][:4] or [said[-300:]]))
        return by_program(done.stdout.decode(errors="backslashreplace"))

    def theirs(self, path):
        options = ["--unsafe", "-c", WORK + "/values", path, "5", "text"]
        if not self.root:
            return self.execute(["bpftrace"] + options)
        shutil.copy(path, self.root + path)
        return self.execute(["unshare", "-m", "--propagation", "private", "bash", "-c", CHROOT,
                             "bash"] + options, dict(os.environ, ROOT=self.root))

    def ours(self, path):
        return self.execute([self.bpftape, "run", "-q", "--unsafe", "--compat", self.version, "-c",
                             WORK + "/values", path, "5", "text"])

    def compare(self, programs, is_alone=False):
        """(theirs, ours) where they differ, by program number; None: no single program."""
        path = f"{WORK}/{programs[0].number}-{len(programs)}.bt"
        with open(path, "w", encoding="utf-8") as file:
            file.write(gen.script(programs))
        answers = []
        for run in (self.theirs,) if is_alone else (self.theirs, self.ours):
            try:
                answers.append(run(path))
            except Refused as said:
                answers.append(f"{'bpftape' if answers else 'bpftrace'}: {said}")
            except subprocess.TimeoutExpired:
                answers.append("does not end")
        if is_alone:
            answers.append({})
        a, b = answers
        if isinstance(a, str) or isinstance(b, str):
            return {None: (str(a)[:600], str(b)[:600])}
        return {n: (a.get(n), b.get(n)) for n in sorted(set(a) | set(b), key=str)
                if a.get(n) != b.get(n)}


def shrink(runner, program, kind):
    """Take statements away as long as there is a difference of that kind."""
    def differs():
        found = runner.compare([program])
        return found and (None in found) == kind

    for items, least in ((program.end, 0), (program.statements, 0)):
        i = len(items) - 1
        while i >= least:
            taken = items.pop(i)
            if not differs():
                items.insert(i, taken)
            i -= 1
    if program.predicate:
        kept, program.predicate = program.predicate, ""
        if not differs():
            program.predicate = kept
    return program


def report(runner, program, found):
    if runner.is_shrinking:
        shrink(runner, program, None in found)
        found = runner.compare([program]) or found
    with runner.printing:
        show(runner, program, found)


def show(runner, program, found):
    print(f"---- program {program.number}\n{gen.script([program])}")
    for a, b in found.values():
        print("-- bpftrace " + runner.version)
        print(a if isinstance(a, str) else "\n".join(a or []))
        print("-- bpftape")
        print(b if isinstance(b, str) else "\n".join(b or []))
    sys.stdout.flush()


def suspects(runner, programs):
    """Those that differ alone, of programs that differ together: halves of halves."""
    if len(programs) == 1:
        found = runner.compare(programs)
        return [(programs[0], found)] if found else []
    half = len(programs) // 2
    out = []
    for part in (programs[:half], programs[half:]):
        if runner.compare(part):
            out += suspects(runner, part)
    return out


def is_not_loaded(found):
    return None in found and "Error loading program" in found[None][0]


def check(runner, programs):
    """How many differ."""
    found = runner.compare(programs)
    if is_not_loaded(found):
        alone = [p for p in programs if is_not_loaded(runner.compare([p], True))]
        runner.refused += len(alone)
        programs = [p for p in programs if p not in alone]
        found = runner.compare(programs) if programs else {}
    if not found:
        return 0
    if None in found:
        wrong = suspects(runner, programs)
    else:
        alone = [p for p in programs if p.number in found]
        wrong = [(p, f) for p in alone for f in [runner.compare([p])] if f]
    if not wrong:
        print(f"---- programs {programs[0].number} and on: differ only together\n{found}")
        return 1
    for program, differs in wrong:
        runner.reported += 1
        if runner.reported <= SHOWN_MAX:
            report(runner, program, differs)
    return len(wrong)


def open_seeds():
    """Programs that are known to differ from 0.17."""
    with open("open.txt", encoding="utf-8") as file:
        return {int(line.split(":")[0]) for line in file if line[0].isdigit()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--newest")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--shrink", action="store_true")
    args = parser.parse_args()
    runner = Runner(args)
    group = cgroup()
    left_out = set() if args.newest else open_seeds()
    batches = [[gen.program(n, group)
                for n in range(first, min(first + args.batch, args.seed + args.count))
                if n not in left_out]
               for first in range(args.seed, args.seed + args.count, args.batch)]
    try:
        with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
            wrong = sum(pool.map(lambda b: check(runner, b), batches))
    finally:
        runner.close()
    count = sum(len(batch) for batch in batches)
    print(f"{args.count - count} not compared: known to differ, open.txt says how")
    print(f"{count - wrong - runner.refused} passed, {wrong} failed, "
          f"{runner.refused} skipped: not loaded by bpftrace")
    sys.exit(1 if wrong or runner.refused > max(2, REFUSED_MAX * args.count) else 0)


if __name__ == "__main__":
    main()
