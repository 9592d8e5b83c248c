"""Whatever ends a right ends that person's open sockets, and only theirs; nothing written later reaches them."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta

import pytest

from forum.actions.groups import add_member, leave_group, remove_member_by_email
from forum.actions.jobs import Claimed
from forum.actions.memberships import remind
from forum.actions.people import set_password
from forum.actions.standing import decide, set_site_role
from forum.context import Forum
from forum.live import Hub
from forum.models import Group, Membership, Person, Session, Thread
from tests.cast import PASSWORD, Browser, thread_in, user
from tests.live.conftest import HeldNews, OpenSocket, Socket
from tests.live.pages import beyond_heartbeats, closing, watching, with_settings, within
from tests.sockets import Closed

SignIn = Callable[..., Awaitable[Browser]]
GROUP = "adult-social-care"
AMINA = "amina@demo.example"


@pytest.fixture
async def thread() -> Thread:
    return await thread_in(GROUP)


async def removed_by_a_facilitator(forum: Forum, amina: Browser, ruth: Browser) -> None:
    person = await Person.get(email=AMINA)
    answer = await ruth.send_form(f"/groups/{GROUP}/members/{person.id}/remove", reason="She asked for it.")
    assert answer.status_code == 303


async def removed_from_a_terminal(forum: Forum, amina: Browser, ruth: Browser) -> None:
    await remove_member_by_email(forum, GROUP, AMINA, "She asked for it.")


async def left(forum: Forum, amina: Browser, ruth: Browser) -> None:
    assert (await amina.send_form(f"/groups/{GROUP}/leave")).status_code == 303


async def signed_out(forum: Forum, amina: Browser, ruth: Browser) -> None:
    assert (await amina.send_form("/sign-out")).status_code == 303


async def signed_in_again(forum: Forum, amina: Browser, ruth: Browser) -> None:
    assert (await amina.send_form("/sign-in", email=AMINA, password=PASSWORD)).status_code == 303


async def suspended(forum: Forum, amina: Browser, ruth: Browser) -> None:
    await decide(forum, None, AMINA, "suspend", "")


async def deactivated(forum: Forum, amina: Browser, ruth: Browser) -> None:
    await decide(forum, None, AMINA, "deactivate", "")


async def given_a_site_role(forum: Forum, amina: Browser, ruth: Browser) -> None:
    await set_site_role(forum, None, AMINA, "analyst", "")


async def given_another_password(forum: Forum, amina: Browser, ruth: Browser) -> None:
    await set_password(forum, AMINA, "another long password")


async def ended_from_her_other_browser(forum: Forum, amina: Browser, ruth: Browser) -> None:
    phone = Browser(amina._transport.app, amina.site)
    await phone.send_form("/sign-in", email=AMINA, password=PASSWORD)
    session = await Session.filter(person__email=AMINA, ended_at=None).order_by("created_at").first()
    assert (await phone.send_form(f"/account/sessions/{session.id}/end")).status_code == 303


async def ended_with_all_others(forum: Forum, amina: Browser, ruth: Browser) -> None:
    phone = Browser(amina._transport.app, amina.site)
    await phone.send_form("/sign-in", email=AMINA, password=PASSWORD)
    assert (await phone.send_form("/account/sessions/end-others")).status_code == 303


async def changed_her_password_elsewhere(forum: Forum, amina: Browser, ruth: Browser) -> None:
    phone = Browser(amina._transport.app, amina.site)
    await phone.send_form("/sign-in", email=AMINA, password=PASSWORD)
    form = {"password": PASSWORD, "new": "purple turnips in the attic"}
    assert (await phone.send_form("/account/password", **form)).status_code == 303


async def over_its_time(forum: Forum, amina: Browser, ruth: Browser) -> None:
    hers = await Membership.get(person__email=AMINA, group__slug=GROUP)
    await Membership.filter(id=hers.id).update(ends_on=forum.rules().closed_before - timedelta(days=1))
    await remind(forum, Claimed(1, "reminders", "today", {}, 1))


ENDINGS = {
    ended_from_her_other_browser: 4401,
    ended_with_all_others: 4401,
    changed_her_password_elsewhere: 4401,
    removed_by_a_facilitator: 4404,
    removed_from_a_terminal: 4404,
    left: 4404,
    signed_out: 4401,
    signed_in_again: 4401,
    suspended: 4401,
    deactivated: 4401,
    given_a_site_role: 4401,
    over_its_time: 4404,
    given_another_password: 4401,
}
End = Callable[[Forum, Browser, Browser], Awaitable[None]]
each_ending = pytest.mark.parametrize(("end", "code"), ENDINGS.items(), ids=[end.__name__ for end in ENDINGS])


class Room:
    """Amina has the thread open, and so have Gareth and Ruth."""

    def __init__(self, thread: Thread, browsers: list[Browser], sockets: list[Socket]) -> None:
        self.thread = thread
        self.amina, self.gareth, self.ruth = browsers
        self.aminas, *self.others = sockets

    async def others_hear(self, post_id: int) -> None:
        for socket in self.others:
            assert (await socket.next())["post"] == post_id


@pytest.fixture
async def room(signed_in: SignIn, open_socket: OpenSocket, thread: Thread) -> Room:
    browsers = [await signed_in(name) for name in ("amina", "gareth", "ruth")]
    sockets = [await open_socket(browser, f"/threads/{thread.id}/live?since=1") for browser in browsers]
    for socket in sockets:
        assert (await socket.next())["revision"] == 2
    return Room(thread, browsers, sockets)


@each_ending
async def test_an_ended_right_closes_that_persons_sockets_and_no_others(
    forum: Forum, room: Room, end: End, code: int
) -> None:
    await end(forum, room.amina, room.ruth)
    assert await closing(room.aminas) == code
    await room.others_hear(await room.gareth.write(room.thread.id, "She does not hear this."))


@each_ending
async def test_when_the_wake_up_is_lost_nothing_written_later_gets_through(
    forum: Forum, room: Room, end: End, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    swallow_rights(forum, monkeypatch)
    await end(forum, room.amina, room.ruth)
    post_id = await room.gareth.write(room.thread.id, "She must not hear this.")
    assert await closing(room.aminas) == code
    await room.others_hear(post_id)


@with_settings(live={"check_seconds": 0.2})
async def test_when_the_wake_up_is_lost_and_nobody_writes_a_check_closes_it(
    forum: Forum, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    swallow_rights(forum, monkeypatch)
    await removed_from_a_terminal(forum, room.amina, room.ruth)
    assert await closing(room.aminas) == 4404


async def test_a_right_that_ends_while_the_room_reads_keeps_the_post_from_her(
    forum: Forum, room: Room, held_news: HeldNews, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The room has read one post; before it is handed out she is removed and another is written."""
    held_news.hold()
    first = await room.gareth.write(room.thread.id, "Written while she was in.")
    await held_news.is_reading()
    swallow_rights(forum, monkeypatch)
    await removed_from_a_terminal(forum, room.amina, room.ruth)
    second = await room.gareth.write(room.thread.id, "Written after she was out.")
    held_news.go_on()
    heard = []
    with pytest.raises(Closed) as closed:
        while True:
            heard.append((await room.aminas.next())["post"])
    assert closed.value.code == 4404
    assert second not in heard
    await room.others_hear(first)
    await room.others_hear(second)


async def test_who_is_removed_while_she_opens_the_page_hears_nothing(
    forum: Forum, signed_in: SignIn, open_socket: OpenSocket, thread: Thread, held_news: HeldNews
) -> None:
    amina = await signed_in("amina")
    held_news.hold()
    socket = await open_socket(amina, f"/threads/{thread.id}/live?since=0")
    await held_news.is_reading()
    await remove_member_by_email(forum, GROUP, AMINA, "She asked for it.")
    held_news.go_on()
    assert await closing(socket) == 4404


async def test_signing_out_closes_the_sockets_of_that_browser_only(
    signed_in: SignIn, open_socket: OpenSocket, thread: Thread
) -> None:
    phone, laptop = await signed_in("amina"), await signed_in("amina")
    on_phone = [await open_socket(phone, f"/threads/{thread.id}/live?since=2") for _ in range(3)]
    on_laptop = await open_socket(laptop, f"/threads/{thread.id}/live?since=2")
    await phone.send_form("/sign-out")
    for socket in on_phone:
        assert await closing(socket) == 4401
    post_id = await laptop.write(thread.id, "Still here.")
    assert (await on_laptop.next())["post"] == post_id


async def test_leaving_one_group_leaves_the_sockets_in_another_open(
    forum: Forum, signed_in: SignIn, open_socket: OpenSocket, thread: Thread
) -> None:
    gareth = await signed_in("gareth")
    finance = await thread_in("finance")
    in_care = await open_socket(gareth, f"/threads/{thread.id}/live?since=2")
    in_finance = await open_socket(gareth, f"/threads/{finance.id}/live?since=2")
    await leave_group(forum, await user("gareth"), GROUP)
    assert await closing(in_care) == 4404
    post_id = await gareth.write(finance.id, "Still in finance.")
    assert (await in_finance.next())["post"] == post_id


async def test_another_role_in_the_group_closes_nothing(forum: Forum, room: Room) -> None:
    await add_member(forum, GROUP, AMINA, "observer")
    post_id = await room.gareth.write(room.thread.id, "She still reads.")
    assert (await room.aminas.next())["post"] == post_id


async def test_an_analyst_reads_a_listed_group_until_it_is_hidden(
    forum: Forum, signed_in: SignIn, open_socket: OpenSocket, thread: Thread
) -> None:
    tom = await signed_in("tom")
    socket = await open_socket(tom, f"/threads/{thread.id}/live?since=1")
    await socket.next()
    async with forum.end_right():
        await Group.filter(slug=GROUP).update(visibility="hidden")
    assert await closing(socket) == 4404


@with_settings(live={"heartbeat_seconds": 0.2})
async def test_a_session_that_runs_out_is_closed_at_the_next_heartbeat(forum: Forum, room: Room) -> None:
    hers = (await Person.get(email=AMINA)).id
    began = forum.clock() - timedelta(hours=forum.settings.sessions.absolute_hours + 1)
    await Session.filter(person_id=hers).update(created_at=began)
    assert await closing(room.aminas) == 4401
    post_id = await room.gareth.write(room.thread.id, "The others are still signed in.")
    for socket in room.others:
        assert (await beyond_heartbeats(socket))["post"] == post_id


@with_settings(live={"heartbeat_seconds": 0.2})
async def test_when_the_clock_has_moved_every_session_runs_out(forum: Forum, room: Room) -> None:
    now = forum.clock()
    forum.clock = lambda: now + timedelta(hours=forum.settings.sessions.idle_hours + 1)
    for socket in room.aminas, *room.others:
        assert await closing(socket) == 4401


async def test_who_was_removed_cannot_come_back_and_is_not_counted(
    forum: Forum, room: Room, open_socket: OpenSocket, hub: Hub
) -> None:
    await removed_from_a_terminal(forum, room.amina, room.ruth)
    assert await closing(room.aminas) == 4404
    await within(5, lambda: watching(hub, room.thread.id) == 2)
    assert await closing(await open_socket(room.amina, f"/threads/{room.thread.id}/live?since=0")) == 4404
    assert (await room.amina.get(f"/threads/{room.thread.id}/changes?since=0")).status_code == 404


def swallow_rights(forum: Forum, monkeypatch: pytest.MonkeyPatch) -> None:
    publish = forum.bus.publish

    def publish_but_rights(topics: Iterable[str]) -> None:
        publish([topic for topic in topics if topic != "rights"])

    monkeypatch.setattr(forum.bus, "publish", publish_but_rights)
