#!/usr/bin/env python3
"""Make tapes of parts that a writer seldom or never makes, from docs/format.md alone.

usage: made_parts.py DIR

Writes DIR/good.tape and DIR/bad.tape, a block a case, and checks that samples/read_tape.py finds
the values in the first; and in the second NULL in the columns that are lost, and that it says so.
"""
import re
import struct
import subprocess
import sys

sys.path.insert(0, "samples")
import read_tape
from read_tape import CONST, DELTA, DICT, FOR, GROUP, LIST, NULLS, PALETTE, RAW, SAMEAS, SCALE, VAR

TS, KEY, VAL, STR, LST = range(5)       # columns of the table
N = 6
PICKS = bytes([2, 0, 1, 2, 0, 0])       # of the key: rows 1, 4, 5, then 2, then 0, 3
ORDER = [1, 4, 5, 2, 0, 3]
WORDS = [b"zero", b"one", b"two"]


def part(col, enc, width=0, data=b"", *, aux=0, step=0, flags=0, frames=0):
    """frames: over how many the bytes are spread; 0: they are not packed."""
    raw, cut = len(data), -(-len(data) // max(frames, 1))
    if frames:
        flags |= 1
        data = b"".join(subprocess.run(["zstd", "-cq", "--no-check"], input=data[at:at + cut],
                                       stdout=subprocess.PIPE, check=True).stdout
                        for at in range(0, raw, cut))
    return col, enc, width, flags, step, aux, raw, data


def planes(width, *values):
    return b"".join(bytes(value >> 8 * i & 255 for value in values) for i in range(width))


def grouped(values):
    return [values[row] for row in ORDER]


def key(picks=PICKS, **more):
    return part(KEY, PALETTE, 2, planes(2, 0, 300, 7) + picks, **{"aux": 1000, "step": 3, **more})


def default(col, time):
    """What a column has that a case does not name."""
    return {TS: [part(TS, DELTA, aux=time, step=10)], KEY: [key()], VAL: [part(VAL, CONST, aux=9)],
            STR: [part(STR, DICT)], LST: [part(LST, LIST), part(LST, CONST)]}[col]


KEYS = [1007, 1000, 1300, 1007, 1000, 1000]
VALUES = [5, 70000, 5, 0, 1 << 40, 77]
SIGNED = [5, -3, 5, 0, -1, 77]
WIDE = part(VAL, FOR, 8, planes(8, *grouped(VALUES)))
IDS = [2, 0, 1, 2, 0, 1]
GROUP_VAL = part(VAL, GROUP, aux=KEY)
GROUP_STR = part(STR, GROUP, aux=KEY)
PLAIN = part(KEY, FOR, 2, planes(2, *KEYS))
MANY = bytes(range(256))

GOOD = {        # name: (parts that are not as default() has them, column: values)
    "palette": ([], {KEY: KEYS}),
    "frames": ([key(frames=4)], {KEY: KEYS}),
    "byte_frames": ([part(VAL, FOR, 8, planes(8, *VALUES), frames=48)], {VAL: VALUES}),
    "modulo": ([key(aux=(1 << 64) - 300)], {KEY: [(1 << 64) - 293, (1 << 64) - 300, 0,
                                                  (1 << 64) - 293, *[(1 << 64) - 300] * 2]}),
    "no_numbers": ([part(KEY, PALETTE, 0, PICKS, aux=8, step=256), GROUP_VAL, WIDE],
                   {KEY: [8] * N, VAL: VALUES}),
    "whole_palette": ([part(VAL, PALETTE, 1, MANY + bytes([255, 0, 128, 127, 1, 2]), step=256)],
                      {VAL: [255, 0, 128, 127, 1, 2]}),
    "twice": ([part(VAL, PALETTE, 1, bytes([4, 4, 4]) + PICKS, step=3)], {VAL: [4] * N}),
    "scaled": ([part(VAL, SCALE, aux=1000),
                part(VAL, PALETTE, 1, bytes([1, 2, 3]) + PICKS, step=3)],
               {VAL: [3000, 1000, 2000, 3000, 1000, 1000]}),
    "nulls": ([part(VAL, NULLS, 0, b"\x12", aux=2),
               part(VAL, PALETTE, 1, b"\x07\x09" + bytes([0, 1, 1, 0]), step=2)],
              {VAL: [7, "", 9, 9, "", 7]}),
    "list": ([part(LST, LIST, 1, bytes([2, 0, 1, 0, 0, 1])),
              part(LST, PALETTE, 1, b"\x07\x09" + bytes([0, 1, 1, 0]), step=2)],
             {LST: ["7;9", "", "9", "", "", "7"]}),
    "group_for": ([GROUP_VAL, WIDE], {VAL: VALUES}),
    "group_raw": ([GROUP_VAL, part(VAL, RAW, 8, struct.pack("<6Q", *grouped(VALUES)))],
                  {VAL: VALUES}),
    "group_delta": ([GROUP_VAL, part(VAL, DELTA, 0, aux=1, step=1)], {VAL: [5, 1, 4, 6, 2, 3]}),
    "group_const": ([GROUP_VAL, part(VAL, CONST, aux=3)], {VAL: [3] * N}),
    "group_palette": ([GROUP_VAL, part(VAL, PALETTE, 1, b"\x07\x09" + bytes([0, 1, 1, 0, 0, 1]),
                                       step=2)], {VAL: [7, 7, 7, 9, 9, 9]}),
    "group_dict": ([GROUP_STR, part(STR, DICT, 1, bytes(grouped(IDS)))],
                   {STR: [WORDS[i].decode() for i in IDS]}),
    "sameas_palette": ([part(VAL, SAMEAS, aux=KEY)], {VAL: KEYS}),
    "key_frames": ([key(frames=3), GROUP_VAL, WIDE], {VAL: VALUES}),
}
BAD = {         # name: (parts, the columns that are lost)
    "pick": ([key(bytes([2, 0, 3, 2, 0, 0]))], [KEY]),
    "pick_key": ([key(bytes([2, 0, 3, 2, 0, 0])), GROUP_VAL, WIDE], [KEY, VAL]),
    "no_step": ([part(KEY, PALETTE, 1, PICKS)], [KEY]),
    "large_step": ([part(KEY, PALETTE, 1, MANY + b"\0" + PICKS, step=257)], [KEY]),
    "huge_step": ([part(KEY, PALETTE, 0, PICKS, step=0xFFFFFFFF)], [KEY]),
    "short": ([key(PICKS[:-1])], [KEY]),
    "long": ([key(PICKS + b"\0")], [KEY]),
    "wide": ([part(KEY, PALETTE, 9, bytes(9) + bytes(N), step=1)], [KEY]),
    "key_for": ([PLAIN, GROUP_VAL, WIDE], [VAL]),
    "key_const": ([part(KEY, CONST), GROUP_VAL, part(VAL, CONST)], [VAL]),
    "key_scaled": ([part(KEY, SCALE, aux=2), key(), GROUP_VAL, WIDE], [VAL]),
    "key_nulls": ([part(KEY, NULLS, 0, b"\0"), key(), GROUP_VAL, WIDE], [VAL]),
    "key_itself": ([part(VAL, GROUP, aux=VAL),
                    part(VAL, PALETTE, 1, b"\1\2\3" + PICKS, step=3)], [VAL]),
    "key_unknown": ([part(VAL, GROUP, aux=99), WIDE], [VAL]),
    "key_modulo": ([part(VAL, GROUP, aux=KEY + (1 << 32)), WIDE], [VAL]),
    "key_grouped": ([GROUP_VAL, part(VAL, PALETTE, 1, b"\1\2\3" + PICKS, step=3),
                     part(STR, GROUP, aux=VAL), part(STR, DICT)], [STR]),
    "group_nulls": ([part(VAL, NULLS, 0, b"\0"), GROUP_VAL, WIDE], [VAL]),
    "nulls_behind": ([GROUP_VAL, part(VAL, NULLS, 0, b"\0"), WIDE], [VAL]),
    "group_list": ([part(LST, LIST, 0, aux=1), part(LST, GROUP, aux=KEY), part(LST, CONST)],
                   [LST]),
    "group_scale": ([GROUP_VAL, part(VAL, SCALE, aux=2), WIDE], [VAL]),
    "scale_group": ([part(VAL, SCALE, aux=2), GROUP_VAL, WIDE], [VAL]),
    "group_sameas": ([GROUP_VAL, part(VAL, SAMEAS, aux=KEY)], [VAL]),
    "group_var": ([GROUP_STR, part(STR, VAR, 0, aux=1), part(STR, RAW, 1, b"abcdef")], [STR]),
    "group_word": ([GROUP_STR, part(STR, FOR, 1, bytes(N))], [STR]),
    "group_alone": ([GROUP_VAL], [VAL]),
    "group_twice": ([GROUP_VAL, GROUP_VAL, WIDE], [VAL]),
    "group_end": ([GROUP_VAL, part(VAL, FOR, 1, bytes(N - 1))], [VAL]),
    "palette_bytes": ([part(STR, PALETTE, 1, b"\0" + bytes(N), step=1)], [STR]),
    "frame_short": ([key(frames=2)[:6] + (12 + 1, key(frames=2)[7])], [KEY]),
    "frame_long": ([key(frames=2)[:6] + (12 - 1, key(frames=2)[7])], [KEY]),
    "frame_trash": ([key(frames=2)[:7] + (key(frames=2)[7] + b"x",)], [KEY]),
    "frame_none": ([key()[:3] + (1,) + key()[4:]], [KEY]),
    "group_bytes": ([part(VAL, GROUP, 1, bytes(N), aux=KEY), WIDE], [VAL]),
    "encoding": ([part(VAL, 12, 1, bytes(N))], [VAL]),
}


def text(data):
    return struct.pack("<I", len(data)) + data


def listed(*records):
    return struct.pack("<I", len(records)) + b"".join(map(text, records))


def schema():
    kinds = ((0, 1, 0, 0), (0, 0, 0, 0), (0, 0, 0, 0), (2, 0, 0, 1), (0, 0, 1, 0))
    cols = [struct.pack("<HBBBII", i, phys, role, flags, read_tape.NONE, dictionary) +
            text(b"ts key val str lst".split()[i]) + b"\xff" * 8
            for i, (phys, role, flags, dictionary) in enumerate(kinds)]
    return bytes(8) + text(b"cases") + \
        listed(struct.pack("<I", 0) + text(b"BEGIN")) + listed(*cols)


def events(parts, time):
    others = set(range(5)) - {one[0] for one in parts}
    every = sorted(parts + [one for col in others for one in default(col, time)],
                   key=lambda one: one[0])
    directory, data, raw_len = b"", b"", 8 + 48 * len(every)
    start = raw_len
    for col, enc, width, flags, step, aux, raw, stored in every:
        directory += struct.pack("<HBBIIIIIQQQ", col, enc, width, flags, start + len(data),
                                 len(stored), raw, step, aux, 0, 0)
        data += stored + bytes(-len(stored) % 8)
        raw_len += raw + 7 & ~7
    return struct.pack("<II", len(every), 0) + directory + data, raw_len


class Tape:
    def __init__(self):
        uuid = bytes(range(16))
        self.tag, self.seq = read_tape.crc32c(uuid), 0
        self.data = read_tape.MAGIC + struct.pack("<HHI16sIIQ12x", 1, 3, 64, uuid, self.tag, 0, 0)
        self.data += struct.pack("<I", read_tape.crc32c(self.data))

    def block(self, kind, payload, n_rows, *, raw_len=None, codec=0, time=0):
        head = read_tape.SYNC + struct.pack(
            "<HBBIIIQQQIII", kind, codec, 1 if codec else 0, n_rows, len(payload),
            len(payload) if raw_len is None else raw_len, self.seq, time,
            time + 50 if codec else time, 0, read_tape.crc32c(payload), self.tag)
        self.data += head + struct.pack("<I", read_tape.crc32c(head)) + payload + \
            bytes(-len(payload) % 8)
        self.seq += 1


def make(path, cases):
    tape = Tape()
    tape.block(2, listed(schema()), 1)
    plan = listed(struct.pack("<5I", 0, 0, 0, 0, 1) + text(b"cases") + text(b"") +
                  b"\xff" * 4 + bytes(8) + b"\xff" * 4)
    tape.block(19, struct.pack("<I", len(plan) + 4) + plan + bytes(4), 1)
    section = struct.pack("<IIII", 1, 0, 3, len(b"".join(WORDS)))
    section += struct.pack("<III", *map(len, WORDS)) + b"".join(WORDS)
    tape.block(3, struct.pack("<II", 1, 0) + section + bytes(-len(section) % 4), 0)
    for i, (parts, _) in enumerate(cases.values(), 1):
        payload, raw_len = events(parts, 100 * i)
        tape.block(10, payload, N, raw_len=raw_len, codec=2, time=100 * i)
    with open(path, "wb") as file:
        file.write(tape.data)


def read(path):
    """For each block its columns, and those of them that the reader says are lost."""
    done = subprocess.run([sys.executable, "samples/read_tape.py", path, "cases"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    rows = [line.split(",") for line in done.stdout.decode().splitlines()]
    lost = re.findall(r"block (\d+) \(EVENTS\): column (\w+)", done.stderr.decode())
    for i, start in enumerate(range(1, len(rows), N), 3):
        yield ([list(col) for col in zip(*rows[start:start + N])],
               [rows[0].index(col) for block, col in lost if block == str(i)])


def main(work):
    wrong = 0
    for which, cases in (("good", GOOD), ("bad", BAD)):
        path = f"{work}/{which}.tape"
        make(path, cases)
        found = list(read(path))
        wrong += len(found) != len(cases)
        for (name, (_, expected)), (columns, lost) in zip(cases.items(), found):
            good = lost == (expected if which == "bad" else [])
            for col in expected:
                values = [""] * N if which == "bad" else list(map(str, expected[col]))
                good = good and columns[col] == values
            if not good:
                print(f"{which} {name}: {columns}, lost {lost}, not {expected}")
                wrong += 1
    print(f"{len(GOOD)} good and {len(BAD)} bad cases, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
