"""Who connects and does not finish a request is hung up on, and who is only slow is not. Sockets stay open."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest

from forum.web.middleware import Entered
from tests.cast import Browser, thread_in
from tests.conftest import with_settings
from tests.sockets import PATIENCE, serving

REQUEST_SECONDS = 0.8
A_WHILE = 0.5  # less than that; twice is more
pytestmark = with_settings(limits={"request_seconds": REQUEST_SECONDS})

PAGE = b"GET /sign-in HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"
FORM = b"POST /sign-in HTTP/1.1\r\nhost: 127.0.0.1\r\norigin: http://127.0.0.1\r\n"
FORM += b"content-type: application/x-www-form-urlencoded\r\ncontent-length: 20\r\n\r\n"
OTHER_SITES_FORM = FORM.replace(b"origin: http://127", b"origin: http://128")


class Connection:
    """Bytes to and from the server, as they come."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, *pieces: bytes) -> None:
        """Send pieces with a while between them."""
        for number, piece in enumerate(pieces):
            if number:
                await asyncio.sleep(A_WHILE)
            self._writer.write(piece)
            await self._writer.drain()

    async def answer(self) -> int:
        """The status; the rest of the answer is read and dropped."""
        async with asyncio.timeout(PATIENCE):
            head = await self._reader.readuntil(b"\r\n\r\n")
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            await self._reader.readexactly(int(length or 0))
        return int(head.split()[1])

    async def rest(self) -> bytes:
        """What comes until the server hangs up."""
        async with asyncio.timeout(PATIENCE):
            return await self._reader.read()

    async def until(self, words: bytes) -> bytes:
        async with asyncio.timeout(PATIENCE):
            return await self._reader.readuntil(words)

    def close(self) -> None:
        self._writer.transport.abort()


Connect = Callable[[], Awaitable[Connection]]


@pytest.fixture
async def address(app: Entered) -> AsyncIterator[str]:
    async with serving(app) as address:
        yield address


@pytest.fixture
async def connect(address: str) -> AsyncIterator[Connect]:
    opened = []

    async def connect_one() -> Connection:
        host, port = address.split(":")
        opened.append(Connection(*await asyncio.open_connection(host, int(port))))
        return opened[-1]

    yield connect_one
    for connection in opened:
        connection.close()


@pytest.fixture(autouse=True)
def nothing_goes_wrong(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Being hung up on is nobody's error to log."""
    yield
    assert [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize(
    "beginning",
    [b"", b"\r\n", b"GET /sign", PAGE[:-2], FORM, FORM + b"email=amina"],
    ids=["silence", "a line's end", "half a line", "half the headers", "no body", "half a body"],
)
async def test_a_request_that_stops_is_hung_up_on(connect: Connect, beginning: bytes) -> None:
    connection = await connect()
    await connection.send(beginning)
    assert await connection.rest() == b""


@pytest.mark.parametrize("beginning", [b"\r\n", b"GET /sign", FORM + b"email=amina"])
async def test_so_is_one_that_stops_after_another(connect: Connect, beginning: bytes) -> None:
    connection = await connect()
    await connection.send(PAGE)
    assert await connection.answer() == 200
    await connection.send(beginning)
    assert await connection.rest() == b""


@pytest.mark.parametrize("body", [b"email=amina", b"email=amina&password"], ids=["half", "whole"])
async def test_so_is_a_body_that_comes_after_its_answer_and_nothing_more(connect: Connect, body: bytes) -> None:
    connection = await connect()
    await connection.send(OTHER_SITES_FORM)
    assert await connection.answer() == 403
    await connection.send(body)
    assert await connection.rest() == b""


@pytest.mark.parametrize(
    ("beginning", "drop"), [(PAGE[:-2], b"x: y\r\n"), (PAGE, b"\r\n")], ids=["headers", "line's ends"]
)
async def test_dripping_does_not_help(connect: Connect, beginning: bytes, drop: bytes) -> None:
    connection = await connect()
    await connection.send(beginning)
    with pytest.raises(ConnectionError):
        for _ in range(20):
            await connection.send(drop)
            await asyncio.sleep(REQUEST_SECONDS / 4)


async def test_a_slow_request_is_answered(connect: Connect) -> None:
    """What counts is the time since its first byte: a browser may connect long before."""
    connection = await connect()
    await connection.send(b"", FORM[:20], FORM[20:] + b"email=amina&password")
    assert await connection.answer() == 422


async def test_a_connection_serves_requests_as_long_as_they_come(connect: Connect) -> None:
    connection = await connect()
    for _ in range(4):
        await asyncio.sleep(A_WHILE)
        await connection.send(PAGE)
        assert await connection.answer() == 200
    await connection.send(PAGE * 3)
    assert [await connection.answer() for _ in range(3)] == [200] * 3


async def test_an_answer_may_take_its_time(connect: Connect, monkeypatch: pytest.MonkeyPatch, app: Entered) -> None:
    takes_its_time = app.app

    async def take_longer(*request: object) -> None:
        await asyncio.sleep(2 * A_WHILE)
        await takes_its_time(*request)  # type: ignore[arg-type]

    monkeypatch.setattr(app, "app", take_longer)
    connection = await connect()
    await connection.send(PAGE)
    assert await connection.answer() == 200


@pytest.mark.parametrize("before", [b"", PAGE], ids=["at once", "after a page"])
async def test_a_socket_stays_open(
    signed_in: Callable[..., Awaitable[Browser]], address: str, connect: Connect, before: bytes
) -> None:
    amina = await signed_in("amina")
    thread = await thread_in("adult-social-care")
    connection = await connect()
    if before:
        await connection.send(before)
        assert await connection.answer() == 200
    await connection.send(
        f"GET /threads/{thread.id}/live?since=2 HTTP/1.1\r\nhost: {address}\r\norigin: http://{address}\r\n"
        f"cookie: session={amina.cookies['session']}\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
        "sec-websocket-version: 13\r\nsec-websocket-key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n".encode()
    )
    assert await connection.answer() == 101
    await asyncio.sleep(2 * REQUEST_SECONDS)
    await amina.write(thread.id, "Still listening?")
    assert await connection.until(b"Still listening?")
