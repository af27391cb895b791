#!/usr/bin/env python3
"""Check the house rules that a compiler does not: layers, sizes, banned words, comments, names.

usage: check.py [ROOT]      prints each breach as file:line: text, exits 1 on any.

A rule is one function in RULES; it gets a Source and yields (line number, text).
"""
import collections
import os
import re
import subprocess
import sys

LINE_MAX = 100
FUNCTION_MAX = 80
FILE_MAX = 600

# Who may include what (docs/architecture.md).  A box may always include itself.
LAYERS = {
    "base": [],
    "format": ["base"],
    "lang": ["base"],
    "codegen": ["base", "lang"],
    "record": ["base", "format", "lang", "codegen"],
    "analyze": ["base", "format", "lang", "codegen"],
    "bpftape": ["base"],
}

# Outside libraries: header prefix -> the only paths that may include it.
LIBRARIES = [
    (r"zstd", r"format/codec\.c$"),
    (r"lzma", r"record/elf_xz\.c$"),
    (r"libiberty/", r"analyze/symbol/demangle\.c$"),
    (r"clang-c/", r"(?!)"),  # nobody
    (r"llvm-c/", r"lang/codegen/|record/(target_bpf|bpf_emit)|analyze/jit/"),
    (r"sqlite3", r"analyze/sql/"),
    (r"seccomp", r"analyze/sandbox_calls\.c$"),
    (r"bpf/", r"record/"),
    (r"(libelf|gelf|elfutils/)", r"record/|analyze/symbol/"),
    (r"dwarf|elfutils/libdw", r"analyze/symbol/"),
]

BANNED = {
    "strcpy": "snprintf", "strcat": "buf_puts", "sprintf": "snprintf", "vsprintf": "vsnprintf",
    "gets": "fgets", "atoi": "a checked parser", "atol": "a checked parser",
    "atoll": "a checked parser", "strtok": "str_split", "system": "fork and exec",
    "tmpnam": "mkstemp", "mktemp": "mkstemp", "alloca": "an arena",
}

NO_PRINTING = r"(?<![.>\w])(printf|puts|putchar|perror|exit)\s*\("

# Words that tie the repository to one machine or to how it came to be.
LOCAL_WORDS = [
    (r"/work/", "a path of one machine"),
    (r"/home/[a-z]", "a path of one machine"),
    (r"(?<![\w.])/root/", "a path of one machine"),
    (r"/Users/[a-z]", "a path of one machine"),
    (r"/tmp/w/", "a path of one machine"),
    (r"/var/tmp/oracle", "a path of one machine"),
    (r"\bissues?\s+(#|no\.? ?)?\d+", "a number of an issue"),
    (r"\bissues (show|list)\b", "a tool of one machine"),
    (r"\bshared folder\b", "a folder outside the repository"),
    (r"\bsessions? (of|that|which) (the project|filed)\b", "how it came to be"),
]
UNFINISHED = r"\b(TODO|FIXME|XXX)\b"

CODE = (".c", ".h", ".py", ".sh", ".cmake", ".awk")
BINARY = (".tape", ".png", ".zst", ".gz", ".bc", ".bin")


class Source:
    """A file: its lines and, for C, the same lines with comments and strings blanked."""

    def __init__(self, root, path):
        self.path = path
        with open(os.path.join(root, path), "rb") as f:
            self.data = f.read()
        self.is_binary = path.endswith(BINARY) or b"\0" in self.data
        self.lines = self.data.decode("utf-8", "replace").split("\n")
        self.is_c = path.endswith((".c", ".h"))
        self.is_code = path.endswith(CODE) or os.path.basename(path) == "CMakeLists.txt"
        self.comments = []      # (line, text) of // comments
        self.bare = self.strip() if self.is_c else self.lines

    def strip(self):
        """Blank /* */ and // comments, strings and characters, keeping the lines."""
        text = "\n".join(self.lines)
        token = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)

        def blank(match):
            got = match.group()
            if got.startswith("//"):
                self.comments.append((text.count("\n", 0, match.start()) + 1, got))
            if re.search(r"#\s*include\s*$", text[:match.start()].rsplit("\n", 1)[-1]):
                return got
            return re.sub(r"[^\n]", "_" if got[0] in "\"'" else " ", got)

        return token.sub(blank, text).split("\n")


def box_of(path):
    """The box a file belongs to; None for what may include anything."""
    parts = path.split("/")
    if parts[0] == "tests":
        parts = parts[1:]
        if parts[:1] == ["codegen"]:
            return "codegen"
        return parts[0] if len(parts) > 1 and parts[0] in LAYERS else None
    if parts[:2] == ["lang", "codegen"]:
        return "codegen"
    if len(parts) == 1:
        return "bpftape" if parts[0].startswith("bpftape") else None
    return parts[0] if parts[0] in LAYERS else None


def includes(source):
    for number, line in enumerate(source.bare, 1):
        match = re.match(r"\s*#\s*include\s*([<\"])([^>\"]+)[>\"]", line)
        if match:
            yield number, match.group(1), match.group(2)


def rule_layers(source):
    box = box_of(source.path)
    if not source.is_c or not box:
        return
    allowed = [box] + LAYERS[box]
    is_test = source.path.startswith("tests/")
    for number, quote, name in includes(source):
        if quote == '"':
            other = box_of(name)
            if name.startswith(("tests/", "bitcode/")) and (is_test or "bitcode/" in name):
                continue
            if name.startswith("tests/") or (other and other not in allowed):
                yield number, f"{box} may not include {name}"
            continue
        for library, users in LIBRARIES:
            path = source.path[len("tests/"):] if is_test else source.path
            if not re.match(library, name) or re.match(users, path):
                continue
            if not (is_test and re.search(users.split("/")[0], box)):
                yield number, f"<{name}> is not for this file"


def rule_include_from_root(source):
    if not source.is_c:
        return
    for number, quote, name in includes(source):
        if quote == '"' and "/" not in name and "/" in source.path:
            yield number, f"include \"{name}\" from the root of the tree"
        if name.endswith("_priv.h") and quote == '"':
            folder = os.path.dirname(name)
            here = re.sub(r"^tests/", "", os.path.dirname(source.path))
            if here != folder and here != os.path.basename(folder):
                yield number, f"{name} is private to {folder}/"


def rule_own_header_first(source):
    own = source.path[:-2] + ".h"
    if not source.path.endswith(".c") or own not in source.tree:
        return
    first = next(includes(source), None)
    if first and first[2] != own:
        yield first[0], f"the first include is \"{own}\""


def rule_header_shape(source):
    if not source.path.endswith(".h"):
        return
    if "#pragma once" not in source.lines:
        yield 1, "a header says #pragma once"
    for number, line in enumerate(source.bare, 1):
        if re.match(r"extern\s(?!const\b)[^(]*;", line):
            yield number, "no variable in a header but constant tables"


def rule_opening_comment(source):
    if source.is_c and not source.lines[0].startswith("/*"):
        yield 1, "the file does not open with a comment"


def functions(source):
    """(first line of the signature, line of the closing brace)"""
    depth, start, is_function, last = 0, None, False, ""
    for number, line in enumerate(source.bare, 1):
        if re.match(r"\s*#", line):
            continue
        for char in line:
            if depth == 0 and start is None and not char.isspace():
                start = number
            if char == "{":
                if depth == 0:
                    is_function = last == ")"
                depth += 1
            elif char == "}":
                depth = max(0, depth - 1)
                if depth == 0 and is_function:
                    yield start, number
                if depth == 0:
                    start, is_function = (None, False) if is_function else (start, False)
            elif char == ";" and depth == 0:
                start = None
            if not char.isspace():
                last = char


def rule_function_length(source):
    if not source.is_c:
        return
    for first, end in functions(source):
        if end - first + 1 > FUNCTION_MAX:
            yield first, f"function of {end - first + 1} lines, at most {FUNCTION_MAX}"


def rule_file_length(source):
    lines = len(source.lines) - 1
    if source.is_code and lines > FILE_MAX:
        yield lines, f"file of {lines} lines, at most {FILE_MAX}"


def rule_line_length(source):
    if not source.is_code:
        return
    for number, line in enumerate(source.lines, 1):
        columns = len(line.expandtabs(8))
        if columns > LINE_MAX:
            yield number, f"{columns} columns, at most {LINE_MAX}"


def rule_blanks(source):
    if not source.is_code:
        return
    for number, line in enumerate(source.lines, 1):
        if line != line.rstrip():
            yield number, "blank at the end of the line"
    if source.data and not source.data.endswith(b"\n"):
        yield len(source.lines), "no newline at the end of the file"


def rule_banned(source):
    if not source.is_c:
        return
    pattern = re.compile(r"(?<![.>\w])(" + "|".join(BANNED) + r")\s*\(")
    for number, line in enumerate(source.bare, 1):
        for match in pattern.finditer(line):
            yield number, f"{match.group(1)}() is banned, use {BANNED[match.group(1)]}"
        is_kernel = source.path.startswith("record/bpf/")     # redeclares types of the kernel
        if not is_kernel and re.match(r"\s*typedef\s+(struct|union)\b(?!.*\()", line):
            yield number, "no typedef of a struct"


def rule_no_printing(source):
    """Library code never prints and never exits."""
    if not source.is_c or source.path == "base/log.c":
        return
    if source.path.split("/")[0] not in ("base", "format", "lang"):
        return
    for number, line in enumerate(source.bare, 1):
        match = re.search(NO_PRINTING, line)
        if match:
            yield number, f"{match.group(1)}() in library code"


def rule_comments(source):
    for number, _ in source.comments:
        yield number, "comments are /* */"


def rule_words(source):
    any_word = re.compile("|".join([pattern for pattern, _ in LOCAL_WORDS] + [UNFINISHED]))
    for number, line in enumerate(source.lines, 1):
        if not any_word.search(line):       # nearly always: one look instead of a dozen
            continue
        for pattern, what in LOCAL_WORDS:
            match = re.search(pattern, line)
            if match:
                yield number, f"'{match.group()}': {what}"
        match = re.search(UNFINISHED, line)
        if match:
            yield number, f"{match.group()}: finish it or leave it out"


RULES = [rule_layers, rule_include_from_root, rule_own_header_first, rule_header_shape,
         rule_opening_comment, rule_function_length, rule_file_length, rule_line_length,
         rule_blanks, rule_banned, rule_no_printing, rule_comments, rule_words]


def unique_names(paths):
    """A source file's name is unique in the whole tree, tests beside it."""
    seen = collections.defaultdict(list)
    for path in paths:
        if path.endswith((".c", ".h")):
            seen[os.path.basename(path)].append(path)
    for name, those in sorted(seen.items()):
        for path in those[1:]:
            yield path, 1, f"the name {name} is taken by {those[0]}"


def list_files(root):
    """What git knows and does not ignore; without git, everything but build folders."""
    try:
        out = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard", "-z"],
                             check=True, capture_output=True).stdout
        paths = out.decode("utf-8", "surrogateescape").split("\0")
    except (OSError, subprocess.CalledProcessError):
        paths = []
        for folder, below, names in os.walk(root):
            below[:] = [d for d in below if d != ".git" and not d.startswith("build")]
            paths += [os.path.relpath(os.path.join(folder, n), root) for n in names]
    return sorted(p for p in paths if p and os.path.isfile(os.path.join(root, p)))


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    paths = [p for p in list_files(root) if not p.startswith("tests/style/") and p != "LICENSE"]
    breaches = list(unique_names(paths))
    for path in paths:
        source = Source(root, path)
        source.tree = set(paths)
        if source.is_binary:
            continue
        for rule in RULES:
            breaches += [(path, number, text) for number, text in rule(source)]
    for path, number, text in sorted(breaches):
        print(f"{path}:{number}: {text}")
    print(f"{len(paths)} files, {len(breaches)} breaches", file=sys.stderr)
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
