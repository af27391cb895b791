"""Take tapes apart and put them together again: a writer of its own, made from docs/format.md.

The fields of records are read from the tables of that document.  Blocks are written unpacked."""
import os
import re
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
sys.path.insert(0, os.path.join(ROOT, "samples"))
import read_tape  # noqa: E402  (crc32c, kinds, unpack: all from the document as well)

MAGIC, SYNC, NONE = read_tape.MAGIC, read_tape.SYNC, read_tape.NONE
KINDS = {name: kind for kind, name in read_tape.KINDS.items()}
WIDTHS = {"u8": "B", "u16": "H", "u32": "I", "u64": "Q"}
crc32c = read_tape.crc32c


def read_tables():
    """Name of a record -> its fields (name, type), where the type is one of records."""
    found = {}
    with open(os.path.join(ROOT, "docs", "format.md"), encoding="utf-8") as file:
        text = file.read()
    table = r"^`(tape_\w+)`[^\n]*(?:\n[^|\n][^\n]*)*\n\n" \
            r"\| field \| type [^\n]*\n\|[-| ]*\n((?:\|[^\n]*\n)+)"
    for name, rows in re.findall(table, text, re.M):
        found[name] = [tuple(re.findall(r"[^|]+", row)[i].strip() for i in (0, 1))
                       for row in rows.splitlines()]
    return found


TABLES = read_tables()
# What the payload of a block is: a list of these, or (PLAN TYPES STACK) one.
RECORDS = {"META": "tape_meta_item", "SCHEMA": "tape_schema", "TASK": "tape_task",
           "FILE": "tape_file", "MMAP": "tape_mmap", "FRAME": "tape_frame", "STACK": "tape_stacks",
           "SYM": "tape_sym", "LOSS": "tape_loss", "CLOCK": "tape_clock",
           "MAPSNAP": "tape_mapsnap", "CHECKPOINT": "tape_checkpoint", "LOG": "tape_log",
           "PLAN": "tape_plan", "TYPES": "tape_types"}
SINGLE = ("PLAN", "TYPES", "STACK")


def get_record(name, data, pos):
    """One record as a dict, and where it ends.  What is behind its fields is under ""."""
    (size,) = struct.unpack_from("<I", data, pos)
    pos, end, record = pos + 4, pos + 4 + size, {}
    for field, kind in TABLES[name]:
        if pos >= end:
            break
        if kind == "text":
            (length,) = struct.unpack_from("<I", data, pos)
            pos += 4
            record[field] = None if length == NONE else data[pos:pos + length]
            pos += len(record[field] or b"")
        elif kind.startswith("list of "):
            record[field], pos = get_list(kind[8:], data, pos)
        else:
            (record[field],) = struct.unpack_from("<" + WIDTHS[kind], data, pos)
            pos += struct.calcsize(WIDTHS[kind])
    record[""] = data[pos:end]
    return record, end


def get_list(name, data, pos=0):
    (count,) = struct.unpack_from("<I", data, pos)
    records, pos = [], pos + 4
    for _ in range(count):
        record, pos = get_record(name, data, pos)
        records.append(record)
    return records, pos


def put_record(name, record, behind=b""):
    """behind: bytes that are put at the end of this record and of those in it, of later fields."""
    out = b""
    for field, kind in TABLES[name]:
        if field not in record and not behind:
            break
        value = record.get(field, 0 if kind in WIDTHS else None if kind == "text" else [])
        if kind == "text":
            out += struct.pack("<I", NONE) if value is None else struct.pack("<I", len(value))
            out += value or b""
        elif kind.startswith("list of "):
            out += put_list(kind[8:], value, behind)
        else:
            out += struct.pack("<" + WIDTHS[kind], value)
    out += record[""] + behind
    return struct.pack("<I", len(out)) + out


def put_list(name, records, behind=b""):
    return struct.pack("<I", len(records)) + b"".join(
        put_record(name, record, behind) for record in records)


class Block:
    """Fields of the header that the caller may change before the tape is put together."""

    def __init__(self, kind, payload=b"", **fields):
        self.kind, self.payload = kind, payload         # kind: name, or a number
        self.codec = self.flags = self.n_rows = self.ts_min = self.ts_max = self.stream = 0
        self.raw_len = self.seq = self.tag = None       # None: as it should be
        self.stored_len = None
        self.break_payload_crc = self.break_header_crc = False
        self.__dict__.update(fields)

    def plain(self):
        if self.codec != 1:
            return self.payload
        return read_tape.unpack([(self.payload, self.raw_len)])[0]

    def set_plain(self, data):
        self.payload, self.raw_len = data, None
        if self.codec == 1:
            self.codec = 0

    def records(self):
        name, data = RECORDS[self.kind], self.plain()
        return [get_record(name, data, 0)[0]] if self.kind in SINGLE else get_list(name, data)[0]

    def set_records(self, records, behind=b""):
        name = RECORDS[self.kind]
        self.n_rows = len(records)
        self.set_plain(put_record(name, records[0], behind) if self.kind in SINGLE else
                       put_list(name, records, behind))

    def bytes(self, seq, tag):
        kind = KINDS[self.kind] if isinstance(self.kind, str) else self.kind
        raw_len = self.raw_len if self.raw_len is not None else len(self.payload)
        stored = self.stored_len if self.stored_len is not None else len(self.payload)
        head = SYNC + struct.pack(
            "<HBBIIIQQQIII", kind, self.codec, self.flags, self.n_rows, stored, raw_len,
            self.seq if self.seq is not None else seq, self.ts_min, self.ts_max, self.stream,
            crc32c(self.payload) ^ self.break_payload_crc,
            self.tag if self.tag is not None else tag)
        head += struct.pack("<I", crc32c(head) ^ self.break_header_crc)
        return head + self.payload + bytes(-len(self.payload) % 8)


class Tape:
    def __init__(self, data):
        (self.major, self.minor, header_len, self.uuid, _, self.flags,
         self.real_ns) = struct.unpack_from("<HHI16sIIQ", data, 8)
        self.behind_header = data[64:header_len]        # bytes that a later version added
        self.tag = crc32c(self.uuid)
        self.break_header_crc = False
        self.blocks, pos = [], header_len
        while pos < len(data):
            block = read_tape.Block(*struct.unpack_from("<8sHBBIIIQQQIIII", data, pos), b"")
            payload = data[pos + 64:pos + 64 + block.stored_len]
            self.blocks.append(Block(
                read_tape.KINDS.get(block.kind, block.kind), payload, codec=block.codec,
                flags=block.flags, n_rows=block.n_rows, raw_len=block.raw_len,
                ts_min=block.ts_min, ts_max=block.ts_max, stream=block.stream))
            pos += 64 + block.stored_len + 7 & ~7

    def find(self, *kinds):
        return [block for block in self.blocks if block.kind in kinds]

    def insert(self, at, block):
        """at: number of the block before which it is put."""
        self.blocks.insert(at, block)

    def header(self):
        head = MAGIC + struct.pack("<HHI16sIIQ12x", self.major, self.minor,
                                   64 + len(self.behind_header), self.uuid, self.tag, self.flags,
                                   self.real_ns)
        return head + struct.pack("<I", crc32c(head) ^ self.break_header_crc) + self.behind_header

    def offsets(self):
        """Of the blocks, and of the end."""
        found = [64 + len(self.behind_header)]
        for block in self.blocks:
            found.append(found[-1] + 64 + len(block.payload) + 7 & ~7)
        return found

    def seal(self):
        """INDEX, END, TAIL and the offsets of checkpoints as the blocks are now."""
        for seq, block in enumerate(self.blocks):
            if block.kind == "END":
                block.set_plain(self.end_of(seq))
            if block.kind == "CHECKPOINT":
                self.seal_checkpoint(seq, block)
            if block.kind == "INDEX":
                block.set_plain(self.index_of(seq))
                block.n_rows = struct.unpack_from("<I", block.payload, 8)[0]
            if block.kind == "TAIL":
                block.ts_min, block.ts_max = (self.last_before(seq, kind)
                                              for kind in ("INDEX", "END"))

    def last_before(self, seq, kind):
        found = [self.offsets()[i] for i in range(seq) if self.blocks[i].kind == kind]
        return found[-1] if found else 0

    def seal_checkpoint(self, seq, block):
        (record,) = block.records()
        record["prev_off"] = self.last_before(seq, "CHECKPOINT")
        record["index_off"] = self.last_before(seq, "INDEX")
        block.set_records([record])

    def end_of(self, seq):
        rows, value = 0, 0xcbf29ce484222325
        for number, block in enumerate(self.blocks[:seq]):
            kind = KINDS[block.kind] if isinstance(block.kind, str) else block.kind
            rows += block.n_rows if block.kind in ("EVENTS", "MIXED") else 0
            for byte in struct.pack("<HQI", kind, number, crc32c(block.payload)):
                value = (value ^ byte) * 0x100000001b3 & (1 << 64) - 1
        return struct.pack("<QQQ", rows, seq, value)

    def index_of(self, seq):
        offsets, entries, before = self.offsets(), [], 0
        for number, block in enumerate(self.blocks[:seq]):
            if block.kind == "INDEX":
                entries, before = [], offsets[number]
            elif block.kind == "MIXED":
                entries += self.run_entries(block, offsets[number])
            elif block.kind not in ("END", "TAIL"):
                kind = KINDS[block.kind] if isinstance(block.kind, str) else block.kind
                entries.append(struct.pack("<QQQIIIHH", offsets[number], block.ts_min,
                                           block.ts_max, len(block.payload), block.n_rows,
                                           block.stream, kind, 0))
        return struct.pack("<QII", before, len(entries), 0) + b"".join(entries)

    @staticmethod
    def run_entries(block, off):
        data = block.plain()
        for run in range(struct.unpack_from("<I", data)[0]):
            stream, n_rows, _, _, ts_min, ts_max = struct.unpack_from("<IIIIQQ", data, 8 + 40 * run)
            yield struct.pack("<QQQIIIHH", off, ts_min, ts_max, len(block.payload), n_rows, stream,
                              KINDS["MIXED"], run)

    def bytes(self):
        return self.header() + b"".join(
            block.bytes(seq, self.tag) for seq, block in enumerate(self.blocks))


def load(name):
    with open(os.path.join(HERE, "good", name + ".tape"), "rb") as file:
        return Tape(file.read())
