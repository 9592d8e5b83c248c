"""The ways in which people lose a right, as they go about it, and what each leaves them with.

A group cannot be archived yet, and there is no search: both get their row when they come.
"""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

from forum.actions.groups import add_member, remove_member_by_email
from forum.actions.jobs import Claimed
from forum.actions.links import make_link
from forum.actions.memberships import remind
from forum.actions.people import set_password
from forum.actions.posts import write_post
from forum.actions.standing import decide, set_site_role
from forum.actions.terms import publish_terms
from forum.context import Forum
from forum.models import Group, Membership, Person, Post, Session
from tests.cast import PASSWORD, Browser, new_key, user
from tests.conftest import SITE
from tests.sockets import AsgiSocket

GROUP = "adult-social-care"
SECRET = "Committed after the loss."
OTHER_PASSWORD = "purple turnips in the attic"
SignIn = Callable[..., Awaitable[Browser]]


@dataclass
class World:
    """Somebody with the thread open in a browser, just before they lose their right."""

    forum: Forum
    signed_in: SignIn
    who: str
    browser: Browser
    thread_id: int
    posts: list[Post]
    sockets: AsyncExitStack
    socket: AsgiSocket | None = None

    @property
    def email(self) -> str:
        return f"{self.who}@demo.example"

    async def open_socket(self) -> AsgiSocket:
        headers = {"host": SITE.removeprefix("http://"), "origin": SITE}
        headers["cookie"] = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.browser.cookies.jar)
        socket = AsgiSocket(self.browser._transport.app, f"/threads/{self.thread_id}/live?since=1", headers)
        self.sockets.push_async_callback(socket.close)
        await socket.opened()
        return socket

    async def phone(self) -> Browser:
        """Another browser of theirs."""
        return await self.signed_in(self.who)

    async def write(self) -> None:
        await write_post(self.forum, await user("gareth"), self.thread_id, SECRET, False, new_key())


# Ways to lose


async def removed_by_a_facilitator(world: World) -> None:
    ruth, person = await world.signed_in("ruth"), await user(world.who)
    answer = await ruth.act(f"/groups/{GROUP}/members/{person.id}/remove", reason="She asked for it.")
    assert answer.status_code == 303


async def removed_from_a_terminal(world: World) -> None:
    await remove_member_by_email(world.forum, GROUP, world.email, "She asked for it.")


async def left(world: World) -> None:
    assert (await world.browser.act(f"/groups/{GROUP}/leave")).status_code == 303


async def left_from_her_phone(world: World) -> None:
    assert (await (await world.phone()).act(f"/groups/{GROUP}/leave")).status_code == 303


async def over_her_term(world: World) -> None:
    """The day itself, before the daily job has seen it."""
    over = world.forum.rules().closed_before - timedelta(days=1)
    async with world.forum.end_right():
        await Membership.filter(person__email=world.email).update(ends_on=over)


async def closed_after_her_term(world: World) -> None:
    over = world.forum.rules().closed_before - timedelta(days=1)
    await Membership.filter(person__email=world.email).update(ends_on=over)
    await remind(world.forum, Claimed(1, "reminders", "today", {}, 1))


async def suspended(world: World) -> None:
    priya = await world.signed_in("priya")
    person = await user(world.who)
    answer = await priya.act(f"/people/{person.id}/decisions", decision="suspend", reason="We look into a complaint.")
    assert answer.status_code == 303


async def deactivated(world: World) -> None:
    await decide(world.forum, None, world.email, "deactivate", "She left her council.")


async def given_a_site_role(world: World) -> None:
    await set_site_role(world.forum, None, world.email, "analyst", "She works for the LGA now.")


async def stripped_of_a_site_role(world: World) -> None:
    if world.who == "priya":
        await set_site_role(world.forum, None, "nadia@demo.example", "administrator", "Somebody has to be.")
    await set_site_role(world.forum, None, world.email, None, "The contract ended.")


async def changed_her_password_elsewhere(world: World) -> None:
    answer = await (await world.phone()).act("/account/password", password=PASSWORD, new=OTHER_PASSWORD)
    assert answer.status_code == 303


async def reset_her_password_by_link(world: World) -> None:
    person = await Person.get(email=world.email)
    async with world.forum.write():
        _, token = await make_link(world.forum, "reset", person.id, person.email)
    stranger = await world.signed_in(None)
    assert (await stranger.send_form(f"/reset/{token}", new=OTHER_PASSWORD)).status_code == 303


async def given_another_password(world: World) -> None:
    await set_password(world.forum, world.email, OTHER_PASSWORD)


async def signed_out(world: World) -> None:
    assert (await world.browser.send_form("/sign-out")).status_code == 303


async def ended_from_her_phone(world: World) -> None:
    phone = await world.phone()
    first = await Session.filter(person__email=world.email, ended_at=None).order_by("created_at", "id").first()
    assert first is not None
    assert (await phone.send_form(f"/account/sessions/{first.id}/end")).status_code == 303


async def ended_with_all_others(world: World) -> None:
    assert (await (await world.phone()).send_form("/account/sessions/end-others")).status_code == 303


async def idle_for_too_long(world: World) -> None:
    hours = timedelta(hours=world.forum.settings.sessions.idle_hours, seconds=1)
    await Session.filter(person__email=world.email).update(seen_at=world.forum.clock() - hours)
    await ask_again(world)


async def signed_in_for_too_long(world: World) -> None:
    hours = timedelta(hours=world.forum.settings.sessions.absolute_hours, seconds=1)
    await Session.filter(person__email=world.email).update(created_at=world.forum.clock() - hours)
    await ask_again(world)


async def ask_again(world: World) -> None:
    """A time that was set back in the table is nobody's act: rooms see it once they ask. tests/live/test_times.py has
    the times as they run out."""
    async with world.forum.end_right():
        pass


async def asked_for_new_terms(world: World) -> None:
    await publish_terms(world.forum, None, "terms", "Be kind, and say so.")


async def ended_the_visit(world: World) -> None:
    assert (await (await world.phone()).act(f"/groups/{GROUP}/visit/end")).status_code == 303


async def over_the_visit(world: World) -> None:
    now = world.forum.clock()
    world.forum.clock = lambda: now + timedelta(hours=world.forum.settings.groups.visit_hours, seconds=1)
    await ask_again(world)


async def shut_out_by_a_hidden_group(world: World) -> None:
    """Nothing in the service hides a group yet: as whatever will has to do it."""
    async with world.forum.end_right():
        await Group.filter(slug=GROUP).update(visibility="hidden")


Lose = Callable[[World], Awaitable[None]]
GONE = {"thread": "404", "group": "200", "people": "404", "home": "200", "changes": "404", "form": "404", "edit": "404",
        "tag": "404", "socket": "4404", "another socket": "4404"}  # fmt: skip
HIDDEN = GONE | {"group": "404"}
SIGNED_OUT = dict.fromkeys(GONE, "303 /sign-in") | {"changes": "401", "socket": "4401", "another socket": "4401"}
HELD = dict.fromkeys(GONE, "303 /terms") | {"changes": "401", "socket": "4401", "another socket": "4401"}


@dataclass(frozen=True)
class Loss:
    """`sees` is what every channel answers afterwards. `letters` says whether a letter about the group that waited goes
    out all the same: who loses a browser loses no letter."""

    lose: Lose
    sees: dict[str, str]
    who: str = "amina"
    letters: bool = False


LOSSES = [
    Loss(removed_by_a_facilitator, GONE),
    Loss(removed_from_a_terminal, GONE, "olu"),
    Loss(left, GONE),
    Loss(left_from_her_phone, GONE),
    Loss(over_her_term, GONE),
    Loss(closed_after_her_term, GONE),
    Loss(suspended, SIGNED_OUT),
    Loss(deactivated, SIGNED_OUT),
    Loss(given_a_site_role, SIGNED_OUT, letters=True),
    Loss(changed_her_password_elsewhere, SIGNED_OUT, letters=True),
    Loss(reset_her_password_by_link, SIGNED_OUT, letters=True),
    Loss(given_another_password, SIGNED_OUT, letters=True),
    Loss(signed_out, SIGNED_OUT, letters=True),
    Loss(ended_from_her_phone, SIGNED_OUT, letters=True),
    Loss(ended_with_all_others, SIGNED_OUT, letters=True),
    Loss(idle_for_too_long, SIGNED_OUT, letters=True),
    Loss(signed_in_for_too_long, SIGNED_OUT, letters=True),
    Loss(asked_for_new_terms, HELD, letters=True),
    Loss(suspended, SIGNED_OUT, "tom"),
    Loss(deactivated, SIGNED_OUT, "tom"),
    Loss(stripped_of_a_site_role, SIGNED_OUT, "tom"),
    Loss(changed_her_password_elsewhere, SIGNED_OUT, "tom"),
    Loss(shut_out_by_a_hidden_group, HIDDEN, "tom"),
    Loss(ended_the_visit, GONE, "priya"),
    Loss(over_the_visit, GONE, "priya"),
    Loss(stripped_of_a_site_role, SIGNED_OUT, "priya"),
    Loss(ended_from_her_phone, SIGNED_OUT, "priya"),
]


# Losing the right to write, and going on to read


async def made_an_observer(world: World) -> None:
    await add_member(world.forum, GROUP, world.email, "observer")


async def past_her_last_day(world: World) -> None:
    yesterday = world.forum.rules().today - timedelta(days=1)
    await Membership.filter(person__email=world.email).update(ends_on=yesterday)


async def without_consent(world: World) -> None:
    await Person.filter(email=world.email).update(consent_withdrawn_at=world.forum.clock())


WRITING: list[Lose] = [made_an_observer, past_her_last_day, without_consent]


# Losing the pages of a facilitator only


async def a_facilitator_no_longer(world: World) -> None:
    await add_member(world.forum, GROUP, world.email, "member")
