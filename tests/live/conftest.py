"""Open sockets as browsers do, over both paths: the app itself, and a real server with wire.py."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from forum import live
from forum.settings import Settings
from forum.web.middleware import Entered
from tests.cast import Browser
from tests.conftest import SITE, settings_for
from tests.sockets import PATIENCE, AsgiSocket, RealSocket, serving

Socket = AsgiSocket | RealSocket
OpenSocket = Callable[..., Awaitable[Socket]]


@pytest.fixture
def changed() -> dict[str, dict[str, Any]]:
    """Sections of settings that a test wants otherwise: parametrize it (see `with_settings`)."""
    return {}


@pytest.fixture
def settings(database_url: str, tmp_path: Path, changed: dict[str, dict[str, Any]]) -> Settings:
    return settings_for(database_url, tmp_path, **changed)


@pytest.fixture(autouse=True)
def nothing_goes_wrong(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a test does to the service, nothing of it may end as an error in its log."""
    yield
    errors = [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert errors == []


@pytest.fixture
def hub(app: Entered) -> live.Hub:
    return app.app.state.hub  # type: ignore[attr-defined,no-any-return]


@pytest.fixture
async def server(app: Entered) -> AsyncIterator[str]:
    async with serving(app) as address:
        yield address


@pytest.fixture(params=["asgi", "wire"])
async def open_socket(request: pytest.FixtureRequest, app: Entered) -> AsyncIterator[OpenSocket]:
    """`await open_socket(browser, path)` opens a socket with the browser's cookies; Closed when it is refused.

    More headers come by name; None takes one away.
    """
    async with AsyncExitStack() as stack:
        on_wire = request.param == "wire"
        host = await stack.enter_async_context(serving(app)) if on_wire else SITE.removeprefix("http://")

        async def open_one(browser: Browser, path: str, **headers: str | None) -> Socket:
            cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies.jar)
            wanted = {"host": host, "origin": f"http://{host}", "cookie": cookies} | headers
            sent = {name: value for name, value in wanted.items() if value is not None}
            socket = RealSocket(f"ws://{host}{path}", sent) if on_wire else AsgiSocket(app, path, sent)
            stack.push_async_callback(socket.close)
            await socket.opened()
            return socket

        yield open_one


class HeldNews:
    """Lets a test do something between a room's question to the database and its answer."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._may_go_on = asyncio.Event()
        self._may_go_on.set()
        self._reading = asyncio.Event()
        ask = live.news_since

        async def ask_and_wait(*question: int) -> Any:
            news = await ask(*question)
            self._reading.set()
            await self._may_go_on.wait()
            return news

        monkeypatch.setattr(live, "news_since", ask_and_wait)

    def hold(self) -> None:
        self._may_go_on.clear()
        self._reading.clear()

    async def is_reading(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self._reading.wait()

    def go_on(self) -> None:
        self._may_go_on.set()


@pytest.fixture
async def held_news(monkeypatch: pytest.MonkeyPatch) -> HeldNews:
    return HeldNews(monkeypatch)
