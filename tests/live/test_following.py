"""What one person does appears for all others who have the thread open: once, in order, as the page shows it."""

from collections.abc import Awaitable, Callable

import pytest

from forum.actions.groups import add_member
from forum.context import Forum
from forum.live import Hub
from forum.models import Post, Tagging, Theme, Thread
from tests.cast import Browser, new_key, posts_in, thread_in
from tests.live.conftest import HeldNews, OpenSocket
from tests.live.pages import Page, beyond_heartbeats, watching, with_settings, within

SignIn = Callable[..., Awaitable[Browser]]


@pytest.fixture
async def thread(forum: Forum) -> Thread:
    return await thread_in("adult-social-care")


async def change_everything(signed_in: SignIn, thread: Thread) -> int:
    """Amina writes and edits, Ruth hides and restores; returns the post it was about."""
    amina, ruth = await signed_in("amina"), await signed_in("ruth")
    post_id = await amina.write(thread.id, "A **new** way to <home>.", quotable="yes")
    revision = (await Post.get(id=post_id)).revision
    for browser, path, fields in (
        (amina, "edit", {"body": "A *better* way home.", "revision": revision}),
        (ruth, "hide", {"reason": "off-topic"}),
        (ruth, "restore", {"reason": "It was on topic."}),
    ):
        answer = await browser.send_form(f"/posts/{post_id}/{path}", key=new_key(), **fields)
        assert answer.status_code == 303
    return post_id


async def test_a_post_an_edit_a_hide_and_a_restore_appear_for_everybody_else(
    signed_in: SignIn, open_socket: OpenSocket, thread: Thread
) -> None:
    pages = [await Page(await signed_in(name), thread.id).load() for name in ("gareth", "olu", "tom")]
    sockets = [await open_socket(page.browser, page.live) for page in pages]
    amina, ruth = await signed_in("amina"), await signed_in("ruth")

    async def all_hear() -> str:
        """Everybody gets the same message, and with it their page is what a fresh load shows."""
        [message, *others] = [await socket.next() for socket in sockets]
        assert all(other == message for other in others)
        assert message["revision"] == pages[0].revision + 1
        for page in pages:
            await page.take(message)
            fresh = await Page(page.browser, thread.id).load()
            assert (page.posts, page.revision) == (fresh.posts, fresh.revision)
        return str(message["html"])

    post_id = await amina.write(thread.id, "A **new** way to <home>.")
    assert "<strong>new</strong> way to &lt;home&gt;" in await all_hear()
    revision = str(pages[0].revision)
    await amina.send_form(f"/posts/{post_id}/edit", body="A better way.", revision=revision, key=new_key())
    assert "A better way." in await all_hear()
    await ruth.send_form(f"/posts/{post_id}/hide", reason="off-topic", note="Off it is.", key=new_key())
    hidden = await all_hear()
    assert "hid this post" in hidden and "better" not in hidden and "Off it is" not in hidden
    await ruth.send_form(f"/posts/{post_id}/restore", reason="On topic.", key=new_key())
    assert "A better way." in await all_hear()


async def test_an_open_page_and_a_fresh_one_agree_on_what_an_author_was(
    forum: Forum, signed_in: SignIn, open_socket: OpenSocket, thread: Thread
) -> None:
    """Amina's role changes without a change of her posts, so that nothing would tell the open page of it."""
    page, amina = await Page(await signed_in("gareth"), thread.id).load(), await signed_in("amina")
    socket = await open_socket(page.browser, page.live)
    for role in "member", "facilitator", "member":
        await add_member(forum, "adult-social-care", "amina@demo.example", role)
        await amina.write(thread.id, f"Written as a {role}.")
        await page.take(await beyond_heartbeats(socket))
        assert page.posts == (await Page(page.browser, thread.id).load()).posts


async def test_the_author_hears_their_own_post_like_all_others(
    signed_in: SignIn, open_socket: OpenSocket, thread: Thread
) -> None:
    amina = await signed_in("amina")
    socket = await open_socket(amina, (await Page(amina, thread.id).load()).live)
    post_id = await amina.write(thread.id, "Mine.")
    assert (await socket.next())["post"] == post_id


async def test_what_was_missed_comes_once_at_its_latest_revision(
    signed_in: SignIn, open_socket: OpenSocket, thread: Thread
) -> None:
    gareth = await signed_in("gareth")
    page = await Page(gareth, thread.id).load()
    first = await gareth.write(thread.id, "Before that.")
    changed = await change_everything(signed_in, thread)
    socket = await open_socket(gareth, page.live)
    missed = [await socket.next(), await socket.next()]
    assert [message["post"] for message in missed] == [first, changed]
    assert [message["revision"] for message in missed] == [page.revision + 1, page.revision + 5]
    last = await gareth.write(thread.id, "After that.")
    assert (await socket.next())["post"] == last


async def test_a_page_that_missed_nothing_hears_nothing(
    signed_in: SignIn, open_socket: OpenSocket, thread: Thread
) -> None:
    gareth = await signed_in("gareth")
    socket = await open_socket(gareth, (await Page(gareth, thread.id).load()).live)
    post_id = await gareth.write(thread.id, "The first thing to hear.")
    assert (await socket.next())["post"] == post_id


async def test_changes_are_the_same_messages_over_http(
    signed_in: SignIn, open_socket: OpenSocket, thread: Thread
) -> None:
    gareth = await signed_in("gareth")
    await change_everything(signed_in, thread)
    for since in 0, 1, 2, 5:
        answer = await gareth.get(f"/threads/{thread.id}/changes", params={"since": since})
        messages = answer.json()
        assert messages, since
        socket = await open_socket(gareth, f"/threads/{thread.id}/live?since={since}")
        assert [await socket.next() for _ in messages] == messages
    assert (await gareth.get(f"/threads/{thread.id}/changes?since=6")).json() == []


async def test_a_page_of_another_history_or_far_behind_is_told_to_load_afresh(
    signed_in: SignIn, open_socket: OpenSocket, thread: Thread, forum: Forum
) -> None:
    gareth = await signed_in("gareth")
    await Thread.filter(id=thread.id).update(revision=502)
    await Post.filter(thread_id=thread.id, number=2).update(revision=502)
    for query in ("since=502&epoch=0123456789abcdef", "since=1", "since=503", "since=9999999999999999"):
        [message] = (await gareth.get(f"/threads/{thread.id}/changes?{query}")).json()
        assert message == {"reset": True}, query
        socket = await open_socket(gareth, f"/threads/{thread.id}/live?{query}")
        assert await socket.next() == {"reset": True}, query
    socket = await open_socket(gareth, f"/threads/{thread.id}/live?since=2&epoch={forum.epoch}")
    assert (await socket.next())["revision"] == 502, "500 changes behind is not too many"


async def test_after_a_reset_the_socket_follows(signed_in: SignIn, open_socket: OpenSocket, thread: Thread) -> None:
    gareth = await signed_in("gareth")
    socket = await open_socket(gareth, f"/threads/{thread.id}/live?since=99")
    assert await socket.next() == {"reset": True}
    post_id = await gareth.write(thread.id, "Still here.")
    assert (await socket.next())["post"] == post_id


@with_settings(live={"heartbeat_seconds": 0.1})
async def test_an_open_page_hears_which_revision_is_the_last(
    signed_in: SignIn, open_socket: OpenSocket, thread: Thread
) -> None:
    gareth = await signed_in("gareth")
    socket = await open_socket(gareth, f"/threads/{thread.id}/live?since=2")
    assert await socket.next() == {"head": 2}
    await gareth.write(thread.id, "One more.")
    while "head" in (message := await socket.next()):
        assert message == {"head": 2}
    assert message["revision"] == 3
    assert await socket.next() == {"head": 3}


@with_settings(live={"check_seconds": 0.2})
async def test_a_lost_wake_up_only_delays_a_post(
    signed_in: SignIn, open_socket: OpenSocket, thread: Thread, forum: Forum, monkeypatch: pytest.MonkeyPatch
) -> None:
    gareth = await signed_in("gareth")
    socket = await open_socket(gareth, f"/threads/{thread.id}/live?since=2")
    monkeypatch.setattr(forum.bus, "publish", lambda topics: None)
    post_id = await gareth.write(thread.id, "Nobody was woken.")
    assert (await socket.next())["post"] == post_id


async def test_wake_ups_for_what_nobody_watches_do_no_harm(
    signed_in: SignIn, open_socket: OpenSocket, thread: Thread, forum: Forum
) -> None:
    gareth = await signed_in("gareth")
    socket = await open_socket(gareth, f"/threads/{thread.id}/live?since=2")
    forum.bus.publish(["thread:1", "thread:", "thread:one", f"taggings:{thread.id}", "", "\ufffd"])
    forum.bus.publish([f"thread:{thread.id}", f"thread:{thread.id}", "rights", "*"])
    post_id = await gareth.write(thread.id, "The first thing to hear.")
    assert (await socket.next())["post"] == post_id


async def test_one_thread_hears_nothing_of_another(signed_in: SignIn, open_socket: OpenSocket, thread: Thread) -> None:
    gareth = await signed_in("gareth")
    finance = await thread_in("finance")
    here, there = [
        await open_socket(gareth, f"/threads/{thread_id}/live?since=2") for thread_id in (thread.id, finance.id)
    ]
    in_finance = await gareth.write(finance.id, "Only for finance.")
    in_care = await gareth.write(thread.id, "Only for care.")
    assert (await here.next())["post"] == in_care
    assert (await there.next())["post"] == in_finance


async def test_the_room_outlives_its_first_visitor(signed_in: SignIn, open_socket: OpenSocket, thread: Thread) -> None:
    gareth, amina = await signed_in("gareth"), await signed_in("amina")
    first = await open_socket(gareth, f"/threads/{thread.id}/live?since=1")
    await first.next()
    second = await open_socket(amina, f"/threads/{thread.id}/live?since=1")
    await second.next()
    await first.close()
    post_id = await amina.write(thread.id, "Is anybody there?")
    assert (await second.next())["post"] == post_id


async def test_who_joins_while_the_room_reads_misses_nothing(
    signed_in: SignIn, open_socket: OpenSocket, thread: Thread, hub: Hub, held_news: HeldNews
) -> None:
    """The room asks for what its hindmost viewer lacks; meanwhile somebody comes who lacks more."""
    gareth, amina = await signed_in("gareth"), await signed_in("amina")
    page = await open_socket(amina, f"/threads/{thread.id}/live?since=2")
    held_news.hold()
    post_id = await amina.write(thread.id, "The third.")
    await held_news.is_reading()
    late = await open_socket(gareth, f"/threads/{thread.id}/live?since=0")
    await within(5, lambda: watching(hub, thread.id) == 2)
    held_news.go_on()
    assert (await page.next())["post"] == post_id
    posts = [post.id for post in await posts_in("adult-social-care")]
    assert [(await late.next())["post"] for _ in posts] == posts


async def test_taggings_send_nothing_and_take_no_number(
    signed_in: SignIn, open_socket: OpenSocket, thread: Thread
) -> None:
    gareth, ruth = await signed_in("gareth"), await signed_in("ruth")
    socket = await open_socket(gareth, f"/threads/{thread.id}/live?since=2")
    before = await gareth.get(f"/threads/{thread.id}/changes?since=0")
    post = (await posts_in("adult-social-care"))[0]
    theme = await Theme.filter(parent_id__not_isnull=True).first()
    answer = await ruth.send_form(
        f"/posts/{post.id}/taggings", theme=theme.code, kind="issue", revision=post.revision, key=new_key()
    )
    assert answer.status_code == 303, answer.text
    tagging = await Tagging.get()
    after = await gareth.get(f"/threads/{thread.id}/changes?since=0")
    assert after.content == before.content
    await ruth.send_form(f"/taggings/{tagging.id}/remove", key=new_key())
    post_id = await gareth.write(thread.id, "The next thing that members hear.")
    message = await socket.next()
    assert (message["post"], message["revision"]) == (post_id, 3)
