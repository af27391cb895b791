"""Reads lines that begin with a firing's nsecs; prints for each how many ms later it appeared."""
import sys
import time

for line in iter(sys.stdin.readline, ""):
    now = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    words = line.split()
    if words and words[0].isdigit():
        print((now - int(words[0])) // 1000000, flush=True)
