"""Every way of losing a right, on every channel: what is committed after the loss never reaches the person.

A row of LOSSES is a way of losing; CHANNELS are what a person has in their hands. A group cannot be archived yet, and
there is no search: both get their row when they come.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from forum.actions.groups import add_member, remove_member_by_email
from forum.actions.jobs import Claimed, do_one
from forum.actions.letters import post_letter
from forum.actions.links import make_link
from forum.actions.memberships import remind
from forum.actions.people import set_password
from forum.actions.posts import write_post
from forum.actions.standing import decide, set_site_role
from forum.actions.taggings import tag_post
from forum.actions.terms import publish_terms
from forum.actions.visits import visit_group
from forum.app import create_app
from forum.context import Forum, open_forum
from forum.models import Group, Membership, Person, Post, Session
from forum.settings import Settings
from tests.actions.test_memberships import told
from tests.cast import PASSWORD, Browser, new_key, posts_in, thread_in, user
from tests.conftest import ON_POSTGRES, SITE
from tests.post_office import HANDLERS
from tests.sockets import PATIENCE, AsgiSocket, Closed

GROUP = "adult-social-care"
SECRET = "Committed after the loss."
LETTER = "This letter waited."
OTHER_PASSWORD = "purple turnips in the attic"
SignIn = Callable[..., Awaitable[Browser]]
pytestmark = pytest.mark.usefixtures("letters_by_hand")


@pytest.fixture
def changed(request: pytest.FixtureRequest) -> dict[str, dict[str, Any]]:
    """Between processes on PostgreSQL wake-ups go through Redis, which counts the tries of all tests together."""
    if not ON_POSTGRES or "elsewhere" not in request.fixturenames:
        return {}
    many = {"tries_per_account": 1000, "tries_per_address": 1000}
    return {"redis": {"url": request.getfixturevalue("valkey_server")}, "sign_in": many}


@pytest.fixture
async def elsewhere(settings: Settings) -> AsyncIterator[Forum]:
    """The same service once more: its own connections, its own bus."""
    async with open_forum(settings) as forum:
        yield forum


@dataclass
class World:
    """Somebody with the thread open in a browser, just before they lose their right."""

    forum: Forum
    signed_in: SignIn
    who: str
    browser: Browser
    thread_id: int
    posts: list[Post]
    socket: AsgiSocket
    sockets: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def email(self) -> str:
        return f"{self.who}@demo.example"

    async def open_socket(self) -> AsgiSocket:
        headers = {"host": SITE.removeprefix("http://"), "origin": SITE}
        headers["cookie"] = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.browser.cookies.jar)
        app = self.browser._transport.app  # type: ignore[attr-defined]
        socket = AsgiSocket(app, f"/threads/{self.thread_id}/live?since=1", headers)
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
each_loss = pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: f"{loss.who} {loss.lose.__name__}")


@pytest.fixture
async def world_of(forum: Forum, signed_in: SignIn) -> AsyncIterator[Callable[[str], Awaitable[World]]]:
    async with AsyncExitStack() as sockets:

        async def build(who: str) -> World:
            if who == "priya":
                await visit_group(forum, await user("priya"), GROUP, "A complaint.", new_key())
            thread, browser = await thread_in(GROUP), await signed_in(who)
            world = World(forum, signed_in, who, browser, thread.id, await posts_in(GROUP), None, sockets)  # type: ignore[arg-type]
            for address in f"/threads/{thread.id}", f"/threads/{thread.id}/changes?since=0":
                assert (await browser.get(address)).status_code == 200
            world.socket = await world.open_socket()
            assert (await world.socket.next())["revision"] == 2
            async with forum.write():
                words = {"group": "Adult social care", "slug": "", "name": who, "told": LETTER}
                await post_letter(forum, "term", (await user(who)).id, "1", (await thread).group_id, **words)
            return world

        yield build


# Channels


async def answer_of(browser: Browser, method: str, address: str, **form: str) -> str:
    """The status of an answer, and where it leads; it must not hold what came after the loss."""
    answer = await (browser.get(address) if method == "GET" else browser.act(address, **form))
    for words in SECRET, "What works in adult-social-care?":
        assert words not in answer.text, (address, words)
    place = answer.headers.get("location", "").split("?")[0]
    return f"{answer.status_code} {place}".strip()


async def closing_of(socket: AsgiSocket) -> str:
    """The code with which it is closed, after nothing that came after the loss."""
    with pytest.raises(Closed) as closed:
        while True:
            message = await socket.next(PATIENCE)
            assert "post" not in message, message
    return str(closed.value.code)


async def seen(world: World) -> dict[str, str]:
    """What each channel answers now."""
    browser, thread, first = world.browser, f"/threads/{world.thread_id}", world.posts[0]
    words = {"body": "I am still here.", "revision": str(first.revision)}
    tag = {"theme": "CARE-3", "kind": "issue", "revision": str(first.revision)}
    found = {"socket": await closing_of(world.socket)}
    await world.write()
    return found | {
        "thread": await answer_of(browser, "GET", thread),
        "group": await answer_of(browser, "GET", f"/groups/{GROUP}"),
        "people": await answer_of(browser, "GET", f"/groups/{GROUP}/members"),
        "home": await answer_of(browser, "GET", "/"),
        "changes": await answer_of(browser, "GET", f"{thread}/changes?since=0"),
        "form": await answer_of(browser, "POST", f"{thread}/posts", **words),
        "edit": await answer_of(browser, "POST", f"/posts/{first.id}/edit", **words),
        "tag": await answer_of(browser, "POST", f"/posts/{first.id}/taggings", **tag),
        "another socket": await closing_of(await world.open_socket()),
    }


async def letters_about_the_group(world: World) -> list[str]:
    while await do_one(world.forum, HANDLERS):
        pass
    return [letter for letter in told(world.forum) if LETTER in letter]


async def nothing_was_written(world: World) -> None:
    posts = await posts_in(GROUP)
    assert [post.body for post in posts[:2]] == [post.body for post in world.posts]
    assert all(post.body == SECRET for post in posts[2:])


@each_loss
async def test_after_a_loss_no_channel_brings_what_came_later(world_of: Any, loss: Loss) -> None:
    world = await world_of(loss.who)
    await loss.lose(world)
    assert await seen(world) == loss.sees
    assert bool(await letters_about_the_group(world)) == loss.letters
    await nothing_was_written(world)


@each_loss
async def test_when_the_wake_up_is_lost_the_socket_closes_before_what_came_later(
    world_of: Any, loss: Loss, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await world_of(loss.who)
    publish = world.forum.bus.publish
    monkeypatch.setattr(
        world.forum.bus, "publish", lambda topics: publish([topic for topic in topics if topic != "rights"])
    )
    await loss.lose(world)
    await world.write()
    assert await closing_of(world.socket) == loss.sees["socket"]


# From another process


async def afar_removed(elsewhere: Forum, world: World) -> None:
    await remove_member_by_email(elsewhere, GROUP, world.email, "From afar.")


async def afar_suspended(elsewhere: Forum, world: World) -> None:
    await decide(elsewhere, None, world.email, "suspend", "From afar.")


async def afar_given_another_password(elsewhere: Forum, world: World) -> None:
    await set_password(elsewhere, world.email, OTHER_PASSWORD)


AFAR = [
    (afar_removed, GONE, False),
    (afar_suspended, SIGNED_OUT, False),
    (afar_given_another_password, SIGNED_OUT, True),
]


@pytest.mark.parametrize(("lose", "sees", "letters"), AFAR, ids=lambda value: getattr(value, "__name__", ""))
async def test_a_loss_in_another_process_holds_on_every_channel(
    world_of: Any, elsewhere: Forum, lose: Any, sees: dict[str, str], letters: bool
) -> None:
    world = await world_of("amina")
    with elsewhere.database.entered():
        await lose(elsewhere, world)
    assert await seen(world) == sees
    assert bool(await letters_about_the_group(world)) == letters


async def test_a_visit_that_ends_in_another_process_holds_on_every_channel(world_of: Any, elsewhere: Forum) -> None:
    """Each process has an app of its own; the form goes to the other one."""
    world = await world_of("priya")
    async with Browser(create_app(elsewhere), SITE) as phone:
        answer = await phone.send_form("/sign-in", email=world.email, password=PASSWORD)
        assert answer.status_code == 303
        assert (await phone.act(f"/groups/{GROUP}/visit/end")).status_code == 303
    assert await seen(world) == GONE


@pytest.mark.usefixtures("elsewhere")
async def test_a_command_in_a_terminal_holds_on_every_channel(world_of: Any, settings: Settings) -> None:
    world = await world_of("amina")
    command = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "forum", "account", "suspend", world.email, "--reason", "From afar."),
        env={
            "FORUM_DATA": settings.service.data,
            "FORUM_DATABASE_URL": settings.database.url,
            "FORUM_REDIS_URL": settings.redis.url,
            "FORUM_SECRET_KEY": settings.service.secret_key,
            "FORUM_SITE__URL": SITE,
        },
    )
    assert await command.wait() == 0
    assert await seen(world) == SIGNED_OUT
    assert not await letters_about_the_group(world)


# Losing the right to write, and going on to read


async def made_an_observer(world: World) -> None:
    await add_member(world.forum, GROUP, world.email, "observer")


async def past_her_last_day(world: World) -> None:
    yesterday = world.forum.rules().today - timedelta(days=1)
    await Membership.filter(person__email=world.email).update(ends_on=yesterday)


async def without_consent(world: World) -> None:
    await Person.filter(email=world.email).update(consent_withdrawn_at=world.forum.clock())


WRITING: list[Lose] = [made_an_observer, past_her_last_day, without_consent]


@pytest.mark.parametrize("lose", WRITING, ids=lambda lose: lose.__name__)
async def test_who_may_no_longer_write_reads_on_and_writes_nothing(world_of: Any, lose: Lose) -> None:
    world = await world_of("amina")
    thread, own = f"/threads/{world.thread_id}", world.posts[0]
    assert 'name="body"' in (await world.browser.get(thread)).text
    await lose(world)
    await world.write()
    assert SECRET in (await world.socket.next())["html"]
    page = (await world.browser.get(thread)).text
    assert SECRET in page and 'name="body"' not in page
    words = {"body": "I am still here.", "revision": str(own.revision), "title": "A title"}
    for address in f"{thread}/posts", f"/posts/{own.id}/edit", f"/groups/{GROUP}/threads":
        assert (await world.browser.act(address, **words)).status_code == 403, address
    assert await letters_about_the_group(world)
    await nothing_was_written(world)


# The pages of intelligence, for staff


async def a_facilitator_no_longer(world: World) -> None:
    await add_member(world.forum, GROUP, world.email, "member")


FIGURES = "/intelligence.json", f"/intelligence.json?group={GROUP}", "/intelligence/matrix"
DESK = ("/intelligence", "/codebook", "/quotes", "/second-readings")


async def desk_of(browser: Browser, *addresses: str) -> list[str]:
    """What the pages of intelligence say, all of it."""
    answers = [await browser.get(address) for address in addresses]
    assert not any(SECRET in answer.text for answer in answers)
    return [f"{answer.status_code} {answer.headers.get('location', '')}".strip() for answer in answers]


async def tag_the_secret(world: World) -> None:
    post = await Post.get(thread_id=world.thread_id, body=SECRET)
    await tag_post(world.forum, await user("nadia"), post.id, "CARE-3", "issue", None, post.revision, new_key())


@pytest.mark.parametrize("lose", [removed_from_a_terminal, a_facilitator_no_longer, over_her_term])
async def test_a_facilitators_figures_count_nothing_of_a_group_they_lost(world_of: Any, lose: Lose) -> None:
    """Ruth stays facilitator of finance: her pages stay, without the group."""
    world = await world_of("ruth")
    finance = await Membership.get(person__email=world.email, group__slug="finance")
    panel = f"/threads/{world.thread_id}/taggings"
    assert (await world.browser.get(panel)).status_code == 200
    await lose(world)
    if lose is over_her_term:
        await Membership.filter(id=finance.id).update(ends_on=None)
    before = [(await world.browser.get(address)).text for address in FIGURES]
    await world.write()
    await tag_the_secret(world)
    after = [(await world.browser.get(address)) for address in FIGURES]
    assert [answer.text for answer in after[:2]] == before[:2]
    assert not any(SECRET in answer.text for answer in after)
    assert GROUP not in after[2].text
    assert await desk_of(world.browser, *DESK) == ["200"] * 4
    assert await desk_of(world.browser, panel) == ["403" if lose is a_facilitator_no_longer else "404"]


@pytest.mark.parametrize("lose", [suspended, deactivated, stripped_of_a_site_role, changed_her_password_elsewhere])
async def test_an_analysts_pages_end_with_the_right(world_of: Any, lose: Lose) -> None:
    world = await world_of("tom")
    assert await desk_of(world.browser, *DESK, *FIGURES) == ["200"] * 7
    await lose(world)
    await world.write()
    await tag_the_secret(world)
    pages = *DESK, *FIGURES, f"/threads/{world.thread_id}/taggings", "/releases", "/intelligence/themes/CARE"
    assert all(answer.startswith("303 /sign-in") for answer in await desk_of(world.browser, *pages))
    if lose is stripped_of_a_site_role:
        again = await world.signed_in("tom")
        assert await desk_of(again, *DESK, *FIGURES, "/releases") == ["403"] * 8
        assert await desk_of(again, pages[7], f"/threads/{world.thread_id}") == ["404"] * 2
