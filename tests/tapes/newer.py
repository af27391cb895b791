#!/usr/bin/env python3
"""Tapes as a later 1.x may write them say what they would say without what is new in them.

usage: newer.py BUILD

Each case changes golden tapes in one way that docs/format.md allows to a later version, with the
writer of tape_edit.py.  All that is said of the new tape must be what is said of the old one."""
import os
import re
import subprocess
import sys
import tempfile

import tape_edit
from tape_edit import Block, NONE

TAPES = ("stacks", "calls", "losses", "v1_1")
BEHIND = b"\x07later fields\0\xff"      # not a multiple of anything


def longer_header(tape, size=4096 - 64):
    tape.behind_header = bytes(range(1, 251)) * (size // 250) + bytes(size % 250)
    tape.minor += 7


def slightly_longer_header(tape):
    longer_header(tape, 8)


def set_header_flags(tape):
    tape.flags = 0xfffffffe


def trailing_fields(tape):
    for block in tape.blocks:
        if block.kind in tape_edit.RECORDS:
            block.set_records(block.records(), BEHIND)


def unknown_meta_keys(tape):
    for block in tape.find("META"):
        if block.stream == 0:
            block.set_records(block.records() + [
                {"key": b"later_text", "kind": 0, "num": 0, "text": b"\xffany\n", "": b""},
                {"key": b"later_num", "kind": 1, "num": 1 << 63, "text": None, "": b""},
                {"key": b"later_kind", "kind": 9, "num": 3, "text": b"x", "": b""}])


def ancillary_blocks(tape, kind=0x7ff3):
    for at in (len(tape.blocks) - 2, len(tape.blocks) // 2, 5, 0):
        tape.insert(at, Block(kind, b"something new" * 9, n_rows=3, ts_min=1, ts_max=1 << 63,
                              stream=77))


def private_blocks(tape):
    ancillary_blocks(tape, 0xc001)


def ancillary_of_unknown_codec(tape):
    ancillary_blocks(tape)
    for block in tape.find(0x7ff3):
        block.codec, block.raw_len = 9, 200


def ancillary_without_payload(tape):
    ancillary_blocks(tape)
    for block in tape.find(0x7ff3):
        block.payload = b""


def reserved_kind(tape):
    ancillary_blocks(tape, 0x400f)


def unknown_roles(tape):
    """Of columns that are leaves for us."""
    for block in tape.find("SCHEMA"):
        tables = block.records()
        for column in (column for table in tables for column in table["cols"]):
            if column["role"] == 0:
                column["role"] = 200 + column["id"] % 8
        block.set_records(tables)


def unknown_flags(tape):
    for block in tape.blocks:
        block.flags |= 0x80


def unknown_numbers(tape):
    """Kinds of files and mappings, levels, reasons: new records behind those that are known."""
    for block in tape.find("MMAP"):
        block.set_records(block.records() + [dict(block.records()[-1], kind=99, file=NONE)])


def blocks_behind_the_end(tape):
    tape.blocks += [Block(0x7ff3, b"appended"), Block("INDEX"), Block("END"), Block("TAIL")]


# Name -> what of the dumps may differ: lines that begin so are left out of the comparison.
CASES = {longer_header: "tape ", slightly_longer_header: "tape ", set_header_flags: None,
         trailing_fields: None, unknown_meta_keys: "meta_item key=\"later_", ancillary_blocks: None,
         private_blocks: None, ancillary_of_unknown_codec: None, ancillary_without_payload: None,
         reserved_kind: None, unknown_roles: "  column ", unknown_flags: None,
         unknown_numbers: "mmap ", blocks_behind_the_end: None}
# A writer of our version must not do this, so verify says it.
BREACHES = {set_header_flags: "reserved bytes are not zero", unknown_flags: "unknown flags",
            unknown_meta_keys: "META: unknown kind 9", unknown_numbers: "MMAP: unknown kind 99"}
OFFSETS = re.compile(r"( prev_off=\d+ index_off=\d+)")
SQL = """select * from events; select * from tasks; select * from loss; select * from clauses;
         select name from sqlite_master"""


class Checker:
    def __init__(self, build, folder):
        self.bpftape = os.path.join(build, "bin", "bpftape")
        self.dumper = os.path.join(build, "tests", "tape_dump")
        self.path = os.path.join(folder, "x.tape")
        self.failed = self.passed = 0

    def run(self, *command):
        done = subprocess.run([word if word != "TAPE" else self.path for word in command],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                              timeout=60, env={**os.environ, "TZ": "UTC", "LC_ALL": "C"})
        return done.returncode, (done.stdout + done.stderr).decode("utf-8", "backslashreplace")

    def save(self, tape):
        with open(self.path, "wb") as file:
            file.write(tape if isinstance(tape, bytes) else tape.bytes())

    def said(self):
        return {"front to back": self.run(self.dumper, "TAPE"),
                "by entry": self.run(self.dumper, "--load", "TAPE"),
                "replay": self.run(self.bpftape, "replay", "TAPE"),
                "fold": self.run(self.bpftape, "fold", "TAPE"),
                "sql": self.run(self.bpftape, "sql", "TAPE", SQL, "--format", "csv")}

    def check(self, what, condition, text=""):
        self.passed += condition
        self.failed += not condition
        if not condition:
            print(f"FAIL {what}\n{text}"[:3000])

    def compare(self, name, case, then):
        tape = tape_edit.load(name)
        case(tape)
        tape.seal()
        self.save(tape)
        hidden = CASES[case] or "\0"
        for what, now in self.said().items():
            lines = [[OFFSETS.sub("", line) for line in text.splitlines()
                      if not line.startswith(hidden)] for _, text in (then[what], now)]
            new = sorted(set(lines[0]) ^ set(lines[1]))[:10]
            self.check(f"{name}, {case.__name__}: {what}",
                       then[what][0] == now[0] and lines[0] == lines[1], "\n".join(new))
        code, text = self.run(self.bpftape, "verify", "TAPE")
        breaches = text.splitlines()[:-1]
        self.check(f"{name}, {case.__name__}: verify", (case in BREACHES or code == 0) and
                   all(BREACHES[case] in line for line in breaches), text)

    def refused(self, kind):
        """A block of an unknown kind that is needed: nothing is read, its number is said."""
        tape = tape_edit.load("stacks")
        tape.insert(7, Block(kind, b"needed"))
        tape.seal()
        self.save(tape)
        for command in (["replay", "TAPE"], ["fold", "TAPE"], ["info", "TAPE"],
                        ["verify", "TAPE"], ["sql", "TAPE", "select count(*) from events"]):
            code, text = self.run(self.bpftape, *command)
            self.check(f"a block of kind 0x{kind:04x}: {command[0]}",
                       code in ((1, 3) if command[0] == "verify" else (1,)) and
                       f"0x{kind:04x}" in text, text)

    def unknown_encoding(self):
        """Costs that column of that block; all rows and all other columns are there."""
        tape = tape_edit.load("calls")
        (block, *_) = [block for block in tape.find("EVENTS") if block.n_rows > 100]
        data, at = bytearray(block.payload), 8
        while data[at:at + 2] != b"\x07\0":     # the part of column 7
            at += 48
        data[at + 2] = 42
        block.payload = bytes(data)
        tape.seal()
        then = self.run(self.dumper, os.path.join(tape_edit.HERE, "good", "calls.tape"))[1]
        self.save(tape)
        for options in [], ["--load"]:
            _, now = self.run(self.dumper, *options, "TAPE")
            rows = [[line for line in text.splitlines() if line.startswith("row ")]
                    for text in (then, now)]
            pairs = [(old, new) for old, new in zip(*rows) if old != new]
            cells = [[cell for cell in zip(old.split(" "), new.split(" ")) if cell[0] != cell[1]]
                     for old, new in pairs]
            self.check("an unknown encoding", len(rows[0]) == len(rows[1]) and
                       len(pairs) == block.n_rows and
                       all(len(one) == 1 and one[0][1].endswith("=NULL") for one in cells),
                       "\n".join(map(str, pairs[:3])))


def main(build):
    with tempfile.TemporaryDirectory() as folder:
        checker = Checker(build, folder)
        for name in TAPES:
            checker.save(tape_edit.load(name))
            then = checker.said()
            for case in CASES:
                checker.compare(name, case, then)
        for kind in (0x0033, 0x3fff, 0x8001):
            checker.refused(kind)
        checker.unknown_encoding()
    print(f"{checker.passed} claims hold, {checker.failed} do not")
    return 1 if checker.failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
