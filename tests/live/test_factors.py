"""No socket opens, and none stays open, for a session that has not shown the second factor."""

from collections.abc import Awaitable, Callable

import pytest

from forum.actions.factors import begin_app, begun_app, confirm_app
from forum.actions.sessions import signed_in as user_of
from forum.actions.standing import reset_factors
from forum.context import Forum
from forum.live import Hub
from forum.models import Thread
from tests.apps import App, give_app
from tests.cast import Browser, thread_in
from tests.live.conftest import OpenSocket
from tests.live.pages import closing, watching, with_settings, within

SignIn = Callable[..., Awaitable[Browser]]
FINANCE = "finance"


@pytest.fixture
async def thread() -> Thread:
    return await thread_in(FINANCE)


async def test_until_it_is_shown_no_socket_opens(
    forum: Forum, signed_in: SignIn, open_socket: OpenSocket, thread: Thread, hub: Hub
) -> None:
    app = await give_app(forum, "bethan")
    bethan = await signed_in("bethan")
    path = f"/threads/{thread.id}/live?since=2"
    assert await closing(await open_socket(bethan, path)) == 4401
    assert (await bethan.get(f"/threads/{thread.id}/changes?since=0")).status_code == 401
    assert (await bethan.send_form("/second-factor", code=app.code())).status_code == 303
    await open_socket(bethan, path)
    await within(5, lambda: watching(hub, thread.id) == 1)


@with_settings(sign_in={"second_factor": True})
async def test_staff_without_one_hear_nothing(signed_in: SignIn, open_socket: OpenSocket, thread: Thread) -> None:
    ruth = await signed_in("ruth")
    assert await closing(await open_socket(ruth, f"/threads/{thread.id}/live?since=2")) == 4401
    assert (await ruth.get(f"/threads/{thread.id}/changes?since=0")).status_code == 401


async def test_who_adds_one_hears_on_in_that_browser_and_nowhere_else(
    forum: Forum, signed_in: SignIn, open_socket: OpenSocket, thread: Thread, hub: Hub
) -> None:
    desk, phone = await signed_in("bethan"), await signed_in("bethan")
    path = f"/threads/{thread.id}/live?since=2"
    at_desk, at_phone = await open_socket(desk, path), await open_socket(phone, path)
    await within(5, lambda: watching(hub, thread.id) == 2)
    bethan = await user_of(forum, desk.cookies["session"])
    assert bethan is not None
    await begin_app(forum, bethan)
    secret = await begun_app(forum, bethan)
    assert secret is not None
    await confirm_app(forum, bethan, App(forum, secret).code())
    assert await closing(at_phone) == 4401
    gareth = await signed_in("gareth")
    post_id = await gareth.write(thread.id, "Who hears this?")
    while (message := await at_desk.next()).get("post") != post_id:
        assert "post" in message


async def test_a_reset_by_an_administrator_closes_every_socket(
    forum: Forum, signed_in: SignIn, open_socket: OpenSocket, thread: Thread, hub: Hub
) -> None:
    app = await give_app(forum, "bethan")
    bethan = await signed_in("bethan")
    await bethan.send_form("/second-factor", code=app.code())
    socket = await open_socket(bethan, f"/threads/{thread.id}/live?since=2")
    await within(5, lambda: watching(hub, thread.id) == 1)
    await reset_factors(forum, None, "bethan@demo.example", "")
    assert await closing(socket) == 4401
