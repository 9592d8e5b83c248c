"""A thread's page as a browser keeps it: loaded once, then changed by the messages that come."""

import asyncio
import contextlib
import re
from typing import Any

import pytest

from forum.live import Hub
from tests.cast import Browser
from tests.live.conftest import Socket
from tests.sockets import PATIENCE, Closed

ARTICLE = re.compile(r'<article class="post" id="post-(\d+)".*?</article>', re.DOTALL)
POSTS = re.compile(r'<section id="posts"[^>]*>\n(.*?)\n</section>\n<p id="newer"', re.DOTALL)
NUMBER = re.compile(r'data-number="(\d+)"')
MAIN = re.compile(r'<main [^>]*data-revision="(\d+)" data-epoch="(\w+)"')


def with_settings(**sections: dict[str, Any]) -> pytest.MarkDecorator:
    """Run a test with these sections of the settings changed."""
    return pytest.mark.parametrize("changed", [sections], ids=["changed"])


async def beyond_heartbeats(socket: Socket) -> dict[str, Any]:
    """The next message that is no heartbeat."""
    async with asyncio.timeout(PATIENCE):
        while "head" in (message := await socket.next()):
            pass
    return message


async def closing(socket: Socket) -> int:
    """The code that a socket is closed with. Fails when a post comes before."""
    with pytest.raises(Closed) as closed:
        message = await beyond_heartbeats(socket)
        pytest.fail(f"It was told {message} instead")
    return closed.value.code


class Page:
    """`posts` maps each post's id to its HTML in the order of the page; `revision` is the newest change in it."""

    def __init__(self, browser: Browser, thread_id: int) -> None:
        self.browser = browser
        self.thread_id = thread_id

    async def load(self) -> "Page":
        answer = await self.browser.get(f"/threads/{self.thread_id}")
        assert answer.status_code == 200
        [posts], [(revision, self.epoch)] = POSTS.findall(answer.text), MAIN.findall(answer.text)
        self.posts = {int(found[1]): found[0] for found in ARTICLE.finditer(posts)}
        assert "\n".join(self.posts.values()) == posts
        self.revision = int(revision)
        return self

    @property
    def live(self) -> str:
        return f"/threads/{self.thread_id}/live?since={self.revision}&epoch={self.epoch}"

    async def take(self, message: dict[str, Any]) -> None:
        if "reset" in message:
            await self.load()
        elif "post" in message:
            assert message["revision"] > self.revision, "a change came twice, or out of order"
            self.revision = message["revision"]
            posts = self.posts | {message["post"]: message["html"]}
            self.posts = dict(sorted(posts.items(), key=lambda post: int(NUMBER.search(post[1])[1])))

    async def keep(self, socket: Socket, until: int | None = None) -> None:
        """Take what comes over this socket until it is closed, or the post `until` has come."""
        with contextlib.suppress(Closed):
            while until not in self.posts:
                await self.take(await socket.next())


async def within(seconds: float, condition: Any) -> None:
    """Wait until `condition()` holds."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


def watching(hub: Hub, thread_id: int) -> int:
    """How many sockets are in a thread's room."""
    room = hub._rooms.get(f"thread:{thread_id}")
    return len(room.viewers) if room else 0
