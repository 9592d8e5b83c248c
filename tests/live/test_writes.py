"""A write runs to its end whatever happens to who asked for it, and many at once keep numbers and revisions in step."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

import pytest

from forum.actions.groups import add_member
from forum.actions.people import create_account
from forum.actions.posts import write_post
from forum.context import Forum, open_forum
from forum.models import Post, Thread
from forum.settings import Settings
from tests.cast import Browser, new_key, thread_in, user

SignIn = Callable[..., Awaitable[Browser]]
GROUP = "adult-social-care"


@pytest.fixture
async def thread() -> Thread:
    return await thread_in(GROUP)


async def check(thread: Thread) -> list[Post]:
    """The posts of a thread to which only posts were added: numbers and revisions are 1, 2, 3 … and the same."""
    posts = await Post.filter(thread_id=thread.id).order_by("number")
    counts = list(range(1, len(posts) + 1))
    assert [post.number for post in posts] == counts
    assert [post.revision for post in posts] == counts
    now = await Thread.get(id=thread.id)
    assert (now.posts, now.revision) == (len(posts), len(posts))
    return posts


async def check_each_is_there_once(thread: Thread, browser: Browser, forms: list[dict[str, str]]) -> int:
    """Right after: the service answers, and each form sent again is answered with the one post that it made.

    Returns how many had made their post before.
    """
    async with asyncio.timeout(10):
        assert await browser.write(thread.id, "Right after.")
        before = len(await check(thread)) - 3
        again = [await browser.write(thread.id, **form) for form in forms]
    posts = await check(thread)
    assert len(set(again)) == len(forms) == len(posts) - 3
    bodies = {post.id: post.body for post in posts}
    assert [bodies[post_id] for post_id in again] == [form["body"] for form in forms]
    return before


async def test_a_hundred_requests_cancelled_in_the_middle_harm_nothing(signed_in: SignIn, thread: Thread) -> None:
    chance = random.Random(7)
    amina = await signed_in("amina")
    forms = [{"body": f"Form {number}.", "key": new_key()} for number in range(100)]
    answered: dict[int, int] = {}

    async def send(number: int) -> None:
        answered[number] = await amina.write(thread.id, **forms[number])

    began = asyncio.get_running_loop().time()
    await asyncio.gather(*(send(number) for number in range(5)))
    while_five_take = asyncio.get_running_loop().time() - began
    for first in range(5, 100, 5):
        tasks = [asyncio.create_task(send(number)) for number in range(first, first + 5)]
        for task in tasks:
            asyncio.get_running_loop().call_later(chance.uniform(0, while_five_take), task.cancel)
        await asyncio.gather(*tasks, return_exceptions=True)
    written = await check_each_is_there_once(thread, amina, forms)
    assert len(answered) < written, "none was cancelled in the middle"


async def test_a_hundred_browsers_that_hang_up_harm_nothing(signed_in: SignIn, thread: Thread, server: str) -> None:
    chance = random.Random(7)
    amina = await signed_in("amina")
    forms = [{"body": f"Form {number}.", "key": new_key()} for number in range(100)]
    answered: list[str] = []

    async def send(form: dict[str, str], patience: float | None) -> None:
        """Send the form, whole or in part, and hang up when it is answered or patience ends."""
        body = urlencode(form)
        request = (
            f"POST /threads/{thread.id}/posts HTTP/1.1\r\nHost: {server}\r\nOrigin: http://{server}\r\n"
            f"Cookie: session={amina.cookies['session']}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()
        reader, writer = await asyncio.open_connection(*server.split(":"))
        whole = patience is None or chance.random() < 0.9
        writer.write(request if whole else request[: chance.randrange(len(request))])
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                assert b"303" in await reader.readline()
                answered.append(form["key"])
        if chance.random() < 0.5:
            writer.transport.abort()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    began = asyncio.get_running_loop().time()
    await asyncio.gather(*(send(form, None) for form in forms[:5]))
    while_five_take = asyncio.get_running_loop().time() - began
    for first in range(5, 100, 5):
        await asyncio.gather(*(send(form, chance.uniform(0, while_five_take)) for form in forms[first : first + 5]))
    written = await check_each_is_there_once(thread, amina, forms)
    assert len(answered) < written, "none hung up in the middle"


async def test_an_answered_post_that_is_cancelled_later_is_there(signed_in: SignIn, thread: Thread) -> None:
    """Whatever was answered stands; and a cancelled request that was not answered may be sent again."""
    amina = await signed_in("amina")
    key = new_key()
    task = asyncio.create_task(amina.write(thread.id, "Once.", key=key))
    async with asyncio.timeout(10):
        while not await Post.exists(thread_id=thread.id, body="Once."):
            pass
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    post_id = await amina.write(thread.id, "Once.", key=key)
    assert [post.id for post in await check(thread)][2:] == [post_id]


async def test_twenty_writers_at_once_lose_nothing(forum: Forum, settings: Settings, thread: Thread) -> None:
    """Half of them through another process's connections."""
    for number in range(20):
        await create_account(forum, f"writer{number}@demo.example", f"Writer {number}", None, None, None)
        await add_member(forum, GROUP, f"writer{number}@demo.example", "member")

    async def write(service: Forum, number: int) -> list[int]:
        with service.database.entered():
            writer = await user(f"writer{number}")
            return [await write_post(service, writer, thread.id, f"{number}", False, new_key()) for _ in range(5)]

    async with open_forum(settings) as elsewhere:
        written = await asyncio.gather(*(write((forum, elsewhere)[number % 2], number) for number in range(20)))
    posts = [post.id for post in await check(thread)][2:]
    assert sorted(posts) == sorted(post_id for own in written for post_id in own)
    for own in written:
        assert [post_id for post_id in posts if post_id in own] == own, "each writer's posts stand in their order"


async def test_the_same_form_sent_ten_times_at_once_is_one_post(signed_in: SignIn, thread: Thread) -> None:
    amina = await signed_in("amina")
    key = new_key()
    answers = await asyncio.gather(*(amina.write(thread.id, "Once.", key=key) for _ in range(10)))
    assert len(set(answers)) == 1
    assert len(await check(thread)) == 3
