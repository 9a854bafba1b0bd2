# SPDX-License-Identifier: Apache-2.0
"""A page in a real browser, driven through its DevTools protocol over pipes: no port, no driver, no package."""

from __future__ import annotations

import base64
import io
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)
_SECONDS = 60


class ChromiumPage:
    """A browser with one page.

    Attributes:
        problems: what the console says of errors, exceptions and refused loads since the page was opened.
        requests: what the page has asked for.
    """

    def __init__(self, profile: Path) -> None:
        self.problems: list[str] = []
        self.requests: list[str] = []
        self._number, self._answers, self._rest = 0, {}, b""
        here, self._write = os.pipe()
        self._read, there = os.pipe()

        def connect() -> None:  # the browser reads from descriptor 3 and writes to 4
            os.dup2(os.dup(here), 3)
            os.dup2(os.dup(there), 4)

        command = [CHROMIUM, *_FLAGS, f"--user-data-dir={profile}", "about:blank"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._process = subprocess.Popen(command, preexec_fn=connect, close_fds=False, **quiet)
        os.close(here)
        os.close(there)
        self._session = None
        target = self._page_target()
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def open(self, path: Path, size: tuple[int, int] = (1000, 820), link: str = "") -> None:
        """Loads a file afresh; `link` is what follows its name."""
        self.call("Page.navigate", url="about:blank")
        self.problems, self.requests = [], []
        self.call(
            "Emulation.setDeviceMetricsOverride", width=size[0], height=size[1], deviceScaleFactor=1, mobile=False
        )
        self.mouse("mouseMoved", 1, 1)
        self.call("Page.navigate", url=path.resolve().as_uri() + link)
        self.wait("document.documentElement?.dataset.ready === 'yes'")

    def close(self) -> None:
        self._session = None
        try:
            self.call("Browser.close")
            self._process.wait(20)
        finally:
            self._process.kill()
            self._process.wait()
            os.close(self._write)
            os.close(self._read)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + _SECONDS
        while self._number not in self._answers:
            self._receive(deadline)
        answer = self._answers.pop(self._number)
        assert "error" not in answer, answer
        return answer["result"]

    def evaluate(self, expression: str) -> Any:
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, condition: str) -> None:
        deadline = time.monotonic() + _SECONDS
        while not self.evaluate(condition):
            assert time.monotonic() < deadline, f"{condition} never came true; console: {self.problems}"
            time.sleep(0.05)

    def key(self, key: str) -> None:
        text = {"text": key} if len(key) == 1 else {}
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, **(text if kind == "keyDown" else {}))

    def mouse(self, kind: str, x: float, y: float, button: str = "none", **more: Any) -> None:
        held = {"left": 1, "right": 2, "none": 0}[button] if kind != "mouseReleased" else 0
        self.call(
            "Input.dispatchMouseEvent",
            type=kind,
            x=x,
            y=y,
            button=button,
            buttons=held,
            clickCount=int(button != "none"),
            **more,
        )

    def click(self, x: float, y: float) -> None:
        self.mouse("mouseMoved", x, y)
        self.mouse("mousePressed", x, y, "left")
        self.mouse("mouseReleased", x, y, "left")

    def press(self, selector: str) -> None:
        """Clicks with the mouse in the middle of an element."""
        self.evaluate(f"document.querySelector({selector!r}).scrollIntoView({{block: 'center'}})")
        left, top, width, height = self.box(selector)
        self.click(left + width / 2, top + height / 2)

    def box(self, selector: str) -> list[float]:
        """Left, top, width and height in the window."""
        return self.evaluate(
            f"(() => {{ const box = document.querySelector({selector!r}).getBoundingClientRect(); "
            "return [box.left, box.top, box.width, box.height]; })()"
        )

    def screenshot(self, path: Path | None = None) -> np.ndarray:
        """(rows, columns, 3), uint8, of the window."""
        self.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        picture = base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])
        if path:
            path.write_bytes(picture)
        return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))

    def _page_target(self) -> str:
        deadline = time.monotonic() + _SECONDS
        while time.monotonic() < deadline:
            for target in self.call("Target.getTargets")["targetInfos"]:
                if target["type"] == "page":
                    return target["targetId"]
        raise TimeoutError("the browser opened no page")

    def _receive(self, deadline: float) -> None:
        readable, _, _ = select.select([self._read], [], [], max(0, deadline - time.monotonic()))
        if not readable:
            raise TimeoutError("the browser did not answer")
        *messages, self._rest = (self._rest + os.read(self._read, 2**20)).split(b"\0")
        for message in map(json.loads, messages):
            if "id" in message:
                self._answers[message["id"]] = message
            else:
                self._note(message["method"], message["params"])

    def _note(self, event: str, what: dict[str, Any]) -> None:
        if event == "Runtime.exceptionThrown":
            self.problems.append(str(what["exceptionDetails"]))
        elif event == "Log.entryAdded" and what["entry"]["level"] in ("error", "warning"):
            self.problems.append(what["entry"]["text"])
        elif event == "Runtime.consoleAPICalled":
            self.problems.append(str(what["args"]))
        elif event == "Network.requestWillBeSent":
            self.requests.append(what["request"]["url"][:200])
