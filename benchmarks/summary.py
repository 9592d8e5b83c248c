"""Summary: CPU of the whole /intelligence request over the large demo world, beside the one statement that counts posts
by theme, on a connection of the same making."""

import asyncio
import secrets
import statistics
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.measuring import Server, claim, connection, served
from benchmarks.pages import hub
from forum.actions.reference import load_reference
from forum.actions.sessions import hash_token
from forum.context import open_forum
from forum.database import open_database
from forum.demo.world import build_large
from forum.models import Person, Session
from forum.settings import Settings, load

PORT, BARE_PORT = 8475, 8476
REQUESTS, ROUNDS = 10, 5
STATEMENT = "SELECT theme_id, COUNT(DISTINCT post_id) FROM tagging GROUP BY theme_id"
ADDRESSES = ("/intelligence", "/intelligence.csv", "/intelligence.json")


async def bare(ready: Any, url: str) -> None:
    """Runs the statement, on a connection of its own each time as a summary does, once for each byte it is sent."""
    async with open_database(url) as database:

        async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while await reader.read(1):
                with database.entered():
                    async with database.reader() as select:
                        await select(STATEMENT)
                writer.write(b".")
            writer.close()

        async with await asyncio.start_server(count, "127.0.0.1", BARE_PORT):
            ready.set()
            await asyncio.get_running_loop().create_future()


async def cost(server: Server, ask: Callable[[], Awaitable[object]]) -> float:
    """CPU seconds of the server for one request, over several in a row."""
    before = server.cpu
    for _ in range(REQUESTS):
        await ask()
    return (server.cpu - before) / REQUESTS


async def compare(token: str, forum: Server, other: Server) -> dict[str, float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", BARE_PORT)

    async def count() -> None:
        writer.write(b".")
        await reader.readexactly(1)

    async with connection(PORT) as ours:

        def ask(path: str) -> Callable[[], Awaitable[bytes]]:
            return lambda: ours.get(path, token)

        acts = {path: (forum, ask(path)) for path in ADDRESSES} | {"statement": (other, count)}
        for _, act in acts.values():
            await act()
        rounds = [{name: await cost(*act) for name, act in acts.items()} for _ in range(ROUNDS)]
    writer.close()
    return {name: statistics.median(figures[name] for figures in rounds) for name in acts}


async def large_world(settings: Settings) -> str:
    """Fill the folder with the large demo world and return the token of an analyst's session in it."""
    async with open_forum(settings, migrate=True) as forum:
        await load_reference(forum)
        await build_large(forum, await forum.passwords.hash(secrets.token_urlsafe(12)), report=lambda words: None)
        analyst, now, token = await Person.filter(site_role="analyst").first(), forum.clock(), secrets.token_urlsafe(32)
        assert analyst is not None
        await Session.create(person_id=analyst.id, token_hash=hash_token(token), place="", created_at=now, seen_at=now)
        return token


def main() -> bool:
    print("Summary. Repeat with: python3 dev.py bench summary", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        settings = load(
            {}, service={"data": folder}, sign_in={"second_factor": False}, site={"url": f"http://127.0.0.1:{PORT}"}
        )
        token = uvloop.run(large_world(settings))
        size = Path(folder, "forum.sqlite3").stat().st_size
        with served(hub, settings, PORT) as forum, served(bare, settings.database_url) as other:
            figures = uvloop.run(compare(token, forum, other))
    print(f"  the large demo world: {size / 1e6:.0f} MB")
    for name, seconds in figures.items():
        print(f"  {name}: {seconds * 1e3:.1f} ms of CPU")
    return all([claim(f"{path} beside the statement", figures[path] / figures["statement"], 10) for path in ADDRESSES])
