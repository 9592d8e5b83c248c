"""A thread's socket, and the same messages over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from forum.context import Forum
from forum.errors import NotFound
from forum.live import NOT_THERE, SIGNED_OUT, TOO_FAST, TOO_MANY, TOO_SLOW, Hub, Viewer, change_messages
from forum.permissions import User, visible_thread
from forum.readers import require_reader
from forum.reading import news_since
from forum.web.requests import forum_of, number, user_of

CANNOT_READ, BAD_ADDRESS = 1003, 1008
MESSAGES_PER_10_SECONDS = 20
FAREWELL_SECONDS = 5


async def changes(request: Request) -> Response:
    forum = forum_of(request)
    thread = await visible_thread(user_of(request), request.path_params["thread_id"])
    since, epoch = number(request.query_params, "since") or 0, request.query_params.get("epoch", forum.epoch)
    at_most = forum.settings.live.changes_at_once
    news = await news_since(thread.id, since, at_most)
    if news is None:
        raise NotFound
    await require_reader(forum, user_of(request), thread.id)
    if epoch != forum.epoch:
        return JSONResponse([{"reset": True}])
    return JSONResponse(change_messages(news, since, at_most, request.app.state.pages.render_post))


class LiveSocket:
    """`/threads/{id}/live`: judges once whether this person may read the thread, then leaves the socket to its room.

    Plain ASGI: an idle reader costs a waiting task and little else.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        forum: Forum = scope["app"].state.forum
        hub: Hub = scope["app"].state.hub
        user, thread_id = scope["user"], scope["path_params"]["thread_id"]
        since = _since(scope["query_string"], forum.epoch)
        await receive()  # the browser's wish to connect
        await send({"type": "websocket.accept"})
        code = await _refusal(user, thread_id, since)
        if code is None:
            wire = scope.get("extensions", {}).get("forum.wire")
            sink: WireSink | QueueSink = WireSink(wire, forum) if wire else QueueSink(send, forum)
            viewer = Viewer(user.id, user.session_id, since or 0, sink)
            if hub.join(thread_id, viewer):
                try:
                    code = await sink.serve(receive)
                finally:
                    hub.leave(thread_id, viewer)
            else:
                code = TOO_MANY
        if code:
            with contextlib.suppress(TimeoutError):  # somebody who takes nothing does not take a farewell either
                await asyncio.wait_for(send({"type": "websocket.close", "code": code}), FAREWELL_SECONDS)


async def _refusal(user: User | None, thread_id: int, since: int | None) -> int | None:
    if user is None:
        return SIGNED_OUT
    try:
        await visible_thread(user, thread_id)
    except NotFound:
        return NOT_THERE
    return BAD_ADDRESS if since is None else None


async def _listen(receive: Receive) -> int:
    """Wait until the socket ends, and return the code to close it with, 0 when it is closed. The socket only reads:
    a few messages are let pass, many or binary ones are not."""
    heard, since = 0, time.monotonic()
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return 0
        if message.get("bytes") is not None:
            return CANNOT_READ
        if time.monotonic() - since > 10:
            heard, since = 0, time.monotonic()
        heard += 1
        if heard > MESSAGES_PER_10_SECONDS:
            return TOO_FAST


def _since(query_string: bytes, epoch: str) -> int | None:
    """The revision that the page has; None when it is no revision; past every revision when its epoch is another."""
    fields = parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)
    values = dict(fields)
    since = values.get("since", "0")
    if len(values) < len(fields) or not (since.isascii() and since.isdigit() and len(since) <= 16):
        return None
    return int(since) if values.get("epoch", epoch) == epoch else 2**62


class WireSink:
    """The way through wire.py: bytes go straight to the transport. What a viewer costs is the system's write and this
    method, so it looks at nothing else."""

    __slots__ = ("_close", "_is_closed", "_limit", "_transport")

    def __init__(self, wire: dict[str, Any], forum: Forum) -> None:
        self._transport: asyncio.Transport = wire["transport"]
        self._close: Callable[[int], None] = wire["close"]
        self._is_closed = False
        self._limit = forum.settings.live.unsent_bytes

    def send(self, frame: bytes, text: bytes) -> None:
        transport = self._transport
        if self._is_closed or transport.is_closing():
            return
        transport.write(frame)
        if transport.get_write_buffer_size() > self._limit:
            self.close(TOO_SLOW)

    def close(self, code: int) -> None:
        self._is_closed = True
        self._close(code)

    async def serve(self, receive: Receive) -> int:
        """Wait until the socket ends, and return the code to close it with; 0 when it is closed."""
        return await _listen(receive)


class QueueSink:
    """The way through plain send() under any other server: a queue of so many bytes, and a task that empties it."""

    def __init__(self, send: Send, forum: Forum) -> None:
        self._send = send
        self._limit = forum.settings.live.unsent_bytes
        self._unsent = 0
        self._queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._closed: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def send(self, frame: bytes, text: bytes) -> None:
        self._unsent += len(text)
        if self._unsent > self._limit:
            self.close(TOO_SLOW)
        else:
            self._queue.put_nowait(text)

    def close(self, code: int) -> None:
        if not self._closed.done():
            self._closed.set_result(code)

    async def serve(self, receive: Receive) -> int:
        """As WireSink.serve."""
        listening, sending = asyncio.create_task(_listen(receive)), asyncio.create_task(self._pump())
        try:
            waiting: set[asyncio.Future[Any]] = {listening, sending, self._closed}
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            return listening.result() if listening.done() else self._closed.result() if self._closed.done() else 0
        finally:
            listening.cancel()
            sending.cancel()
            await asyncio.gather(listening, sending, return_exceptions=True)

    async def _pump(self) -> None:
        while True:
            text = await self._queue.get()
            await self._send({"type": "websocket.send", "text": text.decode()})
            self._unsent -= len(text)
