"""Every write runs to its end, whatever happens to its caller, and the service answers right after."""

import asyncio
import random

import pytest

from forum.actions import Repeated, action, check_key, first_time
from forum.actions.posts import write_post
from forum.database import select
from forum.errors import Invalid, NotFound
from forum.models import Post, Submission, Thread
from tests.cast import new_key, posts_in, thread_in, user

PATIENCE = 10


async def test_two_hundred_requests_cancelled_in_the_middle_leave_a_whole_thread(forum, signed_in):
    amina, gareth = await signed_in("amina"), await signed_in("gareth")
    thread, chance = await thread_in("adult-social-care"), random.Random(1)
    for _ in range(20):
        tasks = [
            asyncio.create_task((amina, gareth)[n % 2].act(f"/threads/{thread.id}/posts", body=f"Post {n}"))
            for n in range(10)
        ]
        for _ in range(chance.randint(0, 60)):
            await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    async with asyncio.timeout(PATIENCE):
        last = await amina.write(thread.id, "The last one.")
        assert (await gareth.get(f"/threads/{thread.id}")).status_code == 200
    if forum._running:  # those whose callers had gone
        await asyncio.wait(forum._running)
    posts = await posts_in("adult-social-care")
    after = await Thread.get(id=thread.id)
    assert last in [post.id for post in posts]
    assert [post.number for post in posts] == list(range(1, len(posts) + 1))
    assert [post.revision for post in posts] == list(range(1, len(posts) + 1))
    assert (after.posts, after.revision) == (len(posts), len(posts))
    assert await Submission.filter(answer__in=[post.id for post in posts]).count() == len(posts) - 1


async def test_an_action_that_began_ends_although_its_caller_has_gone(forum):
    begun, go_on = asyncio.Event(), asyncio.Event()

    @action
    async def take_long(forum):
        begun.set()
        await go_on.wait()
        async with forum.end_right():
            pass

    [before] = await select("SELECT rights FROM service")
    caller = asyncio.create_task(take_long(forum))
    await begun.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    go_on.set()
    await asyncio.wait(forum._running)
    [after] = await select("SELECT rights FROM service")
    assert after["rights"] == before["rights"] + 1


async def test_a_fault_after_the_caller_has_gone_is_noted(forum, caplog):
    begun, go_on = asyncio.Event(), asyncio.Event()

    @action
    async def fail(forum):
        begun.set()
        await go_on.wait()
        raise RuntimeError("the disk is full")

    caller = asyncio.create_task(fail(forum))
    await begun.wait()
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    go_on.set()
    await asyncio.wait(forum._running)
    await asyncio.sleep(0)
    assert "failed after its caller had gone" in caplog.text and "the disk is full" in caplog.text


async def test_a_change_of_a_thread_that_is_not_there_has_no_number(forum):
    """What is asked next says that it is not there, as it does of one that is not theirs."""
    async with forum.change(1) as revisions:
        assert revisions == {1: 0}
    with pytest.raises(NotFound):
        await write_post(forum, await user("amina"), 1, "Words", False, new_key())


async def test_a_key_is_kept_only_with_what_it_did(forum):
    """Undone together: a form that failed may be sent again with the same key."""
    amina, key = await user("amina"), new_key()
    with pytest.raises(RuntimeError):
        async with forum.write():
            await first_time(forum, amina, key, ("words",), 1)
            raise RuntimeError
    async with forum.write():
        await first_time(forum, amina, key, ("words",), 2)
    with pytest.raises(Repeated) as repeated:
        async with forum.write():
            await first_time(forum, amina, key, ("words",), 3)
    assert repeated.value.answer == 2
    with pytest.raises(Invalid, match="other words"):
        async with forum.write():
            await first_time(forum, amina, key, ("others",), 4)


def test_keys_that_are_keys():
    for key in "k" * 22, "k" * 64, "aZ09_-" * 5:
        check_key(key)
    for key in "", "k" * 21, "k" * 65, "k" * 22 + "\n", "k" * 22 + " ", "é" * 22, "k/" * 20, "k=" * 20:
        with pytest.raises(Invalid):
            check_key(key)


async def test_viewers_are_woken_once_it_is_saved_and_not_before(forum):
    thread, heard = await thread_in("finance"), []

    def hear(topic):
        heard.append(topic)

    forum.bus.listen(hear)
    post_id = await write_post(forum, await user("bethan"), thread.id, "Hello", False, new_key())
    assert heard == [f"thread:{thread.id}"]
    with pytest.raises(Invalid):
        await write_post(forum, await user("bethan"), thread.id, "Hello", False, "short")
    key = new_key()
    await write_post(forum, await user("bethan"), thread.id, "Once", False, key)
    heard.clear()
    await write_post(forum, await user("bethan"), thread.id, "Once", False, key)
    assert heard == []
    assert await Post.filter(id=post_id).exists()


async def test_who_was_removed_while_the_form_was_on_its_way_changes_nothing(forum):
    """The action asks again once its transaction is open; what the page knew before does not count."""
    from forum.actions.groups import remove_member_by_email

    amina, thread = await user("amina"), await thread_in("adult-social-care")
    await remove_member_by_email(forum, "adult-social-care", "amina@demo.example", "Removed")
    with pytest.raises(NotFound):
        await write_post(forum, amina, thread.id, "Too late", False, new_key())
    assert len(await posts_in("adult-social-care")) == 2
