"""A WebSocket client for tests, in the test's own event loop: over plain ASGI (the send() path), or over a real server
with wire.py. Both have the same methods, so that one test runs over both paths.
"""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import uvicorn
import websockets

from forum.web.middleware import Entered
from forum.wire import WireProtocol, http_protocol

PATIENCE = 5
SMALL_BUFFER = 4096  # what the kernel holds for a peer, so that one who does not read is soon noticed


class Closed(Exception):
    """The server closed the socket, or refused to open it (then `code` is the HTTP status)."""

    def __init__(self, code: int) -> None:
        self.code = code


class AsgiSocket:
    """The server's side is the app itself; what it sends lies in a queue."""

    def __init__(self, app: Entered, path: str, headers: dict[str, str]) -> None:
        parts = urlsplit(path)
        self._to_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._from_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._reading = asyncio.Event()
        self._reading.set()
        scope = {
            "type": "websocket",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": "ws",
            "path": parts.path,
            "raw_path": parts.path.encode(),
            "root_path": "",
            "query_string": parts.query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "subprotocols": [],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8000),
            "extensions": {"websocket.http.response": {}},
            "state": {},
        }
        self._to_app.put_nowait({"type": "websocket.connect"})
        self.task = asyncio.create_task(app(scope, self._to_app.get, self._hear))

    async def _hear(self, message: dict[str, Any]) -> None:
        await self._reading.wait()
        self._from_app.put_nowait(message)

    async def opened(self) -> None:
        async with asyncio.timeout(PATIENCE):
            message = await self._from_app.get()
        if message["type"] == "websocket.http.response.start":
            raise Closed(message["status"])
        if message["type"] == "websocket.close":
            raise Closed(403)  # which is what servers make of it
        assert message["type"] == "websocket.accept", message

    async def next(self, patience: float = PATIENCE) -> dict[str, Any]:
        """The next message. Closed when there is none any more, TimeoutError when none comes."""
        async with asyncio.timeout(patience):  # unlike wait_for, it never swallows a cancellation
            message = await self._from_app.get()
        if message["type"] == "websocket.close":
            raise Closed(message["code"])
        return json.loads(message["text"])  # type: ignore[no-any-return]

    async def send(self, message: str | bytes) -> None:
        self._to_app.put_nowait({"type": "websocket.receive", "text" if isinstance(message, str) else "bytes": message})

    def stop_reading(self) -> None:
        self._reading.clear()

    def read_on(self) -> None:
        self._reading.set()

    async def close(self) -> None:
        self.read_on()
        self._to_app.put_nowait({"type": "websocket.disconnect", "code": 1001})
        async with asyncio.timeout(PATIENCE):
            await asyncio.shield(self.task)  # a test that is cancelled here must not cancel the service


class RealSocket:
    """A connection to a server on loopback."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self._url = url
        self._headers = {name: value for name, value in headers.items() if name not in ("origin", "host")}
        self._origin = headers.get("origin")
        self._connection: Any = None

    async def opened(self) -> None:
        parts = urlsplit(self._url)
        raw = socket.create_connection((parts.hostname, parts.port))
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        try:
            self._connection = await websockets.connect(
                self._url, sock=raw, origin=self._origin, additional_headers=self._headers, compression=None
            )
        except websockets.InvalidStatus as refused:
            raise Closed(refused.response.status_code) from None

    async def next(self, patience: float = PATIENCE) -> dict[str, Any]:
        try:
            async with asyncio.timeout(patience):
                return json.loads(await self._connection.recv())  # type: ignore[no-any-return]
        except websockets.ConnectionClosed as closed:
            raise Closed(closed.rcvd.code if closed.rcvd else 1006) from None

    async def send(self, message: str | bytes) -> None:
        await self._connection.send(message)

    async def send_raw(self, text: bytes) -> None:
        """A text frame that holds whatever bytes."""
        await self._connection.send(text, text=True)

    def stop_reading(self) -> None:
        self._connection.transport.pause_reading()

    def read_on(self) -> None:
        self._connection.transport.resume_reading()

    async def close(self) -> None:
        if self._connection:
            await self._connection.close()


@asynccontextmanager
async def serving(app: Entered) -> AsyncIterator[str]:
    """The app on a real server with wire.py, on a free port; yields `127.0.0.1:PORT`. The lifespan is the caller's."""
    with socket.create_server(("127.0.0.1", 0), backlog=500) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL_BUFFER)
        config = uvicorn.Config(
            app,
            http=http_protocol(app.forum.settings.limits.request_seconds),
            ws=WireProtocol,
            lifespan="off",
            log_config=None,  # what goes wrong is for pytest to catch
            access_log=False,
            ws_max_size=65536,
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=2,
        )
        server = uvicorn.Server(config)
        with contextlib.ExitStack() as stack:
            server.capture_signals = lambda: stack  # type: ignore[method-assign,assignment]
            task = asyncio.create_task(server.serve(sockets=[listener]))
            while not server.started:
                await asyncio.sleep(0.01)
            try:
                yield f"127.0.0.1:{listener.getsockname()[1]}"
            finally:
                server.should_exit = True
                await task
