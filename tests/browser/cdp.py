"""A headless Chromium and a page in it, driven through a pipe; needs nothing but Python.

What the page says on its console, throws, asks for and fetches is kept: see Page.messages and
Page.requests.
"""
import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
         "--disable-background-networking", "--disable-dev-shm-usage", "--remote-debugging-pipe")


def find():
    """The path of a browser, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    def __init__(self, path):
        self.profile = tempfile.mkdtemp(prefix="bpftape-browser-")
        ours, theirs = os.pipe(), os.pipe()
        # the browser's ends must be descriptors 3 and 4
        self.process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{ours[0]} 4>&{theirs[1]}', "sh", path, *FLAGS,
             f"--user-data-dir={self.profile}", "about:blank"],
            pass_fds=(ours[0], theirs[1]), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(ours[0])
        os.close(theirs[1])
        self.to, self.back = ours[1], theirs[0]
        self.pending, self.number, self.on_event = b"", 0, lambda event: None

    def close(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    def receive(self, deadline):
        while b"\0" not in self.pending:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.back], [], [], left)[0]:
                raise TimeoutError("the browser does not answer")
            got = os.read(self.back, 1 << 16)
            if not got:
                raise EOFError("the browser has ended")
            self.pending += got
        text, self.pending = self.pending.split(b"\0", 1)
        message = json.loads(text)
        if "method" in message:
            self.on_event(message)
        return message

    def call(self, method, session=None, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + 60
        while True:
            answer = self.receive(deadline)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def wait(self, is_done, seconds=60):
        deadline = time.monotonic() + seconds
        while not is_done():
            self.receive(deadline)


class Page:
    def __init__(self, browser):
        self.browser, self.messages, self.requests, self.loads = browser, [], [], 0
        browser.on_event = self.note
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=target,
                                    flatten=True)["sessionId"]
        for domain in "Page", "Runtime", "Log", "Network":
            self.call(f"{domain}.enable")

    def call(self, method, **params):
        return self.browser.call(method, self.session, **params)

    def note(self, event):
        method, params = event["method"], event["params"]
        if method == "Page.loadEventFired":
            self.loads += 1
        elif method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded",
                        "Page.javascriptDialogOpening"):
            self.messages.append(f"{method}: {json.dumps(params)[:500]}")

    def open(self, url):
        before = self.loads
        self.call("Page.navigate", url=url)
        self.browser.wait(lambda: self.loads > before)

    def size(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)

    def js(self, expression):
        """The value of an expression, after what came before has been drawn."""
        got = self.call("Runtime.evaluate", returnByValue=True, awaitPromise=True,
                        expression="new Promise((done) => requestAnimationFrame(done))"
                                   f".then(() => ({expression}))")
        if "exceptionDetails" in got:
            raise RuntimeError(f"{expression}: {got['exceptionDetails']}")
        return got["result"].get("value")

    def mouse(self, kind, x, y):
        button = {} if kind == "mouseMoved" else {"button": "left", "clickCount": 1}
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **button)

    def move(self, x, y):
        self.mouse("mouseMoved", x, y)

    def click(self, x, y):
        for kind in "mouseMoved", "mousePressed", "mouseReleased":
            self.mouse(kind, x, y)

    def key(self, key, code, is_ctrl=False):
        for kind in "rawKeyDown", "keyUp":
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key,
                      windowsVirtualKeyCode=code, modifiers=2 if is_ctrl else 0)

    def type(self, text):
        self.call("Input.insertText", text=text)

    def screenshot(self, path):
        with open(path, "wb") as f:
            f.write(base64.b64decode(self.call("Page.captureScreenshot")["data"]))
