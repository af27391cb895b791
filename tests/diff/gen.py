#!/usr/bin/env python3
"""Seeded random programs of the language that bpftrace 0.17, bpftrace 0.27 and bpftape share.

program(seed) is a Program: the same one for the same seed.  Its clause fires for the calls of
tests/workload/values.c (few of them for its execve() or in BEGIN), prints lines behind a line "N|"
that tells whose they are, and has maps of its own (@pN_...), so that many programs make one script.
What its END part does to its maps stands in the script's only END.

Printed text must be the same each time and on each machine.  So a builtin that is not (nsecs, pid,
rand ...) occurs in a comparison that always holds or as a key of a map that is cleared.  What
docs/compat.md lists as different on purpose, or as a defect of bpftrace, does not occur:
 - / % >> act on what is masked to be positive, shifts are by less than 64, - is of 64 bits;
 - fields are cast, as bpftrace takes all of a system call's arguments as unsigned;
 - keys have no ++ and --, and comparisons of pointers become numbers by ?:;
 - what may be narrow gets + 0 before it is cast to a wider type;
 - variables have 64 bits from the beginning: 0.17 loses what is put into a narrower one;
 - max() has no negative values, and what prints a map in its order has the END part only.
"""
import random

PROBE = 'tracepoint:syscalls:sys_enter_pread64 /pid == cpid && comm == "values"%s/'
EXEC = "tracepoint:syscalls:sys_enter_execve /pid == cpid%s/"
BEGIN = "BEGIN%s"
INT_TYPES = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
WORDS = ("alpha", "beta", "beta gamma", "x", "", "values", r"tab\t", r"a \"quote")
FIXED = ("pid == tid", "nsecs > 0", "elapsed > 0", "cpu < 4096", "rand >= 0", "cpid == pid",
         "numaid < 1024", "cgroup > 0", "uid == 0", "gid == 0", "curtask->pid == tid",
         "(curtask != 0 ? 1 : 0)", "cgroupid(\"%(cgroup)s\") > 0", "kaddr(\"schedule\") > 0",
         "(kptr(curtask) == curtask ? 1 : 0)", "sizeof(struct task_struct) > 100",
         "curtask->tgid == pid", "tid == pid")


class Program:
    def __init__(self, number):
        self.number = number
        self.probe = PROBE
        self.predicate = ""
        self.statements = []
        self.end = []
        self.is_needed = 0  # statements at the beginning that shrinking keeps

    def clause(self):
        body = "".join(f"\t{s}\n" for s in self.statements)
        return f'{self.probe % self.predicate} {{\n\tprintf("{self.number}|\\n");\n{body}}}\n'

    def end_text(self):
        body = "".join(f"\t{s}\n" for s in self.end)
        return f'\tprintf("{self.number}|\\n");\n{body}' if self.end else ""


def script(programs):
    """One script of many programs; 0.17 takes one BEGIN and one END."""
    text = "".join(p.clause() for p in programs)
    end = "".join(p.end_text() for p in programs)
    return text + (f"END {{\n{end}}}\n" if end else "")


class Gen:
    def __init__(self, seed, cgroup):
        self.r = random.Random(seed)
        self.p = Program(seed)
        self.env = {"cgroup": cgroup}
        self.vars = []
        self.counters = []
        self.strings = []
        self.has_tuple = self.has_pointer = False
        self.maps = {}  # name: keys' kind
        self.serial = 0
        self.has_args = True
        self.is_key = False

    def below(self, n):
        return self.r.randrange(n)

    def chance(self, percent):
        return self.below(100) < percent

    def pick(self, *items):
        return items[self.below(len(items))]

    def name(self, letter):
        self.serial += 1
        return f"@p{self.p.number}_{letter}{self.serial}"

    # ---- values ----
    def literal(self):
        return self.pick("0", "1", "2", "3", "7", "10", "63", "255", "256", "1000", "65535",
                         "0x1f", "0x7fff", "0xff00", "017", "1e3", "100000", "4294967296",
                         "2147483648", "127", "128", "0x7fffffffffffffff")

    def fixed(self):
        return "(" + self.pick(*FIXED) % self.env + ")"

    def argument(self):
        if not self.has_args:
            return self.literal()
        kind = self.pick(*INT_TYPES)
        return f"({kind})args->{self.pick('count', 'pos', 'fd')}"

    def memory(self):
        if not self.has_args:
            return self.literal()
        return self.pick("*args->buf", "*(uint32 *)(args->buf + 16)", "*(uint16 *)(args->buf + 20)",
                         "*(int8 *)(args->buf + 22)", "*(uint64 *)(args->buf + 24)",
                         "*(int32 *)uptr(args->buf + 16)", "*(args->buf + 1)")

    def stored(self):
        found = ["$1", "$1", "$#"] + self.vars * 3 + self.counters * 3
        if self.has_tuple:
            found += ["$t.0", "$t.2.1"]
        if self.has_pointer:
            found += ["*$p", "$p[1]"]
        found += [n + k for n, k in self.maps.items()]
        return found[self.below(len(found))]

    def leaf(self):
        n = self.below(20)
        if n < 5:
            return self.literal()
        if n < 9:
            return self.argument()
        if n < 15:
            return self.stored()
        if n < 17:
            return self.memory()
        if n < 18:
            return self.fixed()
        return self.pick(f"sizeof({self.pick(*INT_TYPES)})", "sizeof(curtask->pid)",
                         f"bswap((uint32){self.literal()})", f"bswap((uint64){self.argument()})"
                         if self.has_args else "bswap((uint16)258)", self.compared())

    def compared(self):
        return f"strncmp({self.string()}, {self.string()}, {1 + self.below(6)})"

    def integer(self, depth=3):
        if depth <= 0 or self.chance(15):
            return self.leaf()
        n = self.below(22)
        a = self.integer(depth - 1)
        if n < 9:
            op = self.pick("+", "-", "*", "&", "|", "^", "+", "-")
            return f"({a} {op} {self.integer(depth - 1)})"
        if n < 11:
            b = self.pick("7", "10", "((%s & 3) + 1)" % self.integer(depth - 2))
            return f"(({a} & 0xffff) {self.pick('/', '%')} {b})"
        if n < 13:
            b = self.pick("1", "4", "(%s & 7)" % self.integer(depth - 2))
            return self.pick(f"(({a} & 0xffffff) >> {b})", f"(({a} & 0xffff) << {b})")
        if n < 14:
            return f"(~(int64)({a} + 0))"
        if n < 15:
            return f"(-(int64)({a} + 0))"
        if n < 17:
            return f"({self.pick(*INT_TYPES)})({a} + 0)"
        if n < 19:
            b = self.integer(depth - 1)
            return f"({self.condition(depth - 1)} ? (int64)({a} + 0) : (int64)({b} + 0))"
        if n < 20 and self.vars and not self.is_key:
            v = self.vars[self.below(len(self.vars))]
            return self.pick(f"{v}++", f"++{v}", f"{v}--", f"--{v}")
        return self.leaf()

    def condition(self, depth=2):
        n = self.below(12)
        if depth <= 0 or n < 5:
            op = self.pick("==", "!=", "<", "<=", ">", ">=")
            return f"({self.integer(depth)} {op} {self.integer(depth)})"
        if n < 8:
            return (f"({self.condition(depth - 1)} {self.pick('&&', '||')} "
                    f"{self.condition(depth - 1)})")
        if n < 9:
            return f"!{self.condition(depth - 1)}"
        if n < 11:
            return f"({self.string()} {self.pick('==', '!=')} {self.word()})"
        return self.fixed()

    def word(self):
        return '"' + self.pick(*WORDS) + '"'

    def comm(self):
        """Before its execve() a command has the name of its tracer."""
        return "comm" if self.has_args else "str($2)"

    def string(self):
        found = [self.word(), self.comm(), self.comm()] + self.strings * 2
        if self.has_args:
            found += ["str(args->buf)", f"str(args->buf, {1 + self.below(12)})"] * 2
        return self.pick(*found)

    def shown(self):
        """What %s shows and is no string of its own."""
        found = ['ksym(kaddr("schedule"))', "username", "probe", "str($2)",
                 'strftime("at %%", nsecs)', 'strftime("%Y", nsecs)',
                 f"ntop({self.literal_word()})", f"ntop(2, {self.literal_word()})"]
        if self.has_args:
            found += ["macaddr(args->buf)"]
        return self.pick(*found)

    def literal_word(self):
        return "0x%x" % self.below(1 << 31)

    # ---- statements ----
    def variables(self):
        add = self.p.statements.append
        for i in range(1 + self.below(2)):
            add(f"$v{i} = (int64)({self.integer(2)} + 0);")
            self.vars.append(f"$v{i}")
        if self.chance(40):
            add(f"$s = {self.string()};")
            self.strings.append("$s")
        if self.chance(30):
            add(f"$t = ({self.integer(1)}, {self.string()}, (5, {self.integer(1)}));")
            self.has_tuple = True
        if self.chance(25) and self.has_args:
            kind = self.pick("uint8", "uint16", "uint32", "int32", "int8")
            add(f"$p = ({kind} *)args->buf;")
            self.has_pointer = True
            if self.chance(60):
                add(self.pick("$p++;", "$p = $p + 2;", "++$p;"))
        self.p.is_needed = len(self.p.statements)

    def key(self):
        self.is_key = True
        key = self.pick(self.literal(), self.word(), self.comm(),
                        f"(int64)({self.integer(1)} + 0)",
                        f"{self.word()}, {self.literal()}",
                        f"(uint64)({self.integer(1)} + 0), {self.word()}")
        self.is_key = False
        return key

    def finish(self, m, is_number=True):
        """What END does with a map: seldom something."""
        add = self.p.end.append
        n = self.below(10)
        if n < 3:
            add(f"print({m});")
        elif n < 4 and is_number:
            add(f"print({m}, {1 + self.below(3)});")
        elif n < 5 and is_number:
            add(f"print({m}, 5, {self.pick(2, 10)});")
        if n in (0, 5, 6):
            add(f"zero({m});" if is_number and self.chance(60) else f"clear({m});")
            add(f"print({m});")

    def numbers(self):
        m = self.name("n")
        keys = f"[{self.key()}]" if self.chance(60) else ""
        op = self.pick("=", "=", "+=", "-=", "++", "--", "|=", "^=")
        if op in ("++", "--"):
            text = self.pick(f"{m}{keys}{op};", f"{op}{m}{keys};")
        else:
            text = f"{m}{keys} {op} (int64)({self.integer(2)} + 0);"
        self.maps[m] = keys
        if keys:
            self.finish(m)
        return text

    def change(self):
        n = self.below(4)
        if n == 0 and self.maps:
            m, k = list(self.maps.items())[self.below(len(self.maps))]
            return self.pick(f"{m}{k} += (int64)({self.integer(1)} + 0);", f"{m}{k}++;",
                             f"--{m}{k};")
        v = self.vars[self.below(len(self.vars))]
        op = self.pick("+=", "-=", "*=", "&=", "|=", "^=", "=", "<<=", ">>=", "/=", "%=")
        if op in ("<<=", ">>="):
            return f"{v} &= 0xffff; {v} {op} {1 + self.below(7)};"
        if op in ("/=", "%="):
            return f"{v} &= 0xffff; {v} {op} {1 + self.below(9)};"
        return f"{v} {op} (int64)({self.integer(2)} + 0);"

    def texts(self):
        m = self.name("s")
        keys = f"[{self.key()}]" if self.chance(70) else ""
        return f"{m}{keys} = {self.string()}; printf(\"%s\\n\", {m}{keys});"

    def aggregation(self):
        m = self.name("a")
        keys = f"[{self.key()}]" if self.chance(50) else ""
        n = self.integer(1)
        positive = f"({n}) & 0xffff"
        f = self.pick("count()", "count()", f"sum({n})", f"min({positive})", f"max({positive})",
                      f"avg({positive})", f"stats({positive})", f"hist({n})",
                      f"lhist({n}, 0, 1000, {self.pick(50, 100, 500)})")
        if self.chance(30):
            self.p.end.append(self.pick(f"print({m});", f"clear({m});"))
        return f"{m}{keys} = {f};"

    def unstable_key(self):
        m = self.name("u")
        self.p.end.append(f"clear({m});")
        k = self.pick("kstack", "ustack", "kstack(3)", "ustack(perf, 2)", "nsecs", "rand", "tid",
                      "elapsed", "usym(0x1000)", "cpu, pid", "ksym(kaddr(\"schedule\"))",
                      "cgroup, gid, uid", "curtask", "username")
        return f"{m}[{k}] = count();"

    def removal(self):
        m = self.name("d")
        a, b = self.below(4), self.below(4)
        self.finish(m)
        return f"{m}[{a}] = (int64){self.literal()}; delete({m}[{b}]);"

    INT_FORMATS = ("%d", "%ld", "%lld", "%u", "%lu", "%llu", "%x", "%lx", "%llx", "%X", "%o",
                   "%hd", "%hhd", "%5d", "%-8ld|", "%hx", "%hhu", "%10lu")

    def printing(self):
        formats, values = [], []
        for _ in range(1 + self.below(3)):
            n = self.below(12)
            if n < 6:
                formats.append(self.pick(*self.INT_FORMATS))
                values.append(self.integer(3))
            elif n < 8:
                formats.append(self.pick("%s", "%-8s|", "%12s"))
                values.append(self.string())
            elif n < 10:
                formats.append("%s")
                values.append(self.shown())
            elif n < 11 and self.has_args:
                formats.append(self.pick("%r", "%rx", "%rh"))
                values.append(f"buf(args->buf, {1 + self.below(12)})")
            else:
                formats.append("%c")
                values.append(f"65 + ({self.integer(1)} & 15)")
        return f"printf(\"{' '.join(formats)}\\n\", {', '.join(values)});"

    def printed(self):
        return self.pick(f"print({self.integer(3)});", f"print({self.string()});",
                         f"print(({self.integer(1)}, {self.string()}));",
                         f"print({self.condition(2)});",
                         "print($t);" if self.has_tuple else f"print({self.integer(2)});")

    def loop(self):
        self.serial += 1
        i = f"$w{self.serial}"
        inner = self.pick(f"if ({i} == {self.below(5)}) {{ continue; }} ",
                          f"if ({i} > {1 + self.below(4)}) {{ break; }} ", "")
        self.counters.append(i)  # read and not changed: the loop has to end
        body = self.statement(0)
        self.counters.pop()
        return (f"{i} = 0; while ({i} < {2 + self.below(4)}) {{ {i}++; {inner}{body} }}")

    def other(self):
        return self.pick(
            f"unroll({1 + self.below(4)}) {{ {self.statement(0)} }}",
            "time(\"at a time\\n\");", "cat(\"/proc/sys/kernel/ostype\");",
            f"system(\"echo '{self.p.number}|sys %d'\", {self.literal()});",
            "signal(\"CONT\");" if self.has_args else "$v0 = 1;", "if (pid == 0) { exit(); }",
            f"{self.condition(1)} ? printf(\"then\\n\") : printf(\"else\\n\");",
            f"if ({self.condition(1)}) {{ return; }}")

    def block(self, depth):
        vars_, maps, serial = list(self.vars), dict(self.maps), self.serial
        text = " ".join(self.statement(depth) for _ in range(1 + self.below(2)))
        # what is first assigned there ends there; its maps need no reading before
        self.vars, self.maps = vars_, maps
        del serial
        return text

    def branch(self, depth):
        text = f"if ({self.condition(2)}) {{ {self.block(depth)} }}"
        if self.chance(30):
            text += f" else if ({self.condition(1)}) {{ {self.block(depth)} }}"
        if self.chance(50):
            text += f" else {{ {self.block(depth)} }}"
        return text

    def statement(self, depth=2):
        n = self.below(100)
        if n < 25:
            return self.printing()
        if n < 35:
            return self.printed()
        if n < 50:
            return self.change()
        if depth <= 0:
            return self.pick(self.printing, self.change, self.printed)()
        if n < 60:
            return self.numbers()
        if n < 66:
            return self.texts()
        if n < 74:
            return self.aggregation()
        if n < 77:
            return self.unstable_key()
        if n < 80:
            return self.removal()
        if n < 88:
            return self.branch(depth - 1)
        if n < 93:
            return self.loop()
        return self.other()

    def program(self):
        n = self.below(50)
        if n == 0:
            self.p.probe, self.has_args = EXEC, False
        self.variables()
        if n == 0:
            self.p.statements.append(self.pick("join(args->argv);", "join(args->argv, \"-\");"))
        for _ in range(2 + self.below(5)):
            self.p.statements.append(self.statement())
        if self.chance(20):
            kept, self.vars, self.strings = (self.vars, self.strings), [], []
            tuples, self.has_tuple, self.has_pointer = self.has_tuple, False, False
            self.maps = {}
            self.p.predicate = " && " + self.condition(1)
            self.vars, self.strings = kept
            self.has_tuple = tuples
        v = self.vars[0]
        self.p.statements.append(f"printf(\"%ld\\n\", (int64)({v} + 0));")
        return self.p


def program(seed, cgroup="/sys/fs/cgroup"):
    return Gen(seed, cgroup).program()
