"""Starting a thread, reading it page by page, previewing."""

import asyncio

import pytest

from forum.models import Post, Submission, Thread
from tests.cast import new_key, thread_in
from tests.conftest import with_settings


async def test_amina_starts_a_thread(signed_in):
    amina = await signed_in("amina")
    form = await amina.get("/groups/adult-social-care/threads/new")
    assert form.status_code == 200 and 'name="key" value="' in form.text
    answer = await amina.act(
        "/groups/adult-social-care/threads", title="  Beds \n and   homes ", body="What **works**?\r\n", quotable="yes"
    )
    assert answer.status_code == 303
    thread = await Thread.get(id=int(answer.headers["location"].removeprefix("/threads/")))
    post = await Post.get(thread_id=thread.id)
    assert (thread.title, thread.revision, thread.posts) == ("Beds and homes", 1, 1)
    assert (post.body, post.quotable, post.number, post.revision) == ("What **works**?", True, 1, 1)
    page = (await amina.get(answer.headers["location"])).text
    assert f'<main id="content" data-thread="{thread.id}" data-revision="1" data-epoch="' in page
    assert f'<article class="post" id="post-{post.id}" data-author="{post.author_id}" data-revision="1"' in page
    assert "<strong>works</strong>" in page and "Leeds" in page
    assert post.role == "member"


async def test_ruth_starts_a_thread_as_its_facilitator(signed_in):
    ruth = await signed_in("ruth")
    await ruth.act("/groups/adult-social-care/threads", title="Welcome", body="What shall we talk of?")
    assert (await Post.get(thread__title="Welcome")).role == "facilitator"


async def test_the_same_form_sent_twice_starts_one_thread(signed_in):
    amina = await signed_in("amina")
    form = {"title": "A title", "body": "Words", "key": new_key()}
    first, second = [await amina.send_form("/groups/adult-social-care/threads", **form) for _ in range(2)]
    assert first.headers["location"] == second.headers["location"]
    assert await Thread.filter(title="A title").count() == 1
    for other in {"title": "Another"}, {"body": "Others"}, {"quotable": "yes"}:
        answer = await amina.send_form("/groups/adult-social-care/threads", **(form | other))
        assert answer.status_code == 422 and "sent before with other words" in answer.text
    assert await Thread.all().count() == 5


async def test_twenty_at_once_with_one_key_start_one_thread(signed_in):
    amina = await signed_in("amina")
    form = {"title": "A title", "body": "Words", "key": new_key()}
    answers = await asyncio.gather(*(amina.send_form("/groups/adult-social-care/threads", **form) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert await Thread.filter(title="A title").count() == 1
    assert await Post.filter(thread__title="A title").count() == 1


async def test_a_key_belongs_to_one_person_and_one_kind_of_form(signed_in):
    amina, gareth = await signed_in("amina"), await signed_in("gareth")
    key = new_key()
    form = {"title": "A title", "body": "Words", "key": key}
    hers = await amina.send_form("/groups/adult-social-care/threads", **form)
    his = await gareth.send_form("/groups/adult-social-care/threads", **form)
    assert hers.headers["location"] != his.headers["location"]
    assert (await amina.send_form(f"{hers.headers['location']}/posts", body="Words", key=key)).status_code == 422
    assert await Submission.filter(key=key).count() == 2


@pytest.mark.parametrize(
    ("title", "body", "fields"),
    [
        ("", "Words", {"title"}),
        ("ab", "Words", {"title"}),
        ("x" * 201, "Words", {"title"}),
        ("a\0title", "Words", {"title"}),
        ("A title", "", {"body"}),
        ("A title", " \n ", {"body"}),
        ("A title", "x" * 10_001, {"body"}),
        ("A title", "a\x1bb", {"body"}),
        ("", "", {"title", "body"}),
    ],
)
async def test_what_is_wrong_is_said_beside_the_field_and_what_was_typed_is_kept(signed_in, title, body, fields):
    amina = await signed_in("amina")
    answer = await amina.act("/groups/adult-social-care/threads", title=title, body=body, quotable="yes")
    assert answer.status_code == 422
    for field in "title", "body":
        assert (f'href="#{field}"' in answer.text) == (f'id="{field}-problem"' in answer.text) == (field in fields)
    if len(body) == 10_001:
        assert body in answer.text and "10,001" in answer.text
    assert 'value="yes" checked' in answer.text
    assert "<title>Error: " in answer.text
    assert await Thread.all().count() == 4


@pytest.mark.parametrize(
    "key", [None, "", "short", "k" * 21, "k" * 65, "k" * 21 + "!", "k" * 21 + "é", "k" * 22 + "\n"]
)
async def test_a_form_without_a_proper_key_is_not_taken(signed_in, key):
    amina = await signed_in("amina")
    fields = {"title": "A title", "body": "Words"} | ({} if key is None else {"key": key})
    answer = await amina.send_form("/groups/adult-social-care/threads", **fields)
    if key == "k" * 22 + "\n":  # white space around a word is no part of it
        assert answer.status_code == 303
    else:
        assert answer.status_code == 422 and "no valid key" in answer.text


async def test_a_preview_shows_the_words_and_saves_nothing(signed_in):
    amina = await signed_in("amina")
    answer = await amina.act(
        "/groups/adult-social-care/threads", title="A title", body="**Bold** <script>", preview="yes"
    )
    assert answer.status_code == 200
    assert "<strong>Bold</strong> &lt;script&gt;" in answer.text
    assert 'value="A title"' in answer.text and "**Bold** &lt;script&gt;</textarea>" in answer.text
    assert await Thread.all().count() == 4


@pytest.mark.parametrize("body", ["x" * 10_001, "", "a\0b"])
async def test_a_preview_takes_what_a_post_takes(signed_in, body):
    """Rendering costs more the longer the text is, so a preview has the same limit."""
    amina = await signed_in("amina")
    for address in "/groups/adult-social-care/threads", f"/threads/{(await thread_in('adult-social-care')).id}/posts":
        answer = await amina.act(address, title="A title", body=body, preview="yes")
        assert answer.status_code == 422, address
        assert 'id="body-problem"' in answer.text


@with_settings(limits={"posts_per_page": 3})
async def test_a_long_thread_has_pages_and_opens_at_its_last(signed_in):
    amina = await signed_in("amina")
    thread = await thread_in("adult-social-care")
    for number in range(3, 9):
        await amina.write(thread.id, f"Post number {number}.")
    shown = {}
    for page in "", "?page=1", "?page=2", "?page=3":
        text = (await amina.get(f"/threads/{thread.id}{page}")).text
        shown[page] = [number for number in range(3, 9) if f"Post number {number}." in text]
    assert shown == {"": [7, 8], "?page=1": [3], "?page=2": [4, 5, 6], "?page=3": [7, 8]}
    middle = (await amina.get(f"/threads/{thread.id}?page=2")).text
    assert f'rel="prev" href="/threads/{thread.id}?page=1"' in middle
    assert f'rel="next" href="/threads/{thread.id}?page=3"' in middle
    assert 'data-page="2" data-last-page="3"' in middle


@with_settings(limits={"posts_per_page": 3})
async def test_a_reply_leads_to_the_page_where_it_stands(signed_in):
    amina = await signed_in("amina")
    thread, key = await thread_in("adult-social-care"), new_key()
    address = f"/threads/{thread.id}/posts"
    third = await amina.send_form(address, body="Third.", key=key)
    assert "?" not in third.headers["location"]
    fourth = await amina.act(address, body="Fourth.")
    assert fourth.headers["location"].startswith(f"/threads/{thread.id}?page=2#post-")
    again = await amina.send_form(address, body="Third.", key=key)
    assert again.headers["location"].split("#")[1] == third.headers["location"].split("#")[1]
    assert "?page=1" in again.headers["location"]


@pytest.mark.parametrize("page", ["0", "2", "-1", "x", "1.5", "9" * 30, "%00", "²", "1e1"])
async def test_a_page_that_is_not_there_is_not_found(signed_in, page):
    amina = await signed_in("amina")
    assert (await amina.get(f"/threads/{(await thread_in('adult-social-care')).id}?page={page}")).status_code == 404


async def test_a_page_holds_fifty_posts(signed_in, forum):
    amina = await signed_in("amina")
    thread = await thread_in("adult-social-care")
    for _ in range(49):
        await amina.write(thread.id, "One more.")
    assert (await amina.get(f"/threads/{thread.id}?page=1")).text.count("<article") == 50
    assert (await amina.get(f"/threads/{thread.id}")).text.count("<article") == 1


@pytest.mark.parametrize(
    "id", ["0", "9223372036854775807", "9223372036854775808", "-1", "1" * 40, "x", "1.0", "%00", "٣"]
)
@pytest.mark.parametrize(
    "place", ["/threads/{}", "/threads/{}/changes?since=0", "/posts/{}/edit", "/threads/{}/taggings"]
)
async def test_ids_that_no_thing_has_are_not_found(signed_in, place, id):
    ruth = await signed_in("ruth")
    answer = await ruth.get(place.format(id))
    assert answer.status_code == 404
    assert (await ruth.get("/groups")).status_code == 200
