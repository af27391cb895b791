#!/usr/bin/env python3
"""Sum up a JUnit file of ctest.

usage: junit.py FILE    prints "PASSED FAILED SKIPPED", then a line for each failed or skipped one.
"""
import re
import sys
import xml.etree.ElementTree


def reason(case):
    """The last line a skipped test printed says why."""
    text = case.findtext("system-out") or ""
    lines = [re.sub(r"[^\x20-\x7e]", "?", line).strip() for line in text.splitlines()]
    lines = [line for line in lines if line]
    return lines[-1][:120] if lines else "no reason given"


def main():
    passed, failed, skipped = 0, [], []
    for case in xml.etree.ElementTree.parse(sys.argv[1]).getroot().iter("testcase"):
        status = case.get("status")
        if status == "run":
            passed += 1
        elif status in ("notrun", "disabled") and case.find("skipped") is not None:
            message = case.find("skipped").get("message") or ""
            if "SKIP" in message:
                skipped.append(f"{case.get('name')}: {reason(case)}")
            else:
                failed.append(f"{case.get('name')}: {message or 'not run'}")
        else:
            failed.append(case.get("name"))
    print(passed, len(failed), len(skipped))
    for name in failed:
        print(f"  failed:  {name}")
    for name in skipped:
        print(f"  skipped: {name}")


if __name__ == "__main__":
    main()
