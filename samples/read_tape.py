#!/usr/bin/env python3
"""A second reader of tapes, written from docs/format.md alone: no code of bpftape is in it.

usage: read_tape.py TAPE [TABLE]    Lists blocks, tables and losses of TAPE (-: standard input),
or prints the rows of TABLE (name or id) in order of time.  Says on stderr what is damaged or
missing, and then exits with 3; with 1 where nothing can be said.  Needs the command zstd."""
import collections, csv, itertools, os, struct, subprocess, sys

MAGIC, SYNC = b"\x89BTAP\r\n\x1a", bytes.fromhex("D74E91C3B806FA2D")
NONE, M64, MI = 0xFFFFFFFF, (1 << 64) - 1, 1 << 20
NAMES = ("- META SCHEMA DICT TASK~ FILE~ MMAP~ FRAME STACK SYM~ EVENTS LOSS CLOCK~ MAPSNAP "
         "CHECKPOINT~ - LOG~ INDEX~ END PLAN TYPES MIXED TAIL~").split()     # ~: ancillary
KINDS = {i | 0x4000 * ("~" in name): name.strip("~") for i, name in enumerate(NAMES) if name != "-"}
CONST, SAMEAS, RAW, FOR, DELTA, DICT, VAR, LIST, NULLS, SCALE, PALETTE, GROUP = range(12)
Block = collections.namedtuple("Block", "sync kind codec flags n_rows stored_len raw_len seq "
                               "ts_min ts_max stream payload_crc tag header_crc payload")
Part = collections.namedtuple("Part", "col enc width flags off stored raw step aux min max")
SCHEMA = dict(id="I", clause="I", name="text", probes=dict(id="I", name="text"), cols=dict(
    id="H", phys="B", role="B", flags="B", ref="I", dict="I", name="text"))     # and unit, fmt
LOSS = dict(cause="I", table="I", cpu="I", count="Q", first_ts="Q", last_ts="Q", note="text")
CRC = list(range(256))
for _ in range(8):
    CRC = [crc >> 1 ^ 0x82F63B78 * (crc & 1) for crc in CRC]
MALFORMED, complaints = (ValueError, LookupError, struct.error), []

def need(condition, what):
    if not condition:
        raise ValueError(what)

def complain(text):
    complaints.append(text)
    print("read_tape.py: " + text, file=sys.stderr)

def crc32c(data):
    crc = NONE
    for byte in data:
        crc = crc >> 8 ^ CRC[(crc ^ byte) & 255]
    return crc ^ NONE

def unpack(jobs):
    """jobs: (frames, their size unpacked).  A list of bytes, None for a job that is not so."""
    mark = os.urandom(16)   # one zstd has many jobs: where a size is wrong, marks are not in place
    ends = list(itertools.accumulate(raw + len(mark) for _, raw in jobs))
    if jobs and len(jobs) <= 4096 and (ends[-1] <= 64 * MI or len(jobs) == 1) \
            and all(frame[:4] == b"\x28\xb5\x2f\xfd" for frame, _ in jobs):
        frames = b"".join(frame + b"\x28\xb5\x2f\xfd\x20\x10\x81\0\0" + mark for frame, _ in jobs)
        out = subprocess.run(f"zstd -dcq --memory=8MB 2>/dev/null | head -c {ends[-1] + 1}",
                             input=frames, stdout=subprocess.PIPE, shell=True, check=False).stdout
        if len(out) == ends[-1] and all(out[end - 16:end] == mark for end in ends):
            return [out[end - 16 - raw:end - 16] for end, (_, raw) in zip(ends, jobs)]
    half = len(jobs) // 2
    return unpack(jobs[:half]) + unpack(jobs[half:]) if half else [None] * len(jobs)

def scan(tape):
    """Yields the good blocks of an open tape, complains about the rest."""
    buf, off, tag, seq, bad, skip, seen = bytearray(), 0, None, -1, None, 0, set()

    def fill(size):
        while len(buf) < size and (data := tape.read(max(size - len(buf), 1 << 16))):
            buf.extend(data)
        return min(size, len(buf))

    if fill(64) == 64 and buf[:8] == MAGIC and crc32c(buf[:60]).to_bytes(4, "little") == buf[60:64]:
        major, _, skip, _, tag = struct.unpack_from("<HHI16sI", buf, 8)
        need(major <= 1, f"version {major}")
    if not (tag is not None and major and 64 <= skip <= 4096):
        skip, tag = 0, complain("the file header is damaged")
    while True:
        del buf[:fill(skip)]
        off += skip
        start = off if bad is None else bad
        if fill(64) < 64:
            break
        block = Block(*struct.unpack_from("<8sHBBIIIQQQIIII", buf), b"")
        if block.sync == SYNC and tag in (None, block.tag) and block.stored_len <= 16 * MI \
                and block.raw_len <= min(64 * MI, 1024 * block.stored_len) \
                and block.n_rows <= MI and crc32c(buf[:60]) == block.header_crc:
            kind = KINDS.get(block.kind, f"0x{block.kind:04x}")
            need(block.kind in KINDS or block.kind & 0x4000, f"a block of the unknown kind {kind}")
            size = fill(64 + block.stored_len)
            if size == 64 + block.stored_len and crc32c(buf[64:size]) == block.payload_crc:
                if bad is not None or block.seq > seq + 1:
                    complain(f"damage {start} to {off}: {max(block.seq - seq, 1) - 1} blocks lost")
                bad, tag, skip, seq = None, block.tag, size + 7 & ~7, max(seq, block.seq)
                if block.seq not in seen:
                    seen.add(block.seq)
                    yield kind, block._replace(payload=bytes(buf[64:size]))
                continue
            complain(f"block {block.seq} ({kind}, {block.n_rows} rows) at {off} is damaged or cut")
        bad, skip = start, buf.find(SYNC, 1)    # anywhere, in the payload too
        skip = skip if skip > 0 else len(buf) - len(SYNC) + 1
    if bad is not None or buf:
        complain(f"damage {start} to the end")
    need(seq >= 0, "this is no tape")

def records(data, fields, pos=0):
    """A list of records as dicts, and where it ends."""
    (count,), found, pos = struct.unpack_from("<I", data, pos), [], pos + 4
    for _ in range(count):
        size, at, values = struct.unpack_from("<I", data, pos)[0], 0, {}
        record, pos = data[pos + 4:pos + 4 + size], pos + 4 + size
        need(pos <= len(data), "a record ends behind what it is in")
        for name, kind in fields.items():
            if at == len(record):       # written before there was the field
                values[name] = [] if isinstance(kind, dict) else b"" if kind == "text" else 0
            elif isinstance(kind, dict):
                values[name], at = records(record, kind, at)
            elif kind == "text":
                length = struct.unpack_from("<I", record, at)[0]
                start, at = at + 4, at + 4 + length * (length != NONE)
                values[name] = record[start:at]
                need(at <= len(record), "a text ends behind its record")
            else:
                values[name] = struct.unpack_from("<" + kind, record, at)[0]
                at += struct.calcsize(kind)
        found.append(values)
    return found, pos

def parts_of(data, raw_len):
    """(Part, stored bytes) of an EVENTS payload, and their sizes unpacked (raw_len, if known)."""
    parts, (n_parts, _) = [], struct.unpack_from("<II", data)
    raw = behind = 8 + 48 * n_parts
    for part in map(Part._make, struct.iter_unpack("<HBBIIIIIQQQ", data[8:behind])):
        if part.stored:
            need(part.off % 8 == 0 and behind <= part.off <= len(data) - part.stored, "off")
            behind = part.off + part.stored
        need(not parts or part.col >= parts[-1][0].col, "the order of columns")
        need(part.flags & 1 or part.raw == part.stored, "the size of a part")
        raw += part.raw + 7 & ~7
        parts.append((part, data[part.off:part.off + part.stored]))
    need(behind <= len(data) and raw <= 64 * MI and raw_len in (raw, None), "raw_len")
    return parts, raw

def numbers(part, data, n):      # of 64 bits
    if part.enc == CONST:
        return [part.aux] * n
    if part.enc == PALETTE:
        need(0 < part.step <= 256 and len(data) >= n, "PALETTE")
        palette = numbers(part._replace(enc=FOR), data[:len(data) - n], part.step)
        return [palette[i] for i in data[len(data) - n:]]
    size = max(n - 1, 0) if part.enc == DELTA else n
    need(part.width <= 8 and len(data) == size * part.width, "the size of a part")
    planes, sign = bytearray(8 * size), 8 * part.width - 1
    for i in range(part.width):
        planes[i::8] = data[i::part.width] if part.enc == RAW else data[i * size:(i + 1) * size]
    found = struct.unpack(f"<{size}Q", planes)
    if part.enc == RAW:
        need(part.width in (1, 2, 4, 8), "the width of RAW")
        return [(x - (x >> sign << sign + 1) if part.flags & 8 else x) & M64 for x in found]
    if part.enc != DELTA:
        return [part.aux + x & M64 for x in found]
    steps = [x >> 1 ^ -(x & 1) if part.flags & 2 else x + part.step for x in found]
    return list(itertools.accumulate(steps, lambda a, b: a + b & M64, initial=part.aux))[:n]

def column(table, col, parts, n, dicts, words):     # its n values; parts: (Part, bytes)
    need(parts and all(data is not None for _, data in parts), "it is not there, or a bad frame")
    kinds, lengths, nulls = [part.enc for part, _ in parts], None, ()
    whole, alone = kinds[0] not in (LIST, NULLS), len(kinds) == 1
    need((kinds[0] == LIST) == col["flags"] & 1, "LIST")
    if col["flags"] & 1:
        lengths = numbers(*parts.pop(0), n)
        n = sum(lengths)
        need(n <= 4 * MI, "too many elements")
    if parts[0][0].enc == NULLS:
        part, bits = parts.pop(0)
        nulls = [bits[i >> 3] >> (i & 7) & 1 for i in range(n)]
        need(len(bits) == n + 7 >> 3 and part.aux == sum(nulls), "NULLS")
    how = parts.pop(0)[0] if parts[0][0].enc in (SCALE, GROUP if whole else SCALE) else None
    m, kinds = n - sum(nulls), [part.enc for part, _ in parts]      # m of n are not NULL
    if col["phys"] < 2 and kinds == [SAMEAS] and alone:
        values = words[parts[0][0].aux][0]
    elif col["phys"] < 2 and kinds in ([CONST], [RAW], [FOR], [DELTA], [PALETTE]):
        values = numbers(*parts[0], m)
    elif kinds == [DICT] and col["dict"]:
        values = [dicts[col["dict"]].get(i, b"<lost dict %d>" % i) for i in numbers(*parts[0], m)]
    else:
        need(kinds == [VAR, RAW] and not how, "its parts")
        sizes, data = numbers(*parts[0], m), parts[1][1]
        need(max(sizes, default=0) <= 65536 and sum(sizes) == len(data), "lengths of strings")
        values = [data[end - size:end] for size, end in zip(sizes, itertools.accumulate(sizes))]
    if how and how.enc == SCALE:
        need(how.aux > 1 and kinds != [DICT], "SCALE")
        values = [how.aux * value & M64 for value in values]
    elif how:
        need(not how.stored, "GROUP has bytes")
        order = sorted(range(n), key=words[how.aux][1].__getitem__)
        values = [value for _, value in sorted(zip(order, values))]
    if whole and col["phys"] < 2 and kinds != [SAMEAS]:
        words[col["id"]] = values, parts[0][1][-n:] if alone and kinds == [PALETTE] else ()
    values = [value - (value >> 63 << 64) for value in values] if col["phys"] == 1 else values
    need(col["phys"] < 2 or sum(map(len, values)) <= 64 * MI, "too many bytes")
    probes = {probe["id"]: probe["name"] for probe in table["probes"] if col["role"] == 6}
    rest = iter([probes.get(value, value) for value in values] if probes else values)
    rest = iter([None if null else next(rest) for null in nulls] if nulls else rest)
    return list(rest) if lengths is None else [list(itertools.islice(rest, i)) for i in lengths]

def rows_of(table, runs, dicts):
    """All rows, in order of time.  runs: (name of the block, rows, payload, raw_len)."""
    todo, rows, memory = [], [], 0
    for name, n_rows, payload, raw_len in runs:
        try:
            size = 8 * n_rows * len(table["cols"])
            need(n_rows <= MI and size <= 256 * MI, "too many values")
            parts, raw = parts_of(payload, raw_len)
            todo.append((name, n_rows, parts))
            memory += size + raw
        except MALFORMED as why:
            complain(f"{name}: malformed ({why}): {n_rows} rows lost")
        need(memory <= 1024 * MI, "the table needs more than 1 GiB of memory")
    frames = iter(unpack([(data, part.raw) for *_, parts in todo for part, data in parts
                          if part.flags & 1]))
    for name, n_rows, parts in todo:
        parts = [(part, next(frames) if part.flags & 1 else data) for part, data in parts]
        columns, words = [], {}     # words: by id of column, what SAMEAS takes, GROUP sorts by
        for col in table["cols"]:
            try:
                own = [part for part in parts if part[0].col == col["id"]]
                columns.append(column(table, col, own, n_rows, dicts, words))
            except MALFORMED as why:
                columns.append([None] * n_rows)
                complain(f"{name}: column {text(col['name'])} reads as NULL ({why})")
        rows += zip(*columns)
    keys = [col["id"] for i in (1, 2, 11, 5) for col in table["cols"] if col["role"] == i]
    return sorted(rows, key=lambda row: [row[key] or 0 for key in keys])

def text(value):
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    value = ";".join(map(text, value)) if isinstance(value, list) else value
    return "" if value is None else str(value)

def main(path, wanted=None):
    kept, lines, memory = [], [], 0
    for kind, block in scan(sys.stdin.buffer if path == "-" else open(path, "rb")):
        lines.append([block.seq, kind, block.n_rows, block.stored_len])
        if kind in ("SCHEMA", "DICT", "LOSS", "EVENTS", "MIXED"):
            kept.append((kind, block if wanted or block.codec < 2 else block._replace(payload=b"")))
            memory += len(kept[-1][1].payload) + block.raw_len * (block.codec == 1)
            need(memory <= 1024 * MI, "the tape needs more than 1 GiB of memory")
    if "END" not in (line[1] for line in lines):
        complain("the tape was not finished")
    frames = iter(unpack([(block.payload, block.raw_len) for _, block in kept if block.codec == 1]))
    tables, losses = {}, []
    dicts, runs = collections.defaultdict(dict), collections.defaultdict(list)
    for kind, block in kept:
        name = f"block {block.seq} ({kind})"
        try:
            data = next(frames) if block.codec == 1 else block.payload
            need(block.codec == 2 if kind == "EVENTS" else block.codec < 2 and data is not None
                 and len(data) == block.raw_len, "its codec or its frame")
            if kind == "SCHEMA":
                for table in records(data, SCHEMA)[0]:
                    need([col["id"] for col in table["cols"]] == [*range(len(table["cols"]))]
                         and [col["role"] for col in table["cols"]].count(1) == 1, "a table")
                    tables.setdefault(table["id"], table)
            elif kind == "DICT":
                pos = 8
                for _ in range(struct.unpack_from("<II", data)[0]):
                    number, first, count, size = struct.unpack_from("<IIII", data, pos)
                    lengths = struct.unpack_from(f"<{count}I", data, pos + 16)
                    pos += 16 + 4 * count
                    need(1 <= number < 4096 and first + count <= 16 * MI and sum(lengths) == size
                         <= len(data) - pos and max((0, *lengths)) <= 65536, "a dictionary")
                    for i, length in enumerate(lengths, first):
                        dicts[number].setdefault(i, data[pos:pos + length])
                        pos += length
                    pos = pos + 3 & ~3
            elif kind == "LOSS":
                losses += records(data, LOSS)[0]
            elif kind == "EVENTS":
                runs[block.stream].append((name, block.n_rows, data, block.raw_len))
            else:
                for i in range(struct.unpack_from("<II", data)[0]):
                    table, n_rows, off, size = struct.unpack_from("<IIII24x", data, 8 + 40 * i)
                    need(off % 8 == 0 and i < 65535 and off + size <= len(data), "a run")
                    runs[table].append((name, n_rows, data[off:off + size], None))
        except MALFORMED as why:
            complain(f"{name}: malformed ({why}): {block.n_rows} rows or records lost")
    counts = {table: sum(run[1] for run in runs[table]) for table in [*tables, *runs]}
    for table in set(runs) - set(tables):
        complain(f"{counts[table]} rows of table {table} are lost: it has no schema")
    if wanted:
        found = [t for t in tables.values() if wanted in (str(t["id"]), text(t["name"]))]
        need(len(found) == 1, f"{len(found)} tables are called {wanted}")
        for loss in (loss for loss in losses if loss["table"] in (found[0]["id"], NONE)):
            complain(f"lost by the recorder: {loss['count']} (cause {loss['cause']})")
        rows = [[col["name"] for col in found[0]["cols"]],
                *rows_of(found[0], runs[found[0]["id"]], dicts)]
    else:
        rows = [["seq", "type", "rows", "bytes"], *lines, [], ["table", "name", "rows", "columns"],
                *([i, t["name"], counts[i], [col["name"] for col in t["cols"]]]
                  for i, t in tables.items()), [], LOSS, *(loss.values() for loss in losses)]
    csv.writer(sys.stdout, lineterminator="\n").writerows(map(text, row) for row in rows)

if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (OSError, TypeError, *MALFORMED) as why:
        sys.exit(f"read_tape.py: {why}")
    sys.exit(3 if complaints else 0)
