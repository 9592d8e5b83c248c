"""Every way of losing a right, on every channel: what is committed after the loss never reaches the person.

A row of losses.LOSSES is a way of losing; `seen` goes through what a person has in their hands.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from forum.actions.groups import remove_member_by_email
from forum.actions.jobs import do_one
from forum.actions.letters import post_letter
from forum.actions.people import set_password
from forum.actions.standing import decide
from forum.actions.taggings import tag_post
from forum.actions.visits import visit_group
from forum.app import create_app
from forum.context import Forum, open_forum
from forum.models import Membership, Post
from forum.settings import Settings
from forum.web import live, rendering
from tests import losses
from tests.actions.test_memberships import told
from tests.cast import PASSWORD, Browser, new_key, posts_in, thread_in, user
from tests.conftest import ON_POSTGRES, SITE
from tests.losses import GONE, GROUP, LOSSES, OTHER_PASSWORD, SECRET, SIGNED_OUT, WRITING, Lose, Loss, SignIn, World
from tests.post_office import HANDLERS
from tests.sockets import PATIENCE, AsgiSocket, Closed

LETTER = "This letter waited."
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


each_loss = pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: f"{loss.who} {loss.lose.__name__}")


@pytest.fixture
async def world_of(forum: Forum, signed_in: SignIn) -> AsyncIterator[Callable[[str], Awaitable[World]]]:
    async with AsyncExitStack() as sockets:

        async def build(who: str) -> World:
            if who == "priya":
                await visit_group(forum, await user("priya"), GROUP, "A complaint.", new_key())
            thread, browser = await thread_in(GROUP), await signed_in(who)
            world = World(forum, signed_in, who, browser, thread.id, await posts_in(GROUP), sockets)
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


@pytest.mark.parametrize("lose", [losses.removed_from_a_terminal, losses.a_facilitator_no_longer, losses.over_her_term])
async def test_a_facilitators_figures_count_nothing_of_a_group_they_lost(world_of: Any, lose: Lose) -> None:
    """Ruth stays facilitator of finance: her pages stay, without the group."""
    world = await world_of("ruth")
    finance = await Membership.get(person__email=world.email, group__slug="finance")
    panel = f"/threads/{world.thread_id}/taggings"
    assert (await world.browser.get(panel)).status_code == 200
    await lose(world)
    if lose is losses.over_her_term:
        await Membership.filter(id=finance.id).update(ends_on=None)
    before = [(await world.browser.get(address)).text for address in FIGURES]
    await world.write()
    await tag_the_secret(world)
    after = [(await world.browser.get(address)) for address in FIGURES]
    assert [answer.text for answer in after[:2]] == before[:2]
    assert not any(SECRET in answer.text for answer in after)
    assert GROUP not in after[2].text
    assert await desk_of(world.browser, *DESK) == ["200"] * 4
    assert await desk_of(world.browser, panel) == ["403" if lose is losses.a_facilitator_no_longer else "404"]


@pytest.mark.parametrize(
    "lose",
    [losses.suspended, losses.deactivated, losses.stripped_of_a_site_role, losses.changed_her_password_elsewhere],
)
async def test_an_analysts_pages_end_with_the_right(world_of: Any, lose: Lose) -> None:
    world = await world_of("tom")
    assert await desk_of(world.browser, *DESK, *FIGURES) == ["200"] * 7
    await lose(world)
    await world.write()
    await tag_the_secret(world)
    pages = *DESK, *FIGURES, f"/threads/{world.thread_id}/taggings", "/releases", "/intelligence/themes/CARE"
    assert all(answer.startswith("303 /sign-in") for answer in await desk_of(world.browser, *pages))
    if lose is losses.stripped_of_a_site_role:
        again = await world.signed_in("tom")
        assert await desk_of(again, *DESK, *FIGURES, "/releases") == ["403"] * 8
        assert await desk_of(again, pages[7], f"/threads/{world.thread_id}") == ["404"] * 2


@pytest.mark.parametrize("path", ["", "/changes?since=0"])
async def test_who_loses_the_right_while_the_posts_are_read_gets_none(
    world_of: Any, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """The request was let in before: what was written after her removal is not answered all the same."""
    world = await world_of("amina")
    address = f"/threads/{world.thread_id}{path}"
    assert (await world.browser.get(address)).status_code == 200

    async def lose_first(*words: Any) -> Any:
        await losses.removed_from_a_terminal(world)
        await world.write()
        return await read(*words)

    place = (live, "news_since") if path else (rendering, "page_of_posts")
    read = getattr(*place)
    monkeypatch.setattr(*place, lose_first)
    await world.write()  # or the page would come from memory
    answer = await world.browser.get(address)
    assert answer.status_code == 404 and SECRET not in answer.text
