"""`forum serve`: the service on a socket, in one process or several."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import uvicorn
import uvloop
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.supervisors import Multiprocess

from forum.actions.reference import load_reference
from forum.app import create_app
from forum.context import open_forum
from forum.errors import Misconfigured
from forum.settings import Settings, load, reached_at
from forum.wire import WireProtocol, http_protocol


def add_commands(commands: Any) -> None:
    parser = commands.add_parser("serve", help="run the service")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, help="processes; more than one needs PostgreSQL and Redis")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    changed = {"service": {"workers": arguments.workers}} if arguments.workers is not None else {}
    settings = load(**changed)
    with listen(arguments.host, arguments.port) as listener:
        return serve(settings, arguments.host, listener)


def serve(settings: Settings, host: str, listener: socket.socket) -> int:
    """Serve until SIGTERM or SIGINT, after one line `Ready: …` once the service answers."""
    where = f"http://{host}:{listener.getsockname()[1]}"
    if not settings.site.url:
        settings = reached_at(settings, where)
    asyncio.run(_prepare(settings))
    config = server_config(Worker(settings), settings)
    if settings.service.workers == 1:
        uvloop.run(_Server(config, where).serve(sockets=[listener]))
    else:
        threading.Thread(target=_say_ready, args=(where, settings.hosts[0]), daemon=True).start()
        Multiprocess(config, sockets=[listener]).run()
    return 0


def listen(host: str, port: int) -> socket.socket:
    """A socket on which `serve` answers. Misconfigured when there is none to be had."""
    if not 0 <= port <= 65535:
        raise Misconfigured(f"--port {port} is not a port: use 1 to 65535.")
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as fault:
        raise Misconfigured(f"Cannot listen on {host} port {port}: {fault.strerror or fault}.") from None


async def _prepare(settings: Settings) -> None:
    """What has to stand before the first worker starts: found wanting here, it is said once."""
    async with open_forum(settings, create=True) as forum:
        await load_reference(forum)


class Worker:
    """The service in one process: it opens its own Forum when its server starts."""

    app: ASGIApp

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self.app(scope, receive, send)
            return
        last_words: list[Message] = []

        async def send_later(message: Message) -> None:
            """The server ends the loop at these words, so they wait until the Forum is closed."""
            if message["type"].startswith("lifespan.shutdown."):
                last_words.append(message)
            else:
                await send(message)

        async with open_forum(self.settings) as forum:
            self.app = create_app(forum)
            await self.app(scope, receive, send_later)
        for message in last_words:
            await send(message)


def server_config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """How uvicorn serves the hub."""
    return uvicorn.Config(
        app,
        workers=settings.service.workers,
        http=http_protocol(settings.limits.request_seconds),
        ws=WireProtocol,
        ws_max_size=65536,
        ws_per_message_deflate=False,
        ws_ping_interval=None,  # rooms send heartbeats, and wire.py lets the kernel drop who does not take them
        timeout_graceful_shutdown=10,
        proxy_headers=True,
        forwarded_allow_ips=settings.site.proxies,
        server_header=False,
        access_log=False,  # addresses of threads beside network addresses: nobody needs that on disk
        log_level="warning",
    )


class _Server(uvicorn.Server):
    """Says that it is ready, and ends with status 0 when it is told to."""

    def __init__(self, config: uvicorn.Config, where: str) -> None:
        super().__init__(config)
        self._where = where

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(f"Ready: {self._where}", flush=True)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


def _say_ready(where: str, host: str) -> None:
    """With several workers nobody but a visitor knows that the service answers."""
    request = urllib.request.Request(f"{where}/sign-in", headers={"host": host})
    while True:
        with contextlib.suppress(OSError, urllib.error.URLError):
            urllib.request.urlopen(request, timeout=2).close()
            print(f"Ready: {where}", flush=True)
            return
        time.sleep(0.1)
