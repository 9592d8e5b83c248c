"""What a journey is played on: a service that runs as it does for real, a browser, and people who sign in to it."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from tests.cast import PASSWORD
from tests.cli.test_running import running

PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}


class NoBrowser(Exception):
    """Chromium is not there."""


@contextmanager
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        raise NoBrowser("There is no `chromium` on the PATH: these journeys need it. On Debian: apt install chromium.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()


class Service:
    """`forum serve` on one database, at the same address however often it starts."""

    def __init__(self, database_url: str, folder: Path) -> None:
        data = {"FORUM_DATA": str(folder), "FORUM_DATABASE_URL": database_url}
        self._environment = {**data, "FORUM_PASSWORDS__MEMORY_KIB": "8", "FORUM_PASSWORDS__PASSES": "1"}
        self._running = ExitStack()
        self._port = 0
        self.where = ""

    def start(self) -> None:
        words = ("serve", "--port", str(self._port))
        _, self.where = self._running.enter_context(running(*words, **self._environment))
        self._port = urlsplit(self.where).port or 0

    def stop(self) -> None:
        self._running.close()

    def __enter__(self) -> "Service":
        self.start()
        return self

    def __exit__(self, *fault: object) -> None:
        self.stop()


class Watch:
    """What the pages of a context complained of, and what they asked others for."""

    def __init__(self, context: BrowserContext, where: str) -> None:
        self.complaints: list[str] = []
        self.strangers: list[str] = []
        self._host = urlsplit(where).netloc
        context.on("console", self._said)
        context.on("weberror", lambda fault: self.complaints.append(str(fault.error)))
        context.on("request", self._asked)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).netloc != self._host:
            self.strangers.append(request.url)


def sign_in(page: Page, name: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("Email address").fill(f"{name}@demo.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Welcome").wait_for()


def open_thread(page: Page, group: str, title: str) -> None:
    """The way there from anywhere, as people go it."""
    page.get_by_role("link", name="Groups", exact=True).first.click()
    page.get_by_role("link", name=group, exact=True).click()
    page.get_by_role("link", name=title, exact=True).click()
    page.get_by_role("heading", level=1, name=title).wait_for()
