"""A new version of the terms pauses everybody's rights: open pages close, and come back once it is answered."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from forum.actions.terms import answer_questions, publish_terms, set_consent
from forum.context import Forum, open_forum
from forum.models import Thread
from forum.settings import Settings
from forum.web.middleware import Entered
from tests.cast import Browser, accept_terms, new_key, thread_in, user
from tests.conftest import ON_POSTGRES, SITE
from tests.live.conftest import OpenSocket
from tests.live.pages import beyond_heartbeats, closing
from tests.sockets import Closed

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


@pytest.fixture
async def elsewhere(settings: Settings, app: Entered) -> AsyncIterator[Forum]:
    async with open_forum(settings) as forum:
        yield forum


async def test_a_new_version_closes_every_open_page_within_a_second(
    forum: Forum, signed_in: SignIn, open_socket: OpenSocket, thread: Thread
) -> None:
    amina, ruth = await signed_in("amina"), await signed_in("ruth")
    path = f"/threads/{thread.id}/live?since=2"
    sockets = [await open_socket(browser, path) for browser in (amina, ruth)]
    async with asyncio.timeout(1):
        await publish_terms(forum, None, "terms", "Be kind.")
        assert [await closing(socket) for socket in sockets] == [4401] * 2
    with pytest.raises(Closed) as closed:
        await beyond_heartbeats(await open_socket(amina, path))
    assert closed.value.code == 4401
    assert (await amina.get(f"/threads/{thread.id}/changes?since=0")).status_code == 401
    said = {"terms": "yes", "terms_version": "1"}
    for name in "amina", "ruth":
        await answer_questions(forum, await user(name), said, new_key())
    back = await open_socket(amina, path)
    post_id = await ruth.write(thread.id, "Welcome back.")
    assert (await beyond_heartbeats(back))["post"] == post_id


async def test_a_version_published_elsewhere_closes_open_pages(
    signed_in: SignIn, open_socket: OpenSocket, thread: Thread, elsewhere: Forum
) -> None:
    socket = await open_socket(await signed_in("amina"), f"/threads/{thread.id}/live?since=2")
    with elsewhere.database.entered():
        await publish_terms(elsewhere, None, "consent", "We count opinions.")
    assert await closing(socket) == 4401


async def test_a_version_published_from_a_terminal_closes_open_pages(
    signed_in: SignIn, open_socket: OpenSocket, thread: Thread, settings: Settings, tmp_path: Path
) -> None:
    socket = await open_socket(await signed_in("amina"), f"/threads/{thread.id}/live?since=2")
    words = tmp_path / "terms.md"
    words.write_text("Be kind.", "utf-8")
    command = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "forum", "terms", "publish", "terms", str(words)),
        env={
            "FORUM_DATA": settings.service.data,
            "FORUM_DATABASE_URL": settings.database.url,
            "FORUM_REDIS_URL": settings.redis.url,
            "FORUM_SITE__URL": SITE,
        },
    )
    assert await command.wait() == 0
    assert await closing(socket) == 4401


async def test_who_withdraws_consent_goes_on_reading(
    forum: Forum, signed_in: SignIn, open_socket: OpenSocket, thread: Thread
) -> None:
    await publish_terms(forum, None, "consent", "We count opinions.")
    await accept_terms(forum)
    amina, gareth = await signed_in("amina"), await signed_in("gareth")
    socket = await open_socket(amina, f"/threads/{thread.id}/live?since=2")
    await set_consent(forum, await user("amina"), False, new_key())
    post_id = await gareth.write(thread.id, "Still with us.")
    assert (await beyond_heartbeats(socket))["post"] == post_id
