"""A real browser for the tests of pages: Chromium, driven by playwright.

Where one of them is lacking, the tests that ask for it are skipped, and say so; with OCRFIX_BROWSER=required they fail.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@contextmanager
def chromium() -> Iterator[Any]:
    """The browser; pytest's skip or failure where there is none."""
    lacking: Callable[..., Any] = pytest.fail if os.environ.get("OCRFIX_BROWSER") == "required" else pytest.skip
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        lacking("playwright is not installed: pip install -e '.[browser]'")
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        lacking(f"expected one of {', '.join(CHROMIUM)} on the PATH, found none: apt-get install chromium")
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"] if root else [])
        try:
            yield browser
        finally:
            browser.close()


class Reader:
    """A person at a page: what is on the screen, what the keys do, and what the page did that it must not.

    One reader is one browser profile: what a page keeps is there when it is opened again.
    """

    def __init__(self, browser: Any, **how: Any) -> None:
        self.context = browser.new_context(accept_downloads=True, **{"locale": "en-GB"} | how)
        self.troubles: list[str] = []
        self.context.on("request", self._asked)

    def open(self, path: Path) -> Reader:
        self.page = self.context.new_page()
        self.page.on("console", lambda said: self.troubles.append(f"{said.type}: {said.text}"))
        self.page.on("pageerror", lambda error: self.troubles.append(f"error: {error}"))
        self.page.goto(path.absolute().as_uri())
        self.page.wait_for_selector("html[data-ready]")
        return self

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def text(self, selector: str) -> str:
        return str(self.page.locator(selector).inner_text())

    def count(self, selector: str) -> int:
        return int(self.page.locator(selector).count())

    def saved(self) -> str:
        """What the key that saves downloads."""
        with self.page.expect_download() as waiting:
            self.press("w")
        return Path(waiting.value.path()).read_text(encoding="utf-8")

    def until(self, script: str) -> None:
        """Waits for something to become so; the page's policy forbids playwright's own way, which is eval."""
        end = time.monotonic() + 10
        while not self.page.evaluate(script):
            assert time.monotonic() < end, f"never so: {script}"
            self.page.wait_for_timeout(20)

    def close(self) -> None:
        """Closes all, and complains of whatever went wrong on the page or left it."""
        self.context.close()
        assert self.troubles == []

    def _asked(self, request: Any) -> None:
        if not request.url.startswith(("file:", "data:", "blob:")):
            self.troubles.append(f"request: {request.url}")
