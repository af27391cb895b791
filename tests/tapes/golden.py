#!/usr/bin/env python3
"""Compare what is said of each golden tape with what was said of it when it was added.

usage: golden.py BUILD [--update] [TAPE...]      (default: tests/tapes/good/*.tape)

Beside NAME.tape lies NAME.dump.xz, a JSON object: name of an output -> the output.
  dump    lines of tape_dump.c: every record, every row; front to back and by entry
  info    the object of info --json --blocks; what is there now may have more keys
  sql     table -> its columns and rows; now there may be more tables and columns
  out     command line -> stdout of replay, fold and the like (exact)
--update adds a dump where there is none; one that is there never changes."""
import csv
import difflib
import glob
import importlib
import io
import json
import lzma
import os
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
GOOD = os.path.join(HERE, "good")
# Beside "replay TAPE", which all have.  Of tapes whose stacks have names: fold as well.
MORE = {
    "stacks": [["fold", "TAPE"], ["fold", "TAPE", "--by", "comm", "--user"]],
    "calls": [["fold", "TAPE", "--table", "sys_exit_read", "--by", "comm"],
              ["hist", "TAPE", "ret", "--table", "sys_exit_read", "--by", "comm"],
              ["replay", "TAPE", "--format", "json"]],
    "nulls": [["fold", "TAPE", "--table", "profile_hz_99"],
              ["fold", "TAPE", "--table", "sys_enter_openat"]],
}
HIDDEN = ("tape",)      # keys of info that say where the tape lies


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                          timeout=120, env={**os.environ, "TZ": "UTC", "LC_ALL": "C"})
    out = done.stdout.decode("utf-8", "backslashreplace")
    if done.returncode not in (0, 3):
        out += f"exit {done.returncode}\n" + done.stderr.decode("utf-8", "backslashreplace")
    return out


def table(text):
    rows = list(csv.reader(io.StringIO(text, newline="")))
    return {"columns": rows[0] if rows else [], "rows": rows[1:]}


class Said:
    """What this build says of a tape."""

    def __init__(self, build, tape):
        self.bpftape = os.path.join(build, "bin", "bpftape")
        self.dumper = os.path.join(build, "tests", "tape_dump")
        self.tape = tape

    def dump(self, *options):
        return run(self.dumper, *options, self.tape)

    def info(self):
        found = json.loads(run(self.bpftape, "info", self.tape, "--json", "--blocks"))
        return {key: value for key, value in found.items() if key not in HIDDEN}

    def sql(self, query):
        return table(run(self.bpftape, "sql", self.tape, query, "--format", "csv"))

    def sql_tables(self):
        """Each once: a table has the names of its probes as well."""
        seen = {}
        for name, sql in self.sql("select name, sql from sqlite_master")["rows"]:
            seen.setdefault(sql.rpartition(" USING ")[2] if "tape_table" in sql else name, name)
        return {name: self.sql(f'select * from "{name}"') for name in seen.values()}

    def out(self, words):
        return run(self.bpftape, *(self.tape if word == "TAPE" else word for word in words))

    def everything(self):
        name = os.path.basename(self.tape).removesuffix(".tape")
        commands = [["replay", "TAPE"], *MORE.get(name, [])]
        return {"dump": self.dump(), "info": self.info(), "sql": self.sql_tables(),
                "out": {" ".join(words): self.out(words) for words in commands}}


class Kinds:
    """Kinds of blocks and encodings of tapes, by the other reader (samples/read_tape.py)."""

    def __init__(self):
        sys.path.insert(0, os.path.join(HERE, "..", "..", "samples"))
        self.lib = importlib.import_module("read_tape")
        self.blocks, self.encodings = set(), set()

    def add(self, tape):
        with open(tape, "rb") as file:
            for kind, block in self.lib.scan(file):
                self.blocks.add(kind)
                if kind in ("EVENTS", "MIXED"):
                    self.add_rows(kind, block)

    def add_rows(self, kind, block):
        lib, data = self.lib, block.payload
        if block.codec == 1:
            data = lib.unpack([(data, block.raw_len)])[0]
        runs = [data] if kind == "EVENTS" else []
        for i in range(struct.unpack_from("<II", data)[0] if kind == "MIXED" else 0):
            off, size = struct.unpack_from("<II", data, 8 + 40 * i + 8)
            runs.append(data[off:off + size])
        for run_data in runs:
            self.encodings.update(part.enc for part, _ in lib.parts_of(run_data, None)[0])

    def missing(self):
        """What no golden tape has."""
        return sorted(set(self.lib.KINDS.values()) - self.blocks) + \
            sorted(f"encoding {enc}" for enc in set(range(12)) - self.encodings)


def differences(then, now, where):
    """Lines on what is missing or another now.  Keys that are new are none of them."""
    if isinstance(then, dict) and isinstance(now, dict):
        for key, value in then.items():
            if key not in now:
                yield f"{where}.{key} is gone"
            else:
                yield from differences(value, now[key], f"{where}.{key}")
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for number, pair in enumerate(zip(then, now)):
            yield from differences(*pair, f"{where}[{number}]")
    elif isinstance(then, str) and isinstance(now, str) and then != now:
        yield from list(difflib.unified_diff(then.splitlines(), now.splitlines(),
                                             f"{where} then", "now", n=0, lineterm=""))[:40]
    elif then != now:
        yield f"{where} was {then!r}, is {now!r}"


def compare(said, golden):
    yield from differences(golden["dump"], said.dump(), "dump")
    yield from differences(golden["dump"], said.dump("--load"), "dump by entry")
    yield from differences(golden["info"], said.info(), "info")
    for name, then in golden["sql"].items():
        columns = ", ".join('"' + column.replace('"', '""') + '"' for column in then["columns"])
        now = said.sql(f'select {columns} from "{name}"')
        yield from differences(then, now, f"sql.{name}")
    for command, then in golden["out"].items():
        yield from differences(then, said.out(command.split(" ")), command)


def check(build, tape, is_update):
    path = tape.removesuffix(".tape") + ".dump.xz"
    said = Said(build, tape)
    if not os.path.exists(path):
        if not is_update:
            print(f"{tape}: there is no dump of it")
            return False
        packed = json.dumps(said.everything(), indent=0).encode()
        with open(path, "wb") as file:
            file.write(lzma.compress(packed, preset=9))
    with open(path, "rb") as file:
        golden = json.loads(lzma.decompress(file.read()))
    found = list(compare(said, golden))
    lines = golden["dump"].count("\n")
    print(f"{os.path.basename(tape)}: {lines} lines, {len(golden['sql'])} tables, "
          f"{len(golden['out'])} outputs: " + ("NOT what was said" if found else "the same"))
    print("".join(line + "\n" for line in found[:100]), end="")
    return not found


def main(build, *arguments):
    tapes = [word for word in arguments if not word.startswith("--")]
    good, kinds = True, Kinds()
    for tape in tapes or sorted(glob.glob(os.path.join(GOOD, "*.tape"))):
        good &= check(build, tape, "--update" in arguments)
        kinds.add(tape)
    for what in kinds.missing() if not tapes else []:
        print(f"no golden tape has {what}")
        good = False
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
