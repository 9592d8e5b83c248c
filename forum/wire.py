"""uvicorn's two protocols, each with one thing more.

HTTP: a connection is dropped when a request has not arrived whole in time.

WebSocket: an ASGI extension through which a ready frame goes out. `scope["extensions"]["forum.wire"]` holds the
`transport`, to which whole frames are written, and `close(code)`, after which none may be. Neither waits, so a room can
hand one encoded frame to a thousand sockets; one contract test runs over this path and the plain send() alike.

Both lean on uvicorn's inside: the minor version is pinned.
"""

from __future__ import annotations

import asyncio
import socket
from functools import partial
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

CLOSE_SECONDS = 5
USER_TIMEOUT_MS = 30_000


class HttpProtocol(HttpToolsProtocol):
    """The time runs from the connection, and anew from a request's first byte, until the request is there whole.
    Between requests uvicorn's own keep-alive time runs."""

    def __init__(self, request_seconds: float, **given: Any) -> None:
        super().__init__(**given)
        self.request_seconds = request_seconds
        self.request_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.expect_request()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.expect_request()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self.stop_expecting()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # Any byte ends the keep-alive time, also one that begins no request: a line's end, or a body already answered.
        is_idle = self.cycle is not None and self.cycle.response_complete
        is_timed = self.request_timer is not None or self.timeout_keep_alive_task is not None
        is_upgraded = self.transport.get_protocol() is not self
        if is_idle and not is_timed and not is_upgraded:
            self.expect_request()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.stop_expecting()

    def expect_request(self) -> None:
        self.stop_expecting()
        self.request_timer = self.loop.call_later(self.request_seconds, self.transport.abort)

    def stop_expecting(self) -> None:
        if self.request_timer is not None:
            self.request_timer.cancel()
            self.request_timer = None


def http_protocol(request_seconds: float) -> type[HttpProtocol]:
    """For uvicorn.Config. Not a class made here: several workers need one that can be pickled."""
    return cast("type[HttpProtocol]", partial(HttpProtocol, request_seconds))


class WireProtocol(WebSocketsSansIOProtocol):
    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if (raw := transport.get_extra_info("socket")) is not None and raw.family != getattr(socket, "AF_UNIX", None):
            # A peer that vanished acknowledges nothing; without this the kernel would keep trying for a quarter hour.
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)

    async def run_asgi(self) -> None:
        self.scope["extensions"]["forum.wire"] = {"transport": self.transport, "close": self.close_now}
        await super().run_asgi()

    def close_now(self, code: int) -> None:
        """Close behind whatever is unsent; a peer that takes none of it is dropped after some seconds."""
        if self.close_sent or self.disconnected or self.transport.is_closing():
            return
        self.stop_keepalive()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": ""})
        self.conn.send_close(code)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(CLOSE_SECONDS, self.transport.abort)
