"""The bus contract, for both adapters: whoever listens hears each topic, and everything after a break."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import pytest
from redis.asyncio import Redis

from forum.bus import EVERYTHING, Bus, MemoryBus, RedisBus, open_bus


class Ear:
    """A listener that remembers what it heard, and can wait for it."""

    def __init__(self, bus: Bus) -> None:
        self.heard: list[str] = []
        self._something = asyncio.Event()
        bus.listen(self)

    def __call__(self, topic: str) -> None:
        self.heard.append(topic)
        self._something.set()

    async def hears(self, topic: str) -> None:
        async with asyncio.timeout(10):
            while topic not in self.heard:
                self._something.clear()
                await self._something.wait()


@pytest.fixture(params=["memory", "redis"])
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    opened = open_bus(request.getfixturevalue("valkey_server") if request.param == "redis" else "")
    assert isinstance(opened, RedisBus if request.param == "redis" else MemoryBus)
    yield opened
    await opened.close()


@pytest.fixture
async def two(valkey_server: str) -> AsyncIterator[tuple[RedisBus, RedisBus]]:
    """The buses of two processes, both following."""
    one, other = RedisBus(valkey_server), RedisBus(valkey_server)
    async with asyncio.timeout(10):
        await one.following.wait()
        await other.following.wait()
    yield one, other
    await one.close()
    await other.close()


class Cable:
    """Between a bus and its server: it can be pulled and plugged in again."""

    def __init__(self, server: str) -> None:
        self._server = urlsplit(server)
        self._port = 0
        self._writers: list[asyncio.StreamWriter] = []

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0"

    async def plug(self) -> None:
        self._end = await asyncio.start_server(self._connect, "127.0.0.1", self._port)
        self._port = self._end.sockets[0].getsockname()[1]

    async def pull(self) -> None:
        self._end.close()
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, questions = await asyncio.open_connection(self._server.hostname, self._server.port)
        self._writers += [writer, questions]
        with contextlib.suppress(ConnectionError):
            await asyncio.gather(_carry(reader, questions), _carry(answers, writer))

    async def __aenter__(self) -> "Cable":
        await self.plug()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.pull()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while words := await reader.read(65536):
        writer.write(words)
    writer.close()


@pytest.fixture
def nobodys_port() -> Iterator[int]:
    """A port that refuses connections for as long as the test runs."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


class TestBothAdapters:
    async def test_every_listener_hears_every_topic(self, bus: Bus) -> None:
        ears = [Ear(bus), Ear(bus)]
        bus.publish(["thread:42", "rights"])
        bus.publish(["thread:43"])
        for ear in ears:
            for topic in "thread:42", "rights", "thread:43":
                await ear.hears(topic)

    async def test_it_hears_itself_at_once(self, bus: Bus) -> None:
        ear = Ear(bus)
        bus.publish(["thread:42"])
        assert "thread:42" in ear.heard

    async def test_nobody_need_listen(self, bus: Bus) -> None:
        bus.publish(["thread:42"])
        bus.publish([])

    async def test_closing_ends_its_tasks(self, bus: Bus) -> None:
        bus.publish(["thread:42"])
        await bus.close()
        assert asyncio.all_tasks() == {asyncio.current_task()}


class TestBetweenProcesses:
    async def test_each_hears_the_other(self, two: tuple[RedisBus, RedisBus]) -> None:
        ears = [Ear(bus) for bus in two]
        two[0].publish(["thread:1"])
        two[1].publish(["thread:2"])
        for ear in ears:
            await ear.hears("thread:1")
            await ear.hears("thread:2")

    async def test_topics_come_in_the_order_in_which_they_were_published(self, two: tuple[RedisBus, RedisBus]) -> None:
        ear = Ear(two[1])
        topics = [f"thread:{number}" for number in range(100)]
        two[0].publish(topics)
        await ear.hears(topics[-1])
        assert ear.heard == topics

    async def test_what_is_published_just_before_the_end_goes_out(
        self, two: tuple[RedisBus, RedisBus], valkey_server: str
    ) -> None:
        """A command in a terminal publishes and ends."""
        ear = Ear(two[0])
        command = RedisBus(valkey_server)
        command.publish(["rights"])
        await command.close()
        await ear.hears("rights")

    async def test_after_a_lost_connection_everything_is_heard_and_it_goes_on(
        self, two: tuple[RedisBus, RedisBus], valkey_server: str
    ) -> None:
        ear = Ear(two[0])
        async with Redis.from_url(valkey_server) as redis:
            await redis.client_kill_filter(_type="pubsub")
        await ear.hears(EVERYTHING)
        two[1].publish(["thread:42"])
        await ear.hears("thread:42")

    async def test_whatever_else_is_said_on_the_channel_does_no_harm(
        self, two: tuple[RedisBus, RedisBus], valkey_server: str
    ) -> None:
        ear = Ear(two[0])
        async with Redis.from_url(valkey_server) as redis:
            await redis.publish("forum", b"\xff\x00")
        two[1].publish(["thread:42"])
        await ear.hears("thread:42")
        assert EVERYTHING not in ear.heard, "it broke its connection over it"

    async def test_a_task_that_misses_its_cancellation_does_not_hold_up_the_end(self, valkey_server: str) -> None:
        """redis-py loses one in some hundreds, and a command in a terminal would never end."""

        async def hard_of_hearing() -> None:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(60)
            await asyncio.sleep(60)

        bus = RedisBus(valkey_server)
        bus._tasks.append(asyncio.create_task(hard_of_hearing()))
        await asyncio.sleep(0)
        async with asyncio.timeout(10):
            await bus.close()
        assert asyncio.all_tasks() == {asyncio.current_task()}


class TestServerDown:
    async def test_publishing_neither_raises_nor_waits(self, nobodys_port: int) -> None:
        bus = RedisBus(f"redis://127.0.0.1:{nobodys_port}/0")
        ear = Ear(bus)
        topics = [f"thread:{number}" for number in range(20_000)]
        for topic in topics:
            bus.publish([topic])
        assert ear.heard == topics, "this process needs no server"
        await asyncio.sleep(0.05)  # its tasks fail meanwhile
        bus.publish(["rights"])
        assert ear.heard[-1] == "rights"
        async with asyncio.timeout(10):
            await bus.close()

    async def test_after_an_outage_everything_is_heard_and_it_goes_on(self, valkey_server: str) -> None:
        async with Cable(valkey_server) as cable:
            here, there = RedisBus(cable.url), RedisBus(valkey_server)
            ear = Ear(here)
            await ear.hears(EVERYTHING)
            await there.following.wait()
            await cable.pull()
            there.publish(["thread:1"])
            here.publish(["thread:2"])
            await asyncio.sleep(0.1)
            assert not here.following.is_set()
            ear.heard.clear()
            await cable.plug()
            await ear.hears(EVERYTHING)
            there.publish(["thread:3"])
            await ear.hears("thread:3")
            assert "thread:1" not in ear.heard
            await here.close()
            await there.close()
