#!/usr/bin/env python3
"""A flame graph in a browser: zoom, reset, search, details, hostile names; nothing on the console.

usage: flame.py GRAPH.svg PRUNED.svg [FOLDER for pictures]

GRAPH.svg is of the tape of flame_tape.c, --by comm; PRUNED.svg the same with --min-width 2.
"""
import json
import os
import sys
import xml.etree.ElementTree as ElementTree

import cdp

PAD = 12
HOSTILE = "</title><script>alert(1)</script>"

# What a test asks of the page: frames by name.
HELPERS = """
window.frame = (name, nth = 0) => Array.from(document.querySelectorAll("#frames > g"))
    .filter((g) => g.firstChild.textContent.split("\\n")[0] === name)[nth];
window.box = (name, nth) => {
    const r = frame(name, nth).children[1].getBoundingClientRect();
    return { x: r.x, y: r.y, width: r.width, height: r.height };
};
window.isShown = (name, nth) => frame(name, nth).style.display !== "none";
window.textOf = (id) => document.getElementById(id).textContent;
window.widths = () => Array.from(document.querySelectorAll("#frames rect"),
    (r) => r.getAttribute("x") + " " + r.getAttribute("width")).join();
window.tooWide = () => Array.from(document.querySelectorAll("#frames > g"))
    .filter((g) => g.style.display !== "none" &&
            g.children[2].getBBox().width > +g.children[1].getAttribute("width"))
    .map((g) => g.firstChild.textContent);
1
"""


class Test:
    def __init__(self, page, graph, pruned, pictures):
        self.page, self.graph, self.pruned, self.pictures = page, graph, pruned, pictures

    def open(self, path, width=1200, height=700):
        self.page.size(width, height)
        self.page.open("file://" + os.path.abspath(path))
        self.page.js(f"(0, eval)({json.dumps(HELPERS)})")

    def picture(self, name):
        if self.pictures:
            self.page.screenshot(os.path.join(self.pictures, name + ".png"))

    def at(self, name, nth=0):
        """Somewhere inside a frame."""
        b = self.page.js(f"box({json.dumps(name)}, {nth})")
        return b["x"] + b["width"] / 2, b["y"] + b["height"] / 2

    def test_it_is_xml_that_needs_nothing_else(self):
        root = ElementTree.parse(self.graph).getroot()
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        self.open(self.graph)
        got = {u for u in self.page.requests if not u.startswith("about:")}
        assert got == {"file://" + os.path.abspath(self.graph)}, got

    def test_all_frames_are_there_and_the_root_fills_the_window(self):
        self.open(self.graph)
        self.picture("whole")
        assert self.page.js("document.querySelectorAll('#frames > g').length") == 25
        assert abs(self.page.js("box('all').width") - (1200 - 2 * PAD)) < 1
        assert self.page.js("textOf('details')") == "1 000 samples, 100.00 %"
        assert self.page.js("textOf('title')") == "t.tape"
        assert abs(self.page.js("box('malloc').width") - 0.4 * (1200 - 2 * PAD)) < 1

    def test_a_frame_stands_on_its_caller(self):
        self.open(self.graph)
        up, down = (self.page.js(f"box({n!r})") for n in ("malloc", "handle_request"))
        assert up["y"] + up["height"] <= down["y"]
        assert up["x"] >= down["x"] - 1
        assert up["x"] + up["width"] <= down["x"] + down["width"] + 1

    def test_kernel_frames_have_another_colour(self):
        self.open(self.graph)
        fills = [self.page.js(f"frame({n!r}).children[1].getAttribute('fill')")
                 for n in ("vfs_read", "do_idle", "malloc", "main")]
        red_blue = [(int(f[1:3], 16), int(f[5:7], 16)) for f in fills]
        assert [r > b for r, b in red_blue] == [False, False, True, True], fills

    def test_hovering_tells_name_samples_and_percent(self):
        self.open(self.graph)
        self.page.move(*self.at("malloc"))
        assert self.page.js("textOf('details')") == "malloc \u2014 400 samples, 40.00 %"
        assert self.page.js("frame('malloc').firstChild.textContent") == \
            "malloc\n400 samples, 40.00 %"
        self.page.move(600, 80)
        assert self.page.js("textOf('details')") == "1 000 samples, 100.00 %"

    def test_a_click_zooms_and_reset_goes_back(self):
        self.open(self.graph)
        before = self.page.js("widths()")
        assert self.page.js("document.getElementById('reset').style.display") == "none"
        self.page.click(*self.at("handle_request"))
        self.picture("zoomed")
        full = 1200 - 2 * PAD
        assert abs(self.page.js("box('handle_request').width") - full) < 1
        assert abs(self.page.js("box('malloc').width") - full * 400 / 600) < 1
        # nginx comes behind <b>&hostile
        for name, nth in ("all", 0), ("nginx", 0), ("main", 1):
            assert abs(self.page.js(f"box({name!r}, {nth}).width") - full) < 1, name
            assert self.page.js(f"frame({name!r}, {nth}).classList.contains('up')"), name
        assert not self.page.js("isShown('do_idle')")
        assert not self.page.js("isShown('main', 0)")
        self.page.move(*self.at("malloc"))
        assert self.page.js("textOf('details')") == \
            "malloc \u2014 400 samples, 40.00 %, 66.67\u00a0% of the view"
        self.page.click(*self.at("malloc"))
        assert abs(self.page.js("box('malloc').width") - full) < 1
        box = self.page.js("document.getElementById('reset').getBoundingClientRect().toJSON()")
        self.page.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        assert self.page.js("widths()") == before
        assert self.page.js("document.getElementById('reset').style.display") == "none"
        self.page.click(*self.at("malloc"))
        self.page.key("Escape", 27)
        assert self.page.js("widths()") == before

    def test_search_marks_frames_and_says_how_much_they_are(self):
        self.open(self.graph)
        self.page.key("f", 70, is_ctrl=True)
        assert self.page.js("document.activeElement.id") == "search"
        self.page.type("^(malloc|vfs_.*|copy_page)")
        self.picture("search")
        hits = "Array.from(document.querySelectorAll('#frames > .hit'), " \
            "(g) => g.firstChild.textContent.split('\\n')[0]).join()"
        assert self.page.js(hits) == "malloc,vfs_read,copy_page_to_iter", self.page.js(hits)
        # what is above a match is counted with it
        assert self.page.js("textOf('matched')") == "matched 60.00\u00a0% (3 frames)"
        fill = self.page.js("getComputedStyle(frame('malloc').children[1]).fill")
        assert fill == "rgb(226, 91, 230)", fill
        self.page.click(*self.at("ksys_read"))
        assert self.page.js("textOf('matched')") == \
            "matched 100.00\u00a0% of the view (2 frames)", self.page.js("textOf('matched')")

    def test_small_letters_find_capitals_and_capitals_only_themselves(self):
        self.open(self.graph)
        for text, count in ("entry_syscall", 1), ("entry_SYSCALL", 1), ("MAIN", 0), ("main", 4):
            self.page.key("f", 70, is_ctrl=True)
            self.page.type(text)
            got = self.page.js("document.querySelectorAll('#frames > .hit').length")
            assert got == count, (text, got)
            self.page.key("Escape", 27)
            assert self.page.js("document.querySelectorAll('.hit').length") == 0
            assert self.page.js("textOf('matched')") == ""

    def test_half_a_pattern_is_no_error(self):
        self.open(self.graph)
        self.page.key("f", 70, is_ctrl=True)
        self.page.type("mal(")
        assert self.page.js("textOf('matched')") == "not a regular expression"
        assert self.page.js("document.querySelectorAll('.hit').length") == 0
        self.page.type("loc)")
        assert self.page.js("textOf('matched')") == "matched 40.00\u00a0% (1 frame)"

    def test_names_are_text_whatever_they_are(self):
        self.open(self.graph)
        assert self.page.js("document.querySelectorAll('script').length") == 1
        assert self.page.js(f"frame({HOSTILE!r}).children[2].textContent")[:16] == HOSTILE[:16]
        self.page.move(*self.at(HOSTILE))
        assert self.page.js("textOf('details')").startswith(HOSTILE)
        self.page.click(*self.at("a&b \"quoted\" 'single'"))
        assert self.page.js("textOf('details')").startswith("a&b \"quoted\" 'single'")
        assert self.page.js("isShown('<b>&hostile')")

    def test_texts_fit_at_every_width(self):
        for width in 1200, 1600, 800, 640:
            self.open(self.graph, width)
            assert self.page.js("tooWide()") == [], self.page.js("tooWide()")
            assert abs(self.page.js("box('all').width") - (width - 2 * PAD)) < 1
        self.page.size(1000, 500)
        self.page.js("new Promise((r) => setTimeout(r, 300))")
        assert abs(self.page.js("box('all').width") - (1000 - 2 * PAD)) < 1

    def test_the_bar_stays_in_sight(self):
        self.open(self.graph, 1200, 220)
        assert self.page.js("scrollY") > 0    # the root is seen first
        bar = "document.getElementById('bar').getBoundingClientRect()"
        assert self.page.js(f"Math.round({bar}.y)") == 0
        b = self.page.js("box('all')")
        assert b["y"] + b["height"] <= 220

    def test_what_is_left_out_is_said(self):
        self.open(self.pruned)
        assert self.page.js("document.querySelectorAll('#frames > g').length") == 24
        assert self.page.js("document.documentElement.textContent").find(
            "Left out, and not searched: 1 frame narrower than 2 px of 1176.") > 0

    def test_it_is_a_picture_without_its_script(self):
        self.page.call("Emulation.setScriptExecutionDisabled", value=True)
        self.page.size(1200, 700)
        self.page.open("file://" + os.path.abspath(self.graph))
        self.picture("no_script")
        self.page.call("Emulation.setScriptExecutionDisabled", value=False)
        assert self.page.js("document.getElementById('tools').style.display") == "none"
        assert self.page.js("Array.from(document.querySelectorAll('#frames text'))"
                            ".filter((t) => t.textContent === 'malloc').length") == 1

    def run(self):
        failed = 0
        tests = [n for n in dir(self) if n.startswith("test_")]
        for name in tests:
            self.page.messages.clear()
            self.page.requests.clear()
            try:
                getattr(self, name)()
                assert not self.page.messages, self.page.messages
                print(f"ok   {name[5:]}")
            except (AssertionError, RuntimeError) as e:
                failed += 1
                line = e.__traceback__.tb_next or e.__traceback__
                print(f"FAIL {name[5:]}: line {line.tb_lineno}: {e}")
        print(f"{len(tests) - failed} passed, {failed} failed")
        return failed


def main():
    browser = cdp.Browser(cdp.find())
    try:
        page = cdp.Page(browser)
        failed = Test(page, sys.argv[1], sys.argv[2], (sys.argv[3:] or [None])[0]).run()
    finally:
        browser.close()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
