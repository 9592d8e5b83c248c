"""Live: CPU of a delivery to 1,000 viewers beside websockets.broadcast(), delay at 500, memory of an idle one."""

import asyncio
import contextlib
import secrets
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any
from urllib.parse import urlencode

import uvloop
import websockets
from websockets.asyncio.server import ServerConnection, broadcast
from websockets.asyncio.server import serve as serve_websockets

from benchmarks.measuring import ANALYST, WORDS, Server, World, claim, connection, served, world
from benchmarks.pages import hub

PORT, BARE_PORT, BARE_UVLOOP_PORT = 8473, 8474, 8475
VIEWERS, POSTS, ROUNDS = 1000, 25, 12
WARM_UP = 5  # posts that are not counted: a thousand viewers have only just been let in

MARK = b'"post":'  # once in each message
PATIENCE = 60
DELAY_VIEWERS, DELAY_POSTS, DELAY_EVERY = 500, 50, 0.2
EXPORT_TURNS = 3


class Watcher(asyncio.Protocol):
    """One viewer: it counts the posts that came, and keeps when."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._tail = b""
        self.open = False
        self.message = b""
        self.arrivals: list[float] = []

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        data = self._tail + data
        if not self.open:
            head, separator, data = data.partition(b"\r\n\r\n")
            if not separator:
                self._tail = head
                return
            if b" 101 " not in head.split(b"\r\n")[0]:
                raise RuntimeError(head.decode("latin-1"))
            self.open = True
        if (start := data.rfind(b'{"revision"')) >= 0:
            self.message = data[start:]
        self.arrivals += [time.perf_counter()] * data.count(MARK)
        self._tail = data[1 - len(MARK) :] if data else b""


async def watch(port: int, path: str, token: str) -> Watcher:
    request = (
        f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\norigin: http://127.0.0.1:{port}\r\nconnection: Upgrade\r\n"
        f"upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        f"cookie: session={token}\r\n\r\n"
    )
    loop = asyncio.get_running_loop()
    _, watcher = await loop.create_connection(lambda: Watcher(request.encode()), "127.0.0.1", port)
    while not watcher.open:
        await asyncio.sleep(0.001)
    return watcher


async def watch_thread(place: World, viewers: int, since: int) -> list[Watcher]:
    path = f"/threads/{place.threads[50]}/live?since={since}"
    return [await watch(PORT, path, place.tokens[number]) for number in range(viewers)]


async def all_have(watchers: list[Watcher], posts: int) -> None:
    deadline = time.perf_counter() + PATIENCE
    while (fewest := min(len(watcher.arrivals) for watcher in watchers)) < posts:
        if time.perf_counter() > deadline:
            raise RuntimeError(f"Some viewer got {fewest} posts of {posts}.")
        await asyncio.sleep(0.002)


def close(watchers: list[Watcher]) -> None:
    for watcher in watchers:
        watcher.transport.abort()


def reply() -> str:
    return urlencode({"body": WORDS, "key": secrets.token_urlsafe(18)})


class Path:
    """A way to deliver: a server, its thousand viewers, and how one message is set going."""

    def __init__(self, server: Server, watchers: list[Watcher], send: Callable[[], Awaitable[object]]) -> None:
        self.server = server
        self.watchers = watchers
        self.send = send
        self.sent = 0

    async def cost(self, messages: int) -> float:
        """CPU seconds for one delivery, from setting a message going to the last viewer's having it."""
        before = self.server.cpu
        for _ in range(messages):
            await self.send()
            self.sent += 1
            await all_have(self.watchers, self.sent)
        return (self.server.cpu - before) / (messages * len(self.watchers))


async def delivery_costs(place: World, forum: Server, other: Server, on_uvloop: Server) -> list[list[float]]:
    """CPU seconds for one delivery: through the hub (form, database, room, sockets), by broadcast(), by it on uvloop.

    In turn, many times: another tenant of the machine then slows all three alike.
    """
    ours = await watch_thread(place, VIEWERS, 50)
    thread = f"/threads/{place.threads[50]}/posts"
    async with contextlib.AsyncExitStack() as stack:
        writer = await stack.enter_async_context(connection(PORT))
        paths = [Path(forum, ours, lambda: writer.post(thread, reply(), place.tokens[0]))]
        await paths[0].cost(WARM_UP)
        message = ours[0].message.decode()
        for server, port in (other, BARE_PORT), (on_uvloop, BARE_UVLOOP_PORT):
            watchers = [await watch(port, "/", "") for _ in range(VIEWERS)]
            sender = await stack.enter_async_context(
                websockets.connect(f"ws://127.0.0.1:{port}", compression=None, ping_interval=None)
            )
            paths.append(Path(server, watchers, partial(sender.send, message)))
            await paths[-1].cost(WARM_UP)
        await asyncio.sleep(1)
        rounds = [[await path.cost(POSTS) for path in paths] for _ in range(ROUNDS)]
        for path in paths:
            close(path.watchers)
    return rounds


async def bare(ready: Any, port: int) -> None:
    """A server of the websockets library that broadcasts what it is sent."""
    viewers: set[ServerConnection] = set()

    async def handle(viewer: ServerConnection) -> None:
        viewers.add(viewer)
        with contextlib.suppress(websockets.ConnectionClosed):
            async for message in viewer:
                broadcast(viewers - {viewer}, message)
        viewers.remove(viewer)

    async with serve_websockets(handle, "127.0.0.1", port, compression=None, ping_interval=None):
        ready.set()
        await asyncio.get_running_loop().create_future()


@contextlib.asynccontextmanager
async def exports(place: World) -> AsyncIterator[None]:
    """Meanwhile an analyst downloads one workbook after the other."""

    async def download() -> None:
        async with connection(PORT) as reader:
            while True:
                await reader.get("/intelligence.xlsx", place.tokens[ANALYST])

    task = asyncio.create_task(download())
    await asyncio.sleep(3)  # the first begins the process that they are made in
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def delays_beside_exports(place: World, revision: int) -> tuple[list[float], list[float]]:
    """The delays without and with exports, in turns."""
    quiet, busy = [], []
    for turn in range(EXPORT_TURNS):
        for found, meanwhile in (quiet, contextlib.nullcontext()), (busy, exports(place)):
            async with meanwhile:
                found += await delays(place, revision)
            revision += DELAY_POSTS
        print(f"  turn {turn + 1} of {EXPORT_TURNS} beside exports", flush=True)
    return quiet, busy


async def delays(place: World, revision: int) -> list[float]:
    """Seconds from sending the form to its arrival, for each post and viewer."""
    watchers = await watch_thread(place, DELAY_VIEWERS, revision)
    sent = []
    async with connection(PORT) as writer:
        for _ in range(DELAY_POSTS):
            sent.append(time.perf_counter())
            await writer.post(f"/threads/{place.threads[50]}/posts", reply(), place.tokens[0])
            await asyncio.sleep(max(0.0, sent[-1] + DELAY_EVERY - time.perf_counter()))
    await all_have(watchers, len(sent))
    close(watchers)
    return [arrival - moment for watcher in watchers for moment, arrival in zip(sent, watcher.arrivals, strict=True)]


async def idle_memory(place: World, forum: Server) -> float:
    """Resident bytes for each of the first 1,000 viewers of a service that has served a few pages and sockets."""
    async with connection(PORT) as reader:
        for _ in range(20):
            await reader.get(f"/threads/{place.threads[50]}", place.tokens[0])
    close(await watch_thread(place, 20, 50))
    await asyncio.sleep(1)
    before = forum.memory
    watchers = await watch_thread(place, VIEWERS, 50)
    await asyncio.sleep(2)
    used = forum.memory - before
    close(watchers)
    await asyncio.sleep(1)
    return used / VIEWERS


def main() -> bool:
    print("Live. Repeat with: python3 dev.py bench live", flush=True)
    with world(PORT, VIEWERS, (50,)) as place, served(hub, place.settings, PORT) as forum:
        memory = uvloop.run(idle_memory(place, forum))
        with served(bare, BARE_PORT, loop="asyncio") as other, served(bare, BARE_UVLOOP_PORT) as on_uvloop:
            rounds = uvloop.run(delivery_costs(place, forum, other, on_uvloop))
        posted = 50 + WARM_UP + ROUNDS * POSTS
        late = sorted(uvloop.run(delays(place, posted)))
        quiet, busy = uvloop.run(delays_beside_exports(place, posted + DELAY_POSTS))
    for name, costs in zip(("the hub", "broadcast()", "broadcast() on uvloop"), zip(*rounds, strict=True), strict=True):
        least, middle = min(costs) * 1e6, statistics.median(costs) * 1e6
        print(f"  a delivery to one of {VIEWERS} viewers by {name}: {middle:.2f} µs of CPU, at least {least:.2f}")
    ratio, on_uvloop_ratio = (statistics.median(costs[0] / costs[other] for costs in rounds) for other in (1, 2))
    print(f"  beside broadcast() on uvloop: {on_uvloop_ratio:.2f} times")
    return all(
        [
            claim("delivery beside broadcast(), same bytes", ratio, 1),
            claim(f"95 % of {DELAY_VIEWERS} viewers see a post within", late[int(len(late) * 0.95)] * 1000, 100, "ms"),
            claim(
                "delivery while workbooks are made, beside without",
                statistics.median(busy) / statistics.median(quiet),
                1.2,
            ),
            claim("memory of an idle viewer", memory / 1024, 30, "KiB"),
        ]
    )
