"""The live thread: a hub with a room for each watched thread, and in it the viewers.

Woken, a room reads what is newer than its hindmost viewer has, makes one frame of each changed post, and hands the same
bytes to all. Following and catching up are the same code. The room never awaits a viewer: who cannot keep up is closed
and comes back by revision. Before anything newer is sent, a room whose snapshot carries another `rights` number asks
again who may read, so that a lost wake-up delays a closing and leaks nothing. So it does when the time of a session, a
membership or a visit is over, and it wakes itself for that.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol

import msgspec
from websockets.frames import Frame, Opcode

from forum.bus import EVERYTHING
from forum.context import Forum
from forum.readers import readers
from forum.reading import News, ShownPost, news_since

SIGNED_OUT, NOT_THERE, TOO_SLOW, TOO_MANY, TOO_FAST = 4401, 4404, 4408, 4409, 4429
RESTART = 1012
LONG_AGO = datetime.min.replace(tzinfo=UTC)
WATCH_SECONDS = 0.25
ALARM_SECONDS = 0.1  # so long after a time is over a room looks: not a moment too early, nor without rest
logger = logging.getLogger(__name__)

RenderPost = Callable[[ShownPost], str]


class Sink(Protocol):
    """The way to one browser. Neither call waits or fails."""

    def send(self, frame: bytes, text: bytes) -> None: ...

    def close(self, code: int) -> None: ...


class Viewer:
    """One open page: the revision it has, the rights number at which it was last found to be a reader, and until when
    that holds if nobody changes anything."""

    __slots__ = ("revision", "rights", "session_id", "sink", "until", "user_id")

    def __init__(self, user_id: int, session_id: int, revision: int, sink: Sink) -> None:
        self.user_id = user_id
        self.session_id = session_id
        self.revision = revision
        self.rights: int | None = None
        self.until = LONG_AGO
        self.sink = sink


class Message:
    """A message to browsers, encoded once: `text` for any server, `frame` as it goes over the wire."""

    __slots__ = ("frame", "revision", "text")

    def __init__(self, revision: int, content: dict[str, Any]) -> None:
        self.revision = revision
        self.text = msgspec.json.encode(content)
        self.frame = Frame(Opcode.TEXT, self.text).serialize(mask=False)


def change_messages(news: News, since: int, at_most: int, render_post: RenderPost) -> list[dict[str, Any]]:
    """What a page at `since` must hear to show the head: a message for each changed post, or a reset."""
    if since > news.head or news.head - since > at_most:
        return [{"reset": True}]
    return [
        {"revision": post.revision, "post": post.id, "html": render_post(post)}
        for post in news.posts
        if post.revision > since
    ]


class Room:
    """The viewers of one thread, and the one task that serves them."""

    def __init__(self, hub: Hub, thread_id: int) -> None:
        self.hub = hub
        self.thread_id = thread_id
        self.viewers: set[Viewer] = set()
        self.head = 0
        self._woken = asyncio.Event()
        self._alarm: asyncio.TimerHandle | None = None
        self._task = asyncio.create_task(self._serve())

    def wake(self) -> None:
        self._woken.set()

    def stop(self) -> None:
        self._task.cancel()
        self._set_alarm(None)

    async def _serve(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            try:
                await self._tell_news()
            except Exception:
                logger.exception("A room could not read its thread and tries again")
                await asyncio.sleep(1)
                self._woken.set()

    async def _tell_news(self) -> None:
        viewers = list(self.viewers)  # whoever joins from here on has woken the room again
        if not viewers:
            return
        at_most = self.hub.forum.settings.live.changes_at_once
        news = await news_since(self.thread_id, min(viewer.revision for viewer in viewers), at_most)
        if news is None:
            for viewer in viewers:
                self.hub.dismiss(self, viewer, NOT_THERE)
            return
        await self._judge(viewers, news.rights)
        self.head = news.head
        messages = [Message(post.revision, self._content(post)) for post in news.posts]
        rights, head = news.rights, news.head
        for viewer in viewers:
            if viewer.rights != rights:
                continue  # dismissed, or to be judged afresh in the next pass
            if viewer.revision > head or head - viewer.revision > at_most:
                viewer.sink.send(RESET.frame, RESET.text)
            else:
                for message in messages:
                    if message.revision > viewer.revision:
                        viewer.sink.send(message.frame, message.text)
            viewer.revision = head

    def _content(self, post: ShownPost) -> dict[str, Any]:
        return {"revision": post.revision, "post": post.id, "html": self.hub.render_post(post)}

    async def _judge(self, viewers: list[Viewer], rights: int) -> None:
        """Dismiss those who may no longer read, of all who were not found readers at this rights number, or whose time
        is over."""
        forum = self.hub.forum
        rules = forum.rules()
        doubtful = [viewer for viewer in viewers if viewer.rights != rights or viewer.until <= rules.now]
        if not doubtful:
            return
        sessions = {viewer.session_id for viewer in doubtful}
        may_read = await readers(self.thread_id, sessions, *forum.session_limits(), rules)
        for viewer in doubtful:
            if until := may_read.get(viewer.session_id):
                viewer.rights, viewer.until = rights, until
            else:
                viewer.rights = None
                self.hub.dismiss(self, viewer, NOT_THERE if viewer.session_id in may_read else SIGNED_OUT)
        if self.viewers:
            soonest = min(viewer.until for viewer in self.viewers)
            self._set_alarm(max((soonest - rules.now).total_seconds(), 0) + ALARM_SECONDS)

    def _set_alarm(self, seconds: float | None) -> None:
        """Have the room look again after so long, and not at what it was set to before."""
        if self._alarm:
            self._alarm.cancel()
        self._alarm = None if seconds is None else asyncio.get_running_loop().call_later(seconds, self.wake)

    def beat(self) -> None:
        """Say that the page is connected and up to date, and have all judged afresh: sessions run out silently."""
        message = Message(self.head, {"head": self.head})
        for viewer in list(self.viewers):
            if viewer.rights is not None:
                viewer.sink.send(message.frame, message.text)
            viewer.rights = None
        self.wake()


RESET = Message(0, {"reset": True})


class Hub:
    """All rooms of this process. `render_post` makes the fragment that the page shows too."""

    def __init__(self, forum: Forum, render_post: RenderPost) -> None:
        self.forum = forum
        self.render_post = render_post
        self._rooms: dict[str, Room] = {}  # by the topic that wakes them
        self._sockets: Counter[int] = Counter()
        self._tasks: list[asyncio.Task[None]] = []
        forum.bus.listen(self._hear)

    def join(self, thread_id: int, viewer: Viewer) -> bool:
        """Put a viewer into the thread's room, which brings it up to date. False when the person has too many."""
        if self._sockets[viewer.user_id] >= self.forum.settings.live.sockets_per_person:
            return False
        self._sockets[viewer.user_id] += 1
        topic = f"thread:{thread_id}"
        room = self._rooms.get(topic)
        if room is None:
            room = self._rooms[topic] = Room(self, thread_id)
        room.viewers.add(viewer)
        room.wake()
        return True

    def leave(self, thread_id: int, viewer: Viewer) -> None:
        """Forget a viewer. Leaving twice is no fault."""
        topic = f"thread:{thread_id}"
        room = self._rooms.get(topic)
        if room is None or viewer not in room.viewers:
            return
        room.viewers.remove(viewer)
        self._sockets[viewer.user_id] -= 1
        if not self._sockets[viewer.user_id]:
            del self._sockets[viewer.user_id]
        if not room.viewers:
            del self._rooms[topic]
            room.stop()

    def dismiss(self, room: Room, viewer: Viewer, code: int) -> None:
        viewer.sink.close(code)
        self.leave(room.thread_id, viewer)

    def start(self) -> None:
        live = self.forum.settings.live
        self._tasks = [
            asyncio.create_task(self._every(live.check_seconds, self._wake_all)),
            asyncio.create_task(self._every(live.heartbeat_seconds, self._beat)),
        ]
        if self.forum.database.is_sqlite:
            self._tasks.append(asyncio.create_task(self._watch_file()))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for room in list(self._rooms.values()):
            for viewer in list(room.viewers):
                self.dismiss(room, viewer, RESTART)

    def _hear(self, topic: str) -> None:
        if topic in ("rights", EVERYTHING):
            self._wake_all()
        elif room := self._rooms.get(topic):
            room.wake()

    def _wake_all(self) -> None:
        for room in self._rooms.values():
            room.wake()

    def _beat(self) -> None:
        for room in self._rooms.values():
            room.beat()

    async def _every(self, seconds: float, act: Callable[[], None]) -> None:
        while True:
            await asyncio.sleep(seconds)
            act()

    async def _watch_file(self) -> None:
        """SQLite has no wake-ups between processes: a command in a terminal reaches open pages this way."""
        seen = await self.forum.database.written_elsewhere()
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            with contextlib.suppress(Exception):
                now = await self.forum.database.written_elsewhere()
                if now != seen:
                    seen = now
                    self._wake_all()
