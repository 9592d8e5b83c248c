"""A right whose time is over ends by itself: the room wakes for it, and nothing written later gets through before."""

from collections.abc import Awaitable, Callable
from datetime import datetime, time, timedelta

import pytest

from forum import live
from forum.actions.posts import write_post
from forum.actions.visits import end_visit, visit_group
from forum.context import Forum
from forum.models import Membership, Session, Thread, Visit
from tests.cast import Browser, new_key, thread_in, user
from tests.live.conftest import OpenSocket, Socket
from tests.live.pages import closing

SignIn = Callable[..., Awaitable[Browser]]
GROUP = "adult-social-care"
SOON = timedelta(seconds=0.5)


@pytest.fixture
async def thread() -> Thread:
    return await thread_in(GROUP)


async def visit_for(forum: Forum, left: timedelta) -> None:
    """Priya's visit to the group ends so soon."""
    await visit_group(forum, await user("priya"), GROUP, "A complaint.", new_key())
    await Visit.all().update(ends_at=forum.clock() + left)


async def session_for(forum: Forum, left: timedelta) -> None:
    """Every session is so near to its end, unused."""
    await Session.all().update(seen_at=forum.clock() - timedelta(hours=forum.settings.sessions.idle_hours) + left)


async def old_session_for(forum: Forum, left: timedelta) -> None:
    began = forum.clock() - timedelta(hours=forum.settings.sessions.absolute_hours) + left
    await Session.all().update(created_at=began)


async def term_for(forum: Forum, left: timedelta) -> None:
    """The clock stands so long before the midnight after which Amina's membership is closed."""
    last = forum.rules().closed_before
    await Membership.filter(person__email="amina@demo.example").update(ends_on=last)
    now = forum.clock()
    midnight = datetime.combine(now.date() + timedelta(days=1), time(), now.tzinfo)
    ahead = midnight - now - left
    clock = forum.clock
    forum.clock = lambda: clock() + ahead


TIMES = {
    "visit": ("priya", visit_for, 4404),
    "idle": ("amina", session_for, 4401),
    "absolute": ("amina", old_session_for, 4401),
    "term": ("amina", term_for, 4404),
}
each_time = pytest.mark.parametrize(("name", "run_out", "code"), TIMES.values(), ids=TIMES)
Reach = Callable[[Forum, timedelta], Awaitable[None]]


async def joined(browser: Browser, open_socket: OpenSocket, thread: Thread) -> Socket:
    socket = await open_socket(browser, f"/threads/{thread.id}/live?since=1")
    assert (await socket.next())["revision"] == 2
    return socket


@each_time
async def test_the_socket_closes_when_the_time_is_over_though_nobody_does_anything(
    forum: Forum, signed_in: SignIn, open_socket: OpenSocket, thread: Thread, name: str, run_out: Reach, code: int
) -> None:
    browser = await signed_in(name)
    await run_out(forum, SOON)
    socket = await joined(browser, open_socket, thread)
    assert await closing(socket) == code


@each_time
async def test_what_is_written_after_it_reaches_nobody_though_the_room_slept(
    forum: Forum,
    signed_in: SignIn,
    open_socket: OpenSocket,
    thread: Thread,
    name: str,
    run_out: Reach,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live.Room, "_set_alarm", lambda room, seconds: None)
    browser, clock = await signed_in(name), forum.clock
    await run_out(forum, timedelta(hours=1))
    socket = await joined(browser, open_socket, thread)
    there = forum.clock
    forum.clock = lambda: there() + timedelta(hours=1, seconds=1)
    gareth = await user("gareth")
    await write_post(forum, gareth, thread.id, "After it was over.", False, new_key())
    assert await closing(socket) == code
    forum.clock = clock


async def test_a_visitor_hears_what_is_written_until_they_end_the_visit(
    forum: Forum, signed_in: SignIn, open_socket: OpenSocket, thread: Thread
) -> None:
    priya, gareth = await signed_in("priya"), await signed_in("gareth")
    await visit_group(forum, await user("priya"), GROUP, "A complaint.", new_key())
    hers, his = await joined(priya, open_socket, thread), await joined(gareth, open_socket, thread)
    post_id = await gareth.write(thread.id, "While she is here.")
    assert (await hers.next())["post"] == (await his.next())["post"] == post_id
    await end_visit(forum, await user("priya"), GROUP)
    assert await closing(hers) == 4404
    post_id = await gareth.write(thread.id, "Once she has gone.")
    assert (await his.next())["post"] == post_id
