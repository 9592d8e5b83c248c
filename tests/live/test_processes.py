"""What another process does reaches open pages: through the file on SQLite, through Redis on PostgreSQL. And pages come
back after a restart."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from asgi_lifespan import LifespanManager

from forum.actions.groups import remove_member_by_email
from forum.actions.posts import write_post
from forum.app import create_app
from forum.context import Forum, open_forum
from forum.models import Thread
from forum.settings import Settings
from forum.web.middleware import Entered
from tests.cast import Browser, new_key, thread_in, user
from tests.conftest import ON_POSTGRES, SITE
from tests.live.conftest import OpenSocket
from tests.live.pages import Page, closing
from tests.sockets import AsgiSocket, RealSocket, serving

SignIn = Callable[..., Awaitable[Browser]]
GROUP = "adult-social-care"


@pytest.fixture
def changed(request: pytest.FixtureRequest) -> dict[str, dict[str, Any]]:
    if not ON_POSTGRES:
        return {}
    many = {"tries_per_account": 1000, "tries_per_address": 1000}  # Redis counts the tries of all tests together
    return {"redis": {"url": request.getfixturevalue("valkey_server")}, "sign_in": many}


@pytest.fixture
async def thread() -> Thread:
    return await thread_in(GROUP)


def headers_of(browser: Browser, site: str) -> dict[str, str]:
    return {"host": site.removeprefix("http://"), "origin": site, "cookie": f"session={browser.cookies['session']}"}


@pytest.fixture
async def elsewhere(settings: Settings, app: Entered) -> AsyncIterator[Forum]:
    """The same service once more: its own connections, its own bus. Enter its database to act in it."""
    async with open_forum(settings) as forum:
        yield forum


async def test_a_post_written_elsewhere_reaches_an_open_page(
    signed_in: SignIn, open_socket: OpenSocket, thread: Thread, elsewhere: Forum
) -> None:
    socket = await open_socket(await signed_in("gareth"), f"/threads/{thread.id}/live?since=2")
    with elsewhere.database.entered():
        post_id = await write_post(elsewhere, await user("amina"), thread.id, "From afar.", False, new_key())
    assert (await socket.next())["post"] == post_id


async def test_a_removal_elsewhere_closes_an_open_page(
    signed_in: SignIn, open_socket: OpenSocket, thread: Thread, elsewhere: Forum
) -> None:
    amina, gareth = await signed_in("amina"), await signed_in("gareth")
    hers = await open_socket(amina, f"/threads/{thread.id}/live?since=2")
    his = await open_socket(gareth, f"/threads/{thread.id}/live?since=2")
    with elsewhere.database.entered():
        await remove_member_by_email(elsewhere, GROUP, "amina@demo.example", "From afar.")
    assert await closing(hers) == 4404
    post_id = await gareth.write(thread.id, "Still here.")
    assert (await his.next())["post"] == post_id


async def test_a_command_in_a_terminal_closes_an_open_page(
    signed_in: SignIn, open_socket: OpenSocket, thread: Thread, settings: Settings
) -> None:
    socket = await open_socket(await signed_in("amina"), f"/threads/{thread.id}/live?since=2")
    command = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "forum", "group", "remove", GROUP, "amina@demo.example", "--reason", "From afar."),
        env={
            "FORUM_DATA": settings.service.data,
            "FORUM_DATABASE_URL": settings.database.url,
            "FORUM_REDIS_URL": settings.redis.url,
            "FORUM_SITE__URL": SITE,
        },
    )
    assert await command.wait() == 0
    assert await closing(socket) == 4404


async def test_two_services_on_one_database_hear_each_other(
    signed_in: SignIn, app: Entered, thread: Thread, elsewhere: Forum, forum: Forum
) -> None:
    """Each has its own hub, so nothing about a thread is global."""
    async with AsyncExitStack() as stack:
        other_app = create_app(elsewhere)
        await stack.enter_async_context(LifespanManager(other_app))
        headers = headers_of(await signed_in("gareth"), SITE)
        sockets = [AsgiSocket(each, f"/threads/{thread.id}/live?since=2", headers) for each in (app, other_app)]
        for socket in sockets:
            stack.push_async_callback(socket.close)
            await socket.opened()
        for service in forum, elsewhere, forum:
            with service.database.entered():
                post_id = await write_post(service, await user("amina"), thread.id, "Hello.", False, new_key())
            assert [(await socket.next())["post"] for socket in sockets] == [post_id] * 2


async def test_a_service_that_ends_closes_what_its_server_left_open(
    signed_in: SignIn, forum: Forum, thread: Thread
) -> None:
    headers = headers_of(await signed_in("gareth"), SITE)
    ending = create_app(forum)
    async with LifespanManager(ending):
        socket = AsgiSocket(ending, f"/threads/{thread.id}/live?since=1", headers)
        await socket.opened()
        assert (await socket.next())["revision"] == 2
    assert await closing(socket) == 1012
    await socket.close()


async def test_a_restart_tells_every_page_to_come_back(
    signed_in: SignIn, open_socket: OpenSocket, thread: Thread, app: Entered
) -> None:
    """Who wrote is answered, and who comes back to the new process has missed nothing."""
    gareth = await signed_in("gareth")
    page = await Page(gareth, thread.id).load()
    async with serving(app) as address:
        headers = headers_of(gareth, f"http://{address}")
        sockets = [RealSocket(f"ws://{address}{page.live}", headers) for _ in range(3)]
        for socket in sockets:
            await socket.opened()
    for socket in sockets:
        assert await closing(socket) == 1012
        await socket.close()
    post_id = await gareth.write(thread.id, "Written while it was away.")
    again = await open_socket(gareth, page.live)
    assert (await again.next())["post"] == post_id
