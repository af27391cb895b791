#!/usr/bin/env python3
"""tests/kernel/stacks.py: what the tests of kernel stacks ask of a printed map.

  canon [DEPTH]  stdin: maps as bpftrace and we print them -> "COUNT frame;frame;..." a line,
                 sorted, without leading frames of the tracing, at most DEPTH frames of each
  sum            stdin: the sum of the counts
  names KALLSYMS stdin: frames of mode perf ("IP name+off"): each must be what kallsyms says
"""
import bisect
import re
import sys


TRACING = re.compile(r"bpf_prog_[0-9a-f]{16}_|bpf_trace_run|__bpf_trace_|__traceiter_|perf_trace_")


def canon(text, depth=1024):
    sums = {}
    for key, count in re.findall(r"@\w*\[([^\]]*?)\n?\]: (\d+)", text):
        frames = key.split()
        while frames and TRACING.match(frames[0]):
            frames.pop(0)
        stack = ";".join(frames[:depth])
        sums[stack] = sums.get(stack, 0) + int(count)
    return sorted("%d %s" % (n, stack) for stack, n in sums.items())


def names(text, path):
    syms = {}
    for line in open(path):
        addr, _, name = line.split()[:3]
        syms.setdefault(int(addr, 16), []).append(name)
    addrs = sorted(syms)
    cnt = bad = 0
    for ip, name, off in re.findall(r"^\s+([0-9a-f]{16}) (\S+)\+(\d+)$", text, re.M):
        at = addrs[bisect.bisect_right(addrs, int(ip, 16)) - 1]
        cnt += 1
        if name not in syms[at] or int(off) != int(ip, 16) - at:
            bad += 1
            print("%s is %s+%s, not %s+%d" % (ip, syms[at], int(ip, 16) - at, name, int(off)))
    hexes = len(re.findall(r"^\s+[0-9a-f]{16}( 0x|$)", text, re.M))
    print("%d names, %d wrong, %d without" % (cnt, bad, hexes))


def main():
    text = sys.stdin.read()
    if sys.argv[1] == "canon":
        print("\n".join(canon(text, int(sys.argv[2]) if len(sys.argv) > 2 else 1024)))
    elif sys.argv[1] == "sum":
        print(sum(int(row.split()[0]) for row in canon(text)))
    else:
        names(text, sys.argv[2])


main()
