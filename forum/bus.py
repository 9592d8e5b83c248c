"""Wake-ups by topic name, in one process or between many. A lost, doubled or late wake-up does no harm.

Topics are names such as "thread:42" and "rights"; nothing that anybody may not know is ever in one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable
from typing import Any, Protocol

EVERYTHING = "*"
CHANNEL = "forum"
LAST_WORDS_SECONDS = 2
logger = logging.getLogger(__name__)

Listener = Callable[[str], None]


class Bus(Protocol):
    """Both adapters keep one promise: once `publish` returned, each listener hears each topic, soon or at once.

    After a break a listener hears EVERYTHING, because nobody knows what was missed.
    """

    def listen(self, listener: Listener) -> None: ...

    def publish(self, topics: Iterable[str]) -> None: ...

    async def close(self) -> None: ...


class MemoryBus:
    """For one process: listeners are called on the spot."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def publish(self, topics: Iterable[str]) -> None:
        for topic in topics:
            for listener in self._listeners:
                listener(topic)

    async def close(self) -> None:
        self._listeners.clear()


class RedisBus:
    """For many processes and hosts, over Redis or Valkey. Nobody waits for it: what it loses is found later."""

    def __init__(self, url: str) -> None:
        from redis.asyncio import Redis

        self._redis: Any = Redis.from_url(url, socket_connect_timeout=5, health_check_interval=10)
        self._listeners: list[Listener] = []
        self._outbox: asyncio.Queue[str] = asyncio.Queue(maxsize=10_000)
        self._tasks = [asyncio.create_task(self._send()), asyncio.create_task(self._follow())]
        self.following = asyncio.Event()

    def listen(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def publish(self, topics: Iterable[str]) -> None:
        for topic in topics:
            self._tell(topic)  # this process need not wait for the way there and back
            with contextlib.suppress(asyncio.QueueFull):
                self._outbox.put_nowait(topic)

    async def close(self) -> None:
        with contextlib.suppress(TimeoutError):  # a command in a terminal ends right after it published
            await asyncio.wait_for(self._outbox.join(), LAST_WORDS_SECONDS)
        while pending := [task for task in self._tasks if not task.done()]:
            for task in pending:
                task.cancel()
            await asyncio.wait(pending, timeout=0.1)  # redis-py swallows a cancellation now and then
        await self._redis.aclose()

    async def _send(self) -> None:
        while True:
            topic = await self._outbox.get()
            try:
                await self._redis.publish(CHANNEL, topic)
            except Exception as fault:
                logger.warning("The bus is down: %s", fault)
                await asyncio.sleep(1)
            finally:
                self._outbox.task_done()

    async def _follow(self) -> None:
        """redis-py reconnects by itself and says nothing of what was lost, so each connection is our own."""
        while True:
            try:
                async with self._redis.pubsub() as channel:
                    await channel.subscribe(CHANNEL)
                    async for message in channel.listen():
                        if message["type"] == "subscribe":
                            self.following.set()
                            self._tell(EVERYTHING)
                        elif message["type"] == "message":
                            self._tell(message["data"].decode(errors="replace"))
            except Exception as fault:
                self.following.clear()
                logger.warning("The bus is down: %s", fault)
                await asyncio.sleep(1)

    def _tell(self, topic: str) -> None:
        for listener in self._listeners:
            listener(topic)


def open_bus(url: str) -> Bus:
    """RedisBus for a URL, MemoryBus without one. Needs a running event loop."""
    return RedisBus(url) if url else MemoryBus()
