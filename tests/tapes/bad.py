#!/usr/bin/env python3
"""Tapes that are none, or bad ones: what exactly is said of each.

usage: bad.py BUILD [--update] [NAME...]

A recipe below makes a bad tape of a golden one.  What info, replay, sql, verify and repair answer,
with their exit codes, is bad/NAME.exact.  --update writes those files: look at the difference."""
import difflib
import multiprocessing.pool
import os
import struct
import subprocess
import sys
import tempfile

import tape_edit
from tape_edit import Block

SHOWN = 12      # lines of an output
SQL = "select count(*) from events; select cause, count, note from loss"
COMMANDS = [["info", "bad.tape"], ["replay", "bad.tape"],
            ["sql", "bad.tape", SQL, "--format", "csv"],
            ["verify", "bad.tape"], ["repair", "bad.tape", "-o", "good.tape"],
            ["verify", "good.tape"]]
RECIPES = {}


def recipe(make):
    RECIPES[make.__name__] = make
    return make


def edited(name="stacks"):
    """A recipe that changes a tape; it is put together again, sums and offsets and all."""
    def decorate(change):
        def make():
            tape = tape_edit.load(name)
            changed = change(tape)
            if changed is None:
                tape.seal()
            return tape.bytes()
        make.__name__, make.__doc__ = change.__name__, change.__doc__
        return recipe(make)
    return decorate


def raw(name="stacks"):
    """A recipe that changes the bytes of a tape."""
    def decorate(change):
        def make():
            return bytes(change(bytearray(tape_edit.load(name).bytes())))
        make.__name__, make.__doc__ = change.__name__, change.__doc__
        return recipe(make)
    return decorate


# ---- not a tape at all ----

@recipe
def empty():
    return b""


@recipe
def a_text():
    return b"#!/bin/sh\nthis is no tape\n" * 20


@recipe
def zeros():
    return bytes(100000)


@raw()
def cut_in_the_magic(data):
    return data[:5]


@raw()
def cut_in_the_header(data):
    return data[:40]


@raw()
def only_a_header(data):
    return data[:64]


@raw()
def cut_in_the_first_block(data):
    return data[:100]


@raw()
def a_magic_and_nothing_else(data):
    return data[:8] + bytes(5000)


# ---- transfers ----

@raw()
def line_ends_became_two_bytes(data):
    return data.replace(b"\n", b"\r\n")


@raw()
def line_ends_became_one_byte(data):
    return data.replace(b"\r\n", b"\n")


@raw()
def the_eighth_bit_was_cleared(data):
    return bytes(byte & 0x7f for byte in data)


@raw()
def became_utf8(data):
    return data.decode("latin-1").encode()


@raw()
def bytes_before_the_tape(data):
    return b"Content-Type: application/octet-stream\n\n" + data


# ---- versions ----

@edited()
def a_newer_major_version(tape):
    tape.major = 2


@edited()
def an_unknown_needed_block(tape):
    tape.insert(4, Block(0x0029, b"what nobody knows"))


@edited()
def an_unknown_needed_block_that_is_bad(tape):
    tape.insert(4, Block(0x0029, b"what nobody knows", break_payload_crc=True))


# ---- sums and sessions ----

@edited()
def no_block_has_a_good_header(tape):
    for block in tape.blocks:
        block.break_header_crc = True


@edited()
def no_block_has_a_good_payload(tape):
    for block in tape.blocks:
        block.break_payload_crc = True


@edited()
def the_file_header_is_damaged(tape):
    tape.break_header_crc = True


@edited()
def blocks_of_another_session(tape):
    for block in tape.blocks:
        block.tag = tape.tag ^ 1


@raw()
def another_tape_in_the_middle(data):
    other = tape_edit.load("plan").bytes()
    return data[:4200] + other[64:9000] + data[4200:]


@raw()
def the_tape_twice(data):
    return data + data


@edited()
def numbers_start_at_a_thousand(tape):
    for number, block in enumerate(tape.blocks):
        block.seq = 1000 + number


@edited()
def all_blocks_have_one_number(tape):
    for block in tape.blocks:
        block.seq = 7


# ---- what is missing ----

def without(name, *kinds, tape="stacks"):
    def change(edit):
        edit.blocks = [block for block in edit.blocks if block.kind not in kinds]
    change.__name__ = name
    edited(tape)(change)


without("no_meta", "META")
without("no_schema", "SCHEMA")
without("no_plan", "PLAN")
without("no_types", "TYPES")
without("no_end", "END", "TAIL")
without("no_tail", "TAIL")
without("no_index", "INDEX", "TAIL", tape="plan")
without("no_checkpoints", "CHECKPOINT", tape="plan")
without("no_frames", "FRAME")
without("no_stacks", "STACK")
without("no_files", "FILE")
without("no_dictionary", "DICT", tape="plan")
without("only_rows", *(kind for kind in tape_edit.KINDS if kind not in ("EVENTS", "MIXED")))


# ---- numbers that lie ----

def of_header(name, kind, **fields):
    def change(tape):
        for block in tape.find(*kind):
            block.__dict__.update(fields)
        return True
    change.__name__ = name
    edited()(change)


ROWS = ("EVENTS", "MIXED")
of_header("stored_len_beyond_the_tape", ROWS, stored_len=1 << 20)
of_header("stored_len_beyond_the_limit", ROWS, stored_len=0xffffffff)
of_header("raw_len_beyond_the_limit", ROWS, raw_len=0xffffffff)
of_header("raw_len_beyond_the_ratio", ROWS, raw_len=60 << 20)
of_header("raw_len_that_is_not_true", ("META", "MIXED", "TYPES"), raw_len=5000)
of_header("more_rows_than_the_limit", ROWS, n_rows=(1 << 20) + 1)
of_header("more_rows_than_there_are", ROWS, n_rows=1 << 20)
of_header("a_table_that_is_not_there", ("EVENTS",), stream=9)
of_header("a_part_beyond_the_limit", ("SCHEMA",), stream=65535)
of_header("a_codec_that_is_unknown", ROWS, codec=7)


def payload(name, kind, at, value, tape="stacks"):
    """Four bytes of the payload of each block of a kind."""
    def change(edit):
        edit.seal()
        for block in edit.find(*kind):
            data = bytearray(block.plain())
            struct.pack_into("<I", data, at, value)
            if block.codec == 2:
                block.payload = bytes(data)
            else:
                block.set_plain(bytes(data))
        return True
    change.__name__ = name
    edited(tape)(change)


HUGE = 0xfffffff0
for _kind in ("META", "SCHEMA", "TASK", "FRAME", "FILE", "SYM", "CLOCK", "LOSS", "DICT", "MIXED",
              "INDEX"):
    payload("a_huge_count_in_" + _kind.lower(), (_kind,), 8 if _kind == "INDEX" else 0, HUGE,
            "losses" if _kind in ("TASK", "LOSS", "DICT", "MIXED") else "stacks")
payload("a_record_longer_than_its_block", ("META",), 4, HUGE)
payload("a_huge_number_of_parts", ("EVENTS",), 0, HUGE, "calls")
payload("a_part_outside_of_its_block", ("EVENTS",), 8 + 48 + 8, 1 << 30, "calls")


@edited("losses")
def entries_of_a_dictionary_that_are_not_there(tape):
    for block in tape.find("DICT"):
        block.set_plain(struct.pack("<II", 0, 0))


# ---- stacks ----

@edited()
def a_stack_that_is_its_own_caller(tape):
    for block in tape.find("STACK"):
        (record,) = block.records()
        for number, node in enumerate(record["nodes"]):
            node["parent"] = record["first_node"] + number
        block.set_records([record])


@edited()
def frames_of_files_that_are_not_there(tape):
    for block in tape.find("FRAME"):
        block.set_records([dict(record, file=4000) for record in block.records()])


@edited()
def numbers_of_stacks_beyond_the_limit(tape):
    for block in tape.find("STACK"):
        (record,) = block.records()
        for stack in record["stacks"]:
            stack["id"] = 0x7fffffff
        block.set_records([record])


# ---- tables ----

def of_schema(name, **fields):
    def change(tape):
        for block in tape.find("SCHEMA"):
            tables = block.records()
            tables[0]["cols"][0].update(fields)
            block.set_records(tables)
    change.__name__ = name
    edited()(change)


of_schema("a_table_without_a_time", role=0)
of_schema("columns_that_are_not_in_order", id=3)
of_schema("a_column_of_an_unknown_kind", phys=9)


@edited()
def more_columns_than_the_limit(tape):
    for block in tape.find("SCHEMA"):
        tables = block.records()
        tables[0]["cols"] += [dict(tables[0]["cols"][1], id=i, role=0)
                              for i in range(len(tables[0]["cols"]), 600)]
        block.set_records(tables)


@edited()
def more_keys_than_the_limit(tape):
    for block in tape.find("META")[:1]:
        block.set_records(block.records() + [
            {"key": b"key%d" % i, "kind": 1, "num": i, "text": None, "": b""}
            for i in range(5000)])


@edited("calls")
def a_table_without_its_schema(tape):
    for block in tape.find("SCHEMA"):
        records = block.records()
        block.set_records([record for record in records if record["id"] != 2])


@edited()
def a_plan_of_tables_that_are_not_there(tape):
    for block in tape.find("PLAN"):
        (record,) = block.records()
        for table in record["tables"]:
            table["table"] += 40
        block.set_records([record])


@edited()
def a_plan_with_a_type_that_is_none(tape):
    for block in tape.find("PLAN"):
        (record,) = block.records()
        record["tables"][0]["cols"][-1]["type"] = b"string[99999999999]*("
        block.set_records([record])


@edited()
def a_script_with_an_error(tape):
    for block in tape.find("META"):
        block.set_records([dict(record, text=b"BEGIN { this is no script")
                           if record["key"] == b"script" else record for record in block.records()])


# ---- the end ----

@edited()
def a_tail_that_points_outside(tape):
    tape.seal()
    tape.blocks[-1].ts_min, tape.blocks[-1].ts_max = 1 << 40, 1 << 63
    return True


@edited()
def a_tail_that_points_at_itself(tape):
    tape.seal()
    tape.blocks[-1].ts_min = tape.blocks[-1].ts_max = tape.offsets()[-2]
    return True


def of_index(name, change):
    def make(tape):
        tape.seal()
        for block in tape.find("INDEX"):
            data = bytearray(block.payload)
            change(tape, data)
            block.payload = bytes(data)
        return True
    make.__name__ = name
    edited("plan")(make)


def shift_offsets(_, data):
    for at in range(16, len(data), 40):
        struct.pack_into("<Q", data, at, struct.unpack_from("<Q", data, at)[0] + 8)


def change_rows(_, data):
    for at in range(16, len(data), 40):
        struct.pack_into("<I", data, at + 28, 900000)


of_index("an_index_with_wrong_offsets", shift_offsets)
of_index("an_index_with_wrong_rows", change_rows)
of_index("an_index_before_itself", lambda tape, data: struct.pack_into(
    "<Q", data, 0, tape.last_before(len(tape.blocks), "INDEX")))
of_index("an_index_of_nothing", lambda tape, data: data.__setitem__(slice(8, None), bytes(8)))


@edited()
def an_end_that_counts_wrong(tape):
    tape.seal()
    (end,) = tape.find("END")
    end.payload = struct.pack("<QQQ", 1 << 50, 3, 0)
    return True


# ---- what is said ----

def answers(bpftape, data):
    """The text of NAME.exact."""
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "bad.tape"), "wb") as file:
            file.write(data)
        for words in COMMANDS:
            lines.append("$ bpftape " + " ".join(words[:2]))
            done = subprocess.run([bpftape, *words], stdout=subprocess.PIPE, cwd=folder,
                                  stderr=subprocess.PIPE, check=False, timeout=60,
                                  env={**os.environ, "TZ": "UTC", "LC_ALL": "C"})
            for mark, stream in (("", done.stdout), ("2> ", done.stderr)):
                said = stream.decode("utf-8", "backslashreplace").splitlines()
                lines += [(mark + line).rstrip() for line in said[:SHOWN]]
                lines += [f"{mark}... {len(said)} lines"] if len(said) > SHOWN else []
            lines.append(f"exit {done.returncode}\n")
    return "\n".join(lines)


def check(bpftape, name, is_update):
    path = os.path.join(tape_edit.HERE, "bad", name + ".exact")
    data = RECIPES[name]()
    assert data != tape_edit.load("stacks").bytes(), name + " is no bad tape"
    now = answers(bpftape, data)
    if is_update:
        with open(path, "w", encoding="utf-8") as file:
            file.write(now)
        return True
    with open(path, encoding="utf-8") as file:
        then = file.read()
    if now != then:
        print(f"FAIL {name}")
        print("\n".join(difflib.unified_diff(then.splitlines(), now.splitlines(), name + ".exact",
                                             "now", lineterm="")))
    return now == then


def main(build, *arguments):
    bpftape = os.path.join(os.path.realpath(build), "bin", "bpftape")
    names = [word for word in arguments if word in RECIPES] or list(RECIPES)
    with multiprocessing.pool.ThreadPool(2) as pool:
        good = pool.map(lambda name: check(bpftape, name, "--update" in arguments), names)
    failed = [name for name, is_good in zip(names, good) if not is_good]
    unused = {name.removesuffix(".exact") for name in os.listdir(os.path.join(
        tape_edit.HERE, "bad"))} - set(RECIPES)
    for name in unused:
        print(f"no recipe for {name}.exact")
    print(f"{len(names)} bad tapes, {len(failed)} with other answers")
    return 1 if failed or unused else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
