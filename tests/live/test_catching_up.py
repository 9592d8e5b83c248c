"""After any interleaving of writes, breaks and returns, a page kept by messages is the page that a fresh load shows."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from forum.models import Post
from tests.cast import Browser, new_key, thread_in
from tests.live.conftest import OpenSocket
from tests.live.pages import Page

SignIn = Callable[..., Awaitable[Browser]]
WRITERS = ("amina", "gareth", "ruth")
READERS = ("amina", "gareth", "olu", "tom", "tom")


@pytest.mark.parametrize("seed", range(2))
async def test_a_page_kept_by_messages_equals_a_fresh_load(
    signed_in: SignIn, open_socket: OpenSocket, seed: int
) -> None:
    chance = random.Random(seed)
    thread = await thread_in("adult-social-care")
    pages = [await Page(await signed_in(name), thread.id).load() for name in READERS]
    reading = [
        asyncio.create_task(come_and_go(page, open_socket, random.Random(f"{seed} {number}")))
        for number, page in enumerate(pages)
    ]
    writers = [await signed_in(name) for name in WRITERS]
    await asyncio.gather(
        *(write_a_lot(writer, thread.id, writer is writers[-1], random.Random(chance.random())) for writer in writers)
    )
    last = await writers[0].write(thread.id, "That is all.")
    for task in reading:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    fresh = await Page(writers[0], thread.id).load()
    for page in pages:
        await page.keep(await open_socket(page.browser, page.live), until=last)
        assert list(page.posts.items()) == list(fresh.posts.items())
    assert len(fresh.posts) > 10 and any("hid this post" in html for html in fresh.posts.values())


async def write_a_lot(browser: Browser, thread_id: int, is_facilitator: bool, chance: random.Random) -> None:
    """Posts, edits of one's own and, by a facilitator, hiding and restoring, with a rest in between or without."""
    mine: list[int] = []
    for number in range(12):
        act = chance.choice(["post", "edit", "edit"] + ["hide", "hide", "restore"] * is_facilitator)
        if act == "post" or not mine:
            mine.append(await browser.write(thread_id, f"Number {number}."))
        elif act == "edit":
            post = await Post.get(id=chance.choice(mine))
            fields = {"body": f"Edited to {number}.", "revision": post.revision, "key": new_key()}
            answer = await browser.send_form(f"/posts/{post.id}/edit", **fields)
            assert answer.status_code in (303, 403, 422)  # changed or hidden meanwhile is no fault
        else:
            [post, *_] = await Post.filter(thread_id=thread_id).order_by("-number").offset(chance.randrange(3)).limit(1)
            await browser.send_form(f"/posts/{post.id}/{act}", reason="off-topic", key=new_key())
        await asyncio.sleep(chance.choice([0, 0, 0.01]))


async def come_and_go(page: Page, open_socket: OpenSocket, chance: random.Random) -> None:
    """Follow the thread, but lose the connection again and again, with what was on its way."""
    while True:
        socket = await open_socket(page.browser, page.live)
        try:
            async with asyncio.timeout(chance.choice([0.005, 0.02, 0.05])):
                await page.keep(socket)
        except TimeoutError:
            await socket.close()
        await asyncio.sleep(chance.choice([0, 0.01, 0.03]))
