#!/usr/bin/env python3
"""Inputs of fuzz_plan from tapes: META, SCHEMA, PLAN and TYPES with their frames undone.

usage: corpus_plan.py TAPE... > INPUT
"""
import struct
import subprocess
import sys

SYNC = bytes.fromhex("d74e91c3b806fa2d")
HEADER = struct.Struct("<8sHBBIIIQQQIIII")
WANTED = (0x01, 0x02, 0x13, 0x14)


def blocks(tape):
    at = tape.find(SYNC)
    while at >= 0 and at + HEADER.size <= len(tape):
        sync, kind, codec, _, rows, stored, *_ = HEADER.unpack_from(tape, at)
        if sync != SYNC:
            break
        payload = tape[at + HEADER.size:at + HEADER.size + stored]
        if codec == 1:
            payload = subprocess.run(["zstd", "-dcq"], input=payload, check=True,
                                     stdout=subprocess.PIPE).stdout
        yield kind, rows, payload
        at += HEADER.size + (stored + 7 & ~7)


def main():
    for path in sys.argv[1:]:
        with open(path, "rb") as f:
            tape = f.read()
        for kind, rows, payload in blocks(tape):
            if kind in WANTED:
                head = struct.pack("<HHI", kind, min(rows, 0xffff), len(payload))
                sys.stdout.buffer.write(head + payload)


main()
