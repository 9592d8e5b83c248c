"""Who may not listen, and sockets that misbehave: each is closed with a code that says why, and nobody else notices."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from forum.live import Hub
from forum.models import Thread
from tests.cast import Browser, thread_in
from tests.live.conftest import OpenSocket
from tests.live.pages import closing, watching, with_settings, within
from tests.sockets import Closed

SignIn = Callable[..., Awaitable[Browser]]


@pytest.fixture
async def thread() -> Thread:
    return await thread_in("adult-social-care")


@pytest.fixture
async def others_are_well(signed_in: SignIn, open_socket: OpenSocket, thread: Thread) -> AsyncIterator[None]:
    """Gareth has the thread open the whole time, and in the end still hears what comes."""
    gareth = await signed_in("gareth")
    socket = await open_socket(gareth, f"/threads/{thread.id}/live?since=2")
    yield
    post_id = await gareth.write(thread.id, "Did anything happen?")
    while (message := await socket.next())["post"] != post_id:
        assert "post" in message


@pytest.fixture
async def amina(signed_in: SignIn, others_are_well: None) -> Browser:
    return await signed_in("amina")


async def test_without_this_sites_origin_it_is_refused_before_the_upgrade(
    amina: Browser, open_socket: OpenSocket, thread: Thread
) -> None:
    for origin in None, "", "null", "https://evil.example", "http://127.0.0.1", "http://evil.127.0.0.1:8000":
        with pytest.raises(Closed) as refused:
            await open_socket(amina, f"/threads/{thread.id}/live", origin=origin)
        assert refused.value.code == 403, origin


@pytest.mark.parametrize("open_socket", ["asgi"], indirect=True)
async def test_another_hosts_name_is_refused_before_the_upgrade(
    amina: Browser, open_socket: OpenSocket, thread: Thread
) -> None:
    with pytest.raises(Closed) as refused:
        await open_socket(amina, f"/threads/{thread.id}/live", host="evil.example", origin="http://evil.example")
    assert refused.value.code == 400


async def test_signed_out_is_told_so(amina: Browser, open_socket: OpenSocket, thread: Thread) -> None:
    for cookie in None, "session=", "session=made-up", "session=\xff":
        for thread_id in thread.id, 1:
            socket = await open_socket(amina, f"/threads/{thread_id}/live?since=nonsense", cookie=cookie)
            assert await closing(socket) == 4401


async def test_what_is_not_yours_is_what_is_not_there(
    amina: Browser, signed_in: SignIn, open_socket: OpenSocket, thread: Thread
) -> None:
    eve = await signed_in("eve")
    hidden, finance = await thread_in("whistleblowing"), await thread_in("finance")
    for browser, thread_id in ((eve, thread.id), (eve, hidden.id), (amina, finance.id), (amina, 10**15)):
        for query in "", "?since=2", "?since=nonsense", "?epoch=another":
            socket = await open_socket(browser, f"/threads/{thread_id}/live{query}")
            assert await closing(socket) == 4404
    for name in "tom", "priya":
        socket = await open_socket(await signed_in(name), f"/threads/{hidden.id}/live")
        assert await closing(socket) == 4404


async def test_an_id_that_no_database_holds_is_refused(amina: Browser, open_socket: OpenSocket) -> None:
    for thread_id in "0", "-1", str(2**63), "9" * 400, "abc", "%00":
        with pytest.raises(Closed) as refused:
            await open_socket(amina, f"/threads/{thread_id}/live")
        assert refused.value.code == 403, thread_id


async def test_a_revision_that_is_none_is_refused(amina: Browser, open_socket: OpenSocket, thread: Thread) -> None:
    for since in "abc", "-1", "1.5", "", "%D9%A3", "9" * 17, "%00", "%FF", "2&since=2":
        socket = await open_socket(amina, f"/threads/{thread.id}/live?since={since}")
        assert await closing(socket) == 1008, since


async def test_one_person_has_so_many_sockets_and_no_more(
    amina: Browser, open_socket: OpenSocket, thread: Thread, hub: Hub
) -> None:
    path = f"/threads/{thread.id}/live?since=1"
    sockets = [await open_socket(amina, path) for _ in range(20)]
    for socket in sockets:
        await socket.next()
    assert await closing(await open_socket(amina, path)) == 4409
    await sockets[0].close()
    await within(5, lambda: watching(hub, thread.id) == 20)  # and Gareth's
    assert (await (await open_socket(amina, path)).next())["revision"] == 2


async def test_a_few_messages_are_let_pass_and_many_are_not(
    amina: Browser, open_socket: OpenSocket, thread: Thread
) -> None:
    socket = await open_socket(amina, f"/threads/{thread.id}/live?since=2")
    for _ in range(20):
        await socket.send("hello?")
    post_id = await amina.write(thread.id, "A post.")
    assert (await socket.next())["post"] == post_id
    await socket.send("hello?")
    assert await closing(socket) == 4429


async def test_a_flood_ends_the_socket(amina: Browser, open_socket: OpenSocket, thread: Thread, hub: Hub) -> None:
    socket = await open_socket(amina, f"/threads/{thread.id}/live?since=2")
    for _ in range(2000):
        await socket.send("x" * 1000)
    assert await closing(socket) == 4429
    await within(5, lambda: watching(hub, thread.id) == 1)


async def test_a_binary_frame_is_not_read(amina: Browser, open_socket: OpenSocket, thread: Thread) -> None:
    socket = await open_socket(amina, f"/threads/{thread.id}/live?since=2")
    await socket.send(b"\x00\xff")
    assert await closing(socket) == 1003


@pytest.mark.parametrize("open_socket", ["wire"], indirect=True)
async def test_a_frame_of_70_kb_is_too_big(amina: Browser, open_socket: OpenSocket, thread: Thread, hub: Hub) -> None:
    """Under another server its own limit holds."""
    socket = await open_socket(amina, f"/threads/{thread.id}/live?since=2")
    await socket.send("x" * 70_000)
    assert await closing(socket) == 1009
    await within(5, lambda: watching(hub, thread.id) == 1)


@with_settings(live={"unsent_bytes": 30_000})
async def test_who_never_reads_is_closed_and_delays_nobody(
    amina: Browser, signed_in: SignIn, open_socket: OpenSocket, thread: Thread, hub: Hub
) -> None:
    ruth = await signed_in("ruth")
    reading = await open_socket(ruth, f"/threads/{thread.id}/live?since=2")
    stuck = await open_socket(amina, f"/threads/{thread.id}/live?since=2")
    await within(5, lambda: watching(hub, thread.id) == 3)
    stuck.stop_reading()
    written = 0
    while watching(hub, thread.id) == 3:
        post_id = await ruth.write(thread.id, "y" * 9_000)
        assert (await reading.next())["post"] == post_id
        written += 1
        assert written < 100, "it was never closed"
    stuck.read_on()
    with pytest.raises(Closed) as closed:
        for heard in range(written + 1):
            assert (await stuck.next())["revision"] == 3 + heard
    assert closed.value.code == 4408
    await ruth.write(thread.id, "And one more.")
    comes_back = await open_socket(amina, f"/threads/{thread.id}/live?since={2 + heard}")
    assert (await comes_back.next())["revision"] == 3 + heard


@pytest.mark.parametrize("open_socket", ["wire"], indirect=True)
@with_settings(live={"unsent_bytes": 20_000})
async def test_who_takes_not_even_a_farewell_is_dropped(
    amina: Browser, open_socket: OpenSocket, thread: Thread, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forum.wire.CLOSE_SECONDS", 0.2)
    stuck = await open_socket(amina, f"/threads/{thread.id}/live?since=2")
    await within(5, lambda: watching(hub, thread.id) == 2)
    stuck.stop_reading()
    async with asyncio.timeout(20):
        while watching(hub, thread.id) == 2:
            await amina.write(thread.id, "y" * 9_000)
    await asyncio.sleep(0.5)
    stuck.read_on()
    with pytest.raises(Closed) as closed:
        while True:
            await stuck.next()
    assert closed.value.code == 1006


@pytest.mark.parametrize("open_socket", ["wire"], indirect=True)
async def test_text_that_is_not_utf_8_ends_the_socket(
    amina: Browser, open_socket: OpenSocket, thread: Thread, hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    socket = await open_socket(amina, f"/threads/{thread.id}/live?since=2")
    await socket.send_raw(b"\xff\xfe")
    assert await closing(socket) == 1007
    await within(5, lambda: watching(hub, thread.id) == 1)
    caplog.clear()  # uvicorn notes it as an error of its own
