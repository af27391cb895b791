# tests/kernel/killed.py BUILD COUNT SEED: recordings of stacks, several at a time, killed by
# SIGKILL at random moments; what is on each tape is compared with what its two workloads say they
# did.  The second starts later, from a file of its own, whose names nobody knows until then.
# Prints a line for each, and the greatest of what was missing; exit code 1 if one is wrong.
import csv
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

AT_ONCE = 5
EACH_WAY = 1000
SECOND = 10**9
NAMES_NS = 5 * SECOND
ARM_S = 60
LATE_AT = 0.2	# of its time
CPUS = sorted(os.sched_getaffinity(0))
build, count, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
bpftape = build + "/bin/bpftape"


class Recording:
    def __init__(self, number, seconds):
        self.tape, self.log, self.late_log = ("k%d.%s" % (number, end) for end in
                                              ("tape", "log", "late"))
        self.seconds, self.armed_ns, self.workers, self.late = seconds, 0, [], None
        self.turn, self.gaps = 0, 0
        self.comm = comm = "cnt%d_%d" % (os.getpid() % 10**6, number)
        self.late_dir = "late%d" % number
        os.mkdir(self.late_dir)
        for program in (comm, self.late_dir + "/" + comm):
            shutil.copy(build + "/workload/counts", program)
        self.err = open("k%d.err" % number, "w+")
        self.recorder = subprocess.Popen(
            [build + "/bin/bpftape-record", "--force", "-o", self.tape, "-e",
             "tracepoint:syscalls:sys_enter_lseek /comm == \"%s\"/"
             " { emit(args.offset, pid, kstack, ustack); }" % comm,
             "-c", "./%s %s" % (comm, self.log)], stderr=self.err)
        self.name = "%s after %.1f s" % (self.tape, seconds)

    def is_armed(self):
        return os.path.exists(self.log) and os.path.getsize(self.log) > 0

    def start_late(self):
        self.late = subprocess.Popen([self.late_dir + "/" + self.comm, self.late_log, "4"])

    def move_late(self):
        """To another CPU, in the middle of its work: its rows come through another ring then."""
        if self.late:
            os.sched_setaffinity(self.late.pid, {CPUS[self.turn % len(CPUS)]})
            self.turn += 1

    def kill(self):
        if self.recorder.poll() is None:
            self.workers = children(self.recorder.pid)
        self.killed_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        self.recorder.kill()
        self.recorder.wait()
        for pid in self.workers:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if self.late:
            self.late.kill()
            self.late.wait()

    def remove(self):
        for name in (self.tape, self.log, self.late_log, self.comm):
            if os.path.exists(name):
                os.unlink(name)
        shutil.rmtree(self.late_dir)


def said(log):
    """Call and the time it was made before, of each line."""
    if not os.path.exists(log):
        return
    with open(log) as f:
        for line in f:
            words = line.split()
            if len(words) == 2 and line.endswith("\n"):
                yield int(words[0]), int(words[1])


def done_by(log, ns):
    """How many calls had been made for sure."""
    return max((n for n, made in said(log) if made <= ns), default=0)


def made_before(log, call, otherwise):
    """A time before which the call was made."""
    return next((made for n, made in said(log) if n >= call), otherwise)


def children(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
        return [int(word) for word in f.read().split()]


def run(*args):
    return subprocess.run([bpftape, *args], capture_output=True, text=True, check=False)


def sql(tape, query):
    done = run("sql", tape, query, "--format", "csv")
    if done.returncode:
        raise ValueError("%s: sql: %s" % (tape, done.stderr.strip()))
    return list(csv.reader(io.StringIO(done.stdout)))[1:]


def rows_of(tape):
    return sql(tape, "select offset, ts, cpu, pid from sys_enter_lseek order by pid, offset")


def stacks_of(tape):
    """Calls 0 to 999, 1000 to 1999 ... and their stacks."""
    return sql(tape, "select offset / %d, max(ts), kstack, ustack, count(*) from"
           " sys_enter_lseek group by pid, 1, kstack, ustack order by pid, 1, kstack, ustack" %
           EACH_WAY)


def is_named(stack):
    way, _, kstack, ustack, _ = stack
    return (ustack.split(";")[-3:] == ["main", "way_%02x" % (int(way) % 64), "leaf"] and
        kstack.endswith(";syscall_trace_enter") and "0x" not in kstack)


def check_names(r, stacks):
    for stack in stacks:
        if int(stack[1]) <= r.killed_ns - NAMES_NS and not is_named(stack):
            return "%.3f s before the end: %s and %s" % (
                (r.killed_ns - int(stack[1])) / 1e9, stack[3], stack[2])
    return None


def unnamed_ns(r, stacks):
    """How long before the end the last row was whose names are not there."""
    return max((r.killed_ns - int(s[1]) for s in stacks if not is_named(s)), default=0)


def check_repair(tape, before):
    done = run("repair", tape, "-o", tape + ".copy")
    if done.returncode not in (0, 3):
        return "repair -o: %d %s" % (done.returncode, done.stderr)
    done = run("repair", tape)
    if done.returncode not in (0, 3):
        return "repair: %d %s" % (done.returncode, done.stderr)
    for name in (tape, tape + ".copy"):
        done = run("verify", name)
        if done.returncode:
            return "verify %s after repair: %s" % (name, done.stdout)
    after = rows_of(tape), stacks_of(tape)
    copied = rows_of(tape + ".copy")
    os.unlink(tape + ".copy")
    return None if before == after and before[0] == copied else "repair has changed rows"


def answered(tape):
    """The last call of each process that an answer of a tape without an end knows."""
    done = run("replay", tape, "-f", "json", "-e",
           "tracepoint:syscalls:sys_enter_lseek { @[pid] = max(args.offset); }")
    for line in done.stdout.splitlines():
        item = json.loads(line)
        if item["type"] == "map":
            return item["data"]["@"]
    return {}


def promised_ns(tape):
    """Every row up to here is on the tape, says its last checkpoint."""
    done = run("info", "--json", tape)
    if done.returncode:
        raise ValueError("%s: info: %s" % (tape, done.stderr.strip()))
    return json.loads(done.stdout)["end_ts"]


def check_calls(r, log, calls, in_answers):
    """What is wrong, missing ns of rows, and of answers.

    Behind the promise there may be a gap: what a process did on one CPU is not read yet, what it
    did later on another is.  Rows are then missing from the gap on.
    """
    last = next((i for i, (n, _) in enumerate(calls) if n != i + 1), len(calls))
    missing = [r.killed_ns - made_before(log, n + 1, r.killed_ns) for n in (last, in_answers)]
    done = done_by(log, r.killed_ns - SECOND)
    numbers = [n for n, _ in calls]
    if len(set(numbers)) != len(numbers) or (numbers and numbers[0] < 1):
        return "a call is there twice, or was never made", missing
    if last < len(calls) and calls[last][1] <= promised_ns(r.tape):
        return "behind call %d comes %d at %d, though all until %d are there" % (
            last, *calls[last], promised_ns(r.tape)), missing
    r.gaps += last < len(calls)
    if in_answers > last:
        return "answers know of call %d behind a gap at %d" % (in_answers, last), missing
    if min(last, in_answers) < done:
        return "%d rows, %d in answers, of %d calls made a second before" % (
            last, in_answers, done), missing
    return None, missing


def check(r):
    """What is wrong, missing ns of rows, and of answers, age of the oldest row without names."""
    rows, stacks, answers = rows_of(r.tape), stacks_of(r.tape), answered(r.tape)
    lost = sum(int(n) for n, in sql(r.tape, "select count from loss"))
    wrong, missing = "%d lost" % lost if lost else None, [0, 0]
    pids = {row[3] for row in rows}
    late = {str(r.late.pid)} if r.late else set()
    if len(pids - late) > 1:
        wrong = "rows of %s" % ", ".join(pids)
    for log, own in ((r.log, pids - late), (r.late_log, late)):
        calls = [(int(row[0]), int(row[1])) for row in rows if row[3] in own]
        what, more = check_calls(r, log, calls,
                                 max((int(answers.get(pid, 0)) for pid in own), default=0))
        wrong = wrong or what
        missing = [max(a, b) for a, b in zip(missing, more)]
    wrong = wrong or check_names(r, stacks) or check_repair(r.tape, (rows, stacks))
    return wrong, *missing, unnamed_ns(r, stacks), len(rows)


def check_or_say(r):
    try:
        return check(r)
    except ValueError as e:
        return str(e), 0, 0, 0, 0


def record_some(numbers, rng):
    recs = []
    try:
        # one by one: those that were started end even if a later one cannot start
        for n in numbers:
            recs.append(Recording(n, rng.uniform(0.2, 8)))
        yield from kill_each(recs)
    finally:
        for r in recs:
            r.kill()


def kill_each(recs):
    end = time.monotonic() + ARM_S
    while recs:
        now = time.monotonic()
        for r in list(recs):
            if not r.armed_ns and r.is_armed():
                r.armed_ns, r.workers = now, children(r.recorder.pid)
            if r.recorder.poll() is not None:
                r.err.seek(0)
                raise SystemExit("%s ended by itself: %s" % (r.tape, r.err.read()))
            if not r.armed_ns and now > end:
                raise SystemExit("%s: not armed after %d s" % (r.tape, ARM_S))
            if r.armed_ns and not r.late and now - r.armed_ns >= r.seconds * LATE_AT:
                r.start_late()
            r.move_late()
            if r.armed_ns and now - r.armed_ns >= r.seconds:
                recs.remove(r)
                r.kill()
                yield r
        time.sleep(0.002)


def main():
    rng = random.Random(seed)
    print("seed %d: killed.sh %d %d does the same again" % (seed, count, seed))
    worst, bad, gaps = [0, 0, 0], 0, 0
    for first in range(0, count, AT_ONCE):
        done = list(record_some(range(first, min(first + AT_ONCE, count)), rng))
        for r in done:
            wrong, *figures, rows = check_or_say(r)
            worst = [max(a, b) for a, b in zip(worst, figures)]
            bad += wrong is not None
            gaps += r.gaps > 0
            print("%s  %s: %d rows; missing %.3f s, %.3f s in answers; names %.3f s" % (
                "FAIL" if wrong else "ok  ", r.name, rows, *(n / 1e9 for n in figures)))
            if wrong:
                print("      seed %d: %s" % (seed, wrong))
            r.remove()
    print("at most: missing %.3f s, %.3f s in answers; names %.3f s; %d with rows behind a gap" % (
        *(n / 1e9 for n in worst), gaps))
    sys.exit(1 if bad else 0)


main()
