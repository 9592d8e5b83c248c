"""uvicorn's WebSocket protocol with one thing more: an ASGI extension through which a ready frame goes out.

`scope["extensions"]["forum.wire"]` holds `write(frame) -> bytes unsent` and `close(code)`. Neither waits, so a room can
hand one encoded frame to a thousand sockets. It leans on uvicorn's inside: the minor version is pinned and one contract
test runs over this path and the plain send() alike.
"""

from __future__ import annotations

import socket
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

CLOSE_SECONDS = 5
USER_TIMEOUT_MS = 30_000


class WireProtocol(WebSocketsSansIOProtocol):
    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if (raw := transport.get_extra_info("socket")) is not None and raw.family != getattr(socket, "AF_UNIX", None):
            # A peer that vanished acknowledges nothing; without this the kernel would keep trying for a quarter hour.
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)

    async def run_asgi(self) -> None:
        self.scope["extensions"]["forum.wire"] = {"write": self.write_frame, "close": self.close_now}
        await super().run_asgi()

    def write_frame(self, frame: bytes) -> int:
        """Hand over a whole frame. Returns the bytes that the peer has yet to take; 0 when it is gone."""
        if self.close_sent or self.disconnected or self.transport.is_closing():
            return 0
        self.transport.write(frame)
        return self.transport.get_write_buffer_size()

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
