"""Servers in processes of their own whose CPU time and memory can be read, and a world to serve."""

import asyncio
import contextlib
import multiprocessing
import secrets
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import uvloop

from forum.actions.reference import load_reference
from forum.actions.sessions import hash_token
from forum.context import Forum, open_forum
from forum.models import Group, Membership, Person, Post, Session, Thread
from forum.settings import Settings, load

WORDS = "We moved the panel to Tuesdays, and the wait went from nine weeks to four. What did it take at yours?"

ANALYST = 1  # the member who may also summarise


@dataclass
class World:
    """A forum on disk with one group, its members' session tokens, and threads by how many posts they hold."""

    settings: Settings
    tokens: list[str]
    threads: dict[int, int]


@contextmanager
def world(port: int, members: int, sizes: tuple[int, ...]) -> Iterator[World]:
    with tempfile.TemporaryDirectory() as folder:
        settings = load(
            {}, service={"data": folder}, sign_in={"second_factor": False}, site={"url": f"http://127.0.0.1:{port}"}
        )
        yield uvloop.run(_make_world(settings, members, sizes))


async def _make_world(settings: Settings, members: int, sizes: tuple[int, ...]) -> World:
    async with open_forum(settings, migrate=True) as forum:
        await load_reference(forum)
        now = forum.clock()
        group = await Group.create(slug="bench", name="Bench", created_at=now)
        people = [
            Person(
                email=f"m{number}@bench.example",
                name=f"Member {number}",
                council_id=number % 70 + 1,
                site_role="analyst" if number == ANALYST else None,
                created_at=now,
            )
            for number in range(members)
        ]
        await Person.bulk_create(people)
        await Membership.bulk_create(
            [Membership(group_id=group.id, person_id=person.id, role="member", created_at=now) for person in people]
        )
        tokens = [secrets.token_urlsafe(32) for _ in people]
        await Session.bulk_create(
            [
                Session(person_id=person.id, token_hash=hash_token(token), place="", created_at=now, seen_at=now)
                for person, token in zip(people, tokens, strict=True)
            ]
        )
        threads = {size: await _make_thread(forum, group, people, size) for size in sizes}
        return World(settings, tokens, threads)


async def _make_thread(forum: Forum, group: Group, people: list[Person], size: int) -> int:
    now = forum.clock()
    thread = await Thread.create(
        group_id=group.id,
        author_id=people[0].id,
        title=f"A thread of {size} posts",
        revision=size,
        posts=size,
        created_at=now,
        last_post_at=now,
    )
    await Post.bulk_create(
        [
            Post(
                thread_id=thread.id,
                number=number,
                revision=number,
                author_id=people[number % len(people)].id,
                council_id=people[number % len(people)].council_id,
                body=WORDS,
                html=f"<p>{WORDS}</p>",
                created_at=now - timedelta(minutes=size - number),
            )
            for number in range(1, size + 1)
        ],
        batch_size=1000,
    )
    return thread.id


class Server:
    """A process that serves until it is stopped. `cpu` is its CPU time in seconds, `memory` its resident bytes."""

    def __init__(self, target: Callable[..., Any], *arguments: Any, loop: str = "uvloop") -> None:
        self._ready = multiprocessing.get_context("spawn").Event()
        self._process = multiprocessing.get_context("spawn").Process(
            target=_run, args=(loop, target, self._ready, *arguments)
        )  # no daemon: those may have no process of their own, and exports are made in one
        self._process.start()
        if not self._ready.wait(30):
            raise RuntimeError("The server did not start.")

    @property
    def cpu(self) -> float:
        return time.clock_gettime((~(self._process.pid or 0) << 3) | 2)  # the CPU clock of another process, on Linux

    @property
    def memory(self) -> int:
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) * 1024

    def stop(self) -> None:
        self._process.terminate()
        self._process.join(15)


def _run(loop: str, target: Callable[..., Any], ready: Any, *arguments: Any) -> None:
    run = uvloop.run if loop == "uvloop" else asyncio.run
    with contextlib.suppress(KeyboardInterrupt):
        run(target(ready, *arguments))


@contextmanager
def served(target: Callable[..., Any], *arguments: Any, loop: str = "uvloop") -> Iterator[Server]:
    server = Server(target, *arguments, loop=loop)
    try:
        yield server
    finally:
        server.stop()


@asynccontextmanager
async def connection(port: int) -> AsyncIterator["Connection"]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Connection(reader, writer, port)
    finally:
        writer.close()


class Connection:
    """One keep-alive HTTP connection that costs the measuring side little."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
        self._reader, self._writer, self._port = reader, writer, port

    async def get(self, path: str, token: str = "") -> bytes:
        return await self._ask(f"GET {path} HTTP/1.1\r\n{self._headers(token)}\r\n".encode())

    async def post(self, path: str, form: str, token: str = "") -> bytes:
        body = form.encode()
        kind = f"content-type: application/x-www-form-urlencoded\r\ncontent-length: {len(body)}\r\n"
        return await self._ask(f"POST {path} HTTP/1.1\r\n{self._headers(token)}{kind}\r\n".encode() + body)

    def _headers(self, token: str) -> str:
        site = f"127.0.0.1:{self._port}"
        return f"host: {site}\r\norigin: http://{site}\r\ncookie: session={token}\r\n"

    async def _ask(self, request: bytes) -> bytes:
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        if head.split(b" ", 2)[1] not in (b"200", b"303"):
            raise RuntimeError(head.decode("latin-1"))
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        return await self._reader.readexactly(length)


def claim(words: str, measured: float, most: float, unit: str = "times") -> bool:
    """Print one claim with its figure, and say whether it holds."""
    held = measured <= most
    print(f"  {'holds' if held else 'FAILS'}: {words}: {measured:.2f} {unit} (at most {most:g})", flush=True)
    return held
