#!/usr/bin/env python3
"""Inputs of fuzz_plan and fuzz_tables from tapes: table blocks with their frames undone.

usage: corpus_plan.py [--all] TAPE... > INPUT

fuzz_plan wants META, SCHEMA, PLAN and TYPES, fuzz_tables all kinds.
"""
import struct
import subprocess
import sys

SYNC = bytes.fromhex("d74e91c3b806fa2d")
HEADER = struct.Struct("<8sHBBIIIQQQIIII")
WANTED = (0x01, 0x02, 0x13, 0x14)
NO_TABLES = (0x0a, 0x15, 0x4011, 0x12, 0x4016)
REPEAT = 4


def blocks(tape):
    at = tape.find(SYNC)
    while at >= 0 and at + HEADER.size <= len(tape):
        sync, kind, codec, flags, rows, stored, *_ = HEADER.unpack_from(tape, at)
        if sync != SYNC:
            break
        payload = tape[at + HEADER.size:at + HEADER.size + stored]
        if codec == 1:
            payload = subprocess.run(["zstd", "-dcq"], input=payload, check=True,
                                     stdout=subprocess.PIPE).stdout
        if not flags & REPEAT:
            yield kind, rows, payload
        at += HEADER.size + (stored + 7 & ~7)


def main():
    paths = sys.argv[1:]
    takes_all = paths[:1] == ["--all"]
    for path in paths[takes_all:]:
        with open(path, "rb") as f:
            tape = f.read()
        for kind, rows, payload in blocks(tape):
            if kind not in NO_TABLES if takes_all else kind in WANTED:
                head = struct.pack("<HHI", kind, min(rows, 0xffff), len(payload))
                sys.stdout.buffer.write(head + payload)


main()
