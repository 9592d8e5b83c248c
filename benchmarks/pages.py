"""Pages: CPU of a thread page and of a reply, beside bare Starlette routes over the same database client."""

import asyncio
import secrets
import statistics
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from benchmarks.measuring import WORDS, Server, World, claim, connection, served, world
from forum.app import create_app
from forum.cli.serve import server_config
from forum.context import open_forum
from forum.database import open_database, select

PORT, BARE_PORT = 8471, 8472
REQUESTS, ROUNDS = 300, 5


async def hub(ready: Any, settings: Any, port: int = PORT) -> None:
    async with open_forum(settings) as forum:
        await serve(ready, server_config(create_app(forum), settings), port)


async def bare(ready: Any, url: str, page: bytes) -> None:
    """A route that makes one query and answers the same bytes, and one that reads a form and inserts one row."""
    async with open_database(url) as database:

        async def show(request: Request) -> Response:
            with database.entered():
                await select("SELECT id, title, revision FROM thread WHERE id = $1", 1)
            return Response(page, media_type="text/html")

        async def insert(request: Request) -> Response:
            form = await request.form()
            with database.entered():
                await select(
                    "INSERT INTO edition (id, post_id, revision, body, quotable, replaced_at) "
                    "VALUES ($1, (SELECT id FROM post LIMIT 1), 1, $2, $3, '2026-01-01 00:00:00+00:00') RETURNING id",
                    secrets.randbits(52),
                    form["body"],
                    False,
                )
            return RedirectResponse("/", 303)

        routes = [Route("/page", show), Route("/insert", insert, methods=["POST"])]
        await serve(ready, uvicorn.Config(Starlette(routes=routes), access_log=False, log_level="warning"), BARE_PORT)


async def serve(ready: Any, config: uvicorn.Config, port: int) -> None:
    config.port = port
    asyncio.get_running_loop().call_later(0.5, ready.set)
    await uvicorn.Server(config).serve()


async def cost(server: Server, ask: Callable[[], Awaitable[object]]) -> float:
    """CPU seconds of the server for one request, over many in a row."""
    before = server.cpu
    for _ in range(REQUESTS):
        await ask()
    return (server.cpu - before) / REQUESTS


async def compare(place: World, forum: Server, other: Server) -> dict[str, float]:
    token = place.tokens[0]
    short, long = (f"/threads/{place.threads[size]}" for size in sorted(place.threads))

    def reply() -> str:
        return urlencode({"body": WORDS, "key": secrets.token_urlsafe(18)})

    async with connection(PORT) as ours, connection(BARE_PORT) as bares:
        acts: dict[str, tuple[Server, Callable[[], Awaitable[object]]]] = {
            "page": (forum, lambda: ours.get(short, token)),
            "bare page": (other, lambda: bares.get("/page")),
            "page of the long thread": (forum, lambda: ours.get(long, token)),
            "reply": (forum, lambda: ours.post(f"{long}/posts", reply(), token)),
            "bare insert": (other, lambda: bares.post("/insert", reply())),
        }
        rounds = [{name: await cost(*act) for name, act in acts.items()} for _ in range(ROUNDS)]
        return {name: statistics.median(figures[name] for figures in rounds) for name in acts}


async def first_page(place: World) -> bytes:
    async with connection(PORT) as ours:
        return await ours.get(f"/threads/{place.threads[50]}", place.tokens[0])


def main() -> bool:
    print("Pages. Repeat with: python3 dev.py bench pages", flush=True)
    with world(PORT, 100, (50, 20_000)) as place, served(hub, place.settings) as forum:
        page = uvloop.run(first_page(place))
        with served(bare, place.settings.database_url, page) as other:
            figures = uvloop.run(compare(place, forum, other))
    for name, seconds in figures.items():
        print(f"  {name}: {seconds * 1e6:.0f} µs of CPU")
    return all(
        [
            claim("thread page beside a bare route", figures["page"] / figures["bare page"], 6),
            claim("reply beside a bare insert", figures["reply"] / figures["bare insert"], 6),
            claim("page of 20,000 posts beside one of 50", figures["page of the long thread"] / figures["page"], 1.25),
        ]
    )
