"""Replying, editing one's own, hiding and restoring."""

import asyncio

import pytest

from forum.actions.groups import add_member, remove_member_by_email
from forum.models import Edition, Hiding, Membership, Post, Thread
from forum.reading import news_since, page_of_posts
from tests.cast import new_key, posts_in, thread_in, user

SECRET = "the secret words of Amina"


@pytest.fixture
async def post(forum, signed_in):
    """Amina's third post in adult-social-care."""
    amina = await signed_in("amina")
    return await Post.get(id=await amina.write((await thread_in("adult-social-care")).id, SECRET))


async def changes(browser, thread_id: int, since: int = 0) -> list[dict]:
    answer = await browser.get(f"/threads/{thread_id}/changes?since={since}")
    assert answer.status_code == 200
    return answer.json()


async def test_a_reply_is_on_the_page_and_in_the_changes_letter_for_letter(app, signed_in):
    amina, gareth = await signed_in("amina"), await signed_in("gareth")
    thread = await thread_in("adult-social-care")
    post_id = await amina.write(thread.id, "Hello *all*\n\nhttps://example.org/?a=1&b=2")
    [message] = await changes(gareth, thread.id, thread.revision)
    assert (message["post"], message["revision"]) == (post_id, thread.revision + 1)
    pages = [(await browser.get(f"/threads/{thread.id}")).text for browser in (amina, gareth, await signed_in("ruth"))]
    for page in pages:
        for message in await changes(gareth, thread.id):
            assert message["html"] in page
    assert (await Post.get(id=post_id)).council_id == (await user("amina")).council_id


async def test_a_post_keeps_the_council_its_author_sat_on(forum, signed_in, post):
    from forum.models import Person

    await Person.filter(email="amina@demo.example").update(council_id=(await user("eve")).council_id)
    amina = await signed_in("amina")
    new = await amina.write(post.thread_id, "From my new council.")
    page = (await amina.get(f"/threads/{post.thread_id}")).text
    assert "Leeds" in page[page.index(f'id="post-{post.id}"') : page.index(f'id="post-{new}"')]
    assert "Stroud" in page[page.index(f'id="post-{new}"') :]


async def roles_shown(thread_id: int) -> list[str | None]:
    """What the posts of a thread say that their authors were in the group: on a page and to the open ones alike."""
    posts = await page_of_posts(thread_id, 1, 100)
    assert sorted((await news_since(thread_id, 0, 100)).posts, key=lambda post: post.number) == posts
    return [post.role for post in posts]


async def test_a_facilitators_post_says_so_and_still_does_after_their_role_ended(forum, signed_in, post):
    ruth, place = await signed_in("ruth"), ("adult-social-care", "ruth@demo.example")
    await ruth.write(post.thread_id, "Welcome, all of you.")
    assert await roles_shown(post.thread_id) == ["member", "member", "member", "facilitator"]
    await remove_member_by_email(forum, *place, "Another group needs her.")
    assert await roles_shown(post.thread_id) == ["member", "member", "member", "facilitator"]
    await add_member(forum, *place, "member")
    await ruth.write(post.thread_id, "Now I am one of you.")
    assert await roles_shown(post.thread_id) == ["member", "member", "member", "facilitator", "member"]


async def test_what_a_promoted_member_wrote_before_stays_a_members(forum, signed_in, post):
    amina = await signed_in("amina")
    await add_member(forum, "finance", "amina@demo.example", "facilitator")
    await amina.write(post.thread_id, "I facilitate elsewhere, not here.")
    await add_member(forum, "adult-social-care", "amina@demo.example", "facilitator")
    await amina.write(post.thread_id, "From today I look after this group.")
    form = {"body": "Put better.", "revision": post.revision}
    assert (await amina.act(f"/posts/{post.id}/edit", **form)).status_code == 303
    assert await roles_shown(post.thread_id) == ["member", "member", "member", "member", "facilitator"]
    page = (await amina.get(f"/threads/{post.thread_id}")).text
    assert all(message["html"] in page for message in await changes(amina, post.thread_id))


async def test_the_same_form_sent_twice_makes_one_post(signed_in):
    amina = await signed_in("amina")
    thread, key = await thread_in("adult-social-care"), new_key()
    address = f"/threads/{thread.id}/posts"
    first, second = [await amina.send_form(address, body="Once.\r\n", key=key) for _ in range(2)]
    third = await amina.send_form(address, body="Once.", key=key)  # the same words, as they are stored
    assert first.headers["location"] == second.headers["location"] == third.headers["location"]
    assert first.headers["location"].startswith(f"/threads/{thread.id}#post-")
    for other in {"body": "Twice."}, {"body": "Once.", "quotable": "yes"}:
        answer = await amina.send_form(address, key=key, **other)
        assert answer.status_code == 422 and "sent before with other words" in answer.text
    assert len(await posts_in("adult-social-care")) == 3
    assert (await Thread.get(id=thread.id)).revision == thread.revision + 1


@pytest.mark.parametrize("key", [None, "", "short", "k" * 65])
async def test_a_reply_without_a_proper_key_is_not_taken_and_its_words_are_kept(signed_in, key):
    amina = await signed_in("amina")
    fields = {"body": "Dear words"} | ({} if key is None else {"key": key})
    answer = await amina.send_form(f"/threads/{(await thread_in('adult-social-care')).id}/posts", **fields)
    assert answer.status_code == 422 and "Dear words</textarea>" in answer.text


async def test_twenty_at_once_with_one_key_make_one_post(signed_in):
    amina = await signed_in("amina")
    thread, key = await thread_in("adult-social-care"), new_key()
    answers = await asyncio.gather(
        *(amina.send_form(f"/threads/{thread.id}/posts", body="Once.", key=key) for _ in range(20))
    )
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert len(await posts_in("adult-social-care")) == 3


async def test_many_at_once_get_numbers_without_gaps(signed_in):
    amina, gareth = await signed_in("amina"), await signed_in("gareth")
    thread = await thread_in("adult-social-care")
    await asyncio.gather(*((amina, gareth)[n % 2].write(thread.id, f"Post {n}") for n in range(20)))
    posts = await posts_in("adult-social-care")
    assert [post.number for post in posts] == list(range(1, 23))
    assert [post.revision for post in posts] == list(range(1, 23))


async def test_quote_permission_is_stored_as_it_was_given(signed_in):
    amina = await signed_in("amina")
    thread = await thread_in("adult-social-care")
    for fields, quotable in ({}, False), ({"quotable": "yes"}, True), ({"quotable": "no"}, False):
        assert (await Post.get(id=await amina.write(thread.id, "Words", **fields))).quotable is quotable


async def test_a_preview_saves_nothing(signed_in):
    amina = await signed_in("amina")
    thread = await thread_in("adult-social-care")
    answer = await amina.act(f"/threads/{thread.id}/posts", body="- one\n- two", quotable="yes", preview="yes")
    assert answer.status_code == 200
    assert "<li>one</li>" in answer.text and "- one\n- two</textarea>" in answer.text
    assert 'value="yes" checked' in answer.text
    assert len(await posts_in("adult-social-care")) == 2


# Editing


async def test_amina_edits_her_post_and_what_it_said_is_kept(signed_in, post):
    amina, gareth = await signed_in("amina"), await signed_in("gareth")
    form = (await amina.get(f"/posts/{post.id}/edit")).text
    assert SECRET in form and f'name="revision" value="{post.revision}"' in form
    answer = await amina.act(f"/posts/{post.id}/edit", body="Better words", quotable="yes", revision=post.revision)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/threads/{post.thread_id}#post-{post.id}")
    edited, [edition] = await Post.get(id=post.id), await Edition.filter(post_id=post.id)
    assert (edited.body, edited.quotable, edited.number) == ("Better words", True, post.number)
    assert edited.revision == post.revision + 1 and edited.edited_at is not None
    assert (edition.body, edition.quotable, edition.revision) == (SECRET, False, post.revision)
    page = (await gareth.get(f"/threads/{post.thread_id}")).text
    assert "Better words" in page and "edited" in page and SECRET not in page
    [message] = await changes(gareth, post.thread_id, post.revision)
    assert (message["post"], message["revision"]) == (post.id, edited.revision)


async def test_an_edit_sent_twice_is_one_edit(signed_in, post):
    amina, key = await signed_in("amina"), new_key()
    form = {"body": "Better words", "revision": post.revision, "key": key}
    first, second = [await amina.send_form(f"/posts/{post.id}/edit", **form) for _ in range(2)]
    assert first.headers["location"] == second.headers["location"]
    assert await Edition.filter(post_id=post.id).count() == 1
    assert (await amina.send_form(f"/posts/{post.id}/edit", **(form | {"body": "Other"}))).status_code == 422
    assert (await amina.send_form(f"/posts/{post.id}/edit", body="x", revision=post.revision + 1)).status_code == 422


async def test_an_edit_of_an_older_text_shows_both_and_keeps_what_was_typed(signed_in, post):
    amina = await signed_in("amina")
    await amina.act(f"/posts/{post.id}/edit", body="From my phone", revision=post.revision)
    answer = await amina.act(f"/posts/{post.id}/edit", body="From my laptop", revision=post.revision, quotable="yes")
    assert answer.status_code == 422
    assert "From my phone</pre>" in answer.text and "From my laptop</textarea>" in answer.text
    assert 'value="yes" checked' in answer.text
    assert f'name="revision" value="{post.revision + 1}"' in answer.text
    assert (await Post.get(id=post.id)).body == "From my phone"
    merged = await amina.act(f"/posts/{post.id}/edit", body="From both", revision=post.revision + 1)
    assert merged.status_code == 303
    assert (await Post.get(id=post.id)).body == "From both"


@pytest.mark.parametrize("revision", [None, "", "x", "-1", "9" * 20, "1.0"])
async def test_an_edit_must_say_which_text_it_read(signed_in, post, revision):
    amina = await signed_in("amina")
    fields = {} if revision is None else {"revision": revision}
    answer = await amina.act(f"/posts/{post.id}/edit", body="Dear words", **fields)
    assert answer.status_code == 422 and "Dear words</textarea>" in answer.text
    assert (await Post.get(id=post.id)).body == SECRET


async def test_an_edit_can_be_previewed(signed_in, post):
    amina = await signed_in("amina")
    answer = await amina.act(f"/posts/{post.id}/edit", body="**Bold**", revision=post.revision, preview="yes")
    assert answer.status_code == 200 and "<strong>Bold</strong>" in answer.text
    too_long = await amina.act(f"/posts/{post.id}/edit", body="x" * 10_001, revision=post.revision, preview="yes")
    assert too_long.status_code == 422
    gareth = await signed_in("gareth")
    answer = await gareth.act(f"/posts/{post.id}/edit", body="Mine", revision=post.revision, preview="yes")
    assert answer.status_code == 403


@pytest.mark.parametrize("name", ["gareth", "ruth", "olu", "tom"])
async def test_nobody_but_its_author_edits_a_post(signed_in, post, name):
    browser = await signed_in(name)
    assert (await browser.get(f"/posts/{post.id}/edit")).status_code == 403
    answer = await browser.act(f"/posts/{post.id}/edit", body="Mine now", revision=post.revision)
    assert answer.status_code == 403
    assert (await Post.get(id=post.id)).body == SECRET


async def test_an_author_who_may_only_read_by_now_edits_nothing(signed_in, post):
    amina = await signed_in("amina")
    await Membership.filter(person__email="amina@demo.example").update(role="observer")
    assert (await amina.act(f"/posts/{post.id}/edit", body="Mine", revision=post.revision)).status_code == 403


# Hiding and restoring


async def hide(browser, post, **fields):
    return await browser.act(f"/posts/{post.id}/hide", **({"reason": "personal", "note": "A private note"} | fields))


async def test_ruth_hides_a_post_and_no_reader_finds_its_words(signed_in, post):
    ruth = await signed_in("ruth")
    await signed_in("amina")
    assert SECRET in (await ruth.get(f"/posts/{post.id}/hide")).text
    answer = await hide(ruth, post)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/threads/{post.thread_id}#post-{post.id}")
    hidden, [hiding] = await Post.get(id=post.id), await Hiding.filter(post_id=post.id)
    assert (hidden.body, hidden.revision) == (SECRET, post.revision + 1)
    assert (hiding.reason, hiding.note, hiding.by_id) == ("personal", "A private note", (await user("ruth")).id)
    for name in "amina", "gareth", "olu", "tom", "ruth":
        browser = await signed_in(name)
        places = [
            "/", "/groups", "/groups/adult-social-care", f"/threads/{post.thread_id}",
            f"/threads/{post.thread_id}/changes?since=0", f"/posts/{post.id}/edit",
        ]  # fmt: skip
        for place in places:
            text = (await browser.get(place)).text
            for secret in SECRET, "A private note", "personal details":
                assert secret not in text, (name, place)
        page = (await browser.get(f"/threads/{post.thread_id}")).text
        trace = page[page.index(f'id="post-{post.id}"') :].split("</article>")[0]
        assert "A facilitator hid this post." in trace
        assert "Ruth" not in trace and "Amina" not in trace
    [message] = await changes(ruth, post.thread_id, post.revision)
    assert message["html"] in page


async def test_a_hidden_post_cannot_be_edited(signed_in, post):
    ruth, amina = await signed_in("ruth"), await signed_in("amina")
    await hide(ruth, post)
    assert (await amina.get(f"/posts/{post.id}/edit")).status_code == 403
    answer = await amina.act(f"/posts/{post.id}/edit", body="Milder", revision=post.revision + 1)
    assert answer.status_code == 403 and SECRET not in answer.text
    for revision in "x", post.revision:
        answer = await amina.act(f"/posts/{post.id}/edit", body="Milder", revision=revision)
        assert SECRET not in answer.text


async def test_ruth_restores_a_post(signed_in, post):
    ruth, gareth = await signed_in("ruth"), await signed_in("gareth")
    await hide(ruth, post)
    form = (await ruth.get(f"/posts/{post.id}/hide")).text
    assert f'action="/posts/{post.id}/restore"' in form and "A private note" in form
    answer = await ruth.act(f"/posts/{post.id}/restore", reason="A misunderstanding")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/threads/{post.thread_id}#post-{post.id}")
    restored, [hiding] = await Post.get(id=post.id), await Hiding.filter(post_id=post.id)
    assert (restored.hidden_at, restored.revision) == (None, post.revision + 2)
    assert (hiding.restored_reason, hiding.restored_by_id) == ("A misunderstanding", (await user("ruth")).id)
    assert SECRET in (await gareth.get(f"/threads/{post.thread_id}")).text
    await hide(ruth, post, reason="unkind")
    assert await Hiding.filter(post_id=post.id).count() == 2
    assert "A misunderstanding" in (await ruth.get(f"/posts/{post.id}/hide")).text


async def test_hiding_twice_is_hiding_once(signed_in, post):
    ruth, key = await signed_in("ruth"), new_key()
    first, second = [await hide(ruth, post, key=key) for _ in range(2)]
    assert first.headers["location"] == second.headers["location"]
    assert (await hide(ruth, post, key=key, note="Other words")).status_code == 422
    assert (await hide(ruth, post)).status_code == 303
    assert await Hiding.filter(post_id=post.id).count() == 1
    assert (await ruth.act(f"/posts/{post.id}/restore", reason="")).status_code == 303
    assert (await hide(ruth, post, key=key)).status_code == 303  # sent again, late: it changes nothing
    assert (await Post.get(id=post.id)).hidden_at is None
    assert (await ruth.act(f"/posts/{post.id}/restore", reason="")).status_code == 303


@pytest.mark.parametrize(
    "fields",
    [{"reason": ""}, {"reason": "because"}, {"note": "x" * 1001}, {"note": "a\0b"}, {"key": ""}, {"reason": "\0"}],
)
async def test_hiding_needs_a_reason_from_the_list(signed_in, post, fields):
    ruth = await signed_in("ruth")
    answer = await hide(ruth, post, **fields)
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert (await Post.get(id=post.id)).hidden_at is None


async def test_a_changed_thread_has_changed_for_everybody(app, signed_in, post):
    """What was rendered is kept under the thread's revision, so nobody may ever get an old page."""
    ruth, gareth, amina = await signed_in("ruth"), await signed_in("gareth"), await signed_in("amina")
    address = f"/threads/{post.thread_id}"
    assert SECRET in (await gareth.get(address)).text
    await amina.act(f"/posts/{post.id}/edit", body="Second words", revision=post.revision)
    assert "Second words" in (await gareth.get(address)).text
    await hide(ruth, post)
    assert "Second words" not in (await gareth.get(address)).text
    await ruth.act(f"/posts/{post.id}/restore", reason="")
    assert "Second words" in (await gareth.get(address)).text


async def test_changes_tell_what_is_newer_and_no_more(signed_in, post):
    amina = await signed_in("amina")
    assert await changes(amina, post.thread_id, post.revision) == []
    assert await changes(amina, post.thread_id, post.revision + 1) == [{"reset": True}]
    assert [message["revision"] for message in await changes(amina, post.thread_id)] == [1, 2, 3]
    for since in "x", "-1", "1.5", "9" * 30, "%00":
        assert (await amina.get(f"/threads/{post.thread_id}/changes?since={since}")).status_code == 422
    answer = await amina.get(f"/threads/{post.thread_id}/changes?since=3&epoch=another")
    assert answer.json() == [{"reset": True}]


@pytest.mark.parametrize("body", [" \n\u200b", "\u2060\u00ad", "&nbsp;", "[](https://example.org)", "> \n> ", "-"])
async def test_a_post_that_shows_nothing_is_not_taken(signed_in, body):
    amina, thread = await signed_in("amina"), await thread_in("adult-social-care")
    for preview in ({}, {"preview": "yes"}):
        answer = await amina.act(f"/threads/{thread.id}/posts", body=body, **preview)
        assert answer.status_code == 422 and "Write something before you post." in answer.text
    assert len(await posts_in("adult-social-care")) == 2
